//! Where an instance begins (BPMN 2.0, 13.2): at a start event, or at what has already come when it begins.

use flowstone_bpmn::model::{NodeIndex, NodeKind};
use uuid::Uuid;

use crate::rejection::Rejection;
use crate::step::Step;

impl Step<'_> {
    /// The first token of an instance comes to a node.
    pub(crate) fn begin_at(&mut self, root: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let model = self.model;
        match &model.flow_node(node).kind {
            NodeKind::ReceiveTask(_) | NodeKind::IntermediateCatchEvent(_) => {}
            _ => {
                self.schedule(root, node);
                return Ok(());
            }
        }
        for flow in &model.flow_node(node).incoming {
            let gateway = model.process().flow(*flow).source;
            self.pass(root, gateway)?;
            if let NodeKind::EventBasedGateway(kind) = &model.flow_node(gateway).kind
                && kind.parallel
            {
                // The others are still to come, in this instance.
                let others = model.outgoing(gateway).map(|flow| flow.target);
                for other in others.filter(|other| *other != node).collect::<Vec<_>>() {
                    self.enter_catch_event(root, other)?;
                }
            }
        }
        self.pass(root, node)?;
        self.leave(root, node)
    }
}

//! Gateways, and the flows that leave a node (BPMN 2.0, 13.3.2 and 13.4).

use flowstone_bpmn::model::NodeIndex;
use flowstone_expression::Variables;
use uuid::Uuid;

use crate::context::{Entry, Place};
use crate::rejection::Rejection;
use crate::state::Wait;
use crate::step::Step;

impl Step<'_> {
    /// A token arrives at a parallel gateway. It fires when as many tokens are there as flows come in, whichever flows
    /// they came through (bpmn-semantics 2.2).
    pub(crate) fn enter_parallel_gateway(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let id = self.model.id(node);
        let arrived = self.instance.number_waiting_at_join(scope, &id) + 1;
        if arrived < self.model.flow_node(node).incoming.len() {
            self.wait_for_others(scope, node);
            return Ok(());
        }
        let waiting: Vec<Uuid> = self.instance.waiting_at_join(scope, &id).collect();
        for token in waiting {
            self.remove(token, node, false);
        }
        self.pass(scope, node)?;
        let model = self.model;
        let targets = model.outgoing(node).map(|flow| flow.target).collect();
        self.take(scope, node, targets)
    }

    /// A token waits at a gateway for those it is joined with.
    pub(crate) fn wait_for_others(&mut self, scope: Uuid, node: NodeIndex) {
        let entry = Entry {
            id: self.ids.next_id(),
            scope,
            node,
            locals: Variables::new(),
            task: None,
        };
        self.rest(entry, Wait::Join);
    }

    /// Takes the first flow whose condition holds, else the default flow.
    pub(crate) fn leave_exclusive_gateway(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let model = self.model;
        if model.completes_scope(node) {
            return self.end_path(scope, node);
        }
        for index in &model.flow_node(node).outgoing {
            if model.flow_node(node).default_flow != Some(*index) {
                let flow = model.process().flow(*index);
                if self.holds(flow.condition.as_ref(), &mut Place::at(scope, node))? {
                    return self.take(scope, node, vec![flow.target]);
                }
            }
        }
        self.take_default(scope, node)
    }

    /// Takes all flows whose condition holds, else the default flow.
    pub(crate) fn leave(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let model = self.model;
        if self.is_body_of(scope, node) {
            let done = self.count_completed(scope, scope, node)?;
            return self.after_repetition(scope, node, done);
        }
        let mut targets = Vec::new();
        for index in &model.flow_node(node).outgoing {
            if model.flow_node(node).default_flow != Some(*index) {
                let flow = model.process().flow(*index);
                if self.holds(flow.condition.as_ref(), &mut Place::at(scope, node))? {
                    targets.push(flow.target);
                }
            }
        }
        if targets.is_empty() && !model.completes_scope(node) {
            return self.take_default(scope, node);
        }
        self.take(scope, node, targets)
    }

    fn take_default(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        match self.model.default_flow(node) {
            Some(flow) => self.take(scope, node, vec![flow.target]),
            None => Err(Rejection::NoFlow {
                node: self.model.id(node).to_string(),
            }),
        }
    }

    /// Sends a token to each target, the first of them first.
    fn take(&mut self, scope: Uuid, node: NodeIndex, targets: Vec<NodeIndex>) -> Result<(), Rejection> {
        if targets.is_empty() {
            return self.end_path(scope, node);
        }
        for target in targets.into_iter().rev() {
            self.schedule(scope, target);
        }
        Ok(())
    }
}

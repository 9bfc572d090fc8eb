//! Gateways, and the flows that leave a node (BPMN 2.0, 13.3.2 and 13.4).

use flowstone_bpmn::model::{FlowIndex, NodeIndex};
use flowstone_expression::Variables;
use uuid::Uuid;

use crate::context::{Entry, Place};
use crate::rejection::Rejection;
use crate::state::{JobWork, Wait};
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
        self.take(scope, node, model.flow_node(node).outgoing.clone())
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
            return self.take(scope, node, Vec::new());
        }
        for index in &model.flow_node(node).outgoing {
            if model.flow_node(node).default_flow != Some(*index) {
                let flow = model.process().flow(*index);
                if self.holds(flow.condition.as_ref(), &mut Place::at(scope, node))? {
                    return self.take(scope, node, vec![*index]);
                }
            }
        }
        self.take_default(scope, node)
    }

    /// Takes all flows whose condition holds, else the default flow.
    pub(crate) fn leave(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let model = self.model;
        if self.is_body_of(scope, node) || model.body(node).is_none() {
            self.register_compensation(scope, node);
        }
        if self.is_body_of(scope, node) {
            if self.asynchronous(scope, node).after {
                return self.cut(scope, node, JobWork::Leave { flow: None }, Variables::new());
            }
            let done = self.count_completed(scope, scope, node)?;
            return self.after_repetition(scope, node, done);
        }
        let mut taken = Vec::new();
        for index in &model.flow_node(node).outgoing {
            if model.flow_node(node).default_flow != Some(*index) {
                let flow = model.process().flow(*index);
                if self.holds(flow.condition.as_ref(), &mut Place::at(scope, node))? {
                    taken.push(*index);
                }
            }
        }
        if taken.is_empty() && !model.completes_scope(node) {
            return self.take_default(scope, node);
        }
        self.take(scope, node, taken)
    }

    fn take_default(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        match self.model.flow_node(node).default_flow {
            Some(flow) => self.take(scope, node, vec![flow]),
            None => Err(Rejection::NoFlow {
                node: self.model.id(node).to_string(),
            }),
        }
    }

    /// Sends a token through each flow, the first of them first; without flows the path ends.
    fn take(&mut self, scope: Uuid, node: NodeIndex, flows: Vec<FlowIndex>) -> Result<(), Rejection> {
        let model = self.model;
        let flows = match model.flow_node(node).quantities.completion {
            1 => flows,
            several => (flows.into_iter())
                .flat_map(|flow| std::iter::repeat_n(flow, several as usize))
                .collect(),
        };
        if self.asynchronous(scope, node).after {
            return self.take_later(scope, node, &flows);
        }
        if flows.is_empty() {
            return self.end_path(scope, node);
        }
        for flow in &flows {
            self.listen_to_flow(*flow, scope)?;
        }
        for flow in flows.into_iter().rev() {
            self.schedule(scope, model.process().flow(flow).target);
        }
        Ok(())
    }

    fn take_later(&mut self, scope: Uuid, node: NodeIndex, flows: &[FlowIndex]) -> Result<(), Rejection> {
        let outgoing = &self.model.flow_node(node).outgoing;
        if flows.is_empty() {
            return self.cut(scope, node, JobWork::Leave { flow: None }, Variables::new());
        }
        for flow in flows {
            let flow = outgoing.iter().position(|one| one == flow);
            self.cut(scope, node, JobWork::Leave { flow }, Variables::new())?;
        }
        Ok(())
    }
}

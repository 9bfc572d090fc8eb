//! Entering and leaving nodes (BPMN 2.0, 13.3).

use std::collections::BTreeSet;
use std::sync::Arc;

use flowstone_bpmn::model::{EndEvent, FlowIndex, IntermediateThrowEvent, NodeIndex, NodeKind};
use flowstone_expression::Variables;
use uuid::Uuid;

use crate::evaluation::Site;
use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::{Token, Wait};
use crate::step::{Step, Work};

impl Step<'_> {
    pub(crate) fn enter(&mut self, work: Work) -> Result<(), Rejection> {
        let model = self.model;
        let node = model.flow_node(work.node);
        if let Some(task) = node.kind.external_task() {
            return self.rest(work, |step, site| step.external_task(site, task));
        }
        match &node.kind {
            NodeKind::UserTask(task) => self.rest(work, |step, site| step.user_task(site, task)),
            NodeKind::ReceiveTask(task) => self.rest(work, |step, site| step.receive_task(site, task)),
            NodeKind::SubProcess => self.open_scope(work),
            NodeKind::ParallelGateway => self.parallel_gateway(work),
            NodeKind::EndEvent(EndEvent::Terminate) => self.terminate(work),
            NodeKind::StartEvent(_)
            | NodeKind::EndEvent(EndEvent::None | EndEvent::Message(_))
            | NodeKind::IntermediateThrowEvent(IntermediateThrowEvent::None | IntermediateThrowEvent::Message(_))
            | NodeKind::Task
            | NodeKind::ManualTask
            | NodeKind::ExclusiveGateway
            | NodeKind::ServiceTask(_)
            | NodeKind::SendTask(_)
            | NodeKind::BusinessRuleTask(_) => self.pass(work),
        }
    }

    /// A node that needs nothing from outside. With parameters it rests for the blink of an eye,
    /// so that its local variables have a holder.
    fn pass(&mut self, work: Work) -> Result<(), Rejection> {
        if self.model.flow_node(work.node).input_output.is_some() {
            let token = self.arrive(&work, Wait::Signal)?;
            return self.leave(token);
        }
        let flows = self.flows_to_take(work.scope, work.node)?;
        let id = self.new_id();
        self.emit(Event::NodePassed {
            id,
            scope: work.scope,
            node: self.model.id(work.node).clone(),
            at: self.now,
            completes_scope: flows.is_empty(),
            canceled: false,
        });
        self.take(work.scope, work.node, flows)
    }

    /// Brings a token to rest; what it waits for is worked out where its inputs are visible.
    fn rest(
        &mut self,
        work: Work,
        wait: impl FnOnce(&mut Self, Site<'_>) -> Result<Wait, Rejection>,
    ) -> Result<(), Rejection> {
        let variables = self.inputs(work.scope, work.node)?;
        let site = Site {
            execution: work.scope,
            locals: Some(&variables),
            node: work.node,
        };
        let wait = wait(self, site)?;
        self.emit_rest(&work, variables, wait);
        Ok(())
    }

    fn arrive(&mut self, work: &Work, wait: Wait) -> Result<Uuid, Rejection> {
        let variables = self.inputs(work.scope, work.node)?;
        Ok(self.emit_rest(work, variables, wait))
    }

    fn emit_rest(&mut self, work: &Work, variables: Variables, wait: Wait) -> Uuid {
        let id = self.new_id();
        self.emit(Event::TokenRested(Box::new(Token {
            id,
            scope: work.scope,
            node: self.model.id(work.node).clone(),
            started_at: self.now,
            variables,
            wait,
        })));
        id
    }

    /// A token at rest goes on: outputs, then the flows of its node.
    pub(crate) fn leave(&mut self, token: Uuid) -> Result<(), Rejection> {
        let Some((scope, node)) = self.place_of(token) else {
            return Ok(());
        };
        self.outputs(token, scope, node)?;
        self.resolve_incidents(token);
        let flows = self.flows_to_take(scope, node)?;
        self.remove_token(token, flows.is_empty(), false);
        self.take(scope, node, flows)
    }

    /// A token at rest ends where it is, without taking a flow.
    pub(crate) fn end_at(&mut self, token: Uuid) -> Result<(), Rejection> {
        let Some((scope, node)) = self.place_of(token) else {
            return Ok(());
        };
        self.resolve_incidents(token);
        self.remove_token(token, true, false);
        let node = self.model.id(node).clone();
        self.path_ended(scope, &node)
    }

    fn place_of(&self, token: Uuid) -> Option<(Uuid, NodeIndex)> {
        let token = self.instance.token(token)?;
        Some((token.scope, self.model.index(&token.node)?))
    }

    pub(crate) fn remove_token(&mut self, id: Uuid, completes_scope: bool, canceled: bool) {
        let Some(token) = self.instance.token(id) else {
            return;
        };
        let (user_task, assignee) = match &token.wait {
            Wait::UserTask(task) => (true, task.assignee.clone()),
            _ => (false, None),
        };
        let left = Event::TokenLeft {
            id,
            scope: token.scope,
            node: token.node.clone(),
            assignee,
            user_task,
            started_at: token.started_at,
            at: self.now,
            completes_scope,
            canceled,
        };
        self.emit(left);
    }

    pub(crate) fn resolve_incidents(&mut self, token: Uuid) {
        let open: Vec<Uuid> = self.instance.incidents_of(token).map(|incident| incident.id).collect();
        for id in open {
            self.emit(Event::IncidentResolved { id, token });
        }
    }

    /// The flows to take from a node: gateways choose one or all; other nodes take every flow
    /// whose condition holds, else the default (BPMN 2.0, 13.3.1).
    pub(crate) fn flows_to_take(&mut self, scope: Uuid, node: NodeIndex) -> Result<Vec<FlowIndex>, Rejection> {
        let model = self.model;
        let described = model.flow_node(node);
        if matches!(described.kind, NodeKind::ParallelGateway) {
            return Ok(described.outgoing.clone());
        }
        let exclusive = matches!(described.kind, NodeKind::ExclusiveGateway);
        let mut taken = Vec::new();
        for index in &described.outgoing {
            if described.default_flow == Some(*index) {
                continue;
            }
            let flow = model.process().flow(*index);
            let holds = match &flow.condition {
                None => true,
                Some(condition) => self.condition(scope, node, condition)?,
            };
            if holds {
                taken.push(*index);
                if exclusive {
                    return Ok(taken);
                }
            }
        }
        if taken.is_empty() {
            taken.extend(described.default_flow);
        }
        if taken.is_empty() && exclusive && !described.outgoing.is_empty() {
            return Err(Rejection::NoFlow {
                node: described.id.clone(),
            });
        }
        Ok(taken)
    }

    /// Takes flows; a node without any ends the path.
    fn take(&mut self, scope: Uuid, node: NodeIndex, flows: Vec<FlowIndex>) -> Result<(), Rejection> {
        if flows.is_empty() {
            let node = self.model.id(node).clone();
            return self.path_ended(scope, &node);
        }
        self.push_targets(scope, &flows);
        Ok(())
    }

    fn push_targets(&mut self, scope: Uuid, flows: &[FlowIndex]) {
        let model = self.model;
        for flow in flows.iter().rev() {
            self.push(scope, model.process().flow(*flow).target);
        }
    }

    /// A parallel gateway waits for as many tokens as it has incoming flows (bpmn-semantics 2.2).
    fn parallel_gateway(&mut self, work: Work) -> Result<(), Rejection> {
        let node = self.model.id(work.node).clone();
        let needed = self.model.flow_node(work.node).incoming.len();
        let waiting: Vec<Uuid> = if needed > 1 {
            self.instance.waiting_at_join(work.scope, &node).collect()
        } else {
            Vec::new()
        };
        if waiting.len() + 1 < needed {
            self.arrive(&work, Wait::Join)?;
            return Ok(());
        }
        for token in waiting {
            self.remove_token(token, false, false);
        }
        self.pass(work)
    }

    fn open_scope(&mut self, work: Work) -> Result<(), Rejection> {
        let variables = self.inputs(work.scope, work.node)?;
        let node = self.model.id(work.node).clone();
        let id = self.new_id();
        self.emit(Event::ScopeOpened {
            id,
            parent: work.scope,
            node: node.clone(),
            at: self.now,
        });
        if !variables.is_empty() {
            self.emit(Event::VariablesCreated { scope: id, variables });
        }
        match self.model.start_of(Some(work.node)) {
            Some(start) => {
                self.push(id, start);
                Ok(())
            }
            // The checks refuse a sub-process without start event.
            None => self.path_ended(id, &node),
        }
    }

    /// A sub-process is over: its outputs, then its flows. Answers the node at which the path of
    /// the parent ended, if it did.
    pub(crate) fn close_scope(&mut self, id: Uuid, parent: Uuid) -> Result<Option<Arc<str>>, Rejection> {
        let Some(node) = self
            .instance
            .scope(id)
            .and_then(|scope| scope.node.clone())
            .and_then(|node| self.model.index(&node))
        else {
            return Ok(None);
        };
        self.outputs(id, parent, node)?;
        let flows = self.flows_to_take(parent, node)?;
        self.remove_scope(id, flows.is_empty(), false);
        if flows.is_empty() {
            return Ok(Some(self.model.id(node).clone()));
        }
        self.push_targets(parent, &flows);
        Ok(None)
    }

    pub(crate) fn remove_scope(&mut self, id: Uuid, completes_scope: bool, canceled: bool) {
        let Some(scope) = self.instance.scope(id) else {
            return;
        };
        let (Some(parent), Some(node)) = (scope.parent, scope.node.clone()) else {
            return;
        };
        let closed = Event::ScopeClosed {
            id,
            parent,
            node,
            started_at: scope.started_at,
            at: self.now,
            completes_scope,
            canceled,
        };
        self.emit(closed);
    }

    /// A terminate end event ends everything else in its scope, and the scope with it
    /// (bpmn-semantics 2.10).
    fn terminate(&mut self, work: Work) -> Result<(), Rejection> {
        let node = self.model.id(work.node).clone();
        let id = self.new_id();
        self.emit(Event::NodePassed {
            id,
            scope: work.scope,
            node: node.clone(),
            at: self.now,
            completes_scope: true,
            canceled: false,
        });
        self.cancel_inside(work.scope, false)?;
        self.path_ended(work.scope, &node)
    }

    /// Interrupts everything inside a scope, innermost first; the scope itself stays.
    pub(crate) fn cancel_inside(&mut self, scope: Uuid, skip_outputs: bool) -> Result<(), Rejection> {
        let mut open = vec![scope];
        let mut found = Vec::new();
        while let Some(id) = open.pop() {
            self.drop_work(id);
            let children = self.instance.scope(id).map(|scope| scope.children.clone());
            for child in children.unwrap_or_else(BTreeSet::new) {
                found.push(child);
                if self.instance.scope(child).is_some() {
                    open.push(child);
                }
            }
        }
        for id in found.into_iter().rev() {
            let place = self.instance.token(id).map(|token| (token.scope, token.node.clone()));
            let place = place.or_else(|| {
                let scope = self.instance.scope(id)?;
                Some((scope.parent?, scope.node.clone()?))
            });
            if let Some((parent, node)) = place.and_then(|(parent, node)| Some((parent, self.model.index(&node)?)))
                && !skip_outputs
            {
                self.outputs(id, parent, node)?;
            }
            self.resolve_incidents(id);
            self.remove_token(id, false, true);
            self.remove_scope(id, false, true);
        }
        Ok(())
    }
}

//! Entering nodes, resting in them and leaving them.

use flowstone_bpmn::model::{
    Catch, EndEvent, ExecutionEvent, Implementation, IntermediateThrowEvent, NodeIndex, NodeKind,
};
use flowstone_expression::Variables;
use uuid::Uuid;

use crate::context::{Entry, Place};
use crate::event::Event;
use crate::rejection::Rejection;
use crate::scope::Skip;
use crate::state::{JobWork, Token, Wait};
use crate::step::Step;

impl Step<'_> {
    /// A token arrives at a node, or before it when a job is to enter it.
    pub(crate) fn arrive(&mut self, scope: Uuid, node: NodeIndex, resumed: bool) -> Result<(), Rejection> {
        if !resumed && self.asynchronous(scope, node).before {
            let locals = std::mem::take(&mut self.locals);
            return self.cut(scope, node, JobWork::Enter, locals);
        }
        self.enter(scope, node)
    }

    /// A token enters a node.
    fn enter(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let model = self.model;
        let flow_node = model.flow_node(node);
        if flow_node.quantities.start > 1 && !self.is_body_of(scope, node) && !self.has_enough_tokens(scope, node) {
            return Ok(());
        }
        if let Some(repeated) = &flow_node.multi_instance
            && !self.is_body_of(scope, node)
        {
            return self.enter_body(scope, node, repeated);
        }
        match flow_node.kind.implementation() {
            Some(Implementation::External(task)) => return self.enter_external_task(scope, node, task),
            Some(Implementation::Expression(task)) => return self.enter_expression_task(scope, node, task),
            Some(Implementation::Foreign(code)) => return self.enter_foreign_task(scope, node, code),
            Some(Implementation::Decision(task)) => return self.enter_decision_task(scope, node, task),
            None => {}
        }
        match &flow_node.kind {
            NodeKind::UserTask(task) => self.enter_user_task(scope, node, task),
            NodeKind::ReceiveTask(task) => self.enter_receive_task(scope, node, task),
            NodeKind::ParallelGateway => self.enter_parallel_gateway(scope, node),
            NodeKind::InclusiveGateway => self.enter_inclusive_gateway(scope, node),
            NodeKind::ComplexGateway(gateway) => self.enter_complex_gateway(scope, node, gateway),
            NodeKind::SubProcess | NodeKind::Transaction => self.enter_sub_process(scope, node),
            NodeKind::AdHocSubProcess(part) => self.enter_ad_hoc_sub_process(scope, node, part),
            // No flow leads to one: its event was caught, and a job has entered it.
            NodeKind::EventSubProcess => self.enter_event_sub_process(scope, node),
            NodeKind::CallActivity(call) => self.enter_call_activity(scope, node, call),
            NodeKind::EndEvent(EndEvent::Signal(signal))
            | NodeKind::IntermediateThrowEvent(IntermediateThrowEvent::Signal(signal)) => {
                self.enter_signal_throw(scope, node, signal)
            }
            NodeKind::EndEvent(EndEvent::Compensation(compensation))
            | NodeKind::IntermediateThrowEvent(IntermediateThrowEvent::Compensation(compensation)) => {
                self.enter_compensation(scope, node, compensation.activity)
            }
            NodeKind::EndEvent(EndEvent::Cancel) => self.enter_cancel_end(scope, node),
            NodeKind::IntermediateThrowEvent(IntermediateThrowEvent::Link { target, .. }) => {
                // A jump in the model: nothing happens on the way.
                self.schedule(scope, *target);
                Ok(())
            }
            NodeKind::IntermediateCatchEvent(Catch::Link { .. }) => self.leave(scope, node),
            NodeKind::EventBasedGateway(_) => self.enter_event_based_gateway(scope, node),
            NodeKind::IntermediateCatchEvent(_) => self.enter_catch_event(scope, node),
            NodeKind::EndEvent(EndEvent::Error(error)) => self.enter_error_end(scope, node, error),
            NodeKind::EndEvent(EndEvent::Escalation(escalation))
            | NodeKind::IntermediateThrowEvent(IntermediateThrowEvent::Escalation(escalation)) => {
                self.enter_escalation(scope, node, escalation)
            }
            NodeKind::ExclusiveGateway => {
                self.pass(scope, node)?;
                self.leave_exclusive_gateway(scope, node)
            }
            NodeKind::EndEvent(EndEvent::Terminate) => {
                self.pass(scope, node)?;
                self.terminate(scope, node)
            }
            NodeKind::StartEvent(_)
            | NodeKind::BoundaryEvent(_)
            | NodeKind::EndEvent(EndEvent::None | EndEvent::Message(_))
            | NodeKind::IntermediateThrowEvent(IntermediateThrowEvent::None | IntermediateThrowEvent::Message(_))
            | NodeKind::Task
            | NodeKind::ManualTask
            // Those with an implementation were entered above.
            | NodeKind::ServiceTask(_)
            | NodeKind::SendTask(_)
            | NodeKind::ScriptTask(_)
            | NodeKind::BusinessRuleTask(_) => {
                self.pass(scope, node)?;
                self.leave(scope, node)
            }
        }
    }

    /// Whether as many tokens have come to an activity as it needs to begin (BPMN 2.0, 13.3.1); else this one waits
    /// for the others.
    fn has_enough_tokens(&mut self, scope: Uuid, node: NodeIndex) -> bool {
        let id = self.model.id(node);
        let arrived = self.instance.number_waiting_at_join(scope, &id) + 1;
        if arrived < self.model.flow_node(node).quantities.start as usize {
            self.wait_for_others(scope, node);
            return false;
        }
        let waiting: Vec<Uuid> = self.instance.waiting_at_join(scope, &id).collect();
        for token in waiting {
            self.remove(token, node, false);
        }
        true
    }

    /// A token goes through a node without waiting.
    pub(crate) fn pass(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        self.pass_through(scope, node, false)
    }

    /// A token goes through a node without waiting; `canceled` when what the node throws interrupts it there.
    pub(crate) fn pass_through(&mut self, scope: Uuid, node: NodeIndex, canceled: bool) -> Result<(), Rejection> {
        let flow_node = self.model.flow_node(node);
        if flow_node.input_output.is_some() || !flow_node.listeners.is_empty() {
            // Local variables need a holder, so the token comes to rest for a moment.
            let entry = self.prepare(scope, node)?;
            let id = entry.id;
            self.rest(entry, Wait::Signal);
            self.finish_node(id, scope, node, Skip::default())?;
            self.remove(id, node, canceled);
            return Ok(());
        }
        let id = self.ids.next_id();
        self.emit(Event::NodePassed {
            id,
            scope,
            node: self.model.id(node),
            at: self.now,
            completes_scope: self.model.completes_scope(node),
            canceled,
        });
        Ok(())
    }

    /// Begins an activity: its id and the results of its input parameters, computed in the surrounding scope.
    pub(crate) fn prepare(&mut self, scope: Uuid, node: NodeIndex) -> Result<Entry, Rejection> {
        let mut entry = Entry {
            id: self.ids.next_id(),
            scope,
            node,
            locals: std::mem::take(&mut self.locals),
            task: None,
        };
        let inputs = self.inputs(&mut entry)?;
        entry.locals.extend(inputs);
        self.listen(ExecutionEvent::Start, node, &mut Place::entering(&mut entry))?;
        Ok(entry)
    }

    /// A begun activity comes to rest until something from outside happens.
    pub(crate) fn wait(&mut self, entry: Entry, wait: Wait) -> Result<(), Rejection> {
        let (id, node) = (entry.id, entry.node);
        self.rest(entry, wait);
        self.watch_border(id, node)
    }

    /// A begun activity comes to rest.
    pub(crate) fn rest(&mut self, entry: Entry, wait: Wait) {
        self.emit(Event::TokenRested(Box::new(Token {
            id: entry.id,
            scope: entry.scope,
            node: self.model.id(entry.node),
            started_at: self.now,
            variables: entry.locals,
            wait,
        })));
    }

    /// A resting activity is done: outputs are computed and the token goes on.
    pub(crate) fn complete(&mut self, token: Uuid) -> Result<(), Rejection> {
        let Some((scope, node)) = self.place_of(token)? else {
            return Err(Rejection::UnknownExecution { execution: token });
        };
        self.finish_node(token, scope, node, Skip::default())?;
        if self.is_body_of(scope, node) {
            return self.complete_repetition(token, scope, node);
        }
        self.remove(token, node, false);
        self.leave(scope, node)
    }

    /// One of the times that a multi-instance activity is carried out is done.
    pub(crate) fn complete_repetition(&mut self, token: Uuid, body: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        self.register_compensation(body, node);
        if self.asynchronous(body, node).after {
            let kept = self.kept(token, node).unwrap_or_default();
            self.remove(token, node, false);
            return self.cut(body, node, JobWork::Leave { flow: None }, kept);
        }
        let done = self.count_completed(body, token, node)?;
        let kept = self.kept(token, node).filter(|_| !done);
        self.remove(token, node, false);
        if let Some(variables) = kept {
            self.keep_repetition(body, node, variables);
        }
        self.after_repetition(body, node, done)
    }

    /// Scope and node of a token.
    pub(crate) fn place_of(&self, token: Uuid) -> Result<Option<(Uuid, NodeIndex)>, Rejection> {
        self.instance
            .token(token)
            .map(|token| Ok((token.scope, self.model.find(&token.node)?)))
            .transpose()
    }

    /// Takes a token away, with its incidents.
    pub(crate) fn remove(&mut self, token: Uuid, node: NodeIndex, canceled: bool) {
        self.resolve_incidents(token);
        self.unsubscribe(token, |_| true);
        self.end_jobs(token, |_| true);
        let Some(token) = self.instance.token(token) else {
            return;
        };
        let called = match token.wait {
            Wait::Call { instance } => Some(instance),
            _ => None,
        };
        let task = match &token.wait {
            Wait::UserTask(task) => Some(task),
            _ => None,
        };
        let event = Event::TokenLeft {
            id: token.id,
            scope: token.scope,
            node: token.node.clone(),
            assignee: task.and_then(|task| task.assignee.clone()),
            user_task: task.is_some(),
            started_at: token.started_at,
            at: self.now,
            completes_scope: self.model.completes_scope(node),
            canceled,
            called,
        };
        self.emit(event);
        if let Some(instance) = called.filter(|_| canceled) {
            self.emit(Event::CallCanceled { instance });
        }
    }

    /// The input parameters of a node, each computed in the surrounding scope: none sees another
    /// (bpmn-semantics 2.12).
    fn inputs(&mut self, entry: &mut Entry) -> Result<Variables, Rejection> {
        let model = self.model;
        let mut locals = Variables::new();
        if let Some(mapping) = &model.flow_node(entry.node).input_output
            && !self.skip.mappings
        {
            // One instance of several sees what it is carried out for.
            let mut place = if entry.locals.is_empty() {
                Place::at(entry.scope, entry.node)
            } else {
                Place::entering(entry)
            };
            for parameter in &mapping.inputs {
                let value = self.parameter(&parameter.value, &mut place)?;
                locals.insert(parameter.name.clone(), value);
            }
        }
        Ok(locals)
    }
}

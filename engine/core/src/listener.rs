//! Listeners: expressions and scripts of the model that are computed beside the work itself (bpmn-semantics 1b).

use flowstone_bpmn::model::{ExecutionEvent, FlowIndex, NodeIndex, NodeKind, TaskEvent};
use flowstone_script::Script;
use uuid::Uuid;

use crate::context::{Entry, Place};
use crate::rejection::Rejection;
use crate::state::Wait;
use crate::step::Step;

impl Step<'_> {
    /// Computes the listeners of a node that is entered or left.
    pub(crate) fn listen(
        &mut self,
        event: ExecutionEvent,
        node: NodeIndex,
        place: &mut Place<'_>,
    ) -> Result<(), Rejection> {
        let model = self.model;
        for listener in &model.flow_node(node).listeners {
            if listener.event == event {
                self.compute_listener(&listener.script, event.as_str(), place)?;
            }
        }
        Ok(())
    }

    /// Computes the listeners of the process; `node` is where its instance begins or ended.
    pub(crate) fn listen_to_instance(&mut self, event: ExecutionEvent, node: NodeIndex) -> Result<(), Rejection> {
        let model = self.model;
        let root = self.instance.id;
        for listener in &model.process().listeners {
            if listener.event == event {
                self.compute_listener(&listener.script, event.as_str(), &mut Place::at(root, node))?;
            }
        }
        Ok(())
    }

    /// Computes the listeners of a flow that is taken.
    pub(crate) fn listen_to_flow(&mut self, flow: FlowIndex, scope: Uuid) -> Result<(), Rejection> {
        let model = self.model;
        let flow = model.process().flow(flow);
        for listener in &flow.listeners {
            self.compute_listener(listener, "take", &mut Place::at(scope, flow.source))?;
        }
        Ok(())
    }

    /// Computes the listeners of a user task that is being created.
    pub(crate) fn listen_to_new_task(&mut self, event: TaskEvent, entry: &mut Entry) -> Result<(), Rejection> {
        let model = self.model;
        if let NodeKind::UserTask(task) = &model.flow_node(entry.node).kind {
            for listener in task.listeners.iter().filter(|listener| listener.event == event) {
                self.compute_listener(&listener.script, event.as_str(), &mut Place::entering(entry))?;
            }
        }
        Ok(())
    }

    /// Computes the listeners of a user task that is there.
    pub(crate) fn listen_to_task(&mut self, event: TaskEvent, token: Uuid) -> Result<(), Rejection> {
        let model = self.model;
        let is_task = self
            .instance
            .token(token)
            .is_some_and(|token| matches!(token.wait, Wait::UserTask(_)));
        let Some((_, node)) = self.place_of(token)?.filter(|_| is_task) else {
            return Ok(());
        };
        if let NodeKind::UserTask(task) = &model.flow_node(node).kind {
            for listener in task.listeners.iter().filter(|listener| listener.event == event) {
                self.compute_listener(&listener.script, event.as_str(), &mut Place::at(token, node))?;
            }
        }
        Ok(())
    }

    /// Computes a listener of a user task that has been there for some time.
    pub(crate) fn listen_to_timeout(&mut self, token: Uuid, node: NodeIndex, listener: usize) -> Result<(), Rejection> {
        let model = self.model;
        if let NodeKind::UserTask(task) = &model.flow_node(node).kind
            && let Some(timeout) = task.timeouts.get(listener)
        {
            self.compute_listener(&timeout.script, "timeout", &mut Place::at(token, node))?;
        }
        Ok(())
    }

    fn compute_listener(
        &mut self,
        script: &Script,
        event: &'static str,
        place: &mut Place<'_>,
    ) -> Result<(), Rejection> {
        if self.skip.listeners {
            return Ok(());
        }
        let outer = self.event_name.replace(event);
        let computed = self.compute(script, place);
        self.event_name = outer;
        computed.map(drop)
    }
}

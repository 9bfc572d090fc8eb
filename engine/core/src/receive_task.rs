//! Receive tasks.

use flowstone_bpmn::model::{NodeIndex, ReceiveTask};
use uuid::Uuid;

use crate::command::Trigger;
use crate::context::Place;
use crate::rejection::Rejection;
use crate::state::{Token, Wait};
use crate::step::Step;

impl Step<'_> {
    /// A token arrives at a receive task (BPMN 2.0, 13.3.3).
    pub(crate) fn enter_receive_task(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        task: &ReceiveTask,
    ) -> Result<(), Rejection> {
        let mut entry = self.prepare(scope, node)?;
        let name = task.message.as_ref().and_then(|message| message.name.as_ref());
        let wait = match name {
            None => Wait::Signal,
            Some(name) => {
                let name = self.text(name, &mut Place::entering(&mut entry))?;
                let name = name.ok_or_else(|| self.unfit(node, "the name of the message is null; give it a text"))?;
                Wait::Message { name }
            }
        };
        self.rest(entry, wait);
        Ok(())
    }

    /// A receive task goes on.
    pub(crate) fn trigger(&mut self, trigger: &Trigger) -> Result<(), Rejection> {
        let token = self.triggered(trigger)?;
        self.set_variables(token, &trigger.variables);
        self.set_local_variables(token, &trigger.local_variables);
        self.complete(token)
    }

    /// The token that a trigger means: the named one, or the only one directly in the named scope that waits for it.
    fn triggered(&self, trigger: &Trigger) -> Result<Uuid, Rejection> {
        let message = trigger.message.as_deref();
        let execution = trigger.execution;
        let not_waiting = || Rejection::NotWaiting {
            execution,
            awaited: message.map_or_else(|| "a signal".to_owned(), |name| format!("message '{name}'")),
        };
        if let Some(token) = self.instance.token(execution) {
            return if waits_for(token, message) {
                Ok(execution)
            } else {
                Err(not_waiting())
            };
        }
        let scope = self
            .instance
            .scope(execution)
            .ok_or(Rejection::UnknownExecution { execution })?;
        let children = scope.children.iter().filter_map(|child| self.instance.token(*child));
        let mut waiting = children.filter(|token| waits_for(token, message));
        match (waiting.next(), waiting.next()) {
            (Some(token), None) => Ok(token.id),
            _ => Err(not_waiting()),
        }
    }
}

/// Whether a token goes on with a message, or with a plain signal, which a receive task with a message takes too.
fn waits_for(token: &Token, message: Option<&str>) -> bool {
    match (&token.wait, message) {
        (Wait::Message { name }, Some(message)) => name == message,
        (Wait::Message { .. } | Wait::Signal, None) => true,
        _ => false,
    }
}

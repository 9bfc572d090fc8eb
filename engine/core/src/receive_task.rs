//! Receive tasks, catch events, and the triggers that move them on.

use flowstone_bpmn::model::{NodeIndex, NodeKind, ReceiveTask};
use uuid::Uuid;

use crate::command::{Awaited, Trigger};
use crate::context::Place;
use crate::rejection::Rejection;
use crate::state::{EventKind, Wait};
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
        let id = entry.id;
        let name = match task.message.as_ref().and_then(|message| message.name.as_ref()) {
            None => None,
            Some(name) => {
                let name = self.text(name, &mut Place::entering(&mut entry))?;
                Some(name.ok_or_else(|| self.unfit(node, "the name of the message is null; give it a text"))?)
            }
        };
        self.rest(entry, Wait::Signal);
        if let Some(name) = name {
            self.subscribe_by_name(id, node, EventKind::Message, Some(name));
        }
        self.watch_border(id, node)
    }

    /// A token arrives at an intermediate catch event.
    pub(crate) fn enter_catch_event(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let entry = self.prepare(scope, node)?;
        let id = entry.id;
        self.rest(entry, Wait::Signal);
        self.subscribe(id, node)
    }

    /// Something from outside lets an execution go on.
    pub(crate) fn trigger(&mut self, trigger: &Trigger) -> Result<(), Rejection> {
        let Waiting {
            owner,
            node,
            subscription,
        } = self.triggered(trigger)?;
        self.set_variables(owner, &trigger.variables);
        self.set_local_variables(owner, &trigger.local_variables);
        match subscription {
            Some(_) => self.came(owner, node, subscription),
            None => self.caught(owner, node),
        }
    }

    /// Who goes on, and by which node: the named execution, or the only token directly in it that waits for this.
    fn triggered(&self, trigger: &Trigger) -> Result<Waiting, Rejection> {
        let execution = trigger.execution;
        if let Some(found) = self.waits_for(execution, &trigger.awaited)? {
            return Ok(found);
        }
        let not_waiting = || Rejection::NotWaiting {
            execution,
            awaited: match &trigger.awaited {
                Awaited::Event(kind, name) => format!("{} '{name}'", kind.as_str()),
                Awaited::Anything => "a signal".to_owned(),
            },
        };
        let Some(scope) = self.instance.scope(execution) else {
            return Err(match self.instance.token(execution) {
                Some(_) => not_waiting(),
                None => Rejection::UnknownExecution { execution },
            });
        };
        let mut found = None;
        for child in scope
            .children
            .iter()
            .filter(|child| self.instance.token(**child).is_some())
        {
            if let Some(waiting) = self.waits_for(*child, &trigger.awaited)? {
                if found.is_some() {
                    return Err(not_waiting());
                }
                found = Some(waiting);
            }
        }
        found.ok_or_else(not_waiting)
    }

    /// By which node an execution goes on with what arrived. A plain trigger moves on whatever waits for the outside,
    /// also what has subscribed to an event (contract 3.8).
    fn waits_for(&self, execution: Uuid, awaited: &Awaited) -> Result<Option<Waiting>, Rejection> {
        let found = match awaited {
            Awaited::Event(kind, name) => {
                let mut subscriptions = self.instance.subscriptions_of(execution);
                let subscription = subscriptions.find(|one| one.kind == *kind && one.name.as_ref() == Some(name));
                subscription.map(|subscription| (&subscription.node, Some(subscription.id)))
            }
            Awaited::Anything => {
                let token = self.instance.token(execution);
                let token = token.filter(|token| token.wait == Wait::Signal);
                let node = token.map(|token| &token.node);
                // A gateway goes on by one of its events only.
                let kind = |node: &_| self.model.find(node).map(|node| &self.model.flow_node(node).kind);
                let node = node.filter(|node| !matches!(kind(node), Ok(NodeKind::EventBasedGateway(_))));
                node.map(|node| (node, None))
            }
        };
        let waiting = found.map(|(node, subscription)| {
            Ok(Waiting {
                owner: execution,
                node: self.model.find(node)?,
                subscription,
            })
        });
        waiting.transpose()
    }
}

/// Who waits for something that came.
struct Waiting {
    owner: Uuid,
    node: NodeIndex,
    /// By what, when it is an event that it has subscribed to.
    subscription: Option<Uuid>,
}

//! What the events of an instance tell one after the other: what begins ends exactly once.

use std::collections::HashMap;

use flowstone_core::{Command, Event, Instance, ScopePhase, Wait};
use uuid::Uuid;

use crate::must;

/// Follows the events of one instance.
#[derive(Default)]
pub struct History {
    lives: HashMap<Uuid, Life>,
    ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Open(Kind),
    /// A scope that is kept for its compensation: its activity instance is over.
    Kept,
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Token,
    Transition,
    Scope,
    Subscription,
    Job,
    Incident,
}

impl History {
    pub fn see(&mut self, event: &Event) -> Result<(), String> {
        must!(!self.ended, "something happened after the end: {event:?}");
        match event {
            Event::NodePassed { id, .. } => {
                self.open(*id, Kind::Token, event)?;
                self.close(*id, Kind::Token, event)
            }
            Event::ScopeOpened { id, .. } => self.open(*id, Kind::Scope, event),
            Event::ScopeClosed { id, kept, .. } => {
                self.close(*id, Kind::Scope, event)?;
                if *kept {
                    self.lives.insert(*id, Life::Kept);
                }
                Ok(())
            }
            Event::KeptScopeClosed { id } => {
                must!(
                    self.lives.insert(*id, Life::Over) == Some(Life::Kept),
                    "nothing kept: {event:?}"
                );
                Ok(())
            }
            Event::TokenRested(token) => self.open(token.id, Kind::Token, event),
            Event::TokenLeft { id, .. } => self.close(*id, Kind::Token, event),
            Event::TransitionOpened(token) => self.open(token.id, Kind::Transition, event),
            Event::TransitionClosed { id } => self.close(*id, Kind::Transition, event),
            Event::Subscribed(one) => self.open(one.id, Kind::Subscription, event),
            Event::Unsubscribed { id, .. } => self.close(*id, Kind::Subscription, event),
            Event::JobCreated(job) => self.open(job.id, Kind::Job, event),
            Event::JobEnded { id, .. } => self.close(*id, Kind::Job, event),
            Event::IncidentRaised(incident) => self.open(incident.id, Kind::Incident, event),
            Event::IncidentResolved { id, .. } => self.close(*id, Kind::Incident, event),
            Event::InstanceEnded { .. } => {
                self.ended = true;
                let open = self.lives.values().find(|life| **life != Life::Over);
                must!(open.is_none(), "the instance ended with {open:?}");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What began and has not ended is what the state holds.
    pub fn agrees(&self, instance: &Instance) -> Result<(), String> {
        let mut held: HashMap<Uuid, Life> = HashMap::new();
        let mut hold = |id: Uuid, life: Life| held.insert(id, life);
        for token in instance.tokens() {
            let transition = matches!(token.wait, Wait::Job | Wait::Siblings);
            let kind = if transition { Kind::Transition } else { Kind::Token };
            hold(token.id, Life::Open(kind));
        }
        for scope in instance.scopes().filter(|scope| scope.parent.is_some()) {
            let open = scope.phase == ScopePhase::Open;
            hold(scope.id, if open { Life::Open(Kind::Scope) } else { Life::Kept });
        }
        instance.subscriptions().for_each(|one| {
            hold(one.id, Life::Open(Kind::Subscription));
        });
        instance.jobs().for_each(|job| {
            hold(job.id, Life::Open(Kind::Job));
        });
        instance.incidents().for_each(|one| {
            hold(one.id, Life::Open(Kind::Incident));
        });
        let mut told = self.lives.clone();
        told.retain(|_, life| *life != Life::Over);
        must!(held == told, "history has open {told:?}, the state {held:?}");
        Ok(())
    }

    fn open(&mut self, id: Uuid, kind: Kind, event: &Event) -> Result<(), String> {
        must!(
            self.lives.insert(id, Life::Open(kind)).is_none(),
            "began twice: {event:?}"
        );
        Ok(())
    }

    fn close(&mut self, id: Uuid, kind: Kind, event: &Event) -> Result<(), String> {
        let before = self.lives.insert(id, Life::Over);
        must!(before == Some(Life::Open(kind)), "was {before:?} before: {event:?}");
        Ok(())
    }
}

/// What is told as canceled is what the command canceled.
pub fn fits(command: &Command, events: &[Event]) -> Result<(), String> {
    for event in events {
        let (left, was_canceled) = match event {
            Event::TokenLeft { id, canceled, .. } | Event::ScopeClosed { id, canceled, .. } => (*id, *canceled),
            _ => continue,
        };
        let expected = match command {
            Command::Cancel { .. } => Some(true),
            Command::CompleteUserTask { task, .. } if *task == left => Some(false),
            Command::CompleteExternalTask { holder, .. } if holder.task == left => Some(false),
            _ => None,
        };
        must!(
            expected.is_none_or(|expected| expected == was_canceled),
            "{command:?} led to {event:?}"
        );
    }
    Ok(())
}

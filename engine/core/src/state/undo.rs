//! Taking changes back: what a refused command did, and steps that turn out to concern other instances.

use flowstone_expression::TypedValue;
use uuid::Uuid;

use super::attached::{Incident, Job, Subscription};
use super::token::Token;
use super::{Instance, Scope};

/// How to take one change back.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Undo {
    Ended(bool),
    Suspended(bool),
    TokenInserted(Uuid),
    TokenRemoved(Box<Token>),
    TokenChanged(Box<Token>),
    ScopeInserted(Uuid),
    ScopeRemoved(Box<Scope>),
    ScopeChanged(Box<Scope>),
    Variable {
        scope: Uuid,
        name: String,
        before: Option<TypedValue>,
    },
    IncidentInserted((Uuid, Uuid)),
    IncidentRemoved(Box<Incident>),
    IncidentChanged(Box<Incident>),
    SubscriptionInserted((Uuid, Uuid)),
    SubscriptionRemoved(Box<Subscription>),
    JobInserted((Uuid, Uuid)),
    JobRemoved(Box<Job>),
    JobChanged(Box<Job>),
}

/// What the steps since [`Instance::take_removed`] took out of an instance, as it was at last: what
/// history keeps of it. It is no part of the state, so instances are equal without it.
#[derive(Clone, Debug, Default)]
pub struct Removed {
    /// Tokens.
    pub tokens: Vec<Token>,
    /// Scopes, kept ones when they were forgotten; never the root.
    pub scopes: Vec<Scope>,
    /// Incidents.
    pub incidents: Vec<Incident>,
    /// Jobs.
    pub jobs: Vec<Job>,
}

impl Removed {
    fn note(&mut self, undo: Undo) {
        match undo {
            Undo::TokenRemoved(token) => self.tokens.push(*token),
            Undo::ScopeRemoved(scope) => self.scopes.push(*scope),
            Undo::IncidentRemoved(incident) => self.incidents.push(*incident),
            Undo::JobRemoved(job) => self.jobs.push(*job),
            _ => {}
        }
    }

    /// Adds what later steps took out.
    pub fn append(&mut self, mut later: Removed) {
        self.tokens.append(&mut later.tokens);
        self.scopes.append(&mut later.scopes);
        self.incidents.append(&mut later.incidents);
        self.jobs.append(&mut later.jobs);
    }
}

impl PartialEq for Removed {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What takes the steps since [`Instance::hold`] back. It is no part of the state, so instances are equal without it.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Option<Vec<Undo>>);

impl PartialEq for Held {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Instance {
    /// From here on changes can be taken back.
    pub(crate) fn begin(&mut self) {
        self.undo = Some(Vec::new());
    }

    /// Keeps the changes since [`Instance::begin`].
    pub(crate) fn keep(&mut self) {
        for undo in self.undo.take().into_iter().flatten() {
            if let Some(held) = &mut self.held.0 {
                held.push(undo.clone());
            }
            self.removed.note(undo);
        }
    }

    /// From here on steps can be taken back, until [`Instance::release`].
    pub fn hold(&mut self) {
        self.held.0.get_or_insert_default();
    }

    /// Keeps the steps since [`Instance::hold`].
    pub fn release(&mut self) {
        self.held.0 = None;
    }

    /// Takes the steps since [`Instance::hold`] back, as if they had never been.
    pub fn take_back_held(&mut self) {
        self.undo = self.held.0.take();
        self.take_back();
        self.removed = Removed::default();
    }

    /// What was taken out of the instance since the last call.
    pub fn take_removed(&mut self) -> Removed {
        std::mem::take(&mut self.removed)
    }

    /// Takes the changes since [`Instance::begin`] back, the last first.
    pub(crate) fn take_back(&mut self) {
        for undo in self.undo.take().into_iter().flatten().rev() {
            match undo {
                Undo::Ended(before) => self.ended = before,
                Undo::Suspended(before) => self.suspended = before,
                Undo::TokenInserted(id) => {
                    self.unlink_token(id);
                }
                Undo::TokenRemoved(token) => self.link_token(*token),
                Undo::TokenChanged(token) => {
                    self.tokens.insert(token.id, *token);
                }
                Undo::ScopeInserted(id) => {
                    self.unlink_scope(id);
                }
                Undo::ScopeRemoved(scope) => self.link_scope(*scope),
                Undo::ScopeChanged(scope) => {
                    self.unlink_scope(scope.id);
                    self.link_scope(*scope);
                }
                Undo::Variable { scope, name, before } => {
                    self.replace_variable(scope, &name, before);
                }
                Undo::SubscriptionInserted(place) => {
                    self.unlink_subscription(place);
                }
                Undo::SubscriptionRemoved(subscription) => self.link_subscription(*subscription),
                Undo::JobInserted(place) => {
                    self.unlink_job(place);
                }
                Undo::JobRemoved(job) => self.link_job(*job),
                Undo::JobChanged(job) => {
                    self.jobs.insert((job.owner, job.id), *job);
                }
                Undo::IncidentInserted(id) => {
                    self.incidents.remove(&id);
                }
                Undo::IncidentRemoved(incident) | Undo::IncidentChanged(incident) => {
                    self.incidents.insert((incident.token, incident.id), *incident);
                }
            }
        }
    }

    pub(super) fn note(&mut self, undo: Undo) {
        match &mut self.undo {
            Some(log) => log.push(undo),
            // What cannot be taken back, such as the first step of an instance.
            None => self.removed.note(undo),
        }
    }
}

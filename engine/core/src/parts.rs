//! Building a state from its stored parts.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression::Variables;
use uuid::Uuid;

use crate::state::{Header, Incident, Instance, Job, Scope, ScopePhase, Subscription, Token};

/// A state under construction. Scopes come before what is inside them.
#[derive(Debug)]
pub struct Parts(Instance);

impl Parts {
    /// Begins with the attributes of the instance.
    pub fn new(header: Header) -> Self {
        Parts(Instance::new(header))
    }

    /// Sets the variables of the root scope.
    pub fn variables(&mut self, variables: Variables) {
        let root = self.0.id;
        for (name, value) in variables {
            self.0.set_variable(root, &name, Some(value));
        }
    }

    /// Adds an entered sub-process.
    pub fn scope(
        &mut self,
        id: Uuid,
        parent: Uuid,
        node: Arc<str>,
        phase: ScopePhase,
        started_at: DateTime<Utc>,
        variables: Variables,
    ) {
        self.0.insert_scope(Scope {
            id,
            parent: Some(parent),
            node: Some(node),
            started_at,
            phase,
            variables,
            kept: Default::default(),
            children: Default::default(),
            occupied: Default::default(),
        });
    }

    /// Adds a token at rest.
    pub fn token(&mut self, token: Token) {
        self.0.insert_token(token);
    }

    /// Adds a subscription.
    pub fn subscription(&mut self, subscription: Subscription) {
        self.0.insert_subscription(subscription);
    }

    /// Adds a job.
    pub fn job(&mut self, job: Job) {
        self.0.insert_job(job);
    }

    /// Adds an open incident.
    pub fn incident(&mut self, incident: Incident) {
        self.0.insert_incident(incident);
    }

    /// The state.
    pub fn finish(self) -> Instance {
        self.0
    }
}

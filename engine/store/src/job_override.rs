//! What operators decided for all jobs of a job definition.

use std::sync::Arc;

use uuid::Uuid;

/// What differs from the model for a job definition. Job definitions follow from the models and are not stored;
/// these rows are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobOverrideRow {
    /// The job definition.
    pub job_definition_id: Uuid,
    /// Process definition that it belongs to and ends with.
    pub definition_id: Arc<str>,
    /// Whether its jobs are suspended; `None`: as the process definition is.
    pub suspended: Option<bool>,
    /// Priority of its jobs; `None`: what the model says.
    pub priority: Option<i64>,
}

/// One decision for job definitions; what is decided otherwise for them stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobOverrideChange {
    /// Whether their jobs are suspended.
    Suspended(bool),
    /// Priority of their jobs; `None` takes back what was set.
    Priority(Option<i64>),
}

impl JobOverrideRow {
    /// Nothing differs yet.
    pub fn new(job_definition_id: Uuid, definition_id: Arc<str>) -> Self {
        JobOverrideRow {
            job_definition_id,
            definition_id,
            suspended: None,
            priority: None,
        }
    }

    /// Follows a decision.
    pub fn change(&mut self, change: JobOverrideChange) {
        match change {
            JobOverrideChange::Suspended(suspended) => self.suspended = Some(suspended),
            JobOverrideChange::Priority(priority) => self.priority = priority,
        }
    }
}

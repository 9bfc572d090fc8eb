//! What one transaction writes: the changes of a batch of commands, folded per instance.
//!
//! Changes are deltas. A row that came and went within the batch does not appear.

use chrono::{DateTime, Utc};
use flowstone_expression::Variables;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::history::HistoryRows;
use crate::record::{
    ActivityRow, EventLogRow, HistoricActivityRow, HistoricInstanceRow, IncidentRow, InstanceRow, JobRow,
    SubscriptionRow, UserTaskRow,
};

/// One transaction of the pipeline.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// At most one change per instance.
    pub instances: Vec<InstanceChange>,
    /// Commands with an idempotency key that this batch applied.
    pub applied: Vec<AppliedCommand>,
    /// Whether the changes belong together: when one instance is in conflict, nothing at all is written.
    pub together: bool,
}

/// What happens to one instance in a batch. Applied wholly, or, when its version is no longer the
/// expected one, not at all.
#[derive(Clone, Debug)]
pub struct InstanceChange {
    /// The instance.
    pub instance_id: Uuid,
    /// Change of the instance row, and the version that must be found.
    pub header: HeaderChange,
    /// New activity rows.
    pub activities_inserted: Vec<ActivityRow>,
    /// Activity rows that changed; replaced as a whole.
    pub activities_updated: Vec<ActivityRow>,
    /// Activity rows that are gone; their user task and subscription rows are listed separately.
    pub activities_deleted: Vec<Uuid>,
    /// New or changed user tasks; replaced as a whole.
    pub user_tasks_put: Vec<UserTaskRow>,
    /// User tasks that are gone.
    pub user_tasks_deleted: Vec<Uuid>,
    /// New subscriptions.
    pub subscriptions_inserted: Vec<SubscriptionRow>,
    /// Subscriptions that are gone.
    pub subscriptions_deleted: Vec<Uuid>,
    /// New incidents.
    pub incidents_inserted: Vec<IncidentRow>,
    /// Incidents that changed, as a whole; those that are gone stay so.
    pub incidents_updated: Vec<IncidentRow>,
    /// Incidents that were resolved.
    pub incidents_deleted: Vec<Uuid>,
    /// New or changed jobs of this instance; replaced as a whole.
    pub jobs_put: Vec<JobRow>,
    /// Jobs that were executed or are no longer wanted.
    pub jobs_deleted: Vec<Uuid>,
    /// New jobs that start other instances; they belong to definitions, and stay when this instance ends.
    pub definition_jobs: Vec<JobRow>,
    /// The ended instance, when it ended.
    pub historic_instance: Option<HistoricInstanceRow>,
    /// Activity instances that ended.
    pub historic_activities: Vec<HistoricActivityRow>,
    /// What else is appended to history.
    pub history: HistoryRows,
    /// The events themselves, for history level `full`.
    pub event_log: Option<EventLogRow>,
}

/// Change of an instance row.
#[derive(Clone, Debug)]
pub enum HeaderChange {
    /// The instance is new.
    Insert(InstanceRow),
    /// The instance goes on: `version` becomes `expected_version + 1`.
    Update {
        /// Version that must be found.
        expected_version: i64,
        /// All variables of the root scope, when one of them changed.
        variables: Option<Variables>,
        /// Whether it is suspended, when that changed.
        suspended: Option<bool>,
    },
    /// The instance ended. Its activities and the values of its variables go with it; its other rows are listed as
    /// gone like those of an instance that goes on.
    Delete {
        /// Version that must be found.
        expected_version: i64,
    },
    /// The instance began and ended within the batch: only history is written.
    Pass,
}

/// A command that must not be applied twice, with what it answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppliedCommand {
    /// Idempotency key.
    pub key: String,
    /// Instance that it was applied to.
    pub instance_id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// The reply, to be given again.
    pub outcome: serde_json::Value,
}

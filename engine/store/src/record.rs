//! The rows that stores keep and the records that queries return.
//!
//! Ids are UUIDv7, so that indexes stay dense. A token's id is at the same time its activity
//! instance id, its execution id and, for external and user tasks, its task id; the id of an
//! instance is the id of its root scope (`camunda-rest-contract.md` 3.11 "Ids are execution ids").

mod definition;
mod shown;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression::Variables;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use definition::{
    DecisionRecord, DefinitionRecord, Deployed, DeploymentRecord, NewDeployment, Requirements, RequirementsRecord,
    ResourceRecord,
};
pub use shown::{
    ExecutionRecord, ExternalTaskRecord, HistoricActivityRecord, HistoricInstanceRecord, IncidentRecord,
    ProcessInstanceRecord, SubscriptionRecord, TaskRecord, VariableRecord,
};

/// One running process instance: the root scope of its tree.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceRow {
    /// Instance id, also the id of the root scope and root execution.
    pub id: Uuid,
    /// Definition that it runs, `key:version:uuid` or a bare uuid.
    pub definition_id: Arc<str>,
    /// Business key, if one was given at the start.
    pub business_key: Option<String>,
    /// Tenant of the definition.
    pub tenant_id: Option<String>,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Variables of the root scope.
    pub variables: Variables,
    /// BPMN id of the start event that began it.
    pub start_activity_id: Option<String>,
    /// User that started it, if one was authenticated.
    pub start_user_id: Option<String>,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// Instance that called it, if one did.
    pub super_instance_id: Option<Uuid>,
    /// Token of that instance that waits for it.
    pub super_execution_id: Option<Uuid>,
    /// First of the instances that called each other; itself when absent.
    pub root_instance_id: Option<Uuid>,
    /// Version of the instance, 1 when inserted, plus one with every committed change.
    pub version: i64,
}

/// What a row of the `activity` table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActivityKind {
    /// A scope other than the root: an entered sub-process.
    Scope,
    /// A token at rest in an external task.
    ExternalTask,
    /// A token at rest in a user task; its attributes are in [`UserTaskRow`].
    UserTask,
    /// A token at rest in a receive task.
    Receive,
    /// A token that waits at a gateway for the others.
    Join,
    /// A token that waits for a job before or after an activity: no activity instance.
    Job,
    /// A call activity that waits for the instance that it called.
    Call,
    /// What is kept of a completed sub-process for its compensation: no activity instance.
    EventScope,
    /// A completed sub-process that is being compensated; its activity instance has ended before.
    Compensation,
    /// What is left of an ended instance of a multi-instance activity until all have ended: its
    /// variables. It is no activity instance any more.
    Ended,
}

impl ActivityKind {
    /// All kinds, with the text that stores keep.
    pub const ALL: [(ActivityKind, &'static str); 10] = [
        (ActivityKind::Scope, "scope"),
        (ActivityKind::ExternalTask, "externalTask"),
        (ActivityKind::UserTask, "userTask"),
        (ActivityKind::Receive, "receive"),
        (ActivityKind::Join, "join"),
        (ActivityKind::Ended, "ended"),
        (ActivityKind::Job, "job"),
        (ActivityKind::Call, "call"),
        (ActivityKind::EventScope, "eventScope"),
        (ActivityKind::Compensation, "compensation"),
    ];

    /// The text that stores keep.
    pub fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("scope", |(_, text)| text)
    }

    /// Whether a row of this kind is an activity instance that is open.
    pub fn is_open_activity(self) -> bool {
        !matches!(
            self,
            ActivityKind::Ended | ActivityKind::Job | ActivityKind::EventScope | ActivityKind::Compensation
        )
    }

    /// The kind for a stored text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == text)
            .map(|(kind, _)| *kind)
    }
}

/// One open activity instance: an entered sub-process or a token at rest.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityRow {
    /// Activity instance id, execution id and task id.
    pub id: Uuid,
    /// Instance that it belongs to.
    pub instance_id: Uuid,
    /// Enclosing scope; the instance id for the root scope.
    pub parent_id: Uuid,
    /// BPMN id of the node.
    pub node_id: Arc<str>,
    /// Type of the activity as the REST API names it, such as `serviceTask`.
    pub activity_type: Arc<str>,
    /// Name of the node in the model.
    pub activity_name: Option<Arc<str>>,
    /// What it is.
    pub kind: ActivityKind,
    /// When it was entered.
    pub started_at: DateTime<Utc>,
    /// Variables local to it; `None` when it has none.
    pub variables: Option<Variables>,
    /// External task attributes when `kind` is [`ActivityKind::ExternalTask`].
    pub external_task: Option<ExternalTaskColumns>,
    /// What the engine needs beside the columns; opaque to stores.
    pub detail: Option<serde_json::Value>,
}

/// What an external task adds to its activity row (contract 3.4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExternalTaskColumns {
    /// Topic that workers fetch.
    pub topic: String,
    /// Priority, higher first when the worker asks for it.
    pub priority: i64,
    /// Retries left; `None` until a worker reported a failure or an operator set them.
    pub retries: Option<i32>,
    /// Worker that locked it last.
    pub worker: Option<String>,
    /// End of the lock; the task may be fetched again when this is in the past.
    pub lock_expires: Option<DateTime<Utc>>,
    /// Token of the current lock, new with every lock: fences stale attempts.
    pub lock_token: Option<Uuid>,
    /// Message of the last failure, at most 666 characters.
    pub error_message: Option<String>,
    /// Details of the last failure.
    pub error_details: Option<String>,
    /// Whether the task's own instance is suspended or the task is: then it is not handed out.
    pub suspended: bool,
}

/// What a user task adds to its activity row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserTaskRow {
    /// Task id, the activity's id.
    pub id: Uuid,
    /// Instance that it belongs to.
    pub instance_id: Uuid,
    /// Name, an evaluated expression.
    pub name: Option<String>,
    /// Documentation of the task, an evaluated expression.
    pub description: Option<String>,
    /// Assignee.
    pub assignee: Option<String>,
    /// Owner.
    pub owner: Option<String>,
    /// Delegation state: `PENDING` or `RESOLVED`.
    pub delegation_state: Option<String>,
    /// Priority, 50 unless the model says otherwise.
    pub priority: i32,
    /// Due date.
    pub due: Option<DateTime<Utc>>,
    /// Follow-up date.
    pub follow_up: Option<DateTime<Utc>>,
    /// Candidate users.
    pub candidate_users: Vec<String>,
    /// Candidate groups.
    pub candidate_groups: Vec<String>,
    /// Form key, opaque.
    pub form_key: Option<String>,
    /// Form reference as the REST API shows it (`camundaFormRef`): key, binding, version.
    pub form_ref: Option<serde_json::Value>,
}

/// One event that a token waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct SubscriptionRow {
    /// Subscription id.
    pub id: Uuid,
    /// Instance that waits.
    pub instance_id: Uuid,
    /// Token that waits: its execution id.
    pub activity_id: Uuid,
    /// `message`, `signal`, `conditional` or `compensate`.
    pub event_type: Arc<str>,
    /// Name of the event.
    pub event_name: Option<String>,
    /// BPMN id of the waiting node.
    pub node_id: Arc<str>,
    /// Of a subscription to compensation: the completed scope that it compensates.
    pub configuration: Option<String>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

/// Something that an operator must look at.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentRow {
    /// Incident id.
    pub id: Uuid,
    /// Instance concerned.
    pub instance_id: Uuid,
    /// Execution concerned.
    pub activity_id: Uuid,
    /// `failedExternalTask` or `failedJob`.
    pub incident_type: Arc<str>,
    /// BPMN id of the node.
    pub node_id: Arc<str>,
    /// Id of the failed external task or job.
    pub configuration: Option<String>,
    /// Why.
    pub message: Option<String>,
    /// When it was raised.
    pub created_at: DateTime<Utc>,
    /// What an operator wrote to it.
    pub annotation: Option<String>,
}

/// Something that the engine itself does later: a timer or an asynchronous continuation
/// (`bpmn-semantics.md` 2.9).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRow {
    /// Job id.
    pub id: Uuid,
    /// Instance that it goes on with; `None` for jobs of a definition, such as a timer that starts
    /// instances.
    pub instance_id: Option<Uuid>,
    /// Token or scope that waits for it.
    pub execution_id: Option<Uuid>,
    /// Definition id.
    pub definition_id: Arc<str>,
    /// Definition key.
    pub definition_key: Arc<str>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// Deployment of the definition.
    pub deployment_id: Option<Uuid>,
    /// Job definition that it was made from.
    pub job_definition_id: Option<Uuid>,
    /// BPMN id of the node.
    pub node_id: Arc<str>,
    /// What it does: `async-continuation`, `timer-transition`, `timer-intermediate-transition`,
    /// `timer-start-event`, `timer-start-event-subprocess`.
    pub job_type: String,
    /// What the type needs, such as the timer's kind and expression.
    pub configuration: String,
    /// When it may be executed; `None` for at once.
    pub due: Option<DateTime<Utc>>,
    /// Priority, higher first.
    pub priority: i64,
    /// Attempts left; at 0 it is no longer executed.
    pub retries: i32,
    /// Whether it is suspended. Suspending an instance does not touch this: whoever suspends puts
    /// the jobs too.
    pub suspended: bool,
    /// Message of the last failure.
    pub exception_message: Option<String>,
    /// Details of the last failure.
    pub exception_details: Option<String>,
    /// BPMN id of the node that failed last.
    pub failed_node_id: Option<String>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// What the engine needs beside the columns; opaque to stores.
    pub detail: Option<serde_json::Value>,
}

/// A job that may be executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueJob {
    /// Job id.
    pub id: Uuid,
    /// Instance that it goes on with, if any.
    pub instance_id: Option<Uuid>,
    /// Definition id.
    pub definition_id: Arc<str>,
    /// Since when it is due: its due date, or its creation when it has none.
    pub due: DateTime<Utc>,
    /// Priority, higher first.
    pub priority: i64,
}

/// An ended process instance.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoricInstanceRow {
    /// Instance id.
    pub id: Uuid,
    /// Definition that it ran.
    pub definition_id: Arc<str>,
    /// Key of that definition.
    pub definition_key: Arc<str>,
    /// Name of that definition.
    pub definition_name: Option<Arc<str>>,
    /// Version of that definition.
    pub definition_version: i32,
    /// Business key.
    pub business_key: Option<String>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// BPMN id of its start event.
    pub start_activity_id: Option<String>,
    /// BPMN id of the end event that it reached last.
    pub end_activity_id: Option<String>,
    /// User that started it.
    pub start_user_id: Option<String>,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// `COMPLETED`, `EXTERNALLY_TERMINATED` or `INTERNALLY_TERMINATED`.
    pub state: Arc<str>,
    /// Reason given when it was deleted.
    pub delete_reason: Option<String>,
    /// Instance that called it, if one did.
    pub super_instance_id: Option<Uuid>,
    /// First of the instances that called each other; itself when absent.
    pub root_instance_id: Option<Uuid>,
}

/// An ended activity instance.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoricActivityRow {
    /// Activity instance id.
    pub id: Uuid,
    /// Instance that it belonged to.
    pub instance_id: Uuid,
    /// Enclosing scope; the instance id for the root scope.
    pub parent_id: Uuid,
    /// Definition of the instance.
    pub definition_id: Arc<str>,
    /// Key of that definition.
    pub definition_key: Arc<str>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// BPMN id of the node.
    pub node_id: Arc<str>,
    /// Type of the activity as the REST API names it.
    pub activity_type: Arc<str>,
    /// Name of the node.
    pub activity_name: Option<Arc<str>>,
    /// Task id, when it was a user task.
    pub task_id: Option<Uuid>,
    /// Assignee, when it was a user task.
    pub assignee: Option<String>,
    /// When it was entered.
    pub started_at: DateTime<Utc>,
    /// When it was left.
    pub ended_at: DateTime<Utc>,
    /// Whether it was interrupted rather than completed.
    pub canceled: bool,
    /// Whether it completed its scope (an end event, or an activity without outgoing flow).
    pub complete_scope: bool,
    /// First of the instances that called each other; the instance itself when absent.
    pub root_instance_id: Option<Uuid>,
    /// Instance that it called, when it was a call activity.
    pub called_instance_id: Option<Uuid>,
    /// What it was for workers, when it was an external task.
    pub external_task: Option<HistoricExternalTask>,
}

/// What is kept of an external task that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoricExternalTask {
    /// Topic.
    pub topic: String,
    /// Worker that locked it last.
    pub worker: Option<String>,
    /// Priority.
    pub priority: i64,
    /// Retries left, when they were ever set.
    pub retries: Option<i32>,
}

/// The events of one commit on one instance, for history level `full`.
#[derive(Clone, Debug, PartialEq)]
pub struct EventLogRow {
    /// Instance.
    pub instance_id: Uuid,
    /// Version of the instance that these events led to.
    pub version: i64,
    /// When they were committed.
    pub at: DateTime<Utc>,
    /// The events, serialised as a JSON array.
    pub events: Vec<u8>,
}

/// Everything stored of one running instance.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceSnapshot {
    /// The instance itself.
    pub instance: InstanceRow,
    /// Its open activity instances.
    pub activities: Vec<ActivityRow>,
    /// Attributes of its user tasks.
    pub user_tasks: Vec<UserTaskRow>,
    /// What it waits for.
    pub subscriptions: Vec<SubscriptionRow>,
    /// Its open incidents.
    pub incidents: Vec<IncidentRow>,
    /// Its jobs.
    pub jobs: Vec<JobRow>,
}

/// An external task that can be fetched now or at a known later time.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadyTask {
    /// Task id.
    pub id: Uuid,
    /// Instance that it belongs to.
    pub instance_id: Uuid,
    /// Definition of that instance.
    pub definition_id: Arc<str>,
    /// Business key of that instance.
    pub business_key: Option<String>,
    /// Tenant of that instance.
    pub tenant_id: Option<String>,
    /// Topic.
    pub topic: String,
    /// Priority.
    pub priority: i64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// End of the present lock, if it is locked or backing off.
    pub lock_expires: Option<DateTime<Utc>>,
}

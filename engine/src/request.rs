//! What callers ask of the engine and what they get.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use flowstone_core::{Command, Modification};
use flowstone_expression::{TypedValue, Variables};
use flowstone_store::query::Direction;
use uuid::Uuid;

/// A command on a running instance.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Any id that belongs to the instance: its own, a scope's, a token's, a task's.
    pub target: Uuid,
    /// The command.
    pub command: Command,
    /// When given, the command is applied at most once and a repetition gets the first reply
    /// again.
    pub idempotency_key: Option<String>,
}

impl Submission {
    /// A command without idempotency key.
    pub fn new(target: Uuid, command: Command) -> Self {
        Submission {
            target,
            command,
            idempotency_key: None,
        }
    }
}

/// A request to start an instance.
#[derive(Clone, Debug, Default)]
pub struct StartRequest {
    /// BPMN id of the start event; `None`: the one without trigger.
    pub start_node: Option<Arc<str>>,
    /// Business key.
    pub business_key: Option<String>,
    /// Variables of the new instance.
    pub variables: Variables,
    /// What is done instead of beginning at a start event.
    pub modification: Option<Modification>,
    /// Whether the variables are what was submitted to the start form, to be checked and converted by its fields.
    pub form: bool,
    /// Authenticated user.
    pub user: Option<String>,
    /// When given, a repetition returns the instance of the first request.
    pub idempotency_key: Option<String>,
}

/// What a command led to; durable when the caller sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Instance concerned.
    pub instance_id: Uuid,
    /// Definition that it runs.
    pub definition_id: Arc<str>,
    /// Business key.
    pub business_key: Option<String>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// Whether it has ended.
    pub ended: bool,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Variables of its root scope after the command.
    pub variables: Variables,
    /// Whether the command had been applied before under the same idempotency key.
    pub repeated: bool,
}

/// A request for external tasks (contract 3.4). The caller has checked its numbers.
#[derive(Clone, Debug)]
pub struct FetchRequest {
    /// Worker that locks the tasks.
    pub worker: String,
    /// How many tasks at most.
    pub max_tasks: usize,
    /// Higher priorities first.
    pub use_priority: bool,
    /// Order by creation time, after the priority.
    pub create_time: Option<Direction>,
    /// Topics; when a name comes twice the last entry counts.
    pub topics: Vec<FetchTopic>,
    /// How long to wait when nothing is there; `None`: answer at once.
    pub wait: Option<Duration>,
}

/// One topic of a fetch.
#[derive(Clone, Debug)]
pub struct FetchTopic {
    /// Topic name.
    pub topic: String,
    /// How long to lock, in milliseconds, above 0.
    pub lock_duration: i64,
    /// Which tasks of the topic.
    pub filter: FetchFilter,
    /// Variables to return: `None` all that are visible, else those names.
    pub variables: Option<Vec<String>>,
    /// Return only variables of the task's own scope.
    pub local_variables: bool,
    /// Return the `camunda:properties` of the activity.
    pub extension_properties: bool,
    /// Parse serialised objects in the reply.
    pub deserialize_values: bool,
}

/// Which tasks of a topic a worker wants; all given conditions hold.
#[derive(Clone, Debug, Default)]
pub struct FetchFilter {
    /// Business key of the instance.
    pub business_key: Option<String>,
    /// One of these definition ids; empty: any.
    pub definition_ids: Vec<String>,
    /// One of these definition keys; empty: any.
    pub definition_keys: Vec<String>,
    /// Version tag pattern, `%` and `_` as in SQL.
    pub version_tag: Option<String>,
    /// Only tasks without tenant.
    pub without_tenant: bool,
    /// One of these tenants; empty: any.
    pub tenants: Vec<String>,
    /// Variables of the instance, one of which must have the given value (contract 3.4: OR);
    /// empty: any.
    pub process_variables: Vec<(String, TypedValue)>,
}

/// An external task that was locked for the caller.
#[derive(Clone, Debug, PartialEq)]
pub struct LockedTask {
    /// Task id, execution id and activity instance id.
    pub id: Uuid,
    /// Instance.
    pub instance_id: Uuid,
    /// BPMN id of the activity.
    pub activity_id: Arc<str>,
    /// Definition id.
    pub definition_id: Arc<str>,
    /// Definition key.
    pub definition_key: Arc<str>,
    /// Version tag of the definition.
    pub version_tag: Option<String>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// Business key of the instance.
    pub business_key: Option<String>,
    /// Topic.
    pub topic: String,
    /// Worker that holds it: the caller.
    pub worker: String,
    /// End of the lock.
    pub lock_expires: DateTime<Utc>,
    /// Token of this lock, to be sent back with what the worker reports.
    pub lock_token: Uuid,
    /// When the task was created.
    pub created_at: DateTime<Utc>,
    /// Retries left, `None` until set.
    pub retries: Option<i32>,
    /// Priority.
    pub priority: i64,
    /// Message of the last failure.
    pub error_message: Option<String>,
    /// Details of the last failure.
    pub error_details: Option<String>,
    /// Variables asked for.
    pub variables: Variables,
    /// `camunda:properties` of the activity, if asked for.
    pub extension_properties: Vec<(String, String)>,
    /// Whether the topic asked for parsed objects.
    pub deserialize_values: bool,
}

//! Rows as queries show them: each with what it needs of the rows around it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression::TypedValue;
use uuid::Uuid;

use super::{ExternalTaskColumns, IncidentRow, SubscriptionRow, UserTaskRow};

/// A running process instance as queries show it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessInstanceRecord {
    /// Instance id.
    pub id: Uuid,
    /// Definition id.
    pub definition_id: Arc<str>,
    /// Definition key.
    pub definition_key: Arc<str>,
    /// Business key.
    pub business_key: Option<String>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// Whether it is suspended.
    pub suspended: bool,
}

/// An external task as queries show it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalTaskRecord {
    /// Task id; execution id and activity instance id are the same.
    pub id: Uuid,
    /// BPMN id of the node.
    pub node_id: Arc<str>,
    /// Instance.
    pub instance_id: Uuid,
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
    /// When the task was created.
    pub created_at: DateTime<Utc>,
    /// Whether the instance is suspended.
    pub suspended: bool,
    /// Topic, lock, retries, failure.
    pub task: ExternalTaskColumns,
}

/// A user task as queries show it.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRecord {
    /// The task's own attributes.
    pub task: UserTaskRow,
    /// BPMN id of the user task.
    pub node_id: Arc<str>,
    /// Enclosing scope.
    pub parent_id: Uuid,
    /// Definition id.
    pub definition_id: Arc<str>,
    /// Definition key.
    pub definition_key: Arc<str>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// Business key of the instance.
    pub business_key: Option<String>,
    /// When the task was created.
    pub created_at: DateTime<Utc>,
    /// Whether the instance is suspended.
    pub suspended: bool,
}

/// An execution as queries show it: an instance, a scope or a token at rest.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutionRecord {
    /// Execution id.
    pub id: Uuid,
    /// Instance.
    pub instance_id: Uuid,
    /// BPMN id of the node, `None` for the root.
    pub node_id: Option<Arc<str>>,
    /// Definition key.
    pub definition_key: Arc<str>,
    /// Definition id.
    pub definition_id: Arc<str>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// Business key of the instance.
    pub business_key: Option<String>,
    /// Whether the instance is suspended.
    pub suspended: bool,
}

/// An event subscription as queries show it.
#[derive(Clone, Debug, PartialEq)]
pub struct SubscriptionRecord {
    /// The subscription.
    pub subscription: SubscriptionRow,
    /// Definition id of the waiting instance.
    pub definition_id: Arc<str>,
    /// Definition key of the waiting instance.
    pub definition_key: Arc<str>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// Business key of the instance.
    pub business_key: Option<String>,
    /// Whether the instance is suspended.
    pub suspended: bool,
}

/// An incident as queries show it.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentRecord {
    /// The incident.
    pub incident: IncidentRow,
    /// Definition id.
    pub definition_id: Arc<str>,
    /// Definition key.
    pub definition_key: Arc<str>,
    /// Tenant.
    pub tenant_id: Option<String>,
}

/// A variable of a running instance as queries show it.
#[derive(Clone, Debug, PartialEq)]
pub struct VariableRecord {
    /// Scope or token that holds it: the activity instance id.
    pub scope_id: Uuid,
    /// Instance.
    pub instance_id: Uuid,
    /// Definition id.
    pub definition_id: Arc<str>,
    /// Definition key.
    pub definition_key: Arc<str>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// Name.
    pub name: String,
    /// Value.
    pub value: TypedValue,
}

/// A process instance, running or ended, as history shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoricInstanceRecord {
    /// Instance id.
    pub id: Uuid,
    /// Definition id.
    pub definition_id: Arc<str>,
    /// Definition key.
    pub definition_key: Arc<str>,
    /// Definition name.
    pub definition_name: Option<Arc<str>>,
    /// Definition version.
    pub definition_version: i32,
    /// Business key.
    pub business_key: Option<String>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// BPMN id of the start event.
    pub start_activity_id: Option<String>,
    /// BPMN id of the end event reached last.
    pub end_activity_id: Option<String>,
    /// User that started it.
    pub start_user_id: Option<String>,
    /// Start.
    pub started_at: DateTime<Utc>,
    /// End; `None` while it runs.
    pub ended_at: Option<DateTime<Utc>>,
    /// `ACTIVE`, `SUSPENDED`, `COMPLETED`, `EXTERNALLY_TERMINATED`, `INTERNALLY_TERMINATED`.
    pub state: Arc<str>,
    /// Reason given when it was deleted.
    pub delete_reason: Option<String>,
    /// Instance that called it, if one did.
    pub super_instance_id: Option<Uuid>,
    /// First of the instances that called each other; itself when absent.
    pub root_instance_id: Option<Uuid>,
}

/// An activity instance, open or ended, as history shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoricActivityRecord {
    /// Activity instance id.
    pub id: Uuid,
    /// Instance.
    pub instance_id: Uuid,
    /// Enclosing scope.
    pub parent_id: Uuid,
    /// Definition id.
    pub definition_id: Arc<str>,
    /// Definition key.
    pub definition_key: Arc<str>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// BPMN id of the node.
    pub node_id: Arc<str>,
    /// Type.
    pub activity_type: Arc<str>,
    /// Name.
    pub activity_name: Option<Arc<str>>,
    /// Task id, when it is a user task.
    pub task_id: Option<Uuid>,
    /// Assignee, when it is a user task.
    pub assignee: Option<String>,
    /// Start.
    pub started_at: DateTime<Utc>,
    /// End; `None` while it is open.
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether it was interrupted.
    pub canceled: bool,
    /// Whether it completed its scope.
    pub complete_scope: bool,
    /// First of the instances that called each other; the instance itself when absent.
    pub root_instance_id: Option<Uuid>,
    /// Instance that it called, when it is a call activity.
    pub called_instance_id: Option<Uuid>,
}

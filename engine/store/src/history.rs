//! History beside process and activity instances: rows that are appended when something ends and
//! never change.
//!
//! What still runs is read from the rows of the running instances; queries answer both. One list of
//! columns describes each table to all stores.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression::{TypedValue, Variables};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cell::{Cell, Kind, Mismatch, Stored};

/// The tables of [`HistoryRow`]s.
pub const TABLES: &[&str] = &[
    HistoricVariablesRow::TABLE,
    HistoricTask::TABLE,
    HistoricIncident::TABLE,
    JobLogEntry::TABLE,
    ExternalTaskLogEntry::TABLE,
    HistoricDecision::TABLE,
];

/// Rows that a change appends to history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryRows {
    /// Variables of scopes and activities that ended.
    pub variables: Vec<HistoricVariablesRow>,
    /// User tasks that ended.
    pub tasks: Vec<HistoricTask>,
    /// Incidents that were closed.
    pub incidents: Vec<HistoricIncident>,
    /// What happened to jobs.
    pub job_log: Vec<JobLogEntry>,
    /// Failures of external tasks.
    pub external_task_log: Vec<ExternalTaskLogEntry>,
    /// Decisions that were evaluated.
    pub decisions: Vec<HistoricDecision>,
}

/// A row of a table of history.
pub trait HistoryRow: Sized + Clone + Send + Sync + 'static {
    /// Name of the table.
    const TABLE: &'static str;
    /// Its columns; `id` and `instance_id` are the first ones.
    const COLUMNS: &'static [(&'static str, Kind)];

    /// The instance that it belongs to, by which rows are kept and removed, and its own id.
    fn key(&self) -> (Uuid, Uuid);

    /// The values of the columns, in their order.
    fn cells(&self) -> Vec<Cell>;

    /// The row of the values of its columns.
    ///
    /// # Errors
    /// [`Mismatch`] when there are too few of them or one is of another type.
    fn from_cells(cells: impl IntoIterator<Item = Cell>) -> Result<Self, Mismatch>;
}

/// A row of history that queries return as it is, and that what still runs is shown as, too.
pub trait HistoryRecord: HistoryRow {
    /// Its fields.
    type Field: Copy;

    /// Where the value of a field is found.
    fn origin(field: Self::Field) -> Origin;

    /// The value of a field that is a column of its own.
    fn cell_of(&self, field: Self::Field) -> Option<Cell>;
}

/// Where the value of a field of a [`HistoryRecord`] is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In a column.
    Column(&'static str, Kind),
    /// In the list of texts of a column; a test holds when it holds for one of them.
    Among(&'static str),
    /// From `started_at` to `ended_at`, in milliseconds.
    Duration,
    /// Whether the instance runs.
    Running,
}

macro_rules! history_row {
    ($row:ident in $table:literal; $($column:ident: $type:ty,)+) => {
        impl HistoryRow for $row {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [(&'static str, Kind)] =
                &[$((stringify!($column), <$type as Stored>::KIND)),+];

            fn key(&self) -> (Uuid, Uuid) {
                (self.instance_id, self.id)
            }

            fn cells(&self) -> Vec<Cell> {
                vec![$(self.$column.cell()),+]
            }

            fn from_cells(cells: impl IntoIterator<Item = Cell>) -> Result<Self, Mismatch> {
                let mut cells = cells.into_iter();
                Ok($row {
                    $($column: Stored::from_cell(cells.next().ok_or(Mismatch)?)?,)+
                })
            }
        }
    };
}

/// The variables of a scope or activity that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoricVariablesRow {
    /// Scope or activity instance that held them; the instance id for the root scope.
    pub id: Uuid,
    /// Instance.
    pub instance_id: Uuid,
    /// First of the instances that called each other; the instance itself when absent.
    pub root_instance_id: Option<Uuid>,
    /// Task id, when it was a user task.
    pub task_id: Option<Uuid>,
    /// Definition id.
    pub definition_id: Arc<str>,
    /// Definition key.
    pub definition_key: Arc<str>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// When the scope began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// Its variables, as they were then.
    pub variables: Variables,
}

history_row! {
    HistoricVariablesRow in "history_variables";
    id: Uuid,
    instance_id: Uuid,
    root_instance_id: Option<Uuid>,
    task_id: Option<Uuid>,
    definition_id: Arc<str>,
    definition_key: Arc<str>,
    tenant_id: Option<String>,
    started_at: DateTime<Utc>,
    ended_at: DateTime<Utc>,
    variables: Variables,
}

/// A variable of a scope that runs or ended (contract `/history/variable-instance`).
#[derive(Clone, Debug, PartialEq)]
pub struct HistoricVariable {
    /// Scope or activity instance that holds it.
    pub scope_id: Uuid,
    /// Instance.
    pub instance_id: Uuid,
    /// First of the instances that called each other; the instance itself when absent.
    pub root_instance_id: Option<Uuid>,
    /// Task id, when it belongs to a user task.
    pub task_id: Option<Uuid>,
    /// Definition id.
    pub definition_id: Arc<str>,
    /// Definition key.
    pub definition_key: Arc<str>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// When the scope began.
    pub started_at: DateTime<Utc>,
    /// When the scope ended; `None` while it runs.
    pub ended_at: Option<DateTime<Utc>>,
    /// Name.
    pub name: String,
    /// Value; the last one that it had.
    pub value: TypedValue,
}

/// A value that a decision table tested (contract `/history/decision-instance`, `inputs`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionInput {
    /// Id of the value.
    pub id: Uuid,
    /// Id of the input clause in the file.
    pub clause_id: Option<String>,
    /// Label of the input clause.
    pub clause_name: Option<String>,
    /// The value; null when no variable can hold it.
    pub value: TypedValue,
    /// Why no variable can hold it.
    pub error_message: Option<String>,
}

/// A result of a decision (contract `/history/decision-instance`, `outputs`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionOutput {
    /// Id of the result.
    pub id: Uuid,
    /// Id of the output clause in the file.
    pub clause_id: Option<String>,
    /// Label of the output clause.
    pub clause_name: Option<String>,
    /// Id of the rule in the file.
    pub rule_id: Option<String>,
    /// Place of the rule among those that matched, from 1.
    pub rule_order: Option<i32>,
    /// Name of the result.
    pub variable_name: String,
    /// The value; null when no variable can hold it.
    pub value: TypedValue,
    /// Why no variable can hold it.
    pub error_message: Option<String>,
}

macro_rules! history_records {
    ($(
        $(#[$doc:meta])*
        $record:ident, $field:ident in $table:literal;
        columns { $($(#[$column_doc:meta])* $column:ident: $type:ty as $variant:ident,)+ }
        beside { $($(#[$beside_doc:meta])* $beside:ident: $beside_type:ty,)* }
        derived { $($derived:ident => $origin:expr,)* }
    )+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $record {
            $($(#[$column_doc])* pub $column: $type,)+
            $($(#[$beside_doc])* pub $beside: $beside_type,)*
        }

        #[doc = concat!("Fields of [`", stringify!($record), "`].")]
        #[allow(missing_docs, reason = "the names are those of the record's fields")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $field { $($variant,)+ $($derived,)* }

        impl $field {
            /// Every field, for tests that must cover all of them.
            pub const ALL: &'static [$field] = &[$($field::$variant,)+ $($field::$derived,)*];
        }

        history_row!($record in $table; $($column: $type,)+ $($beside: $beside_type,)*);

        impl HistoryRecord for $record {
            type Field = $field;

            fn origin(field: $field) -> Origin {
                match field {
                    $($field::$variant => {
                        Origin::Column(concat!("h.", stringify!($column)), <$type as Stored>::KIND)
                    })+
                    $($field::$derived => $origin,)*
                }
            }

            fn cell_of(&self, field: $field) -> Option<Cell> {
                match field {
                    $($field::$variant => Some(self.$column.cell()),)+
                    #[allow(unreachable_patterns, reason = "some records have no other fields")]
                    _ => None,
                }
            }
        }
    )+};
}

history_records! {
    /// A user task, open or ended (contract `/history/task`).
    HistoricTask, HistoricTaskField in "history_task";
    columns {
        /// Task id, also its activity instance id and execution id.
        id: Uuid as Id,
        /// Instance.
        instance_id: Uuid as InstanceId,
        /// First of the instances that called each other; the instance itself when absent.
        root_instance_id: Option<Uuid> as RootInstanceId,
        /// Definition id.
        definition_id: Arc<str> as DefinitionId,
        /// Definition key.
        definition_key: Arc<str> as DefinitionKey,
        /// Definition name.
        definition_name: Option<Arc<str>> as DefinitionName,
        /// Tenant.
        tenant_id: Option<String> as TenantId,
        /// Business key of the instance.
        business_key: Option<String> as BusinessKey,
        /// BPMN id of the user task.
        node_id: Arc<str> as ActivityId,
        /// Name.
        name: Option<String> as Name,
        /// Description.
        description: Option<String> as Description,
        /// Assignee.
        assignee: Option<String> as Assignee,
        /// Owner.
        owner: Option<String> as Owner,
        /// Priority.
        priority: i32 as Priority,
        /// Due date.
        due: Option<DateTime<Utc>> as Due,
        /// Follow-up date.
        follow_up: Option<DateTime<Utc>> as FollowUp,
        /// Start.
        started_at: DateTime<Utc> as StartedAt,
        /// End; `None` while it is open.
        ended_at: Option<DateTime<Utc>> as EndedAt,
        /// `completed`, or why it was given up: `deleted` or the reason of the end of its instance; `None` while it
        /// is open.
        delete_reason: Option<String> as DeleteReason,
    }
    beside {
        /// Candidate users.
        candidate_users: Vec<String>,
        /// Candidate groups.
        candidate_groups: Vec<String>,
    }
    derived {
        CandidateUser => Origin::Among("candidate_users"),
        CandidateGroup => Origin::Among("candidate_groups"),
        Duration => Origin::Duration,
        InstanceRuns => Origin::Running,
    }

    /// An incident, open or closed (contract `/history/incident`).
    HistoricIncident, HistoricIncidentField in "history_incident";
    columns {
        /// Incident id.
        id: Uuid as Id,
        /// Instance.
        instance_id: Uuid as InstanceId,
        /// First of the instances that called each other; the instance itself when absent.
        root_instance_id: Option<Uuid> as RootInstanceId,
        /// Execution concerned.
        execution_id: Uuid as ExecutionId,
        /// `failedExternalTask` or `failedJob`.
        incident_type: Arc<str> as IncidentType,
        /// BPMN id of the node.
        node_id: Arc<str> as ActivityId,
        /// Id of the failed external task or job.
        configuration: Option<String> as Configuration,
        /// Why.
        message: Option<String> as Message,
        /// When it was raised.
        created_at: DateTime<Utc> as CreatedAt,
        /// When it was closed; `None` while it is open.
        ended_at: Option<DateTime<Utc>> as EndedAt,
        /// `open`; `resolved` when what failed can go on or went on; `deleted` when it was given up.
        state: Arc<str> as State,
        /// Definition id.
        definition_id: Arc<str> as DefinitionId,
        /// Definition key.
        definition_key: Arc<str> as DefinitionKey,
        /// Tenant.
        tenant_id: Option<String> as TenantId,
        /// Job definition of the failed job.
        job_definition_id: Option<Uuid> as JobDefinitionId,
        /// What an operator wrote to it.
        annotation: Option<String> as Annotation,
    }
    beside {}
    derived {}

    /// Something that happened to a job (contract `/history/job-log`).
    JobLogEntry, JobLogField in "history_job_log";
    columns {
        /// Id of the entry; ids grow with time.
        id: Uuid as Id,
        /// Instance.
        instance_id: Uuid as InstanceId,
        /// First of the instances that called each other; the instance itself when absent.
        root_instance_id: Option<Uuid> as RootInstanceId,
        /// When it happened.
        at: DateTime<Utc> as At,
        /// `created`, `failed`, `successful` or `deleted`.
        state: Arc<str> as State,
        /// Job.
        job_id: Uuid as JobId,
        /// Its due date then.
        due: Option<DateTime<Utc>> as Due,
        /// The attempts that it had left then, the one that failed included.
        retries: i32 as Retries,
        /// Its priority then.
        priority: i64 as Priority,
        /// Message of the failure.
        exception_message: Option<String> as ExceptionMessage,
        /// BPMN id of the node that failed.
        failed_node_id: Option<String> as FailedActivityId,
        /// Job definition.
        job_definition_id: Option<Uuid> as JobDefinitionId,
        /// What it does; see [`crate::record::JobRow::job_type`].
        job_type: String as JobType,
        /// What its type needs.
        configuration: String as Configuration,
        /// BPMN id of the node.
        node_id: Arc<str> as ActivityId,
        /// Token or scope that waited for it.
        execution_id: Uuid as ExecutionId,
        /// Definition id.
        definition_id: Arc<str> as DefinitionId,
        /// Definition key.
        definition_key: Arc<str> as DefinitionKey,
        /// Deployment of the definition.
        deployment_id: Uuid as DeploymentId,
        /// Tenant.
        tenant_id: Option<String> as TenantId,
    }
    beside {
        /// Details of the failure.
        exception_details: Option<String>,
    }
    derived {}

    /// Something that happened to an external task (contract `/history/external-task-log`). Stored are failures:
    /// that it was created and how it ended follows from its activity instance. The id of its creation is its own,
    /// that of its end the same as a UUID of version 8.
    ExternalTaskLogEntry, ExternalTaskLogField in "history_external_task_log";
    columns {
        /// Id of the entry.
        id: Uuid as Id,
        /// Instance.
        instance_id: Uuid as InstanceId,
        /// First of the instances that called each other; the instance itself when absent.
        root_instance_id: Option<Uuid> as RootInstanceId,
        /// When it happened.
        at: DateTime<Utc> as At,
        /// `created`, `failed`, `successful` or `deleted`.
        state: Arc<str> as State,
        /// Task id, also its activity instance id and execution id.
        external_task_id: Uuid as ExternalTaskId,
        /// Topic.
        topic: String as Topic,
        /// Worker that locked it last.
        worker: Option<String> as Worker,
        /// Priority.
        priority: i64 as Priority,
        /// Retries left then.
        retries: Option<i32> as Retries,
        /// Message of the failure.
        error_message: Option<String> as ErrorMessage,
        /// BPMN id of the node.
        node_id: Arc<str> as ActivityId,
        /// Definition id.
        definition_id: Arc<str> as DefinitionId,
        /// Definition key.
        definition_key: Arc<str> as DefinitionKey,
        /// Tenant.
        tenant_id: Option<String> as TenantId,
    }
    beside {
        /// Details of the failure.
        error_details: Option<String>,
    }
    derived {}

    /// A decision that was evaluated (contract `/history/decision-instance`).
    HistoricDecision, HistoricDecisionField in "history_decision";
    columns {
        /// Id of the evaluation; ids grow with time.
        id: Uuid as Id,
        /// The instance that it belongs to; the evaluation that was asked for when no instance wanted it.
        instance_id: Uuid as OwnerId,
        /// The instance that wanted it.
        process_instance_id: Option<Uuid> as InstanceId,
        /// First of the instances that called each other; the instance itself when absent.
        root_instance_id: Option<Uuid> as RootInstanceId,
        /// When it was evaluated.
        at: DateTime<Utc> as At,
        /// Id of the decision.
        decision_id: Arc<str> as DecisionId,
        /// Key of the decision.
        decision_key: Arc<str> as DecisionKey,
        /// Name of the decision.
        decision_name: Option<String> as DecisionName,
        /// Whether it was evaluated because another decision requires it.
        required: bool as Required,
        /// The evaluation that was asked for; itself unless it was required.
        root_decision_instance_id: Uuid as RootDecisionInstanceId,
        /// Definition id of the instance.
        definition_id: Option<Arc<str>> as DefinitionId,
        /// Definition key of the instance.
        definition_key: Option<Arc<str>> as DefinitionKey,
        /// BPMN id of the business rule task.
        node_id: Option<Arc<str>> as ActivityId,
        /// Activity instance of the business rule task.
        activity_instance_id: Option<Uuid> as ActivityInstanceId,
        /// Tenant.
        tenant_id: Option<String> as TenantId,
    }
    beside {
        /// The values that were tested.
        inputs: Vec<DecisionInput>,
        /// The results of the rules that matched.
        outputs: Vec<DecisionOutput>,
        /// What the results were brought together to.
        collected: Option<TypedValue>,
    }
    derived {}
}

//! The contract of a store.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::change::{AppliedCommand, Batch};
use crate::history::{
    ExternalTaskLogEntry, ExternalTaskLogField, HistoricDecision, HistoricDecisionField, HistoricIncident,
    HistoricIncidentField, HistoricTask, HistoricTaskField, HistoricVariable, JobLogEntry, JobLogField,
};
use crate::job_override::{JobOverrideChange, JobOverrideRow};
use crate::query::{
    DecisionField, DefinitionField, DeploymentField, ExecutionField, ExternalTaskField, HistoricActivityField,
    HistoricInstanceField, HistoricVariableField, IncidentField, JobField, ProcessInstanceField, Query,
    RequirementsField, SubscriptionField, TaskField, VariableField,
};
use crate::record::{
    DecisionRecord, DefinitionRecord, Deployed, DeploymentRecord, DueJob, EventLogRow, ExecutionRecord,
    ExternalTaskRecord, HistoricActivityRecord, HistoricInstanceRecord, IncidentRecord, InstanceSnapshot, JobRow,
    NewDeployment, ProcessInstanceRecord, ReadyTask, RequirementsRecord, ResourceRecord, SubscriptionRecord,
    TaskRecord, VariableRecord,
};

/// What can go wrong in a store. The texts hold no SQL and no secrets; the cause is logged where
/// it occurs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached or refused for now; trying again may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database holds something that this version cannot read.
    #[error("the stored data cannot be read: {0}")]
    Corrupt(String),
    /// Any other failure; nothing of the call was written.
    #[error("the database refused the operation: {0}")]
    Failed(String),
}

/// What is deployed in versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioned {
    /// A process definition.
    Process,
    /// A decision.
    Decision,
}

/// Result of a store call.
pub type Result<T> = std::result::Result<T, Error>;

/// What a commit did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Instances whose stored version was not the expected one (or that are gone): nothing of
    /// their change was written, the caller loads them again and repeats the commands.
    pub conflicts: Vec<Uuid>,
}

/// A word from one node to the others that something became available. Hints may be lost; a slow
/// sweep makes that right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// External tasks of these topics became available.
    Topics(Vec<String>),
    /// Definitions were deployed, suspended, activated, overridden or deleted.
    Definitions,
}

/// Hints of other nodes, in the order they came.
pub type HintStream = tokio::sync::mpsc::Receiver<Hint>;

/// A database that holds instances, definitions and history.
///
/// Every method is one transaction. When [`Store::commit`] returns, what it wrote is durable and
/// every later read, on any node, sees it. A crash at any instruction leaves a batch wholly
/// written or not at all.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Name for logs: `memory`, `sqlite` or `postgres`.
    fn name(&self) -> &'static str;

    /// Whether other processes may write to this database, so that cached state can be stale.
    fn is_shared(&self) -> bool;

    /// Writes a batch in one transaction. Instances in conflict are left out as a whole and
    /// reported; an [`AppliedCommand`] whose instance is in conflict is left out too. A key that
    /// is already present makes its instance a conflict. When [`Batch::together`] is set and there is any conflict,
    /// nothing is written.
    async fn commit(&self, batch: Batch) -> Result<Committed>;

    /// Loads running instances; those that do not exist are absent from the answer.
    async fn load(&self, instances: &[Uuid]) -> Result<Vec<InstanceSnapshot>>;

    /// Finds the running instances that the given activities (tokens, scopes, tasks), instances,
    /// subscriptions, incidents or jobs belong to; answers pairs of (given id, instance id).
    async fn locate(&self, ids: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>>;

    /// The commands among `keys` that were applied before.
    async fn applied(&self, keys: &[String]) -> Result<Vec<AppliedCommand>>;

    /// Forgets idempotency keys applied before `until`.
    async fn forget_applied(&self, until: DateTime<Utc>) -> Result<u64>;

    /// The first tasks of a topic that may be fetched, highest priority first, then oldest: not
    /// suspended, retries unset or above 0, and unlocked or with a lock that expires before
    /// `horizon`.
    async fn ready_tasks(&self, topic: &str, horizon: DateTime<Utc>, limit: u32) -> Result<Vec<ReadyTask>>;

    /// The first jobs that are due at `now`, longest due first: not suspended, with retries, and with
    /// a due date that is not later (a job without one is due from its creation on).
    async fn due_jobs(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<DueJob>>;

    /// When the first job becomes due after a moment, among those that [`Store::due_jobs`] looks at.
    async fn next_due(&self, after: DateTime<Utc>) -> Result<Option<DateTime<Utc>>>;

    /// Writes jobs that belong to no instance, replacing those that are there as a whole, and removes others.
    async fn write_definition_jobs(&self, put: Vec<JobRow>, deleted: Vec<Uuid>) -> Result<()>;

    /// Stores a deployment, assigning versions under a lock so that two deployments at once get
    /// different ones; answers what it brought as it is stored.
    async fn deploy(&self, deployment: NewDeployment) -> Result<Deployed>;

    /// Deletes a deployment with its resources, its definitions, its decisions and the jobs that belong to these; `false` if there
    /// is none. The caller has ended their instances. With `cascade` their history goes too, also what
    /// was evaluated of its decisions.
    async fn delete_deployment(&self, id: Uuid, cascade: bool) -> Result<bool>;

    /// Deletes one definition (the deployment stays); `false` if there is none.
    async fn delete_definition(&self, id: &str, cascade: bool) -> Result<bool>;

    /// Suspends or activates definitions together with the jobs that start instances of them, and forgets what was
    /// decided about the suspension of their job definitions; answers how many definitions there are among the ids.
    async fn suspend_definitions(&self, ids: &[String], suspended: bool) -> Result<u64>;

    /// Sets how many days history of a process definition or decision is wanted; `false` when there is none with
    /// this id.
    async fn set_history_time_to_live(&self, of: Versioned, id: &str, days: Option<i32>) -> Result<bool>;

    /// Decides something for all jobs of job definitions, each given with its process definition; those of process
    /// definitions that do not exist are left out.
    async fn override_jobs(&self, job_definitions: &[(Uuid, Arc<str>)], change: JobOverrideChange) -> Result<()>;

    /// What was decided for the jobs of process definitions, by job definition id.
    async fn job_overrides(&self, definitions: &[Arc<str>]) -> Result<Vec<JobOverrideRow>>;

    /// Definition by id.
    async fn definition(&self, id: &str) -> Result<Option<DefinitionRecord>>;

    /// Latest version of a key within a tenant (`None`: without tenant).
    async fn latest_definition(&self, key: &str, tenant: Option<&str>) -> Result<Option<DefinitionRecord>>;

    /// Decision by id.
    async fn decision(&self, id: &str) -> Result<Option<DecisionRecord>>;

    /// Resources of a deployment, without their bytes, by name.
    async fn resources(&self, deployment: Uuid) -> Result<Vec<ResourceRecord>>;

    /// A resource with its bytes, by id.
    async fn resource(&self, deployment: Uuid, id: Uuid) -> Result<Option<ResourceRecord>>;

    /// A resource with its bytes, by name.
    async fn resource_named(&self, deployment: Uuid, name: &str) -> Result<Option<ResourceRecord>>;

    /// Deletes history of ended instances: all that is kept of one process instance.
    async fn delete_historic_instance(&self, id: Uuid) -> Result<bool>;

    /// The stored events of the first commits of an instance after a version, oldest first; versions begin with 1.
    async fn event_log(&self, instance: Uuid, after: i64, limit: u32) -> Result<Vec<EventLogRow>>;

    /// Tells other nodes. May be lost.
    async fn send_hint(&self, hint: Hint) -> Result<()>;

    /// Hints of other nodes (never one's own); `None` when the store is not shared.
    async fn hints(&self) -> Result<Option<HintStream>>;

    /// A cheap round trip, for readiness.
    async fn ping(&self) -> Result<()>;

    /// Deployments.
    async fn deployments(&self, query: &Query<DeploymentField>) -> Result<Vec<DeploymentRecord>>;
    /// Number of deployments, ignoring the page.
    async fn count_deployments(&self, query: &Query<DeploymentField>) -> Result<u64>;
    /// Process definitions.
    async fn definitions(&self, query: &Query<DefinitionField>) -> Result<Vec<DefinitionRecord>>;
    /// Number of process definitions, ignoring the page.
    async fn count_definitions(&self, query: &Query<DefinitionField>) -> Result<u64>;
    /// Decisions.
    async fn decisions(&self, query: &Query<DecisionField>) -> Result<Vec<DecisionRecord>>;
    /// Number of decisions, ignoring the page.
    async fn count_decisions(&self, query: &Query<DecisionField>) -> Result<u64>;
    /// Graphs of decisions: files that hold several.
    async fn decision_requirements(&self, query: &Query<RequirementsField>) -> Result<Vec<RequirementsRecord>>;
    /// Number of graphs of decisions, ignoring the page.
    async fn count_decision_requirements(&self, query: &Query<RequirementsField>) -> Result<u64>;
    /// Running process instances.
    async fn process_instances(&self, query: &Query<ProcessInstanceField>) -> Result<Vec<ProcessInstanceRecord>>;
    /// Number of running process instances, ignoring the page.
    async fn count_process_instances(&self, query: &Query<ProcessInstanceField>) -> Result<u64>;
    /// External tasks.
    async fn external_tasks(&self, query: &Query<ExternalTaskField>) -> Result<Vec<ExternalTaskRecord>>;
    /// Number of external tasks, ignoring the page.
    async fn count_external_tasks(&self, query: &Query<ExternalTaskField>) -> Result<u64>;
    /// User tasks.
    async fn tasks(&self, query: &Query<TaskField>) -> Result<Vec<TaskRecord>>;
    /// Number of user tasks, ignoring the page.
    async fn count_tasks(&self, query: &Query<TaskField>) -> Result<u64>;
    /// Executions.
    async fn executions(&self, query: &Query<ExecutionField>) -> Result<Vec<ExecutionRecord>>;
    /// Number of executions, ignoring the page.
    async fn count_executions(&self, query: &Query<ExecutionField>) -> Result<u64>;
    /// Event subscriptions.
    async fn subscriptions(&self, query: &Query<SubscriptionField>) -> Result<Vec<SubscriptionRecord>>;
    /// Number of event subscriptions, ignoring the page.
    async fn count_subscriptions(&self, query: &Query<SubscriptionField>) -> Result<u64>;
    /// Open incidents.
    async fn incidents(&self, query: &Query<IncidentField>) -> Result<Vec<IncidentRecord>>;
    /// Number of open incidents, ignoring the page.
    async fn count_incidents(&self, query: &Query<IncidentField>) -> Result<u64>;
    /// Jobs.
    async fn jobs(&self, query: &Query<JobField>) -> Result<Vec<JobRow>>;
    /// Number of jobs, ignoring the page.
    async fn count_jobs(&self, query: &Query<JobField>) -> Result<u64>;
    /// Variables of running instances.
    async fn variables(&self, query: &Query<VariableField>) -> Result<Vec<VariableRecord>>;
    /// Number of variables of running instances, ignoring the page.
    async fn count_variables(&self, query: &Query<VariableField>) -> Result<u64>;
    /// Process instances, running and ended.
    async fn historic_instances(&self, query: &Query<HistoricInstanceField>) -> Result<Vec<HistoricInstanceRecord>>;
    /// Number of process instances, running and ended, ignoring the page.
    async fn count_historic_instances(&self, query: &Query<HistoricInstanceField>) -> Result<u64>;
    /// Activity instances, open and ended.
    async fn historic_activities(&self, query: &Query<HistoricActivityField>) -> Result<Vec<HistoricActivityRecord>>;
    /// Number of activity instances, open and ended, ignoring the page.
    async fn count_historic_activities(&self, query: &Query<HistoricActivityField>) -> Result<u64>;
    /// Variables of scopes that run or ended.
    async fn historic_variables(&self, query: &Query<HistoricVariableField>) -> Result<Vec<HistoricVariable>>;
    /// Number of variables of scopes that run or ended, ignoring the page.
    async fn count_historic_variables(&self, query: &Query<HistoricVariableField>) -> Result<u64>;
    /// User tasks, open and ended.
    async fn historic_tasks(&self, query: &Query<HistoricTaskField>) -> Result<Vec<HistoricTask>>;
    /// Number of user tasks, open and ended, ignoring the page.
    async fn count_historic_tasks(&self, query: &Query<HistoricTaskField>) -> Result<u64>;
    /// Incidents, open and closed.
    async fn historic_incidents(&self, query: &Query<HistoricIncidentField>) -> Result<Vec<HistoricIncident>>;
    /// Number of incidents, open and closed, ignoring the page.
    async fn count_historic_incidents(&self, query: &Query<HistoricIncidentField>) -> Result<u64>;
    /// What happened to jobs of instances.
    async fn job_log(&self, query: &Query<JobLogField>) -> Result<Vec<JobLogEntry>>;
    /// Number of things that happened to jobs of instances, ignoring the page.
    async fn count_job_log(&self, query: &Query<JobLogField>) -> Result<u64>;
    /// What happened to external tasks.
    async fn external_task_log(&self, query: &Query<ExternalTaskLogField>) -> Result<Vec<ExternalTaskLogEntry>>;
    /// Number of things that happened to external tasks, ignoring the page.
    async fn count_external_task_log(&self, query: &Query<ExternalTaskLogField>) -> Result<u64>;
    /// Decisions that were evaluated.
    async fn historic_decisions(&self, query: &Query<HistoricDecisionField>) -> Result<Vec<HistoricDecision>>;
    /// Number of decisions that were evaluated, ignoring the page.
    async fn count_historic_decisions(&self, query: &Query<HistoricDecisionField>) -> Result<u64>;
}

/// A store that several owners share.
pub type SharedStore = Arc<dyn Store>;

//! The in-memory store: for tests, trials and development. It keeps what it is given until the
//! process ends and behaves as the durable stores do, conflicts and constraints included.

mod commit;
mod definition;
mod entity;
mod evaluate;
mod historic_variable;
mod history;
mod history_record;
mod job;
mod live;
mod variable;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::change::{AppliedCommand, Batch};
use crate::history::{
    ExternalTaskLogEntry, ExternalTaskLogField, HistoricDecision, HistoricDecisionField, HistoricIncident,
    HistoricIncidentField, HistoricTask, HistoricTaskField, HistoricVariable, HistoricVariablesRow, JobLogEntry,
    JobLogField,
};
use crate::job_override::{JobOverrideChange, JobOverrideRow};
use crate::query::{
    DecisionField, DefinitionField, DeploymentField, ExecutionField, ExternalTaskField, HistoricActivityField,
    HistoricInstanceField, HistoricVariableField, IncidentField, JobField, ProcessInstanceField, Query,
    RequirementsField, SubscriptionField, TaskField, VariableField,
};
use crate::record::{
    ActivityRow, DecisionRecord, DefinitionRecord, Deployed, DeploymentRecord, DueJob, EventLogRow, ExecutionRecord,
    ExternalTaskRecord, HistoricActivityRecord, HistoricActivityRow, HistoricInstanceRecord, HistoricInstanceRow,
    IncidentRecord, IncidentRow, InstanceRow, InstanceSnapshot, JobRow, NewDeployment, ProcessInstanceRecord,
    ReadyTask, RequirementsRecord, ResourceRecord, SubscriptionRecord, SubscriptionRow, TaskRecord, UserTaskRow,
    VariableRecord,
};
use crate::store::{Committed, Hint, HintStream, Result, Store, Versioned};
use evaluate::{count, find};
pub use evaluate::{like, ordering, passes};

/// A store in the memory of this process. Clones share what is stored.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

/// Rows of history by instance and id.
type Rows<Row> = BTreeMap<(Uuid, Uuid), Row>;

/// All tables.
#[derive(Debug, Default)]
struct State {
    instances: BTreeMap<Uuid, Live>,
    activity_owners: HashMap<Uuid, Uuid>,
    subscription_owners: HashMap<Uuid, Uuid>,
    incident_owners: HashMap<Uuid, Uuid>,
    job_owners: HashMap<Uuid, Uuid>,
    historic_instances: BTreeMap<Uuid, HistoricInstanceRow>,
    /// By instance and activity instance.
    historic_activities: BTreeMap<(Uuid, Uuid), HistoricActivityRow>,
    historic_variables: Rows<HistoricVariablesRow>,
    historic_tasks: Rows<HistoricTask>,
    external_task_log: Rows<ExternalTaskLogEntry>,
    job_log: Rows<JobLogEntry>,
    historic_incidents: Rows<HistoricIncident>,
    historic_decisions: Rows<HistoricDecision>,
    /// By instance and version.
    events: BTreeMap<(Uuid, i64), EventLogRow>,
    applied: BTreeMap<String, AppliedCommand>,
    deployments: BTreeMap<Uuid, DeploymentRecord>,
    resources: BTreeMap<Uuid, ResourceRecord>,
    definitions: BTreeMap<Arc<str>, DefinitionRecord>,
    decisions: BTreeMap<Arc<str>, DecisionRecord>,
    /// Jobs that belong to no instance.
    definition_jobs: BTreeMap<Uuid, JobRow>,
    job_overrides: BTreeMap<Uuid, JobOverrideRow>,
}

/// A running instance with its rows.
#[derive(Debug)]
struct Live {
    instance: InstanceRow,
    activities: BTreeMap<Uuid, ActivityRow>,
    user_tasks: BTreeMap<Uuid, UserTaskRow>,
    subscriptions: BTreeMap<Uuid, SubscriptionRow>,
    incidents: BTreeMap<Uuid, IncidentRow>,
    jobs: BTreeMap<Uuid, JobRow>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is checked before it begins, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn is_shared(&self) -> bool {
        false
    }

    async fn commit(&self, batch: Batch) -> Result<Committed> {
        self.state().commit(batch)
    }

    async fn load(&self, instances: &[Uuid]) -> Result<Vec<InstanceSnapshot>> {
        Ok(self.state().load(instances))
    }

    async fn locate(&self, ids: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
        Ok(self.state().locate(ids))
    }

    async fn applied(&self, keys: &[String]) -> Result<Vec<AppliedCommand>> {
        Ok(self.state().applied_commands(keys))
    }

    async fn forget_applied(&self, until: DateTime<Utc>) -> Result<u64> {
        Ok(self.state().forget_applied(until))
    }

    async fn ready_tasks(&self, topic: &str, horizon: DateTime<Utc>, limit: u32) -> Result<Vec<ReadyTask>> {
        Ok(self.state().ready_tasks(topic, horizon, limit))
    }

    async fn write_definition_jobs(&self, put: Vec<JobRow>, deleted: Vec<Uuid>) -> Result<()> {
        self.state().write_definition_jobs(put, &deleted);
        Ok(())
    }

    async fn due_jobs(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<DueJob>> {
        Ok(self.state().due_jobs(now, limit))
    }

    async fn next_due(&self, after: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        Ok(self.state().next_due(after))
    }

    async fn deploy(&self, deployment: NewDeployment) -> Result<Deployed> {
        self.state().deploy(deployment)
    }

    async fn delete_deployment(&self, id: Uuid, cascade: bool) -> Result<bool> {
        Ok(self.state().delete_deployment(id, cascade))
    }

    async fn delete_definition(&self, id: &str, cascade: bool) -> Result<bool> {
        Ok(self.state().delete_definition(id, cascade))
    }

    async fn suspend_definitions(&self, ids: &[String], suspended: bool) -> Result<u64> {
        Ok(self.state().suspend_definitions(ids, suspended))
    }

    async fn set_history_time_to_live(&self, of: Versioned, id: &str, days: Option<i32>) -> Result<bool> {
        Ok(self.state().set_history_time_to_live(of, id, days))
    }

    async fn override_jobs(&self, job_definitions: &[(Uuid, Arc<str>)], change: JobOverrideChange) -> Result<()> {
        self.state().override_jobs(job_definitions, change);
        Ok(())
    }

    async fn job_overrides(&self, definitions: &[Arc<str>]) -> Result<Vec<JobOverrideRow>> {
        let state = self.state();
        let found = state.job_overrides.values();
        Ok(found
            .filter(|row| definitions.contains(&row.definition_id))
            .cloned()
            .collect())
    }

    async fn definition(&self, id: &str) -> Result<Option<DefinitionRecord>> {
        Ok(self.state().definitions.get(id).cloned())
    }

    async fn decision(&self, id: &str) -> Result<Option<DecisionRecord>> {
        Ok(self.state().decisions.get(id).cloned())
    }

    async fn decisions(&self, query: &Query<DecisionField>) -> Result<Vec<DecisionRecord>> {
        Ok(find(&self.state(), query))
    }

    async fn count_decisions(&self, query: &Query<DecisionField>) -> Result<u64> {
        Ok(count::<DecisionRecord>(&self.state(), query))
    }

    async fn decision_requirements(&self, query: &Query<RequirementsField>) -> Result<Vec<RequirementsRecord>> {
        Ok(find(&self.state(), query))
    }

    async fn count_decision_requirements(&self, query: &Query<RequirementsField>) -> Result<u64> {
        Ok(count::<RequirementsRecord>(&self.state(), query))
    }

    async fn latest_definition(&self, key: &str, tenant: Option<&str>) -> Result<Option<DefinitionRecord>> {
        Ok(self.state().latest_definition(key, tenant).cloned())
    }

    async fn resources(&self, deployment: Uuid) -> Result<Vec<ResourceRecord>> {
        Ok(self.state().resources_of(deployment))
    }

    async fn resource(&self, deployment: Uuid, id: Uuid) -> Result<Option<ResourceRecord>> {
        Ok(self
            .state()
            .resources
            .get(&id)
            .filter(|resource| resource.deployment_id == deployment)
            .cloned())
    }

    async fn resource_named(&self, deployment: Uuid, name: &str) -> Result<Option<ResourceRecord>> {
        Ok(self
            .state()
            .resources
            .values()
            .find(|resource| resource.deployment_id == deployment && resource.name == name)
            .cloned())
    }

    async fn delete_historic_instance(&self, id: Uuid) -> Result<bool> {
        Ok(self.state().delete_historic_instance(id))
    }

    async fn event_log(&self, instance: Uuid, after: i64, limit: u32) -> Result<Vec<EventLogRow>> {
        Ok(self.state().event_log(instance, after, limit))
    }

    async fn send_hint(&self, _hint: Hint) -> Result<()> {
        Ok(())
    }

    async fn hints(&self) -> Result<Option<HintStream>> {
        Ok(None)
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }

    async fn deployments(&self, query: &Query<DeploymentField>) -> Result<Vec<DeploymentRecord>> {
        Ok(find(&self.state(), query))
    }

    async fn count_deployments(&self, query: &Query<DeploymentField>) -> Result<u64> {
        Ok(count::<DeploymentRecord>(&self.state(), query))
    }

    async fn definitions(&self, query: &Query<DefinitionField>) -> Result<Vec<DefinitionRecord>> {
        Ok(find(&self.state(), query))
    }

    async fn count_definitions(&self, query: &Query<DefinitionField>) -> Result<u64> {
        Ok(count::<DefinitionRecord>(&self.state(), query))
    }

    async fn process_instances(&self, query: &Query<ProcessInstanceField>) -> Result<Vec<ProcessInstanceRecord>> {
        Ok(find(&self.state(), query))
    }

    async fn count_process_instances(&self, query: &Query<ProcessInstanceField>) -> Result<u64> {
        Ok(count::<ProcessInstanceRecord>(&self.state(), query))
    }

    async fn external_tasks(&self, query: &Query<ExternalTaskField>) -> Result<Vec<ExternalTaskRecord>> {
        Ok(find(&self.state(), query))
    }

    async fn count_external_tasks(&self, query: &Query<ExternalTaskField>) -> Result<u64> {
        Ok(count::<ExternalTaskRecord>(&self.state(), query))
    }

    async fn tasks(&self, query: &Query<TaskField>) -> Result<Vec<TaskRecord>> {
        Ok(find(&self.state(), query))
    }

    async fn count_tasks(&self, query: &Query<TaskField>) -> Result<u64> {
        Ok(count::<TaskRecord>(&self.state(), query))
    }

    async fn executions(&self, query: &Query<ExecutionField>) -> Result<Vec<ExecutionRecord>> {
        Ok(find(&self.state(), query))
    }

    async fn count_executions(&self, query: &Query<ExecutionField>) -> Result<u64> {
        Ok(count::<ExecutionRecord>(&self.state(), query))
    }

    async fn subscriptions(&self, query: &Query<SubscriptionField>) -> Result<Vec<SubscriptionRecord>> {
        Ok(find(&self.state(), query))
    }

    async fn count_subscriptions(&self, query: &Query<SubscriptionField>) -> Result<u64> {
        Ok(count::<SubscriptionRecord>(&self.state(), query))
    }

    async fn incidents(&self, query: &Query<IncidentField>) -> Result<Vec<IncidentRecord>> {
        Ok(find(&self.state(), query))
    }

    async fn count_incidents(&self, query: &Query<IncidentField>) -> Result<u64> {
        Ok(count::<IncidentRecord>(&self.state(), query))
    }

    async fn jobs(&self, query: &Query<JobField>) -> Result<Vec<JobRow>> {
        Ok(find(&self.state(), query))
    }

    async fn count_jobs(&self, query: &Query<JobField>) -> Result<u64> {
        Ok(count::<JobRow>(&self.state(), query))
    }

    async fn variables(&self, query: &Query<VariableField>) -> Result<Vec<VariableRecord>> {
        Ok(find(&self.state(), query))
    }

    async fn count_variables(&self, query: &Query<VariableField>) -> Result<u64> {
        Ok(count::<VariableRecord>(&self.state(), query))
    }

    async fn historic_instances(&self, query: &Query<HistoricInstanceField>) -> Result<Vec<HistoricInstanceRecord>> {
        Ok(find(&self.state(), query))
    }

    async fn count_historic_instances(&self, query: &Query<HistoricInstanceField>) -> Result<u64> {
        Ok(count::<HistoricInstanceRecord>(&self.state(), query))
    }

    async fn historic_activities(&self, query: &Query<HistoricActivityField>) -> Result<Vec<HistoricActivityRecord>> {
        Ok(find(&self.state(), query))
    }

    async fn count_historic_activities(&self, query: &Query<HistoricActivityField>) -> Result<u64> {
        Ok(count::<HistoricActivityRecord>(&self.state(), query))
    }

    async fn historic_variables(&self, query: &Query<HistoricVariableField>) -> Result<Vec<HistoricVariable>> {
        Ok(find(&self.state(), query))
    }

    async fn count_historic_variables(&self, query: &Query<HistoricVariableField>) -> Result<u64> {
        Ok(count::<HistoricVariable>(&self.state(), query))
    }

    async fn historic_tasks(&self, query: &Query<HistoricTaskField>) -> Result<Vec<HistoricTask>> {
        Ok(find(&self.state(), query))
    }

    async fn count_historic_tasks(&self, query: &Query<HistoricTaskField>) -> Result<u64> {
        Ok(count::<HistoricTask>(&self.state(), query))
    }

    async fn historic_incidents(&self, query: &Query<HistoricIncidentField>) -> Result<Vec<HistoricIncident>> {
        Ok(find(&self.state(), query))
    }

    async fn count_historic_incidents(&self, query: &Query<HistoricIncidentField>) -> Result<u64> {
        Ok(count::<HistoricIncident>(&self.state(), query))
    }

    async fn job_log(&self, query: &Query<JobLogField>) -> Result<Vec<JobLogEntry>> {
        Ok(find(&self.state(), query))
    }

    async fn count_job_log(&self, query: &Query<JobLogField>) -> Result<u64> {
        Ok(count::<JobLogEntry>(&self.state(), query))
    }

    async fn external_task_log(&self, query: &Query<ExternalTaskLogField>) -> Result<Vec<ExternalTaskLogEntry>> {
        Ok(find(&self.state(), query))
    }

    async fn count_external_task_log(&self, query: &Query<ExternalTaskLogField>) -> Result<u64> {
        Ok(count::<ExternalTaskLogEntry>(&self.state(), query))
    }

    async fn historic_decisions(&self, query: &Query<HistoricDecisionField>) -> Result<Vec<HistoricDecision>> {
        Ok(find(&self.state(), query))
    }

    async fn count_historic_decisions(&self, query: &Query<HistoricDecisionField>) -> Result<u64> {
        Ok(count::<HistoricDecision>(&self.state(), query))
    }
}

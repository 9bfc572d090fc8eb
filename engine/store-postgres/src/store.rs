//! The contract, method by method.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use flowstone_store::change::{AppliedCommand, Batch};
use flowstone_store::history::{
    ExternalTaskLogEntry, ExternalTaskLogField, HistoricDecision, HistoricDecisionField, HistoricIncident,
    HistoricIncidentField, HistoricTask, HistoricTaskField, HistoricVariable, JobLogEntry, JobLogField,
};
use flowstone_store::query::{
    DecisionField, DefinitionField, DeploymentField, ExecutionField, ExternalTaskField, HistoricActivityField,
    HistoricInstanceField, HistoricVariableField, IncidentField, JobField, ProcessInstanceField, Query,
    RequirementsField, SubscriptionField, TaskField, VariableField,
};
use flowstone_store::record::{
    DecisionRecord, DefinitionRecord, Deployed, DeploymentRecord, DueJob, EventLogRow, ExecutionRecord,
    ExternalTaskRecord, HistoricActivityRecord, HistoricInstanceRecord, IncidentRecord, InstanceSnapshot, JobRow,
    NewDeployment, ProcessInstanceRecord, ReadyTask, RequirementsRecord, ResourceRecord, SubscriptionRecord,
    TaskRecord, VariableRecord,
};
use flowstone_store::{Committed, Hint, HintStream, JobOverrideChange, JobOverrideRow, Result, Store, Versioned};
use uuid::Uuid;

use crate::query::{count, find};
use crate::{PostgresStore, commit, decision, deployment, hint, job_override, load};

#[async_trait]
impl Store for PostgresStore {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn commit(&self, batch: Batch) -> Result<Committed> {
        commit::commit(&self.hot, batch).await
    }

    async fn load(&self, instances: &[Uuid]) -> Result<Vec<InstanceSnapshot>> {
        load::load(&self.hot, instances).await
    }

    async fn locate(&self, ids: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
        load::locate(&self.hot, ids).await
    }

    async fn applied(&self, keys: &[String]) -> Result<Vec<AppliedCommand>> {
        load::applied(&self.hot, keys).await
    }

    async fn forget_applied(&self, until: DateTime<Utc>) -> Result<u64> {
        load::forget_applied(&self.queries, until).await
    }

    async fn ready_tasks(&self, topic: &str, horizon: DateTime<Utc>, limit: u32) -> Result<Vec<ReadyTask>> {
        load::ready_tasks(&self.hot, topic, horizon, limit).await
    }

    async fn due_jobs(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<DueJob>> {
        load::due_jobs(&self.hot, now, limit).await
    }

    async fn next_due(&self, after: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        load::next_due(&self.hot, after).await
    }

    async fn write_definition_jobs(&self, put: Vec<JobRow>, deleted: Vec<Uuid>) -> Result<()> {
        deployment::write_jobs(&self.queries, &put, &deleted).await
    }

    async fn deploy(&self, deployment: NewDeployment) -> Result<Deployed> {
        deployment::deploy(&self.queries, deployment).await
    }

    async fn delete_deployment(&self, id: Uuid, cascade: bool) -> Result<bool> {
        deployment::delete_deployment(&self.queries, id, cascade).await
    }

    async fn delete_definition(&self, id: &str, cascade: bool) -> Result<bool> {
        deployment::delete_definition(&self.queries, id, cascade).await
    }

    async fn suspend_definitions(&self, ids: &[String], suspended: bool) -> Result<u64> {
        deployment::suspend(&self.queries, ids, suspended).await
    }

    async fn set_history_time_to_live(&self, of: Versioned, id: &str, days: Option<i32>) -> Result<bool> {
        deployment::set_history_time_to_live(&self.queries, of, id, days).await
    }

    async fn override_jobs(&self, job_definitions: &[(Uuid, Arc<str>)], change: JobOverrideChange) -> Result<()> {
        job_override::put(&self.queries, job_definitions, change).await
    }

    async fn job_overrides(&self, definitions: &[Arc<str>]) -> Result<Vec<JobOverrideRow>> {
        job_override::of(&self.queries, definitions).await
    }

    async fn definition(&self, id: &str) -> Result<Option<DefinitionRecord>> {
        deployment::definition(&self.queries, id).await
    }

    async fn decision(&self, id: &str) -> Result<Option<DecisionRecord>> {
        decision::decision(&self.queries, id).await
    }

    async fn decisions(&self, query: &Query<DecisionField>) -> Result<Vec<DecisionRecord>> {
        find(&self.queries, query).await
    }

    async fn count_decisions(&self, query: &Query<DecisionField>) -> Result<u64> {
        count::<DecisionRecord>(&self.queries, query).await
    }

    async fn decision_requirements(&self, query: &Query<RequirementsField>) -> Result<Vec<RequirementsRecord>> {
        find(&self.queries, query).await
    }

    async fn count_decision_requirements(&self, query: &Query<RequirementsField>) -> Result<u64> {
        count::<RequirementsRecord>(&self.queries, query).await
    }

    async fn latest_definition(&self, key: &str, tenant: Option<&str>) -> Result<Option<DefinitionRecord>> {
        deployment::latest_definition(&self.queries, key, tenant).await
    }

    async fn resources(&self, deployment: Uuid) -> Result<Vec<ResourceRecord>> {
        deployment::resources(&self.queries, deployment).await
    }

    async fn resource(&self, deployment: Uuid, id: Uuid) -> Result<Option<ResourceRecord>> {
        deployment::resource(&self.queries, deployment, id).await
    }

    async fn resource_named(&self, deployment: Uuid, name: &str) -> Result<Option<ResourceRecord>> {
        deployment::resource_named(&self.queries, deployment, name).await
    }

    async fn delete_historic_instance(&self, id: Uuid) -> Result<bool> {
        load::delete_historic_instance(&self.queries, id).await
    }

    async fn event_log(&self, instance: Uuid, after: i64, limit: u32) -> Result<Vec<EventLogRow>> {
        load::event_log(&self.queries, instance, after, limit).await
    }

    async fn send_hint(&self, hint: Hint) -> Result<()> {
        hint::send(&self.queries, self.node, hint).await
    }

    async fn hints(&self) -> Result<Option<HintStream>> {
        hint::listen(self.queries.clone(), self.node).await.map(Some)
    }

    async fn ping(&self) -> Result<()> {
        load::ping(&self.queries).await
    }

    async fn deployments(&self, query: &Query<DeploymentField>) -> Result<Vec<DeploymentRecord>> {
        find(&self.queries, query).await
    }

    async fn count_deployments(&self, query: &Query<DeploymentField>) -> Result<u64> {
        count::<DeploymentRecord>(&self.queries, query).await
    }

    async fn definitions(&self, query: &Query<DefinitionField>) -> Result<Vec<DefinitionRecord>> {
        find(&self.queries, query).await
    }

    async fn count_definitions(&self, query: &Query<DefinitionField>) -> Result<u64> {
        count::<DefinitionRecord>(&self.queries, query).await
    }

    async fn process_instances(&self, query: &Query<ProcessInstanceField>) -> Result<Vec<ProcessInstanceRecord>> {
        find(&self.queries, query).await
    }

    async fn count_process_instances(&self, query: &Query<ProcessInstanceField>) -> Result<u64> {
        count::<ProcessInstanceRecord>(&self.queries, query).await
    }

    async fn external_tasks(&self, query: &Query<ExternalTaskField>) -> Result<Vec<ExternalTaskRecord>> {
        find(&self.queries, query).await
    }

    async fn count_external_tasks(&self, query: &Query<ExternalTaskField>) -> Result<u64> {
        count::<ExternalTaskRecord>(&self.queries, query).await
    }

    async fn tasks(&self, query: &Query<TaskField>) -> Result<Vec<TaskRecord>> {
        find(&self.queries, query).await
    }

    async fn count_tasks(&self, query: &Query<TaskField>) -> Result<u64> {
        count::<TaskRecord>(&self.queries, query).await
    }

    async fn executions(&self, query: &Query<ExecutionField>) -> Result<Vec<ExecutionRecord>> {
        find(&self.queries, query).await
    }

    async fn count_executions(&self, query: &Query<ExecutionField>) -> Result<u64> {
        count::<ExecutionRecord>(&self.queries, query).await
    }

    async fn subscriptions(&self, query: &Query<SubscriptionField>) -> Result<Vec<SubscriptionRecord>> {
        find(&self.queries, query).await
    }

    async fn count_subscriptions(&self, query: &Query<SubscriptionField>) -> Result<u64> {
        count::<SubscriptionRecord>(&self.queries, query).await
    }

    async fn incidents(&self, query: &Query<IncidentField>) -> Result<Vec<IncidentRecord>> {
        find(&self.queries, query).await
    }

    async fn count_incidents(&self, query: &Query<IncidentField>) -> Result<u64> {
        count::<IncidentRecord>(&self.queries, query).await
    }

    async fn jobs(&self, query: &Query<JobField>) -> Result<Vec<JobRow>> {
        find(&self.queries, query).await
    }

    async fn count_jobs(&self, query: &Query<JobField>) -> Result<u64> {
        count::<JobRow>(&self.queries, query).await
    }

    async fn variables(&self, query: &Query<VariableField>) -> Result<Vec<VariableRecord>> {
        find(&self.queries, query).await
    }

    async fn count_variables(&self, query: &Query<VariableField>) -> Result<u64> {
        count::<VariableRecord>(&self.queries, query).await
    }

    async fn historic_instances(&self, query: &Query<HistoricInstanceField>) -> Result<Vec<HistoricInstanceRecord>> {
        find(&self.queries, query).await
    }

    async fn count_historic_instances(&self, query: &Query<HistoricInstanceField>) -> Result<u64> {
        count::<HistoricInstanceRecord>(&self.queries, query).await
    }

    async fn historic_activities(&self, query: &Query<HistoricActivityField>) -> Result<Vec<HistoricActivityRecord>> {
        find(&self.queries, query).await
    }

    async fn count_historic_activities(&self, query: &Query<HistoricActivityField>) -> Result<u64> {
        count::<HistoricActivityRecord>(&self.queries, query).await
    }

    async fn historic_variables(&self, query: &Query<HistoricVariableField>) -> Result<Vec<HistoricVariable>> {
        find(&self.queries, query).await
    }

    async fn count_historic_variables(&self, query: &Query<HistoricVariableField>) -> Result<u64> {
        count::<HistoricVariable>(&self.queries, query).await
    }

    async fn historic_tasks(&self, query: &Query<HistoricTaskField>) -> Result<Vec<HistoricTask>> {
        find(&self.queries, query).await
    }

    async fn count_historic_tasks(&self, query: &Query<HistoricTaskField>) -> Result<u64> {
        count::<HistoricTask>(&self.queries, query).await
    }

    async fn historic_incidents(&self, query: &Query<HistoricIncidentField>) -> Result<Vec<HistoricIncident>> {
        find(&self.queries, query).await
    }

    async fn count_historic_incidents(&self, query: &Query<HistoricIncidentField>) -> Result<u64> {
        count::<HistoricIncident>(&self.queries, query).await
    }

    async fn job_log(&self, query: &Query<JobLogField>) -> Result<Vec<JobLogEntry>> {
        find(&self.queries, query).await
    }

    async fn count_job_log(&self, query: &Query<JobLogField>) -> Result<u64> {
        count::<JobLogEntry>(&self.queries, query).await
    }

    async fn external_task_log(&self, query: &Query<ExternalTaskLogField>) -> Result<Vec<ExternalTaskLogEntry>> {
        find(&self.queries, query).await
    }

    async fn count_external_task_log(&self, query: &Query<ExternalTaskLogField>) -> Result<u64> {
        count::<ExternalTaskLogEntry>(&self.queries, query).await
    }

    async fn historic_decisions(&self, query: &Query<HistoricDecisionField>) -> Result<Vec<HistoricDecision>> {
        find(&self.queries, query).await
    }

    async fn count_historic_decisions(&self, query: &Query<HistoricDecisionField>) -> Result<u64> {
        count::<HistoricDecision>(&self.queries, query).await
    }
}

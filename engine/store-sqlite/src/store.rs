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
use crate::{SqliteStore, commit, decision, definition, history, job_override, live};

#[async_trait]
impl Store for SqliteStore {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn is_shared(&self) -> bool {
        false
    }

    async fn commit(&self, batch: Batch) -> Result<Committed> {
        commit::commit(&self.writer, batch).await
    }

    async fn load(&self, instances: &[Uuid]) -> Result<Vec<InstanceSnapshot>> {
        live::load(&self.readers, instances).await
    }

    async fn locate(&self, ids: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
        live::locate(&self.readers, ids).await
    }

    async fn applied(&self, keys: &[String]) -> Result<Vec<AppliedCommand>> {
        live::applied(&self.readers, keys).await
    }

    async fn forget_applied(&self, until: DateTime<Utc>) -> Result<u64> {
        live::forget_applied(&self.writer, until).await
    }

    async fn ready_tasks(&self, topic: &str, horizon: DateTime<Utc>, limit: u32) -> Result<Vec<ReadyTask>> {
        live::ready_tasks(&self.readers, topic, horizon, limit).await
    }

    async fn due_jobs(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<DueJob>> {
        live::due_jobs(&self.readers, now, limit).await
    }

    async fn next_due(&self, after: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        live::next_due(&self.readers, after).await
    }

    async fn write_definition_jobs(&self, put: Vec<JobRow>, deleted: Vec<Uuid>) -> Result<()> {
        definition::write_jobs(&self.writer, put, &deleted).await
    }

    async fn deploy(&self, deployment: NewDeployment) -> Result<Deployed> {
        definition::deploy(&self.writer, deployment).await
    }

    async fn delete_deployment(&self, id: Uuid, cascade: bool) -> Result<bool> {
        definition::delete_deployment(&self.writer, id, cascade).await
    }

    async fn delete_definition(&self, id: &str, cascade: bool) -> Result<bool> {
        definition::delete_definition(&self.writer, id, cascade).await
    }

    async fn suspend_definitions(&self, ids: &[String], suspended: bool) -> Result<u64> {
        definition::suspend(&self.writer, ids, suspended).await
    }

    async fn set_history_time_to_live(&self, of: Versioned, id: &str, days: Option<i32>) -> Result<bool> {
        definition::set_history_time_to_live(&self.writer, of, id, days).await
    }

    async fn override_jobs(&self, job_definitions: &[(Uuid, Arc<str>)], change: JobOverrideChange) -> Result<()> {
        job_override::put(&self.writer, job_definitions, change).await
    }

    async fn job_overrides(&self, definitions: &[Arc<str>]) -> Result<Vec<JobOverrideRow>> {
        job_override::of(&self.readers, definitions).await
    }

    async fn definition(&self, id: &str) -> Result<Option<DefinitionRecord>> {
        definition::definition(&self.readers, id).await
    }

    async fn decision(&self, id: &str) -> Result<Option<DecisionRecord>> {
        decision::decision(&self.readers, id).await
    }

    async fn decisions(&self, query: &Query<DecisionField>) -> Result<Vec<DecisionRecord>> {
        find(&self.readers, query).await
    }

    async fn count_decisions(&self, query: &Query<DecisionField>) -> Result<u64> {
        count::<DecisionRecord>(&self.readers, query).await
    }

    async fn decision_requirements(&self, query: &Query<RequirementsField>) -> Result<Vec<RequirementsRecord>> {
        find(&self.readers, query).await
    }

    async fn count_decision_requirements(&self, query: &Query<RequirementsField>) -> Result<u64> {
        count::<RequirementsRecord>(&self.readers, query).await
    }

    async fn latest_definition(&self, key: &str, tenant: Option<&str>) -> Result<Option<DefinitionRecord>> {
        definition::latest_definition(&self.readers, key, tenant).await
    }

    async fn resources(&self, deployment: Uuid) -> Result<Vec<ResourceRecord>> {
        definition::resources(&self.readers, deployment).await
    }

    async fn resource(&self, deployment: Uuid, id: Uuid) -> Result<Option<ResourceRecord>> {
        definition::resource(&self.readers, deployment, id).await
    }

    async fn resource_named(&self, deployment: Uuid, name: &str) -> Result<Option<ResourceRecord>> {
        definition::resource_named(&self.readers, deployment, name).await
    }

    async fn delete_historic_instance(&self, id: Uuid) -> Result<bool> {
        history::delete_historic_instance(&self.writer, id).await
    }

    async fn event_log(&self, instance: Uuid, after: i64, limit: u32) -> Result<Vec<EventLogRow>> {
        history::event_log(&self.readers, instance, after, limit).await
    }

    async fn send_hint(&self, _hint: Hint) -> Result<()> {
        Ok(())
    }

    async fn hints(&self) -> Result<Option<HintStream>> {
        Ok(None)
    }

    async fn ping(&self) -> Result<()> {
        live::ping(&self.readers).await
    }

    async fn deployments(&self, query: &Query<DeploymentField>) -> Result<Vec<DeploymentRecord>> {
        find(&self.readers, query).await
    }

    async fn count_deployments(&self, query: &Query<DeploymentField>) -> Result<u64> {
        count::<DeploymentRecord>(&self.readers, query).await
    }

    async fn definitions(&self, query: &Query<DefinitionField>) -> Result<Vec<DefinitionRecord>> {
        find(&self.readers, query).await
    }

    async fn count_definitions(&self, query: &Query<DefinitionField>) -> Result<u64> {
        count::<DefinitionRecord>(&self.readers, query).await
    }

    async fn process_instances(&self, query: &Query<ProcessInstanceField>) -> Result<Vec<ProcessInstanceRecord>> {
        find(&self.readers, query).await
    }

    async fn count_process_instances(&self, query: &Query<ProcessInstanceField>) -> Result<u64> {
        count::<ProcessInstanceRecord>(&self.readers, query).await
    }

    async fn external_tasks(&self, query: &Query<ExternalTaskField>) -> Result<Vec<ExternalTaskRecord>> {
        find(&self.readers, query).await
    }

    async fn count_external_tasks(&self, query: &Query<ExternalTaskField>) -> Result<u64> {
        count::<ExternalTaskRecord>(&self.readers, query).await
    }

    async fn tasks(&self, query: &Query<TaskField>) -> Result<Vec<TaskRecord>> {
        find(&self.readers, query).await
    }

    async fn count_tasks(&self, query: &Query<TaskField>) -> Result<u64> {
        count::<TaskRecord>(&self.readers, query).await
    }

    async fn executions(&self, query: &Query<ExecutionField>) -> Result<Vec<ExecutionRecord>> {
        find(&self.readers, query).await
    }

    async fn count_executions(&self, query: &Query<ExecutionField>) -> Result<u64> {
        count::<ExecutionRecord>(&self.readers, query).await
    }

    async fn subscriptions(&self, query: &Query<SubscriptionField>) -> Result<Vec<SubscriptionRecord>> {
        find(&self.readers, query).await
    }

    async fn count_subscriptions(&self, query: &Query<SubscriptionField>) -> Result<u64> {
        count::<SubscriptionRecord>(&self.readers, query).await
    }

    async fn incidents(&self, query: &Query<IncidentField>) -> Result<Vec<IncidentRecord>> {
        find(&self.readers, query).await
    }

    async fn count_incidents(&self, query: &Query<IncidentField>) -> Result<u64> {
        count::<IncidentRecord>(&self.readers, query).await
    }

    async fn jobs(&self, query: &Query<JobField>) -> Result<Vec<JobRow>> {
        find(&self.readers, query).await
    }

    async fn count_jobs(&self, query: &Query<JobField>) -> Result<u64> {
        count::<JobRow>(&self.readers, query).await
    }

    async fn variables(&self, query: &Query<VariableField>) -> Result<Vec<VariableRecord>> {
        find(&self.readers, query).await
    }

    async fn count_variables(&self, query: &Query<VariableField>) -> Result<u64> {
        count::<VariableRecord>(&self.readers, query).await
    }

    async fn historic_instances(&self, query: &Query<HistoricInstanceField>) -> Result<Vec<HistoricInstanceRecord>> {
        find(&self.readers, query).await
    }

    async fn count_historic_instances(&self, query: &Query<HistoricInstanceField>) -> Result<u64> {
        count::<HistoricInstanceRecord>(&self.readers, query).await
    }

    async fn historic_activities(&self, query: &Query<HistoricActivityField>) -> Result<Vec<HistoricActivityRecord>> {
        find(&self.readers, query).await
    }

    async fn count_historic_activities(&self, query: &Query<HistoricActivityField>) -> Result<u64> {
        count::<HistoricActivityRecord>(&self.readers, query).await
    }

    async fn historic_variables(&self, query: &Query<HistoricVariableField>) -> Result<Vec<HistoricVariable>> {
        find(&self.readers, query).await
    }

    async fn count_historic_variables(&self, query: &Query<HistoricVariableField>) -> Result<u64> {
        count::<HistoricVariable>(&self.readers, query).await
    }

    async fn historic_tasks(&self, query: &Query<HistoricTaskField>) -> Result<Vec<HistoricTask>> {
        find(&self.readers, query).await
    }

    async fn count_historic_tasks(&self, query: &Query<HistoricTaskField>) -> Result<u64> {
        count::<HistoricTask>(&self.readers, query).await
    }

    async fn historic_incidents(&self, query: &Query<HistoricIncidentField>) -> Result<Vec<HistoricIncident>> {
        find(&self.readers, query).await
    }

    async fn count_historic_incidents(&self, query: &Query<HistoricIncidentField>) -> Result<u64> {
        count::<HistoricIncident>(&self.readers, query).await
    }

    async fn job_log(&self, query: &Query<JobLogField>) -> Result<Vec<JobLogEntry>> {
        find(&self.readers, query).await
    }

    async fn count_job_log(&self, query: &Query<JobLogField>) -> Result<u64> {
        count::<JobLogEntry>(&self.readers, query).await
    }

    async fn external_task_log(&self, query: &Query<ExternalTaskLogField>) -> Result<Vec<ExternalTaskLogEntry>> {
        find(&self.readers, query).await
    }

    async fn count_external_task_log(&self, query: &Query<ExternalTaskLogField>) -> Result<u64> {
        count::<ExternalTaskLogEntry>(&self.readers, query).await
    }

    async fn historic_decisions(&self, query: &Query<HistoricDecisionField>) -> Result<Vec<HistoricDecision>> {
        find(&self.readers, query).await
    }

    async fn count_historic_decisions(&self, query: &Query<HistoricDecisionField>) -> Result<u64> {
        count::<HistoricDecision>(&self.readers, query).await
    }
}

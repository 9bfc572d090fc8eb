//! What texts stores keep.

use std::borrow::Cow;
use std::sync::Arc;

use crate::change::{Batch, HeaderChange, InstanceChange};
use crate::history::{
    ExternalTaskLogEntry, HistoricDecision, HistoricIncident, HistoricTask, HistoricVariablesRow, HistoryRow as _,
    JobLogEntry,
};
use crate::record::{
    ActivityRow, DecisionRecord, DefinitionRecord, HistoricActivityRow, HistoricExternalTask, HistoricInstanceRow,
    IncidentRow, InstanceRow, JobRow, NewDeployment, Requirements, SubscriptionRow, UserTaskRow,
};

/// The text with U+0000, which Postgres cannot hold in a column, replaced by U+FFFD. Every store
/// does so with the texts of its columns: one command with such a text, typically the error message
/// of a worker, must not fail the batch that it travels in. Values of variables keep it.
pub fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A text or several, of which the characters that cannot be stored are replaced in place.
trait Clean {
    fn clean(&mut self);
}

impl Clean for String {
    fn clean(&mut self) {
        if let Cow::Owned(clean) = storable(self) {
            *self = clean;
        }
    }
}

impl Clean for Arc<str> {
    fn clean(&mut self) {
        if let Cow::Owned(clean) = storable(self) {
            *self = clean.into();
        }
    }
}

impl<T: Clean> Clean for Option<T> {
    fn clean(&mut self) {
        if let Some(text) = self {
            text.clean();
        }
    }
}

impl<T: Clean> Clean for Vec<T> {
    fn clean(&mut self) {
        self.iter_mut().for_each(Clean::clean);
    }
}

macro_rules! clean {
    ($($row:ty { $($field:ident $(. $inner:ident)*),+ $(,)? })+) => {$(
        impl Clean for $row {
            fn clean(&mut self) {
                $(self.$field $(. $inner)*.clean();)+
            }
        }
    )+};
}

clean! {
    InstanceRow { definition_id, business_key, tenant_id, start_activity_id, start_user_id }
    UserTaskRow {
        name, description, assignee, owner, delegation_state, candidate_users, candidate_groups, form_key
    }
    SubscriptionRow { event_type, event_name, node_id, configuration }
    IncidentRow { incident_type, node_id, configuration, message, annotation }
    JobRow {
        definition_id, definition_key, tenant_id, node_id, job_type, configuration, exception_message,
        exception_details, failed_node_id,
    }
    HistoricInstanceRow {
        definition_id, definition_key, definition_name, business_key, tenant_id, start_activity_id, end_activity_id,
        start_user_id, state, delete_reason,
    }
    HistoricActivityRow {
        definition_id, definition_key, tenant_id, node_id, activity_type, activity_name, assignee, external_task,
    }
    HistoricExternalTask { topic, worker }
    InstanceChange {
        header, activities_inserted, activities_updated, user_tasks_put, subscriptions_inserted, incidents_inserted, incidents_updated,
        jobs_put, definition_jobs, historic_instance, historic_activities, history.variables,
        history.tasks, history.external_task_log, history.job_log, history.incidents,
        history.decisions,
    }
    DefinitionRecord {
        id, key, category, description, name, resource_name, diagram, tenant_id, version_tag,
    }
    DecisionRecord { id, key, category, name, resource_name, tenant_id, version_tag, requirements }
    Requirements { id, key, name }
    NewDeployment { deployment.name, deployment.source, deployment.tenant_id, definitions, decisions, start_jobs }
}

impl Clean for ActivityRow {
    fn clean(&mut self) {
        self.node_id.clean();
        self.activity_type.clean();
        self.activity_name.clean();
        if let Some(task) = &mut self.external_task {
            task.topic.clean();
            task.worker.clean();
            task.error_message.clean();
            task.error_details.clean();
        }
    }
}

/// The cells of these rows are storable.
macro_rules! clean_history {
    ($($row:ty),+) => {$(
        impl Clean for $row {
            fn clean(&mut self) {
                // What a row wrote, it reads.
                if let Ok(row) = Self::from_cells(self.cells()) {
                    *self = row;
                }
            }
        }
    )+};
}

clean_history!(
    HistoricVariablesRow,
    HistoricTask,
    HistoricIncident,
    JobLogEntry,
    ExternalTaskLogEntry,
    HistoricDecision
);

impl Clean for HeaderChange {
    fn clean(&mut self) {
        if let HeaderChange::Insert(row) = self {
            row.clean();
        }
    }
}

/// Makes every text column of a batch [`storable`].
pub fn clean_batch(batch: &mut Batch) {
    batch.instances.clean();
    for command in &mut batch.applied {
        command.key.clean();
    }
}

/// Makes a job storable.
pub fn clean_job(job: &mut JobRow) {
    job.clean();
}

/// Makes every text column of a deployment [`storable`].
pub fn clean_deployment(deployment: &mut NewDeployment) {
    deployment.clean();
    for resource in &mut deployment.resources {
        resource.name.clean();
    }
}

//! The tables that batches write: their columns, the cells of their rows, their statements.
//!
//! Rows travel as one JSON array of arrays, the argument of every statement here.

use flowstone_store::Result;
use flowstone_store::record::{
    ActivityRow, HistoricActivityRow, HistoricInstanceRow, IncidentRow, InstanceRow, JobRow, SubscriptionRow,
    UserTaskRow,
};
use flowstone_store::text::storable;

use crate::rows::{Cells, json};

/// A table with its columns, the key first.
pub(crate) struct Table {
    name: &'static str,
    columns: &'static [&'static str],
}

/// Running instances.
pub(crate) const INSTANCE: Table = Table {
    name: "process_instance",
    columns: &[
        "id",
        "definition_id",
        "business_key",
        "tenant_id",
        "suspended",
        "variables",
        "start_activity_id",
        "start_user_id",
        "started_at",
        "super_instance_id",
        "super_execution_id",
        "root_instance_id",
        "version",
    ],
};

/// Open activity instances.
pub(crate) const ACTIVITY: Table = Table {
    name: "activity",
    columns: &[
        "id",
        "instance_id",
        "parent_id",
        "node_id",
        "activity_type",
        "activity_name",
        "kind",
        "started_at",
        "variables",
        "topic",
        "priority",
        "retries",
        "worker",
        "lock_expires",
        "lock_token",
        "error_message",
        "error_details",
        "task_suspended",
        "detail",
    ],
};

/// User tasks.
pub(crate) const USER_TASK: Table = Table {
    name: "user_task",
    columns: &[
        "id",
        "instance_id",
        "name",
        "description",
        "assignee",
        "owner",
        "delegation_state",
        "priority",
        "due",
        "follow_up",
        "candidate_users",
        "candidate_groups",
        "form_key",
        "form_ref",
    ],
};

/// Event subscriptions.
pub(crate) const SUBSCRIPTION: Table = Table {
    name: "event_subscription",
    columns: &[
        "id",
        "instance_id",
        "activity_id",
        "event_type",
        "event_name",
        "node_id",
        "created_at",
        "configuration",
    ],
};

/// Open incidents.
pub(crate) const INCIDENT: Table = Table {
    name: "incident",
    columns: &[
        "id",
        "instance_id",
        "activity_id",
        "incident_type",
        "node_id",
        "configuration",
        "message",
        "created_at",
        "annotation",
    ],
};

/// Jobs.
pub(crate) const JOB: Table = Table {
    name: "job",
    columns: &[
        "id",
        "instance_id",
        "execution_id",
        "definition_id",
        "definition_key",
        "tenant_id",
        "deployment_id",
        "job_definition_id",
        "node_id",
        "job_type",
        "configuration",
        "due",
        "priority",
        "retries",
        "suspended",
        "exception_message",
        "exception_details",
        "failed_node_id",
        "created_at",
        "detail",
    ],
};

/// Ended instances.
pub(crate) const HISTORIC_INSTANCE: Table = Table {
    name: "history_process_instance",
    columns: &[
        "id",
        "definition_id",
        "definition_key",
        "definition_name",
        "definition_version",
        "business_key",
        "tenant_id",
        "start_activity_id",
        "end_activity_id",
        "start_user_id",
        "started_at",
        "ended_at",
        "state",
        "delete_reason",
        "super_instance_id",
        "root_instance_id",
    ],
};

/// Activity instances that ended.
pub(crate) const HISTORIC_ACTIVITY: Table = Table {
    name: "history_activity",
    columns: &[
        "id",
        "instance_id",
        "parent_id",
        "definition_id",
        "definition_key",
        "tenant_id",
        "node_id",
        "activity_type",
        "activity_name",
        "task_id",
        "assignee",
        "started_at",
        "ended_at",
        "canceled",
        "complete_scope",
        "root_instance_id",
        "called_instance_id",
        "topic",
        "worker",
        "priority",
        "retries",
    ],
};

impl Table {
    /// Rows of instances.
    pub(crate) fn select_of_instances(&self) -> String {
        format!(
            "select {} from {} where instance_id in (select value from json_each(?1))",
            self.columns.join(", "),
            self.name
        )
    }

    /// Inserts rows.
    pub(crate) fn insert(&self) -> String {
        let cells: Vec<String> = (0..self.columns.len())
            .map(|cell| format!("r.value ->> {cell}"))
            .collect();
        format!(
            "insert into {} ({}) select {} from jsonb_each(?1) r",
            self.name,
            self.columns.join(", "),
            cells.join(", ")
        )
    }

    /// Replaces the rows that are there.
    pub(crate) fn update(&self) -> String {
        let cells: Vec<String> = (1..)
            .zip(&self.columns[1..])
            .map(|(cell, column)| format!("{column} = r.value ->> {cell}"))
            .collect();
        format!(
            "update {table} set {} from jsonb_each(?1) r where {table}.id = r.value ->> 0",
            cells.join(", "),
            table = self.name
        )
    }

    /// Inserts rows or replaces those that are there.
    pub(crate) fn put(&self) -> String {
        let cells: Vec<String> = self.columns[1..]
            .iter()
            .map(|column| format!("{column} = excluded.{column}"))
            .collect();
        // `where true` keeps `on conflict` from being read as a join condition.
        format!(
            "{} where true on conflict (id) do update set {}",
            self.insert(),
            cells.join(", ")
        )
    }

    /// Deletes rows by id.
    pub(crate) fn delete(&self) -> String {
        format!(
            "delete from {} where id in (select value from json_each(?1))",
            self.name
        )
    }

    /// Deletes rows of instances.
    pub(crate) fn delete_of_instances(&self) -> String {
        format!(
            "delete from {} where instance_id in (select value from json_each(?1))",
            self.name
        )
    }
}

pub(crate) fn instance_cells(cells: &mut Cells<'_>, row: &InstanceRow) -> Result<()> {
    cells.id(row.id);
    cells.text(&row.definition_id)?;
    cells.optional_text(&row.business_key)?;
    cells.optional_text(&row.tenant_id)?;
    cells.boolean(row.suspended);
    cells.document(&row.variables)?;
    cells.optional_text(&row.start_activity_id)?;
    cells.optional_text(&row.start_user_id)?;
    cells.time(row.started_at);
    cells.optional_id(row.super_instance_id);
    cells.optional_id(row.super_execution_id);
    cells.optional_id(row.root_instance_id);
    cells.integer(row.version);
    Ok(())
}

pub(crate) fn activity_cells(cells: &mut Cells<'_>, row: &ActivityRow) -> Result<()> {
    let task = row.external_task.as_ref();
    cells.id(row.id);
    cells.id(row.instance_id);
    cells.id(row.parent_id);
    cells.text(&row.node_id)?;
    cells.text(&row.activity_type)?;
    cells.optional_text(&row.activity_name)?;
    cells.text(row.kind.as_str())?;
    cells.time(row.started_at);
    cells.variables(row.variables.as_ref())?;
    cells.optional_text(&task.map(|task| &task.topic))?;
    cells.optional_integer(task.map(|task| task.priority));
    cells.optional_integer(task.and_then(|task| task.retries));
    cells.optional_text(&task.and_then(|task| task.worker.as_ref()))?;
    cells.optional_time(task.and_then(|task| task.lock_expires));
    cells.optional_id(task.and_then(|task| task.lock_token));
    cells.optional_text(&task.and_then(|task| task.error_message.as_ref()))?;
    cells.optional_text(&task.and_then(|task| task.error_details.as_ref()))?;
    cells.optional_boolean(task.map(|task| task.suspended));
    cells.optional_text(&row.detail.as_ref().map(json).transpose()?)
}

pub(crate) fn user_task_cells(cells: &mut Cells<'_>, row: &UserTaskRow) -> Result<()> {
    let names = |names: &[String]| names.iter().map(|name| storable(name).into_owned()).collect::<Vec<_>>();
    cells.id(row.id);
    cells.id(row.instance_id);
    cells.optional_text(&row.name)?;
    cells.optional_text(&row.description)?;
    cells.optional_text(&row.assignee)?;
    cells.optional_text(&row.owner)?;
    cells.optional_text(&row.delegation_state)?;
    cells.integer(row.priority);
    cells.optional_time(row.due);
    cells.optional_time(row.follow_up);
    cells.document(&names(&row.candidate_users))?;
    cells.document(&names(&row.candidate_groups))?;
    cells.optional_text(&row.form_key)?;
    cells.optional_text(&row.form_ref.as_ref().map(json).transpose()?)
}

pub(crate) fn subscription_cells(cells: &mut Cells<'_>, row: &SubscriptionRow) -> Result<()> {
    cells.id(row.id);
    cells.id(row.instance_id);
    cells.id(row.activity_id);
    cells.text(&row.event_type)?;
    cells.optional_text(&row.event_name)?;
    cells.text(&row.node_id)?;
    cells.time(row.created_at);
    cells.optional_text(&row.configuration)
}

pub(crate) fn incident_cells(cells: &mut Cells<'_>, row: &IncidentRow) -> Result<()> {
    cells.id(row.id);
    cells.id(row.instance_id);
    cells.id(row.activity_id);
    cells.text(&row.incident_type)?;
    cells.text(&row.node_id)?;
    cells.optional_text(&row.configuration)?;
    cells.optional_text(&row.message)?;
    cells.time(row.created_at);
    cells.optional_text(&row.annotation)
}

pub(crate) fn job_cells(cells: &mut Cells<'_>, row: &JobRow) -> Result<()> {
    cells.id(row.id);
    cells.optional_id(row.instance_id);
    cells.optional_id(row.execution_id);
    cells.text(&row.definition_id)?;
    cells.text(&row.definition_key)?;
    cells.optional_text(&row.tenant_id)?;
    cells.optional_id(row.deployment_id);
    cells.optional_id(row.job_definition_id);
    cells.text(&row.node_id)?;
    cells.text(&row.job_type)?;
    cells.text(&row.configuration)?;
    cells.optional_time(row.due);
    cells.integer(row.priority);
    cells.integer(row.retries);
    cells.boolean(row.suspended);
    cells.optional_text(&row.exception_message)?;
    cells.optional_text(&row.exception_details)?;
    cells.optional_text(&row.failed_node_id)?;
    cells.time(row.created_at);
    cells.optional_text(&row.detail.as_ref().map(json).transpose()?)
}

pub(crate) fn historic_instance_cells(cells: &mut Cells<'_>, row: &HistoricInstanceRow) -> Result<()> {
    cells.id(row.id);
    cells.text(&row.definition_id)?;
    cells.text(&row.definition_key)?;
    cells.optional_text(&row.definition_name)?;
    cells.integer(row.definition_version);
    cells.optional_text(&row.business_key)?;
    cells.optional_text(&row.tenant_id)?;
    cells.optional_text(&row.start_activity_id)?;
    cells.optional_text(&row.end_activity_id)?;
    cells.optional_text(&row.start_user_id)?;
    cells.time(row.started_at);
    cells.time(row.ended_at);
    cells.text(&row.state)?;
    cells.optional_text(&row.delete_reason)?;
    cells.optional_id(row.super_instance_id);
    cells.optional_id(row.root_instance_id);
    Ok(())
}

pub(crate) fn historic_activity_cells(cells: &mut Cells<'_>, row: &HistoricActivityRow) -> Result<()> {
    cells.id(row.id);
    cells.id(row.instance_id);
    cells.id(row.parent_id);
    cells.text(&row.definition_id)?;
    cells.text(&row.definition_key)?;
    cells.optional_text(&row.tenant_id)?;
    cells.text(&row.node_id)?;
    cells.text(&row.activity_type)?;
    cells.optional_text(&row.activity_name)?;
    cells.optional_id(row.task_id);
    cells.optional_text(&row.assignee)?;
    cells.time(row.started_at);
    cells.time(row.ended_at);
    cells.boolean(row.canceled);
    cells.boolean(row.complete_scope);
    cells.optional_id(row.root_instance_id);
    cells.optional_id(row.called_instance_id);
    let task = row.external_task.as_ref();
    cells.optional_text(&task.map(|task| &task.topic))?;
    cells.optional_text(&task.and_then(|task| task.worker.as_ref()))?;
    cells.optional_integer(task.map(|task| task.priority));
    cells.optional_integer(task.and_then(|task| task.retries));
    Ok(())
}

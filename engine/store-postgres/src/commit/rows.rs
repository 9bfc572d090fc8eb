//! The rows of a batch, table by table.

use std::collections::HashMap;

use flowstone_store::Result;
use flowstone_store::change::{AppliedCommand, HeaderChange, InstanceChange};
use flowstone_store::record::{ActivityRow, IncidentRow, JobRow};
use serde::Serialize;
use uuid::Uuid;

use super::statement::Statement;
use super::{ends, unsendable};
use crate::document::{self, LargeValue};

/// The variables documents of a batch, and the values that lie outside of them.
pub(super) struct Documents {
    by_scope: HashMap<Uuid, String>,
    outside: Vec<(Uuid, LargeValue)>,
}

impl Documents {
    /// The document of the root scope of an instance.
    pub(super) fn instance(&self, change: &InstanceChange) -> &str {
        self.by_scope.get(&change.instance_id).map_or("{}", String::as_str)
    }

    fn activity(&self, row: &ActivityRow) -> Option<&str> {
        self.by_scope.get(&row.id).map(String::as_str)
    }
}

/// Serialises the variables of a batch.
pub(super) fn large_values(changes: &[InstanceChange]) -> Result<Documents> {
    let mut documents = Documents {
        by_scope: HashMap::new(),
        outside: Vec::new(),
    };
    let mut outside = Vec::new();
    for change in changes {
        let root = match &change.header {
            HeaderChange::Insert(row) => Some(&row.variables),
            HeaderChange::Update { variables, .. } => variables.as_ref(),
            HeaderChange::Delete { .. } | HeaderChange::Pass => None,
        };
        let local = change
            .activities_inserted
            .iter()
            .chain(&change.activities_updated)
            .filter_map(|row| row.variables.as_ref().map(|variables| (row.id, variables)));
        for (scope, variables) in root
            .map(|variables| (change.instance_id, variables))
            .into_iter()
            .chain(local)
        {
            documents
                .by_scope
                .insert(scope, document::write(variables, &mut outside)?);
        }
        documents
            .outside
            .extend(outside.drain(..).map(|value| (change.instance_id, value)));
    }
    documents
        .outside
        .sort_unstable_by(|left, right| (left.0, &left.1.hash).cmp(&(right.0, &right.1.hash)));
    documents.outside.dedup();
    Ok(documents)
}

pub(super) fn write_large_values(statement: &mut Statement, documents: &Documents) -> Result<()> {
    let values = &documents.outside;
    if values.is_empty() {
        return Ok(());
    }
    let source = statement
        .rows()
        .column("uuid", values.iter().map(|(instance, _)| *instance))?
        .column("text", values.iter().map(|(_, value)| value.hash.as_str()))?
        .column("text", values.iter().map(|(_, value)| value.content.as_str()))?
        .source();
    let condition = statement.unless_conflict("r.instance_id", "where");
    statement.part(
        "large_value_put",
        &format!(
            "insert into large_value (instance_id, hash, content) \
             select * from {source} as r (instance_id, hash, content) {condition} on conflict do nothing"
        ),
    );
    Ok(())
}

pub(super) fn write_activities(
    statement: &mut Statement,
    changes: &[InstanceChange],
    documents: &Documents,
) -> Result<()> {
    const COLUMNS: &str = "id, instance_id, parent_id, node_id, activity_type, activity_name, kind, started_at, topic, \
                           priority, task_suspended, worker, lock_expires, lock_token, variables, retries, \
                           error_message, error_details, detail";
    let inserted: Vec<&ActivityRow> = changes.iter().flat_map(|change| &change.activities_inserted).collect();
    if !inserted.is_empty() {
        let source = activity_rows(statement, &inserted, documents)?;
        let condition = statement.unless_conflict("r.instance_id", "where");
        statement.part(
            "activity_inserted",
            &format!(
                "insert into activity ({COLUMNS}) \
                 select id, instance_id, parent_id, node_id, activity_type, activity_name, kind, started_at, topic, \
                 priority, task_suspended, worker, lock_expires, lock_token, variables::jsonb, retries, \
                 error_message, error_details, detail::json from {source} as r ({COLUMNS}) {condition}"
            ),
        );
    }
    let updated: Vec<&ActivityRow> = changes.iter().flat_map(|change| &change.activities_updated).collect();
    if !updated.is_empty() {
        let source = activity_rows(statement, &updated, documents)?;
        let condition = statement.unless_conflict("r.instance_id", "and");
        statement.part(
            "activity_updated",
            &format!(
                "update activity a set parent_id = r.parent_id, node_id = r.node_id, \
                 activity_type = r.activity_type, activity_name = r.activity_name, kind = r.kind, \
                 started_at = r.started_at, variables = r.variables::jsonb, topic = r.topic, priority = r.priority, \
                 retries = r.retries, worker = r.worker, lock_expires = r.lock_expires, lock_token = r.lock_token, \
                 error_message = r.error_message, error_details = r.error_details, task_suspended = r.task_suspended, \
                 detail = r.detail::json \
                 from {source} as r ({COLUMNS}) where a.id = any(array[r.id]) {condition}"
            ),
        );
    }
    // Those of ended instances go with their instance.
    delete_rows(statement, "activity", changes, |change| {
        if ends(change) { &[] } else { &change.activities_deleted }
    })
}

fn activity_rows(statement: &mut Statement, rows: &[&ActivityRow], documents: &Documents) -> Result<String> {
    let all = || rows.iter().copied();
    let details = all()
        .map(|row| row.detail.as_ref().map(json_text).transpose())
        .collect::<Result<Vec<Option<String>>>>()?;
    // The columns of external tasks, absent for other kinds.
    let tasks = || rows.iter().map(|row| row.external_task.as_ref());
    Ok(statement
        .rows()
        .column("uuid", all().map(|row| row.id))?
        .column("uuid", all().map(|row| row.instance_id))?
        .column("uuid", all().map(|row| row.parent_id))?
        .texts(all().map(|row| &row.node_id))?
        .texts(all().map(|row| &row.activity_type))?
        .optional_texts(all().map(|row| row.activity_name.as_deref()))?
        .column("text", all().map(|row| row.kind.as_str()))?
        .column("timestamptz", all().map(|row| row.started_at))?
        .optional_texts(tasks().map(|task| task.map(|task| task.topic.as_str())))?
        .column("int8", tasks().map(|task| task.map(|task| task.priority)))?
        .column("bool", tasks().map(|task| task.map(|task| task.suspended)))?
        .seldom(|columns| {
            columns
                .texts(tasks().map(|task| task.and_then(|task| task.worker.as_deref())))
                .column(
                    "timestamptz",
                    tasks().map(|task| task.and_then(|task| task.lock_expires)),
                )
                .column("uuid", tasks().map(|task| task.and_then(|task| task.lock_token)))
        })?
        .seldom(|columns| {
            columns
                .column("text", all().map(|row| documents.activity(row)))
                .column("int4", tasks().map(|task| task.and_then(|task| task.retries)))
                .texts(tasks().map(|task| task.and_then(|task| task.error_message.as_deref())))
                .texts(tasks().map(|task| task.and_then(|task| task.error_details.as_deref())))
                .column("text", details.into_iter())
        })?
        .source())
}

pub(super) fn write_user_tasks(statement: &mut Statement, changes: &[InstanceChange]) -> Result<()> {
    const COLUMNS: &str = "id, instance_id, name, description, assignee, owner, delegation_state, priority, due, \
                           follow_up, candidate_users, candidate_groups, form_key, form_ref";
    let rows: Vec<_> = changes.iter().flat_map(|change| &change.user_tasks_put).collect();
    if !rows.is_empty() {
        let all = || rows.iter().copied();
        let users = json_texts(all().map(|row| storable_all(&row.candidate_users)))?;
        let groups = json_texts(all().map(|row| storable_all(&row.candidate_groups)))?;
        let forms = all()
            .map(|row| row.form_ref.as_ref().map(json_text).transpose())
            .collect::<Result<Vec<Option<String>>>>()?;
        let source = statement
            .rows()
            .column("uuid", all().map(|row| row.id))?
            .column("uuid", all().map(|row| row.instance_id))?
            .optional_texts(all().map(|row| row.name.as_deref()))?
            .optional_texts(all().map(|row| row.description.as_deref()))?
            .optional_texts(all().map(|row| row.assignee.as_deref()))?
            .optional_texts(all().map(|row| row.owner.as_deref()))?
            .optional_texts(all().map(|row| row.delegation_state.as_deref()))?
            .column("int4", all().map(|row| row.priority))?
            .column("timestamptz", all().map(|row| row.due))?
            .column("timestamptz", all().map(|row| row.follow_up))?
            .column("text", users.into_iter())?
            .column("text", groups.into_iter())?
            .optional_texts(all().map(|row| row.form_key.as_deref()))?
            .column("text", forms.into_iter())?
            .source();
        let condition = statement.unless_conflict("r.instance_id", "where");
        statement.part(
            "user_task_put",
            &format!(
                "insert into user_task ({COLUMNS}) \
                 select id, instance_id, name, description, assignee, owner, delegation_state, priority, due, follow_up, \
                 array(select jsonb_array_elements_text(candidate_users::jsonb)), \
                 array(select jsonb_array_elements_text(candidate_groups::jsonb)), form_key, form_ref::json \
                 from {source} as r ({COLUMNS}) {condition} \
                 on conflict (id) do update set name = excluded.name, description = excluded.description, \
                 assignee = excluded.assignee, owner = excluded.owner, delegation_state = excluded.delegation_state, \
                 priority = excluded.priority, due = excluded.due, follow_up = excluded.follow_up, \
                 candidate_users = excluded.candidate_users, candidate_groups = excluded.candidate_groups, \
                 form_key = excluded.form_key, form_ref = excluded.form_ref"
            ),
        );
    }
    delete_rows(statement, "user_task", changes, |change| &change.user_tasks_deleted)
}

pub(super) fn write_subscriptions(statement: &mut Statement, changes: &[InstanceChange]) -> Result<()> {
    const COLUMNS: &str = "id, instance_id, activity_id, event_type, event_name, node_id, created_at, configuration";
    let rows: Vec<_> = changes
        .iter()
        .flat_map(|change| &change.subscriptions_inserted)
        .collect();
    if !rows.is_empty() {
        let all = || rows.iter().copied();
        let source = statement
            .rows()
            .column("uuid", all().map(|row| row.id))?
            .column("uuid", all().map(|row| row.instance_id))?
            .column("uuid", all().map(|row| row.activity_id))?
            .texts(all().map(|row| &row.event_type))?
            .optional_texts(all().map(|row| row.event_name.as_deref()))?
            .texts(all().map(|row| &row.node_id))?
            .column("timestamptz", all().map(|row| row.created_at))?
            .optional_texts(all().map(|row| row.configuration.as_deref()))?
            .source();
        insert_rows(statement, "event_subscription", COLUMNS, &source);
    }
    delete_rows(statement, "event_subscription", changes, |change| {
        &change.subscriptions_deleted
    })
}

pub(super) fn write_incidents(statement: &mut Statement, changes: &[InstanceChange]) -> Result<()> {
    const COLUMNS: &str =
        "id, instance_id, activity_id, incident_type, node_id, configuration, message, created_at, annotation";
    let inserted: Vec<_> = changes.iter().flat_map(|change| &change.incidents_inserted).collect();
    if !inserted.is_empty() {
        let source = incident_rows(statement, &inserted)?;
        insert_rows(statement, "incident", COLUMNS, &source);
    }
    let updated: Vec<_> = changes.iter().flat_map(|change| &change.incidents_updated).collect();
    if !updated.is_empty() {
        let source = incident_rows(statement, &updated)?;
        let condition = statement.unless_conflict("r.instance_id", "and");
        statement.part(
            "incident_updated",
            &format!(
                "update incident i set activity_id = r.activity_id, incident_type = r.incident_type, \
                 node_id = r.node_id, configuration = r.configuration, message = r.message, \
                 created_at = r.created_at, annotation = r.annotation \
                 from {source} as r ({COLUMNS}) where i.id = any(array[r.id]) {condition}"
            ),
        );
    }
    delete_rows(statement, "incident", changes, |change| &change.incidents_deleted)
}

fn incident_rows(statement: &mut Statement, rows: &[&IncidentRow]) -> Result<String> {
    let all = || rows.iter().copied();
    Ok(statement
        .rows()
        .column("uuid", all().map(|row| row.id))?
        .column("uuid", all().map(|row| row.instance_id))?
        .column("uuid", all().map(|row| row.activity_id))?
        .texts(all().map(|row| &row.incident_type))?
        .texts(all().map(|row| &row.node_id))?
        .optional_texts(all().map(|row| row.configuration.as_deref()))?
        .optional_texts(all().map(|row| row.message.as_deref()))?
        .column("timestamptz", all().map(|row| row.created_at))?
        .optional_texts(all().map(|row| row.annotation.as_deref()))?
        .source())
}

pub(super) fn write_jobs(statement: &mut Statement, changes: &[InstanceChange]) -> Result<()> {
    const COLUMNS: &str = "id, instance_id, execution_id, definition_id, definition_key, tenant_id, deployment_id, \
                           job_definition_id, node_id, job_type, configuration, due, priority, retries, suspended, \
                           exception_message, exception_details, failed_node_id, created_at, detail";
    let rows: Vec<(Uuid, &JobRow)> = changes
        .iter()
        .flat_map(|change| {
            let stays = matches!(change.header, HeaderChange::Insert(_) | HeaderChange::Update { .. });
            let own: &[JobRow] = if stays { &change.jobs_put } else { &[] };
            let rows = own.iter().chain(&change.definition_jobs);
            rows.map(|row| (change.instance_id, row))
        })
        .collect();
    if !rows.is_empty() {
        let all = || rows.iter().map(|(_, row)| *row);
        let details = all()
            .map(|row| row.detail.as_ref().map(json_text).transpose())
            .collect::<Result<Vec<Option<String>>>>()?;
        let source = statement
            .rows()
            .column("uuid", all().map(|row| row.id))?
            .column("uuid", all().map(|row| row.instance_id))?
            .column("uuid", all().map(|row| row.execution_id))?
            .texts(all().map(|row| &row.definition_id))?
            .texts(all().map(|row| &row.definition_key))?
            .optional_texts(all().map(|row| row.tenant_id.as_deref()))?
            .column("uuid", all().map(|row| row.deployment_id))?
            .column("uuid", all().map(|row| row.job_definition_id))?
            .texts(all().map(|row| &row.node_id))?
            .texts(all().map(|row| &row.job_type))?
            .texts(all().map(|row| &row.configuration))?
            .column("timestamptz", all().map(|row| row.due))?
            .column("int8", all().map(|row| row.priority))?
            .column("int4", all().map(|row| row.retries))?
            .column("bool", all().map(|row| row.suspended))?
            .optional_texts(all().map(|row| row.exception_message.as_deref()))?
            .optional_texts(all().map(|row| row.exception_details.as_deref()))?
            .optional_texts(all().map(|row| row.failed_node_id.as_deref()))?
            .column("timestamptz", all().map(|row| row.created_at))?
            .column("text", details.into_iter())?
            .column("uuid", rows.iter().map(|(changed, _)| *changed))?
            .source();
        let condition = statement.unless_conflict("r.changed", "where");
        statement.part(
            "job_put",
            &format!(
                "insert into job ({COLUMNS}) \
                 select id, instance_id, execution_id, definition_id, definition_key, tenant_id, deployment_id, \
                 job_definition_id, node_id, job_type, configuration, due, priority, retries, suspended, \
                 exception_message, exception_details, failed_node_id, created_at, detail::json \
                 from {source} as r ({COLUMNS}, changed) {condition} \
                 on conflict (id) do update set instance_id = excluded.instance_id, \
                 execution_id = excluded.execution_id, definition_id = excluded.definition_id, \
                 definition_key = excluded.definition_key, tenant_id = excluded.tenant_id, \
                 deployment_id = excluded.deployment_id, job_definition_id = excluded.job_definition_id, \
                 node_id = excluded.node_id, job_type = excluded.job_type, \
                 configuration = excluded.configuration, due = excluded.due, priority = excluded.priority, \
                 retries = excluded.retries, suspended = excluded.suspended, \
                 exception_message = excluded.exception_message, exception_details = excluded.exception_details, \
                 failed_node_id = excluded.failed_node_id, created_at = excluded.created_at, \
                 detail = excluded.detail"
            ),
        );
    }
    delete_rows(statement, "job", changes, |change| &change.jobs_deleted)
}

pub(super) fn write_history(statement: &mut Statement, changes: &[InstanceChange]) -> Result<()> {
    let instances: Vec<_> = changes
        .iter()
        .filter_map(|change| change.historic_instance.as_ref())
        .collect();
    if !instances.is_empty() {
        let all = || instances.iter().copied();
        let source = statement
            .rows()
            .column("uuid", all().map(|row| row.id))?
            .texts(all().map(|row| &row.definition_id))?
            .texts(all().map(|row| &row.definition_key))?
            .optional_texts(all().map(|row| row.definition_name.as_deref()))?
            .column("int4", all().map(|row| row.definition_version))?
            .optional_texts(all().map(|row| row.business_key.as_deref()))?
            .optional_texts(all().map(|row| row.start_activity_id.as_deref()))?
            .optional_texts(all().map(|row| row.end_activity_id.as_deref()))?
            .column("timestamptz", all().map(|row| row.started_at))?
            .column("timestamptz", all().map(|row| row.ended_at))?
            .texts(all().map(|row| &row.state))?
            .seldom(|columns| {
                columns
                    .texts(all().map(|row| row.tenant_id.as_deref()))
                    .texts(all().map(|row| row.start_user_id.as_deref()))
                    .texts(all().map(|row| row.delete_reason.as_deref()))
                    .column("uuid", all().map(|row| row.super_instance_id))
                    .column("uuid", all().map(|row| row.root_instance_id))
            })?
            .source();
        let condition = statement.unless_conflict("r.id", "where");
        let columns = "id, definition_id, definition_key, definition_name, definition_version, business_key, \
                       start_activity_id, end_activity_id, started_at, ended_at, state, tenant_id, start_user_id, \
                       delete_reason, super_instance_id, root_instance_id";
        statement.part(
            "history_process_instance_inserted",
            &format!(
                "insert into history_process_instance ({columns}) \
                 select {columns} from {source} as r ({columns}) {condition}"
            ),
        );
    }

    let activities: Vec<_> = changes.iter().flat_map(|change| &change.historic_activities).collect();
    if !activities.is_empty() {
        let all = || activities.iter().copied();
        let tasks = || activities.iter().map(|row| row.external_task.as_ref());
        let source = statement
            .rows()
            .column("uuid", all().map(|row| row.id))?
            .column("uuid", all().map(|row| row.instance_id))?
            .column("uuid", all().map(|row| row.parent_id))?
            .texts(all().map(|row| &row.definition_id))?
            .texts(all().map(|row| &row.definition_key))?
            .texts(all().map(|row| &row.node_id))?
            .texts(all().map(|row| &row.activity_type))?
            .optional_texts(all().map(|row| row.activity_name.as_deref()))?
            .column("timestamptz", all().map(|row| row.started_at))?
            .column("timestamptz", all().map(|row| row.ended_at))?
            .column("bool", all().map(|row| row.canceled))?
            .column("bool", all().map(|row| row.complete_scope))?
            .seldom(|columns| {
                columns
                    .texts(tasks().map(|task| task.map(|task| task.topic.as_str())))
                    .texts(tasks().map(|task| task.and_then(|task| task.worker.as_deref())))
                    .column("int8", tasks().map(|task| task.map(|task| task.priority)))
            })?
            .seldom(|columns| {
                columns
                    .texts(all().map(|row| row.tenant_id.as_deref()))
                    .column("uuid", all().map(|row| row.task_id))
                    .texts(all().map(|row| row.assignee.as_deref()))
                    .column("uuid", all().map(|row| row.root_instance_id))
                    .column("uuid", all().map(|row| row.called_instance_id))
                    .column("int4", tasks().map(|task| task.and_then(|task| task.retries)))
            })?
            .source();
        insert_rows(
            statement,
            "history_activity",
            "id, instance_id, parent_id, definition_id, definition_key, node_id, activity_type, activity_name, \
             started_at, ended_at, canceled, complete_scope, topic, worker, priority, tenant_id, task_id, assignee, \
             root_instance_id, called_instance_id, retries",
            &source,
        );
    }

    let events: Vec<_> = changes.iter().filter_map(|change| change.event_log.as_ref()).collect();
    if !events.is_empty() {
        let all = || events.iter().copied();
        let source = statement
            .rows()
            .column("uuid", all().map(|row| row.instance_id))?
            .column("int8", all().map(|row| row.version))?
            .column("timestamptz", all().map(|row| row.at))?
            .column("bytea", all().map(|row| row.events.as_slice()))?
            .source();
        insert_rows(statement, "history_event", "instance_id, version, at, events", &source);
    }
    Ok(())
}

pub(super) fn write_applied(statement: &mut Statement, applied: &[AppliedCommand]) -> Result<()> {
    if applied.is_empty() {
        return Ok(());
    }
    let outcomes = json_texts(applied.iter().map(|command| &command.outcome))?;
    let source = statement
        .rows()
        .texts(applied.iter().map(|command| &command.key))?
        .column("uuid", applied.iter().map(|command| command.instance_id))?
        .column("timestamptz", applied.iter().map(|command| command.at))?
        .column("text", outcomes.into_iter())?
        .source();
    let condition = statement.unless_conflict("r.instance_id", "where");
    statement.part(
        "applied_command_inserted",
        &format!(
            "insert into applied_command (key, instance_id, at, outcome) \
             select key, instance_id, at, outcome::json from {source} as r (key, instance_id, at, outcome) {condition}"
        ),
    );
    Ok(())
}

/// Inserts rows as they are sent, those of instances in conflict left out.
fn insert_rows(statement: &mut Statement, table: &str, columns: &str, source: &str) {
    let condition = statement.unless_conflict("r.instance_id", "where");
    statement.part(
        &format!("{table}_inserted"),
        &format!("insert into {table} ({columns}) select {columns} from {source} as r ({columns}) {condition}"),
    );
}

/// Deletes rows by id.
fn delete_rows(
    statement: &mut Statement,
    table: &str,
    changes: &[InstanceChange],
    pick: fn(&InstanceChange) -> &[Uuid],
) -> Result<()> {
    let gone: Vec<(Uuid, Uuid)> = changes
        .iter()
        .flat_map(|change| pick(change).iter().map(|id| (*id, change.instance_id)))
        .collect();
    if gone.is_empty() {
        return Ok(());
    }
    let source = statement
        .rows()
        .column("uuid", gone.iter().map(|(id, _)| *id))?
        .column("uuid", gone.iter().map(|(_, instance)| *instance))?
        .source();
    let condition = statement.unless_conflict("r.instance_id", "and");
    statement.part(
        &format!("{table}_deleted"),
        &format!(
            "delete from {table} t using {source} as r (id, instance_id) where t.id = any(array[r.id]) {condition}"
        ),
    );
    Ok(())
}

fn storable_all(texts: &[String]) -> Vec<std::borrow::Cow<'_, str>> {
    texts.iter().map(|text| crate::text::storable(text)).collect()
}

fn json_texts<T: Serialize>(values: impl Iterator<Item = T>) -> Result<Vec<String>> {
    values.map(|value| json_text(&value)).collect()
}

fn json_text(value: &(impl Serialize + ?Sized)) -> Result<String> {
    serde_json::to_string(value).map_err(|error| unsendable(error.into()))
}

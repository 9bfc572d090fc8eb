//! History: what has ended, what still runs, the events of instances, and forgetting them.

use chrono::{DateTime, Utc};
use flowstone_expression::Variables;
use uuid::Uuid;

use super::entity::{Context, boolean, id, integer, live_rows, optional_text, optional_time, text, time};
use super::evaluate::{Entity, Value};
use super::{Live, Rows, State};
use crate::history::HistoricIncident;
use crate::query::{HistoricActivityField, HistoricInstanceField, Scalar};
use crate::record::{
    ActivityKind, ActivityRow, EventLogRow, HistoricActivityRecord, HistoricInstanceRecord, IncidentRow,
};

impl State {
    pub(super) fn event_log(&self, instance: Uuid, after: i64, limit: u32) -> Vec<EventLogRow> {
        self.events
            .range((instance, after.saturating_add(1))..=(instance, i64::MAX))
            .map(|(_, row)| row.clone())
            .take(limit as usize)
            .collect()
    }

    pub(super) fn delete_historic_instance(&mut self, id: Uuid) -> bool {
        if self.historic_instances.remove(&id).is_none() {
            return false;
        }
        self.historic_activities.retain(|(instance, _), _| *instance != id);
        self.historic_variables.retain(|(instance, _), _| *instance != id);
        self.historic_tasks.retain(|(instance, _), _| *instance != id);
        self.external_task_log.retain(|(instance, _), _| *instance != id);
        self.job_log.retain(|(instance, _), _| *instance != id);
        self.historic_incidents.retain(|(instance, _), _| *instance != id);
        self.historic_decisions.retain(|(instance, _), _| *instance != id);
        self.events.retain(|(instance, _), _| *instance != id);
        true
    }
}

/// Milliseconds from start to end, nothing while it runs.
pub(super) fn duration(started_at: DateTime<Utc>, ended_at: Option<DateTime<Utc>>) -> Value {
    Value::One(ended_at.map(|ended_at| Scalar::Integer((ended_at - started_at).num_milliseconds())))
}

/// The instance that a call activity waits for.
fn called_by(state: &State, activity: &ActivityRow) -> Option<Uuid> {
    let called = |live: &&Live| {
        live.instance.super_instance_id == Some(activity.instance_id)
            && live.instance.super_execution_id == Some(activity.id)
    };
    state.instances.values().find(called).map(|live| live.instance.id)
}

/// Variables of the root scope of an instance, running or ended.
pub(super) fn variables_of(state: &State, instance: Uuid) -> Option<&Variables> {
    match state.instances.get(&instance) {
        Some(live) => Some(&live.instance.variables),
        None => state
            .historic_variables
            .get(&(instance, instance))
            .map(|row| &row.variables),
    }
}

/// The rows of an instance.
fn ended_of<Row>(rows: &Rows<Row>, instance: Uuid) -> impl Iterator<Item = &Row> {
    let all = (instance, Uuid::nil())..=(instance, Uuid::max());
    rows.range(all).map(|(_, row)| row)
}

impl Entity for HistoricInstanceRecord {
    type Field = HistoricInstanceField;
    type Row<'state> = (HistoricInstanceRecord, &'state State);

    fn rows(state: &State) -> Vec<Self::Row<'_>> {
        let ended = state.historic_instances.values().cloned().map(|row| {
            let record = HistoricInstanceRecord {
                id: row.id,
                definition_id: row.definition_id,
                definition_key: row.definition_key,
                definition_name: row.definition_name,
                definition_version: row.definition_version,
                business_key: row.business_key,
                tenant_id: row.tenant_id,
                start_activity_id: row.start_activity_id,
                end_activity_id: row.end_activity_id,
                start_user_id: row.start_user_id,
                started_at: row.started_at,
                ended_at: Some(row.ended_at),
                state: row.state,
                delete_reason: row.delete_reason,
                super_instance_id: row.super_instance_id,
                root_instance_id: row.root_instance_id,
            };
            (record, state)
        });
        let running = Context::all(state).map(|context| {
            let instance = context.live.instance.clone();
            let record = HistoricInstanceRecord {
                id: instance.id,
                definition_id: instance.definition_id,
                definition_key: context.definition_key(),
                definition_name: context.definition.and_then(|definition| definition.name.clone()),
                definition_version: context.definition.map_or(0, |definition| definition.version),
                business_key: instance.business_key,
                tenant_id: instance.tenant_id,
                start_activity_id: instance.start_activity_id,
                end_activity_id: None,
                start_user_id: instance.start_user_id,
                started_at: instance.started_at,
                ended_at: None,
                state: if instance.suspended { "SUSPENDED" } else { "ACTIVE" }.into(),
                delete_reason: None,
                super_instance_id: instance.super_instance_id,
                root_instance_id: instance.root_instance_id,
            };
            (record, state)
        });
        let mut rows: Vec<_> = ended.chain(running).collect();
        rows.sort_by_key(|(record, _)| record.id);
        rows
    }

    fn value((row, state): &Self::Row<'_>, field: HistoricInstanceField) -> Value {
        let live = state.instances.get(&row.id);
        let incidents = |of_open: fn(&IncidentRow) -> Option<Scalar>,
                         of_closed: fn(&HistoricIncident) -> Option<Scalar>| {
            let open = live.into_iter().flat_map(|live| live.incidents.values()).map(of_open);
            let closed = ended_of(&state.historic_incidents, row.id).map(of_closed);
            Value::Many(open.chain(closed).collect())
        };
        let executed = || ended_of(&state.historic_activities, row.id);
        let of_text = |text: &str| Some(Scalar::Text(text.to_owned()));
        match field {
            HistoricInstanceField::Id => id(row.id),
            HistoricInstanceField::SuperInstanceId => Value::One(row.super_instance_id.map(Scalar::Id)),
            HistoricInstanceField::RootInstanceId => id(row.root_instance_id.unwrap_or(row.id)),
            HistoricInstanceField::DefinitionId => text(&row.definition_id),
            HistoricInstanceField::DefinitionKey => text(&row.definition_key),
            HistoricInstanceField::DefinitionName => optional_text(&row.definition_name),
            HistoricInstanceField::DefinitionVersion => integer(row.definition_version),
            HistoricInstanceField::BusinessKey => optional_text(&row.business_key),
            HistoricInstanceField::TenantId => optional_text(&row.tenant_id),
            HistoricInstanceField::StartActivityId => optional_text(&row.start_activity_id),
            HistoricInstanceField::StartUserId => optional_text(&row.start_user_id),
            HistoricInstanceField::StartedAt => time(row.started_at),
            HistoricInstanceField::EndedAt => optional_time(row.ended_at),
            HistoricInstanceField::State => text(&row.state),
            HistoricInstanceField::Duration => duration(row.started_at, row.ended_at),
            HistoricInstanceField::SubInstanceId => {
                let running = state.instances.values().map(|live| &live.instance);
                let running = running.map(|called| (called.id, called.super_instance_id));
                let ended = state.historic_instances.values();
                let ended = ended.map(|called| (called.id, called.super_instance_id));
                let called = running.chain(ended).filter(|(_, caller)| *caller == Some(row.id));
                Value::Many(called.map(|(id, _)| Some(Scalar::Id(id))).collect())
            }
            HistoricInstanceField::IncidentId => {
                incidents(|row| Some(Scalar::Id(row.id)), |row| Some(Scalar::Id(row.id)))
            }
            HistoricInstanceField::IncidentType => incidents(
                |row| Some(Scalar::Text(row.incident_type.to_string())),
                |row| Some(Scalar::Text(row.incident_type.to_string())),
            ),
            HistoricInstanceField::IncidentMessage => incidents(
                |row| row.message.clone().map(Scalar::Text),
                |row| row.message.clone().map(Scalar::Text),
            ),
            HistoricInstanceField::IncidentState => incidents(
                |_| Some(Scalar::Text("open".to_owned())),
                |row| Some(Scalar::Text(row.state.to_string())),
            ),
            HistoricInstanceField::ExecutedActivityId => {
                Value::Many(executed().map(|row| of_text(&row.node_id)).collect())
            }
            HistoricInstanceField::ExecutedAt => {
                Value::Many(executed().map(|row| Some(Scalar::Time(row.ended_at))).collect())
            }
            HistoricInstanceField::ActiveActivityId => {
                let open = live.into_iter().flat_map(|live| live.activities.values());
                let open = open.filter(|row| row.kind.is_open_activity());
                Value::Many(open.map(|row| of_text(&row.node_id)).collect())
            }
        }
    }

    fn variables<'row>((row, state): &'row Self::Row<'_>) -> Option<&'row Variables> {
        variables_of(state, row.id)
    }

    fn record((row, _): &Self::Row<'_>) -> Self {
        row.clone()
    }
}

impl Entity for HistoricActivityRecord {
    type Field = HistoricActivityField;
    type Row<'state> = (HistoricActivityRecord, Option<&'state Variables>);

    fn rows(state: &State) -> Vec<Self::Row<'_>> {
        let ended = state.historic_activities.values().cloned().map(|row| {
            let variables = variables_of(state, row.instance_id);
            let record = HistoricActivityRecord {
                id: row.id,
                instance_id: row.instance_id,
                parent_id: row.parent_id,
                definition_id: row.definition_id,
                definition_key: row.definition_key,
                tenant_id: row.tenant_id,
                node_id: row.node_id,
                activity_type: row.activity_type,
                activity_name: row.activity_name,
                task_id: row.task_id,
                assignee: row.assignee,
                started_at: row.started_at,
                ended_at: Some(row.ended_at),
                canceled: row.canceled,
                complete_scope: row.complete_scope,
                root_instance_id: row.root_instance_id,
                called_instance_id: row.called_instance_id,
            };
            (record, variables)
        });
        let open = live_rows(
            state,
            |live| live.activities.values().filter(|row| row.kind.is_open_activity()),
            |row: &ActivityRow| row.id,
        )
        .into_iter()
        .map(|(context, row)| {
            let instance = &context.live.instance;
            let task = context.live.user_tasks.get(&row.id);
            let record = HistoricActivityRecord {
                id: row.id,
                instance_id: row.instance_id,
                parent_id: row.parent_id,
                definition_id: instance.definition_id.clone(),
                definition_key: context.definition_key(),
                tenant_id: instance.tenant_id.clone(),
                node_id: row.node_id.clone(),
                activity_type: row.activity_type.clone(),
                activity_name: row.activity_name.clone(),
                task_id: (row.kind == ActivityKind::UserTask).then_some(row.id),
                assignee: task.and_then(|task| task.assignee.clone()),
                started_at: row.started_at,
                ended_at: None,
                canceled: false,
                complete_scope: false,
                root_instance_id: instance.root_instance_id,
                called_instance_id: called_by(state, row),
            };
            (record, Some(&instance.variables))
        });
        let mut rows: Vec<_> = ended.chain(open).collect();
        rows.sort_by_key(|(record, _)| record.id);
        rows
    }

    fn value((row, _): &Self::Row<'_>, field: HistoricActivityField) -> Value {
        match field {
            HistoricActivityField::Id => id(row.id),
            HistoricActivityField::InstanceId => id(row.instance_id),
            HistoricActivityField::ParentId => id(row.parent_id),
            HistoricActivityField::DefinitionId => text(&row.definition_id),
            HistoricActivityField::DefinitionKey => text(&row.definition_key),
            HistoricActivityField::TenantId => optional_text(&row.tenant_id),
            HistoricActivityField::ActivityId => text(&row.node_id),
            HistoricActivityField::ActivityType => text(&row.activity_type),
            HistoricActivityField::ActivityName => optional_text(&row.activity_name),
            HistoricActivityField::TaskId => Value::One(row.task_id.map(Scalar::Id)),
            HistoricActivityField::Assignee => optional_text(&row.assignee),
            HistoricActivityField::StartedAt => time(row.started_at),
            HistoricActivityField::EndedAt => optional_time(row.ended_at),
            HistoricActivityField::Canceled => boolean(row.canceled),
            HistoricActivityField::CompleteScope => boolean(row.complete_scope),
            HistoricActivityField::Duration => duration(row.started_at, row.ended_at),
        }
    }

    fn variables<'row>((_, variables): &'row Self::Row<'_>) -> Option<&'row Variables> {
        *variables
    }

    fn record((row, _): &Self::Row<'_>) -> Self {
        row.clone()
    }
}

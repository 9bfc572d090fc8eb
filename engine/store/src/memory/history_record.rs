//! Records of history that are described by their columns.

use flowstone_expression::Variables;
use uuid::Uuid;

use super::entity::{Context, id, texts};
use super::evaluate::{Entity, Value};
use super::history::{duration, variables_of};
use super::{Rows, State};
use crate::cell::{Cell, Stored as _};
use crate::history::{
    ExternalTaskLogEntry, HistoricDecision, HistoricIncident, HistoricTask, HistoryRecord, JobLogEntry, Origin,
};
use crate::query::Scalar;
use crate::record::IncidentRow;

/// A kind of record that is history when it has ended.
pub(super) trait Source: HistoryRecord {
    /// Those that have ended.
    fn ended(state: &State) -> &Rows<Self>;

    /// Those that have not, of one instance.
    fn open(context: Context<'_>) -> Vec<Self>;

    /// Those that follow from other history.
    fn derived(_: &State) -> Vec<Self> {
        Vec::new()
    }
}

impl<Record: Source> Entity for Record {
    type Field = <Record as HistoryRecord>::Field;
    type Row<'state> = (Record, &'state State);

    fn rows(state: &State) -> Vec<Self::Row<'_>> {
        let ended = Record::ended(state).values().cloned();
        let open = Context::all(state).flat_map(Record::open);
        let all = ended.chain(open).chain(Record::derived(state));
        let mut rows: Vec<Self::Row<'_>> = all.map(|record| (record, state)).collect();
        rows.sort_by_key(|(record, _)| record.key().1);
        rows
    }

    fn value((record, state): &Self::Row<'_>, field: Self::Field) -> Value {
        match Record::origin(field) {
            Origin::Column(..) => record.cell_of(field).map_or(Value::One(None), of_cell),
            Origin::Among(column) => {
                let among = cell(record, column).map(Vec::<String>::from_cell);
                texts(among.and_then(Result::ok).unwrap_or_default())
            }
            Origin::Duration => match (cell(record, "started_at"), cell(record, "ended_at")) {
                (Some(Cell::Time(Some(started_at))), Some(Cell::Time(ended_at))) => duration(started_at, ended_at),
                _ => Value::One(None),
            },
            Origin::Running => {
                let runs = state.instances.contains_key(&record.key().0);
                Value::One(Some(Scalar::Boolean(runs)))
            }
        }
    }

    fn variables<'row>((record, state): &'row Self::Row<'_>) -> Option<&'row Variables> {
        variables_of(state, record.key().0)
    }

    fn record((record, _): &Self::Row<'_>) -> Self {
        record.clone()
    }
}

/// The value of a column.
fn cell<Record: HistoryRecord>(record: &Record, column: &str) -> Option<Cell> {
    let position = Record::COLUMNS.iter().position(|(name, _)| *name == column)?;
    Some(record.cells().swap_remove(position))
}

fn of_cell(cell: Cell) -> Value {
    Value::One(match cell {
        Cell::Text(text) => text.map(Scalar::Text),
        Cell::Id(Some(one)) => return id(one),
        Cell::Integer(number) => number.map(Scalar::Integer),
        Cell::Boolean(truth) => truth.map(Scalar::Boolean),
        Cell::Time(time) => time.map(Scalar::Time),
        Cell::Id(None) | Cell::Document(_) | Cell::Variables(_) => None,
    })
}

impl Source for HistoricTask {
    fn ended(state: &State) -> &Rows<Self> {
        &state.historic_tasks
    }

    fn open(context: Context<'_>) -> Vec<Self> {
        let (live, instance) = (context.live, &context.live.instance);
        let tasks = live.user_tasks.values();
        tasks
            .filter_map(|task| Some((task, live.activities.get(&task.id)?)))
            .map(|(task, activity)| HistoricTask {
                id: task.id,
                instance_id: instance.id,
                root_instance_id: instance.root_instance_id,
                definition_id: instance.definition_id.clone(),
                definition_key: context.definition_key(),
                definition_name: context.definition.and_then(|definition| definition.name.clone()),
                tenant_id: instance.tenant_id.clone(),
                business_key: instance.business_key.clone(),
                node_id: activity.node_id.clone(),
                name: task.name.clone(),
                description: task.description.clone(),
                assignee: task.assignee.clone(),
                owner: task.owner.clone(),
                priority: task.priority,
                due: task.due,
                follow_up: task.follow_up,
                started_at: activity.started_at,
                ended_at: None,
                delete_reason: None,
                candidate_users: task.candidate_users.clone(),
                candidate_groups: task.candidate_groups.clone(),
            })
            .collect()
    }
}

impl Source for HistoricIncident {
    fn ended(state: &State) -> &Rows<Self> {
        &state.historic_incidents
    }

    fn open(context: Context<'_>) -> Vec<Self> {
        let (live, instance) = (context.live, &context.live.instance);
        let job_of = |incident: &IncidentRow| {
            let failed = incident.configuration.as_deref()?;
            let job = live.jobs.get(&Uuid::parse_str(failed).ok()?)?;
            job.job_definition_id
        };
        live.incidents
            .values()
            .map(|incident| HistoricIncident {
                id: incident.id,
                instance_id: instance.id,
                root_instance_id: instance.root_instance_id,
                execution_id: incident.activity_id,
                incident_type: incident.incident_type.clone(),
                node_id: incident.node_id.clone(),
                configuration: incident.configuration.clone(),
                message: incident.message.clone(),
                created_at: incident.created_at,
                ended_at: None,
                state: "open".into(),
                definition_id: instance.definition_id.clone(),
                definition_key: context.definition_key(),
                tenant_id: instance.tenant_id.clone(),
                job_definition_id: job_of(incident),
                annotation: incident.annotation.clone(),
            })
            .collect()
    }
}

impl Source for JobLogEntry {
    fn ended(state: &State) -> &Rows<Self> {
        &state.job_log
    }

    // What happened is over.
    fn open(_: Context<'_>) -> Vec<Self> {
        Vec::new()
    }
}

impl Source for HistoricDecision {
    fn ended(state: &State) -> &Rows<Self> {
        &state.historic_decisions
    }

    // An evaluation is over when it is told.
    fn open(_: Context<'_>) -> Vec<Self> {
        Vec::new()
    }
}

impl Source for ExternalTaskLogEntry {
    fn ended(state: &State) -> &Rows<Self> {
        &state.external_task_log
    }

    fn open(context: Context<'_>) -> Vec<Self> {
        let instance = &context.live.instance;
        let activities = context.live.activities.values();
        activities
            .filter_map(|activity| Some((activity, activity.external_task.as_ref()?)))
            .map(|(activity, task)| ExternalTaskLogEntry {
                id: activity.id,
                instance_id: instance.id,
                root_instance_id: instance.root_instance_id,
                at: activity.started_at,
                state: "created".into(),
                external_task_id: activity.id,
                topic: task.topic.clone(),
                worker: None,
                priority: task.priority,
                retries: None,
                error_message: None,
                node_id: activity.node_id.clone(),
                definition_id: instance.definition_id.clone(),
                definition_key: context.definition_key(),
                tenant_id: instance.tenant_id.clone(),
                error_details: None,
            })
            .collect()
    }

    fn derived(state: &State) -> Vec<Self> {
        let activities = state.historic_activities.values();
        activities
            .filter_map(|row| Some((row, row.external_task.as_ref()?)))
            .flat_map(|(row, task)| {
                let created = ExternalTaskLogEntry {
                    id: row.id,
                    instance_id: row.instance_id,
                    root_instance_id: row.root_instance_id,
                    at: row.started_at,
                    state: "created".into(),
                    external_task_id: row.id,
                    topic: task.topic.clone(),
                    worker: None,
                    priority: task.priority,
                    retries: None,
                    error_message: None,
                    node_id: row.node_id.clone(),
                    definition_id: row.definition_id.clone(),
                    definition_key: row.definition_key.clone(),
                    tenant_id: row.tenant_id.clone(),
                    error_details: None,
                };
                let end = ExternalTaskLogEntry {
                    id: id_of_end(row.id),
                    at: row.ended_at,
                    state: if row.canceled { "deleted" } else { "successful" }.into(),
                    worker: task.worker.clone(),
                    retries: task.retries,
                    ..created.clone()
                };
                [created, end]
            })
            .collect()
    }
}

/// The id of the entry for the end of a task: that of the task in version 8.
fn id_of_end(task: Uuid) -> Uuid {
    Uuid::from_u128(task.as_u128() & !(0xf << 76) | 0x8 << 76)
}

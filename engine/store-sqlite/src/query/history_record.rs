//! Records of history that are described by their columns: the tables of what has ended, and the rows of
//! the running instances that are shown as them.

use flowstone_store::cell::{self, Cell};
use flowstone_store::history::{
    ExternalTaskLogEntry, HistoricDecision, HistoricIncident, HistoricTask, HistoryRecord, HistoryRow, JobLogEntry,
    Origin,
};
use sqlx::sqlite::SqliteRow;

use super::history::{DURATION, VARIABLES_OF_INSTANCE};
use super::{Column, Entity, Kind};
use crate::cells::Cells;

macro_rules! history_record {
    ($record:ty, $from:expr) => {
        impl Entity for $record {
            type Field = <$record as HistoryRecord>::Field;
            // In the order of `HistoryRow::COLUMNS`.
            const COLUMNS: &'static str = "h.*";
            const FROM: &'static str = $from;
            const ID: &'static str = "h.id";
            const VARIABLES: Option<&'static str> = Some(VARIABLES_OF_INSTANCE);

            fn column(field: Self::Field) -> Column {
                column(Self::origin(field))
            }

            fn read(row: &SqliteRow) -> sqlx::Result<Self> {
                read(row)
            }
        }
    };
}

history_record!(
    HistoricTask,
    "(select id, instance_id, root_instance_id, definition_id, definition_key, definition_name, tenant_id, \
            business_key, node_id, name, description, assignee, owner, priority, due, follow_up, started_at, ended_at, \
            delete_reason, candidate_users, candidate_groups from history_task \
        union all \
        select t.id, t.instance_id, p.root_instance_id, p.definition_id, coalesce(d.key, \
            substr(p.definition_id, 1, instr(p.definition_id || ':', ':') - 1)), d.name, p.tenant_id, p.business_key, \
            a.node_id, t.name, t.description, t.assignee, t.owner, t.priority, t.due, t.follow_up, a.started_at, null, \
            null, t.candidate_users, t.candidate_groups from user_task t \
            join activity a on a.id = t.id join process_instance p on p.id = t.instance_id \
            left join process_definition d on d.id = p.definition_id) h"
);

history_record!(
    HistoricIncident,
    "(select id, instance_id, root_instance_id, execution_id, incident_type, node_id, configuration, message, \
            created_at, ended_at, state, definition_id, definition_key, tenant_id, job_definition_id, annotation \
            from history_incident \
        union all \
        select i.id, i.instance_id, p.root_instance_id, i.activity_id, i.incident_type, i.node_id, i.configuration, \
            i.message, i.created_at, null, 'open', p.definition_id, coalesce(d.key, \
            substr(p.definition_id, 1, instr(p.definition_id || ':', ':') - 1)), \
            p.tenant_id, j.job_definition_id, i.annotation from incident i join process_instance p on p.id = i.instance_id \
            left join job j on j.id = i.configuration \
            left join process_definition d on d.id = p.definition_id) h"
);

history_record!(
    JobLogEntry,
    "(select id, instance_id, root_instance_id, at, state, job_id, due, retries, priority, exception_message, failed_node_id, \
            job_definition_id, job_type, configuration, node_id, execution_id, definition_id, definition_key, \
            deployment_id, tenant_id, exception_details from history_job_log) h"
);

history_record!(
    HistoricDecision,
    "(select id, instance_id, process_instance_id, root_instance_id, at, decision_id, decision_key, decision_name, required, \
            root_decision_instance_id, definition_id, definition_key, node_id, activity_instance_id, tenant_id, \
            inputs, outputs, collected from history_decision) h"
);

// The tasks themselves tell of their creation and end.
history_record!(
    ExternalTaskLogEntry,
    "(select id, instance_id, root_instance_id, at, state, external_task_id, topic, worker, priority, retries, \
            error_message, node_id, definition_id, definition_key, tenant_id, error_details \
            from history_external_task_log \
        union all \
        select a.id, a.instance_id, a.root_instance_id, a.started_at, 'created', a.id, a.topic, null, \
            a.priority, null, null, a.node_id, a.definition_id, a.definition_key, a.tenant_id, \
            null from history_activity a where a.topic is not null \
        union all \
        select substr(a.id, 1, 14) || '8' || substr(a.id, 16), a.instance_id, a.root_instance_id, a.ended_at, \
            case when a.canceled then 'deleted' else 'successful' end, a.id, a.topic, a.worker, a.priority, \
            a.retries, null, a.node_id, a.definition_id, a.definition_key, a.tenant_id, null \
            from history_activity a where a.topic is not null \
        union all \
        select a.id, a.instance_id, p.root_instance_id, a.started_at, 'created', a.id, a.topic, null, \
            a.priority, null, null, a.node_id, p.definition_id, coalesce(d.key, \
            substr(p.definition_id, 1, instr(p.definition_id || ':', ':') - 1)), p.tenant_id, \
            null from activity a join process_instance p on p.id = a.instance_id \
            left join process_definition d on d.id = p.definition_id where a.topic is not null) h"
);

fn column(origin: Origin) -> Column {
    match origin {
        Origin::Column(sql, kind) => Column::new(compared(kind), sql),
        Origin::Among(column) => {
            let rows = if column == "candidate_users" {
                "select 1 from json_each(h.candidate_users) c where true"
            } else {
                "select 1 from json_each(h.candidate_groups) c where true"
            };
            Column::among(Kind::Text, rows, "c.value")
        }
        Origin::Duration => Column::new(Kind::Integer, DURATION),
        Origin::Running => Column::new(
            Kind::Boolean,
            "(exists (select 1 from process_instance p where p.id = h.instance_id))",
        ),
    }
}

/// How values of a column are compared; documents are not.
fn compared(kind: cell::Kind) -> Kind {
    match kind {
        cell::Kind::Id => Kind::Id,
        cell::Kind::Integer => Kind::Integer,
        cell::Kind::Boolean => Kind::Boolean,
        cell::Kind::Time => Kind::Time,
        cell::Kind::Text | cell::Kind::Document | cell::Kind::Variables => Kind::Text,
    }
}

fn read<Row: HistoryRow>(row: &SqliteRow) -> sqlx::Result<Row> {
    let cells = Row::COLUMNS.iter().enumerate().map(|(position, (_, kind))| {
        Ok(match kind {
            cell::Kind::Text => Cell::Text(Cells(row).get(position)?),
            cell::Kind::Id => Cell::Id(Cells(row).optional_id(position)?),
            cell::Kind::Integer => Cell::Integer(Cells(row).get(position)?),
            cell::Kind::Boolean => Cell::Boolean(Cells(row).get(position)?),
            cell::Kind::Time => Cell::Time(Cells(row).optional_time(position)?),
            cell::Kind::Document | cell::Kind::Variables => Cell::Document(Cells(row).get(position)?),
        })
    });
    let cells = cells.collect::<sqlx::Result<Vec<Cell>>>()?;
    Row::from_cells(cells).map_err(|error| sqlx::Error::Decode(error.into()))
}

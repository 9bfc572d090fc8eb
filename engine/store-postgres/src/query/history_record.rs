//! Records of history that are described by their columns: the tables of what has ended, and the rows of
//! the running instances that are shown as them.

use flowstone_store::cell::{self, Cell};
use flowstone_store::history::{
    ExternalTaskLogEntry, HistoricDecision, HistoricIncident, HistoricTask, HistoryRecord, HistoryRow, JobLogEntry,
    Origin,
};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::history::{DURATION, VARIABLES_OF_INSTANCE};
use super::{Column, Entity, Kind};

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

            fn read(row: &PgRow) -> sqlx::Result<Self> {
                read(row)
            }
        }
    };
}

history_record!(
    HistoricTask,
    "(select id, instance_id, root_instance_id, definition_id, definition_key, definition_name, tenant_id, \
            business_key, node_id, name, description, assignee, owner, priority, due, follow_up, started_at, ended_at, \
            delete_reason, candidate_users::text, candidate_groups::text from history_task \
        union all \
        select t.id, t.instance_id, p.root_instance_id, p.definition_id, coalesce(d.key, split_part(p.definition_id, ':', 1)), d.name, p.tenant_id, p.business_key, \
            a.node_id, t.name, t.description, t.assignee, t.owner, t.priority::bigint, t.due, t.follow_up, a.started_at, null::timestamptz, \
            null::text, to_json(t.candidate_users)::text, to_json(t.candidate_groups)::text from user_task t \
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
            i.message, i.created_at, null::timestamptz, 'open', p.definition_id, coalesce(d.key, split_part(p.definition_id, ':', 1)), \
            p.tenant_id, j.job_definition_id, i.annotation from incident i join process_instance p on p.id = i.instance_id \
            left join job j on j.instance_id = i.instance_id and j.id::text = i.configuration \
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
            inputs::text, outputs::text, collected::text from history_decision) h"
);

// The tasks themselves tell of their creation and end.
history_record!(
    ExternalTaskLogEntry,
    "(select id, instance_id, root_instance_id, at, state, external_task_id, topic, worker, priority, retries, \
            error_message, node_id, definition_id, definition_key, tenant_id, error_details \
            from history_external_task_log \
        union all \
        select a.id, a.instance_id, a.root_instance_id, a.started_at, 'created', a.id, a.topic, null::text, \
            a.priority, null::bigint, null::text, a.node_id, a.definition_id, a.definition_key, a.tenant_id, \
            null::text from history_activity a where a.topic is not null \
        union all \
        select overlay(a.id::text placing '8' from 15 for 1)::uuid, a.instance_id, a.root_instance_id, a.ended_at, \
            case when a.canceled then 'deleted' else 'successful' end, a.id, a.topic, a.worker, a.priority, \
            a.retries::bigint, null::text, a.node_id, a.definition_id, a.definition_key, a.tenant_id, null::text \
            from history_activity a where a.topic is not null \
        union all \
        select a.id, a.instance_id, p.root_instance_id, a.started_at, 'created', a.id, a.topic, null::text, \
            a.priority, null::bigint, null::text, a.node_id, p.definition_id, coalesce(d.key, split_part(p.definition_id, ':', 1)), p.tenant_id, \
            null::text from activity a join process_instance p on p.id = a.instance_id \
            left join process_definition d on d.id = p.definition_id where a.topic is not null) h"
);

fn column(origin: Origin) -> Column {
    match origin {
        Origin::Column(sql, kind) => Column::new(compared(kind), sql),
        Origin::Among(column) => {
            let rows = if column == "candidate_users" {
                "select from json_array_elements_text(h.candidate_users::json) c (value) where true"
            } else {
                "select from json_array_elements_text(h.candidate_groups::json) c (value) where true"
            };
            Column::among(Kind::Text, rows, "(c.value collate \"C\")")
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

fn read<Row: HistoryRow>(row: &PgRow) -> sqlx::Result<Row> {
    let cells = Row::COLUMNS.iter().enumerate().map(|(position, (_, kind))| {
        Ok(match kind {
            cell::Kind::Text => Cell::Text(row.try_get(position)?),
            cell::Kind::Id => Cell::Id(row.try_get(position)?),
            cell::Kind::Integer => Cell::Integer(row.try_get(position)?),
            cell::Kind::Boolean => Cell::Boolean(row.try_get(position)?),
            cell::Kind::Time => Cell::Time(row.try_get(position)?),
            cell::Kind::Document | cell::Kind::Variables => Cell::Document(row.try_get(position)?),
        })
    });
    let cells = cells.collect::<sqlx::Result<Vec<Cell>>>()?;
    Row::from_cells(cells).map_err(|error| sqlx::Error::Decode(error.into()))
}

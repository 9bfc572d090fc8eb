//! The entities of history. What has ended lies in the history tables, what still runs only in the
//! tables of the engine: history is both.

use flowstone_store::query::{HistoricActivityField, HistoricInstanceField};
use flowstone_store::record::{HistoricActivityRecord, HistoricInstanceRecord};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::entity::{shared, shared_option};
use super::{Column, Entity, Kind};

impl Entity for HistoricInstanceRecord {
    type Field = HistoricInstanceField;
    const COLUMNS: &'static str = "h.id, h.definition_id, h.definition_key, h.definition_name, h.definition_version, \
        h.business_key, h.tenant_id, h.start_activity_id, h.end_activity_id, h.start_user_id, h.started_at, \
        h.ended_at, h.state, h.delete_reason, h.super_instance_id, h.root_instance_id";
    const FROM: &'static str = "(select id, definition_id, definition_key, definition_name, definition_version, \
            business_key, tenant_id, start_activity_id, end_activity_id, start_user_id, started_at, ended_at, state, \
            delete_reason, super_instance_id, root_instance_id, \
            (select v.variables from history_variables v where v.instance_id = i.id and v.id = i.id) as variables \
            from history_process_instance i \
        union all \
        select p.id, p.definition_id, coalesce(d.key, split_part(p.definition_id, ':', 1)), d.name, \
            coalesce(d.version, 0), p.business_key, p.tenant_id, p.start_activity_id, null::text, p.start_user_id, \
            p.started_at, null::timestamptz, case when p.suspended then 'SUSPENDED' else 'ACTIVE' end, null::text, \
            p.super_instance_id, p.root_instance_id, p.variables from process_instance p left join process_definition d on d.id = p.definition_id) h";
    const ID: &'static str = "h.id";
    const VARIABLES: Option<&'static str> = Some("h.variables");

    fn column(field: HistoricInstanceField) -> Column {
        let (kind, sql) = match field {
            HistoricInstanceField::Id => (Kind::Id, "h.id"),
            HistoricInstanceField::SuperInstanceId => (Kind::Id, "h.super_instance_id"),
            HistoricInstanceField::RootInstanceId => (Kind::Id, "coalesce(h.root_instance_id, h.id)"),
            HistoricInstanceField::DefinitionId => (Kind::Text, "h.definition_id"),
            HistoricInstanceField::DefinitionKey => (Kind::Text, "h.definition_key"),
            HistoricInstanceField::DefinitionName => (Kind::Text, "h.definition_name"),
            HistoricInstanceField::DefinitionVersion => (Kind::Integer, "h.definition_version"),
            HistoricInstanceField::BusinessKey => (Kind::Text, "h.business_key"),
            HistoricInstanceField::TenantId => (Kind::Text, "h.tenant_id"),
            HistoricInstanceField::StartActivityId => (Kind::Text, "h.start_activity_id"),
            HistoricInstanceField::StartUserId => (Kind::Text, "h.start_user_id"),
            HistoricInstanceField::StartedAt => (Kind::Time, "h.started_at"),
            HistoricInstanceField::EndedAt => (Kind::Time, "h.ended_at"),
            HistoricInstanceField::State => (Kind::Text, "h.state"),
            HistoricInstanceField::Duration => (Kind::Integer, DURATION),
            HistoricInstanceField::SubInstanceId => return Column::among(Kind::Id, CALLED, "c.id"),
            HistoricInstanceField::IncidentId => return Column::among(Kind::Id, INCIDENTS, "i.id"),
            HistoricInstanceField::IncidentType => return Column::among(Kind::Text, INCIDENTS, "i.incident_type"),
            HistoricInstanceField::IncidentMessage => return Column::among(Kind::Text, INCIDENTS, "i.message"),
            HistoricInstanceField::IncidentState => return Column::among(Kind::Text, INCIDENTS, "i.state"),
            HistoricInstanceField::ExecutedActivityId => return Column::among(Kind::Text, EXECUTED, "a.node_id"),
            HistoricInstanceField::ExecutedAt => return Column::among(Kind::Time, EXECUTED, "a.ended_at"),
            HistoricInstanceField::ActiveActivityId => return Column::among(Kind::Text, ACTIVE, "a.node_id"),
        };
        Column::new(kind, sql)
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        Ok(HistoricInstanceRecord {
            id: row.try_get(0)?,
            definition_id: shared(row, 1)?,
            definition_key: shared(row, 2)?,
            definition_name: shared_option(row, 3)?,
            definition_version: row.try_get(4)?,
            business_key: row.try_get(5)?,
            tenant_id: row.try_get(6)?,
            start_activity_id: row.try_get(7)?,
            end_activity_id: row.try_get(8)?,
            start_user_id: row.try_get(9)?,
            started_at: row.try_get(10)?,
            ended_at: row.try_get(11)?,
            state: shared(row, 12)?,
            delete_reason: row.try_get(13)?,
            super_instance_id: row.try_get(14)?,
            root_instance_id: row.try_get(15)?,
        })
    }
}

/// The instances that an instance called.
const CALLED: &str = "select from (select id, super_instance_id from process_instance \
    union all select id, super_instance_id from history_process_instance) c where c.super_instance_id = h.id";

/// The incidents of an instance, open and closed.
const INCIDENTS: &str = "select from (select id, instance_id, incident_type, message, 'open' as state from incident \
    union all select id, instance_id, incident_type, message, state from history_incident) i where i.instance_id = h.id";

/// The ended activities of an instance.
const EXECUTED: &str = "select from history_activity a where a.instance_id = h.id";

/// The open activities of an instance.
const ACTIVE: &str = "select from activity a where a.instance_id = h.id \
    and a.kind not in ('ended', 'job', 'eventScope', 'compensation')";

/// Variables of the root scope of an instance, running or ended.
pub(super) const VARIABLES_OF_INSTANCE: &str = "coalesce((select p.variables from process_instance p where p.id = h.instance_id), \
    (select v.variables from history_variables v where v.instance_id = h.instance_id and v.id = h.instance_id))";

/// Milliseconds from start to end, null while it runs.
pub(super) const DURATION: &str = "floor(extract(epoch from (h.ended_at - h.started_at)) * 1000)::bigint";

impl Entity for HistoricActivityRecord {
    type Field = HistoricActivityField;
    const COLUMNS: &'static str = "h.id, h.instance_id, h.parent_id, h.definition_id, h.definition_key, h.tenant_id, \
        h.node_id, h.activity_type, h.activity_name, h.task_id, h.assignee, h.started_at, h.ended_at, h.canceled, \
        h.complete_scope, h.root_instance_id, h.called_instance_id";
    const FROM: &'static str = "(select id, instance_id, parent_id, definition_id, definition_key, tenant_id, node_id, \
            activity_type, activity_name, task_id, assignee, started_at, ended_at, canceled, complete_scope, \
            root_instance_id, called_instance_id from history_activity \
        union all \
        select a.id, a.instance_id, a.parent_id, p.definition_id, \
            coalesce(d.key, split_part(p.definition_id, ':', 1)), p.tenant_id, a.node_id, a.activity_type, \
            a.activity_name, case when a.kind = 'userTask' then a.id end, t.assignee, a.started_at, \
            null::timestamptz, false, false, p.root_instance_id, case when a.kind = 'call' then (select c.id from process_instance c \
            where c.super_instance_id = a.instance_id and c.super_execution_id = a.id) end from activity a \
            left join process_instance p on p.id = a.instance_id \
            left join process_definition d on d.id = p.definition_id \
            left join user_task t on t.id = a.id where a.kind not in ('ended', 'job', 'eventScope', 'compensation')) h";
    const ID: &'static str = "h.id";
    const VARIABLES: Option<&'static str> = Some(VARIABLES_OF_INSTANCE);

    fn column(field: HistoricActivityField) -> Column {
        let (kind, sql) = match field {
            HistoricActivityField::Id => (Kind::Id, "h.id"),
            HistoricActivityField::InstanceId => (Kind::Id, "h.instance_id"),
            HistoricActivityField::ParentId => (Kind::Id, "h.parent_id"),
            HistoricActivityField::DefinitionId => (Kind::Text, "h.definition_id"),
            HistoricActivityField::DefinitionKey => (Kind::Text, "h.definition_key"),
            HistoricActivityField::TenantId => (Kind::Text, "h.tenant_id"),
            HistoricActivityField::ActivityId => (Kind::Text, "h.node_id"),
            HistoricActivityField::ActivityType => (Kind::Text, "h.activity_type"),
            HistoricActivityField::ActivityName => (Kind::Text, "h.activity_name"),
            HistoricActivityField::TaskId => (Kind::Id, "h.task_id"),
            HistoricActivityField::Assignee => (Kind::Text, "h.assignee"),
            HistoricActivityField::StartedAt => (Kind::Time, "h.started_at"),
            HistoricActivityField::EndedAt => (Kind::Time, "h.ended_at"),
            HistoricActivityField::Canceled => (Kind::Boolean, "h.canceled"),
            HistoricActivityField::CompleteScope => (Kind::Boolean, "h.complete_scope"),
            HistoricActivityField::Duration => (Kind::Integer, DURATION),
        };
        Column::new(kind, sql)
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        Ok(HistoricActivityRecord {
            id: row.try_get(0)?,
            instance_id: row.try_get(1)?,
            parent_id: row.try_get(2)?,
            definition_id: shared(row, 3)?,
            definition_key: shared(row, 4)?,
            tenant_id: row.try_get(5)?,
            node_id: shared(row, 6)?,
            activity_type: shared(row, 7)?,
            activity_name: shared_option(row, 8)?,
            task_id: row.try_get(9)?,
            assignee: row.try_get(10)?,
            started_at: row.try_get(11)?,
            ended_at: row.try_get(12)?,
            canceled: row.try_get(13)?,
            complete_scope: row.try_get(14)?,
            root_instance_id: row.try_get(15)?,
            called_instance_id: row.try_get(16)?,
        })
    }
}

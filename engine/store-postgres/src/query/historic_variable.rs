//! Variables of scopes that run or ended: those of the running ones lie in the tables of the engine.

use flowstone_store::history::HistoricVariable;
use flowstone_store::query::HistoricVariableField;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::entity::shared;
use super::{Column, Entity, Kind};

impl Entity for HistoricVariable {
    type Field = HistoricVariableField;
    // A value outside the document is fetched here, so that every row holds its value.
    const COLUMNS: &'static str = "h.scope_id, h.instance_id, h.root_instance_id, h.task_id, h.definition_id, \
        h.definition_key, h.tenant_id, h.started_at, h.ended_at, h.name, \
        coalesce(case when h.ended_at is null then (select l.content from large_value l \
            where l.instance_id = h.instance_id and l.hash = h.entry ->> 'large') \
            else (select l.content from history_large_value l \
            where l.instance_id = h.instance_id and l.hash = h.entry ->> 'large') end, h.entry::text)";
    const FROM: &'static str = "(select s.id as scope_id, s.instance_id, s.root_instance_id, s.task_id, \
            s.definition_id, s.definition_key, s.tenant_id, s.started_at, s.ended_at, \
            e.key collate \"C\" as name, e.value as entry from history_variables s, jsonb_each(s.variables) e \
        union all \
        select p.id, p.id, p.root_instance_id, null::uuid, p.definition_id, \
            coalesce(d.key, split_part(p.definition_id, ':', 1)), p.tenant_id, p.started_at, null::timestamptz, \
            e.key collate \"C\", e.value from process_instance p cross join jsonb_each(p.variables) e \
            left join process_definition d on d.id = p.definition_id \
        union all \
        select a.id, a.instance_id, p.root_instance_id, case when a.kind = 'userTask' then a.id end, \
            p.definition_id, coalesce(d.key, split_part(p.definition_id, ':', 1)), p.tenant_id, a.started_at, \
            null::timestamptz, e.key collate \"C\", e.value from activity a cross join jsonb_each(a.variables) e \
            join process_instance p on p.id = a.instance_id \
            left join process_definition d on d.id = p.definition_id where a.kind <> 'ended') h";
    const ID: &'static str = "h.scope_id, h.name";
    // The variable itself is what a condition looks at.
    const VARIABLES: Option<&'static str> = Some("jsonb_build_object(h.name, h.entry)");

    fn column(field: HistoricVariableField) -> Column {
        let (kind, sql) = match field {
            HistoricVariableField::Id => (Kind::Text, "(h.scope_id::text || ':' || h.name)"),
            HistoricVariableField::ScopeId => (Kind::Id, "h.scope_id"),
            HistoricVariableField::InstanceId => (Kind::Id, "h.instance_id"),
            HistoricVariableField::TaskId => (Kind::Id, "h.task_id"),
            HistoricVariableField::DefinitionId => (Kind::Text, "h.definition_id"),
            HistoricVariableField::DefinitionKey => (Kind::Text, "h.definition_key"),
            HistoricVariableField::TenantId => (Kind::Text, "h.tenant_id"),
            HistoricVariableField::StartedAt => (Kind::Time, "h.started_at"),
            HistoricVariableField::EndedAt => (Kind::Time, "h.ended_at"),
            HistoricVariableField::Name => (Kind::Text, "h.name"),
            HistoricVariableField::TypeName => (Kind::Text, "(h.entry ->> 'type' collate \"C\")"),
        };
        Column::new(kind, sql)
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        let stored: &str = row.try_get(10)?;
        Ok(HistoricVariable {
            scope_id: row.try_get(0)?,
            instance_id: row.try_get(1)?,
            root_instance_id: row.try_get(2)?,
            task_id: row.try_get(3)?,
            definition_id: shared(row, 4)?,
            definition_key: shared(row, 5)?,
            tenant_id: row.try_get(6)?,
            started_at: row.try_get(7)?,
            ended_at: row.try_get(8)?,
            name: row.try_get(9)?,
            value: serde_json::from_str(stored).map_err(|error| sqlx::Error::Decode(error.into()))?,
        })
    }
}

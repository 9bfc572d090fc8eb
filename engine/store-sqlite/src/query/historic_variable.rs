//! Variables of scopes that run or ended: those of the running ones lie in the tables of the engine.

use flowstone_store::history::HistoricVariable;
use flowstone_store::query::HistoricVariableField;
use sqlx::sqlite::SqliteRow;

use super::{Column, Entity, Kind};
use crate::cells::Cells;

impl Entity for HistoricVariable {
    type Field = HistoricVariableField;
    const COLUMNS: &'static str = "h.scope_id, h.instance_id, h.root_instance_id, h.task_id, h.definition_id, \
        h.definition_key, h.tenant_id, h.started_at, h.ended_at, h.name, h.entry";
    const FROM: &'static str = "(select s.id as scope_id, s.instance_id, s.root_instance_id, s.task_id, \
            s.definition_id, s.definition_key, s.tenant_id, s.started_at, s.ended_at, e.key as name, \
            e.value as entry from history_variables s, json_each(s.variables) e \
        union all \
        select p.id, p.id, p.root_instance_id, null, p.definition_id, coalesce(d.key, \
            substr(p.definition_id, 1, instr(p.definition_id || ':', ':') - 1)), \
            p.tenant_id, p.started_at, null, e.key, e.value from process_instance p \
            left join process_definition d on d.id = p.definition_id, json_each(p.variables) e \
        union all \
        select a.id, a.instance_id, p.root_instance_id, case when a.kind = 'userTask' then a.id end, \
            p.definition_id, coalesce(d.key, \
            substr(p.definition_id, 1, instr(p.definition_id || ':', ':') - 1)), \
            p.tenant_id, a.started_at, null, e.key, e.value from activity a \
            join process_instance p on p.id = a.instance_id \
            left join process_definition d on d.id = p.definition_id, json_each(a.variables) e \
            where a.kind <> 'ended') h";
    const ID: &'static str = "h.scope_id, h.name";
    // The variable itself is what a condition looks at.
    const VARIABLES: Option<&'static str> = Some("json_object(h.name, json(h.entry))");

    fn column(field: HistoricVariableField) -> Column {
        let (kind, sql) = match field {
            HistoricVariableField::Id => (Kind::Text, "(h.scope_id || ':' || h.name)"),
            HistoricVariableField::ScopeId => (Kind::Id, "h.scope_id"),
            HistoricVariableField::InstanceId => (Kind::Id, "h.instance_id"),
            HistoricVariableField::TaskId => (Kind::Id, "h.task_id"),
            HistoricVariableField::DefinitionId => (Kind::Text, "h.definition_id"),
            HistoricVariableField::DefinitionKey => (Kind::Text, "h.definition_key"),
            HistoricVariableField::TenantId => (Kind::Text, "h.tenant_id"),
            HistoricVariableField::StartedAt => (Kind::Time, "h.started_at"),
            HistoricVariableField::EndedAt => (Kind::Time, "h.ended_at"),
            HistoricVariableField::Name => (Kind::Text, "h.name"),
            HistoricVariableField::TypeName => (Kind::Text, "(h.entry ->> 'type')"),
        };
        Column::new(kind, sql)
    }

    fn read(row: &SqliteRow) -> sqlx::Result<Self> {
        let cells = Cells(row);
        Ok(HistoricVariable {
            scope_id: cells.id(0)?,
            instance_id: cells.id(1)?,
            root_instance_id: cells.optional_id(2)?,
            task_id: cells.optional_id(3)?,
            definition_id: cells.shared(4)?,
            definition_key: cells.shared(5)?,
            tenant_id: cells.get(6)?,
            started_at: cells.time(7)?,
            ended_at: cells.optional_time(8)?,
            name: cells.get(9)?,
            value: cells.document(10)?,
        })
    }
}

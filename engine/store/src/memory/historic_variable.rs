//! Variables of scopes that run or ended.

use flowstone_expression::Variables;
use uuid::Uuid;

use super::State;
use super::entity::{Context, id, optional_id, optional_text, optional_time, text, time};
use super::evaluate::{Entity, Value};
use crate::history::{HistoricVariable, HistoricVariablesRow};
use crate::query::HistoricVariableField;
use crate::record::ActivityKind;

/// A variable, and a document that holds nothing else.
type Row = (HistoricVariable, Variables);

impl Entity for HistoricVariable {
    type Field = HistoricVariableField;
    type Row<'state> = Row;

    fn rows(state: &State) -> Vec<Row> {
        let ended = state.historic_variables.values().flat_map(ended);
        let mut rows: Vec<Row> = ended.chain(Context::all(state).flat_map(running)).collect();
        rows.sort_by(|(left, _), (right, _)| (left.scope_id, &left.name).cmp(&(right.scope_id, &right.name)));
        rows
    }

    fn value((row, _): &Row, field: HistoricVariableField) -> Value {
        match field {
            HistoricVariableField::Id => text(format!("{}:{}", row.scope_id, row.name)),
            HistoricVariableField::ScopeId => id(row.scope_id),
            HistoricVariableField::InstanceId => id(row.instance_id),
            HistoricVariableField::TaskId => optional_id(row.task_id),
            HistoricVariableField::DefinitionId => text(&row.definition_id),
            HistoricVariableField::DefinitionKey => text(&row.definition_key),
            HistoricVariableField::TenantId => optional_text(&row.tenant_id),
            HistoricVariableField::StartedAt => time(row.started_at),
            HistoricVariableField::EndedAt => optional_time(row.ended_at),
            HistoricVariableField::Name => text(&row.name),
            HistoricVariableField::TypeName => text(row.value.type_name()),
        }
    }

    fn variables((_, document): &Row) -> Option<&Variables> {
        Some(document)
    }

    fn record((row, _): &Row) -> Self {
        row.clone()
    }
}

fn ended(row: &HistoricVariablesRow) -> impl Iterator<Item = Row> {
    row.variables.iter().map(|(name, value)| {
        let variable = HistoricVariable {
            scope_id: row.id,
            instance_id: row.instance_id,
            root_instance_id: row.root_instance_id,
            task_id: row.task_id,
            definition_id: row.definition_id.clone(),
            definition_key: row.definition_key.clone(),
            tenant_id: row.tenant_id.clone(),
            started_at: row.started_at,
            ended_at: Some(row.ended_at),
            name: name.clone(),
            value: value.clone(),
        };
        (variable, Variables::from([(name.clone(), value.clone())]))
    })
}

fn running(context: Context<'_>) -> Vec<Row> {
    let instance = &context.live.instance;
    let root = (instance.id, None, instance.started_at, Some(&instance.variables));
    // What is left of an ended repetition is history already.
    let kept = context
        .live
        .activities
        .values()
        .filter(|row| row.kind != ActivityKind::Ended);
    let local = kept.map(|row| {
        let task: Option<Uuid> = (row.kind == ActivityKind::UserTask).then_some(row.id);
        (row.id, task, row.started_at, row.variables.as_ref())
    });
    let mut rows = Vec::new();
    for (scope_id, task_id, started_at, variables) in std::iter::once(root).chain(local) {
        for (name, value) in variables.into_iter().flatten() {
            let variable = HistoricVariable {
                scope_id,
                instance_id: instance.id,
                root_instance_id: instance.root_instance_id,
                task_id,
                definition_id: instance.definition_id.clone(),
                definition_key: context.definition_key(),
                tenant_id: instance.tenant_id.clone(),
                started_at,
                ended_at: None,
                name: name.clone(),
                value: value.clone(),
            };
            rows.push((variable, Variables::from([(name.clone(), value.clone())])));
        }
    }
    rows
}

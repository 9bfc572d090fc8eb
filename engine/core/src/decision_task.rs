//! Business rule tasks whose work is a decision (vendor attribute `decisionRef`).
//!
//! The decision lies in a deployment, which the core does not know: the question leaves the step as an event, and
//! whoever carries out the step answers it with a command, in the same transaction.

use flowstone_bpmn::model::{DecisionMapping, DecisionTask, Implementation, NodeIndex};
use flowstone_expression::{TypedValue, Value, Variables};
use uuid::Uuid;

use crate::context::Place;
use crate::event::{DecisionQuestion, Event};
use crate::rejection::Rejection;
use crate::state::Wait;
use crate::step::Step;

/// The variable of the task that holds all rows of the result (bpmn-semantics 1b `mapDecisionResult`).
const RESULT: &str = "decisionResult";

impl Step<'_> {
    /// A token arrives at a task whose decision is to be evaluated.
    pub(crate) fn enter_decision_task(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        task: &DecisionTask,
    ) -> Result<(), Rejection> {
        let entry = self.prepare(scope, node)?;
        let token = entry.id;
        self.rest(entry, Wait::Signal);
        let mut place = Place::at(token, node);
        let key = self.text(&task.decision, &mut place)?.unwrap_or_default();
        if key.is_empty() {
            return Err(self.unfit(node, "the key of the decision is empty; set decisionRef to one"));
        }
        let version = self.called_version(&task.binding, node, &mut place)?;
        let tenant_id = self.called_tenant(task.tenant.as_ref(), &mut place)?;
        let variables = self.instance.visible_variables(token);
        self.emit(Event::DecisionAsked(Box::new(DecisionQuestion {
            node: self.model.id(node),
            token,
            key,
            version,
            tenant_id,
            variables,
        })));
        Ok(())
    }

    /// The decision that a token waits for has this result.
    pub(crate) fn decided(&mut self, token: Uuid, rows: &[Variables]) -> Result<(), Rejection> {
        let unknown = Rejection::UnknownExecution { execution: token };
        let Some((_, node)) = self.place_of(token)? else {
            return Err(unknown);
        };
        let model = self.model;
        let Some(Implementation::Decision(task)) = model.flow_node(node).kind.implementation() else {
            return Err(unknown);
        };
        let all = self.stored(mapped(rows, DecisionMapping::ResultList), node)?;
        self.set_local_variable(token, RESULT, all);
        if let Some(name) = &task.result_variable {
            let value = mapped(rows, task.mapping);
            let value = self.stored(value, node)?;
            self.set_variable(token, name, value);
        }
        self.complete(token)
    }

    fn stored(&self, value: Result<Value, &'static str>, node: NodeIndex) -> Result<TypedValue, Rejection> {
        let value = value.map_err(|problem| self.unfit(node, problem))?;
        value.into_typed().map_err(|error| self.failed(node, error))
    }
}

/// What a mapping makes of the rows.
fn mapped(rows: &[Variables], mapping: DecisionMapping) -> Result<Value, &'static str> {
    const ROWS: &str = "the decision gave several results where one is wanted; choose another mapDecisionResult";
    const ENTRIES: &str = "a result of the decision has several outputs where one is wanted; choose another \
                           mapDecisionResult";
    let entry = |row: &Variables| match row.len() {
        0 => Ok(Value::Null),
        1 => Ok(row.values().next().map_or(Value::Null, Value::from)),
        _ => Err(ENTRIES),
    };
    let outputs = |row: &Variables| {
        let named = row.iter().map(|(name, value)| (name.clone(), Value::from(value)));
        Value::Map(named.collect::<Vec<_>>().into())
    };
    match (mapping, rows) {
        (DecisionMapping::SingleEntry | DecisionMapping::SingleResult, []) => Ok(Value::Null),
        (DecisionMapping::SingleEntry, [row]) => entry(row),
        (DecisionMapping::SingleResult, [row]) => Ok(outputs(row)),
        (DecisionMapping::SingleEntry | DecisionMapping::SingleResult, _) => Err(ROWS),
        (DecisionMapping::CollectEntries, rows) => {
            rows.iter().map(entry).collect::<Result<Vec<_>, _>>().map(Value::from)
        }
        (DecisionMapping::ResultList, rows) => Ok(Value::from(rows.iter().map(outputs).collect::<Vec<_>>())),
    }
}

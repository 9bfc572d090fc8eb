//! What history tells of evaluated decisions (contract `/history/decision-instance`).

use chrono::{DateTime, Utc};
use flowstone_core::{DecisionQuestion, IdSource as _, Instance};
use flowstone_decision::{Evaluated, InputValue, OutputValue};
use flowstone_expression::TypedValue;
use flowstone_feel::Value;
use flowstone_store::change::{Batch, HeaderChange, InstanceChange};
use flowstone_store::history::{DecisionInput, DecisionOutput, HistoricDecision, HistoryRows};
use uuid::Uuid;

use crate::decisions::{Decision, typed};
use crate::definitions::Definition;
use crate::ids::{InstanceIds, new_instance_id};

/// The business rule task that wanted a decision.
struct Wanted<'a> {
    instance: &'a Instance,
    definition: &'a Definition,
    question: &'a DecisionQuestion,
}

/// The rows of a decision that an instance wanted, and of those that it requires.
pub(crate) fn of_instance(
    decision: &Decision,
    evaluated: &[Evaluated],
    instance: &Instance,
    definition: &Definition,
    question: &DecisionQuestion,
    now: DateTime<Utc>,
) -> Vec<HistoricDecision> {
    let mut ids = InstanceIds::of(instance.id, now);
    let wanted = Wanted {
        instance,
        definition,
        question,
    };
    rows(decision, evaluated, Some(&wanted), &mut ids, now)
}

/// What is written of a decision that no instance wanted. It is history of its own, so it goes as an instance that
/// began and ended at once.
pub(crate) fn of_request(decision: &Decision, evaluated: &[Evaluated], now: DateTime<Utc>) -> Batch {
    let mut ids = InstanceIds::of(new_instance_id(now), now);
    let decisions = rows(decision, evaluated, None, &mut ids, now);
    let change = decisions
        .first()
        .map(|row| row.instance_id)
        .map(|owner| InstanceChange {
            instance_id: owner,
            header: HeaderChange::Pass,
            activities_inserted: Vec::new(),
            activities_updated: Vec::new(),
            activities_deleted: Vec::new(),
            user_tasks_put: Vec::new(),
            user_tasks_deleted: Vec::new(),
            subscriptions_inserted: Vec::new(),
            subscriptions_deleted: Vec::new(),
            incidents_inserted: Vec::new(),
            incidents_updated: Vec::new(),
            incidents_deleted: Vec::new(),
            jobs_put: Vec::new(),
            definition_jobs: Vec::new(),
            jobs_deleted: Vec::new(),
            historic_instance: None,
            historic_activities: Vec::new(),
            history: HistoryRows {
                decisions,
                ..HistoryRows::default()
            },
            event_log: None,
        });
    Batch {
        instances: change.into_iter().collect(),
        ..Batch::default()
    }
}

fn rows(
    decision: &Decision,
    evaluated: &[Evaluated],
    wanted: Option<&Wanted<'_>>,
    ids: &mut InstanceIds,
    now: DateTime<Utc>,
) -> Vec<HistoricDecision> {
    let root = ids.next_id();
    let owner = wanted.map_or(root, |wanted| wanted.instance.id);
    // The decision that was asked for is computed last and told first.
    let told = evaluated.iter().rev();
    told.filter_map(|one| {
        let required = *one.decision != *decision.record.key;
        let record = if required {
            decision.required(&one.decision)?
        } else {
            &decision.record
        };
        let of_instance = wanted.and_then(|wanted| wanted.instance.tenant_id.clone());
        let process = wanted.map(|wanted| &wanted.definition.record);
        Some(HistoricDecision {
            id: if required { ids.next_id() } else { root },
            instance_id: owner,
            process_instance_id: wanted.map(|wanted| wanted.instance.id),
            root_instance_id: wanted.and_then(|wanted| wanted.instance.caller.map(|caller| caller.root)),
            at: now,
            decision_id: record.id.clone(),
            decision_key: record.key.clone(),
            decision_name: record.name.clone(),
            required,
            root_decision_instance_id: root,
            definition_id: process.map(|record| record.id.clone()),
            definition_key: process.map(|record| record.key.clone()),
            node_id: wanted.map(|wanted| wanted.question.node.clone()),
            activity_instance_id: wanted.map(|wanted| wanted.question.token),
            tenant_id: record.tenant_id.clone().or(of_instance),
            inputs: one.inputs.iter().map(|value| input(value, ids.next_id())).collect(),
            outputs: one.outputs.iter().map(|value| output(value, ids.next_id())).collect(),
            collected: one.collected.as_ref().map(|value| variable(value, Some("double")).0),
        })
    })
    .collect()
}

fn input(input: &InputValue, id: Uuid) -> DecisionInput {
    let (value, error_message) = variable(&input.value, input.stated_type.as_deref());
    DecisionInput {
        id,
        clause_id: input.clause.clone(),
        clause_name: input.label.clone(),
        value,
        error_message,
    }
}

fn output(output: &OutputValue, id: Uuid) -> DecisionOutput {
    let (value, error_message) = variable(&output.value, output.stated_type.as_deref());
    DecisionOutput {
        id,
        clause_id: output.clause.clone(),
        clause_name: output.label.clone(),
        rule_id: output.rule.clone(),
        rule_order: output.order.map(|order| i32::try_from(order).unwrap_or(i32::MAX)),
        variable_name: output.name.clone(),
        value,
        error_message,
    }
}

/// A value as a variable holds it, or why none can.
fn variable(value: &Value, stated: Option<&str>) -> (TypedValue, Option<String>) {
    match typed(value, stated) {
        Ok(value) => (value, None),
        Err(problem) => (TypedValue::Null, Some(problem)),
    }
}

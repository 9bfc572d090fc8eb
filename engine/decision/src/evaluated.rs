//! How a decision came to its value, for whoever keeps a record of it.

use flowstone_feel::Value;

use crate::graph::Decision;
use crate::table::{Hit, Hits, Table};

/// One decision that was evaluated: what it looked at, and what it found.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// The id of the decision in its file.
    pub decision: String,
    /// The inputs of its table in their order; those after one with a value that is not allowed were not looked at.
    pub inputs: Vec<InputValue>,
    /// The results of the rules that matched, after the hit policy and before they are brought together; the value
    /// itself when its logic is not a table.
    pub outputs: Vec<OutputValue>,
    /// What the results were brought together to, where the hit policy does so and there is one output.
    pub collected: Option<Value>,
}

/// A value that a table tested.
#[derive(Clone, Debug, PartialEq)]
pub struct InputValue {
    /// The id of the input clause.
    pub clause: Option<String>,
    /// The label of the input clause.
    pub label: Option<String>,
    /// The name of the type of its expression, as the file writes it.
    pub stated_type: Option<String>,
    /// The value.
    pub value: Value,
}

/// A result.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputValue {
    /// The id of the output clause, when the logic is a table.
    pub clause: Option<String>,
    /// The label of the output clause.
    pub label: Option<String>,
    /// The id of the rule.
    pub rule: Option<String>,
    /// The place of the rule among those that matched, from 1; `None` for defaults and for what is not a table.
    pub order: Option<usize>,
    /// The name of the result.
    pub name: String,
    /// The name of its type, as the file writes it.
    pub stated_type: Option<String>,
    /// The value.
    pub value: Value,
}

impl Evaluated {
    /// Of a decision whose logic is a table.
    pub(crate) fn table(decision: &Decision, table: &Table, hits: &Hits) -> Self {
        let inputs = table.inputs.iter().zip(&hits.inputs).map(|(input, value)| InputValue {
            clause: input.id.clone(),
            label: input.label.clone(),
            stated_type: input.stated.clone(),
            value: value.clone(),
        });
        let matched = hits.collected.as_ref().unwrap_or(&hits.rows);
        let of_hit = |(position, hit): (usize, &Hit)| {
            let (rule, order) = (hit.rule.as_deref(), (!hits.by_default).then_some(position + 1));
            let outputs = table.outputs.iter().zip(&hit.outputs);
            let outputs = outputs.map(|(output, value)| OutputValue {
                clause: output.id.clone(),
                label: output.caption.clone(),
                rule: rule.map(str::to_owned),
                order,
                name: output.label.to_string(),
                stated_type: output.stated.clone(),
                value: value.clone(),
            });
            outputs.collect::<Vec<_>>()
        };
        Self {
            decision: decision.id.clone(),
            inputs: inputs.collect(),
            outputs: matched.iter().enumerate().flat_map(of_hit).collect(),
            collected: (hits.collected.is_some() && table.outputs.len() == 1).then(|| hits.value.clone()),
        }
    }

    /// Of a decision with any other logic.
    pub(crate) fn value(decision: &Decision, value: &Value) -> Self {
        Self {
            decision: decision.id.clone(),
            inputs: Vec::new(),
            outputs: vec![OutputValue {
                clause: None,
                label: None,
                rule: None,
                order: None,
                name: decision.variable.to_string(),
                stated_type: decision.stated.clone(),
                value: value.clone(),
            }],
            collected: None,
        }
    }
}

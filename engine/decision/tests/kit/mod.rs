//! Small models, and their results.

#![allow(dead_code, reason = "each test file uses its part of the kit")]

use chrono::{DateTime, FixedOffset};
use flowstone_decision::{Inputs, Model, Outcome, read};
use flowstone_feel::{Context, Expression, Limits, Names, Scope, Value};

/// A file with this content of its `definitions`.
pub fn definitions(content: &str) -> String {
    format!(
        "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' id='m' name='model' namespace='test'>\n\
         {content}\n</definitions>"
    )
}

/// The decision `d` whose logic is a table. Inputs are `expression<more elements>`, outputs are name and content, and
/// rules are tests and results. Nothing is declared as input data.
pub fn table(attributes: &str, inputs: &[&str], outputs: &[(&str, &str)], rules: &[(&[&str], &[&str])]) -> String {
    let mut content = format!("<decisionTable {attributes}>");
    for input in inputs {
        let (expression, more) = input.split_at(input.find('<').unwrap_or(input.len()));
        content += &format!("<input><inputExpression><text>{expression}</text></inputExpression>{more}</input>");
    }
    for (name, inside) in outputs {
        content += &format!("<output name='{name}'>{inside}</output>");
    }
    for (number, (tests, results)) in rules.iter().enumerate() {
        content += &format!("<rule id='rule{number}'>");
        for test in *tests {
            content += &format!("<inputEntry><text>{}</text></inputEntry>", escaped(test));
        }
        for result in *results {
            content += &format!("<outputEntry><text>{}</text></outputEntry>", escaped(result));
        }
        content += "</rule>";
    }
    definitions(&format!(
        "<decision id='d' name='d'>{content}</decisionTable></decision>"
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A model of a sound file.
pub fn model(file: &str) -> Model {
    let reading = read(file, &[]);
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    reading.model.unwrap()
}

pub fn limits() -> Limits {
    Limits::default()
}

pub fn now() -> DateTime<FixedOffset> {
    "2026-01-31T09:30:00Z".parse().unwrap()
}

/// The value of a literal.
pub fn value(source: &str) -> Value {
    let expression = Expression::parse(source, &Names::new()).unwrap();
    expression.evaluate(&Scope::new(), &limits(), now()).unwrap().value
}

/// What the decision `d` comes to with variables that are given as FEEL.
pub fn outcome(model: &Model, variables: &[(&str, &str)]) -> Outcome {
    let variables: Context = variables.iter().map(|(name, source)| (*name, value(source))).collect();
    model.evaluate("d", &Inputs::open(variables), &limits(), now()).unwrap()
}

pub fn evaluate(model: &Model, variables: &[(&str, &str)]) -> Value {
    outcome(model, variables).value
}

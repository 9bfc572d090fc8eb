//! What FEEL texts come to, area by area. Expected values are written as `string(...)` gives them.

#![allow(clippy::unwrap_used)]

mod arithmetic;
mod builtin_arguments;
mod contexts;
mod control_flow;
mod functions;
mod lists;
mod names;
mod ranges;
mod regular_expressions;
mod strings;
mod tables;
mod temporal;
mod types;
mod unary_tests;
mod values;

use flowstone_feel::{Expression, Limits, Names, Outcome, Scope, Value};

/// The moment that `now()` gives in these tests.
const NOW: &str = "2026-01-31T09:30:00+01:00";

fn outcome_in(source: &str, scope: &Scope, names: &[&str]) -> Outcome {
    let names = Names::from_iter(names.iter().copied());
    let expression = Expression::parse(source, &names).unwrap_or_else(|error| panic!("{source}: {error}"));
    expression
        .evaluate(scope, &Limits::default(), NOW.parse().unwrap())
        .unwrap()
}

fn evaluate(source: &str) -> Value {
    outcome_in(source, &Scope::new(), &[]).value
}

/// Evaluates every source and compares it with the text of the expected value; reports all that differ at once.
#[track_caller]
fn check(table: &[(&str, &str)]) {
    check_in(&Scope::new(), &[], table);
}

#[track_caller]
fn check_in(scope: &Scope, names: &[&str], table: &[(&str, &str)]) {
    let differences: Vec<String> = table
        .iter()
        .map(|(source, expected)| (source, outcome_in(source, scope, names).value.to_string(), expected))
        .filter(|(_, actual, expected)| actual != *expected)
        .map(|(source, actual, expected)| format!("{source}\n    gives {actual}\n    not   {expected}"))
        .collect();
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

/// Checks that every source is null, and that a warning says why.
#[track_caller]
fn check_null(sources: &[&str]) {
    let differences: Vec<String> = sources
        .iter()
        .map(|source| (source, outcome_in(source, &Scope::new(), &[])))
        .filter(|(_, outcome)| !outcome.value.is_null() || outcome.warnings.is_empty())
        .map(|(source, outcome)| format!("{source} gives {} with {:?}", outcome.value, outcome.warnings))
        .collect();
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

//! Literal expressions of the public DMN TCK, straight from its folder beside the repository.
//!
//! Decision tables, invocations and required decisions are the business of the decision crate; here every decision
//! that is one literal expression, and needs nothing but input data, is computed and compared.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use flowstone_feel::{Context, Expression, Limits, Names, Number, Scope, Value};
use roxmltree::{Document, Node};

#[test]
fn literal_expressions_of_the_kit_have_the_expected_results() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/dmn-tck");
    if !root.is_dir() {
        eprintln!("skipped: the DMN TCK is not at {}", root.display());
        return;
    }
    let mut passed = 0;
    let mut failures = Vec::new();
    for level in ["compliance-level-2", "compliance-level-3"] {
        for directory in sorted_entries(&root.join(level)) {
            for file in sorted_entries(&directory) {
                if file.extension().is_some_and(|extension| extension == "xml") {
                    run_file(&directory, &file, &mut passed, &mut failures);
                }
            }
        }
    }
    for failure in &failures {
        eprintln!("{failure}");
    }
    eprintln!("{passed} passed, {} failed", failures.len());
    assert!(failures.is_empty());
    assert!(passed > 1_500, "only {passed} cases were found");
}

fn sorted_entries(directory: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.tag_name().name() == name)
}

/// The decisions of a model that are one literal expression and require no knowledge or other decision.
fn literal_decisions(model: &Document<'_>) -> HashMap<String, String> {
    model
        .descendants()
        .filter(|node| node.tag_name().name() == "decision")
        .filter(|decision| {
            !decision
                .descendants()
                .any(|node| matches!(node.tag_name().name(), "requiredKnowledge" | "requiredDecision"))
        })
        .filter_map(|decision| {
            let text = child(child(decision, "literalExpression")?, "text")?.text()?;
            Some((decision.attribute("name")?.to_owned(), text.to_owned()))
        })
        .collect()
}

fn run_file(directory: &Path, file: &Path, passed: &mut usize, failures: &mut Vec<String>) {
    let text = fs::read_to_string(file).unwrap();
    let document = Document::parse(&text).unwrap();
    let Some(model_name) = child(document.root_element(), "modelName").and_then(|node| node.text()) else {
        return;
    };
    let model_text = fs::read_to_string(directory.join(model_name)).unwrap();
    let model = Document::parse(&model_text).unwrap();
    let decisions = literal_decisions(&model);
    for case in document
        .descendants()
        .filter(|node| node.tag_name().name() == "testCase")
    {
        let inputs: Vec<(String, Value)> = case
            .children()
            .filter(|node| node.tag_name().name() == "inputNode")
            .map(|node| (node.attribute("name").unwrap().to_owned(), value_of(node)))
            .collect();
        let scope = inputs.iter().fold(Scope::new(), |scope, (name, value)| {
            scope.with(name.as_str(), value.clone())
        });
        let names = Names::from_iter(inputs.iter().map(|(name, _)| name.as_str()));
        for result in case.children().filter(|node| node.tag_name().name() == "resultNode") {
            let Some(source) = result.attribute("name").and_then(|name| decisions.get(name)) else {
                continue;
            };
            let expected = child(result, "expected").map(value_of).unwrap_or_default();
            let actual = match Expression::parse(source, &names) {
                Ok(expression) => {
                    let now = "2026-01-31T09:30:00Z".parse().unwrap();
                    expression.evaluate(&scope, &Limits::default(), now).unwrap().value
                }
                // What cannot be parsed has no value.
                Err(_) => Value::Null,
            };
            if agrees(&expected, &actual) {
                *passed += 1;
            } else {
                failures.push(format!(
                    "{} {}: {} => {actual}, expected {expected}",
                    directory.file_name().unwrap().display(),
                    case.attribute("id").unwrap_or_default(),
                    source.trim(),
                ));
            }
        }
    }
}

fn value_of(node: Node<'_, '_>) -> Value {
    if let Some(list) = child(node, "list") {
        return Value::list(
            list.children()
                .filter(|item| item.tag_name().name() == "item")
                .map(value_of),
        );
    }
    let components: Vec<Node<'_, '_>> = node
        .children()
        .filter(|child| child.tag_name().name() == "component")
        .collect();
    if !components.is_empty() {
        return components
            .into_iter()
            .map(|component| (component.attribute("name").unwrap(), value_of(component)))
            .collect::<Context>()
            .into();
    }
    let Some(value) = child(node, "value") else {
        return Value::Null;
    };
    let is_nil = value
        .attributes()
        .any(|attribute| attribute.name() == "nil" && attribute.value() == "true");
    if is_nil {
        return Value::Null;
    }
    let text = value.text().unwrap_or_default();
    let kind = value
        .attributes()
        .find(|attribute| attribute.name() == "type")
        .map_or("string", |attribute| {
            attribute.value().rsplit(':').next().unwrap_or("string")
        });
    match kind {
        "decimal" | "double" | "integer" | "int" | "float" => text.trim().parse::<Number>().unwrap().into(),
        "boolean" => Value::Boolean(text.trim() == "true"),
        "date" => text.parse::<flowstone_feel::temporal::Date>().unwrap().into(),
        "time" => text.parse::<flowstone_feel::temporal::Time>().unwrap().into(),
        "dateTime" => text.parse::<flowstone_feel::temporal::DateTime>().unwrap().into(),
        "duration" => match text.parse::<flowstone_feel::temporal::YearsAndMonthsDuration>() {
            Ok(duration) => duration.into(),
            Err(_) => text
                .parse::<flowstone_feel::temporal::DaysAndTimeDuration>()
                .unwrap()
                .into(),
        },
        _ => text.into(),
    }
}

/// Whether a result is the expected one; numbers of the kit are given to eight digits or so.
fn agrees(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Number(expected), Value::Number(actual)) => {
            let difference = expected.checked_sub(actual).unwrap().abs();
            difference < "0.00000001".parse().unwrap()
        }
        (Value::List(expected), Value::List(actual)) => {
            expected.len() == actual.len()
                && expected
                    .iter()
                    .zip(actual.iter())
                    .all(|(left, right)| agrees(left, right))
        }
        (Value::Context(expected), Value::Context(actual)) => {
            expected.len() == actual.len()
                && expected
                    .iter()
                    .all(|(name, value)| actual.get(name).is_some_and(|other| agrees(value, other)))
        }
        // The type of a decision makes its only item of a list; that is the business of the decision crate.
        (expected, Value::List(actual)) if actual.len() == 1 => agrees(expected, &actual[0]),
        (expected, actual) => expected == actual,
    }
}

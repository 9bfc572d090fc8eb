//! The public DMN TCK, straight from its folder: `FLOWSTONE_DMN_TCK` names it, or it lies beside the repository.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::fs;
use std::path::{Path, PathBuf};

use flowstone_decision::{Inputs, Model, read};
use flowstone_feel::{Context, Limits, Number, Value};
use roxmltree::{Document, Node};

#[test]
fn every_case_of_the_kit_has_the_expected_result() {
    let root = match std::env::var_os("FLOWSTONE_DMN_TCK") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/dmn-tck"),
    };
    if !root.is_dir() {
        eprintln!(
            "skipped: the DMN TCK is not at {}; FLOWSTONE_DMN_TCK may name its folder",
            root.display()
        );
        return;
    }
    let mut tally = Tally::default();
    for directory in directories(&root) {
        run_directory(&directory, &mut tally);
    }
    for failure in &tally.failures {
        println!("{failure}");
    }
    println!("{}/{} cases passed", tally.passed, tally.total);
    assert!(tally.total > 0, "no test case was found in {}", root.display());
    assert_eq!(tally.passed, tally.total);
}

#[derive(Default)]
struct Tally {
    passed: usize,
    total: usize,
    failures: Vec<String>,
}

/// All directories below one that hold test files, in order.
fn directories(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = entries(root);
    if entries.iter().any(|entry| has_extension(entry, "dmn")) {
        found.push(root.to_owned());
    }
    for entry in entries.into_iter().filter(|entry| entry.is_dir()) {
        found.extend(directories(&entry));
    }
    found
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension == wanted)
}

/// All models of a directory, each after those that it imports.
fn models(directory: &Path) -> Vec<(String, Model)> {
    let mut waiting: Vec<(String, String)> = entries(directory)
        .into_iter()
        .filter(|entry| has_extension(entry, "dmn"))
        .map(|entry| {
            let name = entry.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(entry).unwrap())
        })
        .collect();
    let mut known: Vec<(String, Model)> = Vec::new();
    // Models with imports are read again until nothing new is found.
    for round in 0..waiting.len().max(1) {
        let last = round + 1 == waiting.len().max(1);
        let mut later = Vec::new();
        for (name, source) in waiting {
            let imports: Vec<Model> = known.iter().map(|(_, model)| model.clone()).collect();
            let reading = read(&source, &imports);
            let lacks_import = reading
                .problems
                .iter()
                .any(|problem| problem.message.contains("imported model"));
            match reading.model {
                Some(model) if last || !lacks_import => known.push((name, model)),
                _ => later.push((name, source)),
            }
        }
        waiting = later;
        if waiting.is_empty() {
            break;
        }
    }
    known
}

fn run_directory(directory: &Path, tally: &mut Tally) {
    let models = models(directory);
    let files = entries(directory)
        .into_iter()
        .filter(|entry| has_extension(entry, "xml"));
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let document = Document::parse(&text).unwrap();
        let name = child(document.root_element(), "modelName").and_then(|node| node.text());
        let model = models
            .iter()
            .find(|(model, _)| Some(model.as_str()) == name.map(str::trim));
        let Some((_, model)) = model else {
            tally.total += 1;
            tally
                .failures
                .push(format!("{}: there is no model {name:?}", file.display()));
            continue;
        };
        for case in children(document.root_element(), "testCase") {
            tally.total += 1;
            match run_case(model, case) {
                Ok(()) => tally.passed += 1,
                Err(reason) => tally.failures.push(format!(
                    "{} case {}: {reason}",
                    directory.file_name().unwrap().display(),
                    case.attribute("id").unwrap_or_default()
                )),
            }
        }
    }
}

fn run_case(model: &Model, case: Node<'_, '_>) -> Result<(), String> {
    let given: Context = children(case, "inputNode")
        .into_iter()
        .map(|node| (node.attribute("name").unwrap(), value_of(node)))
        .collect();
    let invocable = case.attribute("invocableName").unwrap_or_default();
    let now = "2026-01-31T09:30:00Z".parse().unwrap();
    let limits = Limits::default();
    for result in children(case, "resultNode") {
        let name = result.attribute("name").unwrap_or_default();
        let expected = child(result, "expected").map(value_of).unwrap_or_default();
        let inputs = Inputs::declared(given.clone());
        let outcome = match case.attribute("type") {
            Some("decisionService") => model.evaluate_service(invocable, &inputs, &limits, now),
            Some("bkm") => model.call_knowledge(invocable, &given, &limits, now),
            _ => model.evaluate(name, &inputs, &limits, now),
        };
        let outcome = outcome.map_err(|error| format!("{name}: {error}"))?;
        let actual = match case.attribute("type") {
            Some("decisionService") => outcome.rows[0].outputs.get(name).cloned().unwrap_or(outcome.value),
            _ => outcome.value,
        };
        if !agrees(&expected, &actual) {
            let warnings: Vec<String> = outcome.warnings.iter().map(|warning| warning.message.clone()).collect();
            return Err(format!(
                "{name} is {actual}, expected {expected} ({})",
                warnings.join("; ")
            ));
        }
    }
    Ok(())
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    children(node, name).into_iter().next()
}

fn children<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Vec<Node<'a, 'i>> {
    node.children()
        .filter(|child| child.tag_name().name() == name)
        .collect()
}

/// The value that a node of a test file describes.
fn value_of(node: Node<'_, '_>) -> Value {
    let is = |node: &Node<'_, '_>, name: &str| {
        node.attributes()
            .any(|attribute| attribute.name() == name && attribute.value() == "true")
    };
    if let Some(list) = child(node, "list") {
        if is(&list, "nil") {
            return Value::Null;
        }
        return Value::list(children(list, "item").into_iter().map(value_of));
    }
    let components = children(node, "component");
    if !components.is_empty() {
        return components
            .into_iter()
            .map(|component| (component.attribute("name").unwrap(), value_of(component)))
            .collect::<Context>()
            .into();
    }
    let Some(value) = child(node, "value").filter(|value| !is(value, "nil")) else {
        return Value::Null;
    };
    let text = value.text().unwrap_or_default();
    let kind = value.attributes().find(|attribute| attribute.name() == "type");
    let kind = kind.map_or("string", |kind| kind.value().rsplit(':').next().unwrap_or("string"));
    match kind {
        "decimal" | "double" | "integer" | "int" | "long" | "float" => text.trim().parse::<Number>().unwrap().into(),
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
        (expected, actual) => expected == actual,
    }
}

//! The public DMN TCK, straight from its folder: `FLOWSTONE_DMN_TCK` names it, or it lies beside the repository.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use flowstone_decision::{Inputs, Model, read};
use flowstone_feel::temporal::{Date, DateTime, DaysAndTimeDuration, Time, YearsAndMonthsDuration};
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

/// The directories below one that hold test files, in order. Models may lie deeper than the tests that use them.
fn directories(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = entries(root);
    if entries.iter().any(|entry| is_test_file(entry)) {
        found.push(root.to_owned());
    }
    for entry in entries.into_iter().filter(|entry| entry.is_dir()) {
        found.extend(directories(&entry));
    }
    found
}

fn is_test_file(path: &Path) -> bool {
    has_extension(path, "xml")
        && fs::read_to_string(path).is_ok_and(|text| {
            Document::parse(&text).is_ok_and(|document| document.root_element().tag_name().name() == "testCases")
        })
}

/// All model files of a directory and of those inside it.
fn model_files(directory: &Path) -> Vec<PathBuf> {
    let (inner, mut files): (Vec<PathBuf>, Vec<PathBuf>) =
        entries(directory).into_iter().partition(|entry| entry.is_dir());
    files.retain(|entry| has_extension(entry, "dmn"));
    files.extend(inner.iter().flat_map(|inner| model_files(inner)));
    files
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
    let mut waiting: Vec<(String, String)> = model_files(directory)
        .into_iter()
        .map(|entry| {
            let name = entry.file_name().unwrap().to_string_lossy().into_owned();
            (name, String::from_utf8_lossy(&fs::read(entry).unwrap()).into_owned())
        })
        .collect();
    let mut known: Vec<(String, Model)> = Vec::new();
    // Models are read again with what they import, until nothing new is found.
    while !waiting.is_empty() {
        let before = waiting.len();
        let imports: Vec<Model> = known.iter().map(|(_, model)| model.clone()).collect();
        let mut later = Vec::new();
        for (name, source) in waiting {
            let reading = read(&source, &imports);
            let lacks_import = reading
                .problems
                .iter()
                .any(|problem| problem.message.contains("imported model"));
            match reading.model {
                Some(model) if !lacks_import => known.push((name, model)),
                _ => later.push((name, source)),
            }
        }
        if later.len() == before {
            let readable = later
                .into_iter()
                .map(|(name, source)| (name, read(&source, &imports).model));
            known.extend(readable.filter_map(|(name, model)| Some((name, model?))));
            break;
        }
        waiting = later;
    }
    known
}

fn run_directory(directory: &Path, tally: &mut Tally) {
    let models = models(directory);
    let files = entries(directory).into_iter().filter(|entry| is_test_file(entry));
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let document = Document::parse(&text).unwrap();
        let name = child(document.root_element(), "modelName").and_then(|node| node.text());
        // It may be written as a path.
        let name = name.and_then(|name| name.trim().rsplit(['/', '\\']).next());
        let model = models.iter().find(|(model, _)| Some(model.as_str()) == name);
        for case in children(document.root_element(), "testCase") {
            tally.total += 1;
            let outcome = match model {
                // One case that breaks down says nothing of the others.
                Some((_, model)) => catch_unwind(AssertUnwindSafe(|| run_case(model, case)))
                    .unwrap_or_else(|_| Err("the evaluation broke down".to_owned())),
                None => Err(format!("there is no model {name:?}")),
            };
            match outcome {
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

/// What a result is asked of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Decision,
    Service,
    Knowledge,
}

impl Asked {
    /// The case says it for all of its results, or a result for itself.
    fn of(case: Node<'_, '_>, result: Node<'_, '_>) -> Self {
        let said = |node: Node<'_, '_>| match node.attribute("type") {
            Some("decisionService") => Some(Self::Service),
            Some("bkm" | "businessKnowledgeModel") => Some(Self::Knowledge),
            _ => None,
        };
        said(case).or_else(|| said(result)).unwrap_or(Self::Decision)
    }
}

fn run_case(model: &Model, case: Node<'_, '_>) -> Result<(), String> {
    let mut given = Context::new();
    for node in children(case, "inputNode") {
        given.insert(node.attribute("name").unwrap_or_default(), value_of(node)?);
    }
    let now = "2026-01-31T09:30:00Z".parse().unwrap();
    let limits = Limits::default();
    for result in children(case, "resultNode") {
        let name = result.attribute("name").unwrap_or_default().trim();
        let invocable = case.attribute("invocableName").unwrap_or(name).trim();
        let expected = child(result, "expected").map(value_of).transpose()?.unwrap_or_default();
        let inputs = Inputs::declared(given.clone());
        let asked = Asked::of(case, result);
        let outcome = match asked {
            Asked::Service => model.evaluate_service(invocable, &inputs, &limits, now),
            Asked::Knowledge => model.call_knowledge(invocable, &given, &limits, now),
            Asked::Decision => model.evaluate(name, &inputs, &limits, now),
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            // The error itself is expected.
            Err(_) if expected.is_null() && result.attribute("errorResult") == Some("true") => continue,
            Err(error) => return Err(format!("{name}: {error}")),
        };
        let output = (asked == Asked::Service).then(|| outcome.rows[0].outputs.get(name).cloned());
        let actual = output.flatten().unwrap_or(outcome.value);
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
fn value_of(node: Node<'_, '_>) -> Result<Value, String> {
    let is_nil = |node: &Node<'_, '_>| {
        node.attributes()
            .any(|attribute| attribute.name() == "nil" && matches!(attribute.value(), "true" | "1"))
    };
    if is_nil(&node) {
        return Ok(Value::Null);
    }
    if let Some(list) = child(node, "list") {
        if is_nil(&list) {
            return Ok(Value::Null);
        }
        let items: Result<Vec<Value>, String> = children(list, "item").into_iter().map(value_of).collect();
        return items.map(Value::from);
    }
    let components = children(node, "component");
    if !components.is_empty() {
        let mut context = Context::new();
        for component in components {
            // A single one without a name stands for a context without entries.
            if let Some(name) = component.attribute("name") {
                context.insert(name, value_of(component)?);
            }
        }
        return Ok(context.into());
    }
    let Some(value) = child(node, "value").filter(|value| !is_nil(value)) else {
        return Ok(Value::Null);
    };
    let text: String = value
        .descendants()
        .filter_map(|part| part.text().filter(|_| part.is_text()))
        .collect();
    let kind = value.attributes().find(|attribute| attribute.name() == "type");
    let kind = kind.map_or("string", |kind| kind.value().rsplit(':').next().unwrap_or("string"));
    typed(kind, &text).ok_or_else(|| format!("the value '{text}' of the test is no {kind}"))
}

/// A value of a type of XML Schema.
fn typed(kind: &str, text: &str) -> Option<Value> {
    let bare = text.trim();
    Some(match kind {
        "decimal" | "double" | "integer" | "int" | "long" | "short" | "byte" | "float" => {
            bare.strip_prefix('+').unwrap_or(bare).parse::<Number>().ok()?.into()
        }
        "boolean" => Value::Boolean(matches!(bare, "true" | "1")),
        "date" => bare.parse::<Date>().ok()?.into(),
        "time" => bare.parse::<Time>().ok()?.into(),
        "dateTime" => bare.parse::<DateTime>().ok()?.into(),
        "duration" | "dayTimeDuration" | "yearMonthDuration" => match bare.parse::<YearsAndMonthsDuration>() {
            Ok(duration) => duration.into(),
            Err(_) => bare.parse::<DaysAndTimeDuration>().ok()?.into(),
        },
        _ => text.into(),
    })
}

/// Whether a result is the expected one; numbers of the kit are given to eight digits or so.
fn agrees(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Number(expected), Value::Number(actual)) => {
            let difference = expected.checked_sub(actual).map(|difference| difference.abs());
            difference.is_some_and(|difference| difference < "0.00000001".parse().unwrap())
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

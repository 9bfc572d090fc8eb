//! Real models, as found in public test suites: those beside the repository in `../shared/scenarios`, or in the
//! directory that `FLOWSTONE_SCENARIOS` names. Without them these tests say so and pass.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use flowstone_bpmn::{Limits, Parsed, parse};

fn scenarios() -> Option<PathBuf> {
    let directory = std::env::var_os("FLOWSTONE_SCENARIOS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/scenarios"),
        PathBuf::from,
    );
    if directory.is_dir() {
        return Some(directory);
    }
    eprintln!("skipped: there are no recorded models in {}", directory.display());
    None
}

fn bpmn_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                pending.push(path);
            } else if name.ends_with(".bpmn") || name.ends_with(".bpmn20.xml") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn parse_file(path: &Path) -> Parsed {
    parse(
        &path.file_name().unwrap().to_string_lossy(),
        &fs::read(path).unwrap(),
        &Limits::default(),
    )
}

/// Problems that say the engine is not there yet; every other error means that the file itself is wrong.
const NOT_YET: [&str; 2] = ["unsupported-element", "unsupported-attribute"];

#[test]
fn deployed_models_are_accepted_or_refused_only_for_what_is_not_supported_yet() {
    let Some(scenarios) = scenarios() else { return };
    let models = scenarios.join("models");
    let files = bpmn_files(&models);
    let mut accepted = Vec::new();
    let mut wrong = Vec::new();
    for file in &files {
        let parsed = parse_file(file);
        let name = file.strip_prefix(&models).unwrap().display().to_string();
        assert_eq!(
            parsed.document.is_none(),
            parsed.diagnostics.iter().any(|found| found.is_error()),
            "{name}"
        );
        for found in parsed
            .diagnostics
            .iter()
            .filter(|found| found.is_error() && !NOT_YET.contains(&found.code))
        {
            wrong.push(format!(
                "{name}:{}:{}: {} {}",
                found.line, found.column, found.code, found.message
            ));
        }
        if parsed.document.is_some() {
            accepted.push(name);
        }
    }
    println!("{} of {} models are accepted", accepted.len(), files.len());
    if let Some(list) = std::env::var_os("FLOWSTONE_ACCEPTED_LIST") {
        fs::write(list, accepted.join("\n") + "\n").unwrap();
    }
    assert!(
        wrong.is_empty(),
        "refused for another reason than missing support:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn rejected_models_have_an_error_with_a_place() {
    let Some(scenarios) = scenarios() else { return };
    for file in bpmn_files(&scenarios.join("rejected")) {
        let parsed = parse_file(&file);
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let errors: Vec<_> = parsed.diagnostics.iter().filter(|found| found.is_error()).collect();
        println!(
            "{name}: {}",
            errors.iter().map(|found| found.code).collect::<Vec<_>>().join(", ")
        );
        assert!(!errors.is_empty(), "{name} is accepted");
        assert!(
            errors
                .iter()
                .all(|found| found.line > 0 && found.column > 0 && found.span.is_some()),
            "{name}"
        );
    }
}

//! `flowstone check`: problems of BPMN files with the source underlined.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use flowstone_bpmn::{Diagnostic, Limits, Severity, SourceIndex, parse, source_text};
use serde_json::json;

/// Checks files; fails when one has an error.
pub(super) fn check(files: &[PathBuf], as_json: bool) -> anyhow::Result<ExitCode> {
    let mut found = Vec::new();
    let mut failed = false;
    for file in files {
        let bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let diagnostics = parse(&file.display().to_string(), &bytes, &Limits::default()).diagnostics;
        failed |= diagnostics.iter().any(|problem| problem.severity == Severity::Error);
        if as_json {
            found.push(json!({"file": file.display().to_string(), "problems": diagnostics}));
        } else {
            print!("{}", render(file, &bytes, &diagnostics));
        }
    }
    if as_json {
        println!("{}", serde_json::to_string_pretty(&found)?);
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The problems of one file as text.
fn render(file: &Path, bytes: &[u8], diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    let source = source_text(bytes).unwrap_or_default();
    let index = SourceIndex::new(&source);
    // Writing to a text cannot fail.
    for problem in diagnostics {
        let severity = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let _ = writeln!(text, "{severity}[{}]: {}", problem.code, problem.message);
        let _ = writeln!(text, "  --> {}:{}:{}", file.display(), problem.line, problem.column);
        if let Some(line) = index.line(problem.line) {
            let length = problem.span.map_or(1, |(from, to)| to.saturating_sub(from)).max(1);
            let before = problem.column.saturating_sub(1) as usize;
            let room = line.chars().count().saturating_sub(before).max(1);
            let number = problem.line.to_string();
            let margin = " ".repeat(number.len());
            let _ = writeln!(text, " {margin} |\n {number} | {line}");
            let marks = "^".repeat(length.min(room));
            let _ = writeln!(text, " {margin} | {}{marks}", " ".repeat(before));
        }
        let _ = writeln!(text, "  help: {}\n", problem.advice);
    }
    let errors = diagnostics
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .count();
    let warnings = diagnostics.len() - errors;
    let _ = writeln!(text, "{}: {errors} error(s), {warnings} warning(s)", file.display());
    text
}

//! Each problem of a model is reported under its code, with the elements at fault.

#![allow(clippy::unwrap_used)]

mod events;
mod files;
mod flows;
mod jobs;
mod tasks;

use flowstone_bpmn::{CODES, Diagnostic, Limits, Severity, parse};

const HEAD: &str = "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' \
                    xmlns:camunda='http://camunda.org/schema/1.0/bpmn' targetNamespace='test'>";

/// The problems of what stands in `definitions`.
fn in_definitions(content: &str) -> Vec<Diagnostic> {
    let text = format!("{HEAD}{content}</definitions>");
    let parsed = parse("file.bpmn", text.as_bytes(), &Limits::default());
    assert_eq!(
        parsed.document.is_none(),
        parsed.diagnostics.iter().any(Diagnostic::is_error)
    );
    for found in &parsed.diagnostics {
        assert!(
            CODES.iter().any(|(code, _)| *code == found.code),
            "{} is not documented",
            found.code
        );
        assert!(!found.message.is_empty() && !found.advice.is_empty());
    }
    parsed.diagnostics
}

/// The problems of a process: what stands in it, beside a start event `s`.
fn in_process(content: &str) -> Vec<Diagnostic> {
    in_definitions(&format!("<process id='p'><startEvent id='s'/>{content}</process>"))
}

/// The problems of a node `n` that the start event leads to.
fn of_node(node: &str) -> Vec<Diagnostic> {
    in_process(&format!("<sequenceFlow id='f' sourceRef='s' targetRef='n'/>{node}"))
}

/// Problems as `code id,id`, warnings with a question mark.
fn brief(found: &[Diagnostic]) -> Vec<String> {
    found
        .iter()
        .map(|found| {
            let mark = if found.severity == Severity::Warning { "?" } else { "" };
            format!("{}{mark} {}", found.code, found.element_ids.join(","))
                .trim_end()
                .to_owned()
        })
        .collect()
}

#[track_caller]
fn check(found: &[Diagnostic], expected: &[&str]) {
    assert_eq!(brief(found), expected, "{found:#?}");
}

/// A process with a user task `u`, an event and the definitions that events refer to.
fn with_event(event: &str) -> Vec<Diagnostic> {
    in_definitions(&format!(
        "<message id='m' name='paid'/><message id='nameless'/><signal id='g' name='alarm'/>\
         <error id='e' errorCode='e'/><error id='codeless'/><escalation id='l' escalationCode='late'/><escalation id='k'/>\
         <process id='p'><startEvent id='s'/><sequenceFlow id='f' sourceRef='s' targetRef='u'/><userTask id='u'/>\
         {event}</process>"
    ))
}

//! What must hold for any bytes at all: nothing panics, nothing runs on, and what was understood keeps its promises.
//!
//! `cargo fuzz run upload --features libfuzzer` looks for bytes for which it does not; `tests/corpus.rs` goes through
//! the corpus and some thousand changes of it.

use chrono::{DateTime, Utc};
use flowstone_bpmn::parse;
use flowstone_core::{CountingIds, IdSource as _, Start, StepOptions, compile, replay, start};
use flowstone_decision::{Inputs, read};
use flowstone_expression::{Expression, MapContext, TypedValue, Variables};
use flowstone_feel as feel;
use flowstone_schedule::{Cycle, Duration, RetryCycle};
use flowstone_script::feel_value;
use uuid::Uuid;

/// A file that somebody deploys: it is refused with a place for each error, or its processes can be run, and what they
/// did can be replayed.
///
/// # Panics
/// When that does not hold.
pub fn upload(data: &[u8]) {
    let parsed = parse("upload.bpmn", data, &flowstone_bpmn::Limits::default());
    let Some(document) = parsed.document else {
        assert!(
            parsed.diagnostics.iter().any(|one| one.is_error()),
            "refused without a reason"
        );
        assert!(parsed.diagnostics.iter().all(|one| one.line > 0 && one.column > 0));
        return;
    };
    let options = StepOptions {
        step_limit: 200,
        evaluation: flowstone_script::Limits {
            expression: flowstone_expression::Limits {
                fuel: 10_000,
                ..flowstone_expression::Limits::default()
            },
            time: std::time::Duration::from_millis(20),
            ..flowstone_script::Limits::default()
        },
        ..StepOptions::default()
    };
    for process in &document.processes {
        let executable = compile(process);
        let _ = (executable.job_definitions(), executable.start_subscriptions(now()));
        let mut ids = CountingIds::default();
        let begin = Start {
            variables: variables(),
            ..Start::default()
        };
        let id: Uuid = ids.next_id();
        // What cannot be begun is refused with a reason.
        if let Ok((instance, events)) = start(&executable, id, "p:1:x".into(), &begin, now(), &mut ids, &options) {
            // A variable that is not a number equals nothing, not even itself.
            if instance == instance.clone() {
                assert_eq!(replay(&events).as_ref(), Some(&instance), "the replay differs");
            }
        }
    }
}

/// An expression of a model: it has a mistake with a place, or a value or failure within its limits.
///
/// # Panics
/// When that does not hold.
pub fn uel(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Expression::parse(text) {
        Ok(expression) => {
            let mut context = MapContext::new(variables(), now());
            let _ = expression.evaluate(&mut context, &flowstone_expression::Limits::default());
        }
        Err(error) => assert!(error.offset <= text.len(), "the mistake lies behind the text"),
    }
}

/// A FEEL expression, and the same text as unary tests.
///
/// # Panics
/// When it does not end with a value, a null or a limit.
pub fn feel(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let names: feel::Names = variables().into_keys().collect();
    let mut known = feel::Context::new();
    for (name, value) in &variables() {
        known.insert(name.as_str(), feel_value(&value.into()));
    }
    let scope = feel::Scope::new().with_context(known.into());
    let limits = feel::Limits {
        fuel: 50_000,
        ..feel::Limits::default()
    };
    if let Ok(expression) = feel::Expression::parse(text, &names) {
        let mut evaluation = feel::Evaluation::new(&limits, now().fixed_offset());
        let _ = evaluation.evaluate(&expression, &scope);
    }
    if let Ok(tests) = feel::UnaryTests::parse(text, &names) {
        let mut evaluation = feel::Evaluation::new(&limits, now().fixed_offset());
        let _ = evaluation.test(&tests, &feel::Value::from(5), &scope);
    }
}

/// The text of a timer or a retry cycle: what comes again comes later.
///
/// # Panics
/// When that does not hold.
pub fn schedule(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = flowstone_schedule::parse_date(text);
    if let Ok(duration) = Duration::parse(text) {
        let _ = duration.added_to(now());
    }
    if let Ok(cycle) = RetryCycle::parse(text) {
        for failure in 0..4 {
            let _ = cycle.interval(failure).map(|pause| pause.added_to(now()));
        }
    }
    if let Ok(cycle) = Cycle::parse(text) {
        let mut due = cycle.first_due(now());
        for count in 1..4 {
            let Some(previous) = due else { break };
            due = cycle.next_due(previous, count, now());
            assert!(due.is_none_or(|due| due >= previous), "{due:?} is before {previous:?}");
        }
    }
}

/// A DMN file: it has problems with places, or its decisions can be evaluated.
///
/// # Panics
/// When that does not hold.
pub fn decision(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let reading = read(text, &[]);
    assert!(
        reading
            .problems
            .iter()
            .all(|problem| problem.line > 0 && problem.column > 0)
    );
    let Some(model) = reading.model else {
        assert!(!reading.problems.is_empty(), "refused without a reason");
        return;
    };
    let inputs = Inputs::open(feel::Context::new().with("amount", 12));
    let limits = feel::Limits {
        fuel: 50_000,
        ..feel::Limits::default()
    };
    for decision in model
        .decisions()
        .map(|decision| decision.id.to_owned())
        .collect::<Vec<_>>()
    {
        let _ = model.evaluate(&decision, &inputs, &limits, now().fixed_offset());
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_769_851_800, 0).unwrap_or_default()
}

fn variables() -> Variables {
    Variables::from([
        ("amount".to_owned(), TypedValue::from(12)),
        ("name".to_owned(), TypedValue::from("Ada")),
        ("list".to_owned(), TypedValue::Json("[1, 2, {\"a\": null}]".to_owned())),
    ])
}

//! Inputs, outputs and what the server is told about a task.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flowstone_worker::{Backoff, Date, File, RetryPolicy, Task, TaskError, Topic, TypedValue, Variables};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::server::{Fault, Server};
use crate::{nothing, report_of, run, stop, worker};

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Charge {
    card: String,
    amount: f64,
    lines: Vec<Line>,
    due: Date,
    coupon: Option<String>,
    invoice: File,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Line {
    sku: String,
    count: i64,
}

#[derive(Serialize)]
struct Charged {
    receipt: String,
    cents: i64,
    id: i64,
    lines: Vec<Line>,
    paid: Date,
    proof: TypedValue,
    voucher: Option<String>,
}

#[tokio::test]
async fn inputs_and_outputs_are_typed() {
    let server = Server::start();
    server.add_with(
        "t",
        "charge",
        json!({
            "businessKey": "order-1", "priority": 7, "extensionProperties": {"bank": "ada"},
            "variables": {
                "card": {"type": "String", "value": "4711", "valueInfo": {}},
                "amount": {"type": "Double", "value": 12.5, "valueInfo": {}},
                "lines": {"type": "Json", "value": r#"[{"sku":"a","count":2}]"#, "valueInfo": {}},
                "due": {"type": "Date", "value": "2026-01-31T09:30:00.000+0000", "valueInfo": {}},
                "invoice": {"type": "File", "value": null, "valueInfo": {"filename": "i.pdf", "mimeType": "application/pdf"}},
            },
        }),
    );
    let topic = Topic::new("charge", |task: Task, charge: Charge| async move {
        assert_eq!(
            (task.business_key(), task.priority(), task.extension_property("bank")),
            (Some("order-1"), 7, Some("ada"))
        );
        assert_eq!(
            (charge.amount, charge.coupon, charge.invoice.filename.as_str()),
            (12.5, None, "i.pdf")
        );
        let invoice = task.download(&charge.invoice).await?;
        assert_eq!(invoice, b"content of invoice at execution");
        task.set_local("attempted", true)?;
        Ok::<_, TaskError>(Charged {
            receipt: charge.card,
            cents: 1250,
            id: 1 << 40,
            lines: charge.lines,
            paid: charge.due,
            proof: TypedValue::file("p.txt", "text/plain", b"yes"),
            voucher: None,
        })
    });
    let complete = report_of(&server, topic, "complete").await;
    assert_eq!(
        complete["variables"],
        json!({
            "receipt": {"type": "String", "value": "4711", "valueInfo": {}},
            "cents": {"type": "Integer", "value": 1250, "valueInfo": {}},
            "id": {"type": "Long", "value": 1_i64 << 40, "valueInfo": {}},
            "lines": {"type": "Json", "value": r#"[{"count":2,"sku":"a"}]"#, "valueInfo": {}},
            "paid": {"type": "Date", "value": "2026-01-31T09:30:00.000+0000", "valueInfo": {}},
            "proof": {"type": "File", "value": "eWVz", "valueInfo": {"filename": "p.txt", "mimeType": "text/plain"}},
            "voucher": {"type": "Null", "value": null, "valueInfo": {}},
        })
    );
    assert_eq!(
        complete["localVariables"],
        json!({"attempted": {"type": "Boolean", "value": true, "valueInfo": {}}})
    );
    assert!(!server.has("t"));
    let fetch = &server.calls("fetchAndLock")[0].body;
    assert_eq!(
        fetch["topics"][0]["variables"],
        json!(["card", "amount", "lines", "due", "coupon", "invoice"]),
        "only what the input names is fetched"
    );
    assert_eq!(fetch["asyncResponseTimeout"], Value::Null, "run_once does not wait");
}

#[tokio::test]
async fn variables_that_do_not_fit_are_an_incident_that_names_them() {
    let server = Server::start();
    server.add(
        "t",
        "charge",
        json!({"sku": {"type": "String", "value": "a"}, "count": {"type": "String", "value": "two"}}),
    );
    let topic = Topic::new("charge", |_: Task, _: Line| async { Ok::<_, TaskError>(()) });
    let failure = report_of(&server, topic, "failure").await;
    assert_eq!(failure["retries"], 0);
    assert!(failure["errorMessage"].as_str().unwrap().contains("count"), "{failure}");
}

/// An error with a cause.
fn outage() -> anyhow::Error {
    anyhow::Error::new(std::io::Error::other("connection reset")).context("the bank does not answer")
}

#[tokio::test]
async fn the_error_of_the_handler_decides_what_the_server_is_told() {
    type Make = fn() -> TaskError;
    let policy = RetryPolicy::new(
        3,
        Backoff::new(Duration::from_secs(10), Duration::from_secs(60)).jitter(0.0),
    );
    let cases: [(&str, Make, Option<i64>, Value); 7] = [
        (
            "first failure",
            || TaskError::retry("down"),
            None,
            json!({"errorMessage": "down", "errorDetails": null, "retries": 3, "retryTimeout": 10_000}),
        ),
        (
            "third failure",
            || TaskError::retry("down"),
            Some(2),
            json!({"errorMessage": "down", "errorDetails": null, "retries": 1, "retryTimeout": 40_000}),
        ),
        (
            "last failure",
            || TaskError::retry("down"),
            Some(1),
            json!({"errorMessage": "down", "errorDetails": null, "retries": 0, "retryTimeout": 0}),
        ),
        (
            "own pace",
            || {
                TaskError::retry("busy")
                    .after(Duration::from_secs(1))
                    .with_retries_left(9)
            },
            None,
            json!({"errorMessage": "busy", "errorDetails": null, "retries": 9, "retryTimeout": 1_000}),
        ),
        (
            "fatal",
            || TaskError::fatal("no").with_details("why"),
            None,
            json!({"errorMessage": "no", "errorDetails": "why", "retries": 0, "retryTimeout": 0}),
        ),
        (
            "through ?",
            || outage().into(),
            None,
            json!({"errorMessage": "the bank does not answer", "errorDetails": "caused by: connection reset", "retries": 3, "retryTimeout": 10_000}),
        ),
        (
            "unfit variables",
            || TaskError::retry("down").with_variables(5),
            None,
            json!({"errorMessage": "down (and its variables cannot be sent: variables must be a struct or a map with names, not a number; wrap the value in a struct)", "errorDetails": null, "retries": 0, "retryTimeout": 0}),
        ),
    ];
    for (case, make, retries, expected) in cases {
        let server = Server::start();
        server.add_with("t", "charge", json!({ "retries": retries }));
        let topic =
            Topic::new("charge", move |_: Task, (): ()| async move { Err::<(), _>(make()) }).retry_policy(policy);
        let mut failure = report_of(&server, topic, "failure").await;
        failure.as_object_mut().unwrap().remove("workerId");
        assert_eq!(failure, expected, "{case}");
    }
}

#[tokio::test]
async fn a_bpmn_error_carries_code_message_and_variables() {
    let server = Server::start();
    server.add("t", "charge", json!({}));
    let topic = Topic::new("charge", |_: Task, (): ()| async {
        Err::<(), _>(TaskError::bpmn("LIMIT", "too much").with_variables(Variables::new().with("limit", 100)?))
    });
    let error = report_of(&server, topic, "bpmnError").await;
    assert_eq!(
        (&error["errorCode"], &error["errorMessage"]),
        (&json!("LIMIT"), &json!("too much"))
    );
    assert_eq!(
        error["variables"]["limit"],
        json!({"type": "Integer", "value": 100, "valueInfo": {}})
    );
}

#[tokio::test]
async fn a_panic_is_a_failure_and_the_worker_lives_on() {
    let server = Server::start();
    server.add("bad", "charge", json!({"n": {"type": "Integer", "value": 1}}));
    let (worker, running) = run(worker(&server).topic("charge", |_: Task, n: Variable| async move {
        assert!(n.n != 1, "one is not allowed");
        Ok::<_, TaskError>(())
    }));
    let failure = server.expect("failure", 1).await.remove(0);
    assert_eq!(failure.body["errorMessage"], "the handler panicked: one is not allowed");
    assert_eq!(failure.body["retries"], 3);
    server.add("good", "charge", json!({"n": {"type": "Integer", "value": 2}}));
    assert_eq!(server.expect("complete", 1).await[0].task, "good");
    stop(&worker, running).await;
}

#[derive(Deserialize)]
struct Variable {
    n: i64,
}

#[tokio::test]
async fn a_report_whose_answer_is_lost_is_repeated_and_the_handler_is_not() {
    let server = Server::start();
    server.add("t", "charge", json!({}));
    server.fault("complete", 1, Fault::LoseAnswer);
    let runs = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&runs);
    let worker = worker(&server).topic("charge", move |_: Task, (): ()| {
        count.fetch_add(1, Ordering::SeqCst);
        async { Ok::<_, TaskError>(()) }
    });
    assert_eq!(worker.build().unwrap().run_once().await.unwrap(), 1);
    assert_eq!((server.calls("complete").len(), server.calls("failure").len()), (2, 0));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_result_that_is_refused_for_good_becomes_a_failure() {
    for (case, times, status) in [("refused", 1, 400), ("broken each time", 5, 500)] {
        let server = Server::start();
        server.add("t", "charge", json!({}));
        server.fault("complete", times, Fault::Refuse(status));
        let failure = report_of(&server, Topic::new("charge", nothing), "failure").await;
        assert!(
            failure["errorMessage"]
                .as_str()
                .unwrap()
                .contains("refused by the test"),
            "{case}: {failure}"
        );
        assert_eq!(failure["retries"], 3, "{case}");
        assert_eq!(server.calls("complete").len(), times, "{case}");
    }
}

#[tokio::test]
async fn a_task_that_was_cancelled_meanwhile_is_left_alone() {
    let server = Server::start();
    server.add("t", "charge", json!({}));
    let server = Arc::new(server);
    let there = Arc::clone(&server);
    let topic = Topic::new("charge", move |task: Task, (): ()| {
        there.remove(task.id());
        async { Ok::<_, TaskError>(()) }
    });
    report_of(&server, topic, "complete").await;
    assert!(server.calls("failure").is_empty());
}

//! A worker against a real engine in the same process.

use std::time::Duration;

use flowstone_worker::testing::TestEngine;
use flowstone_worker::{Backoff, FetchRequest, FetchTopic, RetryPolicy, Task, TaskError, Topic, TypedValue, Variables};
use serde::{Deserialize, Serialize};
use serde_json::json;

const ORDER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <bpmn:process id="order" isExecutable="true">
    <bpmn:startEvent id="start" />
    <bpmn:sequenceFlow id="a" sourceRef="start" targetRef="charge" />
    <bpmn:serviceTask id="charge" camunda:type="external" camunda:topic="charge-card" />
    <bpmn:sequenceFlow id="b" sourceRef="charge" targetRef="confirm" />
    <bpmn:userTask id="confirm" />
    <bpmn:sequenceFlow id="c" sourceRef="confirm" targetRef="end" />
    <bpmn:endEvent id="end" />
  </bpmn:process>
</bpmn:definitions>"#;

#[derive(Deserialize)]
struct Charge {
    amount: f64,
}

#[derive(Serialize)]
struct Charged {
    cents: i64,
}

/// The bank answers from the second attempt on.
async fn charge(task: Task, charge: Charge) -> Result<Charged, TaskError> {
    if task.retries().is_none() {
        return Err(TaskError::retry("the bank does not answer"));
    }
    #[allow(clippy::cast_possible_truncation, reason = "the amounts of the test are small")]
    let cents = (charge.amount * 100.0) as i64;
    Ok(Charged { cents })
}

#[tokio::test]
async fn a_retry_waits_for_the_clock_and_the_result_reaches_the_process() -> Result<(), Box<dyn std::error::Error>> {
    let engine = TestEngine::start().await?;
    assert_eq!(
        engine.deploy("order.bpmn", ORDER).await?.process_definition_ids.len(),
        1
    );
    let order = engine
        .client()
        .start_process("order", json!({"amount": 12.5}), Some("order-1"))
        .await?;

    let hour = Duration::from_secs(3600);
    let topic =
        Topic::new("charge-card", charge).retry_policy(RetryPolicy::new(3, Backoff::new(hour, hour).jitter(0.0)));
    let worker = engine.worker().subscribe(topic).build()?;
    assert_eq!(worker.run_once().await?, 1, "the first attempt fails");
    assert_eq!(worker.run_once().await?, 0, "the second is not due");
    engine.advance(hour + Duration::from_secs(1));
    assert_eq!(worker.run_once().await?, 1);

    let variables = engine.client().variables(&order.id).await?;
    assert_eq!(variables.get("cents").map(TypedValue::kind), Some("Integer"));
    assert_eq!(variables.read::<i64>("cents")?, Some(1250));
    Ok(())
}

#[tokio::test]
async fn a_lock_that_runs_out_frees_the_task_for_another_worker() -> Result<(), Box<dyn std::error::Error>> {
    let engine = TestEngine::start().await?;
    engine.deploy("order.bpmn", ORDER).await?;
    engine
        .client()
        .start_process("order", json!({"amount": 1.0}), None)
        .await?;
    let fetch = |worker: &str| FetchRequest {
        worker_id: worker.to_owned(),
        max_tasks: 1,
        use_priority: false,
        wait: None,
        topics: vec![FetchTopic {
            topic_name: "charge-card".to_owned(),
            lock_duration: Duration::from_secs(60),
            ..FetchTopic::default()
        }],
    };
    let first = engine.client().fetch_and_lock(&fetch("first")).await?;
    assert_eq!(first.tasks.len(), 1);
    assert!(engine.client().fetch_and_lock(&fetch("second")).await?.tasks.is_empty());
    engine.advance(Duration::from_secs(61));
    let second = engine.client().fetch_and_lock(&fetch("second")).await?;
    assert_eq!(second.tasks.len(), 1);
    let late = engine
        .client()
        .complete(&first.tasks[0].lock(), &Variables::new(), &Variables::new())
        .await;
    assert!(late.is_err(), "the first worker lost its task");
    Ok(())
}

#[tokio::test]
async fn a_fatal_error_raises_an_incident_and_the_operator_sees_why() -> Result<(), Box<dyn std::error::Error>> {
    async fn refuse(_: Task, _: Charge) -> Result<(), TaskError> {
        Err(TaskError::fatal("the card is stolen"))
    }
    let engine = TestEngine::start().await?;
    engine.deploy("order.bpmn", ORDER).await?;
    let order = engine
        .client()
        .start_process("order", json!({"amount": 1.0}), None)
        .await?;
    assert_eq!(
        engine.worker().topic("charge-card", refuse).build()?.run_once().await?,
        1
    );
    let url = format!("{}/engine-rest/incident?processInstanceId={}", engine.url(), order.id);
    let incidents: serde_json::Value = reqwest::get(&url).await?.json().await?;
    assert_eq!(incidents[0]["incidentType"], "failedExternalTask");
    assert_eq!(incidents[0]["incidentMessage"], "the card is stolen");
    Ok(())
}

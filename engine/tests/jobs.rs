//! Jobs are executed when they are due, tried again when they fail, and end in an incident.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use std::time::Duration;

use chrono::TimeDelta;
use flowstone_core::Command;
use flowstone_engine::{Error, Options, Submission};
use flowstone_store::JobOverrideChange;
use flowstone_store::query::{JobField, Query};
use flowstone_store::record::JobRow;
use kit::Kit;

const TIMER: &str = r#"<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="c"/>
    <intermediateCatchEvent id="c"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>
    </intermediateCatchEvent><sequenceFlow id="g" sourceRef="c" targetRef="e"/><endEvent id="e"/>"#;

const FAILING: &str = r#"<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>
    <serviceTask id="t" camunda:asyncBefore="true" camunda:expression="${missing}"/>
    <sequenceFlow id="g" sourceRef="t" targetRef="e"/><endEvent id="e"/>"#;

async fn jobs(kit: &Kit) -> Vec<JobRow> {
    kit.engine.store().jobs(&Query::<JobField>::default()).await.unwrap()
}

/// Waits until something holds, which must be soon.
async fn soon(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("this never came: {what}");
}

#[tokio::test]
async fn a_timer_fires_when_its_time_has_come() {
    let kit = Kit::new().await;
    let definition = kit.deploy("timer", TIMER).await;
    let instance = kit.start(&definition).await.instance_id;
    kit.clock.advance(TimeDelta::minutes(59));
    kit.engine.clock_moved();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(jobs(&kit).await.len(), 1, "it is not due yet");
    kit.clock.advance(TimeDelta::minutes(2));
    kit.engine.clock_moved();
    soon("the timer fires", async || {
        kit.engine.view(instance).await.unwrap().is_none()
    })
    .await;
    assert!(jobs(&kit).await.is_empty());
}

#[tokio::test]
async fn a_job_that_fails_is_tried_three_times_and_then_needs_an_operator() {
    let kit = Kit::new().await;
    let definition = kit.deploy("failing", FAILING).await;
    let instance = kit.start(&definition).await.instance_id;
    soon("the incident", async || {
        let view = kit.engine.view(instance).await.unwrap().unwrap();
        view.instance.incidents().count() == 1
    })
    .await;
    let job = jobs(&kit).await.remove(0);
    assert_eq!(job.retries, 0);
    assert!(job.exception_message.unwrap().contains("missing"));
    assert_eq!(job.failed_node_id.as_deref(), Some("t"));
}

#[tokio::test]
async fn with_job_execution_off_jobs_wait_for_a_client() {
    let kit = Kit::with(Options {
        job_execution: false,
        ..Options::default()
    })
    .await;
    let definition = kit.deploy("failing", FAILING).await;
    let instance = kit.start(&definition).await.instance_id;
    for left in [2, 1, 0] {
        let job = jobs(&kit).await.remove(0).id;
        let command = Command::ExecuteJob { job };
        let refused = kit.engine.submit(Submission::new(job, command)).await.unwrap_err();
        assert!(matches!(refused, Error::Rejected(_)), "{refused}");
        assert_eq!(jobs(&kit).await[0].retries, left);
    }
    let view = kit.engine.view(instance).await.unwrap().unwrap();
    assert_eq!(view.instance.incidents().count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_start_while_something_is_decided_obey_it_soon() {
    let kit = Kit::with(Options {
        job_execution: false,
        ..Options::default()
    })
    .await;
    for round in 0..20 {
        let content = r#"<startEvent id="s"/><sequenceFlow id="a" sourceRef="s" targetRef="work"/>
            <serviceTask id="work" camunda:type="external" camunda:topic="work"/>
            <sequenceFlow id="b" sourceRef="work" targetRef="t"/><task id="t" camunda:asyncBefore="true"/>"#;
        let definition = kit.deploy("p", content).await;
        let places = kit.engine.definition(&definition).await.unwrap().job_definitions();
        let starts = (0..20).map(|_| kit.start(&definition));
        let decided = kit
            .engine
            .override_jobs(&places, JobOverrideChange::Suspended(true), false);
        let (_, decided) = tokio::join!(futures::future::join_all(starts), decided);
        decided.unwrap();
        for _ in 0..20 {
            let task = kit.poll("w", "work").await.remove(0);
            kit.complete(&task).await.unwrap();
        }
        let made = jobs(&kit).await;
        assert_eq!(made.len(), 20 * (round + 1));
        let active = made.iter().filter(|job| !job.suspended).count();
        assert_eq!(active, 0, "in round {round}");
    }
}

//! What is kept of what ended, and how the level of history decides it.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use flowstone_core::Command;
use flowstone_engine::{HistoryLevel, Options, StartRequest, Submission};
use flowstone_expression::{TypedValue, Variables};
use flowstone_store::query::Query;
use kit::Kit;
use uuid::Uuid;

/// A user task, then an external task, then a job.
const MODEL: &str = r#"<startEvent id="s"/><sequenceFlow id="a" sourceRef="s" targetRef="approve"/>
    <userTask id="approve"/><sequenceFlow id="b" sourceRef="approve" targetRef="pay"/>
    <serviceTask id="pay" camunda:type="external" camunda:topic="pay"/>
    <sequenceFlow id="c" sourceRef="pay" targetRef="book"/>
    <task id="book" camunda:asyncBefore="true"/><sequenceFlow id="d" sourceRef="book" targetRef="e"/>
    <endEvent id="e"/>"#;

fn variables<const COUNT: usize>(values: [(&str, TypedValue); COUNT]) -> Variables {
    values
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

async fn start(kit: &Kit, definition: &str, values: Variables) -> Uuid {
    let request = StartRequest {
        variables: values,
        ..StartRequest::default()
    };
    kit.start_with(definition, request).await.unwrap().instance_id
}

async fn submit(kit: &Kit, target: Uuid, command: Command) {
    kit.engine.submit(Submission::new(target, command)).await.unwrap();
}

/// Ends an instance of the model, its external task failed once for good and an incident with it.
async fn run(kit: &Kit) {
    let definition = kit.deploy("order", MODEL).await;
    start(kit, &definition, variables([("amount", 5.into())])).await;
    let task = kit.engine.store().tasks(&Query::default()).await.unwrap()[0].task.id;
    let complete = Command::CompleteUserTask {
        task,
        variables: Variables::new(),
    };
    submit(kit, task, complete).await;
    let task = kit.fetch("w", "pay", 1).await.remove(0);
    let fail = Command::FailExternalTask {
        holder: flowstone_core::Holder {
            task: task.id,
            worker: task.worker.clone(),
            lock_token: None,
        },
        error_message: Some("no money".to_owned()),
        error_details: None,
        retries: Some(0),
        retry_at: Some(chrono::Utc::now()),
        variables: Variables::new(),
        local_variables: Variables::new(),
    };
    submit(kit, task.id, fail).await;
    kit.complete(&task).await.unwrap();
    let job = kit.engine.store().jobs(&Query::default()).await.unwrap()[0].id;
    submit(kit, job, Command::ExecuteJob { job }).await;
}

#[tokio::test]
async fn the_level_says_what_is_kept() {
    // Instances, activities, user tasks, variables, incidents, entries on jobs, entries on external tasks.
    for (level, expected) in [
        (HistoryLevel::None, [0; 7]),
        (HistoryLevel::Activity, [1, 5, 1, 0, 0, 0, 2]),
        (HistoryLevel::Audit, [1, 5, 1, 1, 0, 0, 2]),
        (HistoryLevel::Full, [1, 5, 1, 1, 1, 2, 3]),
    ] {
        let kit = Kit::with(Options {
            history: level,
            job_execution: false,
            ..Options::default()
        })
        .await;
        run(&kit).await;
        let store = kit.engine.store();
        let kept = [
            store.count_historic_instances(&Query::default()).await,
            store.count_historic_activities(&Query::default()).await,
            store.count_historic_tasks(&Query::default()).await,
            store.count_historic_variables(&Query::default()).await,
            store.count_historic_incidents(&Query::default()).await,
            store.count_job_log(&Query::default()).await,
            store.count_external_task_log(&Query::default()).await,
        ];
        assert_eq!(kept.map(Result::unwrap), expected, "{level:?}");
    }
}

/// Names of variables with the values that history tells, in the order of names and values.
async fn told(kit: &Kit) -> Vec<(String, TypedValue)> {
    let found = kit.engine.store().historic_variables(&Query::default()).await.unwrap();
    let mut told: Vec<_> = found.into_iter().map(|one| (one.name, one.value)).collect();
    told.sort_by_key(|(name, value)| (name.clone(), format!("{value:?}")));
    told
}

#[tokio::test]
async fn each_scope_of_a_repetition_is_told_once() {
    let kit = Kit::new().await;
    let content = r#"<startEvent id="s"/><sequenceFlow id="a" sourceRef="s" targetRef="each"/>
        <serviceTask id="each" camunda:type="external" camunda:topic="each">
          <multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>
        </serviceTask><sequenceFlow id="b" sourceRef="each" targetRef="e"/><endEvent id="e"/>"#;
    let definition = kit.deploy("order", content).await;
    start(&kit, &definition, variables([("amount", 5.into())])).await;
    let tasks = kit.fetch("w", "each", 2).await;
    let expected = |completed: i32, active: i32| {
        [
            ("amount", 5),
            ("loopCounter", 0),
            ("loopCounter", 1),
            ("nrOfActiveInstances", active),
            ("nrOfCompletedInstances", completed),
            ("nrOfInstances", 2),
        ]
        .map(|(name, value)| (name.to_owned(), value.into()))
    };
    assert_eq!(told(&kit).await, expected(0, 2));
    kit.complete(&tasks[0]).await.unwrap();
    assert_eq!(told(&kit).await, expected(1, 1));
    kit.complete(&tasks[1]).await.unwrap();
    assert_eq!(told(&kit).await, expected(2, 0));
}

#[tokio::test]
async fn an_instance_that_never_rests_leaves_its_variables() {
    let kit = Kit::new().await;
    let content = r#"<startEvent id="s"/><sequenceFlow id="a" sourceRef="s" targetRef="double"/>
        <serviceTask id="double" camunda:expression="${amount * 2}" camunda:resultVariable="twice"/>
        <sequenceFlow id="b" sourceRef="double" targetRef="e"/><endEvent id="e"/>"#;
    let definition = kit.deploy("order", content).await;
    start(&kit, &definition, variables([("amount", 5.into())])).await;
    let told = told(&kit).await;
    assert_eq!(
        told.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["amount", "twice"]
    );
}

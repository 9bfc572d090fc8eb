//! The Rust SDK against the server as a process of its own.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use flowstone_tests::models::one_task;
use flowstone_tests::server::Server;
use flowstone_worker::{Backoff, Task, TaskError, Topic, Worker};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tempfile::TempDir;

#[derive(Deserialize)]
struct Input {
    amount: i64,
}

#[derive(Serialize)]
struct Output {
    doubled: i64,
}

/// A server on a SQLite file, with a process of one external task on a topic.
async fn server_with(topic: &str) -> (Server, TempDir) {
    let directory = TempDir::new().unwrap();
    let url = format!("sqlite://{}", directory.path().join("flowstone.db").display());
    let server = Server::start(&url).await.unwrap();
    server.deploy("one.bpmn", one_task(topic)).await.unwrap();
    (server, directory)
}

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !done().await {
        assert!(Instant::now() < deadline, "{what} did not come about");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn ended(server: &Server, expected: u64) -> bool {
    let count = server
        .get("/history/process-instance/count?completed=true")
        .await
        .unwrap();
    count["count"] == expected
}

#[tokio::test]
async fn a_worker_outlives_the_crash_of_its_server() {
    let (mut server, _directory) = server_with("double").await;
    let worker = Worker::builder(server.root())
        .topic("double", async |_: Task, input: Input| {
            Ok::<_, TaskError>(Output {
                doubled: input.amount * 2,
            })
        })
        .poll_timeout(Duration::from_secs(2))
        .reconnect(Backoff::new(Duration::from_millis(20), Duration::from_millis(200)))
        .build()
        .unwrap();
    let stop = worker.shutdown_handle();
    let running = tokio::spawn(async move { worker.run().await });

    let start = json!({"variables": {"amount": {"value": 21, "type": "Integer"}}});
    let path = "/process-definition/key/one-task/start";
    server.post(path, &start).await.unwrap();
    until("the first instance's end", async || ended(&server, 1).await).await;
    server.crash_and_restart().await.unwrap();
    server.post(path, &start).await.unwrap();
    until("the second instance's end", async || ended(&server, 2).await).await;

    stop.shutdown();
    tokio::time::timeout(Duration::from_secs(30), running)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_lock_is_extended_while_the_handler_runs() {
    let (server, _directory) = server_with("slow").await;
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let slow = Topic::new("slow", move |_: Task, (): ()| {
        let runs = counted.clone();
        async move {
            runs.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(2_500)).await;
            Ok::<_, TaskError>(())
        }
    })
    .lock_duration(Duration::from_secs(1));
    let worker = Worker::builder(server.root()).subscribe(slow).build().unwrap();
    let stop = worker.shutdown_handle();
    let running = tokio::spawn(async move { worker.run().await });
    server
        .post("/process-definition/key/one-task/start", &json!({}))
        .await
        .unwrap();
    until("the first run", async || runs.load(Ordering::SeqCst) == 1).await;
    // Somebody else finds nothing although the first lock would have run out.
    let fetch = json!({"workerId": "thief", "maxTasks": 1, "asyncResponseTimeout": 1_800,
        "topics": [{"topicName": "slow", "lockDuration": 1_000}]});
    let stolen = server.post("/external-task/fetchAndLock", &fetch).await.unwrap();
    assert_eq!(stolen, json!([]));
    until("the end", async || ended(&server, 1).await).await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);

    // A handler that runs when the worker is told to stop is finished, not dropped.
    server
        .post("/process-definition/key/one-task/start", &json!({}))
        .await
        .unwrap();
    until("the second run", async || runs.load(Ordering::SeqCst) == 2).await;
    stop.shutdown();
    tokio::time::timeout(Duration::from_secs(30), running)
        .await
        .unwrap()
        .unwrap();
    assert!(
        ended(&server, 2).await,
        "the handler was finished before the worker stopped"
    );
}

#[tokio::test]
async fn a_task_that_keeps_failing_ends_as_an_incident() {
    let (server, _directory) = server_with("fails").await;
    let pause = Duration::from_millis(50);
    let fails = Topic::new("fails", async |_: Task, (): ()| {
        Err::<(), _>(TaskError::retry("the bank does not answer"))
    })
    .retry_policy(flowstone_worker::RetryPolicy::new(2, Backoff::new(pause, pause)));
    let worker = Worker::builder(server.root()).subscribe(fails).build().unwrap();
    let stop = worker.shutdown_handle();
    let running = tokio::spawn(async move { worker.run().await });
    server
        .post("/process-definition/key/one-task/start", &json!({}))
        .await
        .unwrap();
    until("the incident", async || {
        server.get("/incident/count").await.unwrap()["count"] == 1
    })
    .await;
    let task = server.get("/external-task").await.unwrap();
    assert_eq!(task[0]["retries"], 0);
    assert_eq!(task[0]["errorMessage"], "the bank does not answer");
    stop.shutdown();
    running.await.unwrap();
}

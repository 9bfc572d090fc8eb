//! Starting, polling, losing the server and stopping.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flowstone_worker::{Task, TaskError, Topic, Worker, WorkerBuilder};
use serde_json::json;
use tokio::sync::Notify;

use crate::server::{Fault, Server};
use crate::{MOMENT, nothing, run, stop, worker};

#[tokio::test]
async fn stopping_lets_handlers_finish() {
    let server = Server::start();
    server.add("t", "charge", json!({}));
    let (worker, running) = run(worker(&server).topic("charge", |task: Task, (): ()| async move {
        task.stopping().await;
        tokio::time::sleep(MOMENT).await;
        Ok::<_, TaskError>(())
    }));
    server.expect("fetchAndLock", 2).await;
    stop(&worker, running).await;
    assert!(!server.has("t"), "the task was completed");
    assert!(server.calls("unlock").is_empty());
}

#[tokio::test]
async fn stopping_gives_back_what_does_not_finish_in_time() {
    let server = Server::start();
    server.add("t", "charge", json!({}));
    let (worker, running) = run(worker(&server)
        .grace_period(MOMENT)
        .topic("charge", |_: Task, (): ()| async {
            std::future::pending::<()>().await;
            Ok::<_, TaskError>(())
        }));
    server.expect("fetchAndLock", 2).await;
    assert_eq!(server.owner("t").as_deref(), Some(worker.id()));
    stop(&worker, running).await;
    assert_eq!(server.owner("t"), None);
    assert_eq!(server.calls("unlock").len(), 1);
}

#[tokio::test]
async fn stopping_leaves_alone_what_has_gone_to_another_worker() {
    let server = Server::start();
    server.add("t", "charge", json!({}));
    let topic = Topic::new("charge", |_: Task, (): ()| async {
        std::future::pending::<()>().await;
        Ok::<_, TaskError>(())
    })
    .lock_duration(Duration::from_millis(60));
    let (worker, running) = run(worker(&server).grace_period(MOMENT).subscribe(topic));
    let kept = server.expect("extendLock", 1).await.len();
    server.steal("t");
    server.expect("extendLock", kept + 1).await;
    tokio::time::sleep(MOMENT).await;
    stop(&worker, running).await;
    assert!(server.calls("unlock").is_empty());
    assert_eq!(server.owner("t").as_deref(), Some("thief"));
}

#[tokio::test]
async fn stopping_ends_a_long_poll_at_once() {
    let server = Server::start();
    let token = tokio_util::sync::CancellationToken::new();
    let builder = worker(&server)
        .poll_timeout(Duration::from_secs(600))
        .stop_with(token.clone());
    let (_, running) = run(builder.topic("charge", nothing));
    let fetch = server.expect("fetchAndLock", 1).await.remove(0);
    assert_eq!(fetch.body["asyncResponseTimeout"], 600_000);
    token.cancel();
    tokio::time::timeout(Duration::from_secs(2), running)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_worker_outlives_its_server() {
    let mut server = Server::start();
    let held = Arc::new(Notify::new());
    let release = Arc::clone(&held);
    let (worker, running) = run(worker(&server).topic("charge", move |task: Task, (): ()| {
        let held = Arc::clone(&held);
        async move {
            if task.id() == "a" {
                held.notified().await;
            }
            Ok::<_, TaskError>(())
        }
    }));
    server.add("a", "charge", json!({}));
    server.expect("fetchAndLock", 2).await;
    server.stop();
    // The handler ends while nobody is there to hear of it.
    release.notify_one();
    tokio::time::sleep(MOMENT).await;
    server.restart();
    assert_eq!(server.expect("complete", 1).await[0].task, "a");
    server.add("b", "charge", json!({}));
    assert_eq!(server.expect("complete", 2).await[1].task, "b");
    stop(&worker, running).await;
}

#[tokio::test]
async fn a_server_that_answers_errors_is_asked_again() {
    let server = Server::start();
    for status in [500, 503, 401, 404, 400] {
        server.fault("fetchAndLock", 2, Fault::Refuse(status));
    }
    server.add("t", "charge", json!({}));
    let (worker, running) = run(worker(&server).topic("charge", nothing));
    server.expect("complete", 1).await;
    assert!(server.calls("fetchAndLock").len() >= 11);
    stop(&worker, running).await;
}

#[tokio::test]
async fn no_topic_runs_more_handlers_than_it_may() {
    let server = Server::start();
    for n in 0..30 {
        server.add(
            &format!("t{n:02}"),
            if n % 2 == 0 { "narrow" } else { "wide" },
            json!({}),
        );
    }
    let limited = |name: &'static str, limit: usize| {
        let running = Arc::new(AtomicUsize::new(0));
        Topic::new(name, move |_: Task, (): ()| {
            let running = Arc::clone(&running);
            async move {
                assert!(
                    running.fetch_add(1, Ordering::SeqCst) < limit,
                    "more than {limit} on {name}"
                );
                tokio::time::sleep(Duration::from_millis(3)).await;
                running.fetch_sub(1, Ordering::SeqCst);
                Ok::<_, TaskError>(())
            }
        })
        .concurrency(limit)
    };
    let (worker, running) = run(worker(&server)
        .subscribe(limited("narrow", 2))
        .subscribe(limited("wide", 5)));
    server.expect("complete", 30).await;
    stop(&worker, running).await;
    assert!(server.calls("failure").is_empty());
    for fetch in server.calls("fetchAndLock") {
        let limit = if fetch.body["topics"][0]["topicName"] == "narrow" {
            2
        } else {
            5
        };
        assert!(
            (1..=limit).contains(&fetch.body["maxTasks"].as_u64().unwrap()),
            "{:?}",
            fetch.body
        );
    }
}

#[tokio::test]
async fn a_server_that_does_not_wait_is_not_flooded() {
    let server = Server::start();
    let (worker, running) = run(worker(&server).poll_timeout(Duration::ZERO).topic("charge", nothing));
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop(&worker, running).await;
    let polls = server.calls("fetchAndLock").len();
    assert!((1..=5).contains(&polls), "{polls} polls in 100 ms");
}

#[tokio::test]
async fn worker_ids_are_unique_even_under_one_name() {
    let server = Server::start();
    let ids: HashSet<_> = (0..50)
        .map(|_| {
            worker(&server)
                .name("pay")
                .topic("charge", nothing)
                .build()
                .unwrap()
                .id()
                .to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 50);
    assert!(ids.iter().all(|id| id.starts_with("pay-")));
}

#[tokio::test]
async fn run_once_handles_what_is_there_and_says_how_much() {
    let server = Server::start();
    let both = || {
        worker(&server)
            .topic("charge", nothing)
            .topic("ship", nothing)
            .build()
            .unwrap()
    };
    assert_eq!(both().run_once().await.unwrap(), 0);
    server.add("a", "charge", json!({}));
    server.add("b", "charge", json!({}));
    server.add("c", "ship", json!({}));
    server.add("d", "other", json!({}));
    assert_eq!(both().run_once().await.unwrap(), 3);
    assert!(server.has("d"));
    server.add("e", "ship", json!({}));
    server.fault("fetchAndLock", 1, Fault::Refuse(500));
    assert_eq!(both().run_once().await.unwrap_err().status(), Some(500));
}

#[tokio::test]
async fn credentials_go_with_every_call() {
    let server = Server::start();
    let cases: [(WorkerBuilder, &str); 2] = [
        (worker(&server).bearer_token("secret"), "Bearer secret"),
        (worker(&server).basic_auth("ada", "pw"), "Basic YWRhOnB3"),
    ];
    for (builder, header) in cases {
        builder
            .topic("charge", nothing)
            .build()
            .unwrap()
            .run_once()
            .await
            .unwrap();
        assert_eq!(server.last_headers()["authorization"], header);
    }
}

#[test]
fn settings_that_cannot_work_are_refused_before_the_first_call() {
    let cases: [(WorkerBuilder, &str); 5] = [
        (Worker::builder("http://h"), "no topic"),
        (
            Worker::builder("http://h").topic("a", nothing).topic("a", nothing),
            "twice",
        ),
        (
            Worker::builder("http://h").subscribe(Topic::new("a", nothing).concurrency(0)),
            "concurrency",
        ),
        (
            Worker::builder("http://h").subscribe(Topic::new("a", nothing).lock_duration(Duration::ZERO)),
            "lock duration",
        ),
        (
            Worker::builder("localhost:8080").topic("a", nothing),
            "http://localhost:8080",
        ),
    ];
    for (builder, expected) in cases {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

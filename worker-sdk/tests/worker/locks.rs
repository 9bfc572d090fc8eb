//! Keeping locks, losing them and getting them back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flowstone_worker::{Task, TaskError, Topic};
use serde_json::json;
use tokio::sync::Notify;

use crate::server::{Fault, Server};
use crate::{report_of, run, stop, worker};

#[tokio::test]
async fn the_lock_is_extended_while_the_handler_runs() {
    let server = Server::start();
    server.add("t", "charge", json!({}));
    let done = Arc::new(Notify::new());
    let release = Arc::clone(&done);
    let runs = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&runs);
    let topic = Topic::new("charge", move |_: Task, (): ()| {
        count.fetch_add(1, Ordering::SeqCst);
        let done = Arc::clone(&done);
        async move {
            done.notified().await;
            Ok::<_, TaskError>(())
        }
    })
    .lock_duration(Duration::from_millis(60));
    let (worker, running) = run(worker(&server).subscribe(topic));
    // The first extension fails; the lock is kept all the same.
    server.fault("extendLock", 1, Fault::Refuse(503));
    let extensions = server.expect("extendLock", 4).await;
    assert_eq!(extensions[0].body["newDuration"], 60);
    release.notify_one();
    server.expect("complete", 1).await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    stop(&worker, running).await;
    let extended = server.calls("extendLock").len();
    tokio::time::sleep(Duration::from_millis(80)).await;
    assert_eq!(
        server.calls("extendLock").len(),
        extended,
        "nothing is extended once the task is done"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_handler_that_blocks_its_thread_keeps_its_lock() {
    let server = Server::start();
    server.add("t", "charge", json!({}));
    let topic = Topic::new("charge", |_: Task, (): ()| async {
        std::thread::sleep(Duration::from_millis(90));
        Ok::<_, TaskError>(())
    })
    .lock_duration(Duration::from_millis(40));
    assert_eq!(
        worker(&server)
            .subscribe(topic)
            .build()
            .unwrap()
            .run_once()
            .await
            .unwrap(),
        1
    );
    assert!(!server.calls("extendLock").is_empty());
    assert!(!server.has("t"));
}

#[tokio::test]
async fn a_task_that_comes_back_to_its_own_worker_is_not_run_twice() {
    let server = Server::start().with_fencing();
    server.add("t", "charge", json!({}));
    let done = Arc::new(Notify::new());
    let release = Arc::clone(&done);
    let runs = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&runs);
    let (worker, running) = run(worker(&server).topic("charge", move |_: Task, (): ()| {
        count.fetch_add(1, Ordering::SeqCst);
        let done = Arc::clone(&done);
        async move {
            done.notified().await;
            Ok::<_, TaskError>(())
        }
    }));
    server.expect("fetchAndLock", 2).await;
    server.expire("t");
    server.expect("fetchAndLock", 3).await;
    release.notify_one();
    let complete = server.expect("complete", 1).await.remove(0);
    assert_eq!(
        complete.body["lockToken"], "2",
        "the report goes out under the new lock"
    );
    stop(&worker, running).await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert!(!server.has("t"));
}

#[tokio::test]
async fn a_handler_can_see_that_its_lock_is_lost() {
    let server = Server::start();
    server.add("t", "charge", json!({}));
    let lost = Arc::new(Notify::new());
    let seen = Arc::clone(&lost);
    let topic = Topic::new("charge", move |task: Task, (): ()| {
        let lost = Arc::clone(&lost);
        async move {
            while !task.lock_lost() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            lost.notify_one();
            Ok::<_, TaskError>(())
        }
    })
    .lock_duration(Duration::from_millis(60));
    let (worker, running) = run(worker(&server).subscribe(topic));
    server.expect("fetchAndLock", 1).await;
    server.expect("extendLock", 1).await;
    server.steal("t");
    seen.notified().await;
    // Neither the result nor the failure is taken, and neither is pressed.
    server.expect("failure", 1).await;
    stop(&worker, running).await;
    assert_eq!((server.calls("complete").len(), server.calls("failure").len()), (1, 1));
    assert_eq!(server.owner("t").as_deref(), Some("thief"));
    assert!(
        server.calls("unlock").is_empty(),
        "what belongs to others is not given back"
    );
}

#[tokio::test]
async fn a_result_under_a_replaced_lock_is_dropped_when_the_server_says_so() {
    let server = Arc::new(Server::start().with_fencing());
    server.add("t", "charge", json!({}));
    let there = Arc::clone(&server);
    let topic = Topic::new("charge", move |task: Task, (): ()| {
        there.steal(task.id());
        async { Ok::<_, TaskError>(()) }
    });
    report_of(&server, topic, "complete").await;
    assert!(server.calls("failure").is_empty());
    assert_eq!(server.owner("t").as_deref(), Some("thief"));
}

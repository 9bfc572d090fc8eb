//! Ready tasks, locks and polls that wait.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;
use flowstone_engine::StartRequest;
use flowstone_expression::{TypedValue, Variables};
use kit::{Kit, LOCK, request};

#[tokio::test]
async fn a_lock_holds_until_its_end_and_not_longer() {
    let kit = Kit::new().await;
    let definition = kit.deploy_one_task("work", "").await;
    kit.start(&definition).await;
    assert_eq!(kit.fetch("first", "work", 1).await.len(), 1);
    kit.advance(LOCK - TimeDelta::milliseconds(1));
    assert!(kit.fetch("second", "work", 1).await.is_empty());
    kit.advance(TimeDelta::milliseconds(1));
    assert_eq!(kit.fetch("second", "work", 1).await.len(), 1);
}

#[tokio::test]
async fn a_poll_gets_a_task_whose_lock_runs_out_while_it_waits() {
    let kit = Kit::new().await;
    let definition = kit.deploy_one_task("work", "").await;
    kit.start(&definition).await;
    let first = kit.fetch("first", "work", 1).await;
    let (second, ()) = tokio::join!(kit.poll("second", "work"), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        kit.advance(LOCK);
    });
    assert_eq!(second[0].id, first[0].id);
    assert!(kit.complete(&first[0]).await.is_err(), "the first worker lost it");
    kit.complete(&second[0]).await.unwrap();
}

#[tokio::test]
async fn a_poll_whose_caller_went_away_keeps_nothing() {
    let kit = Kit::new().await;
    let definition = kit.deploy_one_task("work", "").await;
    for _ in 0..50 {
        let engine = kit.engine.clone();
        let wait = Some(Duration::from_secs(20));
        let poll = tokio::spawn(async move { engine.fetch_and_lock(request("gone", "work", 1, wait)).await });
        tokio::task::yield_now().await;
        let start = kit.start(&definition);
        // The caller goes away before, while or after its task is locked for it.
        poll.abort();
        start.await;
        if let Ok(Ok(tasks)) = poll.await {
            for task in tasks {
                kit.complete(&task).await.unwrap();
            }
            continue;
        }
        let task = kit.poll("stays", "work").await;
        assert_eq!(task.len(), 1, "the task stayed locked for nobody");
        kit.complete(&task[0]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poll_never_misses_a_task() {
    let kit = Kit::new().await;
    let definition = kit.deploy_one_task("work", "").await;
    // Poll and start race for every moment between looking, parking and committing.
    for _ in 0..300 {
        let begun = std::time::Instant::now();
        let (tasks, started) = tokio::join!(kit.poll("w", "work"), kit.start(&definition));
        assert_eq!(tasks[0].instance_id, started.instance_id);
        assert!(begun.elapsed() < Duration::from_secs(10), "the poll slept through it");
        kit.complete(&tasks[0]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_tasks_than_memory_holds_come_out_once_and_in_the_order_of_priority() {
    const TASKS: usize = 24_000;
    let kit = Kit::new().await;
    let definition = kit
        .deploy_one_task("work", r#"camunda:taskPriority="${priority}""#)
        .await;
    let starts = (0..TASKS).map(|number| {
        // Neighbours have different priorities, 0 to 5.
        let priority = i64::try_from(number % 6).unwrap();
        let request = StartRequest {
            variables: Variables::from([("priority".to_owned(), TypedValue::from(priority))]),
            ..StartRequest::default()
        };
        kit.start_with(&definition, request)
    });
    for started in futures::future::join_all(starts).await {
        started.unwrap();
    }
    let (mut seen, mut last) = (HashSet::new(), i64::MAX);
    loop {
        let tasks = kit.fetch("w", "work", 500).await;
        if tasks.is_empty() {
            break;
        }
        for task in &tasks {
            assert!(seen.insert(task.id), "a task came twice");
            assert!(task.priority <= last, "a higher priority came later");
            last = task.priority;
        }
    }
    assert_eq!(seen.len(), TASKS);
}

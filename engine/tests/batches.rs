//! Commands that meet in one batch, on one instance or on many, with one writer or several.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use std::collections::HashSet;

use flowstone_core::Command;
use flowstone_engine::{Engine, Error, Options, StartRequest, Submission};
use flowstone_expression::{TypedValue, Variables};
use flowstone_store::Store as _;
use futures::future::join_all;
use kit::{Kit, completion};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_of_one_instance_are_serial_and_all_count() {
    let kit = Kit::new().await;
    let definition = kit.deploy_wide("wide", 200).await;
    let started = kit.start(&definition).await;
    let tasks = kit.fetch("w", "wide", 200).await;
    assert_eq!(tasks.len(), 200);
    let updates = (0..200).map(|number| {
        let set = Variables::from([(format!("v{number}"), TypedValue::from(number))]);
        kit.engine.submit(Submission::new(
            started.instance_id,
            Command::ModifyVariables {
                scope: started.instance_id,
                local: false,
                set,
                remove: Vec::new(),
            },
        ))
    });
    // All but the last task, so that the instance is there to be looked at.
    let completions = tasks[1..].iter().map(|task| kit.complete(task));
    let (updated, completed) = tokio::join!(join_all(updates), join_all(completions));
    for reply in updated.into_iter().chain(completed) {
        reply.unwrap();
    }
    let view = kit.engine.view(started.instance_id).await.unwrap().unwrap();
    assert_eq!(view.instance.root().unwrap().variables.len(), 200);
    assert!(kit.complete(&tasks[0]).await.unwrap().ended);
    assert!(!kit.is_running(started.instance_id).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_command_spoils_none_of_its_batch() {
    let kit = Kit::new().await;
    let definition = kit.deploy_one_task("work", "").await;
    for _ in 0..20 {
        kit.start(&definition).await;
    }
    let tasks = kit.fetch("w", "work", 20).await;
    // Every second completion comes from a worker that does not hold the task.
    let answers = join_all(tasks.iter().enumerate().map(|(number, task)| {
        let mut task = task.clone();
        if number % 2 == 0 {
            task.worker = "thief".to_owned();
        }
        let engine = &kit.engine;
        async move { engine.submit(completion(&task)).await }
    }))
    .await;
    for (number, answer) in answers.into_iter().enumerate() {
        match answer {
            Ok(reply) => assert!(number % 2 == 1 && reply.ended, "{number}"),
            Err(error) => assert!(
                number % 2 == 0 && matches!(error, Error::Rejected(_)),
                "{number}: {error}"
            ),
        }
    }
    for task in tasks.iter().step_by(2) {
        assert!(kit.complete(task).await.unwrap().ended, "a refusal changed nothing");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_writers_give_what_one_gives() {
    for writers in [1, 4] {
        let kit = Kit::with(Options {
            writers,
            ..Options::default()
        })
        .await;
        let definition = kit.deploy_wide("wide", 10).await;
        let starts = join_all((0..50).map(|_| kit.start(&definition))).await;
        let instances: HashSet<_> = starts.iter().map(|reply| reply.instance_id).collect();
        assert_eq!(instances.len(), 50, "{writers} writers");
        let tasks = kit.fetch("w", "wide", 1_000).await;
        assert_eq!(tasks.len(), 500, "{writers} writers");
        let replies = join_all(tasks.iter().map(|task| kit.complete(task))).await;
        let ended = replies
            .into_iter()
            .filter(|reply| reply.as_ref().unwrap().ended)
            .count();
        assert_eq!(ended, 50, "{writers} writers");
        for instance in instances {
            assert!(!kit.is_running(instance).await, "{writers} writers");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idempotency_key_starts_one_instance_also_within_one_batch() {
    let kit = Kit::new().await;
    let definition = kit.deploy_one_task("work", "").await;
    let request = StartRequest {
        idempotency_key: Some("order-1".to_owned()),
        ..StartRequest::default()
    };
    let replies = join_all((0..20).map(|_| kit.start_with(&definition, request.clone()))).await;
    let replies: Vec<_> = replies.into_iter().map(Result::unwrap).collect();
    let instances: HashSet<_> = replies.iter().map(|reply| reply.instance_id).collect();
    assert_eq!(instances.len(), 1);
    assert_eq!(replies.iter().filter(|reply| !reply.repeated).count(), 1);
    assert_eq!(kit.fetch("w", "work", 100).await.len(), 1);
}

#[tokio::test]
async fn an_instance_that_left_memory_goes_on_from_the_store() {
    // No instance fits: every command loads what it is about.
    let kit = Kit::with(Options {
        hot_instance_bytes: 0,
        ..Options::default()
    })
    .await;
    let definition = kit.deploy_wide("wide", 3).await;
    let started = kit.start(&definition).await;
    let tasks = kit.fetch("w", "wide", 3).await;
    assert_eq!(tasks.len(), 3);
    for task in &tasks[..2] {
        assert!(!kit.complete(task).await.unwrap().ended);
    }
    assert!(kit.complete(&tasks[2]).await.unwrap().ended);
    assert!(!kit.is_running(started.instance_id).await);
}

#[tokio::test]
async fn an_instance_that_cannot_be_read_does_not_spoil_the_commands_beside_it() {
    let kit = Kit::new().await;
    let broken = kit.deploy_wide("broken", 2).await;
    let broken_instance = kit.start(&broken).await.instance_id;
    let sound = kit.deploy_one_task("sound", "").await;
    let mut sound_instances = Vec::new();
    for _ in 0..3 {
        sound_instances.push(kit.start(&sound).await.instance_id);
    }
    let deployment = kit.engine.definition(&broken).await.unwrap().record.deployment_id;
    assert!(kit.store.delete_deployment(deployment, false).await.unwrap());
    // Another process that has none of them in memory.
    let engine = Engine::start(kit.store.clone(), Options::default()).await.unwrap();
    let all = sound_instances.iter().copied().chain([broken_instance]);
    let suspend = |instance| engine.submit(Submission::new(instance, Command::Suspend(true)));
    let answers = join_all(all.map(suspend)).await;
    let done: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(done, [true, true, true, false], "{answers:?}");
}

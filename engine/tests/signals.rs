//! Signals between instances, in the transaction of who throws them.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use flowstone_core::{Awaited, Command, EventKind, Trigger};
use flowstone_engine::{Options, Submission};
use flowstone_expression::{TypedValue, Variables};
use flowstone_store::query::Query;
use kit::Kit;
use kit::line::{USER_TASK, call, called_by, complete, line, one, running, start_with, token};

const SIGNAL: &str = r#"<signalEventDefinition signalRef="alarm"/>"#;

/// Deploys a process beside the definition of the signal `alarm`.
async fn deploy_with_signal(kit: &Kit, key: &str, content: &str) -> String {
    let content = format!(
        "{content}</process><signal id=\"alarm\" name=\"alarm\"/><process id=\"none-{key}\" isExecutable=\"false\">"
    );
    kit.deploy(key, &content).await
}

fn thrower() -> String {
    line(&format!(
        r#"<intermediateThrowEvent id="m">{}</intermediateThrowEvent>"#,
        SIGNAL.replace("/>", r#"><extensionElements><camunda:in source="why" target="told"/></extensionElements></signalEventDefinition>"#)
    ))
}

fn catcher(after: &str) -> String {
    format!(
        r#"<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="c"/>
           <intermediateCatchEvent id="c">{SIGNAL}</intermediateCatchEvent>
           <sequenceFlow id="g" sourceRef="c" targetRef="m"/>{after}"#
    )
}

#[tokio::test]
async fn a_thrown_signal_reaches_all_who_wait_and_starts_who_begins_with_it() {
    let kit = Kit::new().await;
    let waiting = deploy_with_signal(&kit, "waiting", &catcher(USER_TASK)).await;
    let waiting = [
        kit.start(&waiting).await.instance_id,
        kit.start(&waiting).await.instance_id,
    ];
    let begun = line(USER_TASK).replace(
        r#"<startEvent id="s"/>"#,
        &format!(r#"<startEvent id="s">{SIGNAL}</startEvent>"#),
    );
    deploy_with_signal(&kit, "begun", &begun).await;
    let thrower = deploy_with_signal(&kit, "thrower", &thrower()).await;
    assert!(start_with(&kit, &thrower, one("why", "fire")).await.unwrap().ended);
    for instance in waiting {
        token(&kit, instance, "m").await;
        let view = kit.engine.view(instance).await.unwrap().unwrap().instance;
        assert_eq!(view.root().unwrap().variables["told"], TypedValue::from("fire"));
    }
    assert_eq!(running(&kit).await, 3);
}

#[tokio::test]
async fn one_receiver_that_fails_takes_the_whole_broadcast_back() {
    let kit = Kit::new().await;
    let sound = deploy_with_signal(&kit, "sound", &catcher(USER_TASK)).await;
    let sound = kit.start(&sound).await.instance_id;
    let failing = r#"<serviceTask id="m" camunda:expression="${missing}"/>"#;
    let failing = deploy_with_signal(&kit, "failing", &catcher(failing)).await;
    let failing = kit.start(&failing).await.instance_id;
    let thrower = deploy_with_signal(&kit, "thrower", &thrower()).await;
    start_with(&kit, &thrower, Variables::new()).await.unwrap_err();
    token(&kit, sound, "c").await;
    token(&kit, failing, "c").await;
    assert_eq!(running(&kit).await, 2);
    // What was taken back in memory still works.
    let execution = token(&kit, sound, "c").await;
    let command = Command::Trigger(Trigger {
        execution,
        awaited: Awaited::Event(EventKind::Signal, "alarm".to_owned()),
        variables: Variables::new(),
        local_variables: Variables::new(),
    });
    kit.engine.submit(Submission::new(execution, command)).await.unwrap();
    complete(&kit, sound, "m", Variables::new()).await.unwrap();
}

#[tokio::test]
async fn a_signal_that_is_thrown_asynchronously_reaches_each_by_a_job_of_its_own() {
    let kit = Kit::with(Options {
        job_execution: false,
        ..Options::default()
    })
    .await;
    let waiting = deploy_with_signal(&kit, "waiting", &catcher(USER_TASK)).await;
    let waiting = kit.start(&waiting).await.instance_id;
    let failing = r#"<serviceTask id="m" camunda:expression="${missing}"/>"#;
    let failing = deploy_with_signal(&kit, "failing", &catcher(failing)).await;
    let failing = kit.start(&failing).await.instance_id;
    let asynchronous = thrower().replace("signalRef=", r#"camunda:async="true" signalRef="#);
    let thrower = deploy_with_signal(&kit, "thrower", &asynchronous).await;
    assert!(start_with(&kit, &thrower, one("why", "fire")).await.unwrap().ended);
    for (instance, goes_on) in [(waiting, true), (failing, false)] {
        token(&kit, instance, "c").await;
        let view = kit.engine.view(instance).await.unwrap().unwrap().instance;
        let job = view.jobs().next().unwrap().id;
        let done = kit
            .engine
            .submit(Submission::new(job, Command::ExecuteJob { job }))
            .await;
        assert_eq!(done.is_ok(), goes_on);
    }
    token(&kit, waiting, "m").await;
    let view = kit.engine.view(waiting).await.unwrap().unwrap().instance;
    assert_eq!(view.root().unwrap().variables["told"], TypedValue::from("fire"));
    let view = kit.engine.view(failing).await.unwrap().unwrap().instance;
    assert_eq!(view.jobs().next().unwrap().retries, 2, "one that fails is tried again");
}

#[tokio::test]
async fn a_signal_that_is_thrown_asynchronously_starts_processes_by_jobs() {
    let kit = Kit::with(Options {
        job_execution: false,
        ..Options::default()
    })
    .await;
    let begun = line(USER_TASK).replace(
        r#"<startEvent id="s"/>"#,
        &format!(r#"<startEvent id="s">{SIGNAL}</startEvent>"#),
    );
    deploy_with_signal(&kit, "begun", &begun).await;
    let asynchronous = thrower().replace("signalRef=", r#"camunda:async="true" signalRef="#);
    let thrower = deploy_with_signal(&kit, "thrower", &asynchronous).await;
    assert!(start_with(&kit, &thrower, one("why", "fire")).await.unwrap().ended);
    assert_eq!(running(&kit).await, 0, "the job has not been carried out");
    deploy_with_signal(&kit, "begun", &begun).await;
    let jobs = async || kit.engine.store().jobs(&Query::default()).await.unwrap();
    let job = jobs().await.remove(0);
    assert_eq!((job.instance_id, job.due), (None, None));
    let started = kit.engine.execute_start_job(job.id).await.unwrap().instance_id;
    let view = kit.engine.view(started).await.unwrap().unwrap().instance;
    assert_eq!(view.root().unwrap().variables["told"], TypedValue::from("fire"));
    assert_eq!((running(&kit).await, jobs().await), (1, Vec::new()));
}

#[tokio::test]
async fn what_another_writer_did_to_an_instance_is_seen_by_its_own() {
    let kit = Kit::with(Options {
        writers: 4,
        ..Options::default()
    })
    .await;
    let waiting = deploy_with_signal(&kit, "waiting", &catcher(USER_TASK)).await;
    let thrower = deploy_with_signal(&kit, "thrower", &thrower()).await;
    let mut instances = Vec::new();
    for _ in 0..8 {
        instances.push(kit.start(&waiting).await.instance_id);
    }
    assert!(start_with(&kit, &thrower, one("why", "fire")).await.unwrap().ended);
    for instance in instances {
        assert!(complete(&kit, instance, "m", Variables::new()).await.unwrap().ended);
    }
}

#[tokio::test]
async fn a_signal_passes_by_a_suspended_caller_that_was_told_something_before() {
    let kit = Kit::new().await;
    let child = format!(
        r#"<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="m"/>{USER_TASK}
           <sequenceFlow id="g" sourceRef="m" targetRef="tell"/>
           <intermediateThrowEvent id="tell"><escalationEventDefinition escalationRef="late"/></intermediateThrowEvent>
           <sequenceFlow id="h" sourceRef="tell" targetRef="throw"/>
           <intermediateThrowEvent id="throw">{SIGNAL}</intermediateThrowEvent>
           <sequenceFlow id="i" sourceRef="throw" targetRef="last"/><userTask id="last"/>
           </process><escalation id="late" escalationCode="late"/><process id="none-escalation" isExecutable="false">"#
    );
    deploy_with_signal(&kit, "child", &child).await;
    let escalated = r#"<boundaryEvent id="l" attachedToRef="m" cancelActivity="false"><escalationEventDefinition/></boundaryEvent>
        <sequenceFlow id="lf" sourceRef="l" targetRef="lt"/><userTask id="lt"/>"#;
    let alarmed = format!(
        r#"<boundaryEvent id="b" attachedToRef="m" cancelActivity="false">{SIGNAL}</boundaryEvent>
           <sequenceFlow id="bf" sourceRef="b" targetRef="bt"/><userTask id="bt"/>"#
    );
    let parent = deploy_with_signal(
        &kit,
        "parent",
        &format!("{}{escalated}{alarmed}", call("child", "", "")),
    )
    .await;
    let parent = kit.start(&parent).await.instance_id;
    let child = called_by(&kit, parent).await;
    kit.engine
        .submit(Submission::new(parent, Command::Suspend(true)))
        .await
        .unwrap();
    complete(&kit, child, "m", Variables::new()).await.unwrap();
    token(&kit, child, "last").await;
    let nodes = kit.engine.view(parent).await.unwrap().unwrap().instance;
    let waits = |node: &str| nodes.tokens().any(|token| &*token.node == node);
    assert_eq!((waits("lt"), waits("bt")), (true, false));
}

//! Instances that call each other: all of it in one transaction.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use flowstone_core::{Command, Instruction, JobChange, Modification, Rejection, Wait};
use flowstone_engine::{Error, Options, Submission};
use flowstone_expression::{TypedValue, Variables};
use flowstone_store::query::{HistoricInstanceField, ProcessInstanceField, Query, Scalar, Test};
use kit::Kit;
use kit::line::{USER_TASK, call, called_by, complete, line, one, running, start_with, token};
use uuid::Uuid;

/// The nodes at which an instance has incidents.
async fn incidents(kit: &Kit, instance: Uuid) -> Vec<String> {
    let view = kit.engine.view(instance).await.unwrap().unwrap();
    view.instance
        .incidents()
        .map(|incident| incident.node.to_string())
        .collect()
}

#[tokio::test]
async fn an_incident_concerns_all_who_called_the_instance_until_it_is_resolved() {
    let kit = Kit::new().await;
    let work =
        line(r#"<serviceTask id="m" camunda:type="external" camunda:topic="work"/>"#).replace(r#""m""#, r#""w""#);
    kit.deploy("child", &work).await;
    kit.deploy("middle", &call("child", "", "")).await;
    let parent = kit.deploy("parent", &call("middle", "", "")).await;
    let parent = kit.start(&parent).await.instance_id;
    let middle = called_by(&kit, parent).await;
    let child = called_by(&kit, middle).await;
    for (retries, expected) in [(0, true), (1, false), (0, true)] {
        let task = token(&kit, child, "w").await;
        let command = Command::SetExternalTaskRetries { task, retries };
        kit.engine.submit(Submission::new(task, command)).await.unwrap();
        let nodes = |node: &str| if expected { vec![node.to_owned()] } else { Vec::new() };
        assert_eq!(incidents(&kit, child).await, nodes("w"), "{retries}");
        for caller in [middle, parent] {
            assert_eq!(incidents(&kit, caller).await, nodes("m"), "{retries}");
        }
    }
    let locked = kit.fetch("v", "work", 1).await;
    assert!(locked.is_empty(), "nothing is left to try");
    kit.engine.submit(Submission::new(child, delete())).await.unwrap();
    assert!(!kit.is_running(parent).await);
    let query = Query::<flowstone_store::query::IncidentField>::default();
    assert_eq!(kit.engine.store().count_incidents(&query).await.unwrap(), 0);
}

#[tokio::test]
async fn a_job_that_failed_for_good_concerns_who_called_the_instance() {
    let kit = Kit::new().await;
    let failing = r#"<serviceTask id="m" camunda:asyncBefore="true" camunda:expression="${nobody.knows}"/>"#;
    kit.deploy("child", &line(failing)).await;
    let parent = kit.deploy("parent", &call("child", "", "")).await;
    let parent = kit.start(&parent).await.instance_id;
    let child = called_by(&kit, parent).await;
    let view = kit.engine.view(child).await.unwrap().unwrap();
    let job = view.instance.jobs().next().unwrap().id;
    let change = Command::ChangeJob {
        job,
        change: JobChange::Retries(1),
    };
    kit.engine.submit(Submission::new(job, change)).await.unwrap();
    let refused = kit
        .engine
        .submit(Submission::new(job, Command::ExecuteJob { job }))
        .await;
    assert!(matches!(refused, Err(Error::Rejected(Rejection::Expression { .. }))));
    for instance in [child, parent] {
        assert_eq!(incidents(&kit, instance).await, ["m"]);
    }
}

async fn state(kit: &Kit, instance: Uuid) -> String {
    let query = Query::default().with(HistoricInstanceField::Id, Test::Equals(Scalar::Id(instance)));
    let found = kit.engine.store().historic_instances(&query).await.unwrap();
    found[0].state.to_string()
}

#[tokio::test]
async fn a_call_passes_variables_in_and_out() {
    let kit = Kit::new().await;
    kit.deploy("child", &line(USER_TASK)).await;
    let mappings = r#"<camunda:in businessKey="${execution.processBusinessKey}"/><camunda:in source="amount" target="sum"/>
        <camunda:in sourceExpression="${amount * 2}" target="double"/><camunda:out source="result" target="answer"/>
        <camunda:out sourceExpression="${sum + 1}" target="more"/>"#;
    let parent = kit
        .deploy(
            "parent",
            &(call("child", "", mappings).replace(r#"targetRef="e""#, r#"targetRef="u""#)
                + r#"<userTask id="u"/><sequenceFlow id="h" sourceRef="u" targetRef="e"/>"#),
        )
        .await;
    let parent = start_with(&kit, &parent, one("amount", 5)).await.unwrap().instance_id;
    let child = called_by(&kit, parent).await;
    let seen = kit.engine.view(child).await.unwrap().unwrap().instance;
    let root = &seen.root().unwrap().variables;
    assert_eq!(
        (&root["sum"], root.contains_key("amount")),
        (&TypedValue::from(5), false)
    );
    assert_eq!(root["double"], TypedValue::from(10_i64));
    assert_eq!(seen.business_key.as_deref(), Some("bk"));
    complete(&kit, child, "m", one("result", "done")).await.unwrap();
    let view = kit.engine.view(parent).await.unwrap().unwrap().instance;
    let root = &view.root().unwrap().variables;
    assert_eq!(root["answer"], TypedValue::from("done"));
    assert_eq!(root["more"], TypedValue::from(6_i64));
    assert_eq!(state(&kit, child).await, "COMPLETED");
    complete(&kit, parent, "u", Variables::new()).await.unwrap();
    assert_eq!(running(&kit).await, 0);
}

#[tokio::test]
async fn a_call_may_call_a_global_task() {
    let kit = Kit::new().await;
    let global = r#"<globalUserTask id="approve" name="Approve ${amount}" camunda:assignee="ada"/>
        <globalScriptTask id="double" scriptLanguage="javascript" camunda:resultVariable="amount">
          <script>amount * 2</script></globalScriptTask>"#;
    kit.deploy_file("tasks", global).await;
    let both = r#"<camunda:in variables="all"/><camunda:out variables="all"/>"#;
    let doubled = kit.deploy("doubled", &call("double", "", both)).await;
    let ended = start_with(&kit, &doubled, one("amount", 4)).await.unwrap();
    assert_eq!((ended.ended, &ended.variables["amount"]), (true, &TypedValue::from(8)));
    let approved = kit.deploy("approved", &call("approve", "", both)).await;
    let parent = start_with(&kit, &approved, one("amount", 4)).await.unwrap().instance_id;
    let child = called_by(&kit, parent).await;
    let seen = kit.engine.view(child).await.unwrap().unwrap().instance;
    let token = seen.tokens().next().unwrap();
    let Wait::UserTask(task) = &token.wait else {
        panic!("{token:?} is no user task");
    };
    assert_eq!(
        (task.name.as_deref(), task.assignee.as_deref()),
        (Some("Approve 4"), Some("ada"))
    );
    complete(&kit, child, "approve", Variables::new()).await.unwrap();
    assert_eq!(running(&kit).await, 0);
}

#[tokio::test]
async fn a_call_that_ends_at_once_goes_on_at_once() {
    let kit = Kit::new().await;
    kit.deploy("child", &line(r#"<task id="m"/>"#)).await;
    let parent = kit
        .deploy("parent", &call("child", "", r#"<camunda:in variables="all"/>"#))
        .await;
    assert!(kit.start(&parent).await.ended);
    assert_eq!(running(&kit).await, 0);
}

#[tokio::test]
async fn the_called_version_is_the_one_that_is_bound() {
    let kit = Kit::new().await;
    kit.deploy("child", &line(USER_TASK)).await;
    kit.deploy("child", &line(r#"<task id="m"/>"#)).await;
    for (attributes, waits) in [
        ("", false),
        (r#"camunda:calledElementBinding="latest""#, false),
        (
            r#"camunda:calledElementBinding="version" camunda:calledElementVersion="1""#,
            true,
        ),
    ] {
        let parent = kit.deploy("parent", &call("child", attributes, "")).await;
        assert_eq!(!kit.start(&parent).await.ended, waits, "{attributes}");
    }
    let parent = kit.deploy("parent", &call("${which}", "", "")).await;
    let dynamic = start_with(&kit, &parent, one("which", "child")).await.unwrap();
    assert!(dynamic.ended);
}

#[tokio::test]
async fn a_call_of_nothing_refuses_the_start_and_leaves_nothing() {
    let kit = Kit::new().await;
    let parent = kit.deploy("parent", &call("nobody", "", "")).await;
    let refused = start_with(&kit, &parent, Variables::new()).await.unwrap_err();
    assert!(refused.to_string().contains("'nobody'"), "{refused}");
    assert_eq!(running(&kit).await, 0);
}

#[tokio::test]
async fn who_calls_itself_without_end_is_refused_or_becomes_an_incident() {
    let kit = Kit::new().await;
    let synchronous = kit.deploy("loop", &call("loop", "", "")).await;
    let refused = start_with(&kit, &synchronous, Variables::new()).await.unwrap_err();
    assert!(
        matches!(refused, Error::Rejected(Rejection::CallDepth { .. })),
        "{refused}"
    );
    assert_eq!(running(&kit).await, 0);

    let kit = Kit::with(Options {
        job_execution: false,
        ..Options::default()
    })
    .await;
    kit.deploy("loop", &call("loop", "", "")).await;
    let entry = kit
        .deploy("entry", &call("loop", r#"camunda:asyncBefore="true""#, ""))
        .await;
    let instance = kit.start(&entry).await.instance_id;
    for _ in 0..3 {
        let view = kit.engine.view(instance).await.unwrap().unwrap();
        let job = view.instance.jobs().next().unwrap().id;
        let command = Command::ExecuteJob { job };
        kit.engine.submit(Submission::new(job, command)).await.unwrap_err();
    }
    let view = kit.engine.view(instance).await.unwrap().unwrap();
    assert_eq!(view.instance.incidents().count(), 1);
    assert_eq!(running(&kit).await, 1);
}

/// A parent whose call has a boundary event.
fn guarded(boundary: &str) -> String {
    call("child", "", r#"<camunda:out source="why" target="reason"/>"#)
        + &format!(
            r#"<boundaryEvent id="b" attachedToRef="m">{boundary}</boundaryEvent><userTask id="u"/>
               <sequenceFlow id="h" sourceRef="b" targetRef="u"/>"#
        )
}

fn throw_error(task: Uuid) -> Command {
    Command::ThrowTaskError {
        task,
        error_code: "broken".to_owned(),
        error_message: None,
        variables: one("why", "rain"),
    }
}

#[tokio::test]
async fn an_error_that_nobody_catches_is_caught_by_who_called() {
    let kit = Kit::new().await;
    kit.deploy("child", &line(USER_TASK)).await;
    let parent = kit.deploy("parent", &guarded("<errorEventDefinition/>")).await;
    let parent = kit.start(&parent).await.instance_id;
    let child = called_by(&kit, parent).await;
    let task = token(&kit, child, "m").await;
    kit.engine
        .submit(Submission::new(task, throw_error(task)))
        .await
        .unwrap();
    assert_eq!(state(&kit, child).await, "INTERNALLY_TERMINATED");
    token(&kit, parent, "u").await;
    let view = kit.engine.view(parent).await.unwrap().unwrap().instance;
    assert_eq!(view.root().unwrap().variables["reason"], TypedValue::from("rain"));
}

#[tokio::test]
async fn an_error_that_nobody_catches_anywhere_ends_its_path() {
    let kit = Kit::new().await;
    kit.deploy("child", &line(USER_TASK)).await;
    let parent = kit.deploy("parent", &call("child", "", "")).await;
    let parent = kit.start(&parent).await.instance_id;
    let child = called_by(&kit, parent).await;
    let task = token(&kit, child, "m").await;
    kit.engine
        .submit(Submission::new(task, throw_error(task)))
        .await
        .unwrap();
    assert_eq!(state(&kit, child).await, "COMPLETED");
    assert_eq!(state(&kit, parent).await, "COMPLETED");
}

#[tokio::test]
async fn who_is_interrupted_ends_what_it_called() {
    let kit = Kit::new().await;
    kit.deploy("child", &line(USER_TASK)).await;
    let middle = kit.deploy("middle", &call("child", "", "")).await;
    let condition = "<conditionalEventDefinition><condition>${stop}</condition></conditionalEventDefinition>";
    let parent = guarded(condition).replace("\"child\"", "\"middle\"");
    let parent = kit.deploy("parent", &parent).await;
    let parent = kit.start(&parent).await.instance_id;
    let called = called_by(&kit, parent).await;
    let innermost = called_by(&kit, called).await;
    let command = Command::ModifyVariables {
        scope: parent,
        local: false,
        set: one("stop", true),
        remove: Vec::new(),
    };
    kit.engine.submit(Submission::new(parent, command)).await.unwrap();
    for gone in [called, innermost] {
        assert_eq!(state(&kit, gone).await, "INTERNALLY_TERMINATED");
    }
    token(&kit, parent, "u").await;

    // Deleting does the same.
    let other = kit.start(&middle).await.instance_id;
    let child = called_by(&kit, other).await;
    let command = Command::Cancel {
        reason: None,
        skip_output_mappings: false,
        skip_listeners: false,
    };
    kit.engine.submit(Submission::new(other, command)).await.unwrap();
    assert_eq!(state(&kit, child).await, "INTERNALLY_TERMINATED");
}

fn delete() -> Command {
    Command::Cancel {
        reason: None,
        skip_output_mappings: false,
        skip_listeners: false,
    }
}

fn cancel(activity: &str) -> Command {
    Command::Modify(Modification {
        instructions: vec![Instruction::CancelActivity {
            activity: activity.to_owned(),
            only_current: false,
        }],
        ..Modification::default()
    })
}

#[tokio::test]
async fn who_is_ended_from_outside_cancels_the_call_that_waits() {
    for command in [delete(), cancel("m")] {
        let kit = Kit::new().await;
        kit.deploy("child", &line(USER_TASK)).await;
        let middle = kit.deploy("middle", &call("child", "", "")).await;
        let beside = call("middle", "", "") + r#"<userTask id="u"/><sequenceFlow id="h" sourceRef="s" targetRef="u"/>"#;
        let parent = kit.deploy("parent", &beside).await;
        let parent = kit.start(&parent).await.instance_id;
        let called = called_by(&kit, parent).await;
        let innermost = called_by(&kit, called).await;
        kit.engine
            .submit(Submission::new(innermost, command.clone()))
            .await
            .unwrap();
        for gone in [innermost, called] {
            assert_eq!(state(&kit, gone).await, "EXTERNALLY_TERMINATED");
        }
        let view = kit.engine.view(parent).await.unwrap().unwrap();
        let waiting: Vec<&str> = view.instance.tokens().map(|token| &*token.node).collect();
        assert_eq!(waiting, ["u"], "it goes on without the call");
        // Alone it goes with its call.
        let alone = kit.start(&middle).await.instance_id;
        let child = called_by(&kit, alone).await;
        kit.engine.submit(Submission::new(child, command)).await.unwrap();
        assert_eq!(state(&kit, alone).await, "EXTERNALLY_TERMINATED");
    }
}

#[tokio::test]
async fn a_call_that_is_canceled_ends_what_it_called() {
    let kit = Kit::new().await;
    kit.deploy("child", &line(USER_TASK)).await;
    let parent = kit.deploy("parent", &call("child", "", "")).await;
    let parent = kit.start(&parent).await.instance_id;
    let child = called_by(&kit, parent).await;
    kit.engine.submit(Submission::new(parent, cancel("m"))).await.unwrap();
    assert_eq!(state(&kit, child).await, "INTERNALLY_TERMINATED");
    assert_eq!(state(&kit, parent).await, "EXTERNALLY_TERMINATED");
}

#[tokio::test]
async fn calls_in_parallel_come_back_one_by_one() {
    let kit = Kit::new().await;
    kit.deploy("child", &line(USER_TASK)).await;
    let several =
        "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>";
    let parent = call("child", "", "").replace("</callActivity>", &format!("{several}</callActivity>"));
    let parent = kit.deploy("parent", &parent).await;
    let parent = kit.start(&parent).await.instance_id;
    for left in [3, 2, 1] {
        assert_eq!(running(&kit).await, left + 1);
        let child = called_by(&kit, parent).await;
        complete(&kit, child, "m", Variables::new()).await.unwrap();
    }
    assert_eq!(running(&kit).await, 0);
}

#[tokio::test]
async fn calls_that_come_back_at_once_do_not_suffer_from_those_that_fail() {
    let kit = Kit::new().await;
    kit.deploy("child", &line(USER_TASK)).await;
    let several =
        "<multiInstanceLoopCharacteristics><loopCardinality>40</loopCardinality></multiInstanceLoopCharacteristics>";
    let out = r#"<camunda:out sourceExpression="${fit}" target="got"/>"#;
    let parent = call("child", "", out).replace("</callActivity>", &format!("{several}</callActivity>"));
    let parent = kit.deploy("parent", &parent).await;
    let parent = kit.start(&parent).await.instance_id;
    let query = Query::default().with(ProcessInstanceField::SuperInstanceId, Test::Equals(Scalar::Id(parent)));
    let children = kit.engine.store().process_instances(&query).await.unwrap();
    assert_eq!(children.len(), 40);
    for fit in [3, 1] {
        let completions = children.iter().enumerate().map(async |(number, child)| {
            if !kit.is_running(child.id).await {
                return None;
            }
            let variables = if number % fit == 0 {
                one("fit", "yes")
            } else {
                Variables::new()
            };
            Some(complete(&kit, child.id, "m", variables).await.is_ok() == (number % fit == 0))
        });
        let right = futures::future::join_all(completions).await;
        assert!(right.into_iter().flatten().all(|right| right));
    }
    assert_eq!(running(&kit).await, 0, "every call came back once");
}

/// Retries of the only job there is.
async fn retries(kit: &Kit) -> i32 {
    kit.engine.store().jobs(&Query::default()).await.unwrap()[0].retries
}

#[tokio::test]
async fn a_job_that_calls_a_suspended_process_fails_like_any_other() {
    let kit = Kit::with(Options {
        job_execution: false,
        ..Options::default()
    })
    .await;
    let child = kit.deploy("child", &line(USER_TASK)).await;
    let parent = kit
        .deploy("parent", &call("child", r#"camunda:asyncBefore="true""#, ""))
        .await;
    kit.engine.suspend_definitions(&[child], true, false).await.unwrap();
    let parent = kit.start(&parent).await.instance_id;
    let view = kit.engine.view(parent).await.unwrap().unwrap();
    let job = view.instance.jobs().next().unwrap().id;
    for left in [2, 1, 0] {
        let execute = Submission::new(job, Command::ExecuteJob { job });
        let refused = kit.engine.submit(execute).await;
        assert!(matches!(refused, Err(Error::SuspendedDefinition(_))), "{refused:?}");
        assert_eq!(retries(&kit).await, left);
    }
    assert_eq!(incidents(&kit, parent).await, ["m"]);
}

#[tokio::test]
async fn a_job_that_starts_who_calls_a_suspended_process_fails_like_any_other() {
    let kit = Kit::with(Options {
        job_execution: false,
        ..Options::default()
    })
    .await;
    let child = kit.deploy("child", &line(USER_TASK)).await;
    let timer = r#"<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"#;
    let begun = call("child", "", "").replace(
        r#"<startEvent id="s"/>"#,
        &format!(r#"<startEvent id="s">{timer}</startEvent>"#),
    );
    kit.deploy("begun", &begun).await;
    kit.engine.suspend_definitions(&[child], true, false).await.unwrap();
    let job = kit.engine.store().jobs(&Query::default()).await.unwrap()[0].id;
    for left in [2, 1, 0] {
        let refused = kit.engine.execute_start_job(job).await;
        assert!(matches!(refused, Err(Error::SuspendedDefinition(_))), "{refused:?}");
        assert_eq!(retries(&kit).await, left);
    }
    assert_eq!(running(&kit).await, 0);
}

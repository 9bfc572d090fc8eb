//! Expressions computed beside the work: listeners, and errors that a worker's report means.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod world;

use chrono::TimeDelta;
use flowstone_core::Command;
use flowstone_expression::TypedValue;
use world::{World, compiled, flows, run, start_of};

const ENDS: &str = r#"<startEvent id="s"/><endEvent id="e"/>"#;

/// A listener that appends its event and a mark to the variable `log`.
fn listener(kind: &str, event: &str, mark: &str) -> String {
    let bean = if kind == "taskListener" { "task" } else { "execution" };
    format!(
        r#"<camunda:{kind} event="{event}" expression="${{execution.setVariable('log', log.concat(' {mark}-').concat({bean}.eventName))}}"/>"#
    )
}

fn extensions(content: &str) -> String {
    format!("<extensionElements>{content}</extensionElements>")
}

fn logged(content: &str, list: &[&str]) -> World {
    run(&(content.to_owned() + &flows(list)), &[("log", TypedValue::from(""))])
}

fn log(world: &World) -> String {
    match world.root("log") {
        Some(TypedValue::String(text)) => text.trim().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_property_with_a_source_is_filled_when_its_activity_begins() {
    let with = |attributes: &str| {
        let content = format!(r#"<startEvent id="s"/><userTask id="u"><property id="own" {attributes}/></userTask>"#);
        start_of(
            compiled(&(content + &flows(&["s>u"]))),
            &[("amount", TypedValue::from(20))],
        )
    };
    for (attributes, expected) in [
        ("camunda:src='amount'", TypedValue::from(20)),
        ("camunda:srcExpr='${amount + 1}'", TypedValue::from(21i64)),
        ("name='own' camunda:srcExpr='some'", TypedValue::from("some")),
        (
            r#"camunda:srcExpr="it's in C:\temp""#,
            TypedValue::from(r"it's in C:\temp"),
        ),
    ] {
        assert_eq!(with(attributes).unwrap().root("own"), Some(expected), "{attributes}");
    }
    assert_eq!(with("").unwrap().root("own"), None);
    for attributes in [
        "camunda:src='nobody'",
        "camunda:link='amount'",
        "camunda:linkExpr='${amount}'",
    ] {
        assert!(with(attributes).is_err(), "{attributes}");
    }
}

#[test]
fn nodes_are_listened_to_on_entry_and_on_leaving() {
    let both = |mark: &str| {
        extensions(&(listener("executionListener", "start", mark) + &listener("executionListener", "end", mark)))
    };
    let content = format!(
        r#"<startEvent id="s">{}</startEvent><userTask id="u">{}</userTask><subProcess id="x">{}<startEvent id="xs"/></subProcess>
           <exclusiveGateway id="g">{}</exclusiveGateway><endEvent id="e">{}</endEvent>"#,
        both("s"),
        both("u"),
        both("x"),
        both("g"),
        both("e")
    );
    let mut world = logged(&content, &["s>u", "u>x", "x>g", "g>e"]);
    assert_eq!(log(&world), "s-start s-end u-start");
    world.complete("u", &[]).unwrap();
    assert!(world.instance.ended);
    let expected = "s-start s-end u-start u-end x-start x-end g-start g-end e-start e-end";
    assert_eq!(log(&world), expected);
}

#[test]
fn processes_and_flows_are_listened_to() {
    let content = format!(
        r#"{}{ENDS}<task id="t"/><sequenceFlow id="f" sourceRef="s" targetRef="t">{}</sequenceFlow>"#,
        extensions(&(listener("executionListener", "start", "p") + &listener("executionListener", "end", "p"))),
        extensions(&listener("executionListener", "take", "f")),
    );
    let world = logged(&content, &["t>e"]);
    assert_eq!(log(&world), "p-start f-take p-end");
}

#[test]
fn what_is_canceled_is_listened_to_unless_that_is_skipped() {
    for (skip_listeners, expected) in [(false, "u-delete u-end"), (true, "")] {
        let content = format!(
            r#"{ENDS}<userTask id="u">{}</userTask>"#,
            extensions(&(listener("executionListener", "end", "u") + &listener("taskListener", "delete", "u")))
        );
        let mut world = logged(&content, &["s>u", "u>e"]);
        let cancel = Command::Cancel {
            reason: None,
            skip_output_mappings: false,
            skip_listeners,
        };
        world.give(&cancel).unwrap();
        assert_eq!(log(&world), expected);
    }
}

#[test]
fn tasks_are_listened_to() {
    let content = format!(
        r#"{ENDS}<userTask id="u" camunda:assignee="mary">{}</userTask>"#,
        extensions(
            &["create", "assignment", "complete"]
                .map(|event| listener("taskListener", event, "u"))
                .concat()
        )
    );
    let mut world = logged(&content, &["s>u", "u>e"]);
    assert_eq!(log(&world), "u-create u-assignment");
    world.complete("u", &[]).unwrap();
    assert_eq!(log(&world), "u-create u-assignment u-complete");
}

#[test]
fn a_listener_that_fails_refuses_the_step() {
    let content = format!(
        r#"{ENDS}<task id="t">{}</task>"#,
        extensions(r#"<camunda:executionListener event="start" expression="${missing}"/>"#)
    );
    let refused = start_of(compiled(&(content + &flows(&["s>t", "t>e"]))), &[])
        .err()
        .unwrap();
    assert_eq!(refused.node(), Some("t"));
}

fn reporting(condition: &str) -> World {
    let content = format!(
        r#"{ENDS}<serviceTask id="t" camunda:type="external" camunda:topic="work">{}</serviceTask>
           <boundaryEvent id="b" attachedToRef="t"><errorEventDefinition camunda:errorCodeVariable="code"/></boundaryEvent>
           <userTask id="u"/>"#,
        extensions(&format!(
            r#"<camunda:errorEventDefinition id="d" errorRef="sold-out" expression="{condition}"/>"#
        ))
    );
    run(&(content + &flows(&["s>t", "t>e", "b>u"])), &[])
}

#[test]
fn a_completed_task_means_an_error_when_its_condition_holds() {
    let mut world = reporting("${left == 0}");
    world.complete("t", &[("left", TypedValue::from(0))]).unwrap();
    assert_eq!(world.waiting(), ["u"]);
    assert_eq!(world.root("code"), Some(TypedValue::from("sold-out")));
    let mut world = reporting("${left == 0}");
    world.complete("t", &[("left", TypedValue::from(1))]).unwrap();
    assert!(world.instance.ended);
}

#[test]
fn a_failure_means_an_error_when_its_condition_holds() {
    let mut world = reporting("${externalTask.getErrorMessage() == 'none left'}");
    world.lock_for("t", world::WORKER, true).unwrap();
    world.fail("t", 0, "no paper").unwrap();
    assert_eq!(world.instance.incidents().count(), 1);
    world.lock_for("t", world::WORKER, true).unwrap();
    world.fail("t", 0, "none left").unwrap();
    assert_eq!(world.waiting(), ["u"]);
    assert_eq!(world.instance.incidents().count(), 0);
}

#[test]
fn a_listener_of_a_user_task_can_wait_for_some_time() {
    let listener = |id: &str, timer: &str| {
        format!(
            r#"<camunda:taskListener id="{id}" event="timeout" expression="${{execution.setVariable('{id}', task.eventName)}}">
               <timerEventDefinition>{timer}</timerEventDefinition></camunda:taskListener>"#
        )
    };
    let content = format!(
        r#"<startEvent id="s"/><userTask id="u"><extensionElements>{}{}</extensionElements></userTask><userTask id="v"/>"#,
        listener("once", "<timeDuration>PT1H</timeDuration>"),
        listener("again", "<timeCycle>R2/PT30M</timeCycle>")
    ) + &flows(&["s>u", "u>v"]);
    let mut world = run(&content, &[]);
    let due: Vec<_> = world.instance.jobs().map(|job| job.due.unwrap() - world.now).collect();
    assert_eq!(due, [TimeDelta::minutes(60), TimeDelta::minutes(30)]);
    let definitions = world.model.job_definitions();
    let configurations: Vec<_> = definitions
        .iter()
        .map(|one| (one.job_type, one.configuration.as_str()))
        .collect();
    assert_eq!(
        configurations,
        [
            ("timer-task-listener", "DURATION: PT1H"),
            ("timer-task-listener", "CYCLE: R2/PT30M")
        ]
    );
    let first = |world: &World| world.instance.jobs().min_by_key(|job| job.due).unwrap().id;
    let job = first(&world);
    world.now += TimeDelta::minutes(30);
    world.give(&Command::ExecuteJob { job }).unwrap();
    assert_eq!(world.waiting(), ["u"], "the task stays");
    assert_eq!(world.root("again"), Some(TypedValue::from("timeout")));
    assert_eq!(
        (world.root("once"), world.instance.jobs().count()),
        (None, 2),
        "it comes again"
    );
    world.complete("u", &[]).unwrap();
    assert_eq!(world.instance.jobs().count(), 0, "with the task its timers go");
}

#[test]
fn listeners_change_user_tasks_and_variables() {
    let script = r#"<camunda:taskListener event="create"><camunda:script scriptFormat="javascript"><![CDATA[
        task.setName('Approve ' + n); task.addCandidateGroup('sales'); task.addCandidateUsers(['bob', 'eve']);
        task.setPriority(70); task.setDueDate('2026-02-01T10:00:00'); task.description = 'Look at it';
        execution.removeVariable('n'); execution.setVariables({a: 1, b: 'two'});
        task.setVariable('seen', task.getName() + '/' + execution.hasVariable('n'));]]></camunda:script></camunda:taskListener>"#;
    let assign = r#"<camunda:taskListener event="create" expression="${task.setAssignee('ada')}"/>"#;
    let content = format!(
        r#"<startEvent id="s"/><userTask id="u" camunda:candidateUsers="bob">{}</userTask><userTask id="v"/>"#,
        extensions(&(assign.to_owned() + script + &listener("taskListener", "assignment", "u")))
    );
    let model = compiled(&(content + &flows(&["s>u", "u>v"])));
    let world = start_of(model, &[("n", 7.into()), ("log", TypedValue::from(""))]).unwrap();
    let flowstone_core::Wait::UserTask(task) = &world.token("u").wait else {
        panic!("no user task")
    };
    assert_eq!(
        (
            task.name.as_deref(),
            task.assignee.as_deref(),
            task.description.as_deref()
        ),
        (Some("Approve 7"), Some("ada"), Some("Look at it"))
    );
    assert_eq!(task.candidate_users, ["bob", "eve"]);
    assert_eq!(task.candidate_groups, ["sales"]);
    assert_eq!(task.priority, 70);
    assert!(task.due.is_some());
    assert_eq!(world.root("n"), None);
    assert_eq!((world.root("a"), world.root("b")), (Some(1.into()), Some("two".into())));
    assert_eq!(world.root("seen"), Some("Approve 7/false".into()));
    assert_eq!(log(&world), "u-assignment", "who gets an assignee is assigned");
}

#[test]
fn listeners_ask_for_all_variables_and_remove_their_own() {
    let listeners: String = [
        "execution.setVariable('all', execution.variableNames.size())",
        "execution.setVariable('own', execution.getVariableNamesLocal().size())",
        "execution.removeVariables()",
        "execution.setVariable('rest', execution.hasVariables() && !execution.hasVariablesLocal())",
    ]
    .map(|call| {
        format!(r#"<camunda:executionListener event="start" expression="${{{call}}}"/>"#).replace("&&", "&amp;&amp;")
    })
    .concat();
    let input = r#"<camunda:inputOutput><camunda:inputParameter name="before">1</camunda:inputParameter></camunda:inputOutput>"#;
    let created = r#"<camunda:taskListener event="create"
        expression="${task.setVariable('since', task.createTime == now() &amp;&amp; task.delegationState == null)}"/>"#;
    let content = format!(
        r#"<startEvent id="s"/><userTask id="u">{}</userTask>"#,
        extensions(&(input.to_owned() + &listeners + created))
    );
    let world = start_of(compiled(&(content + &flows(&["s>u"]))), &[("there", 1.into())]).unwrap();
    let root = |name| world.root(name);
    assert_eq!((root("all"), root("own")), (Some(2.into()), Some(1.into())));
    assert_eq!((root("rest"), root("since")), (Some(true.into()), Some(true.into())));
    assert!(world.token("u").variables.is_empty());
}

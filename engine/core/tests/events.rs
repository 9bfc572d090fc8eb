//! Boundary events, event sub-processes, errors and escalations.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod world;

use flowstone_core::{Awaited, Command, Event, EventKind, Rejection, Trigger};
use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;
use world::{World, flows, run};

/// A process beside the definitions of the message `paid`, the signal `alarm` and the escalation `late`.
fn process(content: &str, list: &[&str]) -> World {
    run(&(content.to_owned() + &flows(list)), &[])
}

fn event(world: &mut World, owner: Uuid, kind: EventKind, name: &str) -> Result<Vec<Event>, Rejection> {
    let command = Command::Trigger(Trigger {
        execution: owner,
        awaited: Awaited::Event(kind, name.to_owned()),
        variables: Variables::from([("told".to_owned(), TypedValue::from(true))]),
        local_variables: Variables::new(),
    });
    world.give(&command)
}

fn boundary(id: &str, activity: &str, interrupting: bool, definition: &str) -> String {
    format!(
        r#"<boundaryEvent id="{id}" attachedToRef="{activity}" cancelActivity="{interrupting}">{definition}</boundaryEvent>"#
    )
}

fn event_sub_process(id: &str, interrupting: bool, definition: &str) -> String {
    format!(
        r#"<subProcess id="{id}" triggeredByEvent="true"><startEvent id="{id}s" isInterrupting="{interrupting}">{definition}</startEvent>
           <sequenceFlow id="{id}f" sourceRef="{id}s" targetRef="{id}u"/><userTask id="{id}u"/></subProcess>"#
    )
}

const PAID: &str = r#"<messageEventDefinition messageRef="m"/>"#;
const ALARM: &str = r#"<signalEventDefinition signalRef="alarm"/>"#;
const ANY_ERROR: &str =
    r#"<errorEventDefinition camunda:errorCodeVariable="code" camunda:errorMessageVariable="text"/>"#;

fn throw_error(world: &mut World, node: &str, code: &str) {
    let command = Command::ThrowTaskError {
        task: world.token(node).id,
        error_code: code.to_owned(),
        error_message: Some("why".to_owned()),
        variables: Variables::new(),
    };
    world.give(&command).unwrap();
}

fn escalate(world: &mut World, node: &str, code: &str) -> Result<Vec<Event>, Rejection> {
    let command = Command::ThrowTaskEscalation {
        task: world.token(node).id,
        escalation_code: code.to_owned(),
        variables: Variables::new(),
    };
    world.give(&command)
}

#[test]
fn a_boundary_event_takes_the_place_of_its_activity_or_goes_beside_it() {
    for (interrupting, expected) in [(true, &["v"][..]), (false, &["u", "v"])] {
        let content = r#"<startEvent id="s"/><userTask id="u"/><userTask id="v"/>"#.to_owned()
            + &boundary("b", "u", interrupting, PAID);
        let mut world = process(&content, &["s>u", "b>v"]);
        let owner = world.token("u").id;
        event(&mut world, owner, EventKind::Message, "paid").unwrap();
        assert_eq!(world.waiting(), expected);
        assert_eq!(world.root("told"), Some(TypedValue::from(true)));
        let again = event(&mut world, owner, EventKind::Message, "paid");
        assert_eq!(
            again.is_ok(),
            !interrupting,
            "only a border that is still there is crossed"
        );
    }
}

#[test]
fn a_boundary_event_of_a_sub_process_cancels_all_in_it() {
    let content = r#"<startEvent id="s"/><subProcess id="q"><startEvent id="qs"/><parallelGateway id="qg"/>
        <userTask id="a"/><userTask id="c"/><sequenceFlow id="q1" sourceRef="qs" targetRef="qg"/>
        <sequenceFlow id="q2" sourceRef="qg" targetRef="a"/><sequenceFlow id="q3" sourceRef="qg" targetRef="c"/>
        </subProcess><userTask id="v"/>"#
        .to_owned()
        + &boundary("b", "q", true, ALARM);
    let mut world = process(&content, &["s>q", "b>v"]);
    assert_eq!(world.waiting(), ["a", "c"]);
    let owner = world.token("a").scope;
    event(&mut world, owner, EventKind::Signal, "alarm").unwrap();
    assert_eq!(world.waiting(), ["v"]);
    assert_eq!(world.instance.subscriptions().count(), 0);
}

#[test]
fn an_event_sub_process_takes_the_place_of_its_scope_or_goes_beside_it() {
    for (interrupting, expected) in [(true, &["xu"][..]), (false, &["u", "xu"])] {
        let content =
            r#"<startEvent id="s"/><userTask id="u"/>"#.to_owned() + &event_sub_process("x", interrupting, PAID);
        let mut world = process(&content, &["s>u"]);
        let root = world.instance.id;
        event(&mut world, root, EventKind::Message, "paid").unwrap();
        assert_eq!(world.waiting(), expected);
        let again = event(&mut world, root, EventKind::Message, "paid");
        assert_eq!(again.is_ok(), !interrupting);
        while let Some(node) = world.waiting().first().map(|node| (*node).to_owned()) {
            world.complete(&node, &[]).unwrap();
        }
        assert!(world.instance.ended);
        assert_eq!(
            world.instance.subscriptions().count(),
            0,
            "nothing is armed after the end"
        );
    }
}

#[test]
fn a_catch_event_waits_for_its_event() {
    let content = format!(
        r#"<startEvent id="s"/><intermediateCatchEvent id="c">{ALARM}</intermediateCatchEvent><userTask id="u"/>"#
    );
    let mut world = process(&content, &["s>c", "c>u"]);
    let owner = world.token("c").id;
    assert!(
        event(&mut world, owner, EventKind::Message, "alarm").is_err(),
        "a message is no signal"
    );
    assert!(event(&mut world, owner, EventKind::Signal, "other").is_err());
    event(&mut world, owner, EventKind::Signal, "alarm").unwrap();
    assert_eq!(world.waiting(), ["u"]);
}

#[test]
fn an_error_goes_to_the_nearest_that_catches_its_code() {
    let catching = |reference: &str| format!(r#"<errorEventDefinition errorRef="{reference}"/>"#);
    let content = r#"<startEvent id="s"/><subProcess id="q"><startEvent id="qs"/><userTask id="u"/><userTask id="near"/>
        <sequenceFlow id="q1" sourceRef="qs" targetRef="u"/><sequenceFlow id="q2" sourceRef="b" targetRef="near"/>"#
        .to_owned()
        + &boundary("b", "u", true, &catching("e1"))
        + r#"</subProcess><userTask id="far"/>"# + &boundary("o", "q", true, ANY_ERROR);
    for (code, expected) in [("e1", "near"), ("e2", "far"), ("unknown", "far")] {
        let mut world = process(&content, &["s>q", "o>far"]);
        throw_error(&mut world, "u", code);
        assert_eq!(world.waiting(), [expected], "{code}");
        let told = (expected == "far").then(|| (TypedValue::from(code), TypedValue::from("why")));
        assert_eq!(world.root("code").zip(world.root("text")), told);
    }
}

#[test]
fn an_error_that_nobody_catches_ends_its_path() {
    let content = r#"<startEvent id="s"/><parallelGateway id="g"/><userTask id="u"/><userTask id="v"/>"#;
    let mut world = process(content, &["s>g", "g>u", "g>v"]);
    throw_error(&mut world, "u", "e1");
    assert_eq!(world.waiting(), ["v"]);
    throw_error(&mut world, "v", "e1");
    assert!(world.instance.ended);
}

#[test]
fn an_event_sub_process_does_not_catch_what_is_thrown_inside_of_it() {
    let content = r#"<startEvent id="s"/><subProcess id="q"><startEvent id="qs"/><userTask id="u"/>
        <sequenceFlow id="q1" sourceRef="qs" targetRef="u"/>"#
        .to_owned()
        + &event_sub_process("x", true, ANY_ERROR)
        + r#"</subProcess><userTask id="v"/>"#
        + &boundary("o", "q", true, ANY_ERROR);
    let mut world = process(&content, &["s>q", "o>v"]);
    throw_error(&mut world, "u", "e1");
    assert_eq!(world.waiting(), ["xu"]);
    throw_error(&mut world, "xu", "e1");
    assert_eq!(world.waiting(), ["v"]);
}

#[test]
fn an_error_end_event_throws_out_of_its_sub_process() {
    let content =
        r#"<startEvent id="s"/><subProcess id="q"><startEvent id="qs"/><parallelGateway id="qg"/><userTask id="u"/>
        <endEvent id="qe"><errorEventDefinition errorRef="e1"/></endEvent>
        <sequenceFlow id="q1" sourceRef="qs" targetRef="qg"/><sequenceFlow id="q2" sourceRef="qg" targetRef="u"/>
        <sequenceFlow id="q3" sourceRef="qg" targetRef="qe"/></subProcess><userTask id="v"/>"#
            .to_owned()
            + &boundary("o", "q", true, ANY_ERROR);
    let world = process(&content, &["s>q", "o>v"]);
    assert_eq!(world.waiting(), ["v"]);
    assert_eq!(world.root("code"), Some(TypedValue::from("e1")));
}

#[test]
fn an_escalation_lets_its_thrower_go_on_unless_it_is_interrupted() {
    let late = r#"<escalationEventDefinition escalationRef="late"/>"#;
    for (interrupting, expected) in [(true, &["v"][..]), (false, &["a", "v"])] {
        let content = format!(
            r#"<startEvent id="s"/><subProcess id="q"><startEvent id="qs"/>
            <intermediateThrowEvent id="t">{late}</intermediateThrowEvent><userTask id="a"/>
            <sequenceFlow id="q1" sourceRef="qs" targetRef="t"/><sequenceFlow id="q2" sourceRef="t" targetRef="a"/>
            </subProcess><userTask id="v"/>"#
        ) + &boundary("o", "q", interrupting, late);
        let world = process(&content, &["s>q", "o>v"]);
        let mut waiting = world.waiting();
        waiting.sort_unstable();
        assert_eq!(waiting, expected);
    }
}

#[test]
fn an_escalation_of_a_task_must_be_caught() {
    let late = r#"<escalationEventDefinition escalationRef="late"/>"#;
    let content =
        r#"<startEvent id="s"/><userTask id="u"/><userTask id="v"/>"#.to_owned() + &boundary("o", "u", false, late);
    let mut world = process(&content, &["s>u", "o>v"]);
    let refused = escalate(&mut world, "u", "other");
    assert!(matches!(refused, Err(Rejection::UncaughtEscalation { code }) if code == "other"));
    escalate(&mut world, "u", "late").unwrap();
    assert_eq!(world.waiting(), ["u", "v"]);
}

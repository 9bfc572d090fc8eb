//! Compensation, transactions and links.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod world;

use flowstone_core::Event;
use flowstone_expression::TypedValue;
use world::{World, flows, run};

fn process(content: &str, list: &[&str]) -> World {
    run(&(content.to_owned() + &flows(list)), &[])
}

/// A user task `name`, and its handler `undo-name`.
fn undoable(name: &str) -> String {
    format!(
        r#"<userTask id="{name}"/><userTask id="undo-{name}" isForCompensation="true"/>
           <boundaryEvent id="on-{name}" attachedToRef="{name}"><compensateEventDefinition/></boundaryEvent>
           <association id="to-{name}" sourceRef="on-{name}" targetRef="undo-{name}"/>"#
    )
}

fn throw(id: &str, attributes: &str) -> String {
    format!(r#"<intermediateThrowEvent id="{id}"><compensateEventDefinition {attributes}/></intermediateThrowEvent>"#)
}

const ENDS: &str = r#"<startEvent id="s"/><endEvent id="e"/>"#;

fn two_bookings(attributes: &str) -> World {
    let content = format!(
        "{ENDS}{}{}{}",
        undoable("hotel"),
        undoable("flight"),
        throw("t", attributes)
    );
    process(&content, &["s>hotel", "hotel>flight", "flight>t", "t>e"])
}

#[test]
fn what_was_completed_last_is_undone_first_and_the_event_waits_for_all() {
    let mut world = two_bookings("");
    world.complete("hotel", &[]).unwrap();
    world.complete("flight", &[]).unwrap();
    assert_eq!(world.waiting(), ["undo-flight", "undo-hotel"]);
    world.complete("undo-hotel", &[]).unwrap();
    assert!(!world.instance.ended);
    world.complete("undo-flight", &[]).unwrap();
    assert!(world.instance.ended);
    assert!(world.path().ends_with(&["undo-flight", "t", "e"]));
}

#[test]
fn one_activity_is_undone_by_name() {
    let mut world = two_bookings(r#"activityRef="hotel""#);
    world.complete("hotel", &[]).unwrap();
    world.complete("flight", &[]).unwrap();
    assert_eq!(world.waiting(), ["undo-hotel"]);
    world.complete("undo-hotel", &[]).unwrap();
    assert!(
        world.instance.ended,
        "what else could be undone is forgotten with the instance"
    );
}

#[test]
fn what_was_not_completed_is_not_undone() {
    let content = format!(
        r#"{ENDS}<parallelGateway id="f"/>{}{}"#,
        undoable("hotel"),
        throw("t", "")
    );
    let mut world = process(&content, &["s>f", "f>hotel", "f>t", "t>e", "hotel>e"]);
    assert_eq!(world.waiting(), ["hotel"]);
    world.complete("hotel", &[]).unwrap();
    assert!(world.instance.ended);
}

/// A sub-process with a local variable in which `hotel` is booked, then `t` compensates.
fn with_sub_process(more: &str) -> World {
    let content = format!(
        r#"{ENDS}<subProcess id="trip">
             <extensionElements><camunda:inputOutput><camunda:inputParameter name="city">Bonn</camunda:inputParameter>
             </camunda:inputOutput></extensionElements>
             <startEvent id="ts"/>{}{more}<sequenceFlow id="tf" sourceRef="ts" targetRef="hotel"/></subProcess>{}"#,
        undoable("hotel"),
        throw("t", "")
    );
    process(&content, &["s>trip", "trip>t", "t>e"])
}

#[test]
fn a_completed_sub_process_is_undone_with_the_variables_it_had() {
    let mut world = with_sub_process("");
    world.complete("hotel", &[]).unwrap();
    assert_eq!(world.waiting(), ["undo-hotel"]);
    let seen = world.instance.variable(world.token("undo-hotel").id, "city").cloned();
    assert_eq!(seen, Some(TypedValue::from("Bonn")));
    world.complete("undo-hotel", &[]).unwrap();
    assert!(world.instance.ended);
    let closed = world
        .events
        .iter()
        .filter(|event| matches!(event, Event::ScopeClosed { node, .. } if &**node == "trip"));
    assert_eq!(closed.count(), 1, "its activity instance ended once");
}

#[test]
fn an_event_sub_process_undoes_a_sub_process_in_place_of_its_handlers() {
    let mut world = with_sub_process(
        r#"<subProcess id="x" triggeredByEvent="true"><startEvent id="xs"><compensateEventDefinition/></startEvent>
           <userTask id="instead"/><sequenceFlow id="xf" sourceRef="xs" targetRef="instead"/></subProcess>"#,
    );
    world.complete("hotel", &[]).unwrap();
    assert_eq!(world.waiting(), ["instead"]);
    world.complete("instead", &[]).unwrap();
    assert!(world.instance.ended);
}

#[test]
fn each_instance_of_several_is_undone() {
    let content = format!(
        r#"{ENDS}<userTask id="hotel"><multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>
           </multiInstanceLoopCharacteristics></userTask><userTask id="undo" isForCompensation="true"/>
           <boundaryEvent id="b" attachedToRef="hotel"><compensateEventDefinition/></boundaryEvent>
           <association id="a" sourceRef="b" targetRef="undo"/>{}"#,
        throw("t", r#"activityRef="hotel""#)
    );
    let mut world = process(&content, &["s>hotel", "hotel>t", "t>e"]);
    world.complete_all("hotel");
    assert_eq!(world.waiting(), ["undo", "undo"]);
    world.complete_all("undo");
    assert!(world.instance.ended);
}

fn transaction() -> World {
    let content = format!(
        r#"{ENDS}<transaction id="x"><startEvent id="xs"/><parallelGateway id="f"/>{}<userTask id="other"/>
             <userTask id="give-up"/><endEvent id="c"><cancelEventDefinition/></endEvent>
             {}</transaction>
           <boundaryEvent id="b" attachedToRef="x"><cancelEventDefinition/></boundaryEvent><userTask id="after"/>"#,
        undoable("hotel"),
        flows(&["xs>f", "f>hotel", "f>other", "f>give-up", "give-up>c"])
    );
    process(&content, &["s>x", "x>e", "b>after"])
}

#[test]
fn a_canceled_transaction_is_undone_and_left_by_its_boundary() {
    let mut world = transaction();
    world.complete("hotel", &[]).unwrap();
    world.complete("give-up", &[]).unwrap();
    assert_eq!(world.waiting(), ["undo-hotel"], "what was not completed is canceled");
    world.complete("undo-hotel", &[]).unwrap();
    assert_eq!(world.waiting(), ["after"]);
}

#[test]
fn a_canceled_transaction_with_nothing_to_undo_is_left_at_once() {
    let mut world = transaction();
    world.complete("give-up", &[]).unwrap();
    assert_eq!(world.waiting(), ["after"]);
}

#[test]
fn a_link_jumps_to_its_other_end() {
    let link = r#"<linkEventDefinition name="there"/>"#;
    let content = format!(
        r#"{ENDS}<intermediateThrowEvent id="t">{link}</intermediateThrowEvent>
           <intermediateCatchEvent id="c">{link}</intermediateCatchEvent>"#
    );
    let world = process(&content, &["s>t", "c>e"]);
    assert!(world.instance.ended);
    assert_eq!(world.path(), ["s", "e"]);
}

#[test]
fn sub_processes_of_a_multi_instance_activity_are_undone_and_not_carried_out_again() {
    for sequential in [true, false] {
        let content = format!(
            r#"{ENDS}{}<subProcess id="trip"><multiInstanceLoopCharacteristics isSequential="{sequential}">
              <loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>
              <startEvent id="s2"/>{}{}</subProcess><userTask id="pay"/>"#,
            throw("t", ""),
            undoable("hotel"),
            flows(&["s2>hotel"]),
        );
        let mut world = process(&content, &["s>trip", "trip>pay", "pay>t", "t>e"]);
        world.complete_all("hotel");
        world.complete("pay", &[]).unwrap();
        assert_eq!(
            world.waiting(),
            ["undo-hotel", "undo-hotel"],
            "sequential: {sequential}"
        );
        world.complete("undo-hotel", &[]).unwrap();
        assert_eq!(world.waiting(), ["undo-hotel"], "sequential: {sequential}");
        world.complete("undo-hotel", &[]).unwrap();
        assert!(world.instance.ended, "sequential: {sequential}");
    }
}

#[test]
fn an_instance_of_several_is_undone_also_when_a_job_follows_it() {
    let content = format!(
        r#"{ENDS}<userTask id="hotel"><multiInstanceLoopCharacteristics camunda:asyncAfter="true">
           <loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics></userTask>
           <userTask id="undo" isForCompensation="true"/>
           <boundaryEvent id="b" attachedToRef="hotel"><compensateEventDefinition/></boundaryEvent>
           <association id="a" sourceRef="b" targetRef="undo"/>{}"#,
        throw("t", "")
    );
    let mut world = process(&content, &["s>hotel", "hotel>t", "t>e"]);
    for _ in 0..2 {
        world.complete("hotel", &[]).unwrap();
        world.execute("hotel").unwrap();
    }
    assert_eq!(world.waiting(), ["undo", "undo"]);
    world.complete_all("undo");
    assert!(world.instance.ended);
}

#[test]
fn what_an_event_sub_process_did_is_undone_and_it_does_not_begin_again() {
    let content = format!(
        r#"{ENDS}<subProcess id="trip"><startEvent id="ts"/><userTask id="plan"/>{}
             <subProcess id="change" triggeredByEvent="true">
               <startEvent id="cs" isInterrupting="false"><messageEventDefinition messageRef="m"/></startEvent>{}{}
             </subProcess></subProcess>{}"#,
        flows(&["ts>plan"]),
        undoable("hotel"),
        flows(&["cs>hotel"]),
        throw("t", "")
    );
    let mut world = process(&content, &["s>trip", "trip>t", "t>e"]);
    let trip = world.token("plan").scope;
    let message = world.signal(trip, Some("paid"));
    world.give(&message).unwrap();
    world.complete("hotel", &[]).unwrap();
    world.complete("plan", &[]).unwrap();
    assert_eq!(world.waiting(), ["undo-hotel"]);
    world.complete("undo-hotel", &[]).unwrap();
    assert!(world.instance.ended);
}

//! Activities that are carried out several times, and event-based gateways.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod world;

use flowstone_core::{Awaited, Command, EventKind, Rejection, StepOptions, Trigger};
use flowstone_expression::{TypedValue, Variables};
use world::{World, compiled, flows, run, start_of, start_with};

fn repeated(attributes: &str, content: &str) -> String {
    format!(
        r#"<startEvent id="s"/><userTask id="u"><multiInstanceLoopCharacteristics {attributes}>{content}</multiInstanceLoopCharacteristics>
           </userTask><userTask id="v"/>"#
    ) + &flows(&["s>u", "u>v"])
}

fn body(world: &World) -> Variables {
    let body = world
        .instance
        .scopes()
        .find(|scope| scope.node.as_deref() == Some("u#multiInstanceBody"));
    body.map(|body| body.variables.clone()).unwrap_or_default()
}

fn counters(world: &World) -> [Option<TypedValue>; 3] {
    let body = body(world);
    ["nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances"].map(|name| body.get(name).cloned())
}

fn numbers(list: [i32; 3]) -> [Option<TypedValue>; 3] {
    list.map(|number| Some(TypedValue::from(number)))
}

fn names() -> TypedValue {
    TypedValue::Json(r#"["ada","grace","mary"]"#.to_owned())
}

#[test]
fn parallel_instances_begin_together_and_the_activity_ends_with_the_last() {
    let mut world = run(&repeated("", "<loopCardinality>3</loopCardinality>"), &[]);
    assert_eq!(world.waiting(), ["u", "u", "u"]);
    assert_eq!(counters(&world), numbers([3, 0, 3]));
    world.complete("u", &[]).unwrap();
    assert_eq!(counters(&world), numbers([3, 1, 2]));
    world.complete_all("u");
    assert_eq!(world.waiting(), ["v"]);
}

#[test]
fn sequential_instances_follow_each_other() {
    let mut world = run(
        &repeated(
            r#"isSequential="true" camunda:collection="names" camunda:elementVariable="name""#,
            "",
        ),
        &[("names", names())],
    );
    for (counter, name) in (0..).zip(["ada", "grace", "mary"]) {
        assert_eq!(world.waiting(), ["u"]);
        assert_eq!(counters(&world), numbers([3, counter, 1]));
        assert_eq!(body(&world).get("loopCounter"), Some(&TypedValue::from(counter)));
        assert_eq!(body(&world).get("name"), Some(&TypedValue::from(name)));
        world.complete("u", &[]).unwrap();
    }
    assert_eq!(world.waiting(), ["v"]);
}

#[test]
fn every_parallel_instance_has_its_own_item() {
    let world = run(
        &repeated(r#"camunda:collection="${names}" camunda:elementVariable="name""#, ""),
        &[("names", names())],
    );
    let mut tokens: Vec<_> = world.instance.tokens().collect();
    tokens.sort_by_key(|token| token.id);
    let seen: Vec<_> = tokens
        .iter()
        .map(|token| {
            (
                token.variables.get("loopCounter").cloned(),
                token.variables.get("name").cloned(),
            )
        })
        .collect();
    let expected: Vec<_> = (0..)
        .zip(["ada", "grace", "mary"])
        .map(|(counter, name)| (Some(TypedValue::from(counter)), Some(TypedValue::from(name))))
        .collect();
    assert_eq!(seen, expected);
}

#[test]
fn the_completion_condition_cancels_the_rest() {
    let content =
        "<loopCardinality>5</loopCardinality><completionCondition>${nrOfCompletedInstances == 2}</completionCondition>";
    let mut world = run(&repeated("", content), &[]);
    world.complete("u", &[]).unwrap();
    world.complete("u", &[]).unwrap();
    assert_eq!(world.waiting(), ["v"]);
}

#[test]
fn nothing_to_do_is_done_at_once_and_nonsense_is_refused() {
    let world = run(&repeated("", "<loopCardinality>${0}</loopCardinality>"), &[]);
    assert_eq!(world.waiting(), ["v"]);
    for (attributes, content) in [
        ("", "<loopCardinality>${-1}</loopCardinality>"),
        ("", "<loopCardinality>many</loopCardinality>"),
        (r#"camunda:collection="nobody""#, ""),
    ] {
        let refused = start_of(compiled(&repeated(attributes, content)), &[]);
        assert!(
            matches!(refused.err(), Some(Rejection::Value { node, .. }) if node == "u"),
            "{content}"
        );
    }
}

#[test]
fn the_border_is_that_of_the_whole_activity() {
    let content = repeated("", "<loopCardinality>3</loopCardinality>")
        + r#"<boundaryEvent id="b" attachedToRef="u"><errorEventDefinition/></boundaryEvent><userTask id="w"/>
             <sequenceFlow id="bw" sourceRef="b" targetRef="w"/>"#;
    let mut world = run(&content, &[]);
    let command = Command::ThrowTaskError {
        task: world.token("u").id,
        error_code: "any".to_owned(),
        error_message: None,
        variables: Variables::new(),
    };
    world.give(&command).unwrap();
    assert_eq!(world.waiting(), ["w"]);
}

#[test]
fn sub_processes_and_passing_tasks_are_repeated_too() {
    let content = r#"<startEvent id="s"/><subProcess id="q">
        <multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>
        <startEvent id="qs"/><userTask id="u"/><sequenceFlow id="q1" sourceRef="qs" targetRef="u"/></subProcess>
        <manualTask id="k"><multiInstanceLoopCharacteristics><loopCardinality>4</loopCardinality></multiInstanceLoopCharacteristics></manualTask>
        <endEvent id="e"/>"#;
    let mut world = run(&(content.to_owned() + &flows(&["s>q", "q>k", "k>e"])), &[]);
    world.complete("u", &[]).unwrap();
    assert_eq!(world.waiting(), ["u"]);
    world.complete("u", &[]).unwrap();
    assert!(world.instance.ended);
    assert_eq!(world.path().iter().filter(|node| **node == "k").count(), 4);
}

#[test]
fn the_number_of_instances_is_not_the_length_of_a_way() {
    let options = StepOptions {
        step_limit: 20,
        ..StepOptions::default()
    };
    let model = compiled(&repeated("", "<loopCardinality>2000</loopCardinality>"));
    let world = start_with(model, &[], options).unwrap_or_else(|rejection| panic!("{rejection}"));
    assert_eq!(world.waiting().len(), 2_000);
}

#[test]
fn an_event_based_gateway_goes_on_by_the_first_event_only() {
    let content = r#"<startEvent id="s"/><eventBasedGateway id="x"/>
        <intermediateCatchEvent id="a"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>
        <intermediateCatchEvent id="b"><signalEventDefinition signalRef="alarm"/></intermediateCatchEvent>
        <userTask id="u"/><userTask id="v"/>"#;
    let mut world = run(
        &(content.to_owned() + &flows(&["s>x", "x>a", "x>b", "a>u", "b>v"])),
        &[],
    );
    assert_eq!(world.waiting(), ["x"]);
    assert_eq!(world.instance.subscriptions().count(), 2);
    let execution = world.token("x").id;
    let trigger = |awaited: Awaited| {
        Command::Trigger(Trigger {
            execution,
            awaited,
            variables: Variables::new(),
            local_variables: Variables::new(),
        })
    };
    assert!(world.give(&trigger(Awaited::Anything)).is_err());
    world
        .give(&trigger(Awaited::Event(EventKind::Signal, "alarm".to_owned())))
        .unwrap();
    assert_eq!(world.waiting(), ["v"]);
    assert_eq!(world.instance.subscriptions().count(), 0);
}

/// Three tasks whose end throws something, a border that catches it beside them or in their place, and what follows.
fn throwing(behavior: &str, inside: &str, interrupting: bool) -> World {
    let content = format!(
        r#"<startEvent id="s"/><userTask id="u"><multiInstanceLoopCharacteristics {behavior}>
           <loopCardinality>3</loopCardinality>{inside}</multiInstanceLoopCharacteristics></userTask>
           <boundaryEvent id="b" attachedToRef="u" cancelActivity="{interrupting}">
           <escalationEventDefinition escalationRef="late"/></boundaryEvent>
           <boundaryEvent id="c" attachedToRef="u" cancelActivity="{interrupting}">
           <signalEventDefinition signalRef="alarm"/></boundaryEvent><userTask id="v"/><userTask id="w"/>"#
    ) + &flows(&["s>u", "u>v", "b>w", "c>w"]);
    run(&content, &[])
}

#[test]
fn instances_that_are_done_can_throw() {
    for event in ["escalate", "shared"] {
        let each = format!(r#"behavior="None" noneBehaviorEventRef="{event}""#);
        let mut world = throwing(&each, "", false);
        world.complete("u", &[]).unwrap();
        world.complete("u", &[]).unwrap();
        assert_eq!(world.waiting(), ["u", "w", "w"], "{event}");
        let first = format!(r#"behavior="One" oneBehaviorEventRef="{event}""#);
        let mut world = throwing(&first, "", false);
        world.complete_all("u");
        assert_eq!(world.waiting(), ["w", "v"], "{event}");
    }
    let complex = r#"<complexBehaviorDefinition><condition xsi:type="tFormalExpression">${nrOfCompletedInstances == 2}</condition>
        <event><escalationEventDefinition escalationRef="late"/></event></complexBehaviorDefinition>"#;
    let mut world = throwing(r#"behavior="Complex""#, complex, true);
    world.complete("u", &[]).unwrap();
    assert_eq!(world.waiting(), ["u", "u"]);
    world.complete("u", &[]).unwrap();
    assert_eq!(
        world.waiting(),
        ["w"],
        "what interrupts takes the place of all instances"
    );
}

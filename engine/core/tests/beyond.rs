//! What the standard has beyond the reference engine: complex gateways, ad-hoc sub-processes, and instances that begin
//! at what they receive.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod world;

use flowstone_core::{CountingIds, EventKind, IdSource as _, Rejection, Start, StepOptions, start};
use world::{World, compiled, flows, run};

/// Three user tasks that come together at a complex gateway with a condition, and what follows it.
fn complex(condition: &str) -> String {
    format!(
        r#"<startEvent id="s"/><parallelGateway id="fork"/><userTask id="a"/><userTask id="b"/><userTask id="c"/>
           <complexGateway id="g"><activationCondition xsi:type="tFormalExpression"><![CDATA[${{{condition}}}]]>
           </activationCondition></complexGateway><userTask id="u"/><userTask id="again"/>"#
    ) + &flows(&["s>fork", "fork>a", "fork>b", "fork>c", "a>g", "b>g", "c>g", "g>u"])
}

#[test]
fn a_complex_gateway_fires_once_when_enough_have_come() {
    let mut world = run(&complex("activationCount >= 2"), &[]);
    world.complete("a", &[]).unwrap();
    assert_eq!(world.waiting(), ["b", "c", "g"]);
    world.complete("b", &[]).unwrap();
    assert_eq!(world.waiting(), ["c", "g", "u"]);
    world.complete("u", &[]).unwrap();
    assert_eq!(world.waiting(), ["c", "g"], "it waits for the last token");
    world.complete("c", &[]).unwrap();
    assert!(world.instance.ended, "which goes no further");
}

#[test]
fn flows_with_a_condition_are_looked_at_again_when_the_gateway_begins_anew() {
    let content = complex("activationCount >= 1") + &flows(&["g>again?waitingForStart == false"]);
    let mut world = run(&content, &[("waitingForStart", true.into())]);
    world.complete("a", &[]).unwrap();
    assert_eq!(world.waiting(), ["b", "c", "g", "u"]);
    world.complete("b", &[]).unwrap();
    world.complete("c", &[]).unwrap();
    assert_eq!(world.waiting(), ["u", "again"]);
}

#[test]
fn a_complex_gateway_that_can_never_fire_tells_the_operator() {
    let mut world = run(&complex("activationCount >= needed"), &[("needed", 4.into())]);
    for task in ["a", "b"] {
        world.complete(task, &[]).unwrap();
        assert_eq!(world.instance.incidents().count(), 0, "others can still come");
    }
    world.complete("c", &[]).unwrap();
    let incident = world.instance.incidents().next().unwrap();
    assert_eq!((&*incident.incident_type, &*incident.node), ("stuckGateway", "g"));
    world.set("needed", 5.into()).unwrap();
    assert_eq!(world.instance.incidents().count(), 1);
    world.set("needed", 3.into()).unwrap();
    assert_eq!(world.waiting(), ["u"]);
    assert_eq!(world.instance.incidents().count(), 0);
    world.complete("u", &[]).unwrap();
    assert!(world.instance.ended);
}

#[test]
fn a_complex_gateway_without_condition_waits_for_all_that_can_come() {
    let content = r#"<startEvent id="s"/><complexGateway id="fork"/><userTask id="a"/><userTask id="b"/>
        <complexGateway id="g"/><userTask id="u"/>"#
        .to_owned()
        + &flows(&["s>fork", "fork>a?x > 1", "fork>b?x > 2", "a>g", "b>g", "g>u"]);
    let mut world = run(&content, &[("x", 2.into())]);
    assert_eq!(world.waiting(), ["a"]);
    world.complete("a", &[]).unwrap();
    assert_eq!(world.waiting(), ["u"]);
    let mut world = run(&content, &[("x", 3.into())]);
    world.complete("a", &[]).unwrap();
    assert_eq!(world.waiting(), ["b", "g"]);
    world.complete("b", &[]).unwrap();
    assert_eq!(world.waiting(), ["u"]);
}

fn ad_hoc(attributes: &str, condition: &str) -> String {
    let condition = if condition.is_empty() {
        String::new()
    } else {
        format!(
            r#"<completionCondition xsi:type="tFormalExpression"><![CDATA[${{{condition}}}]]></completionCondition>"#
        )
    };
    format!(
        r#"<startEvent id="s"/><adHocSubProcess id="p1" {attributes}><userTask id="a"/><userTask id="b"/><userTask id="c"/>
           {}{condition}</adHocSubProcess><userTask id="v"/>"#,
        flows(&["b>c"]).replace("b_c", "bc")
    ) + &flows(&["s>p1", "p1>v"])
}

#[test]
fn the_activities_of_an_ad_hoc_sub_process_begin_together() {
    let mut world = run(&ad_hoc("", ""), &[]);
    assert_eq!(world.waiting(), ["a", "b"]);
    world.complete("b", &[]).unwrap();
    assert_eq!(world.waiting(), ["a", "c"]);
    world.complete("a", &[]).unwrap();
    world.complete("c", &[]).unwrap();
    assert_eq!(world.waiting(), ["v"]);
}

#[test]
fn they_begin_one_after_the_other_when_the_model_says_so() {
    let mut world = run(&ad_hoc(r#"ordering="Sequential""#, ""), &[]);
    for task in ["a", "b", "c"] {
        assert_eq!(world.waiting(), [task]);
        world.complete(task, &[]).unwrap();
    }
    assert_eq!(world.waiting(), ["v"]);
}

#[test]
fn a_condition_completes_an_ad_hoc_sub_process_early() {
    let mut world = run(&ad_hoc("", "done"), &[("done", false.into())]);
    world.complete("a", &[("done", true.into())]).unwrap();
    assert_eq!(world.waiting(), ["v"], "what is left is canceled");
    let remaining = r#"cancelRemainingInstances="false""#;
    let mut world = run(&ad_hoc(remaining, "done"), &[("done", false.into())]);
    world.complete("a", &[("done", true.into())]).unwrap();
    assert_eq!(world.waiting(), ["b"]);
    world.complete("b", &[]).unwrap();
    world.complete("c", &[]).unwrap();
    assert_eq!(world.waiting(), ["v"]);
    let sequential = r#"ordering="Sequential" cancelRemainingInstances="false""#;
    let mut world = run(&ad_hoc(sequential, "done"), &[("done", true.into())]);
    world.complete("a", &[]).unwrap();
    assert_eq!(world.waiting(), ["v"], "nothing more begins");
}

/// Starts the process at a node.
fn begun_at(content: &str, node: &str) -> Result<World, Rejection> {
    let model = compiled(content);
    let mut ids = CountingIds::default();
    let now = "2026-01-31T09:30:00Z".parse().unwrap();
    let options = StepOptions::default();
    let begin = Start {
        node: Some(node.into()),
        ..Start::default()
    };
    let id = ids.next_id();
    let (instance, events) = start(&model, id, "p:1:x".into(), &begin, now, &mut ids, &options)?;
    Ok(World {
        model,
        instance,
        events,
        now,
        ids,
        options,
    })
}

#[test]
fn a_receive_task_may_start_instances() {
    let content =
        r#"<receiveTask id="r" messageRef="m" instantiate="true"/><userTask id="u"/>"#.to_owned() + &flows(&["r>u"]);
    let now = "2026-01-31T09:30:00Z".parse().unwrap();
    let waiting = compiled(&content).start_subscriptions(now).unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        (&*waiting[0].node, waiting[0].kind, waiting[0].name.as_deref()),
        ("r", EventKind::Message, Some("paid"))
    );
    let world = begun_at(&content, "r").unwrap();
    assert_eq!((world.waiting(), world.path()), (vec!["u"], vec!["r"]));
    assert!(matches!(
        world::start_of(compiled(&content), &[]).err(),
        Some(Rejection::NoNoneStart { .. })
    ));
}

#[test]
fn the_events_of_a_gateway_may_start_instances() {
    let content = |kind: &str| {
        format!(
            r#"<eventBasedGateway id="g" instantiate="true" {kind}/>
            <intermediateCatchEvent id="a"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>
            <intermediateCatchEvent id="b"><signalEventDefinition signalRef="alarm"/></intermediateCatchEvent>
            <userTask id="u"/><userTask id="v"/>"#
        ) + &flows(&["g>a", "g>b", "a>u", "b>v"])
    };
    let now = "2026-01-31T09:30:00Z".parse().unwrap();
    let waiting = compiled(&content("")).start_subscriptions(now).unwrap();
    let nodes: Vec<_> = waiting.iter().map(|one| &*one.node).collect();
    assert_eq!(nodes, ["a", "b"]);
    let world = begun_at(&content(""), "b").unwrap();
    assert_eq!(world.waiting(), ["v"]);

    let mut world = begun_at(&content(r#"eventGatewayType="Parallel""#), "b").unwrap();
    assert_eq!(world.waiting(), ["a", "v"], "the other event is still to come");
    world.complete("v", &[]).unwrap();
    world.event(EventKind::Message, "paid").unwrap();
    assert_eq!(world.waiting(), ["u"]);
}

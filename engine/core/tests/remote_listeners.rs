//! Listeners that workers carry out: the token does not go on before.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod world;

use world::{World, flows, run};

fn listener(event: &str, topic: &str) -> String {
    format!(r#"<camunda:executionListener event="{event}" topic="{topic}"/>"#)
}

fn with_listeners(listeners: &str) -> String {
    format!("<extensionElements>{listeners}</extensionElements>")
}

/// The topic of the only external task, which is then completed.
fn work(world: &mut World) -> String {
    let waiting = world.waiting().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let node = waiting.iter().find(|node| node.contains('#')).unwrap();
    let topic = world.external_task(node).topic.clone();
    world.complete(node, &[]).unwrap();
    topic
}

#[test]
fn workers_do_their_work_before_and_after_a_task() {
    let listeners = listener("start", "first")
        + &listener("start", "${'second'}")
        + &listener("end", "third")
        + &listener("end", "fourth")
        + r#"<camunda:taskListener event="create" topic="created"/>"#;
    let content = format!(
        r#"<startEvent id="s"/><userTask id="u">{}</userTask><userTask id="v"/>"#,
        with_listeners(&listeners)
    ) + &flows(&["s>u", "u>v"]);
    let mut world = run(&content, &[]);
    for topic in ["first", "second", "created"] {
        assert_eq!(work(&mut world), topic);
    }
    assert_eq!(world.waiting(), ["u"]);
    world.complete("u", &[]).unwrap();
    for topic in ["third", "fourth"] {
        assert_eq!(work(&mut world), topic);
    }
    assert_eq!(world.waiting(), ["v"]);
}

#[test]
fn a_gateway_keeps_its_meaning() {
    let both = with_listeners(&(listener("start", "in") + &listener("end", "out")));
    let exclusive = format!(
        r#"<startEvent id="s"/><exclusiveGateway id="g" default="g_v_2">{both}</exclusiveGateway><userTask id="u"/>
           <userTask id="v"/>"#
    ) + &flows(&["s>g", "g>u?true", "g>v"]);
    let mut world = run(&exclusive, &[]);
    assert_eq!(
        (work(&mut world), work(&mut world)),
        ("in".to_owned(), "out".to_owned())
    );
    assert_eq!(world.waiting(), ["u"]);

    let parallel = format!(
        r#"<startEvent id="s"/><parallelGateway id="f"/><userTask id="a"/><userTask id="b"/>
           <parallelGateway id="j">{both}</parallelGateway><userTask id="u"/>"#
    ) + &flows(&["s>f", "f>a", "f>b", "a>j", "b>j", "j>u"]);
    let mut world = run(&parallel, &[]);
    world.complete("a", &[]).unwrap();
    world.complete("b", &[]).unwrap();
    assert_eq!(
        (work(&mut world), work(&mut world)),
        ("in".to_owned(), "out".to_owned())
    );
    assert_eq!(world.waiting(), ["u"]);
}

#[test]
fn events_behind_a_gateway_are_still_waited_for() {
    let content = format!(
        r#"<startEvent id="s"/><eventBasedGateway id="g"/><intermediateCatchEvent id="c">{}
           <signalEventDefinition signalRef="alarm"/></intermediateCatchEvent><userTask id="u"/>"#,
        with_listeners(&listener("start", "came"))
    ) + &flows(&["s>g", "g>c", "c>u"]);
    let mut world = run(&content, &[]);
    world.event(flowstone_core::EventKind::Signal, "alarm").unwrap();
    assert_eq!(work(&mut world), "came");
    assert_eq!(world.waiting(), ["u"]);
}

#[test]
fn flows_and_ends_can_have_them() {
    let content = format!(
        r#"<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="u">{}</sequenceFlow><userTask id="u"/>
           <sequenceFlow id="g" sourceRef="u" targetRef="e"/><endEvent id="e">{}</endEvent>"#,
        with_listeners(r#"<camunda:executionListener topic="taken"/>"#),
        with_listeners(&listener("end", "ending"))
    );
    let mut world = run(&content, &[]);
    assert_eq!(work(&mut world), "taken");
    world.complete("u", &[]).unwrap();
    assert_eq!(work(&mut world), "ending");
    assert!(world.instance.ended);
}

#[test]
fn a_process_can_have_them_when_it_begins() {
    let content = with_listeners(&(listener("start", "one") + &listener("start", "two")))
        + r#"<startEvent id="s"/><userTask id="u"/>"#
        + &flows(&["s>u"]);
    let mut world = run(&content, &[]);
    assert_eq!(
        (work(&mut world), work(&mut world)),
        ("one".to_owned(), "two".to_owned())
    );
    assert_eq!(world.waiting(), ["u"]);
}

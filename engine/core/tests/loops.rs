//! Standard loops, and activities that take or give several tokens.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod world;

use flowstone_core::{EventKind, Rejection, StepOptions};
use flowstone_expression::TypedValue;
use world::{World, compiled, flows, run, start_with};

fn looped(attributes: &str, condition: &str) -> String {
    let condition = if condition.is_empty() {
        String::new()
    } else {
        format!(r#"<loopCondition xsi:type="tFormalExpression"><![CDATA[${{{condition}}}]]></loopCondition>"#)
    };
    format!(
        r#"<startEvent id="s"/><userTask id="u"><standardLoopCharacteristics {attributes}>{condition}</standardLoopCharacteristics>
           </userTask><boundaryEvent id="b" attachedToRef="u"><signalEventDefinition signalRef="alarm"/></boundaryEvent>
           <userTask id="v"/><userTask id="w"/>"#
    ) + &flows(&["s>u", "u>v", "b>w"])
}

/// How often the task is carried out when each time leaves `more` as the list says, and then false.
fn times(content: &str, more: &[bool]) -> usize {
    let mut world = run(content, &[("more", more[0].into())]);
    let mut answers = more[1..].iter();
    let mut done = 0;
    while world.waiting() == ["u"] {
        done += 1;
        let more = answers.next().copied().unwrap_or_default();
        world.complete("u", &[("more", more.into())]).unwrap();
    }
    assert_eq!(world.waiting(), ["v"]);
    done
}

#[test]
fn a_loop_goes_on_while_its_condition_holds() {
    let condition = looped("", "more");
    assert_eq!(times(&condition, &[true, true, true]), 3);
    assert_eq!(times(&condition, &[false]), 1, "the condition is asked afterwards");
    let before = looped(r#"testBefore="true""#, "more");
    assert_eq!(times(&before, &[false]), 0);
    assert_eq!(times(&before, &[true, true]), 2);
    let most = looped(r#"loopMaximum="2""#, "more");
    assert_eq!(times(&most, &[true; 9]), 2);
    assert_eq!(times(&looped(r#"loopMaximum="3""#, ""), &[false]), 3);
    assert_eq!(times(&looped(r#"loopMaximum="0" testBefore="true""#, ""), &[true]), 0);
}

#[test]
fn a_loop_counts() {
    let world = run(&looped(r#"testBefore="true""#, "loopCounter < 2"), &[]);
    let counter = |world: &World| {
        let body = world
            .instance
            .scopes()
            .find(|scope| scope.node.as_deref() == Some("u#multiInstanceBody"));
        body.unwrap().variables["loopCounter"].clone()
    };
    let mut world = world;
    for expected in 0..2 {
        assert_eq!(counter(&world), TypedValue::from(expected));
        world.complete("u", &[]).unwrap();
    }
    assert_eq!(world.waiting(), ["v"]);
}

#[test]
fn an_event_at_the_border_ends_the_whole_loop() {
    let mut world = run(&looped("", "true"), &[]);
    world.complete("u", &[]).unwrap();
    world.event(EventKind::Signal, "alarm").unwrap();
    assert_eq!(world.waiting(), ["w"]);
}

#[test]
fn a_loop_without_end_is_refused() {
    let content = r#"<startEvent id="s"/><task id="u"><standardLoopCharacteristics><loopCondition
        xsi:type="tFormalExpression">${true}</loopCondition></standardLoopCharacteristics></task>"#
        .to_owned()
        + &flows(&["s>u"]);
    let refused = start_with(compiled(&content), &[], StepOptions::default());
    assert!(matches!(refused.err(), Some(Rejection::StepLimit { .. })));
}

#[test]
fn a_sub_process_can_be_a_loop() {
    let content = r#"<startEvent id="s"/><subProcess id="sub"><standardLoopCharacteristics loopMaximum="2"/>
        <startEvent id="s2"/><userTask id="u2"/>"#
        .to_owned()
        + &flows(&["s2>u2"])
        + r#"</subProcess><userTask id="v"/>"#
        + &flows(&["s>sub", "sub>v"]);
    let mut world = run(&content, &[]);
    for _ in 0..2 {
        assert_eq!(world.waiting(), ["u2"]);
        world.complete("u2", &[]).unwrap();
    }
    assert_eq!(world.waiting(), ["v"]);
}

#[test]
fn an_activity_waits_for_as_many_tokens_as_it_takes() {
    let content =
        r#"<startEvent id="s"/><parallelGateway id="fork"/><userTask id="a"/><userTask id="b"/><userTask id="c"/>
        <userTask id="u" startQuantity="3"/><userTask id="v"/>"#
            .to_owned()
            + &flows(&["s>fork", "fork>a", "fork>b", "fork>c", "a>u", "b>u", "c>u", "u>v"]);
    let mut world = run(&content, &[]);
    for (task, waiting) in [
        ("a", ["b", "c", "u"].as_slice()),
        ("b", &["c", "u", "u"]),
        ("c", &["u"]),
    ] {
        world.complete(task, &[]).unwrap();
        assert_eq!(world.waiting(), waiting);
    }
    world.complete("u", &[]).unwrap();
    assert_eq!(world.waiting(), ["v"]);
}

#[test]
fn an_activity_gives_as_many_tokens_as_it_says() {
    let content = r#"<startEvent id="s"/><task id="t" completionQuantity="3"/><userTask id="u"/>
        <userTask id="v" startQuantity="3"/>"#
        .to_owned()
        + &flows(&["s>t", "t>u", "u>v"]);
    let mut world = run(&content, &[]);
    assert_eq!(world.waiting(), ["u", "u", "u"]);
    world.complete_all("u");
    assert_eq!(world.waiting(), ["v"]);
    world.complete("v", &[]).unwrap();
    assert!(world.instance.ended);
}

//! Events with several definitions: the first that comes, all of them, or all of them thrown.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod world;

use flowstone_core::{Event, EventKind};
use world::{World, compiled, flows, run};

const SIGNAL: &str = r#"<signalEventDefinition signalRef="alarm"/>"#;
const MESSAGE: &str = r#"<messageEventDefinition messageRef="m"/>"#;
const TIMER: &str = r#"<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"#;
const CONDITION: &str = r#"<conditionalEventDefinition><condition xsi:type="tFormalExpression">${go}</condition></conditionalEventDefinition>"#;

fn catch(attributes: &str) -> String {
    format!(
        r#"<startEvent id="s"/><intermediateCatchEvent id="c" {attributes}>{SIGNAL}{MESSAGE}{TIMER}{CONDITION}
           </intermediateCatchEvent><userTask id="u"/>"#
    ) + &flows(&["s>c", "c>u"])
}

fn armed(world: &World) -> (usize, usize) {
    (world.instance.subscriptions().count(), world.instance.jobs().count())
}

#[test]
fn the_first_of_several_lets_the_token_go_on() {
    let ways: [fn(&mut World); 4] = [
        |world| drop(world.event(EventKind::Signal, "alarm").unwrap()),
        |world| drop(world.event(EventKind::Message, "paid").unwrap()),
        |world| drop(world.execute("c").unwrap()),
        |world| drop(world.set("go", true.into()).unwrap()),
    ];
    for go_on in ways {
        let mut world = run(&catch(""), &[]);
        assert_eq!((world.waiting(), armed(&world)), (vec!["c"], (3, 1)));
        go_on(&mut world);
        assert_eq!((world.waiting(), armed(&world)), (vec!["u"], (0, 0)));
    }
}

#[test]
fn a_parallel_event_waits_for_all_of_them() {
    let mut world = run(&catch(r#"parallelMultiple="true""#), &[]);
    world.event(EventKind::Message, "paid").unwrap();
    assert_eq!((world.waiting(), armed(&world)), (vec!["c"], (2, 1)));
    world.set("go", true.into()).unwrap();
    world.execute("c").unwrap();
    assert_eq!((world.waiting(), armed(&world)), (vec!["c"], (1, 0)));
    world.event(EventKind::Signal, "alarm").unwrap();
    assert_eq!((world.waiting(), armed(&world)), (vec!["u"], (0, 0)));
}

fn border(attributes: &str, definitions: &str, inside: &str) -> String {
    format!(
        r#"<startEvent id="s"/><subProcess id="sub"><startEvent id="s2"/>{inside}</subProcess>
           <boundaryEvent id="b" attachedToRef="sub" {attributes}>{definitions}</boundaryEvent>
           <userTask id="v"/><userTask id="w"/>"#
    ) + &flows(&["s>sub", "sub>v", "b>w"])
}

#[test]
fn a_border_may_have_several_events() {
    let inside = r#"<userTask id="u"/>"#.to_owned() + &flows(&["s2>u"]);
    let error = r#"<errorEventDefinition/>"#;
    let mut world = run(&border("", &format!("{SIGNAL}{error}"), &inside), &[]);
    world.event(EventKind::Signal, "alarm").unwrap();
    assert_eq!(world.waiting(), ["w"]);
    let failing = r#"<endEvent id="e"><errorEventDefinition errorRef="x"/></endEvent>"#.to_owned() + &flows(&["s2>e"]);
    let world = run(&border("", &format!("{SIGNAL}{error}"), &failing), &[]);
    assert_eq!(world.waiting(), ["w"]);

    let beside = border(r#"cancelActivity="false""#, &format!("{SIGNAL}{MESSAGE}"), &inside);
    let mut world = run(&beside, &[]);
    world.event(EventKind::Signal, "alarm").unwrap();
    world.event(EventKind::Message, "paid").unwrap();
    assert_eq!(world.waiting(), ["u", "w", "w"]);

    let together = border(
        r#"cancelActivity="false" parallelMultiple="true""#,
        &format!("{SIGNAL}{MESSAGE}"),
        &inside,
    );
    let mut world = run(&together, &[]);
    for round in 1..=2 {
        world.event(EventKind::Signal, "alarm").unwrap();
        world.event(EventKind::Message, "paid").unwrap();
        assert_eq!(world.waiting().len(), 1 + round, "once for both, and again");
    }
}

#[test]
fn an_event_sub_process_may_have_several_triggers() {
    let content = format!(
        r#"<startEvent id="s"/><userTask id="u"/><subProcess id="q" triggeredByEvent="true">
           <startEvent id="qs" parallelMultiple="true">{SIGNAL}{MESSAGE}</startEvent><userTask id="qu"/>"#
    ) + &flows(&["qs>qu"])
        + "</subProcess>"
        + &flows(&["s>u"]);
    let mut world = run(&content, &[]);
    world.event(EventKind::Message, "paid").unwrap();
    assert_eq!(world.waiting(), ["u"]);
    world.event(EventKind::Signal, "alarm").unwrap();
    assert_eq!(world.waiting(), ["qu"]);
}

#[test]
fn one_of_several_triggers_starts_a_process() {
    let content =
        format!(r#"<startEvent id="s">{SIGNAL}{MESSAGE}{TIMER}</startEvent><userTask id="u"/>"#) + &flows(&["s>u"]);
    let model = compiled(&content);
    let now = "2026-01-31T09:30:00Z".parse().unwrap();
    let subscriptions = model.start_subscriptions(now).unwrap();
    let kinds: Vec<_> = subscriptions
        .iter()
        .map(|one| (one.kind, one.name.as_deref().unwrap()))
        .collect();
    assert_eq!(kinds, [(EventKind::Signal, "alarm"), (EventKind::Message, "paid")]);
    assert_eq!(model.start_timers(now).unwrap().len(), 1);
}

#[test]
fn all_of_several_are_thrown() {
    let escalation = r#"<escalationEventDefinition escalationRef="late"/>"#;
    let inside = format!(
        r#"<intermediateThrowEvent id="t">{SIGNAL}{escalation}{MESSAGE}</intermediateThrowEvent><userTask id="u"/>"#
    ) + &flows(&["s2>t", "t>u"]);
    let world = run(&border(r#"cancelActivity="false""#, escalation, &inside), &[]);
    assert_eq!(world.waiting(), ["u", "w"]);
    let thrown = world
        .events
        .iter()
        .filter(|event| matches!(event, Event::SignalThrown { .. }));
    assert_eq!(thrown.count(), 1);

    let ending = format!(
        r#"<userTask id="other"/><parallelGateway id="f"/><endEvent id="e">{SIGNAL}<terminateEventDefinition/>{escalation}</endEvent>"#
    ) + &flows(&["s2>f", "f>other", "f>e"]);
    let world = run(&border(r#"cancelActivity="false""#, escalation, &ending), &[]);
    assert_eq!(world.waiting(), ["v", "w"], "what ends the scope comes last");
}

#[test]
fn definitions_may_stand_elsewhere() {
    let content = r#"<startEvent id="s"/><intermediateCatchEvent id="c"><eventDefinitionRef>shared</eventDefinitionRef>
        </intermediateCatchEvent><userTask id="u"/>"#
        .to_owned()
        + &flows(&["s>c", "c>u"]);
    let mut world = run(&content, &[]);
    world.event(EventKind::Signal, "alarm").unwrap();
    assert_eq!(world.waiting(), ["u"]);
}

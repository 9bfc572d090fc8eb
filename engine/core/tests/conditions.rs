//! Conditional events.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod world;

use flowstone_core::{Command, Rejection};
use flowstone_expression::{TypedValue, Variables};
use world::{World, compiled, flows, run, start_of};

fn condition(attributes: &str, text: &str) -> String {
    format!(
        r#"<conditionalEventDefinition {attributes}><condition>${{{text}}}</condition></conditionalEventDefinition>"#
    )
}

fn catching(definition: &str) -> String {
    format!(
        r#"<startEvent id="s"/><intermediateCatchEvent id="c">{definition}</intermediateCatchEvent><userTask id="u"/>"#
    ) + &flows(&["s>c", "c>u"])
}

fn boundary(interrupting: bool, definition: &str) -> String {
    format!(
        r#"<startEvent id="s"/><userTask id="u"/><userTask id="v"/>
           <boundaryEvent id="b" attachedToRef="u" cancelActivity="{interrupting}">{definition}</boundaryEvent>"#
    ) + &flows(&["s>u", "b>v"])
}

fn set(world: &mut World, name: &str, value: i32) {
    change(
        world,
        Variables::from([(name.to_owned(), TypedValue::from(value))]),
        Vec::new(),
    );
}

fn change(world: &mut World, set: Variables, remove: Vec<String>) {
    let scope = world.instance.id;
    let command = Command::ModifyVariables {
        scope,
        local: false,
        set,
        remove,
    };
    world.give(&command).unwrap();
}

#[test]
fn a_condition_that_holds_already_is_passed_at_once() {
    let world = run(&catching(&condition("", "x == 1")), &[("x", TypedValue::from(1))]);
    assert_eq!(world.waiting(), ["u"]);
    assert_eq!(world.instance.subscriptions().count(), 0);
}

#[test]
fn a_condition_is_looked_at_when_a_variable_changes() {
    let mut world = run(&catching(&condition("", "x == 2")), &[]);
    assert_eq!(world.waiting(), ["c"], "an unknown variable makes nothing true");
    set(&mut world, "x", 1);
    assert_eq!(world.waiting(), ["c"]);
    set(&mut world, "x", 2);
    assert_eq!(world.waiting(), ["u"]);
}

#[test]
fn another_fault_in_a_condition_refuses_the_command() {
    let refused = start_of(compiled(&catching(&condition("", "1 / 'a'"))), &[]);
    assert!(matches!(refused.err(), Some(Rejection::Expression { .. })));
}

#[test]
fn only_the_changes_that_it_names_matter() {
    let by_name = condition(r#"camunda:variableName="y""#, "x == 1");
    let mut world = run(&catching(&by_name), &[]);
    set(&mut world, "x", 1);
    assert_eq!(world.waiting(), ["c"]);
    set(&mut world, "y", 1);
    assert_eq!(world.waiting(), ["u"]);

    let by_event = condition(r#"camunda:variableEvents="update, delete""#, "true");
    let mut world = run(&boundary(false, &by_event), &[]);
    // It holds from the start, which is looked at on entry.
    assert_eq!(world.waiting(), ["u", "v"]);
    set(&mut world, "x", 1);
    assert_eq!(world.waiting(), ["u", "v"], "it was created");
    set(&mut world, "x", 2);
    assert_eq!(world.waiting(), ["u", "v", "v"]);
    change(&mut world, Variables::new(), vec!["x".to_owned()]);
    assert_eq!(world.waiting(), ["u", "v", "v", "v"]);
}

#[test]
fn a_border_is_crossed_once_or_with_every_change() {
    for (interrupting, expected) in [(true, &["v"][..]), (false, &["u", "v", "v"])] {
        let mut world = run(&boundary(interrupting, &condition("", "x > 0")), &[]);
        set(&mut world, "x", 1);
        set(&mut world, "x", 2);
        set(&mut world, "x", 0);
        assert_eq!(world.waiting(), expected);
    }
}

#[test]
fn a_change_inside_concerns_only_those_who_see_it() {
    let mut world = run(&boundary(true, &condition("", "x == 1")), &[]);
    let inner = world.token("u").id;
    let local = Command::ModifyVariables {
        scope: inner,
        local: true,
        set: Variables::from([("x".to_owned(), TypedValue::from(1))]),
        remove: Vec::new(),
    };
    world.give(&local).unwrap();
    assert_eq!(world.waiting(), ["v"], "the activity sees its own variables");
}

#[test]
fn the_variables_of_a_start_are_changes_too() {
    let sub_process = format!(
        r#"<subProcess id="q" triggeredByEvent="true"><startEvent id="qs" isInterrupting="false">{}</startEvent>
           <userTask id="qu"/><sequenceFlow id="qf" sourceRef="qs" targetRef="qu"/></subProcess>"#,
        condition("", "x == 1")
    );
    let content = r#"<startEvent id="s"/><userTask id="u"/>"#.to_owned() + &sub_process + &flows(&["s>u"]);
    let world = run(&content, &[("x", TypedValue::from(1))]);
    let mut waiting = world.waiting();
    waiting.sort_unstable();
    assert_eq!(waiting, ["qu", "qu", "u"], "once on entry and once for the variable");
}

#[test]
fn an_event_sub_process_begins_when_its_condition_holds() {
    let sub_process = format!(
        r#"<subProcess id="q" triggeredByEvent="true"><startEvent id="qs">{}</startEvent><userTask id="qu"/>
           <sequenceFlow id="qf" sourceRef="qs" targetRef="qu"/></subProcess>"#,
        condition("", "x == 1")
    );
    let content = r#"<startEvent id="s"/><userTask id="u"/>"#.to_owned() + &sub_process + &flows(&["s>u"]);
    let mut world = run(&content, &[]);
    assert_eq!(world.waiting(), ["u"]);
    set(&mut world, "x", 1);
    assert_eq!(world.waiting(), ["qu"]);
}

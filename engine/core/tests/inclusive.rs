//! Inclusive gateways and expression tasks.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod world;

use flowstone_core::Rejection;
use flowstone_expression::TypedValue;
use world::{World, compiled, flows, run, start_of};

const FORK: &str = r#"<startEvent id="s"/><inclusiveGateway id="i" default="i_c_3"/>
    <userTask id="a"/><userTask id="b"/><userTask id="c"/><inclusiveGateway id="j"/><userTask id="z"/>"#;

fn fork(amount: i32) -> World {
    let flows = flows(&[
        "s>i",
        "i>a?amount > 1",
        "i>b?amount > 2",
        "i>c",
        "a>j",
        "b>j",
        "c>j",
        "j>z",
    ]);
    run(&(FORK.to_owned() + &flows), &[("amount", TypedValue::from(amount))])
}

#[test]
fn every_flow_whose_condition_holds_is_taken_or_else_the_default() {
    for (amount, expected) in [(3, &["a", "b"][..]), (2, &["a"]), (0, &["c"])] {
        assert_eq!(fork(amount).waiting(), expected, "{amount}");
    }
}

#[test]
fn the_join_waits_for_those_that_can_still_come_and_for_no_other() {
    let mut world = fork(3);
    world.complete("a", &[]).unwrap();
    assert_eq!(world.waiting(), ["b", "j"]);
    world.complete("b", &[]).unwrap();
    assert_eq!(world.waiting(), ["z"]);

    let mut world = fork(2);
    world.complete("a", &[]).unwrap();
    assert_eq!(world.waiting(), ["z"], "nothing else can come");
}

#[test]
fn a_branch_that_ends_elsewhere_holds_nobody_up() {
    let content = r#"<startEvent id="s"/><parallelGateway id="g"/><userTask id="a"/><userTask id="b"/>
        <exclusiveGateway id="x"/><endEvent id="e"/><inclusiveGateway id="j"/><userTask id="z"/>"#;
    let flows = flows(&[
        "s>g",
        "g>a",
        "g>b",
        "a>j",
        "b>x",
        "x>j?amount > 1",
        "x>e?amount < 2",
        "j>z",
    ]);
    let mut world = run(&(content.to_owned() + &flows), &[("amount", TypedValue::from(1))]);
    world.complete("a", &[]).unwrap();
    assert_eq!(world.waiting(), ["b", "j"]);
    world.complete("b", &[]).unwrap();
    assert_eq!(world.waiting(), ["z"]);
}

#[test]
fn a_token_inside_a_sub_process_can_still_come() {
    let content = r#"<startEvent id="s"/><parallelGateway id="g"/><userTask id="a"/><inclusiveGateway id="j"/>
        <subProcess id="q"><startEvent id="ps"/><userTask id="b"/><sequenceFlow id="pf" sourceRef="ps" targetRef="b"/>
        </subProcess><userTask id="z"/>"#;
    let mut world = run(
        &(content.to_owned() + &flows(&["s>g", "g>a", "g>q", "a>j", "q>j", "j>z"])),
        &[],
    );
    world.complete("a", &[]).unwrap();
    assert_eq!(world.waiting(), ["b", "j"]);
    world.complete("b", &[]).unwrap();
    assert_eq!(world.waiting(), ["z"]);
}

#[test]
fn a_loop_back_to_the_gateway_does_not_hold_it_up() {
    let content = r#"<startEvent id="s"/><inclusiveGateway id="j"/><userTask id="a"/><exclusiveGateway id="x"/><endEvent id="e"/>"#;
    let flows = flows(&["s>j", "j>a", "a>x", "x>j?again", "x>e?!again"]);
    let mut world = run(&(content.to_owned() + &flows), &[("again", TypedValue::from(true))]);
    assert_eq!(world.waiting(), ["a"]);
    world.complete("a", &[]).unwrap();
    assert_eq!(world.waiting(), ["a"]);
}

#[test]
fn a_token_that_a_job_has_still_to_let_in_can_still_come() {
    let content = r#"<startEvent id="s"/><parallelGateway id="g"/><userTask id="a"/><userTask id="b"/>
        <inclusiveGateway id="j" camunda:asyncBefore="true"/><userTask id="z"/>"#;
    let mut world = run(
        &(content.to_owned() + &flows(&["s>g", "g>a", "g>b", "a>j", "b>j", "j>z"])),
        &[],
    );
    world.complete("a", &[]).unwrap();
    world.complete("b", &[]).unwrap();
    world.execute("j").unwrap();
    assert_eq!(world.waiting(), ["j", "j"], "one waits for the other's job");
    world.execute("j").unwrap();
    assert_eq!(world.waiting(), ["z"]);
}

#[test]
fn without_a_flow_to_take_the_command_is_refused() {
    let content = r#"<startEvent id="s"/><inclusiveGateway id="i"/><task id="a"/><task id="b"/>"#;
    let flows = flows(&["s>i", "i>a?amount > 1", "i>b?amount > 2"]);
    let refused = start_of(
        compiled(&(content.to_owned() + &flows)),
        &[("amount", TypedValue::from(0))],
    );
    assert!(matches!(refused.err(), Some(Rejection::NoFlow { node }) if node == "i"));
}

#[test]
fn an_expression_task_computes_and_keeps_its_result() {
    let content = r#"<startEvent id="s"/><serviceTask id="t" camunda:expression="${amount * 2}"
        camunda:resultVariable="doubled"/><userTask id="u"/>"#;
    let world = run(
        &(content.to_owned() + &flows(&["s>t", "t>u"])),
        &[("amount", TypedValue::from(21))],
    );
    assert_eq!(world.waiting(), ["u"]);
    let root = world
        .instance
        .root()
        .map(|root| root.variables.clone())
        .unwrap_or_default();
    assert_eq!(root.get("doubled"), Some(&TypedValue::from(42i64)));
}

#[test]
fn a_failing_expression_refuses_the_command() {
    let content = r#"<startEvent id="s"/><serviceTask id="t" camunda:expression="${nobody.knows}"/>"#;
    let refused = start_of(compiled(&(content.to_owned() + &flows(&["s>t"]))), &[]);
    assert!(matches!(refused.err(), Some(Rejection::Expression { node, .. }) if node == "t"));
}

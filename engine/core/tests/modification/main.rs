//! Tokens that operators begin and cancel.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod computed;
mod repetition;
mod scopes;
#[path = "../world/mod.rs"]
mod world;

use std::sync::Arc;

use self::world::{World, compiled, flows, run, variables};
use flowstone_core::{
    Command, CountingIds, Event, IdSource as _, Instruction, Modification, Outcome, Rejection, Start, StartAt,
    StartInstruction, StepOptions, start,
};
use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;

fn start_at(at: StartAt) -> StartInstruction {
    StartInstruction {
        at,
        ancestor: None,
        variables: Variables::new(),
        local_variables: Variables::new(),
    }
}

fn before(id: &str) -> Instruction {
    Instruction::Start(start_at(StartAt::Before(id.to_owned())))
}

fn before_in(id: &str, ancestor: Uuid) -> Instruction {
    Instruction::Start(StartInstruction {
        ancestor: Some(ancestor),
        ..start_at(StartAt::Before(id.to_owned()))
    })
}

fn after(id: &str) -> Instruction {
    Instruction::Start(start_at(StartAt::After(id.to_owned())))
}

fn on(flow: &str) -> Instruction {
    Instruction::Start(start_at(StartAt::Flow(flow.to_owned())))
}

fn cancel(activity: &str) -> Instruction {
    Instruction::CancelActivity {
        activity: activity.to_owned(),
        only_current: false,
    }
}

fn cancel_current(activity: &str) -> Instruction {
    Instruction::CancelActivity {
        activity: activity.to_owned(),
        only_current: true,
    }
}

fn modify(world: &mut World, instructions: Vec<Instruction>) -> Result<Vec<Event>, Rejection> {
    world.give(&Command::Modify(Modification {
        instructions,
        ..Modification::default()
    }))
}

fn process(content: &str, list: &[&str]) -> World {
    run(&(content.to_owned() + &flows(list)), &[])
}

/// The user task `u`, then `v`.
fn two_tasks() -> World {
    let content = r#"<startEvent id="s"/><userTask id="u"/><userTask id="v"/><endEvent id="e"/>"#;
    process(content, &["s>u", "u>v", "v>e"])
}

/// `outside` beside the sub-process `a` with `u`, in which lies `b` with `v`; `after` behind it. The instance waits in
/// `outside`.
fn nested() -> World {
    let inner = r#"<startEvent id="bs"/><userTask id="v"/>"#.to_owned() + &flows(&["bs>v"]);
    let content = format!(
        r#"<startEvent id="s"/><userTask id="outside"/><userTask id="after"/><subProcess id="a"><startEvent id="as"/><userTask id="u"/><subProcess id="b">{inner}</subProcess>{}</subProcess>"#,
        flows(&["as>u", "u>b"])
    );
    process(&content, &["s>outside", "outside>a", "a>after"])
}

fn outcome(events: &[Event]) -> Option<(Outcome, Option<&str>)> {
    events.iter().find_map(|event| match event {
        Event::InstanceEnded { outcome, end_node, .. } => Some((*outcome, end_node.as_deref())),
        _ => None,
    })
}

fn scope_of(world: &World, node: &str) -> Uuid {
    let mut scopes = world.instance.scopes();
    scopes.find(|scope| scope.node.as_deref() == Some(node)).unwrap().id
}

#[test]
fn tokens_begin_before_and_after_nodes_and_on_flows() {
    for (instruction, expected) in [
        (before("v"), &["u", "v"][..]),
        (before("s"), &["u", "u"]),
        (after("u"), &["u", "v"]),
        (after("s"), &["u", "u"]),
        (on("u_v_1"), &["u", "v"]),
        (before("e"), &["u"]),
        (on("v_e_2"), &["u"]),
    ] {
        let mut world = two_tasks();
        let events = modify(&mut world, vec![instruction.clone()]).unwrap();
        assert_eq!(world.waiting(), expected, "{instruction:?}");
        assert_eq!(outcome(&events), None);
        world.complete_all("u");
        world.complete_all("v");
        assert!(world.instance.ended, "{instruction:?}");
    }
}

#[test]
fn a_token_is_moved_without_ending_the_instance() {
    for instructions in [
        vec![cancel("u"), before("v")],
        vec![before("v"), cancel("u")],
        // What ended in between goes on.
        vec![cancel("u"), before("e"), before("v")],
    ] {
        let mut world = two_tasks();
        modify(&mut world, instructions).unwrap();
        assert_eq!(world.waiting(), ["v"]);
    }
}

#[test]
fn an_instance_in_which_nothing_is_left_ends() {
    let reason = |events: &[Event]| {
        events.iter().find_map(|event| match event {
            Event::InstanceEnded { reason, .. } => reason.clone(),
            _ => None,
        })
    };
    let mut world = two_tasks();
    let events = modify(&mut world, vec![cancel("u")]).unwrap();
    assert_eq!(outcome(&events), Some((Outcome::ExternallyTerminated, None)));
    assert_eq!(
        reason(&events).as_deref(),
        Some("Cancellation due to process instance modification")
    );

    let mut world = two_tasks();
    let events = modify(&mut world, vec![cancel("u"), before("e")]).unwrap();
    assert_eq!(outcome(&events), Some((Outcome::Completed, Some("e"))));

    let mut world = two_tasks();
    let events = modify(&mut world, vec![before("v"), cancel("u"), cancel("v")]).unwrap();
    assert_eq!(outcome(&events), Some((Outcome::ExternallyTerminated, None)));

    let mut world = two_tasks();
    let whole = Instruction::CancelActivityInstance(world.instance.id);
    modify(&mut world, vec![before("v"), whole.clone(), before("u")]).unwrap();
    assert_eq!(world.waiting(), ["u"]);
    modify(&mut world, vec![whole]).unwrap();
    assert!(world.instance.ended);
}

#[test]
fn cancelling_an_activity_takes_all_its_instances_or_only_those_from_before() {
    let mut world = two_tasks();
    modify(&mut world, vec![before("u"), before("v"), before("v")]).unwrap();
    assert_eq!(world.waiting(), ["u", "u", "v", "v"]);
    let one = world.token("u").id;
    modify(&mut world, vec![Instruction::CancelActivityInstance(one)]).unwrap();
    assert_eq!(world.waiting(), ["u", "v", "v"]);
    modify(&mut world, vec![before("v"), cancel_current("v")]).unwrap();
    assert_eq!(world.waiting(), ["u", "v"]);
    modify(&mut world, vec![before("v"), cancel("v")]).unwrap();
    assert_eq!(world.waiting(), ["u"]);
    modify(&mut world, vec![cancel("v"), cancel("unknown")]).unwrap();
    assert_eq!(world.waiting(), ["u"], "nothing to cancel is no error");
}

#[test]
fn what_does_not_exist_is_refused_and_nothing_is_changed() {
    let nobody = Uuid::nil();
    for (instruction, message) in [
        (
            before("x"),
            "Start before activity 'x'; Element 'x' does not exist in process 'p': element is null".to_owned(),
        ),
        (
            after("x"),
            "Start after activity 'x'; Activity 'x' does not exist: activity is null".to_owned(),
        ),
        (
            on("x"),
            "Start transition 'x'; Element 'x' does not exist in process 'p': element is null".to_owned(),
        ),
        (
            Instruction::CancelActivityInstance(nobody),
            format!(
                "Cancel activity instance '{nobody}'; Activity instance '{nobody}' does not exist: activityInstance is null"
            ),
        ),
        (
            Instruction::CancelTransitionInstance(nobody),
            format!(
                "Cancel transition instance '{nobody}'; Transition instance '{nobody}' does not exist: transitionInstance is null"
            ),
        ),
        (
            before_in("u", nobody),
            format!(
                "Start before activity 'u' with ancestor activity instance '{nobody}'; Ancestor activity instance '{nobody}' does not exist: ancestorInstance is null"
            ),
        ),
    ] {
        let mut world = two_tasks();
        // The world checks that a refused command changes nothing, also what came before.
        let refused = modify(&mut world, vec![before("v"), instruction]).unwrap_err();
        assert_eq!(refused.to_string(), format!("Cannot perform instruction: {message}"));
    }
    let mut world = two_tasks();
    let refused = modify(&mut world, vec![after("e")]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Cannot start after activity e; activity has no outgoing sequence flow to take"
    );
    let content = r#"<startEvent id="s"/><userTask id="u"/><userTask id="v"/>"#;
    let mut world = process(content, &["s>u", "s>v"]);
    let refused = modify(&mut world, vec![after("s")]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Cannot start after activity s; activity has more than one outgoing sequence flow"
    );
}

#[test]
fn a_token_before_a_job_is_a_transition_instance() {
    let content = r#"<startEvent id="s"/><userTask id="u" camunda:asyncBefore="true"/><userTask id="v"/>"#;
    let begin = || process(content, &["s>u", "u>v"]);
    let mut world = begin();
    let token = world.token("u").id;
    modify(&mut world, vec![Instruction::CancelActivityInstance(token)]).unwrap_err();
    modify(
        &mut world,
        vec![Instruction::CancelTransitionInstance(token), before("v")],
    )
    .unwrap();
    assert_eq!((world.waiting(), world.jobs()), (vec!["v"], vec![]));
    let task = world.token("v").id;
    modify(&mut world, vec![Instruction::CancelTransitionInstance(task)]).unwrap_err();
    let mut world = begin();
    modify(&mut world, vec![cancel("u"), before("v")]).unwrap();
    assert_eq!((world.waiting(), world.jobs()), (vec!["v"], vec![]));
}

#[test]
fn a_join_counts_tokens_that_begin_before_it() {
    let content = r#"<startEvent id="s"/><parallelGateway id="fork"/><userTask id="u"/><userTask id="v"/><parallelGateway id="join"/><userTask id="after"/>"#;
    let list = ["s>fork", "fork>u", "fork>v", "u>join", "v>join", "join>after"];
    let mut world = process(content, &list);
    modify(&mut world, vec![before("join"), cancel("u")]).unwrap();
    assert_eq!(world.waiting(), ["v", "join"]);
    world.complete("v", &[]).unwrap();
    assert_eq!(world.waiting(), ["after"]);
    let mut world = process(content, &list);
    world.complete("u", &[]).unwrap();
    modify(&mut world, vec![cancel("join"), cancel("v"), before("after")]).unwrap();
    assert_eq!(world.waiting(), ["after"]);
}

#[test]
fn a_suspended_instance_can_be_modified() {
    let mut world = two_tasks();
    world.give(&Command::Suspend(true)).unwrap();
    modify(&mut world, vec![cancel("u"), before("v")]).unwrap();
    assert_eq!(world.waiting(), ["v"]);
}

#[test]
fn an_instance_begins_where_instructions_say() {
    let model = compiled(
        &(r#"<startEvent id="s"/><userTask id="u"/><subProcess id="a"><startEvent id="as"/><userTask id="v"/>"#
            .to_owned()
            + &flows(&["as>v"])
            + "</subProcess>"
            + &flows(&["s>u", "u>a"])),
    );
    let begin = |instructions: Vec<Instruction>| {
        let mut ids = CountingIds::default();
        let with = Start {
            variables: variables(&[("x", TypedValue::from(1))]),
            modification: Some(Modification {
                instructions,
                ..Modification::default()
            }),
            ..Start::default()
        };
        let now = "2026-01-31T09:30:00Z".parse().unwrap();
        let id = ids.next_id();
        let (instance, events) = start(
            &model,
            id,
            Arc::from("p:1:x"),
            &with,
            now,
            &mut ids,
            &StepOptions::default(),
        )?;
        let started = events.iter().find_map(|event| match event {
            Event::InstanceStarted { start_node, .. } => Some(start_node.to_string()),
            _ => None,
        });
        let mut waiting: Vec<String> = instance.tokens().map(|token| token.node.to_string()).collect();
        waiting.sort();
        Ok::<_, Rejection>((started.unwrap(), waiting, instance.ended))
    };
    let both = begin(vec![before("v"), before("u"), on("u_a_1")]).unwrap();
    assert_eq!(
        both,
        (
            "v".to_owned(),
            vec!["u".to_owned(), "v".to_owned(), "v".to_owned()],
            false
        )
    );
    assert_eq!(
        begin(vec![after("s")]).unwrap(),
        ("s".to_owned(), vec!["u".to_owned()], false)
    );
    begin(vec![before("x")]).unwrap_err();
    begin(vec![]).unwrap_err();
}

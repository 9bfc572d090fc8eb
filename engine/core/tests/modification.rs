//! Tokens that operators begin and cancel.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod world;

use std::sync::Arc;

use flowstone_core::{
    Command, CountingIds, Event, IdSource as _, Instruction, Modification, Outcome, Rejection, Start, StartAt,
    StartInstruction, StepOptions, start,
};
use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;
use world::{World, compiled, flows, run, variables};

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
fn missing_scopes_are_opened_and_complete_as_usual() {
    let mut world = nested();
    modify(&mut world, vec![before("v"), cancel("outside")]).unwrap();
    assert_eq!(world.waiting(), ["v"]);
    let (a, b) = (scope_of(&world, "a"), scope_of(&world, "b"));
    assert_eq!(world.instance.scope(b).unwrap().parent, Some(a));
    assert_eq!(world.instance.scope(a).unwrap().parent, Some(world.instance.id));
    // The open ones are used again.
    modify(&mut world, vec![before("u"), before("v")]).unwrap();
    assert_eq!(world.instance.scopes().count(), 3);
    world.complete_all("v");
    assert_eq!(world.waiting(), ["u"]);
    world.complete("u", &[]).unwrap();
    world.complete_all("v");
    assert_eq!(world.waiting(), ["after"]);
}

#[test]
fn scopes_in_which_the_last_token_is_cancelled_go_with_it() {
    let mut world = nested();
    modify(&mut world, vec![before("v")]).unwrap();
    modify(&mut world, vec![cancel("v")]).unwrap();
    assert_eq!(world.waiting(), ["outside"]);
    assert_eq!(world.instance.scopes().count(), 1);
    modify(&mut world, vec![before("u"), before("v"), cancel("v")]).unwrap();
    assert_eq!(world.waiting(), ["outside", "u"], "a goes on, b does not");
    modify(&mut world, vec![cancel("a")]).unwrap();
    assert_eq!(world.waiting(), ["outside"]);
}

#[test]
fn an_ancestor_chooses_among_scopes() {
    let mut world = nested();
    let root = world.instance.id;
    modify(&mut world, vec![before("u"), before_in("u", root)]).unwrap();
    assert_eq!(world.instance.scopes().count(), 3, "two instances of a");
    let refused = modify(&mut world, vec![before("v")]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Ancestor activity execution is ambiguous for activity b; name one of them as ancestorActivityInstanceId"
    );
    let mut scopes: Vec<Uuid> = world.instance.scopes().map(|scope| scope.id).collect();
    scopes.sort();
    modify(&mut world, vec![before_in("v", scopes[2])]).unwrap();
    let inner = world.instance.scope(scope_of(&world, "b")).unwrap();
    assert_eq!(inner.parent, Some(scopes[2]));
    let task = world.token("outside").id;
    let elsewhere = modify(&mut world, vec![before_in("v", task)]).unwrap_err();
    assert_eq!(
        elsewhere.to_string(),
        format!(
            "Cannot perform instruction: Start before activity 'v' with ancestor activity instance '{task}'; Scope \
             execution for '{task}' cannot be found in parent hierarchy of flow element 'v'"
        )
    );
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
fn variables_come_with_the_token() {
    let with = |id: &str| {
        Instruction::Start(StartInstruction {
            variables: variables(&[("everywhere", TypedValue::from(1))]),
            local_variables: variables(&[("here", TypedValue::from(2))]),
            ..start_at(StartAt::Before(id.to_owned()))
        })
    };
    let mut world = nested();
    modify(&mut world, vec![before("after"), with("after"), with("v")]).unwrap();
    assert_eq!(world.root("everywhere"), Some(TypedValue::from(1)));
    assert_eq!(world.root("here"), None);
    let local: Vec<bool> = world
        .instance
        .tokens()
        .filter(|token| &*token.node == "after")
        .map(|token| token.variables.contains_key("here"))
        .collect();
    assert_eq!(local.iter().filter(|is_local| **is_local).count(), 1, "{local:?}");
    let inner = world.instance.scope(scope_of(&world, "b")).unwrap();
    assert_eq!(inner.variables.get("here"), Some(&TypedValue::from(2)));
    // What waits for a job keeps them, too.
    let content = r#"<startEvent id="s"/><userTask id="u"/><userTask id="v" camunda:asyncBefore="true"/>"#;
    let mut world = process(content, &["s>u", "u>v"]);
    modify(&mut world, vec![with("v")]).unwrap();
    assert_eq!(world.jobs(), ["v"]);
    world.execute("v").unwrap();
    assert_eq!(world.token("v").variables.get("here"), Some(&TypedValue::from(2)));
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

const LISTENING: &str = r#"<startEvent id="s"/><userTask id="u"/>
  <subProcess id="a">
    <extensionElements><camunda:inputOutput><camunda:inputParameter name="given">${1}</camunda:inputParameter></camunda:inputOutput>
      <camunda:executionListener event="start" expression="${execution.setVariable('heard', true)}"/></extensionElements>
    <startEvent id="as"/><userTask id="v">
      <extensionElements><camunda:inputOutput><camunda:outputParameter name="left">${1}</camunda:outputParameter></camunda:inputOutput>
        <camunda:executionListener event="end" expression="${execution.setVariable('ended', true)}"/></extensionElements>
    </userTask><sequenceFlow id="f" sourceRef="as" targetRef="v"/></subProcess>"#;

#[test]
fn listeners_and_mappings_are_computed_unless_they_are_skipped() {
    for (skip_listeners, skip_mappings) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut world = process(LISTENING, &["s>u", "u>a"]);
        let command = |instruction| {
            Command::Modify(Modification {
                instructions: vec![instruction],
                skip_listeners,
                skip_mappings,
            })
        };
        world.give(&command(before("v"))).unwrap();
        let scope = world.instance.scope(scope_of(&world, "a")).unwrap();
        assert_eq!(scope.variables.contains_key("given"), !skip_mappings);
        assert_eq!(world.root("heard").is_some(), !skip_listeners);
        world.give(&command(cancel("v"))).unwrap();
        assert_eq!(world.root("left").is_some(), !skip_mappings);
        assert_eq!(world.root("ended").is_some(), !skip_listeners);
    }
}

fn several(sequential: bool) -> World {
    let content = format!(
        r#"<startEvent id="s"/><userTask id="many"><multiInstanceLoopCharacteristics isSequential="{sequential}"><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics></userTask><userTask id="after"/>"#
    );
    process(&content, &["s>many", "many>after"])
}

fn counters(world: &World) -> (TypedValue, TypedValue) {
    let body = world.instance.scope(scope_of(world, "many#multiInstanceBody")).unwrap();
    let of = |name: &str| body.variables.get(name).cloned().unwrap_or(TypedValue::Null);
    (of("nrOfInstances"), of("nrOfActiveInstances"))
}

#[test]
fn instances_of_a_multi_instance_activity_are_added_and_taken_away() {
    let mut world = several(false);
    modify(&mut world, vec![before("many")]).unwrap();
    assert_eq!(counters(&world), (TypedValue::from(4), TypedValue::from(4)));
    let tokens = world.instance.tokens();
    let added = tokens.filter(|token| token.variables.get("loopCounter") == Some(&TypedValue::from(3)));
    assert_eq!(added.count(), 1);
    let one = world.token("many").id;
    modify(&mut world, vec![Instruction::CancelActivityInstance(one)]).unwrap();
    assert_eq!(counters(&world), (TypedValue::from(4), TypedValue::from(3)));
    world.complete_all("many");
    assert_eq!(world.waiting(), ["after"], "what was canceled is not waited for");

    let mut world = several(false);
    world.complete("many", &[]).unwrap();
    modify(&mut world, vec![cancel("many"), before("after")]).unwrap();
    assert_eq!(world.waiting(), ["after"]);
    assert_eq!(
        world.instance.scopes().count(),
        1,
        "the body goes with the last active one"
    );

    let mut world = several(true);
    let refused = modify(&mut world, vec![before("many")]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Concurrent instantiation not possible for activities in scope many#multiInstanceBody"
    );
}

#[test]
fn a_multi_instance_activity_begins_as_a_whole_or_with_one_instance() {
    for sequential in [false, true] {
        let mut world = several(sequential);
        let at_once = if sequential { 1 } else { 3 };
        modify(
            &mut world,
            vec![cancel("many#multiInstanceBody"), before("many#multiInstanceBody")],
        )
        .unwrap();
        assert_eq!(world.waiting(), vec!["many"; at_once]);
        modify(&mut world, vec![cancel("many"), before("many")]).unwrap();
        assert_eq!(world.waiting(), ["many"]);
        assert_eq!(counters(&world), (TypedValue::from(1), TypedValue::from(1)));
        world.complete("many", &[]).unwrap();
        assert_eq!(world.waiting(), ["after"]);
    }
}

#[test]
fn a_token_begins_in_one_instance_of_a_multi_instance_sub_process() {
    let content = format!(
        r#"<startEvent id="s"/><subProcess id="many"><multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics><startEvent id="ms"/><userTask id="u"/><userTask id="v"/>{}</subProcess><userTask id="after"/>"#,
        flows(&["ms>u", "u>v"])
    );
    let mut world = process(&content, &["s>many", "many>after"]);
    let scope = world.token("u").scope;
    modify(&mut world, vec![before("v")]).unwrap_err();
    modify(&mut world, vec![before_in("v", scope)]).unwrap();
    assert_eq!(world.token("v").scope, scope);
    let body = scope_of(&world, "many#multiInstanceBody");
    modify(&mut world, vec![before_in("v", body)]).unwrap();
    assert_eq!(counters(&world), (TypedValue::from(3), TypedValue::from(3)));
    world.complete_all("u");
    world.complete_all("v");
    assert_eq!(world.waiting(), ["after"]);
}

#[test]
fn a_standard_loop_begins_in_the_middle() {
    let content = r#"<startEvent id="s"/><userTask id="u"/><userTask id="many"><standardLoopCharacteristics loopMaximum="2"><loopCondition>${true}</loopCondition></standardLoopCharacteristics></userTask><userTask id="after"/>"#;
    let mut world = process(content, &["s>u", "u>many", "many>after"]);
    modify(&mut world, vec![cancel("u"), before("many")]).unwrap();
    world.complete("many", &[]).unwrap();
    assert_eq!(world.waiting(), ["many"]);
    world.complete("many", &[]).unwrap();
    assert_eq!(world.waiting(), ["after"]);
}

#[test]
fn events_that_interrupt_do_so_when_they_are_begun() {
    let paid = r#"<messageEventDefinition messageRef="m"/>"#;
    let content = |interrupting: bool| {
        format!(
            r#"<startEvent id="s"/><userTask id="u"/><userTask id="v"/>
               <boundaryEvent id="b" attachedToRef="u" cancelActivity="{interrupting}">{paid}</boundaryEvent>
               <subProcess id="h" triggeredByEvent="true"><startEvent id="hs" isInterrupting="{interrupting}">{paid}</startEvent>
               <sequenceFlow id="hf" sourceRef="hs" targetRef="hu"/><userTask id="hu"/></subProcess>"#
        )
    };
    for (interrupting, begun, expected) in [
        (true, "b", &["v"][..]),
        (false, "b", &["u", "v"]),
        (true, "hs", &["hu"]),
        (false, "hs", &["u", "hu"]),
        (true, "h", &["hu"]),
        (false, "h", &["u", "hu"]),
        // Behind its start it does not interrupt.
        (true, "hu", &["u", "hu"]),
    ] {
        let mut world = process(&content(interrupting), &["s>u", "b>v"]);
        modify(&mut world, vec![before(begun)]).unwrap();
        assert_eq!(world.waiting(), expected, "{begun}");
        assert_eq!(world.instance.scopes().count(), 1 + usize::from(begun.starts_with('h')));
    }
    let mut world = process(&content(true), &["s>u", "b>v"]);
    modify(&mut world, vec![before("u")]).unwrap();
    let refused = modify(&mut world, vec![before("b")]).unwrap_err();
    assert!(refused.to_string().contains("activity u ambiguous"), "{refused}");
}

#[test]
fn an_opened_sub_process_has_its_border() {
    let paid = r#"<messageEventDefinition messageRef="m"/>"#;
    let content = format!(
        r#"<startEvent id="s"/><userTask id="u"/><userTask id="overdue"/><subProcess id="a"><startEvent id="as"/><userTask id="v"/>{}</subProcess>
           <boundaryEvent id="b" attachedToRef="a">{paid}</boundaryEvent>"#,
        flows(&["as>v"])
    );
    let mut world = process(&content, &["s>u", "u>a", "b>overdue"]);
    modify(&mut world, vec![cancel("u"), before("v")]).unwrap();
    let command = world.signal(scope_of(&world, "a"), Some("paid"));
    world.give(&command).unwrap();
    assert_eq!(world.waiting(), ["overdue"]);
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

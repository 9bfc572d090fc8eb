//! Where tokens go.

mod world;

use flowstone_core::{Command, Event, Outcome, Rejection, StepOptions};
use flowstone_expression::TypedValue;
use world::{compiled, flows, run, service, start_of, start_with};

/// Nodes of the kind that the first letter of their id tells.
fn nodes(list: &[&str]) -> String {
    let tag = |id: &&str| match id.chars().next() {
        Some('s') => format!(r#"<startEvent id="{id}"/>"#),
        Some('e') => format!(r#"<endEvent id="{id}"/>"#),
        Some('x') => format!(r#"<exclusiveGateway id="{id}"/>"#),
        Some('g') => format!(r#"<parallelGateway id="{id}"/>"#),
        Some('w') => service(id),
        Some('u') => format!(r#"<userTask id="{id}"/>"#),
        Some('r') => format!(r#"<receiveTask id="{id}"/>"#),
        Some('t') => format!(r#"<endEvent id="{id}"><terminateEventDefinition/></endEvent>"#),
        _ => format!(r#"<task id="{id}"/>"#),
    };
    list.iter().map(tag).collect()
}

#[test]
fn a_process_without_waiting_ends_at_once() {
    let world = run(&(nodes(&["s", "a", "e"]) + &flows(&["s>a", "a>e"])), &[]);
    assert!(world.instance.ended);
    assert_eq!(world.path(), ["s", "a", "e"]);
    let Some(Event::InstanceEnded { end_node, outcome, .. }) = world.events.last() else {
        panic!("the last event is not the end");
    };
    assert_eq!((end_node.as_deref(), *outcome), (Some("e"), Outcome::Completed));
}

#[test]
fn a_client_starts_a_process_where_it_begins_unasked_or_at_its_only_start() {
    let start = |id: &str, definition: &str| format!(r#"<startEvent id="{id}">{definition}</startEvent>"#);
    let timer = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>";
    let (message, signal) = (
        r#"<messageEventDefinition messageRef="m"/>"#,
        r#"<signalEventDefinition signalRef="alarm"/>"#,
    );
    for (starts, expected) in [
        (start("s", message), Some("u1")),
        (start("s", timer), Some("u1")),
        (start("s1", message) + &start("s", timer), Some("u1")),
        (start("s1", message) + &start("s", ""), Some("u1")),
        (start("s1", message) + &start("s", signal), None),
    ] {
        let content = starts.clone() + &nodes(&["u1"]) + &flows(&["s>u1"]);
        let world = start_of(compiled(&content), &[]);
        match (world, expected) {
            (Ok(world), Some(expected)) => assert_eq!(world.waiting(), [expected], "{starts}"),
            (Err(Rejection::NoNoneStart { .. }), None) => {}
            (world, _) => panic!("{starts}: {:?}", world.map(|world| world.instance)),
        }
    }
}

#[test]
fn tasks_wait_one_after_the_other() {
    let mut world = run(
        &(nodes(&["s", "w1", "u1", "r1", "e"]) + &flows(&["s>w1", "w1>u1", "u1>r1", "r1>e"])),
        &[],
    );
    for node in ["w1", "u1", "r1"] {
        assert_eq!(world.waiting(), [node]);
        world.complete(node, &[]).unwrap();
    }
    assert!(world.instance.ended);
    let instance = world.instance.id;
    let again = world.give(&Command::Unlock { task: instance });
    assert_eq!(again, Err(Rejection::Ended { instance }));
}

#[test]
fn an_exclusive_gateway_takes_the_first_flow_that_holds_else_the_default() {
    let content = r#"<startEvent id="s"/><exclusiveGateway id="x" default="otherwise"/>"#.to_owned()
        + &nodes(&["u1", "u2", "u3"])
        + r#"<sequenceFlow id="otherwise" sourceRef="x" targetRef="u3"/>"#
        + &flows(&["s>x", "x>u1?n > 10", "x>u2?n > 5"]);
    for (n, expected) in [(20, "u1"), (7, "u2"), (1, "u3")] {
        assert_eq!(run(&content, &[("n", n.into())]).waiting(), [expected], "n = {n}");
    }
    assert!(matches!(
        start_of(compiled(&content), &[]).err(),
        Some(Rejection::Expression { node, .. }) if node == "x"
    ));
}

#[test]
fn no_flow_that_holds_is_a_fault() {
    for gateway in ["x", "a"] {
        let content = nodes(&["s", gateway, "u1", "u2"])
            + &flows(&[
                &format!("s>{gateway}"),
                &format!("{gateway}>u1?n == 1"),
                &format!("{gateway}>u2?n == 2"),
            ]);
        let refused = start_of(compiled(&content), &[("n", 3.into())]).err();
        assert_eq!(refused, Some(Rejection::NoFlow { node: gateway.into() }));
    }
}

#[test]
fn an_activity_takes_all_flows_that_hold_in_document_order() {
    let content = nodes(&["s", "a", "u1", "u2", "u3"]) + &flows(&["s>a", "a>u1?n > 1", "a>u2?n > 100", "a>u3"]);
    assert_eq!(run(&content, &[("n", 5.into())]).waiting(), ["u1", "u3"]);
}

#[test]
fn a_parallel_gateway_joins_what_it_split() {
    let content =
        nodes(&["s", "g1", "u1", "u2", "g2", "e"]) + &flows(&["s>g1", "g1>u1", "g1>u2", "u1>g2", "u2>g2", "g2>e"]);
    let mut world = run(&content, &[]);
    assert_eq!(world.waiting(), ["u1", "u2"]);
    world.complete("u2", &[]).unwrap();
    assert_eq!(world.waiting(), ["u1", "g2"]);
    world.complete("u1", &[]).unwrap();
    assert!(world.instance.ended);
}

#[test]
fn a_join_counts_tokens_not_flows() {
    // Both tokens come through one flow; the other flow never brings any.
    let content = nodes(&["s", "g1", "a", "b", "x", "g2", "u1", "u2"])
        + &flows(&[
            "s>g1",
            "g1>a",
            "g1>b",
            "a>x",
            "b>x",
            "x>g2?true",
            "x>u2?false",
            "u2>g2",
            "g2>u1",
        ]);
    assert_eq!(run(&content, &[]).waiting(), ["u1"]);
}

#[test]
fn a_sub_process_ends_when_its_last_token_does() {
    let content = nodes(&["s", "u9"])
        + r#"<subProcess id="sub">"#
        + &nodes(&["s2", "u1", "u2", "e2"])
        + &flows(&["s2>u1", "s2>u2", "u1>e2", "u2>e2"])
        + "</subProcess>"
        + &flows(&["s>sub", "sub>u9"]);
    let mut world = run(&content, &[]);
    assert_eq!(world.waiting(), ["u1", "u2"]);
    world.complete("u1", &[]).unwrap();
    assert_eq!(world.waiting(), ["u2"]);
    world.complete("u2", &[]).unwrap();
    assert_eq!(world.waiting(), ["u9"]);
}

#[test]
fn terminate_ends_its_own_scope_only() {
    let content = nodes(&["s", "u9"])
        + r#"<subProcess id="sub">"#
        + &nodes(&["s2", "u1", "u2", "t2"])
        + &flows(&["s2>u1", "s2>u2", "u1>t2"])
        + "</subProcess>"
        + &flows(&["s>sub", "sub>u9"]);
    let mut world = run(&content, &[]);
    let events = world.complete("u1", &[]).unwrap();
    assert_eq!(world.waiting(), ["u9"]);
    let canceled: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            Event::TokenLeft {
                node, canceled: true, ..
            } => Some(&**node),
            _ => None,
        })
        .collect();
    assert_eq!(canceled, ["u2"]);
}

#[test]
fn terminate_drops_branches_not_begun() {
    let content = nodes(&["s", "t1", "u1"]) + &flows(&["s>t1", "s>u1"]);
    let world = run(&content, &[]);
    assert!(world.instance.ended);
    assert_eq!(world.path(), ["s", "t1"]);
}

#[test]
fn a_loop_without_waiting_is_stopped() {
    let content = nodes(&["s", "a", "b"]) + &flows(&["s>a", "a>b", "b>a"]);
    let refused = start_of(compiled(&content), &[]).err();
    assert!(matches!(refused, Some(Rejection::StepLimit { limit: 10_000, .. })));
}

#[test]
fn a_wide_fork_costs_steps_in_proportion_and_no_more() {
    const WIDTH: usize = 5_000;
    let mut list = vec!["s>g1".to_owned(), "g2>e".to_owned()];
    let mut content = nodes(&["s", "g1", "g2", "e"]);
    for branch in 0..WIDTH {
        content += &format!(r#"<task id="b{branch}"/>"#);
        list.push(format!("g1>b{branch}"));
        list.push(format!("b{branch}>g2"));
    }
    content += &flows(&list.iter().map(String::as_str).collect::<Vec<_>>());
    let enough = StepOptions {
        step_limit: 2 * WIDTH + 3,
        ..StepOptions::default()
    };
    let world = start_with(compiled(&content), &[], enough).unwrap_or_else(|rejection| panic!("{rejection}"));
    assert!(world.instance.ended);
}

#[test]
fn cancellation_goes_from_the_inside_out() {
    let content = nodes(&["s"])
        + r#"<subProcess id="sub">"#
        + &nodes(&["s2", "u1"])
        + &flows(&["s2>u1"])
        + "</subProcess>"
        + &flows(&["s>sub"]);
    let mut world = run(&content, &[]);
    let events = world
        .give(&Command::Cancel {
            reason: Some("no longer wanted".to_owned()),
            skip_output_mappings: false,
            skip_listeners: false,
        })
        .unwrap();
    assert!(matches!(
        &events[..],
        [
            Event::TokenLeft {
                canceled: true,
                user_task: true,
                ..
            },
            Event::ScopeClosed { canceled: true, .. },
            Event::InstanceEnded {
                outcome: Outcome::ExternallyTerminated,
                end_node: None,
                reason: Some(_),
                ..
            },
        ]
    ));
}

#[test]
fn receive_tasks_take_their_message_or_a_plain_signal() {
    let content = r#"<startEvent id="s"/><receiveTask id="r" messageRef="m"/>"#.to_owned() + &flows(&["s>r"]);
    for (message, accepted) in [(Some("paid"), true), (Some("other"), false), (None, true)] {
        for by_instance in [true, false] {
            let mut world = run(&content, &[]);
            let execution = if by_instance {
                world.instance.id
            } else {
                world.token("r").id
            };
            let command = world.signal(execution, message);
            let result = world.give(&command);
            assert_eq!(result.is_ok(), accepted, "{message:?}: {result:?}");
            assert_eq!(world.instance.ended, accepted);
        }
    }
    let content = nodes(&["s", "r1", "r2"]) + &flows(&["s>r1", "s>r2"]);
    let mut world = run(&content, &[]);
    let command = world.signal(world.instance.id, None);
    assert!(
        matches!(world.give(&command), Err(Rejection::NotWaiting { .. })),
        "it must be clear which is meant"
    );
}

#[test]
fn the_initiator_is_a_variable() {
    let content = r#"<startEvent id="s" camunda:initiator="who"/><userTask id="u"/>"#.to_owned() + &flows(&["s>u"]);
    assert_eq!(run(&content, &[]).root("who"), Some(TypedValue::from("mary")));
}

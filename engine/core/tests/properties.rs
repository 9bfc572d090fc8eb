//! What holds on every way through a process. `World` checks after each command that a refusal changed nothing, that
//! replaying all events gives the same state and that an instance has ended exactly when no token is left.

mod world;

use flowstone_core::{Command, Event, replay};
use flowstone_expression::Variables;
use proptest::prelude::*;
use world::{WORKER, World, flows, run, service, variables};

/// Forks, a join, a sub-process with mappings, a loop, a failing mapping and a terminate end.
fn content() -> String {
    r#"<startEvent id="s"/><parallelGateway id="fork"/><parallelGateway id="join"/><exclusiveGateway id="again"/>
       <endEvent id="e"/><endEvent id="stop"><terminateEventDefinition/></endEvent><userTask id="u"/>
       <receiveTask id="r" messageRef="m"/>
       <serviceTask id="fragile" camunda:type="external" camunda:topic="t"><extensionElements><camunda:inputOutput>
         <camunda:outputParameter name="n">${n + step}</camunda:outputParameter>
       </camunda:inputOutput></extensionElements></serviceTask>
       <subProcess id="sub"><extensionElements><camunda:inputOutput>
         <camunda:inputParameter name="n">${n}</camunda:inputParameter>
         <camunda:outputParameter name="m">${n}</camunda:outputParameter>
       </camunda:inputOutput></extensionElements><startEvent id="s2"/><userTask id="u2"/>"#
        .to_owned()
        + &service("w2")
        + &flows(&["s2>u2", "s2>w2"])
        + "</subProcess>"
        + &flows(&[
            "s>fork",
            "fork>u",
            "fork>sub",
            "fork>r",
            "fork>fragile",
            "u>again",
            "again>u?n < 0",
            "again>stop?n > 8",
            "again>join",
            "sub>join",
            "r>join",
            "fragile>join",
            "join>e",
        ])
}

fn act(world: &mut World, choice: usize, value: i32, action: u8) {
    let mut ids: Vec<_> = world.instance.tokens().map(|token| token.id).collect();
    ids.sort();
    if ids.is_empty() {
        return;
    }
    let task = ids[choice % ids.len()];
    let holder = flowstone_core::Holder {
        task,
        worker: WORKER.to_owned(),
        lock_token: None,
    };
    let values = if value % 3 == 0 {
        variables(&[("n", value.into())])
    } else {
        variables(&[("step", value.into())])
    };
    let command = match action {
        0 => Command::LockExternalTask {
            task,
            worker: WORKER.to_owned(),
            until: world.now,
            force: value > 0,
        },
        1 => Command::CompleteExternalTask {
            holder,
            variables: values,
            local_variables: Variables::new(),
        },
        2 => Command::CompleteUserTask {
            task,
            variables: values,
        },
        3 => world.signal(task, (value > 0).then_some("paid")),
        4 => Command::FailExternalTask {
            holder,
            error_message: None,
            error_details: Some("trace".to_owned()),
            retries: Some(value.rem_euclid(3)),
            retry_at: Some(world.now),
            variables: values,
            local_variables: Variables::new(),
        },
        5 => Command::ThrowExternalTaskError {
            holder,
            error_code: "E".to_owned(),
            error_message: None,
            variables: values,
        },
        6 => Command::ModifyVariables {
            scope: task,
            local: value > 0,
            set: values,
            remove: vec!["step".to_owned()],
        },
        7 => Command::SetExternalTaskRetries {
            task,
            retries: value.rem_euclid(2),
        },
        _ => Command::Cancel {
            reason: None,
            skip_output_mappings: value > 0,
            skip_listeners: false,
        },
    };
    // Refusals are part of the walk.
    let _ = world.give(&command);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_walk_keeps_the_invariants(
        walk in prop::collection::vec((any::<usize>(), -12..12_i32, 0..9_u8, 0..6_u8), 1..40)
    ) {
        let mut world = run(&content(), &[("n", 1.into())]);
        for (choice, value, action, rare) in walk {
            // Cancellation ends the walk, so it comes seldom.
            let action = if action == 8 && rare > 0 { 1 } else { action };
            act(&mut world, choice, value, action);
        }
        let text = serde_json::to_string(&world.events).expect("events are plain data");
        let restored: Vec<Event> = serde_json::from_str(&text).expect("events read back");
        prop_assert_eq!(&restored, &world.events);
        prop_assert_eq!(replay(&restored), Some(world.instance));
    }

    #[test]
    fn steps_that_are_held_can_be_taken_back(
        walk in prop::collection::vec((any::<usize>(), -12..12_i32, 0..9_u8), 1..20)
    ) {
        let mut world = run(&content(), &[("n", 1.into())]);
        for held in walk.chunks(3) {
            let before = world.instance.clone();
            let (events, now) = (world.events.len(), world.now);
            world.instance.hold();
            for (choice, value, action) in held {
                act(&mut world, *choice, *value, *action);
            }
            world.instance.take_back_held();
            prop_assert_eq!(&world.instance, &before);
            world.events.truncate(events);
            world.now = now;
            let (choice, value, action) = held[0];
            act(&mut world, choice, value, action % 8);
        }
        prop_assert_eq!(replay(&world.events), Some(world.instance));
    }

    #[test]
    fn the_same_inputs_give_the_same_events(
        walk in prop::collection::vec((any::<usize>(), -12..12_i32, 0..8_u8), 1..20)
    ) {
        let mut first = run(&content(), &[("n", 1.into())]);
        let mut second = run(&content(), &[("n", 1.into())]);
        for (choice, value, action) in walk {
            act(&mut first, choice, value, action);
            act(&mut second, choice, value, action);
        }
        prop_assert_eq!(first.events, second.events);
    }
}

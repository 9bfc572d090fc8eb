//! What is computed on the way: variables, mappings, listeners.

use flowstone_core::{Command, Instruction, Modification, StartAt, StartInstruction};
use flowstone_expression::TypedValue;

use crate::world::variables;
use crate::{before, cancel, modify, nested, process, scope_of, start_at};

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

#[test]
fn work_of_listeners_that_workers_carry_out_comes_first() {
    let content = r#"<startEvent id="s"/><userTask id="u"/><userTask id="v"><extensionElements>
        <camunda:executionListener event="start" topic="t"/></extensionElements></userTask>"#;
    for skip_listeners in [false, true] {
        let mut world = process(content, &["s>u", "u>v"]);
        let command = Command::Modify(Modification {
            instructions: vec![cancel("u"), before("v")],
            skip_listeners,
            skip_mappings: false,
        });
        world.give(&command).unwrap();
        assert_eq!(world.waiting(), [if skip_listeners { "v" } else { "v#1" }]);
        modify(&mut world, vec![before("u"), cancel("v")]).unwrap();
        assert_eq!(world.waiting(), ["u"]);
    }
}

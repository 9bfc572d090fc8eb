//! Activities that are carried out several times.

use flowstone_core::Instruction;
use flowstone_expression::TypedValue;

use crate::world::{World, flows};
use crate::{before, before_in, cancel, modify, process, scope_of};

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

//! Scopes that are opened and canceled on the way.

use uuid::Uuid;

use crate::world::flows;
use crate::{before, before_in, cancel, modify, nested, process, scope_of};

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

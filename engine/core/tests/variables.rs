//! Variables, mappings and the attributes that expressions compute.

mod world;

use flowstone_core::{Command, Event, Rejection, Wait};
use flowstone_expression::TypedValue;
use world::{compiled, flows, run, start_of, variables};

fn mapping(inner: &str) -> String {
    format!("<extensionElements><camunda:inputOutput>{inner}</camunda:inputOutput></extensionElements>")
}

fn input(name: &str, value: &str) -> String {
    format!(r#"<camunda:inputParameter name="{name}">{value}</camunda:inputParameter>"#)
}

fn output(name: &str, value: &str) -> String {
    format!(r#"<camunda:outputParameter name="{name}">{value}</camunda:outputParameter>"#)
}

fn one_service(attributes: &str, content: &str) -> String {
    format!(
        r#"<startEvent id="s"/><serviceTask id="w" camunda:type="external" {attributes}>{content}</serviceTask><userTask id="u"/>"#
    ) + &flows(&["s>w", "w>u"])
}

#[test]
fn inputs_are_local_and_outputs_go_outside() {
    let content = one_service(
        r#"camunda:topic="${kind}-work" camunda:taskPriority="${x}""#,
        &mapping(&(input("kind", "big") + &input("x", "${x + 1}") + &output("result", "${x * 10}"))),
    );
    let mut world = run(&content, &[("x", 1.into())]);
    assert_eq!(world.external_task("w").topic, "big-work");
    assert_eq!(world.external_task("w").priority, 2, "attributes see the locals");
    assert_eq!(world.root("x"), Some(1.into()));
    assert_eq!(world.root("kind"), None);
    world.complete("w", &[("x", 5.into())]).unwrap();
    assert_eq!(world.root("x"), Some(1.into()), "the nearest holder was the task");
    assert_eq!(world.root("result"), Some(50_i64.into()));
}

#[test]
fn inputs_do_not_see_each_other_but_outputs_do() {
    let blind = one_service(
        r#"camunda:topic="t""#,
        &mapping(&(input("a", "1") + &input("b", "${a}"))),
    );
    assert!(matches!(
        start_of(compiled(&blind), &[]).err(),
        Some(Rejection::Expression { node, .. }) if node == "w"
    ));
    let seeing = one_service(
        r#"camunda:topic="t""#,
        &mapping(&(output("a", "1") + &output("b", "${a}2"))),
    );
    let mut world = run(&seeing, &[]);
    world.complete("w", &[]).unwrap();
    assert_eq!(world.root("b"), Some("12".into()));
}

#[test]
fn lists_maps_and_nothing_are_parameters_too() {
    let list = "<camunda:list><camunda:value>a</camunda:value><camunda:value>${n}</camunda:value></camunda:list>";
    let map = r#"<camunda:map><camunda:entry key="k">${n}</camunda:entry></camunda:map>"#;
    let content = one_service(
        r#"camunda:topic="t""#,
        &mapping(&(input("list", list) + &input("map", map) + &input("nothing", ""))),
    );
    let world = run(&content, &[("n", 1.into())]);
    let locals = &world.token("w").variables;
    assert_eq!(
        locals["list"],
        TypedValue::json_object("java.util.ArrayList", r#"["a",1]"#)
    );
    assert_eq!(
        locals["map"],
        TypedValue::json_object("java.util.LinkedHashMap", r#"{"k":1}"#)
    );
    assert_eq!(locals["nothing"], TypedValue::Null);
}

#[test]
fn a_passing_node_maps_too() {
    let content = r#"<startEvent id="s"/><task id="a">"#.to_owned()
        + &mapping(&(input("x", "${n + 1}") + &output("y", "${x}")))
        + r#"</task><userTask id="u"/>"#
        + &flows(&["s>a", "a>u"]);
    let world = run(&content, &[("n", 1.into())]);
    assert_eq!(world.waiting(), ["u"]);
    assert_eq!(world.root("y"), Some(2_i64.into()));
    assert_eq!(world.root("x"), None);
}

#[test]
fn a_sub_process_maps_in_and_out() {
    let content = r#"<startEvent id="s"/><subProcess id="sub">"#.to_owned()
        + &mapping(&(input("x", "${n}") + &output("y", "${x}")))
        + r#"<startEvent id="s2"/><userTask id="u1"/>"#
        + &flows(&["s2>u1"])
        + r#"</subProcess><userTask id="u2"/>"#
        + &flows(&["s>sub", "sub>u2"]);
    let mut world = run(&content, &[("n", 1.into())]);
    world.complete("u1", &[("x", 9.into())]).unwrap();
    assert_eq!(world.waiting(), ["u2"]);
    assert_eq!((world.root("x"), world.root("y")), (None, Some(9.into())));
}

#[test]
fn cancellation_maps_out_unless_told_not_to() {
    let content = one_service(r#"camunda:topic="t""#, &mapping(&output("result", "${missing}")));
    let cancel = |skip_output_mappings| Command::Cancel {
        reason: None,
        skip_output_mappings,
        skip_listeners: false,
    };
    let mut world = run(&content, &[]);
    assert!(matches!(world.give(&cancel(false)), Err(Rejection::Expression { .. })));
    assert!(!world.instance.ended);
    world.give(&cancel(true)).unwrap();
    assert!(world.instance.ended);
}

#[test]
fn user_task_attributes_are_computed() {
    let content = r#"<startEvent id="s"/><userTask id="u" name="Check ${order}" camunda:assignee="${who}"
            camunda:candidateUsers="anna, ${others}" camunda:candidateGroups="${groups}"
            camunda:dueDate="P1D" camunda:followUpDate="${due}" camunda:priority="${p}"
            camunda:formKey="form-${task.name}"><documentation>For ${execution.businessKey}</documentation></userTask>"#
        .to_owned()
        + &flows(&["s>u"]);
    let due = "2026-03-01T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let world = run(
        &content,
        &[
            ("order", 7.into()),
            ("who", "mary".into()),
            ("others", "bob,carl".into()),
            (
                "groups",
                TypedValue::json_object("java.util.ArrayList", r#"["sales","law"]"#),
            ),
            ("due", due.into()),
            ("p", "70".into()),
        ],
    );
    let Wait::UserTask(task) = &world.token("u").wait else {
        panic!("not a user task");
    };
    assert_eq!(task.name.as_deref(), Some("Check 7"));
    assert_eq!(task.description.as_deref(), Some("For order-7"));
    assert_eq!(task.assignee.as_deref(), Some("mary"));
    assert_eq!(task.candidate_users, ["anna", "bob", "carl"]);
    assert_eq!(task.candidate_groups, ["sales", "law"]);
    assert_eq!(task.due, Some(world.now + chrono::TimeDelta::days(1)));
    assert_eq!(task.follow_up, Some(due));
    assert_eq!(task.priority, 70);
    assert_eq!(task.form_key.as_deref(), Some("form-Check 7"));
}

#[test]
fn user_task_attributes_of_the_wrong_kind_are_refused() {
    for attribute in [
        r#"camunda:dueDate="${n}""#,
        r#"camunda:priority="${t}""#,
        r#"camunda:dueDate="${t}""#,
    ] {
        let content = format!(r#"<startEvent id="s"/><userTask id="u" {attribute}/>"#) + &flows(&["s>u"]);
        let refused = start_of(compiled(&content), &[("n", 1.into()), ("t", "soon".into())]).err();
        assert!(
            matches!(&refused, Some(Rejection::Value { node, .. } | Rejection::Expression { node, .. }) if node == "u"),
            "{attribute}: {refused:?}"
        );
    }
    let content = r#"<startEvent id="s"/><userTask id="u"/>"#.to_owned() + &flows(&["s>u"]);
    let world = run(&content, &[]);
    assert!(matches!(&world.token("u").wait, Wait::UserTask(task) if task.priority == 50));
}

#[test]
fn expressions_set_variables_and_see_them_at_once() {
    let content = one_service(
        r#"camunda:topic="t""#,
        &mapping(&input(
            "seen",
            "${execution.setVariable('a', 1) == null ? a : 0}-${execution.currentActivityId}-${execution.hasVariable('b')}",
        )),
    );
    let world = run(&content, &[]);
    assert_eq!(world.token("w").variables["seen"], "1-w-false".into());
    assert_eq!(world.root("a"), Some(1_i64.into()));
}

#[test]
fn modification_finds_the_nearest_holder_or_stays_local() {
    let content = one_service(r#"camunda:topic="t""#, &mapping(&input("here", "1")));
    let mut world = run(&content, &[("there", 1.into())]);
    let (root, token) = (world.instance.id, world.token("w").id);
    let modify = |scope, local, name: &str, remove: &[&str]| Command::ModifyVariables {
        scope,
        local,
        set: variables(&[(name, 2.into())]),
        remove: remove.iter().map(|name| (*name).to_owned()).collect(),
    };
    let holders = |events: Vec<Event>| -> Vec<uuid::Uuid> {
        let holder = |event| match event {
            Event::VariableSet { scope, .. } | Event::VariableRemoved { scope, .. } => scope,
            other => panic!("unexpected {other:?}"),
        };
        events.into_iter().map(holder).collect()
    };
    for (local, name, remove, expected) in [
        (false, "here", &[][..], vec![token]),
        (false, "there", &[], vec![root]),
        (false, "new", &[], vec![root]),
        (true, "there", &[], vec![token]),
        (true, "own", &["new", "unknown"], vec![token]),
        (false, "own", &["new", "unknown"], vec![token, root]),
    ] {
        let events = world.give(&modify(token, local, name, remove)).unwrap();
        assert_eq!(holders(events), expected, "{name}, local {local}");
    }
    let execution = uuid::Uuid::from_u128(99_999);
    assert_eq!(
        world.give(&modify(execution, false, "x", &[])),
        Err(Rejection::UnknownExecution { execution })
    );
}

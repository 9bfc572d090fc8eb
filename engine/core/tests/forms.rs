//! Submitting forms whose fields stand in the model.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::sync::Arc;

use flowstone_core::{Command, CountingIds, IdSource, Instance, Rejection, Start, StepOptions, UserTaskChange, start};
use flowstone_expression::{TypedValue, Variables};
use flowstone_script::Limits;

use world::{World, compiled, flows, run, variables};

fn fields(content: &str) -> String {
    format!("<extensionElements><camunda:formData>{content}</camunda:formData></extensionElements>")
}

fn field(id: &str, attributes: &str, constraints: &str) -> String {
    format!(
        r#"<camunda:formField id="{id}" {attributes}><camunda:validation>{constraints}</camunda:validation>
           </camunda:formField>"#
    )
}

/// A user task `u` with an extension, and `v` after it.
fn process(extension: &str) -> String {
    format!(r#"<startEvent id="s"/><userTask id="u">{extension}</userTask><userTask id="v"/>"#)
        + &flows(&["s>u", "u>v"])
}

fn submit(world: &mut World, values: &[(&str, TypedValue)]) -> Result<(), Rejection> {
    let command = Command::SubmitTaskForm {
        task: world.token("u").id,
        variables: variables(values),
    };
    world.give(&command).map(|_| ())
}

/// What the variable of the field `f` becomes, or the text of the refusal.
fn outcome(field: &str, value: Option<TypedValue>) -> Result<Option<TypedValue>, String> {
    let mut world = run(&process(&fields(field)), &[]);
    let values: Vec<_> = value.into_iter().map(|value| ("f", value)).collect();
    submit(&mut world, &values).map_err(|rejection| rejection.to_string())?;
    assert_eq!(world.waiting(), ["v"]);
    Ok(world.root("f"))
}

fn date(text: &str) -> TypedValue {
    TypedValue::Date(text.parse().unwrap())
}

#[test]
fn values_are_converted_to_the_types_of_their_fields() {
    let colours = r#"type="enum"><camunda:value id="red" name="Red"/></camunda:formField>"#;
    let colours = format!(r#"<camunda:formField id="f" {colours}"#);
    for (attributes, value, expected) in [
        ("type='string'", 5.into(), TypedValue::from("5")),
        ("type='string'", TypedValue::Null, TypedValue::Null),
        ("type='long'", "5".into(), TypedValue::Long(5)),
        ("type='long'", 5.into(), TypedValue::Long(5)),
        ("type='long'", 5.0.into(), TypedValue::Long(5)),
        ("type='boolean'", "TRUE".into(), true.into()),
        ("type='boolean'", false.into(), false.into()),
        ("type='date'", "05/02/2026".into(), date("2026-02-05T00:00:00Z")),
        ("type='date'", "".into(), TypedValue::Null),
        (
            "type='date'",
            date("2026-02-05T10:00:00Z"),
            date("2026-02-05T10:00:00Z"),
        ),
        (
            "type='date' datePattern='yyyy-MM-dd HH:mm'",
            "2026-02-05 10:30".into(),
            date("2026-02-05T10:30:00Z"),
        ),
    ] {
        let outcome = outcome(&field("f", attributes, ""), Some(value.clone()));
        assert_eq!(outcome, Ok(Some(expected)), "{attributes} {value:?}");
    }
    assert_eq!(outcome(&colours, Some("red".into())), Ok(Some("red".into())));
    let refused = outcome(&colours, Some("blue".into())).unwrap_err();
    assert_eq!(refused, "form field 'f': Invalid value for enum form property: blue");
}

#[test]
fn values_that_do_not_fit_are_refused() {
    for (attributes, value, problem) in [
        (
            "type='long'",
            TypedValue::from("many"),
            "Value 'many' is not of type Long.",
        ),
        ("type='long'", 1.5.into(), "Value '1.5' is not of type Long."),
        ("type='boolean'", 1.into(), "Value '1' is not of type Boolean."),
        (
            "type='date'",
            "2026-02-05".into(),
            "Could not parse value '2026-02-05' as date using date format 'dd/MM/yyyy'.",
        ),
        ("type='date'", 1.into(), "Value '1' cannot be transformed into a Date."),
        ("type='string'", vec![1].into(), "Value 'Bytes' is not of type String."),
    ] {
        let refused = outcome(&field("f", attributes, ""), Some(value)).unwrap_err();
        assert_eq!(refused, format!("form field 'f': {problem}"));
    }
}

#[test]
fn constraints_are_enforced() {
    let constraint = |name: &str, config: &str| format!(r#"<camunda:constraint name="{name}" config="{config}"/>"#);
    let (text, number) = ("type='string'", "type='long'");
    for (attributes, name, config, good, bad) in [
        (text, "required", "true", Some("x".into()), None),
        (text, "required", "true", Some("x".into()), Some("".into())),
        (text, "required", "true", Some("x".into()), Some(TypedValue::Null)),
        (text, "readonly", "true", None, Some("x".into())),
        (text, "readonly", "true", Some(TypedValue::Null), Some("".into())),
        (text, "minlength", "2", Some("äb".into()), Some("ä".into())),
        (text, "minlength", "2", None, Some("".into())),
        (text, "maxlength", "2", Some("äb".into()), Some("abc".into())),
        (number, "min", "3", Some("3".into()), Some("2".into())),
        (number, "min", "3.5", Some(4.into()), Some(3.into())),
        (number, "max", "3", Some(TypedValue::Long(3)), Some("4".into())),
        (number, "max", "3", Some(TypedValue::Null), Some(i64::MAX.into())),
        (number, "max", "three", None, Some(1.into())),
        (text, "max", "3", None, Some("1".into())),
        (text, "validator", "org.example.Check", None, Some("x".into())),
    ] {
        let field = field("f", attributes, &constraint(name, config));
        let case = format!("{name}({config}) {good:?} {bad:?}");
        assert!(outcome(&field, good).is_ok(), "{case}");
        let message = format!("Invalid value submitted for form field 'f': validation of {name}({config}) failed.");
        assert_eq!(outcome(&field, bad).unwrap_err(), message, "{case}");
    }
}

#[test]
fn a_required_field_may_have_its_value_already() {
    let extension = fields(&field("f", "type='string'", r#"<camunda:constraint name="required"/>"#));
    let mut world = run(&process(&extension), &[("f", "known".into())]);
    submit(&mut world, &[]).unwrap();
    assert_eq!(world.root("f"), Some("known".into()));
    let mut world = run(&process(&extension), &[("f", TypedValue::Null)]);
    let refused = submit(&mut world, &[]).unwrap_err().to_string();
    assert_eq!(
        refused,
        "Invalid value submitted for form field 'f': validation of required failed."
    );
}

#[test]
fn defaults_take_the_place_of_what_is_not_submitted() {
    let with_default = |default: &str| format!("type='long' defaultValue='{default}'");
    assert_eq!(
        outcome(&field("f", &with_default("7"), ""), None),
        Ok(Some(TypedValue::Long(7)))
    );
    assert_eq!(
        outcome(&field("f", &with_default("7"), ""), Some(TypedValue::Null)),
        Ok(Some(TypedValue::Null))
    );
    assert!(outcome(&field("f", &with_default("seven"), ""), None).is_err());
    assert!(outcome(&field("f", &with_default("${unknown}"), ""), None).is_err());
    let computed = field("a", "type='long'", "") + &field("f", &with_default("${a * factor}"), "");
    let mut world = run(&process(&fields(&computed)), &[("factor", 3.into())]);
    submit(&mut world, &[("a", "4".into())]).unwrap();
    assert_eq!(world.root("f"), Some(TypedValue::Long(12)));
}

#[test]
fn what_no_field_takes_is_set_as_it_is() {
    let mut world = run(&process(&fields(&field("f", "type='long'", ""))), &[]);
    submit(&mut world, &[("other", "5".into())]).unwrap();
    assert_eq!(world.root("other"), Some("5".into()));
    assert_eq!(world.root("f"), None);
    let mut world = run(&process(""), &[]);
    submit(&mut world, &[("any", 1.into())]).unwrap();
    assert_eq!((world.root("any"), world.waiting()), (Some(1.into()), vec!["v"]));
}

#[test]
fn completing_a_task_passes_its_fields_by() {
    let extension = fields(&field("f", "type='long'", r#"<camunda:constraint name="required"/>"#));
    let mut world = run(&process(&extension), &[]);
    world.complete("u", &[("f", "text".into())]).unwrap();
    assert_eq!(world.root("f"), Some("text".into()));
}

#[test]
fn the_form_of_a_delegated_task_gives_it_back() {
    let mut world = run(&process(&fields(&field("f", "type='long'", ""))), &[]);
    let task = world.token("u").id;
    let change = UserTaskChange::Delegate(Some("bob".to_owned()));
    world.give(&Command::ChangeUserTask { task, change }).unwrap();
    submit(&mut world, &[("f", "1".into())]).unwrap();
    assert_eq!(
        (world.root("f"), world.waiting()),
        (Some(TypedValue::Long(1)), vec!["u"])
    );
    submit(&mut world, &[]).unwrap();
    assert_eq!(world.waiting(), ["v"]);
}

#[test]
fn the_older_form_sets_variables_by_other_names() {
    let property = |attributes: &str| {
        format!(r#"<extensionElements><camunda:formProperty id="f" {attributes}/></extensionElements>"#)
    };
    for (attributes, given, name, expected) in [
        ("", Some(TypedValue::from("5")), "f", Some(TypedValue::from("5"))),
        ("type='long'", Some("5".into()), "f", Some(TypedValue::Long(5))),
        ("type='long'", Some("".into()), "f", None),
        (
            "type='long' variable='total'",
            Some("5".into()),
            "total",
            Some(TypedValue::Long(5)),
        ),
        (
            "type='long' expression='#{total}'",
            Some("5".into()),
            "total",
            Some(TypedValue::Long(5)),
        ),
        (
            "type='long' default='7' required='true'",
            None,
            "f",
            Some(TypedValue::Long(7)),
        ),
        ("required='no'", None, "f", None),
    ] {
        let mut world = run(&process(&property(attributes)), &[]);
        let values: Vec<_> = given.into_iter().map(|value| ("f", value)).collect();
        submit(&mut world, &values).unwrap();
        assert_eq!(world.root(name), expected, "{attributes}");
    }
    for (attributes, given, message) in [
        ("required='true'", None, "form property 'f' is required"),
        ("writable='false'", Some(1.into()), "form property 'f' is not writable"),
        (
            "expression='#{address.street}'",
            Some(1.into()),
            "form property 'f' is stored by an expression that names no variable",
        ),
        (
            "type='long'",
            Some("x".into()),
            "form field 'f': Value 'x' is not of type Long.",
        ),
    ] {
        let mut world = run(&process(&property(attributes)), &[]);
        let values: Vec<_> = given.into_iter().map(|value| ("f", value)).collect();
        assert_eq!(submit(&mut world, &values).unwrap_err().to_string(), message);
    }
}

/// A process whose start event has a form, begun with what is submitted to it.
fn begun(form: &str, business_key: Option<&str>, values: &[(&str, TypedValue)]) -> Result<Instance, Rejection> {
    let content = format!(r#"<startEvent id="s">{form}</startEvent><userTask id="u"/>"#) + &flows(&["s>u"]);
    let mut ids = CountingIds::default();
    let begin = Start {
        business_key: business_key.map(str::to_owned),
        variables: variables(values),
        form: true,
        ..Start::default()
    };
    let (id, now) = (ids.next_id(), "2026-01-31T09:30:00Z".parse().unwrap());
    let options = StepOptions::default();
    start(
        &compiled(&content),
        id,
        Arc::from("p:1:x"),
        &begin,
        now,
        &mut ids,
        &options,
    )
    .map(|(instance, _)| instance)
}

#[test]
fn a_start_form_sets_variables_and_the_business_key() {
    let content = field("amount", "type='long' defaultValue='3'", "")
        + &field("order", "type='string'", r#"<camunda:constraint name="required"/>"#)
        + &field("twice", "type='long' defaultValue='${amount * 2}'", "");
    let form = format!(
        r#"<extensionElements><camunda:formData businessKey="order">{content}</camunda:formData></extensionElements>"#
    );
    let instance = begun(
        &form,
        None,
        &[("amount", "5".into()), ("order", "o-7".into()), ("x", 1.into())],
    )
    .unwrap();
    assert_eq!(instance.business_key.as_deref(), Some("o-7"));
    let expected: Variables = variables(&[
        ("amount", TypedValue::Long(5)),
        ("order", "o-7".into()),
        ("twice", TypedValue::Long(10)),
        ("x", 1.into()),
    ]);
    assert_eq!(instance.root().unwrap().variables, expected);
    let instance = begun(&form, Some("given"), &[("order", "o-7".into())]).unwrap();
    assert_eq!(instance.business_key.as_deref(), Some("given"));
    assert_eq!(instance.root().unwrap().variables["amount"], TypedValue::Long(3));
    let refused = begun(&form, None, &[("amount", "x".into())]);
    assert!(matches!(refused, Err(Rejection::FormField { field, .. }) if field == "amount"));
}

#[test]
fn fields_show_variables_else_defaults() {
    let content = field(
        "number",
        "type='long' label='More than ${base}' defaultValue='${base + 1}'",
        "",
    ) + &field("day", "type='date'", "")
        + &field("none", "type='date'", "")
        + &field("name", "type='string' defaultValue='Ann'", "")
        + &field("sure", "type='boolean'", "");
    let world = run(
        &process(&fields(&content)),
        &[
            ("base", 4.into()),
            ("day", date("2026-02-05T00:00:00Z")),
            ("name", "Bob".into()),
        ],
    );
    let task = world.token("u").id;
    let limits = Limits::default();
    let shown = world
        .model
        .task_form_variables(&world.instance, task, world.now, &limits)
        .unwrap();
    assert_eq!(shown[0].label.as_deref(), Some("More than 4"));
    let shown: Vec<_> = shown
        .into_iter()
        .map(|variable| (variable.name, variable.type_name, variable.value))
        .collect();
    assert_eq!(
        shown,
        [
            ("number".to_owned(), "Long", TypedValue::Long(5)),
            ("day".to_owned(), "String", "05/02/2026".into()),
            ("none".to_owned(), "String", "".into()),
            ("name".to_owned(), "String", "Bob".into()),
            ("sure".to_owned(), "Boolean", TypedValue::Null),
        ]
    );
}

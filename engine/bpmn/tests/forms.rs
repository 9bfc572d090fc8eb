//! Forms whose fields stand in the model.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use flowstone_bpmn::model::{Bound, ConstraintRule, EnumValue, FieldType, FormData, NodeKind};
use flowstone_bpmn::{Limits, Parsed, Severity, parse};
use flowstone_expression::Expression;

/// A start event `s` and a user task `u` with extensions.
fn parsed(start: &str, task: &str) -> Parsed {
    let text = format!(
        "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' \
         xmlns:camunda='http://camunda.org/schema/1.0/bpmn' targetNamespace='t'><process id='p'>\
         <startEvent id='s'><extensionElements>{start}</extensionElements></startEvent>\
         <sequenceFlow id='f' sourceRef='s' targetRef='u'/>\
         <userTask id='u'><extensionElements>{task}</extensionElements></userTask></process></definitions>"
    );
    parse("file.bpmn", text.as_bytes(), &Limits::default())
}

fn forms(start: &str, task: &str) -> (FormData, FormData) {
    let parsed = parsed(start, task);
    let document = parsed.document.unwrap_or_else(|| panic!("{:#?}", parsed.diagnostics));
    let process = &document.processes[0];
    let kind = |id: &str| process.node(process.node_by_id(id).unwrap()).kind.clone();
    let (NodeKind::StartEvent(start), NodeKind::UserTask(task)) = (kind("s"), kind("u")) else {
        panic!("{process:?}");
    };
    (start.form_data, task.form_data)
}

fn source(expression: &Option<Expression>) -> Option<&str> {
    expression.as_ref().map(Expression::source)
}

/// Problems of a user task as `code element`, warnings with a question mark.
fn problems(extension: &str) -> Vec<String> {
    let found = parsed("", extension).diagnostics;
    let brief = found.iter().map(|problem| {
        let mark = if problem.severity == Severity::Warning { "?" } else { "" };
        format!("{}{mark} {}", problem.code, problem.element_ids.join(","))
    });
    brief.collect()
}

fn in_field(attributes: &str, content: &str) -> Vec<String> {
    problems(&format!(
        "<camunda:formData><camunda:formField id='f' {attributes}>{content}</camunda:formField></camunda:formData>"
    ))
}

#[test]
fn fields_are_read_in_their_order() {
    let content = "<camunda:formData businessKey='order'>\
        <camunda:formField id='order' label='Order ${x}' type='string' defaultValue='${y}'>\
          <camunda:properties><camunda:property id='rows' value='3'/></camunda:properties>\
          <camunda:validation><camunda:constraint name='required'/><camunda:constraint name='maxlength' config='9'/>\
            <camunda:constraint name='min' config='2.5'/><camunda:constraint name='max' config='7'/>\
            <camunda:constraint name='minlength' config='1'/><camunda:constraint name='readonly' config='true'/>\
          </camunda:validation></camunda:formField>\
        <camunda:formField id='kind' type='enum'><camunda:value id='a' name='A'/><camunda:value id='b'/></camunda:formField>\
        <camunda:formField id='day' type='date' datePattern='yyyy'/>\
        <camunda:formField id='number' type='long'/><camunda:formField id='sure' type='boolean'/></camunda:formData>";
    let (start, task) = forms(content, content);
    assert_eq!(start, task);
    assert_eq!(task.business_key.as_deref(), Some("order"));
    let order = &task.fields[0];
    assert_eq!(
        (source(&order.label), source(&order.default)),
        (Some("Order ${x}"), Some("${y}"))
    );
    assert_eq!(order.properties, [("rows".to_owned(), "3".to_owned())]);
    let rules: Vec<_> = order.constraints.iter().map(|constraint| &constraint.rule).collect();
    assert_eq!(
        rules,
        [
            &ConstraintRule::Required,
            &ConstraintRule::MaxLength(9),
            &ConstraintRule::Min(Bound::Fraction(2.5)),
            &ConstraintRule::Max(Bound::Whole(7)),
            &ConstraintRule::MinLength(1),
            &ConstraintRule::ReadOnly,
        ]
    );
    let value = |id: &str, name: Option<&str>| EnumValue {
        id: id.to_owned(),
        name: name.map(str::to_owned),
    };
    let types: Vec<_> = task.fields.iter().map(|field| &field.field_type).collect();
    assert_eq!(types[0], &FieldType::String);
    assert_eq!(
        types[1],
        &FieldType::Enum(vec![value("a", Some("A")), value("b", None)])
    );
    assert!(matches!(types[2], FieldType::Date(pattern) if pattern.source() == "yyyy"));
    assert_eq!(&types[3..], [&FieldType::Long, &FieldType::Boolean]);
}

#[test]
fn the_older_form_is_read_too() {
    let (_, task) = forms(
        "",
        "<camunda:formProperty id='a' type='date' required='yes' writable='off' default='${d}'/>\
         <camunda:formProperty id='b' variable='total'/><camunda:formProperty id='c' expression='#{ total }'/>",
    );
    let [a, b, c] = task.properties.as_slice() else {
        panic!("{task:?}");
    };
    assert!(matches!(&a.field_type, Some(FieldType::Date(pattern)) if pattern.source() == "dd/MM/yyyy"));
    assert_eq!(
        (a.required, a.writable, a.variable.as_deref()),
        (true, false, Some("a"))
    );
    assert_eq!(source(&a.default), Some("${d}"));
    assert_eq!(
        (b.required, b.writable, b.variable.as_deref()),
        (false, true, Some("total"))
    );
    assert_eq!((c.variable.as_deref(), &c.field_type), (Some("total"), &None));
}

#[test]
fn what_is_wrong_with_fields_is_named() {
    let none: [&str; 0] = [];
    assert_eq!(in_field("type='string'", ""), none);
    assert_eq!(in_field("", ""), ["invalid-form-field u"]);
    assert_eq!(in_field("type='money'", ""), ["invalid-form-field u"]);
    assert_eq!(in_field("type='date' datePattern='QQ'", ""), ["invalid-form-field u"]);
    assert_eq!(in_field("type='long' defaultValue='${'", ""), ["invalid-expression u"]);
    let without_id =
        "<camunda:formData><camunda:formField type='string'/><camunda:formField id='' type='x'/></camunda:formData>";
    assert_eq!(problems(without_id), ["invalid-form-field u"; 3]);
    let constraint = |attributes: &str| {
        let content = format!("<camunda:validation><camunda:constraint {attributes}/></camunda:validation>");
        in_field("type='long'", &content)
    };
    assert_eq!(constraint("name='unique'"), ["invalid-form-field u"]);
    assert_eq!(constraint(""), ["invalid-form-field u"]);
    assert_eq!(constraint("name='validator'"), ["invalid-form-field u"]);
    for unusable in [
        "name='validator' config='org.example.Check'",
        "name='min' config='low'",
        "name='max'",
        "name='max' config='NaN'",
        "name='maxlength' config='-1'",
    ] {
        assert_eq!(constraint(unusable), ["unusable-constraint? u"], "{unusable}");
    }
}

#[test]
fn what_is_wrong_with_the_older_form_is_named() {
    for (attributes, expected) in [
        ("type='string'", "invalid-form-field u"),
        ("id='f' type='money'", "invalid-form-field u"),
        ("id='f' required='maybe'", "invalid-form-field u"),
        ("id='f' readable='maybe'", "invalid-form-field u"),
        ("id='f' writable='maybe'", "invalid-form-field u"),
        ("id='f' expression='#{address.street}'", "unsupported-attribute? u"),
    ] {
        let extension = format!("<camunda:formProperty {attributes}/>");
        assert_eq!(problems(&extension), [expected], "{attributes}");
    }
}

#[test]
fn only_start_events_of_processes_have_forms() {
    let text = "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' \
         xmlns:camunda='http://camunda.org/schema/1.0/bpmn' targetNamespace='t'><process id='p'><startEvent id='s'/>\
         <sequenceFlow id='f' sourceRef='s' targetRef='b'/><subProcess id='b'><startEvent id='i'><extensionElements>\
         <camunda:formData><camunda:formField/></camunda:formData></extensionElements></startEvent></subProcess>\
         </process></definitions>";
    let parsed = parse("file.bpmn", text.as_bytes(), &Limits::default());
    assert!(parsed.document.is_some(), "{:#?}", parsed.diagnostics);
}

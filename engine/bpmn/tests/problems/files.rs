//! Whole files, and what stands where it should not.

use std::collections::BTreeSet;

use flowstone_bpmn::{CODES, Limits, parse};

use super::{check, in_definitions, in_process, of_node};

#[test]
fn definitions() {
    let sound = "<process id='p'><startEvent id='s'/></process>";
    check(&in_definitions(sound), &[]);
    check(&in_definitions(""), &["no-executable-process?"]);
    check(
        &in_definitions("<process id='p' isExecutable='false'><callActivity/></process>"),
        &["process-not-executable? p"],
    );
    check(
        &in_definitions("<process id='p' isExecutable='maybe'><startEvent id='s'/></process>"),
        &["invalid-boolean p"],
    );
    check(
        &in_definitions("<process><startEvent id='s'/></process>"),
        &["missing-id"],
    );
    check(&in_definitions("<process id='p'/>"), &["missing-start-event p"]);
    check(
        &in_definitions(&format!("{sound}{sound}")),
        &["duplicate-id p", "duplicate-id s"],
    );
    check(
        &in_definitions(&format!("{sound}<signal id='a'/>")),
        &["missing-signal-name a"],
    );
    check(
        &in_definitions(&format!("<signal id='a' name='n'/><signal id='b' name='n'/>{sound}")),
        &["duplicate-signal-name b"],
    );
    check(&in_definitions(&format!("<message name='n'/>{sound}")), &["missing-id"]);
    check(
        &in_definitions(&format!(
            "<import importType='http://www.w3.org/2001/XMLSchema'/>{sound}"
        )),
        &[],
    );
    check(
        &in_definitions(&format!("<import importType='other'/>{sound}")),
        &["unsupported-import"],
    );
    check(
        &in_definitions(&format!(
            "{sound}<import importType='http://www.w3.org/2001/XMLSchema'/>"
        )),
        &["wrong-order"],
    );
}

#[test]
fn what_is_not_executed_yet_is_refused_by_name() {
    check(&of_node("<implicitThrowEvent id='n'/>"), &["unsupported-element n"]);
    check(
        &of_node("<userTask id='n' camunda:formHandlerClass='C'/>"),
        &["unsupported-attribute n"],
    );
}

#[test]
fn what_has_no_effect_on_the_execution_is_accepted() {
    let accepted = "<laneSet id='l'><lane id='m'><flowNodeRef>s</flowNodeRef></lane></laneSet>\
         <dataObject id='d'/><textAnnotation id='a'><text>note</text></textAnnotation>\
         <association id='b' sourceRef='s' targetRef='a'/><dataStoreReference id='r'/>\
         <sequenceFlow id='f' sourceRef='s' targetRef='n'/>\
         <userTask id='n' camunda:asyncBefore='false' startQuantity='1' isForCompensation='false' camunda:unheardOf='x'>\
         <documentation>text</documentation><extensionElements><camunda:formData><camunda:formField id='x' type='string'/>\
         </camunda:formData><camunda:unheardOf/><other xmlns='urn:o'/></extensionElements><incoming>f</incoming>\
         <ioSpecification/></userTask>";
    check(&in_process(accepted), &[]);
}

#[test]
fn elements_and_attributes_that_bpmn_does_not_have_are_refused() {
    check(&in_process("<servicetask id='n'/>"), &["unknown-element n"]);
    check(&of_node("<task id='n'><timer/></task>"), &["unknown-element n"]);
    check(&of_node("<task id='n'><task id='m'/></task>"), &["unknown-element m"]);
    check(&of_node("<userTask id='n' assignee='a'/>"), &["unknown-attribute n"]);
    check(
        &of_node("<task/><task id=''/><task id='n'/>"),
        &["missing-id", "unreachable-node?", "missing-id", "unreachable-node?"],
    );
}

#[test]
fn all_problems_of_a_file_are_reported_in_the_order_of_their_places() {
    let text = "<?xml version='1.0'?>\n\
        <definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' xmlns:camunda='http://camunda.org/schema/1.0/bpmn'>\n\
        \x20 <process id='order' isExecutable='true'>\n\
        \x20   <startEvent id='start'/>\n\
        \x20   <serviceTask id='charge' camunda:type='external'/>\n\
        \x20   <sequenceFlow id='f1' sourceRef='start' targetRef='charge'/>\n\
        \x20   <sequenceFlow id='f2' sourceRef='charge' targetRef='ende'>\n\
        \x20     <conditionExpression>${amount &gt; }</conditionExpression>\n\
        \x20   </sequenceFlow>\n\
        \x20   <userTask id='approve' camunda:assignee='${'/>\n\
        \x20 </process>\n\
        </definitions>\n";
    let found = parse("order.bpmn", text.as_bytes(), &Limits::default()).diagnostics;
    let places: Vec<_> = found
        .iter()
        .map(|found| (found.line, found.column, found.code))
        .collect();
    let marked: BTreeSet<_> = found
        .iter()
        .map(|found| &text[found.span.unwrap().0..found.span.unwrap().1])
        .collect();
    assert_eq!(
        places,
        [
            (5, 5, "missing-topic"),
            (7, 57, "dangling-flow"),
            (8, 28, "invalid-expression"),
            (10, 5, "unreachable-node"),
            (10, 46, "invalid-expression"),
        ]
    );
    assert!(marked.contains("ende") && marked.contains("<serviceTask id='charge' camunda:type='external'/>"));
}

#[test]
fn codes_are_unique_and_in_kebab_case() {
    let distinct: BTreeSet<_> = CODES.iter().map(|(code, _)| code).collect();
    assert_eq!(distinct.len(), CODES.len());
    assert!(
        distinct
            .iter()
            .all(|code| code.chars().all(|letter| letter == '-' || letter.is_ascii_lowercase()))
    );
}

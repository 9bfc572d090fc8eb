//! What is caught, thrown and undone.

use super::{check, in_definitions, with_event};

#[test]
fn boundary_events_are_checked() {
    let with = |attributes: &str, definition: &str| {
        with_event(&format!(
            "<boundaryEvent id='b' {attributes}>{definition}</boundaryEvent>"
        ))
    };
    for definition in [
        "<messageEventDefinition messageRef='m'/>",
        "<signalEventDefinition signalRef='g'/>",
        "<errorEventDefinition errorRef='e'/>",
        "<errorEventDefinition/>",
        "<escalationEventDefinition/>",
        "<conditionalEventDefinition camunda:variableName='x'><condition>${x}</condition></conditionalEventDefinition>",
    ] {
        check(&with("attachedToRef='u' cancelActivity='false'", definition), &[]);
    }
    for (definition, expected) in [
        ("", "missing-event-definition b"),
        ("<messageEventDefinition/>", "missing-reference b"),
        ("<messageEventDefinition messageRef='x'/>", "unknown-message b"),
        (
            "<messageEventDefinition messageRef='nameless'/>",
            "missing-message-name b,nameless",
        ),
        ("<signalEventDefinition/>", "missing-reference b"),
        ("<signalEventDefinition signalRef='x'/>", "unknown-reference b"),
        ("<escalationEventDefinition escalationRef='x'/>", "unknown-reference b"),
        ("<timerEventDefinition/>", "missing-timer b"),
        (
            "<timerEventDefinition><timeCycle> </timeCycle></timerEventDefinition>",
            "missing-timer b",
        ),
        (
            "<timerEventDefinition><timeDate>${</timeDate></timerEventDefinition>",
            "invalid-expression b",
        ),
        ("<conditionalEventDefinition/>", "empty-condition b"),
        (
            "<conditionalEventDefinition><condition/></conditionalEventDefinition>",
            "empty-condition b",
        ),
        (
            "<conditionalEventDefinition><condition language='groovy'>x</condition></conditionalEventDefinition>",
            "foreign-implementation? b",
        ),
        (
            "<conditionalEventDefinition camunda:variableEvents='create, vanish'><condition>${x}</condition>\
             </conditionalEventDefinition>",
            "invalid-variable-events? b",
        ),
        ("<errorEventDefinition/><errorEventDefinition/>", "duplicate-catch? b"),
        (
            "<errorEventDefinition/><compensateEventDefinition/>",
            "multiple-event-definitions b",
        ),
    ] {
        check(&with("attachedToRef='u'", definition), &[expected]);
    }
    let any = "<errorEventDefinition/>";
    check(
        &with("attachedToRef='x'", any),
        &["unreachable-node? b", "invalid-attachment b"],
    );
    check(&with("attachedToRef='s'", any), &["invalid-attachment b"]);
    let flow = "<sequenceFlow id='g1' sourceRef='u' targetRef='b'/>";
    let boundary = format!("<boundaryEvent id='b' attachedToRef='u'>{any}</boundaryEvent>");
    check(
        &with_event(&format!("{boundary}{flow}")),
        &["boundary-event-incoming g1,b"],
    );
    let twice = format!("{boundary}{}", boundary.replace("'b'", "'b2'"));
    check(&with_event(&twice), &["duplicate-catch? b2"]);
    let all = "<boundaryEvent id='b' attachedToRef='u'><escalationEventDefinition/></boundaryEvent>";
    let late = "<boundaryEvent id='c' attachedToRef='u'><escalationEventDefinition escalationRef='l'/></boundaryEvent>";
    check(&with_event(&format!("{all}{late}")), &["ambiguous-catch c"]);
    let receive = "<receiveTask id='r'/><sequenceFlow id='g2' sourceRef='u' targetRef='r'/>\
                   <boundaryEvent id='b' attachedToRef='r'><escalationEventDefinition/></boundaryEvent>";
    check(&with_event(receive), &["invalid-attachment b"]);
}

#[test]
fn event_sub_processes_are_checked() {
    let with = |starts: &str| {
        with_event(&format!(
            "<subProcess id='x' triggeredByEvent='true'>{starts}</subProcess>"
        ))
    };
    let start = |id: &str| format!("<startEvent id='{id}'><errorEventDefinition/></startEvent>");
    check(&with(&start("a")), &[]);
    check(&with(""), &["missing-start-event x"]);
    check(&with("<startEvent id='a'/>"), &["missing-event-definition a"]);
    check(
        &with(&(start("a") + "<startEvent id='b'><signalEventDefinition signalRef='g'/></startEvent>")),
        &["multiple-start-events b,x"],
    );
    let flow = "<sequenceFlow id='g1' sourceRef='u' targetRef='x'/>";
    let sub_process = format!("<subProcess id='x' triggeredByEvent='true'>{}</subProcess>", start("a"));
    check(
        &with_event(&format!("{sub_process}{flow}")),
        &["event-sub-process-flow g1,x"],
    );
    let twice = format!(
        "{sub_process}{}",
        sub_process.replace("'x'", "'y'").replace("'a'", "'b'")
    );
    check(&with_event(&twice), &["duplicate-catch? b"]);
}

#[test]
fn thrown_errors_and_escalations_are_checked() {
    let end = |definition: &str| {
        with_event(&format!(
            "<endEvent id='n'>{definition}</endEvent><sequenceFlow id='g1' sourceRef='u' targetRef='n'/>"
        ))
    };
    check(&end("<errorEventDefinition errorRef='e'/>"), &[]);
    check(&end("<errorEventDefinition errorRef='a-code'/>"), &[]);
    check(&end("<escalationEventDefinition escalationRef='l'/>"), &[]);
    check(&end("<errorEventDefinition/>"), &["missing-reference n"]);
    check(&end("<errorEventDefinition errorRef='codeless'/>"), &["missing-code n"]);
    check(
        &end("<escalationEventDefinition escalationRef='x'/>"),
        &["unknown-reference n"],
    );
    let caught = "<intermediateCatchEvent id='n'><errorEventDefinition/></intermediateCatchEvent>\
                  <sequenceFlow id='g1' sourceRef='u' targetRef='n'/>";
    check(&with_event(caught), &["event-definition-not-allowed n"]);
}

#[test]
fn compensation_and_cancellation_are_checked() {
    let with = |content: &str| in_definitions(&format!("<process id='p'><startEvent id='s'/>{content}</process>"));
    let flow = "<sequenceFlow id='f' sourceRef='s' targetRef='n'/>";
    let boundary = "<boundaryEvent id='b' attachedToRef='n'><compensateEventDefinition/></boundaryEvent>";
    let handler = "<task id='h' isForCompensation='true'/>";
    let association = "<association id='a' sourceRef='b' targetRef='h'/>";
    check(
        &with(&format!("<task id='n'/>{flow}{boundary}{handler}{association}")),
        &[],
    );
    check(
        &with(&format!("<task id='n'/>{flow}{boundary}{handler}")),
        &["invalid-compensation? b"],
    );
    let second = boundary.replace("'b'", "'c'") + &association.replace("'b'", "'c'").replace("'a'", "'d'");
    check(
        &with(&format!("<task id='n'/>{flow}{boundary}{handler}{association}{second}")),
        &["invalid-compensation c"],
    );
    let throw = "<intermediateThrowEvent id='n'><compensateEventDefinition activityRef='x'/></intermediateThrowEvent>";
    check(&with(&format!("{throw}{flow}")), &["invalid-compensation n"]);
    let start = "<subProcess id='e' triggeredByEvent='true'><startEvent id='es'><compensateEventDefinition/></startEvent></subProcess>";
    check(&with(start), &["invalid-compensation es"]);
    let end = "<endEvent id='n'><cancelEventDefinition/></endEvent>";
    check(&with(&format!("{end}{flow}")), &["invalid-cancel n"]);
    let transaction = "<transaction id='n'><startEvent id='i'/><endEvent id='c'><cancelEventDefinition/></endEvent>\
                       <sequenceFlow id='g' sourceRef='i' targetRef='c'/></transaction>\
                       <boundaryEvent id='b' attachedToRef='n'><cancelEventDefinition/></boundaryEvent>";
    check(&with(&format!("{transaction}{flow}")), &[]);
    let misplaced = "<task id='n'/><boundaryEvent id='b' attachedToRef='n'><cancelEventDefinition/></boundaryEvent>";
    check(&with(&format!("{misplaced}{flow}")), &["invalid-cancel b"]);
}

#[test]
fn thrown_signals_are_checked() {
    let end = |definition: &str| {
        with_event(&format!(
            "<endEvent id='n'>{definition}</endEvent><sequenceFlow id='g1' sourceRef='u' targetRef='n'/>"
        ))
    };
    check(&end("<signalEventDefinition signalRef='g'/>"), &[]);
    check(&end("<signalEventDefinition/>"), &["missing-reference n"]);
    check(&end("<signalEventDefinition signalRef='x'/>"), &["unknown-reference n"]);
    check(
        &end("<signalEventDefinition signalRef='g' camunda:async='yes'/>"),
        &["invalid-boolean n"],
    );
}

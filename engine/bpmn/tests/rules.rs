//! What must not stand together in a process, and what may.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use flowstone_bpmn::{Limits, Severity, parse, parse_deployed};

/// The problems of a process, as `code ids`; what only warns has a question mark.
fn problems(definitions: &str, content: &str) -> Vec<String> {
    let text = format!(
        "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' \
         xmlns:camunda='http://camunda.org/schema/1.0/bpmn' targetNamespace='test'><message id='m' name='paid'/>\
         <message id='m2' name='paid'/><message id='o' name='other'/><signal id='g' name='alarm'/>{definitions}\
         <process id='p'>{content}</process></definitions>"
    );
    let found = parse("file.bpmn", text.as_bytes(), &Limits::default()).diagnostics;
    let marked = |severity| if severity == Severity::Warning { "?" } else { "" };
    (found.iter().filter(|found| found.code != "unreachable-node"))
        .map(|found| {
            format!(
                "{}{} {}",
                found.code,
                marked(found.severity),
                found.element_ids.join(",")
            )
        })
        .collect()
}

/// A process that begins at `s`.
fn process(content: &str) -> Vec<String> {
    problems("", &format!("<startEvent id='s'/>{content}"))
}

fn boundary(id: &str, activity: &str, definition: &str) -> String {
    format!("<boundaryEvent id='{id}' attachedToRef='{activity}'>{definition}</boundaryEvent>")
}

fn event_sub_process(id: &str, attributes: &str, definition: &str) -> String {
    format!(
        "<subProcess id='{id}' triggeredByEvent='true'><startEvent id='{id}s' {attributes}>{definition}</startEvent></subProcess>"
    )
}

const PAID: &str = "<messageEventDefinition messageRef='m'/>";
const PAID_TOO: &str = "<messageEventDefinition messageRef='m2'/>";
const OTHER: &str = "<messageEventDefinition messageRef='o'/>";
const ALARM: &str = "<signalEventDefinition signalRef='g'/>";
const TIMER: &str = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>";
const UNDO: &str = "<compensateEventDefinition/>";
const CANCEL: &str = "<cancelEventDefinition/>";

#[test]
fn a_process_begins_by_itself_at_one_place() {
    let start = |id: &str, definition: &str| format!("<startEvent id='{id}'>{definition}</startEvent>");
    for (other, expected) in [
        (TIMER, &["multiple-start-events b,p"][..]),
        ("", &["multiple-start-events b,p"]),
        (PAID, &[]),
        (ALARM, &[]),
    ] {
        assert_eq!(
            problems("", &(start("a", "") + &start("b", other))),
            expected,
            "{other}"
        );
        let of_timer = problems("", &(start("a", TIMER) + &start("b", other)));
        assert_eq!(of_timer, expected, "a timer and {other}");
    }
    let condition = "<conditionalEventDefinition><condition>${x}</condition></conditionalEventDefinition>";
    for (definition, expected) in [
        (ALARM, "duplicate-subscription b"),
        (condition, "duplicate-subscription b"),
    ] {
        assert_eq!(
            problems("", &(start("a", definition) + &start("b", definition))),
            [expected]
        );
    }
}

#[test]
fn one_place_waits_for_a_message_or_signal_once() {
    let task = "<userTask id='u'/>";
    let repeated = "<receiveTask id='u' messageRef='m'><multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>\
                    </multiInstanceLoopCharacteristics></receiveTask>";
    let awaiting = "<receiveTask id='u' messageRef='m'/>";
    for (content, expected) in [
        (
            format!("{task}{}{}", boundary("a", "u", PAID), boundary("b", "u", PAID_TOO)),
            &["duplicate-subscription b"][..],
        ),
        (
            format!("{task}{}{}", boundary("a", "u", PAID), boundary("b", "u", OTHER)),
            &[],
        ),
        (
            format!("{task}{}{}", boundary("a", "u", ALARM), boundary("b", "u", ALARM)),
            &["duplicate-subscription b"],
        ),
        (
            format!("{awaiting}{}", boundary("a", "u", PAID)),
            &["duplicate-subscription a"],
        ),
        (format!("{repeated}{}", boundary("a", "u", PAID)), &[]),
        (
            event_sub_process("x", "", PAID) + &event_sub_process("y", "", PAID_TOO),
            &["duplicate-subscription ys"],
        ),
        (
            format!(
                "<subProcess id='q'><startEvent id='qs'/>{}</subProcess>{}",
                event_sub_process("x", "", PAID),
                boundary("b", "q", PAID)
            ),
            &[],
        ),
        (
            format!(
                "<eventBasedGateway id='w'/><intermediateCatchEvent id='a'>{ALARM}</intermediateCatchEvent>\
                 <intermediateCatchEvent id='b'>{ALARM}</intermediateCatchEvent>\
                 <sequenceFlow id='f' sourceRef='w' targetRef='a'/><sequenceFlow id='h' sourceRef='w' targetRef='b'/>"
            ),
            &["duplicate-subscription b"],
        ),
    ] {
        assert_eq!(process(&content), expected, "{content}");
    }
}

#[test]
fn a_transaction_has_one_cancel_event() {
    let content = format!(
        "<transaction id='t'><startEvent id='ts'/></transaction>{}{}",
        boundary("a", "t", CANCEL),
        boundary("b", "t", CANCEL)
    );
    assert_eq!(process(&content), ["invalid-cancel b"]);
}

#[test]
fn an_activity_is_undone_in_one_way() {
    let sub_process = |inside: &str| format!("<subProcess id='q'><startEvent id='qs'/>{inside}</subProcess>");
    let handler = "<task id='h' isForCompensation='true'/><association id='as' sourceRef='b' targetRef='h'/>";
    let own = event_sub_process("x", "", UNDO);
    for (content, expected) in [
        (sub_process(&own), &[][..]),
        (
            sub_process(&(own.clone() + &event_sub_process("y", "", UNDO))),
            &["invalid-compensation ys"],
        ),
        (
            sub_process(&own) + &boundary("b", "q", UNDO) + handler,
            &["invalid-compensation b"],
        ),
        (
            sub_process("") + &boundary("b", "q", UNDO) + &handler.replace("isForCompensation='true'", ""),
            &["invalid-compensation b"],
        ),
        (
            sub_process("")
                + &boundary("b", "q", UNDO)
                + handler
                + "<sequenceFlow id='f' sourceRef='q' targetRef='h'/>",
            &["compensation-flow f,h"],
        ),
        (
            sub_process("")
                + &boundary("b", "q", UNDO)
                + handler
                + "<sequenceFlow id='f' sourceRef='h' targetRef='q'/>",
            &["compensation-flow f,h"],
        ),
    ] {
        assert_eq!(process(&content), expected, "{content}");
    }
}

#[test]
fn what_is_undone_stands_beside_the_event_or_around_its_event_sub_process() {
    let throw = "<intermediateThrowEvent id='t'><compensateEventDefinition activityRef='u'/></intermediateThrowEvent>";
    let task = "<userTask id='u'/>";
    let in_sub_process = |content: &str| format!("<subProcess id='q'><startEvent id='qs'/>{content}</subProcess>");
    let in_event_sub_process = |content: &str| {
        format!(
            "<subProcess id='x' triggeredByEvent='true'><startEvent id='xs'>{ALARM}</startEvent>{content}</subProcess>"
        )
    };
    for (content, expected) in [
        (format!("{task}{throw}"), &[][..]),
        (in_event_sub_process(throw) + task, &[]),
        (in_sub_process(throw) + task, &["invalid-compensation t"]),
        (in_sub_process(task) + throw, &["invalid-compensation t"]),
    ] {
        assert_eq!(process(&content), expected, "{content}");
    }
}

#[test]
fn errors_interrupt_and_have_codes() {
    let error = "<errorEventDefinition errorRef='e'/>";
    assert_eq!(
        process(&event_sub_process(
            "x",
            "isInterrupting='false'",
            "<errorEventDefinition/>"
        )),
        ["not-interrupting xs"]
    );
    let start = format!("<startEvent id='s'/><userTask id='u'/>{}", boundary("b", "u", error));
    assert_eq!(problems("<error id='e'/>", &start), [""; 0]);
    assert_eq!(problems("<error id='e' errorCode=''/>", &start), ["missing-code e"]);
    assert_eq!(
        problems("<error errorCode='1'/>", "<startEvent id='s'/>"),
        ["missing-id "]
    );
}

#[test]
fn repetitions_say_all_that_they_need() {
    let with = |attributes: &str, content: &str| {
        process(&format!(
            "<userTask id='u'><multiInstanceLoopCharacteristics {attributes}>{content}</multiInstanceLoopCharacteristics></userTask>"
        ))
    };
    let three = "<loopCardinality>3</loopCardinality>";
    assert_eq!(with("", three), [""; 0]);
    for (attributes, content) in [
        ("camunda:elementVariable='x'", three.to_owned()),
        ("camunda:collection='x'", "<loopCardinality/>".to_owned()),
        ("", format!("{three}<completionCondition/>")),
    ] {
        assert_eq!(
            with(attributes, &content),
            ["missing-cardinality u"],
            "{attributes} {content}"
        );
    }
    let mapped = "<extensionElements><camunda:inputOutput><camunda:outputParameter name='a'>b</camunda:outputParameter>\
                  </camunda:inputOutput></extensionElements>";
    let content = format!(
        "<userTask id='u'>{mapped}<multiInstanceLoopCharacteristics>{three}</multiInstanceLoopCharacteristics></userTask>"
    );
    assert_eq!(process(&content), ["input-output-not-allowed u"]);
}

#[test]
fn flows_that_jobs_take_have_ids() {
    let flow = "<sequenceFlow sourceRef='u' targetRef='v'/><userTask id='v'/>";
    assert_eq!(process(&format!("<userTask id='u'/>{flow}")), [""; 0]);
    assert_eq!(
        process(&format!("<userTask id='u' camunda:asyncAfter='true'/>{flow}")),
        ["missing-id u"]
    );
}

#[test]
fn conditions_are_formal_expressions() {
    let with = |kind: &str| {
        process(&format!(
            "<sequenceFlow id='f' sourceRef='s' targetRef='u'><conditionExpression xsi:type='{kind}'>${{x}}\
             </conditionExpression></sequenceFlow><userTask id='u'/>"
        ))
    };
    assert_eq!(with("bpmn:tFormalExpression"), [""; 0]);
    assert_eq!(with("tExpression"), ["invalid-type f"]);
}

#[test]
fn associations_connect_what_exists() {
    let with = |target: &str| {
        let note = "<textAnnotation id='n'><text>note</text></textAnnotation>";
        process(&format!(
            "{note}<association id='a' sourceRef='s' targetRef='{target}'/>"
        ))
    };
    assert_eq!(with("n"), [""; 0]);
    assert_eq!(with("nowhere"), ["dangling-association "]);
}

#[test]
fn lanes_hold_what_exists() {
    let with = |node: &str| {
        process(&format!(
            "<laneSet id='l'><lane id='lane'><flowNodeRef> {node} </flowNodeRef></lane></laneSet>"
        ))
    };
    assert_eq!(with("s"), [""; 0]);
    assert_eq!(with("nowhere"), ["dangling-lane "]);
}

#[test]
fn event_definitions_and_loops_have_their_own_attributes_only() {
    let with = |definition: &str| process(&format!("<userTask id='u'/>{}", boundary("b", "u", definition)));
    let timer = |attributes: &str, further: &str| {
        format!("<timerEventDefinition {attributes}><timeDuration>PT1H</timeDuration>{further}</timerEventDefinition>")
    };
    assert_eq!(with(&timer("id='d' camunda:more='x'", "")), [""; 0]);
    assert_eq!(with(&timer("more='x'", "")), ["unknown-attribute b"]);
    assert_eq!(with(&timer("", "<timeDate>2026-01-01</timeDate>")), ["missing-timer b"]);
    let repeated = "<userTask id='u'><multiInstanceLoopCharacteristics collection='x'><loopCardinality>2</loopCardinality>\
                    </multiInstanceLoopCharacteristics></userTask>";
    assert_eq!(process(repeated), ["unknown-attribute u"]);
}

#[test]
fn events_behind_a_gateway_are_reached_through_it() {
    let behind = |definition: &str, flow: &str| {
        process(&format!(
            "<userTask id='u'/><eventBasedGateway id='w'/><intermediateCatchEvent id='a'>{definition}</intermediateCatchEvent>\
             <sequenceFlow id='f' sourceRef='w' targetRef='a'/>{flow}"
        ))
    };
    assert_eq!(behind(ALARM, ""), [""; 0]);
    assert_eq!(
        behind(ALARM, "<sequenceFlow id='h' sourceRef='u' targetRef='a'/>"),
        ["event-gateway-incoming h,a"]
    );
    assert_eq!(behind("<linkEventDefinition name='l'/>", ""), ["invalid-link a"]);
}

#[test]
fn ids_are_names() {
    for (id, sound) in [
        ("a-b.c_1", true),
        ("_1", true),
        ("1a", false),
        ("a b", false),
        ("a:b", false),
    ] {
        let expected = if sound {
            vec![]
        } else {
            vec![format!("invalid-id {id}")]
        };
        assert_eq!(process(&format!("<userTask id='{id}'/>")), expected, "{id}");
    }
    let long = "p".repeat(256);
    let text = format!(
        "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process id='{long}'><startEvent id='s'/></process></definitions>"
    );
    let found = parse("file.bpmn", text.as_bytes(), &Limits::default()).diagnostics;
    assert_eq!(found[0].code, "invalid-id");
}

#[test]
fn a_user_task_has_one_performer() {
    let performer = "<humanPerformer><resourceAssignmentExpression><formalExpression>a</formalExpression>\
                     </resourceAssignmentExpression></humanPerformer>";
    assert_eq!(process(&format!("<userTask id='u'>{performer}</userTask>")), [""; 0]);
    assert_eq!(
        process(&format!("<userTask id='u'>{performer}{performer}</userTask>")),
        ["duplicate-performer u"]
    );
}

#[test]
fn what_was_deployed_before_a_rule_came_is_still_read() {
    let file = |content: &str| {
        format!(
            "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' targetNamespace='test'>\
             <signal id='g' name='alarm'/><process id='p'><startEvent id='s'/>{content}</process></definitions>"
        )
    };
    let waits = ["a", "b"].map(|id| format!("<startEvent id='{id}'>{ALARM}</startEvent>"));
    let (name, limits) = ("file.bpmn", Limits::default());
    let twice = file(&waits.concat());
    assert!(parse(name, twice.as_bytes(), &limits).document.is_none());
    let document = parse_deployed(name, twice.as_bytes(), &limits).unwrap();
    assert_eq!(document.processes[0].indexed_nodes().count(), 3);
    // What a part is missing of is no model.
    let dangling = file("<sequenceFlow id='f' sourceRef='s' targetRef='nowhere'/>");
    for unreadable in [dangling.as_str(), "<definitions", ""] {
        assert!(
            parse_deployed(name, unreadable.as_bytes(), &limits).is_none(),
            "{unreadable}"
        );
    }
}

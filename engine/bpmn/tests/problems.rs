//! Each problem of a model is reported under its code, with the elements at fault.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use flowstone_bpmn::{CODES, Diagnostic, Limits, Severity, parse};

const HEAD: &str = "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' \
                    xmlns:camunda='http://camunda.org/schema/1.0/bpmn' targetNamespace='test'>";

/// The problems of what stands in `definitions`.
fn in_definitions(content: &str) -> Vec<Diagnostic> {
    let text = format!("{HEAD}{content}</definitions>");
    let parsed = parse("file.bpmn", text.as_bytes(), &Limits::default());
    assert_eq!(
        parsed.document.is_none(),
        parsed.diagnostics.iter().any(Diagnostic::is_error)
    );
    for found in &parsed.diagnostics {
        assert!(
            CODES.iter().any(|(code, _)| *code == found.code),
            "{} is not documented",
            found.code
        );
        assert!(!found.message.is_empty() && !found.advice.is_empty());
    }
    parsed.diagnostics
}

/// The problems of a process: what stands in it, beside a start event `s`.
fn in_process(content: &str) -> Vec<Diagnostic> {
    in_definitions(&format!("<process id='p'><startEvent id='s'/>{content}</process>"))
}

/// The problems of a node `n` that the start event leads to.
fn of_node(node: &str) -> Vec<Diagnostic> {
    in_process(&format!("<sequenceFlow id='f' sourceRef='s' targetRef='n'/>{node}"))
}

/// Problems as `code id,id`, warnings with a question mark.
fn brief(found: &[Diagnostic]) -> Vec<String> {
    found
        .iter()
        .map(|found| {
            let mark = if found.severity == Severity::Warning { "?" } else { "" };
            format!("{}{mark} {}", found.code, found.element_ids.join(","))
                .trim_end()
                .to_owned()
        })
        .collect()
}

#[track_caller]
fn check(found: &[Diagnostic], expected: &[&str]) {
    assert_eq!(brief(found), expected, "{found:#?}");
}

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
fn process_attributes() {
    let with =
        |attributes: &str| in_definitions(&format!("<process id='p' {attributes}><startEvent id='s'/></process>"));
    check(&with("isClosed='false' processType='None' name='n'"), &[]);
    check(&with("versionTag='1'"), &["unknown-attribute p"]);
    for sound in ["5", "P5D", ""] {
        check(&with(&format!("camunda:historyTimeToLive='{sound}'")), &[]);
    }
    for invalid in ["soon", "-1", "P1M", "5.5"] {
        check(
            &with(&format!("camunda:historyTimeToLive='{invalid}'")),
            &["invalid-history-time-to-live p"],
        );
    }
    check(&with("camunda:taskPriority='high'"), &["invalid-number p"]);
    check(&with("camunda:candidateStarterUsers='a,${'"), &["invalid-expression p"]);
}

#[test]
fn start_events() {
    check(&in_process("<startEvent id='t'/>"), &["multiple-start-events t,p"]);
    check(&of_node("<subProcess id='n'/>"), &["missing-start-event n"]);
    check(
        &of_node("<subProcess id='n'><startEvent id='a'/><startEvent id='b'/></subProcess>"),
        &["multiple-start-events b,n"],
    );
    check(
        &of_node("<subProcess id='n'><startEvent id='a'><timerEventDefinition/></startEvent></subProcess>"),
        &["start-event-definition a"],
    );
    check(
        &in_process(
            "<task id='t'/><sequenceFlow sourceRef='s' targetRef='t'/><sequenceFlow id='f' sourceRef='t' targetRef='s'/>",
        ),
        &["start-event-incoming f,s"],
    );
    check(
        &in_definitions("<process id='p'><startEvent id='s' camunda:formKey='k' camunda:initiator='i'/></process>"),
        &[],
    );
}

#[test]
fn sequence_flows() {
    check(
        &in_process("<sequenceFlow id='f' sourceRef='s'/>"),
        &["missing-flow-end f"],
    );
    check(
        &in_process("<sequenceFlow targetRef='s'/>"),
        &["missing-flow-end", "start-event-incoming s"],
    );
    check(
        &in_process("<sequenceFlow id='f' sourceRef='s' targetRef='nowhere'/>"),
        &["dangling-flow f"],
    );
    check(
        &in_process("<sequenceFlow sourceRef='nobody' targetRef='nowhere'/>"),
        &["dangling-flow nobody"; 2],
    );
    check(
        &of_node("<endEvent id='n'/><task id='t'/><sequenceFlow id='g' sourceRef='n' targetRef='t'/>"),
        &["end-event-outgoing g,n"],
    );
    let inside = "<subProcess id='n'><startEvent id='a'/><task id='t'/>";
    check(
        &of_node(&format!(
            "{inside}</subProcess><sequenceFlow id='g' sourceRef='n' targetRef='t'/>"
        )),
        &["flow-crosses-scope g,t"],
    );
    check(
        &of_node(&format!(
            "{inside}<sequenceFlow id='g' sourceRef='a' targetRef='n'/></subProcess>"
        )),
        &["unreachable-node? t", "flow-crosses-scope g,n"],
    );
    check(&in_process("<task id='t'/>"), &["unreachable-node? t"]);
    check(&of_node("<task id='n' default='f'/>"), &["unknown-default-flow n"]);
}

#[test]
fn conditions() {
    let with = |condition: &str| {
        in_process(&format!(
            "<sequenceFlow id='f' sourceRef='s' targetRef='n'>{condition}</sequenceFlow><task id='n'/>"
        ))
    };
    check(&with("<conditionExpression>${true}</conditionExpression>"), &[]);
    check(
        &with("<conditionExpression language='juel'><![CDATA[${a > 1}]]></conditionExpression>"),
        &[],
    );
    check(&with("<conditionExpression/>"), &["empty-condition f"]);
    check(
        &with("<conditionExpression>${a >}</conditionExpression>"),
        &["invalid-expression f"],
    );
    check(
        &with("<conditionExpression language='groovy'>a</conditionExpression>"),
        &["foreign-implementation? f"],
    );
    check(
        &with("<conditionExpression language='javascript' camunda:resource='a.js'/>"),
        &["foreign-implementation? f"],
    );
}

#[test]
fn exclusive_gateways() {
    let with = |attributes: &str, flows: &str| {
        of_node(&format!(
            "<exclusiveGateway id='n' {attributes}/><task id='t'/><task id='u'/>{flows}"
        ))
    };
    let flow = |id: &str, target: &str, condition: &str| {
        let condition = match condition {
            "" => String::new(),
            text => format!("<conditionExpression>{text}</conditionExpression>"),
        };
        format!("<sequenceFlow id='{id}' sourceRef='n' targetRef='{target}'>{condition}</sequenceFlow>")
    };
    let to_both = |one: &str, other: &str| flow("x", "t", one) + &flow("y", "u", other);
    check(&of_node("<exclusiveGateway id='n'/>"), &["gateway-without-outgoing n"]);
    check(&with("default='y'", &to_both("${a}", "")), &[]);
    check(&with("", &to_both("${a}", "${b}")), &[]);
    check(&with("", &to_both("${a}", "")), &["gateway-unconditional-flow? y,n"]);
    check(
        &with("", &to_both("", "")),
        &["gateway-unconditional-flow x,n", "gateway-unconditional-flow y,n"],
    );
    check(
        &with("default='y'", &to_both("", "")),
        &["gateway-unconditional-flow x,n"],
    );
    check(
        &with("default='y'", &to_both("${a}", "${b}")),
        &["default-flow-condition y,n"],
    );
    check(
        &of_node(&format!(
            "<exclusiveGateway id='n'/><task id='t'/>{}",
            flow("x", "t", "${a}")
        )),
        &["gateway-single-condition x,n"],
    );
}

#[test]
fn external_tasks() {
    for task in ["serviceTask", "sendTask", "businessRuleTask"] {
        let with = |attributes: &str| of_node(&format!("<{task} id='n' {attributes}/>"));
        check(&with("camunda:type='external' camunda:topic='t'"), &[]);
        check(
            &with("camunda:type='external' camunda:topic='t' camunda:taskPriority='${p}'"),
            &[],
        );
        check(
            &with("camunda:type='external' camunda:topic='t' camunda:taskPriority='high'"),
            &["invalid-number n"],
        );
        check(&with("camunda:type='external'"), &["missing-topic n"]);
        check(
            &with("camunda:type='external' camunda:topic='${'"),
            &["invalid-expression n"],
        );
        check(&with(""), &["missing-implementation n"]);
        check(&with("camunda:expression='${e}' camunda:resultVariable='r'"), &[]);
        check(&with("camunda:expression='${'"), &["invalid-expression n"]);
        check(&with("camunda:type='mail'"), &["unsupported-attribute n"]);
        for java in ["class='C'", "delegateExpression='${d}'"] {
            check(&with(&format!("camunda:{java}")), &["foreign-implementation? n"]);
        }
    }
    check(
        &of_node("<serviceTask id='n' camunda:decisionRef='d'/>"),
        &["unsupported-attribute n"],
    );
    let decision = |attributes: &str| {
        of_node(&format!(
            "<businessRuleTask id='n' camunda:decisionRef='d' {attributes}/>"
        ))
    };
    check(&decision("camunda:mapDecisionResult='singleEntry'"), &[]);
    check(&decision("camunda:mapDecisionResult='best'"), &["invalid-mapping n"]);
    check(
        &decision("camunda:decisionRefBinding='version'"),
        &["invalid-binding n"],
    );
    check(&decision("camunda:decisionRefBinding='tag'"), &["invalid-binding n"]);
    let connector = "<extensionElements><camunda:connector/></extensionElements>";
    check(
        &of_node(&format!("<serviceTask id='n'>{connector}</serviceTask>")),
        &["unsupported-element n"],
    );
}

#[test]
fn message_events_and_receive_tasks() {
    for event in ["endEvent", "intermediateThrowEvent"] {
        let with = |attributes: &str| {
            of_node(&format!(
                "<{event} id='n'><messageEventDefinition {attributes}/></{event}>"
            ))
        };
        check(&with(""), &[]);
        check(&with("camunda:type='external' camunda:topic='t'"), &[]);
        check(&with("camunda:type='external'"), &["missing-topic n"]);
        check(&with("camunda:class='C'"), &["foreign-implementation? n"]);
        check(&with("messageRef='m'"), &["unknown-message? n"]);
    }
    let receive = |message: &str, reference: &str| {
        in_definitions(&format!(
            "{message}<process id='p'><startEvent id='s'/><sequenceFlow sourceRef='s' targetRef='n'/>\
             <receiveTask id='n' {reference}/></process>"
        ))
    };
    check(&receive("", ""), &[]);
    check(&receive("<message id='m' name='a ${b}'/>", "messageRef='tns:m'"), &[]);
    check(&receive("", "messageRef='m'"), &["unknown-message n"]);
    check(
        &receive("<message id='m'/>", "messageRef='m'"),
        &["missing-message-name n,m"],
    );
    let both = "<terminateEventDefinition/><messageEventDefinition/>";
    check(&of_node(&format!("<endEvent id='n'>{both}</endEvent>")), &[]);
    let two_ends = "<terminateEventDefinition/><compensateEventDefinition/>";
    check(
        &of_node(&format!("<endEvent id='n'>{two_ends}</endEvent>")),
        &["multiple-event-definitions n"],
    );
    let nowhere = "<eventDefinitionRef>nowhere</eventDefinitionRef>";
    check(
        &of_node(&format!("<endEvent id='n'>{nowhere}</endEvent>")),
        &["unknown-reference n"],
    );
}

#[test]
fn user_tasks() {
    let with = |attributes: &str| of_node(&format!("<userTask id='n' {attributes}/>"));
    check(
        &with("camunda:assignee='${a}' camunda:candidateUsers='a, ${b.of(1,2)}' camunda:formKey='f'"),
        &[],
    );
    check(&with("camunda:assignee='${currentUser('"), &["invalid-expression n"]);
    check(&with("camunda:candidateGroups='a,${,b'"), &["invalid-expression n"]);
    check(&with("name='a ${'"), &["invalid-expression n"]);
    check(&with("camunda:formRef='f' camunda:formRefBinding='latest'"), &[]);
    check(
        &with("camunda:formRef='f' camunda:formRefBinding='version' camunda:formRefVersion='2'"),
        &[],
    );
    check(
        &with("camunda:formRef='f' camunda:formRefBinding='version'"),
        &["invalid-form n"],
    );
    check(
        &with("camunda:formRef='f' camunda:formRefBinding='other'"),
        &["invalid-form n"],
    );
    check(&with("camunda:formRef='f'"), &["invalid-form n"]);
    check(
        &with("camunda:formKey='k' camunda:formRef='f' camunda:formRefBinding='latest'"),
        &["invalid-form n"],
    );
}

#[test]
fn input_and_output_parameters() {
    let on = |element: &str, parameters: &str| {
        of_node(&format!(
            "<{element} id='n'><extensionElements><camunda:inputOutput>{parameters}</camunda:inputOutput>\
             </extensionElements></{element}>"
        ))
    };
    let input = "<camunda:inputParameter name='a'>${b}</camunda:inputParameter>";
    let output = "<camunda:outputParameter name='a'>b</camunda:outputParameter>";
    check(&on("task", &format!("{input}{output}")), &[]);
    check(&on("endEvent", input), &[]);
    check(&on("endEvent", output), &["input-output-not-allowed n"]);
    check(&on("parallelGateway", input), &["input-output-not-allowed n"]);
    check(
        &on("task", "<camunda:inputParameter>a</camunda:inputParameter>"),
        &["invalid-parameter n"],
    );
    let nested = |value: &str| {
        on(
            "task",
            &format!("<camunda:inputParameter name='a'>{value}</camunda:inputParameter>"),
        )
    };
    check(
        &nested("<camunda:list><camunda:value>1</camunda:value><camunda:map/></camunda:list>"),
        &[],
    );
    check(
        &nested("<camunda:map><camunda:entry key='k'>v</camunda:entry></camunda:map>"),
        &[],
    );
    check(
        &nested("<camunda:map><camunda:entry>v</camunda:entry></camunda:map>"),
        &["invalid-parameter n"],
    );
    check(
        &nested("<camunda:list><camunda:value>${</camunda:value></camunda:list>"),
        &["invalid-expression n"],
    );
    check(
        &nested("<camunda:script scriptFormat='javascript'>1 + 1</camunda:script>"),
        &[],
    );
    check(
        &nested("<camunda:script scriptFormat='javascript'>1 +</camunda:script>"),
        &["invalid-expression n"],
    );
    check(&nested("<camunda:script>1</camunda:script>"), &["missing-script n"]);
    check(
        &nested("<camunda:script scriptFormat='groovy'>1</camunda:script>"),
        &["foreign-implementation? n"],
    );
    check(&nested("<camunda:other/>"), &["invalid-parameter n"]);
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
fn repetitions_and_quantities_are_checked() {
    for (element, expected) in [
        (
            "<task id='n'><standardLoopCharacteristics/></task>",
            "missing-cardinality n",
        ),
        (
            "<task id='n'><standardLoopCharacteristics loopMaximum='-1'/></task>",
            "invalid-number n",
        ),
        (
            "<task id='n'><standardLoopCharacteristics testBefore='yes' loopMaximum='2'/></task>",
            "invalid-boolean n",
        ),
        (
            "<task id='n'><multiInstanceLoopCharacteristics behavior='None'><loopCardinality>2</loopCardinality>\
             </multiInstanceLoopCharacteristics></task>",
            "invalid-choice n",
        ),
        (
            "<task id='n'><multiInstanceLoopCharacteristics behavior='One' oneBehaviorEventRef='x'>\
             <loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics></task>",
            "unknown-reference n",
        ),
        ("<task id='n' startQuantity='0'/>", "invalid-number n"),
        ("<task id='n' completionQuantity='many'/>", "invalid-number n"),
    ] {
        check(&of_node(element), &[expected]);
    }
    check(&of_node("<task id='n' startQuantity='2' completionQuantity='3'/>"), &[]);
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

/// A process with a user task `u`, an event and the definitions that events refer to.
fn with_event(event: &str) -> Vec<Diagnostic> {
    in_definitions(&format!(
        "<message id='m' name='paid'/><message id='nameless'/><signal id='g' name='alarm'/>\
         <error id='e' errorCode='e'/><error id='codeless'/><escalation id='l' escalationCode='late'/><escalation id='k'/>\
         <process id='p'><startEvent id='s'/><sequenceFlow id='f' sourceRef='s' targetRef='u'/><userTask id='u'/>\
         {event}</process>"
    ))
}

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
fn multi_instance_activities_are_checked() {
    let with = |attributes: &str, content: &str| {
        of_node(&format!(
            "<userTask id='n'><multiInstanceLoopCharacteristics {attributes}>{content}</multiInstanceLoopCharacteristics></userTask>"
        ))
    };
    check(&with("", "<loopCardinality>${3}</loopCardinality>"), &[]);
    check(&with("camunda:collection='names' isSequential='true'", ""), &[]);
    check(
        &with(
            "",
            "<loopDataInputRef>names</loopDataInputRef><inputDataItem name='name'/>",
        ),
        &[],
    );
    check(&with("", ""), &["missing-cardinality n"]);
    check(
        &with("", "<loopCardinality>${</loopCardinality>"),
        &["invalid-expression n"],
    );
    check(
        &with("behavior='One' camunda:collection='names'", ""),
        &["invalid-choice n"],
    );
    check(&with("camunda:asyncBefore='true' camunda:collection='names'", ""), &[]);
    check(
        &with("camunda:asyncAfter='perhaps' camunda:collection='names'", ""),
        &["invalid-boolean n"],
    );
}

#[test]
fn starts_of_processes_are_checked() {
    let with = |definition: &str| {
        in_definitions(&format!(
            "<message id='paid' name='paid'/><message id='computed' name='${{x}}'/>\
             <process id='p'><startEvent id='s'>{definition}</startEvent></process>"
        ))
    };
    check(&with("<messageEventDefinition messageRef='paid'/>"), &[]);
    check(
        &with("<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>"),
        &[],
    );
    for (definition, expected) in [
        ("<timerEventDefinition/>", "missing-timer s"),
        (
            "<messageEventDefinition messageRef='computed'/>",
            "computed-start-message s",
        ),
        ("<errorEventDefinition/>", "event-definition-not-allowed s"),
        ("<compensateEventDefinition/>", "event-definition-not-allowed s"),
    ] {
        check(&with(definition), &[expected]);
    }
    let twice = "<message id='paid' name='paid'/><process id='p'>\
                 <startEvent id='s'><messageEventDefinition messageRef='paid'/></startEvent>\
                 <startEvent id='t'><messageEventDefinition messageRef='paid'/></startEvent></process>";
    check(&in_definitions(twice), &["duplicate-message-start t"]);
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
fn call_activities_are_checked() {
    let with = |attributes: &str, mapping: &str| {
        of_node(&format!(
            "<callActivity id='n' {attributes}><extensionElements>{mapping}</extensionElements></callActivity>"
        ))
    };
    let called = "calledElement='q'";
    for mapping in [
        "",
        "<camunda:in variables='all' local='true'/>",
        "<camunda:in source='a' target='b'/>",
        "<camunda:in sourceExpression='${a}' target='b'/>",
        "<camunda:in businessKey='${execution.processBusinessKey}'/>",
        "<camunda:out source='a' target='b'/>",
    ] {
        check(&with(called, mapping), &[]);
    }
    for mapping in [
        "<camunda:in source='' target='b'/>",
        "<camunda:in source='a'/>",
        "<camunda:out target='b'/>",
        "<camunda:out/>",
    ] {
        check(&with(called, mapping), &["invalid-mapping n"]);
    }
    check(&with("", ""), &["missing-called-element n"]);
    check(&with("calledElement='${'", ""), &["invalid-expression n"]);
    for binding in ["other", "version", "versionTag"] {
        let attributes = format!("{called} camunda:calledElementBinding='{binding}'");
        check(&with(&attributes, ""), &["invalid-binding n"]);
    }
    check(&with("camunda:caseRef='c'", ""), &["unsupported-attribute n"]);
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

#[test]
fn script_tasks_are_checked() {
    let with = |attributes: &str, script: &str| {
        of_node(&format!(
            "<scriptTask id='n' {attributes}><script>{script}</script></scriptTask>"
        ))
    };
    check(&with("scriptFormat='juel' camunda:resultVariable='x'", "${1 + 1}"), &[]);
    check(&with("scriptFormat='juel'", "${"), &["invalid-expression n"]);
    check(&with("scriptFormat='groovy'", "1"), &["foreign-implementation? n"]);
    check(&with("scriptFormat='javascript'", "var a = 1; a"), &[]);
    check(&with("scriptFormat='javascript'", "var = 1"), &["invalid-expression n"]);
    check(&with("scriptFormat='feel'", "1 + 1"), &[]);
    check(&with("", "1"), &[]);
    check(&with("scriptFormat=''", "1"), &["missing-script n"]);
    check(&with("scriptFormat='juel'", " "), &[]);
    check(
        &of_node("<scriptTask id='n' scriptFormat='juel'/>"),
        &["missing-script n"],
    );
}

#[test]
fn timeout_listeners_are_checked() {
    let with = |attributes: &str, timer: &str| {
        of_node(&format!(
            "<userTask id='n'><extensionElements><camunda:taskListener event='timeout' {attributes} \
             expression='${{x}}'>{timer}</camunda:taskListener></extensionElements></userTask>"
        ))
    };
    let timer = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>";
    check(&with("id='l'", timer), &[]);
    check(&with("", timer), &["invalid-listener n"]);
    check(&with("id='l'", ""), &["invalid-listener n"]);
    check(&with("id='l'", "<timerEventDefinition/>"), &["missing-timer n"]);
}

#[test]
fn listeners_for_workers_are_checked() {
    let remote = |kind: &str, event: &str| {
        format!("<extensionElements><camunda:{kind} event='{event}' topic='t'/></extensionElements>")
    };
    let task = |kind: &str, event: &str| of_node(&format!("<userTask id='n'>{}</userTask>", remote(kind, event)));
    for (kind, event) in [
        ("executionListener", "start"),
        ("executionListener", "end"),
        ("taskListener", "create"),
        ("taskListener", "complete"),
    ] {
        check(&task(kind, event), &[]);
    }
    for (kind, event) in [("executionListener", "take"), ("taskListener", "assignment")] {
        check(&task(kind, event), &["invalid-listener n"]);
    }
    check(&in_process(&remote("executionListener", "start")), &[]);
    check(
        &in_process(&remote("executionListener", "end")),
        &["invalid-listener p"],
    );
    let computed = "<extensionElements><camunda:executionListener event='end' topic='${'/></extensionElements>";
    check(
        &of_node(&format!("<userTask id='n'>{computed}</userTask>")),
        &["invalid-expression n"],
    );
    let event_sub_process = format!(
        "<subProcess id='q' triggeredByEvent='true'>{}<startEvent id='qs'><errorEventDefinition/></startEvent></subProcess>",
        remote("executionListener", "start")
    );
    check(&in_process(&event_sub_process), &["invalid-listener q"]);
    let behind_gateway = with_event(&format!(
        "<eventBasedGateway id='n'/><intermediateCatchEvent id='t'><signalEventDefinition signalRef='g'/>\
         </intermediateCatchEvent><sequenceFlow id='g1' sourceRef='u' targetRef='n'/>\
         <sequenceFlow id='g2' sourceRef='n' targetRef='t'>{}</sequenceFlow>",
        remote("executionListener", "take")
    ));
    check(&behind_gateway, &["invalid-listener g2,n"]);
}

#[test]
fn listeners_are_checked() {
    let with = |listener: &str| {
        of_node(&format!(
            "<userTask id='n'><extensionElements>{listener}</extensionElements></userTask>"
        ))
    };
    check(
        &with("<camunda:executionListener event='start' expression='${x}'/>"),
        &[],
    );
    check(&with("<camunda:taskListener event='create' expression='${x}'/>"), &[]);
    for listener in [
        "<camunda:executionListener event='begin' expression='${x}'/>",
        "<camunda:taskListener event='start' expression='${x}'/>",
    ] {
        check(&with(listener), &["invalid-listener n"]);
    }
    for listener in [
        "<camunda:executionListener event='start' class='a.B'/>",
        "<camunda:taskListener event='create' delegateExpression='${b}'/>",
    ] {
        check(&with(listener), &["foreign-implementation? n"]);
    }
    check(
        &with("<camunda:executionListener event='start' expression='${'/>"),
        &["invalid-expression n"],
    );
    let script = |format: &str, text: &str| {
        with(&format!(
            "<camunda:executionListener event='start'><camunda:script scriptFormat='{format}'>{text}</camunda:script>\
             </camunda:executionListener>"
        ))
    };
    check(&script("javascript", "print(1)"), &[]);
    check(&script("feel", "1 +"), &["invalid-expression n"]);
    check(&script("", "1"), &["missing-script n"]);
    check(
        &with("<camunda:executionListener event='start'/>"),
        &["invalid-listener n"],
    );
    let listener = "<extensionElements><camunda:executionListener/></extensionElements>";
    check(&in_process(listener), &["invalid-listener p"]);
    let flow = format!("<sequenceFlow id='f' sourceRef='s' targetRef='t'>{listener}</sequenceFlow><task id='t'/>");
    check(&in_process(&flow), &["invalid-listener f"]);
}

#[test]
fn links_have_one_other_end() {
    let with = |content: &str| in_definitions(&format!("<process id='p'><startEvent id='s'/>{content}</process>"));
    let throw = "<intermediateThrowEvent id='n'><linkEventDefinition name='x'/></intermediateThrowEvent>\
                 <sequenceFlow id='f' sourceRef='s' targetRef='n'/>";
    let catch = |id: &str| {
        format!("<intermediateCatchEvent id='{id}'><linkEventDefinition name='x'/></intermediateCatchEvent>")
    };
    check(&with(&format!("{throw}{}", catch("c"))), &[]);
    check(&with(throw), &["invalid-link n"]);
    check(
        &with(&format!("{throw}{}{}", catch("c"), catch("d"))),
        &["invalid-link d"],
    );
    check(&with(&throw.replace("name='x'", "")), &["invalid-link n"]);
}

#[test]
fn jobs_are_checked() {
    let with = |attributes: &str| of_node(&format!("<userTask id='n' {attributes}/>"));
    check(&with("camunda:asyncBefore='true' camunda:jobPriority='${urgent}'"), &[]);
    check(&with("camunda:jobPriority='urgent'"), &["invalid-number n"]);
    check(&with("camunda:exclusive='perhaps'"), &["invalid-boolean n"]);
    let cycle =
        "<extensionElements><camunda:failedJobRetryTimeCycle>${</camunda:failedJobRetryTimeCycle></extensionElements>";
    check(
        &of_node(&format!("<task id='n' camunda:asyncBefore='true'>{cycle}</task>")),
        &["invalid-expression n"],
    );
    let gateway = "<eventBasedGateway id='n' camunda:asyncAfter='true'/>\
                   <intermediateCatchEvent id='t'><signalEventDefinition signalRef='g'/></intermediateCatchEvent>\
                   <sequenceFlow id='g1' sourceRef='u' targetRef='n'/><sequenceFlow id='g2' sourceRef='n' targetRef='t'/>";
    check(&with_event(gateway), &["async-not-allowed n"]);
}

#[test]
fn event_based_gateways_lead_to_catch_events() {
    let with = |target: &str| {
        with_event(&format!(
            "<eventBasedGateway id='n'/>{target}<sequenceFlow id='g1' sourceRef='u' targetRef='n'/>\
             <sequenceFlow id='g2' sourceRef='n' targetRef='t'/>"
        ))
    };
    let signal = "<signalEventDefinition signalRef='g'/>";
    check(
        &with(&format!(
            "<intermediateCatchEvent id='t'>{signal}</intermediateCatchEvent>"
        )),
        &[],
    );
    check(&with("<receiveTask id='t'/>"), &["event-gateway-target g2,n"]);
    check(
        &of_node("<eventBasedGateway id='n' instantiate='true'/>"),
        &["start-event-incoming n"],
    );
    check(
        &of_node("<eventBasedGateway id='n' eventGatewayType='Parallel'/>"),
        &["event-gateway-target n"],
    );
    check(
        &of_node("<eventBasedGateway id='n' eventGatewayType='Both'/>"),
        &["invalid-choice n"],
    );
    check(
        &of_node("<adHocSubProcess id='n' ordering='Random'/>"),
        &["invalid-choice n"],
    );
    check(
        &of_node("<adHocSubProcess id='n'><startEvent id='i'/></adHocSubProcess>"),
        &["unordered-event i"],
    );
}

#[test]
fn correlation_subscriptions() {
    let with = |subscription: &str, property: &str| {
        in_definitions(&format!(
            "<message id='m' name='m'/><correlationProperty id='number'>{property}</correlationProperty>\
             <correlationProperty id='other'/><collaboration id='c'><correlationKey id='key'>\
             <correlationPropertyRef>number</correlationPropertyRef></correlationKey></collaboration>\
             <process id='p'><startEvent id='s'/>{subscription}</process>"
        ))
    };
    let bound = |reference: &str, path: &str| {
        format!(
            "<correlationSubscription correlationKeyRef='key'><correlationPropertyBinding {reference}>{path}\
             </correlationPropertyBinding></correlationSubscription>"
        )
    };
    const PATH: &str = "<dataPath>${n}</dataPath>";
    const RETRIEVAL: &str = "<correlationPropertyRetrievalExpression messageRef='m'><messagePath>${n}</messagePath>\
                             </correlationPropertyRetrievalExpression>";
    let number = "correlationPropertyRef='number'";
    check(&with(&bound(number, PATH), RETRIEVAL), &[]);
    check(&with("", "<correlationPropertyRetrievalExpression/>"), &[]);
    check(
        &with("<correlationSubscription correlationKeyRef='key'/>", ""),
        &["incomplete-correlation p"],
    );
    check(&with("<correlationSubscription/>", ""), &["incomplete-correlation p"]);
    check(
        &with("<correlationSubscription correlationKeyRef='none'/>", ""),
        &["unknown-reference p"],
    );
    for (reference, path, code) in [
        ("", PATH, "incomplete-correlation p"),
        (number, "", "incomplete-correlation p"),
        (number, "<dataPath>${</dataPath>", "invalid-expression p"),
        ("correlationPropertyRef='other'", PATH, "unknown-reference p"),
    ] {
        check(&with(&bound(reference, path), RETRIEVAL), &[code]);
    }
    for (retrieval, code) in [
        ("<correlationPropertyRetrievalExpression/>", "incomplete-correlation p"),
        (
            "<correlationPropertyRetrievalExpression messageRef='m'/>",
            "incomplete-correlation p",
        ),
        (
            "<correlationPropertyRetrievalExpression messageRef='x'/>",
            "unknown-reference p",
        ),
    ] {
        check(&with(&bound(number, PATH), retrieval), &[code]);
    }
}

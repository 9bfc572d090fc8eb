//! Where processes begin, where flows lead, and whom messages are for.

use super::{check, in_definitions, in_process, of_node, with_event};

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

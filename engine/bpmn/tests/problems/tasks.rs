//! Tasks, what they take and give, and how often they are carried out.

use super::{check, in_definitions, of_node};

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

//! What a sound file becomes.

#![allow(clippy::unwrap_used)]

use flowstone_bpmn::model::{
    Catch, EndEvent, FlowNode, FormBinding, Implementation, IntermediateThrowEvent, NodeKind, ParameterValue, Process,
    UserTask,
};
use flowstone_bpmn::{Document, Limits, Location, parse};
use flowstone_expression::Expression;
use flowstone_script::Script;

fn document(content: &str) -> Document {
    let text = format!(
        "<definitions id='d' xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'\n  \
         xmlns:camunda='http://camunda.org/schema/1.0/bpmn' targetNamespace='orders'>\n{content}</definitions>"
    );
    let parsed = parse("file.bpmn", text.as_bytes(), &Limits::default());
    parsed.document.unwrap_or_else(|| panic!("{:#?}", parsed.diagnostics))
}

/// A process in which a start event leads to the node `n`.
fn process_with(node: &str) -> Process {
    let content = format!(
        "<message id='m' name='paid-${{id}}'/><process id='p' camunda:taskPriority='7'><startEvent id='s'/>\
         <sequenceFlow sourceRef='s' targetRef='n'/>{node}</process>"
    );
    document(&content).processes.remove(0)
}

fn node(node: &str) -> FlowNode {
    let process = process_with(node);
    process.node(process.node_by_id("n").unwrap()).clone()
}

fn user_task(attributes: &str, content: &str) -> UserTask {
    match node(&format!("<userTask id='n' {attributes}>{content}</userTask>")).kind {
        NodeKind::UserTask(task) => *task,
        other => panic!("{other:?}"),
    }
}

fn source(expression: &Option<Expression>) -> Option<&str> {
    expression.as_ref().map(Expression::source)
}

fn sources(expressions: &[Expression]) -> Vec<&str> {
    expressions.iter().map(Expression::source).collect()
}

#[test]
fn nodes_and_flows_keep_the_order_of_the_document() {
    let process = process_with(
        "<exclusiveGateway id='n' name='paid?' default='otherwise'/>\
         <sequenceFlow id='late' sourceRef='n' targetRef='a'><conditionExpression> ${late} </conditionExpression></sequenceFlow>\
         <sequenceFlow id='otherwise' sourceRef='n' targetRef='b'/>\
         <sequenceFlow id='early' sourceRef='n' targetRef='a'><conditionExpression>${early}</conditionExpression></sequenceFlow>\
         <task id='b'/><task id='a'/>",
    );
    assert_eq!(
        process.nodes.iter().map(|node| node.id.as_str()).collect::<Vec<_>>(),
        ["s", "n", "b", "a"]
    );
    let gateway = process.node(process.node_by_id("n").unwrap());
    assert_eq!(gateway.name.as_deref(), Some("paid?"));
    let outgoing: Vec<_> = gateway.outgoing.iter().map(|flow| process.flow(*flow)).collect();
    let ids: Vec<_> = outgoing.iter().map(|flow| flow.id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["late", "otherwise", "early"]);
    assert_eq!(outgoing[0].condition.as_ref().map(Script::source), Some("${late}"));
    assert_eq!(gateway.default_flow, Some(gateway.outgoing[1]));
    assert_eq!(process.node(outgoing[1].target).id, "b");
    assert_eq!(process.node(process.node_by_id("a").unwrap()).incoming.len(), 2);
    assert_eq!(process.flows[0].id, None);
}

#[test]
fn a_sub_process_is_the_parent_of_its_content() {
    let process = process_with(
        "<subProcess id='n'><startEvent id='i'/><sequenceFlow id='f' sourceRef='i' targetRef='t'/>\
         <subProcess id='t'><startEvent id='j'/></subProcess></subProcess><task id='after'/>\
         <sequenceFlow sourceRef='n' targetRef='after'/>",
    );
    let index = |id: &str| process.node_by_id(id);
    let children = |scope| {
        process
            .children(scope)
            .map(|(_, node)| node.id.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(children(None), ["s", "n", "after"]);
    assert_eq!(children(index("n")), ["i", "t"]);
    assert_eq!(process.none_start_event(None), index("s"));
    assert_eq!(process.none_start_event(index("n")), index("i"));
    assert_eq!(process.none_start_event(index("t")), index("j"));
    assert_eq!(process.none_start_event(index("after")), None);
}

#[test]
fn the_process_carries_its_attributes() {
    let document = document(
        "<process id='p' name='Order' camunda:versionTag='1.2' camunda:historyTimeToLive='P30D'\n    \
         camunda:candidateStarterUsers='ann, ${boss}' camunda:candidateStarterGroups='sales'\n    \
         camunda:isStartableInTasklist='false'><documentation> About orders. </documentation>\
         <extensionElements><camunda:properties><camunda:property name='owner' value='a'/>\
         <camunda:property name='team' value='b'/><camunda:property name='owner' value='c'/></camunda:properties>\
         </extensionElements><startEvent id='s'/></process>\
         <error id='e' name='Refused' errorCode='refused'/><escalation id='x' escalationCode='late'/>\
         <signal id='g' name='alert'/>",
    );
    assert_eq!(
        (document.id.as_deref(), document.target_namespace.as_deref()),
        (Some("d"), Some("orders"))
    );
    assert_eq!(document.errors[0].code.as_deref(), Some("refused"));
    assert_eq!(document.escalations[0].code.as_deref(), Some("late"));
    assert_eq!(source(&document.signals[0].name), Some("alert"));
    let process = &document.processes[0];
    assert_eq!((process.id.as_str(), process.name.as_deref()), ("p", Some("Order")));
    assert_eq!(
        (process.version_tag.as_deref(), process.history_time_to_live),
        (Some("1.2"), Some(30))
    );
    assert_eq!(sources(&process.candidate_starter_users), ["ann", "${boss}"]);
    assert_eq!(sources(&process.candidate_starter_groups), ["sales"]);
    assert!(!process.startable_in_tasklist);
    assert_eq!(process.documentation.as_deref(), Some("About orders."));
    let properties = [
        ("owner".to_owned(), "c".to_owned()),
        ("team".to_owned(), "b".to_owned()),
    ];
    assert_eq!(process.properties, properties);
    assert_eq!(process.location, Location { line: 3, column: 1 });
}

#[test]
fn processes_that_are_not_executable_are_left_out() {
    let document = document(
        "<process id='a' isExecutable='false'/><process id='b' isExecutable='true'><startEvent id='s'/></process>",
    );
    assert_eq!(
        document
            .processes
            .iter()
            .map(|process| process.id.as_str())
            .collect::<Vec<_>>(),
        ["b"]
    );
}

#[test]
fn external_tasks_take_the_priority_of_their_process_unless_they_have_their_own() {
    let task = |element: &str, attributes: &str| {
        let node = node(&format!(
            "<{element} id='n' camunda:type='external' camunda:topic='t-${{n}}' {attributes}/>"
        ));
        let task = node.kind.external_task().unwrap();
        (
            task.topic.source().to_owned(),
            source(&task.priority).unwrap().to_owned(),
        )
    };
    for element in ["serviceTask", "sendTask", "businessRuleTask"] {
        assert_eq!(task(element, ""), ("t-${n}".to_owned(), "7".to_owned()));
        assert_eq!(
            task(element, "camunda:taskPriority='${p}'"),
            ("t-${n}".to_owned(), "${p}".to_owned())
        );
    }
}

#[test]
fn events_are_told_apart_by_their_definition() {
    let end = |definition: &str| match node(&format!("<endEvent id='n'>{definition}</endEvent>")).kind {
        NodeKind::EndEvent(event) => event,
        other => panic!("{other:?}"),
    };
    assert_eq!(end(""), EndEvent::None);
    assert_eq!(end("<terminateEventDefinition/>"), EndEvent::Terminate);
    assert_eq!(end("<messageEventDefinition messageRef='m'/>"), EndEvent::Message(None));
    let external = "<messageEventDefinition camunda:type='external' camunda:topic='send'/>";
    assert!(
        matches!(end(external), EndEvent::Message(Some(Implementation::External(task))) if task.topic.source() == "send")
    );

    let throw = |definition: &str| match node(&format!(
        "<intermediateThrowEvent id='n'>{definition}</intermediateThrowEvent>"
    ))
    .kind
    {
        NodeKind::IntermediateThrowEvent(event) => event,
        other => panic!("{other:?}"),
    };
    assert_eq!(throw(""), IntermediateThrowEvent::None);
    assert_eq!(
        throw("<messageEventDefinition/>"),
        IntermediateThrowEvent::Message(None)
    );
    assert!(matches!(throw(external), IntermediateThrowEvent::Message(Some(_))));
}

#[test]
fn activity_types_are_those_of_the_rest_api() {
    let external = "camunda:type='external' camunda:topic='t'";
    for (element, expected) in [
        ("<endEvent id='n'/>".to_owned(), "noneEndEvent"),
        (
            "<endEvent id='n'><terminateEventDefinition/></endEvent>".to_owned(),
            "terminateEndEvent",
        ),
        (
            "<endEvent id='n'><messageEventDefinition/></endEvent>".to_owned(),
            "endEvent",
        ),
        (
            format!("<endEvent id='n'><messageEventDefinition {external}/></endEvent>"),
            "messageEndEvent",
        ),
        (
            "<intermediateThrowEvent id='n'/>".to_owned(),
            "intermediateNoneThrowEvent",
        ),
        (
            "<intermediateThrowEvent id='n'><messageEventDefinition/></intermediateThrowEvent>".to_owned(),
            "intermediateNoneThrowEvent",
        ),
        (
            format!("<intermediateThrowEvent id='n'><messageEventDefinition {external}/></intermediateThrowEvent>"),
            "intermediateMessageThrowEvent",
        ),
        ("<task id='n'/>".to_owned(), "task"),
        ("<manualTask id='n'/>".to_owned(), "manualTask"),
        (format!("<serviceTask id='n' {external}/>"), "serviceTask"),
        (format!("<sendTask id='n' {external}/>"), "sendTask"),
        (format!("<businessRuleTask id='n' {external}/>"), "businessRuleTask"),
        ("<userTask id='n'/>".to_owned(), "userTask"),
        ("<receiveTask id='n'/>".to_owned(), "receiveTask"),
        ("<parallelGateway id='n'/>".to_owned(), "parallelGateway"),
        (
            "<subProcess id='n'><startEvent id='i'/></subProcess>".to_owned(),
            "subProcess",
        ),
    ] {
        assert_eq!(node(&element).kind.activity_type(), expected);
    }
    assert_eq!(
        process_with("<task id='n'/>").nodes[0].kind.activity_type(),
        "startEvent"
    );
}

#[test]
fn user_tasks_carry_people_dates_and_forms() {
    let task = user_task(
        "name='Approve ${order}' camunda:assignee='${boss}' camunda:candidateUsers='ann, ${deputies.of(1, 2)} ,bob' \
         camunda:candidateGroups='sales' camunda:dueDate='${due}' camunda:followUpDate='2030-01-01T00:00:00' \
         camunda:priority='80' camunda:formKey='embedded:approve'",
        "<documentation>For ${order}</documentation>",
    );
    assert_eq!(source(&task.name), Some("Approve ${order}"));
    assert_eq!(source(&task.description), Some("For ${order}"));
    assert_eq!(source(&task.assignee), Some("${boss}"));
    assert_eq!(sources(&task.candidate_users), ["ann", "${deputies.of(1, 2)}", "bob"]);
    assert_eq!(sources(&task.candidate_groups), ["sales"]);
    assert_eq!(source(&task.due_date), Some("${due}"));
    assert_eq!(source(&task.follow_up_date), Some("2030-01-01T00:00:00"));
    assert_eq!(source(&task.priority), Some("80"));
    assert_eq!(source(&task.form_key), Some("embedded:approve"));

    let form = |attributes: &str| {
        user_task(&format!("camunda:formRef='f' {attributes}"), "")
            .form
            .unwrap()
            .binding
    };
    assert_eq!(form("camunda:formRefBinding='latest'"), FormBinding::Latest);
    assert_eq!(form("camunda:formRefBinding='deployment'"), FormBinding::Deployment);
    let version = form("camunda:formRefBinding='version' camunda:formRefVersion='3'");
    assert!(matches!(version, FormBinding::Version(number) if number.source() == "3"));
}

#[test]
fn people_may_be_named_as_the_standard_does() {
    let role = |name: &str, text: &str| {
        format!(
            "<{name}><resourceAssignmentExpression><formalExpression>{text}</formalExpression>\
             </resourceAssignmentExpression></{name}>"
        )
    };
    let content =
        role("humanPerformer", "ann") + &role("potentialOwner", "user(bob), group(sales), support, user( ${x} )");
    let task = user_task("", &content);
    assert_eq!(source(&task.assignee), Some("ann"));
    assert_eq!(sources(&task.candidate_users), ["bob", "${x}"]);
    assert_eq!(sources(&task.candidate_groups), ["sales", "support"]);
}

#[test]
fn receive_tasks_know_their_message() {
    let message = |attributes: &str| match node(&format!("<receiveTask id='n' {attributes}/>")).kind {
        NodeKind::ReceiveTask(task) => task.message,
        other => panic!("{other:?}"),
    };
    assert_eq!(message(""), None);
    assert_eq!(source(&message("messageRef='m'").unwrap().name), Some("paid-${id}"));
}

#[test]
fn parameters_nest() {
    let input_output = node(
        "<task id='n'><extensionElements><camunda:inputOutput>\
         <camunda:inputParameter name='text'> a ${b} </camunda:inputParameter>\
         <camunda:inputParameter name='nothing'/>\
         <camunda:inputParameter name='list'><camunda:list><camunda:value>1</camunda:value><camunda:list/>\
         </camunda:list></camunda:inputParameter>\
         <camunda:outputParameter name='map'><camunda:map><camunda:entry key='k'>${v}</camunda:entry>\
         <camunda:entry key='${k}'><camunda:map/></camunda:entry></camunda:map></camunda:outputParameter>\
         </camunda:inputOutput></extensionElements></task>",
    )
    .input_output
    .unwrap();
    let text = |source: &str| ParameterValue::Text(Expression::parse(source).unwrap());
    let key = |source: &str| Expression::parse(source).unwrap();
    let inputs: Vec<_> = input_output
        .inputs
        .iter()
        .map(|input| (input.name.as_str(), &input.value))
        .collect();
    assert_eq!(
        inputs,
        [
            ("text", &text("a ${b}")),
            ("nothing", &ParameterValue::Null),
            (
                "list",
                &ParameterValue::List(vec![text("1"), ParameterValue::List(Vec::new())])
            ),
        ]
    );
    let entries = vec![(key("k"), text("${v}")), (key("${k}"), ParameterValue::Map(Vec::new()))];
    assert_eq!(input_output.outputs[0].value, ParameterValue::Map(entries));
}

#[test]
fn start_events_may_have_an_initiator_and_a_form() {
    let document =
        document("<process id='p'><startEvent id='s' camunda:initiator='who' camunda:formKey='k'/></process>");
    let NodeKind::StartEvent(start) = &document.processes[0].nodes[0].kind else {
        panic!("not a start event")
    };
    assert_eq!(
        (start.initiator.as_deref(), source(&start.form_key)),
        (Some("who"), Some("k"))
    );
}

#[test]
fn an_error_without_code_means_every_error_to_those_who_catch_it() {
    let caught = |definition: &str, reference: &str| {
        let content = format!(
            "{definition}<process id='p'><startEvent id='s'/><task id='n'/><boundaryEvent id='b' attachedToRef='n'>\
             <errorEventDefinition errorRef='{reference}'/></boundaryEvent></process>"
        );
        let process = document(&content).processes.remove(0);
        let event = process.node(process.node_by_id("b").unwrap()).kind.catch().cloned();
        match event {
            Some(Catch::Error(error)) => error.code,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(caught("<error id='e'/>", "e"), None);
    assert_eq!(caught("<error id='e' errorCode='late'/>", "e").as_deref(), Some("late"));
    assert_eq!(
        caught("", "late").as_deref(),
        Some("late"),
        "a reference to nothing is the code itself"
    );
}

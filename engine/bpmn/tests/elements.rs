//! Every element of the BPMN 2.0 schema is executed, kept in the file, or refused, as `docs/elements.md` says.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use flowstone_bpmn::{Diagnostic, Document, Limits, Location, parse};

const TABLE: &str = include_str!("../../../docs/elements.md");

/// The elements of the schema that can stand in a file, without the abstract ones, the diagram, references such as
/// `flowNodeRef`, and what stands only inside elements that are refused.
const SCHEMA: &str = "activationCondition adHocSubProcess assignment association auditing boundaryEvent businessRuleTask \
    callActivity callChoreography callConversation cancelEventDefinition category categoryValue \
    choreography choreographyTask collaboration compensateEventDefinition completionCondition \
    complexBehaviorDefinition complexGateway conditionalEventDefinition conditionExpression conversation \
    conversationAssociation conversationLink correlationKey correlationProperty \
    correlationPropertyRetrievalExpression correlationSubscription dataInput dataInputAssociation \
    dataObject dataObjectReference dataOutput dataOutputAssociation dataState dataStore \
    dataStoreReference documentation endEvent endPoint error errorEventDefinition escalation \
    escalationEventDefinition eventBasedGateway eventDefinitionRef exclusiveGateway extension \
    extensionElements globalBusinessRuleTask globalChoreographyTask globalConversation globalManualTask \
    globalScriptTask globalTask globalUserTask group humanPerformer implicitThrowEvent import \
    inclusiveGateway incoming inputSet interface intermediateCatchEvent intermediateThrowEvent ioBinding \
    ioSpecification itemDefinition lane laneSet linkEventDefinition manualTask message \
    messageEventDefinition messageFlow messageFlowAssociation monitoring \
    multiInstanceLoopCharacteristics operation outgoing outputSet parallelGateway participant \
    participantAssociation participantMultiplicity partnerEntity partnerRole performer potentialOwner \
    process property receiveTask relationship rendering resource resourceAssignmentExpression \
    resourceParameter resourceParameterBinding resourceRole script scriptTask sendTask sequenceFlow \
    serviceTask signal signalEventDefinition standardLoopCharacteristics startEvent subChoreography \
    subConversation subProcess supports task terminateEventDefinition text textAnnotation \
    timerEventDefinition transaction userTask";

/// A row of the table: the element, the one it stands in, what becomes of it.
fn rows() -> BTreeMap<&'static str, (&'static str, &'static str)> {
    let mut rows = BTreeMap::new();
    for line in TABLE.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, element, place, outcome, _] = cells[..] else {
            panic!("not a row of the table: {line}")
        };
        assert!(
            rows.insert(element, (place, outcome)).is_none(),
            "two rows for {element}"
        );
    }
    rows
}

/// An element with what it needs to be sound in itself.
fn element(name: &str, content: &str) -> String {
    let attributes = match name {
        "sequenceFlow" => "sourceRef='s' targetRef='e'",
        "serviceTask" | "sendTask" | "businessRuleTask" => "camunda:type='external' camunda:topic='work'",
        "boundaryEvent" => "attachedToRef='host'",
        "callActivity" => "calledElement='p'",
        "standardLoopCharacteristics" => "loopMaximum='2'",
        "scriptTask" => "scriptFormat='juel'",
        "globalScriptTask" => "scriptLanguage='juel'",
        "globalBusinessRuleTask" => "camunda:type='external' camunda:topic='work'",
        "messageEventDefinition" => "messageRef='m'",
        "signalEventDefinition" => "signalRef='sig'",
        "errorEventDefinition" => "errorRef='err'",
        "escalationEventDefinition" => "escalationRef='esc'",
        "signal" | "message" => "name='another'",
        "linkEventDefinition" => "name='there'",
        "import" => "importType='http://www.w3.org/2001/XMLSchema'",
        _ => "",
    };
    let own = match name {
        "boundaryEvent" | "intermediateCatchEvent" if content.is_empty() => {
            "<conditionalEventDefinition><condition>${false}</condition></conditionalEventDefinition>"
        }
        "subProcess" | "transaction" | "process" if content.is_empty() => "<startEvent id='inner'/>",
        "multiInstanceLoopCharacteristics" => &format!("<loopCardinality>2</loopCardinality>{content}"),
        "conditionalEventDefinition" => "<condition>${true}</condition>",
        "scriptTask" | "globalScriptTask" if content.is_empty() => "<script>${true}</script>",
        "script" => "${false}",
        "eventDefinitionRef" => "shared",
        "timerEventDefinition" => "<timeDuration>PT1S</timeDuration>",
        "humanPerformer" | "potentialOwner" => {
            "<resourceAssignmentExpression><formalExpression>user(kim)</formalExpression></resourceAssignmentExpression>"
        }
        "conditionExpression" | "completionCondition" | "activationCondition" => "${true}",
        _ => content,
    };
    let id = if name == "conditionExpression" {
        String::new()
    } else {
        format!("id='of-{name}'")
    };
    format!("<{name} {id} {attributes}>{own}</{name}>")
}

/// A sound model with something at a place, behind all else that the model has.
fn model(rows: &BTreeMap<&str, (&str, &str)>, place: &str, content: &str) -> String {
    let (in_process_content, in_definitions) = match place {
        "definitions" => ("", content),
        // Only a transaction can be canceled.
        "process" if content.contains("<cancelEventDefinition") => {
            let transaction = format!("<transaction id='t'><startEvent id='ts'/>{content}</transaction>");
            return in_process(&transaction, "");
        }
        "process" => (content, ""),
        place => return model(rows, rows[place].0, &element(place, content)),
    };
    in_process(in_process_content, in_definitions)
}

/// A sound model with more in its process and behind it.
fn in_process(in_process: &str, in_definitions: &str) -> String {
    // Imports stand first by the schema.
    let (first, last) = if in_definitions.starts_with("<import") {
        (in_definitions, "")
    } else {
        ("", in_definitions)
    };
    // An exclusive gateway must lead somewhere.
    let onward = if in_process.starts_with("<exclusiveGateway") {
        "<sequenceFlow id='on' sourceRef='of-exclusiveGateway' targetRef='e'/>"
    } else {
        ""
    };
    format!(
        "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' \
         xmlns:camunda='http://camunda.org/schema/1.0/bpmn' targetNamespace='test'>{first}\
         <message id='m' name='m'/><signal id='sig' name='sig'/><error id='err' errorCode='1'/>\
         <escalation id='esc' escalationCode='1'/><signalEventDefinition id='shared' signalRef='sig'/>\
         <process id='p'><startEvent id='s'/><userTask id='host'/><endEvent id='e'/>\
         <sequenceFlow id='f' sourceRef='s' targetRef='host'/><sequenceFlow id='g' sourceRef='host' targetRef='e'/>\
         {onward}{in_process}</process>{last}</definitions>"
    )
}

fn read(text: &str) -> (Option<Document>, Vec<Diagnostic>) {
    let parsed = parse("elements.bpmn", text.as_bytes(), &Limits::default());
    let errors = parsed.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    (parsed.document, errors)
}

/// A document in which everything stands at one place and nothing is documented.
fn at_one_place(mut document: Document, place: Location) -> Document {
    for process in &mut document.processes {
        process.location = place;
        process.documentation = None;
        for node in &mut process.nodes {
            node.documentation = None;
            node.location = place;
        }
        for flow in &mut process.flows {
            flow.location = place;
        }
    }
    document
}

/// What becomes of an element at a place.
fn outcome(rows: &BTreeMap<&str, (&str, &str)>, name: &str, place: &str) -> Result<&'static str, Vec<Diagnostic>> {
    let (with, errors) = read(&model(rows, place, &element(name, "")));
    let Some(with) = with else {
        let named = errors.iter().any(|error| {
            error.code == "unsupported-element"
                && error.line > 0
                && error
                    .message
                    .split(|c: char| !c.is_alphanumeric())
                    .any(|word| word == name)
        });
        return if named { Ok("refused") } else { Err(errors) };
    };
    let without = read(&model(rows, place, "")).0.unwrap();
    let anywhere = without.processes[0].location;
    let same = at_one_place(with, anywhere) == at_one_place(without, anywhere);
    Ok(if same { "kept" } else { "executed" })
}

#[test]
fn every_element_of_the_schema_has_a_row() {
    let schema: BTreeSet<_> = SCHEMA.split_whitespace().collect();
    let rows: BTreeSet<_> = rows().into_keys().collect();
    assert_eq!(rows, schema);
}

#[test]
fn every_element_becomes_what_its_row_says() {
    let rows = rows();
    let mut wrong = Vec::new();
    for (&name, &(place, said)) in &rows {
        let found = outcome(&rows, name, place);
        if found.as_ref() != Ok(&said) {
            wrong.push(format!("{name} in {place} should be {said}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

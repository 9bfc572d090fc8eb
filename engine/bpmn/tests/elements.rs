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
        "correlationSubscription" => "correlationKeyRef='key'",
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
        "correlationSubscription" => {
            "<correlationPropertyBinding correlationPropertyRef='property'><dataPath>${number}</dataPath>\
             </correlationPropertyBinding>"
        }
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
         <correlationProperty id='property'><correlationPropertyRetrievalExpression messageRef='m'>\
         <messagePath>${{number}}</messagePath></correlationPropertyRetrievalExpression></correlationProperty>\
         <collaboration id='c'><correlationKey id='key'><correlationPropertyRef>property</correlationPropertyRef>\
         </correlationKey></collaboration><process id='p'><startEvent id='s'/><userTask id='host'/><endEvent id='e'/>\
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

const ATTRIBUTES: &str = include_str!("../../../docs/attributes.md");

/// The rows of a table with this many columns, without the marks of code.
fn cells(columns: usize) -> Vec<Vec<&'static str>> {
    let lines = ATTRIBUTES.lines().filter(|line| line.starts_with("| `"));
    let split = lines.map(|line| -> Vec<_> {
        let cells = line.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().trim_matches('`')).collect()
    });
    split.filter(|cells| cells.len() == columns).collect()
}

/// An element as the attribute needs it to mean something.
fn host(attribute: &str, name: &str) -> String {
    let plain = element(name, "");
    let with = |more: &str| plain.replacen(&format!("<{name} "), &format!("<{name} {more} "), 1);
    match (attribute, name) {
        ("parallelMultiple", _) => element(
            name,
            "<messageEventDefinition messageRef='m'/><signalEventDefinition signalRef='sig'/>",
        ),
        ("camunda:decisionRefVersion", _) => with("camunda:decisionRef='d' camunda:decisionRefBinding='version'"),
        ("camunda:decisionRefVersionTag", _) => with("camunda:decisionRef='d' camunda:decisionRefBinding='versionTag'"),
        ("camunda:calledElementVersion", _) => with("camunda:calledElementBinding='version'"),
        ("camunda:calledElementVersionTag", _) => with("camunda:calledElementBinding='versionTag'"),
        ("camunda:mapDecisionResult" | "camunda:decisionRefBinding" | "camunda:decisionRefTenantId", _) => {
            with("camunda:decisionRef='d'")
        }
        ("camunda:class" | "camunda:delegateExpression" | "camunda:expression", _) => {
            format!("<{name} id='of-{name}'/>")
        }
        ("camunda:collection", _) => "<multiInstanceLoopCharacteristics/>".to_owned(),
        ("camunda:resource", _) => "<scriptTask id='of-scriptTask' scriptFormat='juel'/>".to_owned(),
        _ => plain,
    }
}

/// The element with the attribute, in place of one that it has.
fn with_attribute(element: &str, name: &str, attribute: &str, value: &str) -> String {
    let given = format!(" {attribute}='{value}'");
    if let Some(start) = element.find(&format!(" {attribute}='")) {
        let end = start + 1 + element[start + 1..].match_indices('\'').nth(1).unwrap().0 + 1;
        return format!("{}{given}{}", &element[..start], &element[end..]);
    }
    let end = element.find([' ', '/', '>']).unwrap();
    let end = if element[..end].len() == 1 { name.len() + 1 } else { end };
    format!("{}{given}{}", &element[..end], &element[end..])
}

/// Where an element stands whose place in the table of elements does not suit.
fn surroundings(rows: &BTreeMap<&str, (&str, &str)>, attribute: &str, name: &str, content: &str) -> String {
    let boundary =
        |definition: &str| format!("<boundaryEvent id='edge' attachedToRef='host'>{definition}</boundaryEvent>");
    match (attribute, name) {
        (_, "startEvent") => {
            let event = if attribute == "isInterrupting" {
                " triggeredByEvent='true'"
            } else {
                ""
            };
            let content = if event.is_empty() {
                content.to_owned()
            } else {
                content.replace("/>", ">").replace("</startEvent>", "")
                    + "<signalEventDefinition signalRef='sig'/></startEvent>"
            };
            in_process(&format!("<subProcess id='around'{event}>{content}</subProcess>"), "")
        }
        ("camunda:errorCodeVariable" | "camunda:errorMessageVariable", _) => in_process(&boundary(content), ""),
        ("camunda:escalationCodeVariable", _) => {
            let sub_process = "<subProcess id='inner-part'><startEvent id='is'/></subProcess>";
            in_process(
                &(sub_process.to_owned() + &boundary(content).replace("'host'", "'inner-part'")),
                "",
            )
        }
        ("camunda:async", "signalEventDefinition") => {
            in_process(&format!("<endEvent id='end'>{content}</endEvent>"), "")
        }
        _ => model(rows, rows[name].0, content),
    }
}

fn judged(with: &str, without: &str, attribute: &str) -> Result<&'static str, Vec<Diagnostic>> {
    let (changed, errors) = read(with);
    let local = attribute.rsplit(':').next().unwrap();
    let unsupported = |error: &Diagnostic| {
        matches!(error.code, "unsupported-attribute" | "unsupported-element") && error.message.contains(local)
    };
    if errors.iter().any(unsupported) {
        return Ok("refused");
    }
    let (plain, plain_errors) = read(without);
    match (changed, plain) {
        (Some(changed), Some(plain)) => {
            let anywhere = plain.processes[0].location;
            let same = at_one_place(changed, anywhere) == at_one_place(plain, anywhere);
            Ok(if same { "kept" } else { "executed" })
        }
        // A value that is judged has a meaning.
        (None, Some(_)) | (Some(_), None) => Ok("executed"),
        (None, None) if errors.len() != plain_errors.len() => Ok("executed"),
        (None, None) => Err(errors),
    }
}

#[test]
fn every_attribute_becomes_what_its_row_says() {
    let rows = rows();
    let mut wrong = Vec::new();
    for cells in cells(6) {
        let [attribute, name, example, expected, ..] = cells[..] else {
            unreachable!("there are six cells")
        };
        let host = host(attribute, name);
        let with = with_attribute(&host, name, attribute, example);
        let with = surroundings(&rows, attribute, name, &with);
        let without = surroundings(&rows, attribute, name, &host);
        let found = judged(&with, &without, attribute);
        if found != Ok(expected) {
            wrong.push(format!("{attribute} on {name} should be {expected}: {found:?}\n{with}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_extension_becomes_what_its_row_says() {
    let rows = rows();
    let mut wrong = Vec::new();
    for cells in cells(5) {
        let [extension, name, expected, ..] = cells[..] else {
            unreachable!("there are five cells")
        };
        let example = match extension {
            "camunda:inputOutput" => {
                "<camunda:inputOutput><camunda:inputParameter name='a'>1</camunda:inputParameter></camunda:inputOutput>"
            }
            "camunda:executionListener" => "<camunda:executionListener event='start' expression='${x}'/>",
            "camunda:taskListener" => "<camunda:taskListener event='create' expression='${x}'/>",
            "camunda:failedJobRetryTimeCycle" => {
                "<camunda:failedJobRetryTimeCycle>R3/PT1M</camunda:failedJobRetryTimeCycle>"
            }
            "camunda:properties" => "<camunda:properties><camunda:property name='a' value='b'/></camunda:properties>",
            "camunda:formData" => "<camunda:formData><camunda:formField id='a' type='string'/></camunda:formData>",
            "camunda:formProperty" => "<camunda:formProperty id='a'/>",
            "camunda:in" => "<camunda:in source='a' target='b'/>",
            "camunda:out" => "<camunda:out source='a' target='b'/>",
            "camunda:errorEventDefinition" => "<camunda:errorEventDefinition errorRef='err' expression='${true}'/>",
            "camunda:potentialStarter" => {
                "<camunda:potentialStarter><resourceAssignmentExpression><formalExpression>user(kim)</formalExpression>\
                 </resourceAssignmentExpression></camunda:potentialStarter>"
            }
            "camunda:connector" => {
                "<camunda:connector><camunda:connectorId>http</camunda:connectorId></camunda:connector>"
            }
            "camunda:field" => "<camunda:field name='a' stringValue='b'/>",
            other => panic!("no example for {other}"),
        };
        let extensions = format!("<extensionElements>{example}</extensionElements>");
        let content = if name == "process" {
            format!("{extensions}<startEvent id='inner'/>")
        } else {
            extensions
        };
        let plain = if name == "process" {
            "<startEvent id='inner'/>"
        } else {
            ""
        };
        let with = model(&rows, rows[name].0, &element(name, &content));
        let without = model(&rows, rows[name].0, &element(name, plain));
        let found = judged(&with, &without, extension);
        if found != Ok(expected) {
            wrong.push(format!("{extension} on {name} should be {expected}: {found:?}\n{with}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

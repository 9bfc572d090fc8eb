//! Which elements and attributes BPMN 2.0 has where.

use crate::codes;
use crate::draft::title;
use crate::problems::Problem;
use crate::xml::{Attribute, Element, Namespace};

/// What an element means inside a process, a sub-process or a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// An event, activity or gateway.
    FlowNode,
    /// Data, documentation, artifacts and the like: kept in the file, without effect on the execution.
    WithoutEffect,
    /// Belongs to the element around it and changes how that one runs.
    Attached,
    /// Not an element of BPMN 2.0 at this place.
    Unknown,
}

/// What the element of a name means.
pub(super) fn standing(name: &str) -> Standing {
    match name {
        "startEvent"
        | "endEvent"
        | "intermediateThrowEvent"
        | "intermediateCatchEvent"
        | "boundaryEvent"
        | "implicitThrowEvent"
        | "task"
        | "manualTask"
        | "serviceTask"
        | "sendTask"
        | "businessRuleTask"
        | "userTask"
        | "receiveTask"
        | "scriptTask"
        | "callActivity"
        | "subProcess"
        | "transaction"
        | "adHocSubProcess"
        | "exclusiveGateway"
        | "parallelGateway"
        | "inclusiveGateway"
        | "eventBasedGateway"
        | "complexGateway"
        | "choreographyTask"
        | "subChoreography"
        | "callChoreography" => Standing::FlowNode,

        "documentation"
        | "extensionElements"
        | "incoming"
        | "outgoing"
        | "auditing"
        | "monitoring"
        | "categoryValueRef"
        | "laneSet"
        | "dataObject"
        | "dataObjectReference"
        | "dataStoreReference"
        | "association"
        | "group"
        | "textAnnotation"
        | "ioSpecification"
        | "ioBinding"
        | "property"
        | "dataInput"
        | "dataOutput"
        | "inputSet"
        | "outputSet"
        | "dataInputAssociation"
        | "dataOutputAssociation"
        | "supports"
        | "supportedInterfaceRef"
        | "resourceRole"
        | "performer"
        | "humanPerformer"
        | "potentialOwner"
        | "rendering" => Standing::WithoutEffect,

        "standardLoopCharacteristics"
        | "multiInstanceLoopCharacteristics"
        | "correlationSubscription"
        | "completionCondition"
        | "activationCondition"
        | "script" => Standing::Attached,

        "eventDefinitionRef" => Standing::Attached,
        name if name.ends_with("EventDefinition") => Standing::Attached,
        _ => Standing::Unknown,
    }
}

/// Attributes without namespace that BPMN 2.0 does not give to an element; elements not listed are not judged.
pub(crate) fn unknown_attributes<'a>(element: &'a Element<'_>) -> impl Iterator<Item = &'a Attribute<'a>> {
    let allowed = attributes(element.name).filter(|_| element.namespace == Namespace::Bpmn);
    element.attributes.iter().filter(move |attribute| {
        attribute.namespace == Namespace::Unqualified
            && allowed.is_some_and(|(common, own)| {
                !matches!(attribute.name, "id" | "name")
                    && !common.contains(&attribute.name)
                    && !own.contains(&attribute.name)
            })
    })
}

/// What is wrong with an attribute that BPMN 2.0 does not have: most often a missing vendor prefix.
pub(crate) fn unknown_attribute(attribute: &Attribute<'_>, element: &Element<'_>) -> Problem {
    Problem::new(
        codes::UNKNOWN_ATTRIBUTE,
        attribute.name_span,
        format!("BPMN 2.0 has no attribute '{}' on {}.", attribute.name, title(element)),
        "Remove it, or write it with the prefix of the vendor namespace, such as 'camunda:'.",
    )
}

type Names = &'static [&'static str];

/// The attributes of an element besides `id` and `name`: those of its kind and its own.
fn attributes(name: &str) -> Option<(Names, Names)> {
    const NONE: Names = &[];
    const ACTIVITY: Names = &["isForCompensation", "startQuantity", "completionQuantity", "default"];
    const GATEWAY: Names = &["gatewayDirection"];
    Some(match name {
        "process" => (
            NONE,
            &[
                "processType",
                "isClosed",
                "isExecutable",
                "definitionalCollaborationRef",
            ],
        ),
        "sequenceFlow" => (NONE, &["sourceRef", "targetRef", "isImmediate"]),
        "startEvent" => (NONE, &["isInterrupting", "parallelMultiple"]),
        "endEvent" | "intermediateThrowEvent" => (NONE, NONE),
        "task" | "manualTask" => (ACTIVITY, NONE),
        "userTask" | "businessRuleTask" => (ACTIVITY, &["implementation"]),
        "scriptTask" => (ACTIVITY, &["scriptFormat"]),
        "serviceTask" => (ACTIVITY, &["implementation", "operationRef"]),
        "sendTask" => (ACTIVITY, &["implementation", "operationRef", "messageRef"]),
        "receiveTask" => (
            ACTIVITY,
            &["implementation", "operationRef", "messageRef", "instantiate"],
        ),
        "boundaryEvent" => (NONE, &["attachedToRef", "cancelActivity", "parallelMultiple"]),
        "intermediateCatchEvent" => (NONE, &["parallelMultiple"]),
        "subProcess" => (ACTIVITY, &["triggeredByEvent"]),
        "adHocSubProcess" => (ACTIVITY, &["triggeredByEvent", "ordering", "cancelRemainingInstances"]),
        "callActivity" => (ACTIVITY, &["calledElement"]),
        "transaction" => (ACTIVITY, &["triggeredByEvent", "method", "protocol"]),
        "exclusiveGateway" | "inclusiveGateway" | "complexGateway" => (GATEWAY, &["default"]),
        "parallelGateway" => (GATEWAY, NONE),
        "eventBasedGateway" => (GATEWAY, &["instantiate", "eventGatewayType"]),
        "messageEventDefinition" => (NONE, &["messageRef"]),
        "signalEventDefinition" => (NONE, &["signalRef"]),
        "errorEventDefinition" => (NONE, &["errorRef"]),
        "escalationEventDefinition" => (NONE, &["escalationRef"]),
        "compensateEventDefinition" => (NONE, &["waitForCompletion", "activityRef"]),
        "timerEventDefinition"
        | "conditionalEventDefinition"
        | "linkEventDefinition"
        | "cancelEventDefinition"
        | "terminateEventDefinition" => (NONE, NONE),
        "multiInstanceLoopCharacteristics" => (
            NONE,
            &[
                "isSequential",
                "behavior",
                "oneBehaviorEventRef",
                "noneBehaviorEventRef",
            ],
        ),
        "standardLoopCharacteristics" => (NONE, &["testBefore", "loopMaximum"]),
        _ => return None,
    })
}

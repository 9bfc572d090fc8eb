//! Flow elements: which there are, and what becomes of each.

use super::Reader;
use super::schema::{Standing, standing, unknown_attribute, unknown_attributes};
use crate::codes;
use crate::draft::{DraftFlow, DraftNode, DraftProcess, title};
use crate::model::NodeKind;
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex, Namespace};

impl<'tree> Reader<'tree, '_, '_> {
    /// Reads the content of a process or sub-process; `parent` is the position of the sub-process.
    pub(super) fn scope(&mut self, index: ElementIndex, parent: Option<usize>, process: &mut DraftProcess<'tree>) {
        let tree = self.tree;
        for (child_index, child) in tree.children(index) {
            if child.namespace != Namespace::Bpmn {
                continue;
            }
            if child.name == "sequenceFlow" {
                let flow = self.sequence_flow(child_index, child, parent);
                process.flows.push(flow);
                continue;
            }
            if child.name == "association"
                && let (Some(source), Some(target)) = (child.attribute("sourceRef"), child.attribute("targetRef"))
            {
                process.associations.push((source, target));
                continue;
            }
            if child.name == "correlationSubscription" && parent.is_none() {
                let messages = self.correlation_subscription(child_index, child, process.element);
                process.correlated_messages.extend(messages);
                continue;
            }
            match standing(child.name) {
                Standing::FlowNode => self.node(child_index, child, parent, process),
                Standing::WithoutEffect => {}
                Standing::Attached if is_loop(child) && may_repeat(self.element(index)) => {}
                Standing::Attached
                    if child.name == "completionCondition" && self.element(index).is_bpmn("adHocSubProcess") => {}
                Standing::Attached => {
                    let owner = self.element(index);
                    self.refuse_element(child, owner.id(), &format!("{} on {}", child.name, title(owner)));
                }
                Standing::Unknown => self.unknown_element(child, self.element(index)),
            }
        }
    }

    fn node(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
        parent: Option<usize>,
        process: &mut DraftProcess<'tree>,
    ) {
        let kind = self.node_kind(index, element, parent, process);
        let thrown_before = self.thrown_before(index, element, process.element);
        let is_scope = matches!(element.name, "subProcess" | "transaction" | "adHocSubProcess");
        if !is_scope {
            self.check_children(index, element);
        }
        let supported = self.check_node_attributes(element);
        let tree = self.tree;
        for (_, child) in tree
            .children(index)
            .filter(|(_, child)| is_event_definition(child) || is_loop(child))
        {
            for attribute in unknown_attributes(child) {
                self.problems
                    .error(unknown_attribute(attribute, child).at(element.id()));
            }
        }
        self.check_extensions(index, element.id());
        let position = process.nodes.len();
        process.nodes.push(DraftNode {
            element,
            parent,
            kind: kind.filter(|_| supported),
            triggered: is_true(element, "triggeredByEvent") || is_true(element, "isForCompensation"),
            asynchronous: self.asynchronous(element, element.id()),
            jobs: self.job_settings(index, element),
            is_for_compensation: self.flag(
                element.attribute("isForCompensation"),
                false,
                "isForCompensation",
                element.id(),
            ),
            listeners: [
                self.declared_variables(index, element),
                self.execution_listeners(index, element.id()),
            ]
            .concat(),
            remote_listeners: self.remote_listeners(index, element.id()),
            thrown_before,
            compensates: self.compensated(index, element),
            quantities: self.quantities(element),
            multi_instance: self.repetition(index, element).map(Box::new),
            input_output: self.input_output(index, element),
            properties: self.properties(index),
            documentation: self.documentation(index),
            incoming: Vec::new(),
            outgoing: Vec::new(),
        });
        if is_scope {
            self.scope(index, Some(position), process);
        }
    }

    /// What a node does; `None` when it is refused, with the reason reported.
    fn node_kind(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
        parent: Option<usize>,
        process: &DraftProcess<'tree>,
    ) -> Option<NodeKind> {
        match element.name {
            "startEvent" => {
                let scope = parent.map(|parent| process.nodes[parent].element);
                self.start_event(index, element, scope).map(NodeKind::StartEvent)
            }
            "endEvent" => self.end_event(index, element, process.element).map(NodeKind::EndEvent),
            "intermediateThrowEvent" => self
                .throw_event(index, element, process.element)
                .map(NodeKind::IntermediateThrowEvent),
            "task" => Some(NodeKind::Task),
            "manualTask" => Some(NodeKind::ManualTask),
            "serviceTask" => self
                .service_task(index, element, process.element)
                .map(NodeKind::ServiceTask),
            "sendTask" => self
                .service_task(index, element, process.element)
                .map(NodeKind::SendTask),
            "businessRuleTask" => self
                .service_task(index, element, process.element)
                .map(NodeKind::BusinessRuleTask),
            "scriptTask" => self.script_task(index, element).map(NodeKind::ScriptTask),
            "userTask" => Some(NodeKind::UserTask(Box::new(self.user_task(index, element)))),
            "receiveTask" => self.receive_task(element).map(NodeKind::ReceiveTask),
            "exclusiveGateway" => Some(NodeKind::ExclusiveGateway),
            "parallelGateway" => Some(NodeKind::ParallelGateway),
            "eventBasedGateway" => self.event_based_gateway(element).map(NodeKind::EventBasedGateway),
            "complexGateway" => self.complex_gateway(index, element).map(NodeKind::ComplexGateway),
            "adHocSubProcess" => self
                .ad_hoc_sub_process(index, element)
                .map(|part| NodeKind::AdHocSubProcess(Box::new(part))),
            "inclusiveGateway" => Some(NodeKind::InclusiveGateway),
            "subProcess" if is_true(element, "triggeredByEvent") => Some(NodeKind::EventSubProcess),
            "subProcess" => Some(NodeKind::SubProcess),
            "transaction" => Some(NodeKind::Transaction),
            "callActivity" => self
                .call_activity(index, element)
                .map(|call| NodeKind::CallActivity(Box::new(call))),
            "boundaryEvent" => self.boundary_event(index, element).map(NodeKind::BoundaryEvent),
            "intermediateCatchEvent" => self
                .intermediate_catch_event(index, element)
                .map(NodeKind::IntermediateCatchEvent),
            _ => {
                self.refuse_element(element, None, &title(element));
                None
            }
        }
    }

    fn sequence_flow(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
        parent: Option<usize>,
    ) -> DraftFlow<'tree> {
        self.check_extensions(index, element.id());
        let condition = self.tree.bpmn_child(index, "conditionExpression");
        DraftFlow {
            element,
            parent,
            source: None,
            target: None,
            conditional: condition.is_some(),
            listeners: self.take_listeners(index, element.id()),
            remote_listeners: self.remote_take_listeners(index, element.id()),
            condition: condition.and_then(|(_, condition)| self.formal_condition(element, condition)),
        }
    }

    /// Refuses what hangs on a node and changes how it runs.
    fn check_children(&mut self, index: ElementIndex, owner: &Element<'_>) {
        let tree = self.tree;
        for (_, child) in tree
            .children(index)
            .filter(|(_, child)| child.namespace == Namespace::Bpmn)
        {
            match standing(child.name) {
                Standing::WithoutEffect => {}
                _ if is_loop(child) && may_repeat(owner) => {}
                _ if child.name == "script" && owner.name == "scriptTask" => {}
                _ if child.name == "activationCondition" && owner.name == "complexGateway" => {}
                // Events read and judge their own definitions.
                _ if is_event_definition(child) && owner.name.ends_with("Event") => {}
                Standing::Attached => {
                    self.refuse_element(child, owner.id(), &format!("{} on {}", child.name, title(owner)));
                }
                Standing::FlowNode | Standing::Unknown => self.unknown_element(child, owner),
            }
        }
    }

    fn unknown_element(&mut self, element: &Element<'_>, owner: &Element<'_>) {
        self.problems.error(
            Problem::new(
                codes::UNKNOWN_ELEMENT,
                element.span,
                format!("BPMN 2.0 has no '{}' in {}.", element.name, title(owner)),
                "Remove the element, or put it where it belongs.",
            )
            .at(element.id().or(owner.id())),
        );
    }

    /// Refuses attributes that change how a node runs. Returns whether there are none.
    fn check_node_attributes(&mut self, element: &Element<'_>) -> bool {
        let id = element.id();
        let mut supported = true;
        if let Some(handler) = element.vendor_attribute("formHandlerClass") {
            self.refuse_attribute(id, handler.span, "formHandlerClass", element.name);
            supported = false;
        }
        supported
    }

    /// Refuses an attribute that has no support.
    pub(super) fn refuse_attribute(
        &mut self,
        id: Option<&str>,
        span: crate::problems::Span,
        attribute: &str,
        element_name: &str,
    ) {
        self.problems.error(
            Problem::new(
                codes::UNSUPPORTED_ATTRIBUTE,
                span,
                format!("The attribute '{attribute}' of {element_name} is not supported yet."),
                "Remove the attribute, or model the step with what the engine executes; the README lists it.",
            )
            .at(id),
        );
    }
}

/// Whether an element says what triggers or results from an event.
pub(super) fn is_event_definition(element: &Element<'_>) -> bool {
    element.namespace == Namespace::Bpmn
        && (element.name.ends_with("EventDefinition") || element.name == "eventDefinitionRef")
}

pub(super) fn is_true(element: &Element<'_>, name: &str) -> bool {
    element
        .attribute(name)
        .is_some_and(|value| matches!(value.text.trim(), "true" | "1"))
}

/// Whether an element says how often an activity is carried out.
fn is_loop(element: &Element<'_>) -> bool {
    element.is_bpmn("multiInstanceLoopCharacteristics") || element.is_bpmn("standardLoopCharacteristics")
}

fn may_repeat(owner: &Element<'_>) -> bool {
    (owner.name.ends_with("ask")
        || matches!(
            owner.name,
            "subProcess" | "transaction" | "adHocSubProcess" | "callActivity"
        ))
        && !is_true(owner, "triggeredByEvent")
}

//! Events (BPMN 2.0, 10.5).

use super::Reader;
use super::node::is_event_definition;
use super::task::{ImplementationReading, unknown_message};
use crate::codes;
use crate::draft::title;
use crate::model::{EndEvent, Implementation, IntermediateThrowEvent, StartEvent};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex, Value};

/// What an event does, as far as its definitions are executed.
enum Definition {
    None,
    Terminate,
    Message(Option<Implementation>),
}

impl<'tree> Reader<'tree, '_, '_> {
    /// Reads a start event; `scope` is the sub-process around it.
    pub(super) fn start_event(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
        scope: Option<&Element<'_>>,
    ) -> Option<StartEvent> {
        let embedded = scope.is_some_and(|scope| {
            !scope
                .attribute("triggeredByEvent")
                .is_some_and(|value| matches!(value.text.trim(), "true" | "1"))
        });
        let mut refused = false;
        for definition in self.event_definitions(index) {
            refused = true;
            if embedded {
                self.problems.error(
                    Problem::new(
                        codes::START_EVENT_DEFINITION,
                        definition.span,
                        format!(
                            "{} is not allowed on the start event of a sub-process.",
                            definition.name
                        ),
                        "Use a start event without trigger, or an event sub-process.",
                    )
                    .at(element.id()),
                );
            } else {
                self.refuse_definition(element, definition);
            }
        }
        let (form_key, form) = self.form(element);
        (!refused).then(|| StartEvent {
            initiator: element.vendor_attribute("initiator").map(|name| name.text.to_owned()),
            form_key,
            form,
        })
    }

    pub(super) fn end_event(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
        process: &Element<'_>,
    ) -> Option<EndEvent> {
        Some(match self.definition(index, element, process)? {
            Definition::None => EndEvent::None,
            Definition::Terminate => EndEvent::Terminate,
            Definition::Message(implementation) => EndEvent::Message(implementation),
        })
    }

    pub(super) fn throw_event(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
        process: &Element<'_>,
    ) -> Option<IntermediateThrowEvent> {
        match self.definition(index, element, process)? {
            Definition::None => Some(IntermediateThrowEvent::None),
            Definition::Message(implementation) => Some(IntermediateThrowEvent::Message(implementation)),
            Definition::Terminate => {
                for definition in self.event_definitions(index) {
                    self.refuse_definition(element, definition);
                }
                None
            }
        }
    }

    fn definition(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
        process: &Element<'_>,
    ) -> Option<Definition> {
        let tree = self.tree;
        let mut found = Definition::None;
        let mut count = 0;
        let mut refused = false;
        for (definition_index, definition) in tree.children(index).filter(|(_, child)| is_event_definition(child)) {
            count += 1;
            found = match definition.name {
                "terminateEventDefinition" => Definition::Terminate,
                "messageEventDefinition" => {
                    self.check_extensions(definition_index, element.id());
                    if let Some(reference) = definition.attribute("messageRef") {
                        self.check_thrown_message(reference, element);
                    }
                    match self.implementation(definition_index, definition, element.id(), process) {
                        ImplementationReading::Missing => Definition::Message(None),
                        ImplementationReading::Ready(implementation) => Definition::Message(Some(implementation)),
                        ImplementationReading::Refused => {
                            refused = true;
                            continue;
                        }
                    }
                }
                _ => {
                    self.refuse_definition(element, definition);
                    refused = true;
                    continue;
                }
            };
        }
        if count > 1 {
            self.problems.error(
                Problem::new(
                    codes::MULTIPLE_EVENT_DEFINITIONS,
                    element.span,
                    format!(
                        "{} has several event definitions, which is not supported yet.",
                        title(element)
                    ),
                    "Model one event after the other.",
                )
                .at(element.id()),
            );
        }
        (!refused && count <= 1).then_some(found)
    }

    /// Who sends the message is the implementation, which need not know it by reference; so this is no error.
    fn check_thrown_message(&mut self, reference: Value<'_>, event: &Element<'_>) {
        if self.message(reference).is_none() {
            self.problems.warning(unknown_message(reference).at(event.id()));
        }
    }

    fn event_definitions(&self, index: ElementIndex) -> Vec<&'tree Element<'tree>> {
        let tree = self.tree;
        tree.children(index)
            .map(|(_, child)| child)
            .filter(|child| is_event_definition(child))
            .collect()
    }

    fn refuse_definition(&mut self, event: &Element<'_>, definition: &Element<'_>) {
        self.problems.error(
            Problem::new(
                codes::UNSUPPORTED_ELEMENT,
                definition.span,
                format!("{} on {} is not supported yet.", definition.name, title(event)),
                "Model the step with elements that the engine executes; the README lists them.",
            )
            .at(event.id()),
        );
    }
}

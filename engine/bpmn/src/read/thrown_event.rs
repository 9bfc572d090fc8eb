//! Throwing events (BPMN 2.0, 10.5.3 and 10.5.4).

use super::task::{ImplementationReading, unknown_message};
use super::{Reader, unqualified_reference};
use crate::codes;
use crate::draft::title;
use crate::model::{
    Compensation, EndEvent, Implementation, IntermediateThrowEvent, NodeIndex, ThrownError, ThrownEscalation,
    ThrownSignal,
};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex, Value};

/// What a throwing event does, as far as its definitions are executed.
enum Definition {
    None,
    Terminate,
    Message(Option<Implementation>),
    Error(ThrownError),
    Escalation(ThrownEscalation),
    Signal(ThrownSignal),
    Compensation,
    Cancel,
    Link { name: String },
}

impl<'tree> Reader<'tree, '_, '_> {
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
            Definition::Error(error) => EndEvent::Error(error),
            Definition::Escalation(escalation) => EndEvent::Escalation(escalation),
            Definition::Signal(signal) => EndEvent::Signal(signal),
            Definition::Compensation => EndEvent::Compensation(Compensation { activity: None }),
            Definition::Cancel => EndEvent::Cancel,
            Definition::Link { .. } => {
                self.definitions_not_allowed(index, element, "Use an intermediate throw event.");
                return None;
            }
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
            Definition::Escalation(escalation) => Some(IntermediateThrowEvent::Escalation(escalation)),
            Definition::Signal(signal) => Some(IntermediateThrowEvent::Signal(signal)),
            Definition::Compensation => Some(IntermediateThrowEvent::Compensation(Compensation { activity: None })),
            // Where it leads is known once all nodes are, see `rules::link_event`.
            Definition::Link { name } => Some(IntermediateThrowEvent::Link {
                name,
                target: NodeIndex(u32::MAX),
            }),
            Definition::Terminate | Definition::Error(_) | Definition::Cancel => {
                self.definitions_not_allowed(index, element, "Use an end event.");
                None
            }
        }
    }

    /// The last of what a throwing event throws. What ends or undoes something comes after all else.
    fn definition(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
        process: &Element<'_>,
    ) -> Option<Definition> {
        match self.thrown_last_by(index) {
            Some((index, definition)) => self.one_definition(index, definition, element, process),
            None => Some(Definition::None),
        }
    }

    /// What a throwing event throws before that, when it has several definitions.
    pub(super) fn thrown_before(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
        process: &Element<'_>,
    ) -> Vec<IntermediateThrowEvent> {
        if !matches!(element.name, "endEvent" | "intermediateThrowEvent") {
            return Vec::new();
        }
        let last = self.thrown_last_by(index).map(|(index, _)| index);
        let others = self.event_definitions(index);
        let others = others.into_iter().filter(|(index, _)| Some(*index) != last);
        let mut thrown = Vec::new();
        for (index, definition) in others.collect::<Vec<_>>() {
            if comes_last(definition) {
                let message = format!(
                    "The {} of {} cannot be beside another that ends or undoes something.",
                    definition.name,
                    title(element)
                );
                let advice = "Keep one of them.";
                let code = codes::MULTIPLE_EVENT_DEFINITIONS;
                self.problems
                    .error(Problem::new(code, definition.span, message, advice).at(element.id()));
                continue;
            }
            thrown.extend(match self.one_definition(index, definition, element, process) {
                Some(Definition::Message(implementation)) => Some(IntermediateThrowEvent::Message(implementation)),
                Some(Definition::Escalation(escalation)) => Some(IntermediateThrowEvent::Escalation(escalation)),
                Some(Definition::Signal(signal)) => Some(IntermediateThrowEvent::Signal(signal)),
                // The others come last, or were refused.
                _ => None,
            });
        }
        thrown
    }

    fn thrown_last_by(&mut self, index: ElementIndex) -> Option<(ElementIndex, &'tree Element<'tree>)> {
        let definitions = self.event_definitions(index);
        let ending = definitions.iter().find(|(_, definition)| comes_last(definition));
        ending.or(definitions.last()).copied()
    }

    fn one_definition(
        &mut self,
        definition_index: ElementIndex,
        definition: &'tree Element<'tree>,
        element: &'tree Element<'tree>,
        process: &Element<'_>,
    ) -> Option<Definition> {
        Some(match definition.name {
            "terminateEventDefinition" => Definition::Terminate,
            "messageEventDefinition" => {
                self.check_extensions(definition_index, element.id());
                if let Some(reference) = definition.attribute("messageRef") {
                    self.check_thrown_message(reference, element);
                }
                match self.implementation(definition_index, definition, element.id(), process) {
                    ImplementationReading::Missing => Definition::Message(None),
                    ImplementationReading::Ready(implementation) => Definition::Message(Some(implementation)),
                    ImplementationReading::Refused => return None,
                }
            }
            "errorEventDefinition" => Definition::Error(self.thrown_error(element, definition)?),
            "escalationEventDefinition" => Definition::Escalation(self.thrown_escalation(element, definition)?),
            "signalEventDefinition" => Definition::Signal(self.thrown_signal(definition_index, element, definition)?),
            "compensateEventDefinition" => Definition::Compensation,
            "cancelEventDefinition" => Definition::Cancel,
            "linkEventDefinition" => Definition::Link {
                name: self.link_name(element, definition)?,
            },
            _ => {
                self.refuse_definition(element, definition);
                return None;
            }
        })
    }

    /// Who sends the message is the implementation, which need not know it by reference; so this is no error.
    fn check_thrown_message(&mut self, reference: Value<'_>, event: &Element<'_>) {
        if self.message(reference).is_none() {
            self.problems.warning(unknown_message(reference).at(event.id()));
        }
    }

    pub(super) fn thrown_error(
        &mut self,
        event: &Element<'_>,
        definition: &'tree Element<'tree>,
    ) -> Option<ThrownError> {
        let reference = self.required_reference(event, definition, "errorRef")?;
        let known = self.errors.get(unqualified_reference(reference.text));
        let code = known.map_or(Some(reference.text), |error| error.code.as_deref());
        let Some(code) = code.filter(|code| !code.is_empty()) else {
            self.missing_code(event, reference, "error", "errorCode");
            return None;
        };
        Some(ThrownError {
            code: code.to_owned(),
            message: known.and_then(|error| error.message.clone()),
        })
    }

    pub(super) fn thrown_signal(
        &mut self,
        index: ElementIndex,
        event: &Element<'_>,
        definition: &'tree Element<'tree>,
    ) -> Option<ThrownSignal> {
        let name = self.signal_name(event, definition)?;
        Some(ThrownSignal {
            name,
            inputs: self.mappings(index, "in", event.id()).1,
            asynchronous: self.flag(definition.vendor_attribute("async"), false, "async", event.id()),
        })
    }

    pub(super) fn thrown_escalation(
        &mut self,
        event: &Element<'_>,
        definition: &'tree Element<'tree>,
    ) -> Option<ThrownEscalation> {
        let reference = self.required_reference(event, definition, "escalationRef")?;
        let code = self.escalation_code(event, reference)?.filter(|code| !code.is_empty());
        if code.is_none() {
            self.missing_code(event, reference, "escalation", "escalationCode");
        }
        Some(ThrownEscalation { code: code? })
    }

    /// The activity that a throwing compensation event names; those that catch need no name.
    pub(super) fn compensated(&self, index: ElementIndex, element: &Element<'_>) -> Option<Value<'tree>> {
        if !matches!(element.name, "endEvent" | "intermediateThrowEvent") {
            return None;
        }
        let (_, definition) = self.tree.bpmn_child(index, "compensateEventDefinition")?;
        let reference = definition.attribute("activityRef")?;
        (!reference.text.trim().is_empty()).then_some(reference)
    }

    fn missing_code(&mut self, event: &Element<'_>, reference: Value<'_>, what: &str, attribute: &str) {
        self.problems.error(
            Problem::new(
                codes::MISSING_CODE,
                reference.span,
                format!(
                    "The {what} '{}' that {} throws has no {attribute}.",
                    reference.text,
                    title(event)
                ),
                "Give it a code; those who catch it go by it.",
            )
            .at(event.id()),
        );
    }
}

/// Whether what an event throws ends or undoes something, so that nothing can be thrown after it.
fn comes_last(definition: &Element<'_>) -> bool {
    matches!(
        definition.name,
        "terminateEventDefinition"
            | "errorEventDefinition"
            | "compensateEventDefinition"
            | "cancelEventDefinition"
            | "linkEventDefinition"
    )
}

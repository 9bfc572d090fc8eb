//! Events (BPMN 2.0, 10.5).

use super::node::{is_event_definition, is_true};
use super::task::{ImplementationReading, unknown_message};
use super::{Reader, unqualified_reference};
use crate::codes;
use crate::draft::title;
use crate::model::{
    BoundaryEvent, Catch, Compensation, Condition, EndEvent, ErrorCatch, EscalationCatch, Implementation,
    IntermediateThrowEvent, NodeIndex, StartEvent, StartTrigger, ThrownError, ThrownEscalation, ThrownSignal,
    VariableChange,
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
    /// Reads a start event; `scope` is the sub-process around it.
    pub(super) fn start_event(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
        scope: Option<&Element<'_>>,
    ) -> Option<StartEvent> {
        let (form_key, form) = self.form(element);
        let mut event = StartEvent {
            initiator: element.vendor_attribute("initiator").map(|name| name.text.to_owned()),
            form_key,
            form,
            trigger: None,
        };
        if scope.is_some_and(|scope| is_true(scope, "triggeredByEvent")) {
            let interrupting = self.flag(
                element.attribute("isInterrupting"),
                true,
                "isInterrupting",
                element.id(),
            );
            let catch = self.catch(index, element)?;
            if matches!(catch, Catch::Cancel | Catch::Link { .. }) {
                self.definitions_not_allowed(index, element, "Use another kind of event.");
                return None;
            }
            // Errors always interrupt (BPMN 2.0, table 10.86).
            let interrupting = interrupting || matches!(catch, Catch::Error(_));
            event.trigger = Some(StartTrigger { interrupting, catch });
            return Some(event);
        }
        let definitions = self.event_definitions(index);
        if definitions.is_empty() {
            return Some(event);
        }
        if scope.is_none() {
            let catch = self.catch(index, element)?;
            if !may_start(&catch) {
                let advice = "Start the process by a message, a signal, a condition or a timer, or without trigger.";
                self.definitions_not_allowed(index, element, advice);
                return None;
            }
            event.trigger = Some(StartTrigger {
                interrupting: true,
                catch,
            });
            return Some(event);
        }
        for (_, definition) in definitions {
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
        }
        None
    }

    /// Reads a boundary event. To what it is attached is known once all nodes are, see `rules::boundary_event`.
    pub(super) fn boundary_event(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
    ) -> Option<BoundaryEvent> {
        let interrupting = self.flag(
            element.attribute("cancelActivity"),
            true,
            "cancelActivity",
            element.id(),
        );
        let catch = self.catch(index, element)?;
        if let Catch::Link { .. } = catch {
            self.definitions_not_allowed(index, element, "Use another kind of event.");
            return None;
        }
        Some(BoundaryEvent {
            attached_to: NodeIndex(u32::MAX),
            interrupting: interrupting || matches!(catch, Catch::Error(_) | Catch::Cancel),
            catch,
        })
    }

    pub(super) fn intermediate_catch_event(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
    ) -> Option<Catch> {
        let catch = self.catch(index, element)?;
        if matches!(
            catch,
            Catch::Message { .. } | Catch::Signal { .. } | Catch::Conditional(_) | Catch::Timer(_) | Catch::Link { .. }
        ) {
            return Some(catch);
        }
        self.definitions_not_allowed(index, element, "Catch it by a boundary event or an event sub-process.");
        None
    }

    fn definitions_not_allowed(&mut self, index: ElementIndex, element: &Element<'_>, advice: &str) {
        for (_, definition) in self.event_definitions(index) {
            self.problems.error(
                Problem::new(
                    codes::EVENT_DEFINITION_NOT_ALLOWED,
                    definition.span,
                    format!("{} is not allowed on {}.", definition.name, title(element)),
                    advice,
                )
                .at(element.id()),
            );
        }
    }

    /// The one definition of a catching event.
    fn catch(&mut self, index: ElementIndex, element: &'tree Element<'tree>) -> Option<Catch> {
        let definitions = self.event_definitions(index);
        let (definition_index, definition) = match definitions[..] {
            [one] => one,
            [] => {
                self.problems.error(
                    Problem::new(
                        codes::MISSING_EVENT_DEFINITION,
                        element.span,
                        format!("{} does not say what it waits for.", title(element)),
                        "Give it an event definition, such as messageEventDefinition.",
                    )
                    .at(element.id()),
                );
                return None;
            }
            _ => {
                self.several_definitions(element);
                return None;
            }
        };
        self.check_extensions(definition_index, element.id());
        match definition.name {
            "messageEventDefinition" => {
                let reference = self.required_reference(element, definition, "messageRef")?;
                let name = self.awaited_message(reference, element)?.name?;
                Some(Catch::Message { name })
            }
            "signalEventDefinition" => {
                let name = self.signal_name(element, definition)?;
                Some(Catch::Signal { name })
            }
            "errorEventDefinition" => Some(Catch::Error(ErrorCatch {
                code: definition
                    .attribute("errorRef")
                    .map(|reference| self.error_code(reference)),
                code_variable: variable_name(definition, "errorCodeVariable"),
                message_variable: variable_name(definition, "errorMessageVariable"),
            })),
            "escalationEventDefinition" => {
                let code = match definition.attribute("escalationRef") {
                    Some(reference) => self.escalation_code(element, reference)?,
                    None => None,
                };
                Some(Catch::Escalation(EscalationCatch {
                    code,
                    code_variable: variable_name(definition, "escalationCodeVariable"),
                }))
            }
            "timerEventDefinition" => {
                let timer = self.timer(definition_index, definition, element)?;
                Some(Catch::Timer(Box::new(timer)))
            }
            "compensateEventDefinition" => Some(Catch::Compensation { handler: None }),
            "cancelEventDefinition" => Some(Catch::Cancel),
            "linkEventDefinition" => Some(Catch::Link {
                name: self.link_name(element, definition)?,
            }),
            "conditionalEventDefinition" => self.awaited_condition(element, definition_index, definition),
            _ => {
                self.refuse_definition(element, definition);
                None
            }
        }
    }

    fn awaited_condition(
        &mut self,
        event: &Element<'_>,
        index: ElementIndex,
        definition: &'tree Element<'tree>,
    ) -> Option<Catch> {
        let Some((_, condition)) = self.tree.bpmn_child(index, "condition") else {
            self.problems.error(
                Problem::new(
                    codes::EMPTY_CONDITION,
                    definition.span,
                    format!("{} has no condition.", title(event)),
                    "Write an expression that yields true or false.",
                )
                .at(event.id()),
            );
            return None;
        };
        let condition = self.condition(event, condition)?;
        let mut variable_events = Vec::new();
        if let Some(events) = definition.vendor_attribute("variableEvents") {
            for name in super::value::split_list(events) {
                match name.text {
                    "create" => variable_events.push(VariableChange::Create),
                    "update" => variable_events.push(VariableChange::Update),
                    "delete" => variable_events.push(VariableChange::Delete),
                    other => self.problems.error(
                        Problem::new(
                            codes::INVALID_VARIABLE_EVENTS,
                            name.span,
                            format!("'{other}' is no change of a variable."),
                            "Write 'create', 'update' or 'delete', or several between commas.",
                        )
                        .at(event.id()),
                    ),
                }
            }
        }
        Some(Catch::Conditional(Box::new(Condition {
            condition,
            variable_name: variable_name(definition, "variableName"),
            variable_events,
        })))
    }

    fn required_reference(
        &mut self,
        event: &Element<'_>,
        definition: &'tree Element<'tree>,
        name: &str,
    ) -> Option<Value<'tree>> {
        let reference = definition.attribute(name).filter(|value| !value.text.trim().is_empty());
        if reference.is_none() {
            self.problems.error(
                Problem::new(
                    codes::MISSING_REFERENCE,
                    definition.span,
                    format!("The {} of {} has no {name}.", definition.name, title(event)),
                    format!("Set {name} to what is meant."),
                )
                .at(event.id()),
            );
        }
        reference
    }

    fn unknown_reference(&mut self, event: &Element<'_>, reference: Value<'_>, what: &str) {
        self.problems.error(
            Problem::new(
                codes::UNKNOWN_REFERENCE,
                reference.span,
                format!("There is no {what} '{}'.", reference.text),
                format!("Define the {what} in the file, or correct the reference."),
            )
            .at(event.id()),
        );
    }

    /// The code that a reference to an error means: that of its definition, or the reference itself.
    fn error_code(&self, reference: Value<'_>) -> String {
        let error = self.errors.get(unqualified_reference(reference.text));
        error
            .and_then(|error| error.code.clone())
            .unwrap_or_else(|| reference.text.to_owned())
    }

    /// The code of the escalation that a reference names: `None` when it is unknown, which is reported.
    fn escalation_code(&mut self, event: &Element<'_>, reference: Value<'_>) -> Option<Option<String>> {
        match self.escalations.get(unqualified_reference(reference.text)) {
            Some(escalation) => Some(escalation.code.clone()),
            None => {
                self.unknown_reference(event, reference, "escalation");
                None
            }
        }
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
                "errorEventDefinition" => match self.thrown_error(element, definition) {
                    Some(error) => Definition::Error(error),
                    None => {
                        refused = true;
                        continue;
                    }
                },
                "escalationEventDefinition" => match self.thrown_escalation(element, definition) {
                    Some(escalation) => Definition::Escalation(escalation),
                    None => {
                        refused = true;
                        continue;
                    }
                },
                "signalEventDefinition" => match self.thrown_signal(definition_index, element, definition) {
                    Some(signal) => Definition::Signal(signal),
                    None => {
                        refused = true;
                        continue;
                    }
                },
                "compensateEventDefinition" => Definition::Compensation,
                "cancelEventDefinition" => Definition::Cancel,
                "linkEventDefinition" => match self.link_name(element, definition) {
                    Some(name) => Definition::Link { name },
                    None => {
                        refused = true;
                        continue;
                    }
                },
                _ => {
                    self.refuse_definition(element, definition);
                    refused = true;
                    continue;
                }
            };
        }
        if count > 1 {
            self.several_definitions(element);
        }
        (!refused && count <= 1).then_some(found)
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

    fn signal_name(
        &mut self,
        event: &Element<'_>,
        definition: &'tree Element<'tree>,
    ) -> Option<flowstone_expression::Expression> {
        let reference = self.required_reference(event, definition, "signalRef")?;
        let Some(signal) = self.signals.get(unqualified_reference(reference.text)) else {
            self.unknown_reference(event, reference, "signal");
            return None;
        };
        // A signal without name was reported where it is defined.
        signal.name.clone()
    }

    fn thrown_signal(
        &mut self,
        index: ElementIndex,
        event: &Element<'_>,
        definition: &'tree Element<'tree>,
    ) -> Option<ThrownSignal> {
        if let Some(value) = definition.vendor_attribute("async")
            && self.flag(Some(value), false, "async", event.id())
        {
            self.refuse_attribute(event.id(), value.span, "async", definition.name);
            return None;
        }
        let name = self.signal_name(event, definition)?;
        Some(ThrownSignal {
            name,
            inputs: self.mappings(index, "in", event.id()).1,
        })
    }

    fn thrown_escalation(
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

    fn link_name(&mut self, event: &Element<'_>, definition: &Element<'_>) -> Option<String> {
        let name = definition.attribute("name").filter(|name| !name.text.trim().is_empty());
        if name.is_none() {
            self.problems.error(
                Problem::new(
                    codes::INVALID_LINK,
                    definition.span,
                    format!("The link of {} has no name.", title(event)),
                    "Give it the name that the other end of the link has.",
                )
                .at(event.id()),
            );
        }
        name.map(|name| name.text.to_owned())
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

    fn several_definitions(&mut self, event: &Element<'_>) {
        self.problems.error(
            Problem::new(
                codes::MULTIPLE_EVENT_DEFINITIONS,
                event.span,
                format!(
                    "{} has several event definitions, which is not supported yet.",
                    title(event)
                ),
                "Model one event after the other.",
            )
            .at(event.id()),
        );
    }

    fn event_definitions(&self, index: ElementIndex) -> Vec<(ElementIndex, &'tree Element<'tree>)> {
        let tree = self.tree;
        tree.children(index)
            .filter(|(_, child)| is_event_definition(child))
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

/// Whether an event can start an instance.
fn may_start(catch: &Catch) -> bool {
    matches!(
        catch,
        Catch::Message { .. } | Catch::Signal { .. } | Catch::Conditional(_) | Catch::Timer(_)
    )
}

fn variable_name(definition: &Element<'_>, attribute: &str) -> Option<String> {
    definition
        .vendor_attribute(attribute)
        .map(|name| name.text.to_owned())
        .filter(|name| !name.is_empty())
}

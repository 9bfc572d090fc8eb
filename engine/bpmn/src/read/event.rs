//! Catching events (BPMN 2.0, 10.5), and what catching and throwing ones share.

use super::node::{is_event_definition, is_true};
use super::{Reader, unqualified_reference};
use crate::codes;
use crate::draft::title;
use crate::model::{
    BoundaryEvent, Catch, Condition, ErrorCatch, EscalationCatch, FormData, MultipleCatch, NodeIndex, StartEvent,
    StartTrigger, VariableChange,
};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex, Value};

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
            form_data: if scope.is_none() {
                self.form_data(index)
            } else {
                FormData::default()
            },
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
            // BPMN 2.0, table 10.86.
            if !interrupting && catch.parts().iter().any(|part| matches!(part, Catch::Error(_))) {
                self.problems.error(
                    Problem::new(
                        codes::NOT_INTERRUPTING,
                        element.span,
                        format!("{} catches an error without interrupting.", title(element)),
                        "Remove isInterrupting=\"false\": what threw an error does not go on.",
                    )
                    .at(element.id()),
                );
                return None;
            }
            event.trigger = Some(StartTrigger { interrupting, catch });
            return Some(event);
        }
        let definitions = self.event_definitions(index);
        if definitions.is_empty() {
            return Some(event);
        }
        if scope.is_none() {
            let catch = self.catch(index, element)?;
            if catch.is_parallel() || !catch.parts().iter().all(may_start) {
                let advice = "Start the process by a message, a signal, a condition or a timer, by one of several of \
                              these, or without trigger.";
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
            interrupting: interrupting
                || (catch.parts().iter()).any(|part| matches!(part, Catch::Error(_) | Catch::Cancel)),
            catch,
        })
    }

    pub(super) fn intermediate_catch_event(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
    ) -> Option<Catch> {
        let catch = self.catch(index, element)?;
        let may_be_waited_for = |part: &Catch| {
            matches!(
                part,
                Catch::Message { .. }
                    | Catch::Signal { .. }
                    | Catch::Conditional(_)
                    | Catch::Timer(_)
                    | Catch::Link { .. }
            )
        };
        if catch.parts().iter().all(may_be_waited_for) {
            return Some(catch);
        }
        self.definitions_not_allowed(index, element, "Catch it by a boundary event or an event sub-process.");
        None
    }

    pub(super) fn definitions_not_allowed(&mut self, index: ElementIndex, element: &Element<'_>, advice: &str) {
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

    /// What a catching event waits for.
    fn catch(&mut self, index: ElementIndex, element: &'tree Element<'tree>) -> Option<Catch> {
        let definitions = self.event_definitions(index);
        match definitions[..] {
            [(index, definition)] => self.one_catch(index, definition, element),
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
                None
            }
            _ => self.multiple_catch(&definitions, element),
        }
    }

    /// Several definitions of one catching event (BPMN 2.0, 10.5.1).
    fn multiple_catch(
        &mut self,
        definitions: &[(ElementIndex, &'tree Element<'tree>)],
        element: &'tree Element<'tree>,
    ) -> Option<Catch> {
        let parallel = self.flag(
            element.attribute("parallelMultiple"),
            false,
            "parallelMultiple",
            element.id(),
        );
        let mut catches: Vec<Catch> = Vec::new();
        for (index, definition) in definitions {
            let catch = self.one_catch(*index, definition, element)?;
            let problem = match &catch {
                Catch::Compensation { .. } | Catch::Cancel | Catch::Link { .. } => Some("cannot be one of several"),
                Catch::Error(_) | Catch::Escalation(_) if parallel => {
                    Some("is over when it is thrown and cannot be waited for beside others")
                }
                Catch::Conditional(_) if catches.iter().any(|other| matches!(other, Catch::Conditional(_))) => {
                    Some("is there twice; write one condition")
                }
                _ => None,
            };
            if let Some(problem) = problem {
                let message = format!("The {} of {} {problem}.", definition.name, title(element));
                let advice = "Model it as an event of its own.";
                let code = codes::MULTIPLE_EVENT_DEFINITIONS;
                self.problems
                    .error(Problem::new(code, definition.span, message, advice).at(element.id()));
                return None;
            }
            catches.push(catch);
        }
        Some(Catch::Multiple(Box::new(MultipleCatch { catches, parallel })))
    }

    /// One definition of a catching event.
    fn one_catch(
        &mut self,
        definition_index: ElementIndex,
        definition: &'tree Element<'tree>,
        element: &'tree Element<'tree>,
    ) -> Option<Catch> {
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
                    .and_then(|reference| self.error_code(reference)),
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
        let condition = self.formal_condition(event, condition)?;
        let mut variable_events = Vec::new();
        if let Some(events) = definition.vendor_attribute("variableEvents") {
            for name in super::value::split_list(events) {
                match name.text {
                    "create" => variable_events.push(VariableChange::Create),
                    "update" => variable_events.push(VariableChange::Update),
                    "delete" => variable_events.push(VariableChange::Delete),
                    other => self.problems.warning(
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

    pub(super) fn required_reference(
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

    pub(super) fn unknown_reference(&mut self, event: &Element<'_>, reference: Value<'_>, what: &str) {
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

    /// The code that a reference to an error means: that of its definition, or the reference itself. A definition
    /// without code means every error.
    fn error_code(&self, reference: Value<'_>) -> Option<String> {
        match self.errors.get(unqualified_reference(reference.text)) {
            Some(error) => error.code.clone(),
            None => Some(reference.text.to_owned()),
        }
    }

    /// The code of the escalation that a reference names: `None` when it is unknown, which is reported.
    pub(super) fn escalation_code(&mut self, event: &Element<'_>, reference: Value<'_>) -> Option<Option<String>> {
        match self.escalations.get(unqualified_reference(reference.text)) {
            Some(escalation) => Some(escalation.code.clone()),
            None => {
                self.unknown_reference(event, reference, "escalation");
                None
            }
        }
    }

    pub(super) fn signal_name(
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

    pub(super) fn link_name(&mut self, event: &Element<'_>, definition: &Element<'_>) -> Option<String> {
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

    /// The definitions of an event, in document order; references lead to those that stand in `definitions`.
    pub(super) fn event_definitions(&self, index: ElementIndex) -> Vec<(ElementIndex, &'tree Element<'tree>)> {
        let tree = self.tree;
        tree.children(index)
            .filter(|(_, child)| is_event_definition(child))
            .map(|(index, child)| self.referred_definition(child).unwrap_or((index, child)))
            .collect()
    }

    fn referred_definition(&self, reference: &Element<'_>) -> Option<(ElementIndex, &'tree Element<'tree>)> {
        if reference.name != "eventDefinitionRef" {
            return None;
        }
        self.definition_named(reference.content().trimmed())
    }

    /// The event definition in `definitions` that a reference names.
    pub(super) fn definition_named(&self, reference: Value<'_>) -> Option<(ElementIndex, &'tree Element<'tree>)> {
        let index = *self.event_definitions.get(unqualified_reference(reference.text))?;
        Some((index, self.element(index)))
    }

    pub(super) fn refuse_definition(&mut self, event: &Element<'_>, definition: &Element<'_>) {
        if definition.name == "eventDefinitionRef" {
            self.unknown_reference(event, definition.content().trimmed(), "event definition");
            return;
        }
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

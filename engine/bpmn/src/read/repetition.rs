//! How often an activity is carried out (BPMN 2.0, 10.3.7 and 10.3.8), and how many tokens it takes and gives.

use super::Reader;
use super::value::shortened;
use crate::codes;
use crate::draft::title;
use crate::model::{
    Asynchronous, InstanceEvent, MultiInstance, Quantities, StandardLoop, ThrowingInstance, ThrownByInstances, Times,
};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex, Value};

impl<'tree> Reader<'tree, '_, '_> {
    /// How often an activity is carried out, if it says so.
    pub(super) fn repetition(&mut self, index: ElementIndex, owner: &'tree Element<'tree>) -> Option<MultiInstance> {
        let tree = self.tree;
        if let Some((index, element)) = tree.bpmn_child(index, "multiInstanceLoopCharacteristics") {
            return self.multi_instance(index, element, owner);
        }
        let (index, element) = tree.bpmn_child(index, "standardLoopCharacteristics")?;
        Some(MultiInstance {
            sequential: true,
            times: Times::Loop(self.standard_loop(index, element, owner)?),
            element_variable: None,
            asynchronous: Asynchronous::default(),
            completion_condition: None,
            thrown: Vec::new(),
        })
    }

    fn standard_loop(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
        owner: &'tree Element<'tree>,
    ) -> Option<StandardLoop> {
        let id = owner.id();
        let condition = self
            .tree
            .bpmn_child(index, "loopCondition")
            .map(|(_, condition)| condition)
            .filter(|condition| !condition.content().text.trim().is_empty());
        let maximum = element.attribute("loopMaximum");
        if condition.is_none() && maximum.is_none() {
            self.problems.error(
                Problem::new(
                    codes::MISSING_CARDINALITY,
                    element.span,
                    format!("{} does not say how long it is repeated.", title(owner)),
                    "Give it a loopCondition, or set loopMaximum.",
                )
                .at(id),
            );
            return None;
        }
        let maximum = match maximum {
            Some(maximum) => Some(self.count(maximum, "loopMaximum", 0, u32::MAX, id)?),
            None => None,
        };
        let condition = match condition {
            Some(condition) => Some(self.condition(owner, condition)?),
            None => None,
        };
        Some(StandardLoop {
            condition,
            maximum,
            test_before: self.flag(element.attribute("testBefore"), false, "testBefore", id),
        })
    }

    /// How many tokens an activity takes and gives.
    pub(super) fn quantities(&mut self, element: &Element<'_>) -> Quantities {
        const MOST: u32 = 10_000;
        let mut quantity = |name: &str| match element.attribute(name) {
            Some(value) => self.count(value, name, 1, MOST, element.id()).unwrap_or(1),
            None => 1,
        };
        Quantities {
            start: quantity("startQuantity"),
            completion: quantity("completionQuantity"),
        }
    }

    fn count(&mut self, value: Value<'_>, name: &str, least: u32, most: u32, id: Option<&str>) -> Option<u32> {
        let number = value.text.trim().parse().ok();
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.problems.error(
                Problem::new(
                    codes::INVALID_NUMBER,
                    value.span,
                    format!("'{}' is not a valid number for '{name}'.", shortened(value.text)),
                    format!("Write a whole number from {least} to {most}."),
                )
                .at(id),
            );
        }
        number
    }

    /// The multi-instance characteristics of an activity.
    fn multi_instance(
        &mut self,
        loop_index: ElementIndex,
        element: &'tree Element<'tree>,
        owner: &'tree Element<'tree>,
    ) -> Option<MultiInstance> {
        let tree = self.tree;
        let id = owner.id();
        let thrown = self.thrown_by_instances(loop_index, element, owner);
        let text_of = |name: &str| {
            let (_, child) = tree.bpmn_child(loop_index, name)?;
            Some(child.content().trimmed()).filter(|text| !text.text.is_empty())
        };
        for name in ["loopCardinality", "loopDataInputRef", "completionCondition"] {
            let child = tree.bpmn_child(loop_index, name).map(|(_, child)| child);
            if let Some(empty) = child.filter(|child| child.content().text.trim().is_empty()) {
                let message = format!("The {name} of {} is empty.", title(owner));
                let problem = Problem::new(
                    codes::MISSING_CARDINALITY,
                    empty.span,
                    message,
                    "Fill it, or remove it.",
                );
                self.problems.error(problem.at(id));
                return None;
            }
        }
        let collection = element
            .vendor_attribute("collection")
            .or_else(|| text_of("loopDataInputRef"));
        let cardinality = text_of("loopCardinality");
        let times = match (cardinality, collection) {
            (Some(cardinality), _) => self.expression(cardinality, id).map(Times::Cardinality),
            (None, Some(collection)) => self.collection(collection, id),
            (None, None) => {
                self.problems.error(
                    Problem::new(
                        codes::MISSING_CARDINALITY,
                        element.span,
                        format!("{} does not say how often it is carried out.", title(owner)),
                        "Set loopCardinality, or the vendor attribute collection.",
                    )
                    .at(id),
                );
                None
            }
        };
        let item = tree.bpmn_child(loop_index, "inputDataItem");
        let element_variable = element
            .vendor_attribute("elementVariable")
            .or_else(|| item.and_then(|(_, item)| item.attribute("name")))
            .map(|name| name.text.to_owned());
        if element_variable.is_some() && collection.is_none() {
            self.problems.error(
                Problem::new(
                    codes::MISSING_CARDINALITY,
                    element.span,
                    format!(
                        "{} has a variable for elements, but no collection of them.",
                        title(owner)
                    ),
                    "Set loopDataInputRef, or the vendor attribute collection.",
                )
                .at(id),
            );
        }
        let completion_condition = tree
            .bpmn_child(loop_index, "completionCondition")
            .map(|(_, condition)| condition)
            .filter(|condition| !condition.content().text.trim().is_empty());
        Some(MultiInstance {
            sequential: self.flag(element.attribute("isSequential"), false, "isSequential", id),
            times: times?,
            element_variable,
            asynchronous: self.asynchronous(element, id),
            completion_condition: completion_condition.and_then(|condition| self.condition(owner, condition)),
            thrown,
        })
    }

    /// What a multi-instance activity throws when instances are done (BPMN 2.0, 10.3.8 `behavior`).
    fn thrown_by_instances(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
        owner: &'tree Element<'tree>,
    ) -> Vec<ThrownByInstances> {
        let Some(behavior) = element.attribute("behavior") else {
            return Vec::new();
        };
        let referred = |when, name: &str| Some((when, element.attribute(name)?));
        let simple = match behavior.text.trim() {
            "All" => return Vec::new(),
            "None" => referred(ThrowingInstance::Each, "noneBehaviorEventRef"),
            "One" => referred(ThrowingInstance::First, "oneBehaviorEventRef"),
            "Complex" => return self.complex_behavior(index, owner),
            _ => None,
        };
        let Some((when, reference)) = simple else {
            self.problems.error(
                Problem::new(
                    codes::INVALID_CHOICE,
                    behavior.span,
                    format!(
                        "The behavior '{}' of {} is unknown or names no event.",
                        behavior.text,
                        title(owner)
                    ),
                    "Write 'All', 'None' with noneBehaviorEventRef, 'One' with oneBehaviorEventRef, or 'Complex'.",
                )
                .at(owner.id()),
            );
            return Vec::new();
        };
        match self.definition_named(reference) {
            Some((index, definition)) => {
                let event = self.instance_event(index, definition, owner);
                event
                    .map(|event| ThrownByInstances { when, event })
                    .into_iter()
                    .collect()
            }
            None => {
                self.unknown_reference(owner, reference, "event definition");
                Vec::new()
            }
        }
    }

    fn complex_behavior(&mut self, index: ElementIndex, owner: &'tree Element<'tree>) -> Vec<ThrownByInstances> {
        let tree = self.tree;
        let mut thrown = Vec::new();
        let complex = |(_, child): &(ElementIndex, &Element<'_>)| child.is_bpmn("complexBehaviorDefinition");
        for (index, complex) in tree.children(index).filter(complex) {
            let condition = tree.bpmn_child(index, "condition");
            let event = tree.bpmn_child(index, "event");
            let definition = event.and_then(|(event, _)| self.event_definitions(event).first().copied());
            let (Some((_, condition)), Some((definition, element))) = (condition, definition) else {
                self.problems.error(
                    Problem::new(
                        codes::MISSING_EVENT_DEFINITION,
                        complex.span,
                        format!("The behavior of {} has no condition, or no event.", title(owner)),
                        "Give it a condition, and an event with a signal or an escalation.",
                    )
                    .at(owner.id()),
                );
                continue;
            };
            let when = self.condition(owner, condition).map(ThrowingInstance::When);
            let event = self.instance_event(definition, element, owner);
            thrown.extend(when.zip(event).map(|(when, event)| ThrownByInstances { when, event }));
        }
        thrown
    }

    fn instance_event(
        &mut self,
        index: ElementIndex,
        definition: &'tree Element<'tree>,
        owner: &'tree Element<'tree>,
    ) -> Option<InstanceEvent> {
        match definition.name {
            "signalEventDefinition" => self.thrown_signal(index, owner, definition).map(InstanceEvent::Signal),
            "escalationEventDefinition" => self.thrown_escalation(owner, definition).map(InstanceEvent::Escalation),
            _ => {
                self.problems.error(
                    Problem::new(
                        codes::EVENT_DEFINITION_NOT_ALLOWED,
                        definition.span,
                        format!("The instances of {} cannot throw a {}.", title(owner), definition.name),
                        "Throw a signal or an escalation.",
                    )
                    .at(owner.id()),
                );
                None
            }
        }
    }

    /// A collection is named by an expression or as a variable.
    fn collection(&mut self, collection: Value<'_>, id: Option<&str>) -> Option<Times> {
        if collection.text.contains("${") || collection.text.contains("#{") {
            return self.expression(collection, id).map(Times::Collection);
        }
        Some(Times::Variable(collection.text.trim().to_owned()))
    }
}

//! The subscriptions of a process to correlation keys (BPMN 2.0, 8.4.2).
//!
//! Keys and properties stand elsewhere in the file. They are read through the subscriptions that name them, so what no
//! process uses is not judged.

use std::collections::HashSet;

use flowstone_expression::Expression;
use flowstone_script::Script;

use super::{Reader, unqualified_reference};
use crate::codes;
use crate::model::{CorrelatedMessage, CorrelatedProperty};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex, Value};

/// A property of a key that a subscription binds.
struct Bound {
    /// How messages of a name carry it.
    retrievals: Vec<(Expression, Script)>,
    in_instance: Script,
}

impl<'tree> Reader<'tree, '_, '_> {
    /// The messages that a process takes by what its instances hold.
    pub(super) fn correlation_subscription(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
        process: &Element<'_>,
    ) -> Vec<CorrelatedMessage> {
        let Some(key) = self.reference(process, element, "correlationKeyRef") else {
            return Vec::new();
        };
        let named = ("correlationKey", unqualified_reference(key.text));
        let Some(key) = self.correlation.get(&named).copied() else {
            self.unknown_reference(process, key, "correlation key");
            return Vec::new();
        };
        let properties = self.tree.bpmn_children(key, "correlationPropertyRef");
        let properties: HashSet<&str> = properties
            .map(|(_, one)| unqualified_reference(one.content().text.trim()))
            .collect();
        let mut bindings = self.tree.bpmn_children(index, "correlationPropertyBinding").peekable();
        if bindings.peek().is_none() {
            let problem = Problem::new(
                codes::INCOMPLETE_CORRELATION,
                element.span,
                "The correlation subscription binds no property of its key.",
                "Add a correlationPropertyBinding with a dataPath for each property of the key.",
            );
            self.problems.error(problem.at(process.id()));
        }
        let bound: Vec<Bound> = bindings
            .filter_map(|(index, binding)| self.binding(index, binding, &properties, process))
            .collect();
        let names = bound
            .first()
            .map(|first| first.retrievals.as_slice())
            .unwrap_or_default();
        // A message is correlated by the key when it carries all that is bound.
        let messages = names.iter().filter_map(|(name, _)| {
            let properties = bound.iter().map(|one| {
                let (_, in_message) = one.retrievals.iter().find(|(other, _)| other == name)?;
                Some(CorrelatedProperty {
                    in_message: in_message.clone(),
                    in_instance: one.in_instance.clone(),
                })
            });
            Some(CorrelatedMessage {
                name: name.clone(),
                properties: properties.collect::<Option<_>>()?,
            })
        });
        messages.collect()
    }

    fn binding(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
        of_key: &HashSet<&str>,
        process: &Element<'_>,
    ) -> Option<Bound> {
        let reference = self.reference(process, element, "correlationPropertyRef")?;
        let name = unqualified_reference(reference.text);
        let found = self.correlation.get(&("correlationProperty", name)).copied();
        let Some(property) = found.filter(|_| of_key.contains(name)) else {
            self.unknown_reference(process, reference, "property of the correlation key");
            return None;
        };
        let mut retrievals = Vec::new();
        for (index, retrieval) in self
            .tree
            .bpmn_children(property, "correlationPropertyRetrievalExpression")
        {
            retrievals.extend(self.retrieval(index, retrieval, process));
        }
        Some(Bound {
            retrievals,
            in_instance: self.path(process, index, element, "dataPath")?,
        })
    }

    fn retrieval(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
        process: &Element<'_>,
    ) -> Option<(Expression, Script)> {
        let message = self.reference(process, element, "messageRef")?;
        let Some(found) = self.messages.get(unqualified_reference(message.text)) else {
            self.unknown_reference(process, message, "message");
            return None;
        };
        // A message without a name reaches nobody.
        let name = found.name.clone()?;
        Some((name, self.path(process, index, element, "messagePath")?))
    }

    fn reference(&mut self, process: &Element<'_>, element: &'tree Element<'tree>, name: &str) -> Option<Value<'tree>> {
        let reference = element.attribute(name);
        if reference.is_none() {
            self.incomplete(process, element, name, &format!("Add the attribute {name}."));
        }
        reference
    }

    fn path(
        &mut self,
        process: &Element<'_>,
        index: ElementIndex,
        element: &Element<'_>,
        name: &str,
    ) -> Option<Script> {
        let Some((_, path)) = self.tree.bpmn_child(index, name) else {
            let advice = format!("Add a {name} with an expression that yields the value.");
            self.incomplete(process, element, name, &advice);
            return None;
        };
        self.condition(process, path)
    }

    fn incomplete(&mut self, process: &Element<'_>, element: &Element<'_>, name: &str, advice: &str) {
        let message = format!("The {} has no {name}.", element.name);
        let problem = Problem::new(codes::INCOMPLETE_CORRELATION, element.span, message, advice);
        self.problems.error(problem.at(element.id().or(process.id())));
    }
}

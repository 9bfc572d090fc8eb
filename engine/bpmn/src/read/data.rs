//! Documentation, properties, and input and output parameters.

use std::collections::HashMap;

use flowstone_expression::Expression;

use super::Reader;
use crate::codes;
use crate::draft::title;
use crate::model::{InputOutput, Parameter, ParameterValue};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex, Namespace, Value};

impl<'tree> Reader<'tree, '_, '_> {
    /// The text of the first `documentation`, if it has any.
    pub(super) fn documentation_element(&self, index: ElementIndex) -> Option<Value<'tree>> {
        let tree = self.tree;
        let (_, element) = tree.bpmn_child(index, "documentation")?;
        Some(element.content().trimmed()).filter(|text| !text.text.is_empty())
    }

    pub(super) fn documentation(&self, index: ElementIndex) -> Option<String> {
        self.documentation_element(index).map(|text| text.text.to_owned())
    }

    /// The vendor extension `properties`; the later of two with the same name counts, as in a map.
    pub(super) fn properties(&self, index: ElementIndex) -> Vec<(String, String)> {
        let tree = self.tree;
        let mut properties: Vec<(String, String)> = Vec::new();
        let mut positions = HashMap::new();
        let elements = tree
            .extensions(index)
            .filter(|(_, extension)| extension.is_vendor("properties"))
            .flat_map(|(extension, _)| tree.children(extension))
            .filter(|(_, child)| child.is_vendor("property"));
        for (_, element) in elements {
            let Some(name) = element.attribute("name").or_else(|| element.attribute("id")) else {
                continue;
            };
            let value = element.attribute("value").map_or("", |value| value.text).to_owned();
            let position = *positions.entry(name.text).or_insert(properties.len());
            match properties.get_mut(position) {
                Some((_, known)) => *known = value,
                None => properties.push((name.text.to_owned(), value)),
            }
        }
        properties
    }

    /// The vendor extension `inputOutput` of a node.
    pub(super) fn input_output(&mut self, index: ElementIndex, owner: &Element<'_>) -> Option<InputOutput> {
        let tree = self.tree;
        let (mapping_index, mapping) = tree
            .extensions(index)
            .find(|(_, child)| child.is_vendor("inputOutput"))?;
        if !takes_parameters(owner) {
            self.not_allowed(mapping, owner, "input and output parameters");
            return None;
        }
        let mut input_output = InputOutput::default();
        for (parameter_index, parameter) in tree.children(mapping_index) {
            if parameter.is_vendor("inputParameter") {
                input_output
                    .inputs
                    .extend(self.parameter(parameter_index, parameter, owner));
            } else if parameter.is_vendor("outputParameter") {
                let repeated = tree.bpmn_child(index, "multiInstanceLoopCharacteristics").is_some();
                if owner.name == "endEvent" || repeated {
                    self.not_allowed(parameter, owner, "output parameters");
                }
                input_output
                    .outputs
                    .extend(self.parameter(parameter_index, parameter, owner));
            }
        }
        Some(input_output)
    }

    fn parameter(&mut self, index: ElementIndex, element: &Element<'_>, owner: &Element<'_>) -> Option<Parameter> {
        let value = self.parameter_value(index, element, owner);
        let Some(name) = element.attribute("name").filter(|name| !name.text.is_empty()) else {
            self.invalid_parameter(
                element,
                owner,
                format!("An {} has no name.", element.name),
                "Set its name.",
            );
            return None;
        };
        value.map(|value| Parameter {
            name: name.text.to_owned(),
            value,
        })
    }

    /// The value inside a parameter or map entry: text, or one nested definition.
    fn parameter_value(
        &mut self,
        index: ElementIndex,
        element: &Element<'_>,
        owner: &Element<'_>,
    ) -> Option<ParameterValue> {
        let tree = self.tree;
        match tree
            .children(index)
            .find(|(_, child)| child.namespace == Namespace::Vendor)
        {
            Some((nested_index, nested)) => self.nested_value(nested_index, nested, owner),
            None => self.text_value(element.content().trimmed(), owner),
        }
    }

    fn text_value(&mut self, content: Value<'_>, owner: &Element<'_>) -> Option<ParameterValue> {
        if content.text.is_empty() {
            return Some(ParameterValue::Null);
        }
        self.expression(content, owner.id()).map(ParameterValue::Text)
    }

    fn nested_value(
        &mut self,
        index: ElementIndex,
        element: &Element<'_>,
        owner: &Element<'_>,
    ) -> Option<ParameterValue> {
        let tree = self.tree;
        match element.name {
            "list" => {
                let items = tree
                    .children(index)
                    .filter(|(_, item)| item.namespace == Namespace::Vendor)
                    .map(|(item_index, item)| match item.name {
                        "value" => self.text_value(item.content().trimmed(), owner),
                        _ => self.nested_value(item_index, item, owner),
                    })
                    // All items are read before the first fault ends it, so that every fault is reported.
                    .collect::<Vec<_>>();
                items.into_iter().collect::<Option<_>>().map(ParameterValue::List)
            }
            "map" => {
                let entries = tree
                    .children(index)
                    .filter(|(_, entry)| entry.is_vendor("entry"))
                    .map(|(entry_index, entry)| self.map_entry(entry_index, entry, owner))
                    .collect::<Vec<_>>();
                entries.into_iter().collect::<Option<_>>().map(ParameterValue::Map)
            }
            "script" => {
                let format = element.attribute("scriptFormat");
                let resource = element.attribute("resource");
                let reading = self.script(owner, element, format, Some(element.content()), resource);
                reading.into_script().map(ParameterValue::Script)
            }
            other => {
                let message = format!("'{other}' is not a value of a parameter.");
                self.invalid_parameter(element, owner, message, "Use a text, list or map.");
                None
            }
        }
    }

    fn map_entry(
        &mut self,
        index: ElementIndex,
        element: &Element<'_>,
        owner: &Element<'_>,
    ) -> Option<(Expression, ParameterValue)> {
        let value = self.parameter_value(index, element, owner);
        let Some(key) = element.attribute("key") else {
            self.invalid_parameter(
                element,
                owner,
                "An entry of a map has no key.".to_owned(),
                "Set its key.",
            );
            return None;
        };
        self.expression(key, owner.id()).zip(value)
    }

    fn invalid_parameter(&mut self, element: &Element<'_>, owner: &Element<'_>, message: String, advice: &str) {
        self.problems
            .error(Problem::new(codes::INVALID_PARAMETER, element.span, message, advice).at(owner.id()));
    }

    fn not_allowed(&mut self, element: &Element<'_>, owner: &Element<'_>, what: &str) {
        self.problems.error(
            Problem::new(
                codes::INPUT_OUTPUT_NOT_ALLOWED,
                element.span,
                format!("{} cannot have {what}.", title(owner)),
                "Move them to an activity before or after it.",
            )
            .at(owner.id()),
        );
    }
}

/// Activities do, and events that neither start a scope nor hang on an activity. Event sub-processes do not.
fn takes_parameters(owner: &Element<'_>) -> bool {
    match owner.name {
        "startEvent" | "boundaryEvent" => false,
        "subProcess" => !owner
            .attribute("triggeredByEvent")
            .is_some_and(|value| matches!(value.text, "true" | "1")),
        "transaction" | "callActivity" => true,
        name => name == "task" || name.ends_with("Task") || name.ends_with("Event"),
    }
}

//! Input and output parameters.

use flowstone_bpmn::model::{ExecutionEvent, NodeIndex, ParameterValue};
use flowstone_expression::{Map, TypedValue, Value};
use uuid::Uuid;

use crate::context::Place;
use crate::rejection::Rejection;
use crate::scope::Skip;
use crate::step::Step;

impl Step<'_> {
    /// What is computed when a node is left: its output parameters, then its listeners.
    pub(crate) fn finish_node(
        &mut self,
        inside: Uuid,
        outside: Uuid,
        node: NodeIndex,
        skip: Skip,
    ) -> Result<(), Rejection> {
        if !skip.mappings && !self.skip.mappings {
            self.apply_outputs(inside, outside, node)?;
        }
        if !skip.listeners {
            self.listen(ExecutionEvent::End, node, &mut Place::at(inside, node))?;
        }
        Ok(())
    }

    /// Computes the output parameters of a node inside of it and writes them from the surrounding scope on, one after
    /// the other (bpmn-semantics 2.12).
    fn apply_outputs(&mut self, inside: Uuid, outside: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let model = self.model;
        let Some(mapping) = &model.flow_node(node).input_output else {
            return Ok(());
        };
        for parameter in &mapping.outputs {
            let value = self.parameter(&parameter.value, &mut Place::at(inside, node))?;
            self.set_variable(outside, &parameter.name, value);
        }
        Ok(())
    }

    /// Computes one parameter.
    pub(crate) fn parameter(
        &mut self,
        parameter: &ParameterValue,
        place: &mut Place<'_>,
    ) -> Result<TypedValue, Rejection> {
        let value = self.parameter_value(parameter, place)?;
        let node = place.node();
        value.into_typed().map_err(|error| self.failed(node, error))
    }

    // The nesting is that of the XML, which the parser bounds.
    fn parameter_value(&mut self, parameter: &ParameterValue, place: &mut Place<'_>) -> Result<Value, Rejection> {
        match parameter {
            ParameterValue::Null => Ok(Value::Null),
            ParameterValue::Text(expression) => self.evaluate(expression, place),
            ParameterValue::Script(script) => self.compute(script, place),
            ParameterValue::List(items) => {
                let items: Result<Vec<Value>, Rejection> =
                    items.iter().map(|item| self.parameter_value(item, place)).collect();
                Ok(Value::from(items?))
            }
            ParameterValue::Map(entries) => {
                let mut values = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let key = self.text(key, place)?.unwrap_or_default();
                    values.push((key, self.parameter_value(value, place)?));
                }
                Ok(Value::from(Map::from(values)))
            }
        }
    }
}

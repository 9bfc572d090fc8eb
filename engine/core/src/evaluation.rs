//! Expressions of the model within a step: conditions, parameters, attributes.

use flowstone_bpmn::model::{NodeIndex, Parameter, ParameterValue};
use flowstone_expression::{EvaluationError, Expression, TypedValue, Value, Variables};
use uuid::Uuid;

use crate::context::Surroundings;
use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::UserTask;
use crate::step::Step;

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    /// Token or scope whose variables are seen.
    pub(crate) execution: Uuid,
    /// Variables of a token that is about to come to rest.
    pub(crate) locals: Option<&'a Variables>,
    /// Node that holds the expression.
    pub(crate) node: NodeIndex,
}

impl Step<'_> {
    pub(crate) fn evaluate(&mut self, site: Site<'_>, expression: &Expression) -> Result<Value, Rejection> {
        self.evaluate_with(site, None, |surroundings, limits| {
            expression.evaluate(surroundings, limits)
        })
    }

    pub(crate) fn evaluate_for_task(
        &mut self,
        site: Site<'_>,
        task: &UserTask,
        expression: &Expression,
    ) -> Result<Value, Rejection> {
        self.evaluate_with(site, Some(task), |surroundings, limits| {
            expression.evaluate(surroundings, limits)
        })
    }

    pub(crate) fn condition(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        condition: &Expression,
    ) -> Result<bool, Rejection> {
        let site = Site {
            execution: scope,
            locals: None,
            node,
        };
        self.evaluate_with(site, None, |surroundings, limits| {
            condition.evaluate_condition(surroundings, limits)
        })
    }

    fn evaluate_with<T>(
        &mut self,
        site: Site<'_>,
        task: Option<&UserTask>,
        evaluate: impl FnOnce(&mut Surroundings<'_>, &flowstone_expression::Limits) -> Result<T, EvaluationError>,
    ) -> Result<T, Rejection> {
        let node = self.model.flow_node(site.node);
        let mut surroundings = Surroundings::new(
            self.instance,
            site.execution,
            site.locals,
            &node.id,
            node.name.as_deref(),
            self.now,
        );
        if let Some(task) = task {
            surroundings = surroundings.with_task(task);
        }
        let outcome = evaluate(&mut surroundings, &self.options.evaluation);
        let set = surroundings.set;
        let value = outcome.map_err(|error| Rejection::Expression {
            node: node.id.clone(),
            error,
        })?;
        for (name, value, local) in set {
            if local {
                self.emit(Event::VariableSet {
                    scope: site.execution,
                    name,
                    value,
                });
            } else {
                self.set_variable(site.execution, name, value);
            }
        }
        Ok(value)
    }

    /// Sets a variable where the nearest holder of the name is, else at the root
    /// (bpmn-semantics 2.12).
    pub(crate) fn set_variable(&mut self, execution: Uuid, name: String, value: TypedValue) {
        let holder = self
            .instance
            .variable_holders(execution)
            .find(|(_, variables)| variables.contains_key(&name))
            .map(|(holder, _)| holder);
        let scope = holder.unwrap_or(self.instance.id);
        self.emit(Event::VariableSet { scope, name, value });
    }

    /// Input parameters: each is evaluated in the scope around the node, so none sees another.
    pub(crate) fn inputs(&mut self, scope: Uuid, node: NodeIndex) -> Result<Variables, Rejection> {
        let model = self.model;
        let inputs = model
            .flow_node(node)
            .input_output
            .as_ref()
            .map(|mapping| &mapping.inputs);
        let site = Site {
            execution: scope,
            locals: None,
            node,
        };
        let mut variables = Variables::new();
        for Parameter { name, value } in inputs.into_iter().flatten() {
            let value = self.parameter(site, value)?;
            variables.insert(name.clone(), value);
        }
        Ok(variables)
    }

    /// Output parameters: evaluated inside, set from the scope around the node on.
    pub(crate) fn outputs(&mut self, inside: Uuid, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let model = self.model;
        let outputs = model
            .flow_node(node)
            .input_output
            .as_ref()
            .map(|mapping| &mapping.outputs);
        let site = Site {
            execution: inside,
            locals: None,
            node,
        };
        for Parameter { name, value } in outputs.into_iter().flatten() {
            let value = self.parameter(site, value)?;
            self.set_variable(scope, name.clone(), value);
        }
        Ok(())
    }

    fn parameter(&mut self, site: Site<'_>, value: &ParameterValue) -> Result<TypedValue, Rejection> {
        if let ParameterValue::Text(expression) = value {
            let value = self.evaluate(site, expression)?;
            return self.typed(site.node, value);
        }
        let (type_name, json) = match value {
            ParameterValue::Null | ParameterValue::Text(_) => return Ok(TypedValue::Null),
            ParameterValue::List(_) => ("java.util.ArrayList", self.nested(site, value)?),
            ParameterValue::Map(_) => ("java.util.TreeMap", self.nested(site, value)?),
        };
        Ok(TypedValue::json_object(type_name, json.to_string()))
    }

    /// Lists and maps nest as deep as the checked model does, which the parser bounds.
    fn nested(&mut self, site: Site<'_>, value: &ParameterValue) -> Result<serde_json::Value, Rejection> {
        Ok(match value {
            ParameterValue::Null => serde_json::Value::Null,
            ParameterValue::Text(expression) => {
                let value = self.evaluate(site, expression)?;
                serde_json::to_value(&value).map_err(|error| self.wrong_value(site.node, error.to_string()))?
            }
            ParameterValue::List(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| self.nested(site, item)).collect();
                serde_json::Value::Array(items?)
            }
            ParameterValue::Map(entries) => {
                let mut map = serde_json::Map::new();
                for (key, value) in entries {
                    let key = self.text(site, key)?.unwrap_or_default();
                    let value = self.nested(site, value)?;
                    map.insert(key, value);
                }
                serde_json::Value::Object(map)
            }
        })
    }

    /// A text attribute; `None` when the expression is null.
    pub(crate) fn text(&mut self, site: Site<'_>, expression: &Expression) -> Result<Option<String>, Rejection> {
        let value = self.evaluate(site, expression)?;
        self.text_of(site.node, &value)
    }

    pub(crate) fn text_of(&self, node: NodeIndex, value: &Value) -> Result<Option<String>, Rejection> {
        if value.is_null() {
            return Ok(None);
        }
        let text = value.to_text().map_err(|error| self.failed(node, error))?;
        Ok(Some(text))
    }

    /// A whole number attribute.
    pub(crate) fn number(&mut self, site: Site<'_>, expression: &Expression) -> Result<i64, Rejection> {
        let value = self.evaluate(site, expression)?;
        let number = match &value {
            Value::Short(number) => Some(i64::from(*number)),
            Value::Integer(number) => Some(i64::from(*number)),
            Value::Long(number) => Some(*number),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| {
            let problem = format!("the expression {} must give a whole number", expression.source());
            self.wrong_value(site.node, problem)
        })
    }

    pub(crate) fn typed(&self, node: NodeIndex, value: Value) -> Result<TypedValue, Rejection> {
        value.into_typed().map_err(|error| self.failed(node, error))
    }

    pub(crate) fn failed(&self, node: NodeIndex, error: EvaluationError) -> Rejection {
        Rejection::Expression {
            node: self.model.id(node).to_string(),
            error,
        }
    }

    pub(crate) fn wrong_value(&self, node: NodeIndex, problem: String) -> Rejection {
        Rejection::Value {
            node: self.model.id(node).to_string(),
            problem,
        }
    }
}

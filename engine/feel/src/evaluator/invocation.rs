//! Calls of functions.

use std::sync::Arc;

use super::Evaluated;
use crate::function::{Closure, Definition, External};
use crate::syntax::ast::{Arguments, Node};
use crate::{Evaluation, EvaluationError, Function, Parameter, Scope, Value};

impl Evaluation {
    pub(super) fn call_node(&mut self, callee: &Node, arguments: &Arguments, scope: &Scope) -> Evaluated {
        let function = match self.node(callee, scope)? {
            Value::Function(function) => function,
            Value::Null => return Ok(Value::Null),
            other => return self.null(format!("{} cannot be called", other.kind_name())),
        };
        match arguments {
            Arguments::Positional(nodes) => {
                let mut values = Vec::with_capacity(nodes.len());
                for node in nodes {
                    values.push(self.node(node, scope)?);
                }
                self.invoke(&function, values)
            }
            Arguments::Named(nodes) => {
                let mut values = Vec::with_capacity(nodes.len());
                for (name, node) in nodes {
                    values.push((&**name, self.node(node, scope)?));
                }
                self.invoke_named(&function, values)
            }
        }
    }

    pub(crate) fn invoke(&mut self, function: &Function, arguments: Vec<Value>) -> Evaluated {
        self.spend(1)?;
        self.enter_call()?;
        let result = match function.definition() {
            Definition::Builtin(builtin) => builtin.call(self, arguments),
            Definition::Literal(closure) => self.call_closure(function, closure, arguments),
            Definition::External(external) => self.call_external(external, arguments),
        };
        self.leave_call();
        result
    }

    pub(crate) fn invoke_named(&mut self, function: &Function, arguments: Vec<(&str, Value)>) -> Evaluated {
        if let Definition::Builtin(builtin) = function.definition() {
            self.spend(1)?;
            self.enter_call()?;
            let result = builtin.call_named(self, arguments);
            self.leave_call();
            return result;
        }
        let parameters = function.parameters().unwrap_or_default();
        match in_order(parameters, arguments) {
            Some(values) => self.invoke(function, values),
            None => self.null("the names of the arguments are not those of the function's parameters"),
        }
    }

    fn call_closure(&mut self, function: &Function, closure: &Closure, arguments: Vec<Value>) -> Evaluated {
        let parameters = &closure.literal.parameters;
        let Some(arguments) = self.coerced(parameters, arguments)? else {
            return Ok(Value::Null);
        };
        let mut scope = closure.scope.clone();
        if let Some(name) = &closure.own_name {
            scope = scope.with(Arc::clone(name), function.clone());
        }
        for (parameter, argument) in parameters.iter().zip(arguments) {
            scope = scope.with(Arc::clone(&parameter.name), argument);
        }
        self.node(&closure.literal.body, &scope)
    }

    fn call_external(&mut self, external: &External, arguments: Vec<Value>) -> Evaluated {
        match self.coerced(&external.parameters, arguments)? {
            Some(arguments) => (external.body)(arguments, self),
            None => Ok(Value::Null),
        }
    }

    /// The arguments as the types of the parameters; `None` when there are too many or too few, or one does not fit.
    fn coerced(
        &mut self,
        parameters: &[Parameter],
        arguments: Vec<Value>,
    ) -> Result<Option<Vec<Value>>, EvaluationError> {
        if parameters.len() != arguments.len() {
            self.warn(format!(
                "a function of {} parameters was called with {} arguments",
                parameters.len(),
                arguments.len()
            ));
            return Ok(None);
        }
        let mut coerced = Vec::with_capacity(arguments.len());
        for (parameter, argument) in parameters.iter().zip(arguments) {
            if matches!(argument, Value::List(_) | Value::Context(_)) && parameter.expected != crate::Type::Any {
                self.spend(argument.weight())?;
            }
            let was_null = argument.is_null();
            let argument = parameter.expected.coerce(argument);
            if argument.is_null() && !was_null {
                self.warn(format!(
                    "the argument '{}' is of another type than declared",
                    parameter.name
                ));
                return Ok(None);
            }
            coerced.push(argument);
        }
        Ok(Some(coerced))
    }
}

fn in_order(parameters: &[Parameter], arguments: Vec<(&str, Value)>) -> Option<Vec<Value>> {
    if parameters.len() != arguments.len() {
        return None;
    }
    let mut values = vec![None; parameters.len()];
    for (name, value) in arguments {
        let index = parameters.iter().position(|parameter| &*parameter.name == name)?;
        values[index] = Some(value);
    }
    values.into_iter().collect()
}

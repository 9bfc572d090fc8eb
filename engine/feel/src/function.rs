//! Functions as values.

use std::fmt;
use std::sync::Arc;

use crate::{Evaluation, EvaluationError, Type, Value};

/// The body of a function that is supplied from outside, such as a business knowledge model. It gets as many arguments
/// as there are parameters, in their order, coerced to nothing; missing ones do not occur.
pub type ExternalBody = dyn Fn(Vec<Value>, &mut Evaluation) -> Result<Value, EvaluationError> + Send + Sync;

/// A parameter of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The name, for named invocation.
    pub name: Arc<str>,
    /// The type that an argument must conform to after coercion; [`Type::Any`] when none is declared.
    pub expected: Type,
}

impl Parameter {
    /// A parameter that takes any value.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self::typed(name, Type::Any)
    }

    /// A parameter that takes values of a type.
    pub fn typed(name: impl Into<Arc<str>>, expected: Type) -> Self {
        Self {
            name: name.into(),
            expected,
        }
    }
}

/// A function: a literal of the language, a built-in one, or one supplied from outside. Cheap to clone.
#[derive(Clone)]
pub struct Function {
    definition: Arc<Definition>,
}

pub(crate) enum Definition {
    External(External),
}

pub(crate) struct External {
    pub(crate) name: Arc<str>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) result: Type,
    pub(crate) body: Box<ExternalBody>,
}

impl Function {
    /// A function supplied from outside. The types of the parameters and of the result serve `instance of` and the
    /// check of arguments: an argument that cannot be coerced makes the call null.
    pub fn external(
        name: impl Into<Arc<str>>,
        parameters: Vec<Parameter>,
        result: Type,
        body: impl Fn(Vec<Value>, &mut Evaluation) -> Result<Value, EvaluationError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            definition: Arc::new(Definition::External(External {
                name: name.into(),
                parameters,
                result,
                body: Box::new(body),
            })),
        }
    }

    /// What the function consists of.
    pub(crate) fn definition(&self) -> &Definition {
        &self.definition
    }

    /// Whether both are the very same function.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.definition, &other.definition)
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("function")
    }
}

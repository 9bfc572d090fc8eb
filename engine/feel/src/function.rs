//! Functions as values.

use std::fmt;
use std::sync::Arc;

use crate::builtins::Builtin;
use crate::syntax::ast::FunctionLiteral;
use crate::{Evaluation, EvaluationError, Scope, Type, Value};

/// The body of a function that is supplied from outside, such as a business knowledge model. It gets as many arguments
/// as there are parameters, in their order and coerced to their types.
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
    definition: Definition,
}

#[derive(Clone)]
pub(crate) enum Definition {
    Builtin(&'static Builtin),
    Literal(Arc<Closure>),
    External(Arc<External>),
}

/// A function literal and the names it may use.
pub(crate) struct Closure {
    pub(crate) literal: Arc<FunctionLiteral>,
    pub(crate) scope: Scope,
    /// The name of the entry of a context that the literal stands in: under this name it can call itself.
    pub(crate) own_name: Option<Arc<str>>,
}

pub(crate) struct External {
    pub(crate) name: Arc<str>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) result: Type,
    pub(crate) body: Box<ExternalBody>,
}

impl Function {
    /// A function supplied from outside. Arguments are coerced to the types of the parameters; one that cannot be
    /// makes the call null. The type of the result serves `instance of` only: coercing it is left to the body.
    pub fn external(
        name: impl Into<Arc<str>>,
        parameters: Vec<Parameter>,
        result: Type,
        body: impl Fn(Vec<Value>, &mut Evaluation) -> Result<Value, EvaluationError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            definition: Definition::External(Arc::new(External {
                name: name.into(),
                parameters,
                result,
                body: Box::new(body),
            })),
        }
    }

    pub(crate) fn builtin(builtin: &'static Builtin) -> Self {
        Self {
            definition: Definition::Builtin(builtin),
        }
    }

    pub(crate) fn closure(literal: Arc<FunctionLiteral>, scope: Scope, own_name: Option<Arc<str>>) -> Self {
        Self {
            definition: Definition::Literal(Arc::new(Closure {
                literal,
                scope,
                own_name,
            })),
        }
    }

    pub(crate) fn definition(&self) -> &Definition {
        &self.definition
    }

    /// The declared parameters; `None` of built-in functions, which may be overloaded.
    pub fn parameters(&self) -> Option<&[Parameter]> {
        match &self.definition {
            Definition::Builtin(_) => None,
            Definition::Literal(closure) => Some(&closure.literal.parameters),
            Definition::External(external) => Some(&external.parameters),
        }
    }

    /// How deep values lie in each other in what the function holds on to.
    pub(crate) fn depth(&self) -> u16 {
        match &self.definition {
            Definition::Literal(closure) => closure.scope.depth().saturating_add(1),
            Definition::Builtin(_) | Definition::External(_) => 0,
        }
    }

    /// Whether the function may stand where one of this type is wanted. What is not declared may be anything.
    pub(crate) fn has_signature(&self, parameters: &[Type], result: &Type) -> bool {
        let own_result = match &self.definition {
            Definition::Builtin(builtin) => return builtin.takes(parameters.len()),
            Definition::Literal(closure) => &closure.literal.result,
            Definition::External(external) => &external.result,
        };
        let own = self.parameters().unwrap_or_default();
        own.len() == parameters.len()
            && own
                .iter()
                .zip(parameters)
                .all(|(own, given)| own.expected == Type::Any || given.is_subtype_of(&own.expected))
            && (*own_result == Type::Any || own_result.is_subtype_of(result))
    }

    /// Whether both are the very same function.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (&self.definition, &other.definition) {
            (Definition::Builtin(left), Definition::Builtin(right)) => std::ptr::eq(*left, *right),
            (Definition::Literal(left), Definition::Literal(right)) => Arc::ptr_eq(left, right),
            (Definition::External(left), Definition::External(right)) => Arc::ptr_eq(left, right),
            _ => false,
        }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.definition {
            Definition::Builtin(builtin) => write!(formatter, "function {}", builtin.name),
            Definition::Literal(_) => formatter.write_str("function"),
            Definition::External(external) => write!(formatter, "function {}", external.name),
        }
    }
}

//! A compiled expression text.

use std::fmt;
use std::sync::Arc;

use crate::ast::{Node, Part};
use crate::evaluator::Evaluator;
use crate::{Context, EvaluationError, Limits, ParseError, Value, uel};

/// The longest source of an expression, in bytes. Plain text without `${…}` may be longer.
pub const MAXIMUM_SOURCE_BYTES: usize = 64 * 1024;

/// How deep brackets, arguments and conditionals of an expression may nest.
pub const MAXIMUM_DEPTH: usize = 100;

/// A UEL text, parsed once: plain text, one `${…}` or `#{…}`, or a mixture of both. Cheap to clone.
#[derive(Clone)]
pub struct Expression {
    compiled: Arc<Compiled>,
}

struct Compiled {
    source: String,
    body: Body,
}

enum Body {
    /// No `${…}` in it.
    Literal(String),
    /// Exactly one `${…}`; its value keeps its type.
    Single(Node),
    /// Texts and values, joined to one text.
    Composite(Vec<Part>),
}

impl Expression {
    /// Compiles a source text. `\${` and `\#{` stand for the plain characters.
    ///
    /// # Errors
    /// [`ParseError`] with the place and the reason, also when the source is too long or nested too deep, and when it
    /// calls a function that does not exist.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        let mut parts = uel::parse(source)?;
        let body = if parts.len() == 1 {
            match parts.remove(0) {
                Part::Text(text) => Body::Literal(text),
                Part::Value(node) => Body::Single(node),
            }
        } else if parts.is_empty() {
            Body::Literal(String::new())
        } else {
            Body::Composite(parts)
        };
        Ok(Self {
            compiled: Arc::new(Compiled {
                source: source.to_owned(),
                body,
            }),
        })
    }

    /// The text this was parsed from.
    pub fn source(&self) -> &str {
        &self.compiled.source
    }

    /// The text itself when there is no `${…}` or `#{…}` in it.
    pub fn literal(&self) -> Option<&str> {
        match &self.compiled.body {
            Body::Literal(text) => Some(text),
            Body::Single(_) | Body::Composite(_) => None,
        }
    }

    /// Whether text surrounds or separates values, so that the result is always a text.
    pub fn is_composite(&self) -> bool {
        matches!(self.compiled.body, Body::Composite(_))
    }

    /// Computes the value in a context.
    ///
    /// # Errors
    /// [`EvaluationError`], among them [`EvaluationError::LimitExceeded`] when it would cost more than `limits`.
    pub fn evaluate(&self, context: &mut dyn Context, limits: &Limits) -> Result<Value, EvaluationError> {
        let mut evaluator = Evaluator::new(context, *limits);
        let result = match &self.compiled.body {
            Body::Literal(text) => return Ok(Value::String(text.clone())),
            Body::Single(node) => evaluator.evaluate(node),
            Body::Composite(parts) => evaluator.join(parts),
        };
        result.map_err(|failure| failure.located(self.source()))
    }

    /// Computes a condition, which must be a real Boolean.
    ///
    /// # Errors
    /// As [`evaluate`](Expression::evaluate) and [`Value::as_condition`].
    pub fn evaluate_condition(&self, context: &mut dyn Context, limits: &Limits) -> Result<bool, EvaluationError> {
        self.evaluate(context, limits)?.as_condition()
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Expression")
            .field(&self.compiled.source)
            .finish()
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.compiled.source == other.compiled.source
    }
}

impl Eq for Expression {}

//! A parsed FEEL expression.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset};

use crate::syntax::ast::Node;
use crate::{Evaluation, EvaluationError, Limits, Names, Outcome, ParseError, Scope};

/// The longest source of an expression, in bytes.
pub const MAXIMUM_SOURCE_BYTES: usize = 64 * 1024;

/// How deep brackets, calls and conditionals of an expression may nest.
pub const MAXIMUM_DEPTH: usize = 100;

/// A FEEL expression, parsed once. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Expression {
    source: Arc<str>,
    root: Arc<Node>,
}

impl Expression {
    /// Parses an expression where these names are known.
    ///
    /// # Errors
    /// [`ParseError`] with the place and the reason, also when the source is too long or nested too deep.
    pub fn parse(source: &str, names: &Names) -> Result<Self, ParseError> {
        let root = crate::syntax::parse_expression(source, names)?;
        Ok(Self {
            source: source.into(),
            root: Arc::new(root),
        })
    }

    /// The text this was parsed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    /// Computes the value. `now` is what `now()` and `today()` give.
    ///
    /// # Errors
    /// [`EvaluationError`] when a limit is exceeded; whatever else goes wrong makes the value null.
    pub fn evaluate(
        &self,
        scope: &Scope,
        limits: &Limits,
        now: DateTime<FixedOffset>,
    ) -> Result<Outcome, EvaluationError> {
        let mut evaluation = Evaluation::new(limits, now);
        let value = evaluation.evaluate(self, scope)?;
        Ok(Outcome {
            value,
            warnings: evaluation.into_warnings(),
        })
    }
}

//! Parsed unary tests: the input entries of decision tables and allowed values.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset};

use crate::syntax::ast::Tests;
use crate::{Evaluation, EvaluationError, Limits, Names, Outcome, ParseError, Scope, Value};

/// Unary tests (`-`, `< 5, [10..20]`, `not("a", "b")`, `starts with(?, "x")`), parsed once. Cheap to clone.
#[derive(Clone, Debug)]
pub struct UnaryTests {
    source: Arc<str>,
    tests: Arc<Tests>,
}

impl UnaryTests {
    /// Parses unary tests where these names are known. `?` is the input.
    ///
    /// # Errors
    /// [`ParseError`] with the place and the reason, also when the source is too long or nested too deep.
    pub fn parse(source: &str, names: &Names) -> Result<Self, ParseError> {
        let tests = crate::syntax::parse_unary_tests(source, names)?;
        Ok(Self {
            source: source.into(),
            tests: Arc::new(tests),
        })
    }

    /// The text this was parsed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn tests(&self) -> &Tests {
        &self.tests
    }

    /// Whether an input passes: the value of the outcome is true, false, or null when that cannot be told. `now` is
    /// what `now()` and `today()` give.
    ///
    /// # Errors
    /// [`EvaluationError`] when a limit is exceeded; whatever else goes wrong makes the value null.
    pub fn evaluate(
        &self,
        input: &Value,
        scope: &Scope,
        limits: &Limits,
        now: DateTime<FixedOffset>,
    ) -> Result<Outcome, EvaluationError> {
        let mut evaluation = Evaluation::new(limits, now);
        let value = evaluation.test(self, input, scope)?;
        Ok(Outcome {
            value,
            warnings: evaluation.into_warnings(),
        })
    }
}

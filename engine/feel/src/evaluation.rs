//! One evaluation: what it may still cost, its clock and its warnings.

use chrono::{DateTime, FixedOffset};

use crate::{EvaluationError, Expression, Function, Limits, Scope, UnaryTests, Value, Warning};

/// What an evaluation came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The value; null where it could not be computed.
    pub value: Value,
    /// Why parts are null although they look as if they should have a value.
    pub warnings: Vec<Warning>,
}

/// A running evaluation. One may serve many expressions, which then share the limits, the clock and the warnings: so a
/// decision with all it requires costs no more than one [`Limits`].
#[derive(Debug)]
pub struct Evaluation {
    now: DateTime<FixedOffset>,
    warnings: Vec<Warning>,
}

impl Evaluation {
    /// An evaluation that has spent nothing yet. `now` is what `now()` and `today()` give.
    pub fn new(_limits: &Limits, now: DateTime<FixedOffset>) -> Self {
        Self {
            now,
            warnings: Vec::new(),
        }
    }

    /// Computes an expression.
    ///
    /// # Errors
    /// [`EvaluationError`] when a limit is exceeded.
    pub fn evaluate(&mut self, _expression: &Expression, _scope: &Scope) -> Result<Value, EvaluationError> {
        Ok(Value::Null)
    }

    /// Whether an input passes unary tests: true, false, or null when that cannot be told.
    ///
    /// # Errors
    /// [`EvaluationError`] when a limit is exceeded.
    pub fn test(&mut self, _tests: &UnaryTests, _input: &Value, _scope: &Scope) -> Result<Value, EvaluationError> {
        Ok(Value::Null)
    }

    /// Calls a function with arguments by position.
    ///
    /// # Errors
    /// [`EvaluationError`] when a limit is exceeded.
    pub fn call(&mut self, _function: &Function, _arguments: Vec<Value>) -> Result<Value, EvaluationError> {
        Ok(Value::Null)
    }

    /// Calls a function with arguments by name. A name that the function does not have makes the result null.
    ///
    /// # Errors
    /// [`EvaluationError`] when a limit is exceeded.
    pub fn call_named(
        &mut self,
        _function: &Function,
        _arguments: Vec<(&str, Value)>,
    ) -> Result<Value, EvaluationError> {
        Ok(Value::Null)
    }

    /// Spends units of work, for loops of the caller that run within this evaluation.
    ///
    /// # Errors
    /// [`EvaluationError`] when nothing is left.
    pub fn spend(&mut self, _units: u64) -> Result<(), EvaluationError> {
        Ok(())
    }

    /// Notes why something is null.
    pub fn warn(&mut self, message: impl Into<String>) {
        self.warnings.push(Warning {
            message: message.into(),
        });
    }

    /// The moment that `now()` gives.
    pub fn now(&self) -> DateTime<FixedOffset> {
        self.now
    }

    /// The warnings so far.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The warnings, at the end.
    pub fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }
}

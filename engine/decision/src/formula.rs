//! What decisions compute: expressions of FEEL, and of the other languages that vendors allow.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression as expression;
use flowstone_feel::{Evaluation, EvaluationError, ExceededLimit, Expression, Scope, UnaryTests, Value};
use flowstone_script::{Context, Limits, Script, feel_value, from_feel_value};

/// What a script costs at least, in units of work.
const SCRIPT_COST: u64 = 200;

/// A computation in one of the languages.
#[derive(Debug)]
pub(crate) enum Formula {
    Feel(Expression),
    Script(Script),
}

impl Formula {
    pub(crate) fn source(&self) -> &str {
        match self {
            Self::Feel(expression) => expression.source(),
            Self::Script(script) => script.source(),
        }
    }

    pub(crate) fn evaluate(&self, scope: &Scope, evaluation: &mut Evaluation) -> Result<Value, EvaluationError> {
        match self {
            Self::Feel(expression) => evaluation.evaluate(expression, scope),
            Self::Script(script) => run(script, scope, evaluation),
        }
    }
}

/// What the value of an input must pass, and the name that the value has there (vendor attribute `inputVariable`).
#[derive(Debug)]
pub(crate) struct Test {
    pub(crate) rule: TestRule,
    /// `None` when the test does not use the name.
    pub(crate) input: Option<Arc<str>>,
}

#[derive(Debug)]
pub(crate) enum TestRule {
    Feel(UnaryTests),
    /// Passes when it is true.
    Script(Script),
}

impl Test {
    pub(crate) fn passes(
        &self,
        value: &Value,
        scope: &Scope,
        evaluation: &mut Evaluation,
    ) -> Result<bool, EvaluationError> {
        let with_input = self.input.as_ref().map(|name| scope.with(name.clone(), value.clone()));
        let scope = with_input.as_ref().unwrap_or(scope);
        let passes = match &self.rule {
            TestRule::Feel(tests) => evaluation.test(tests, value, scope)?,
            TestRule::Script(script) => run(script, scope, evaluation)?,
        };
        Ok(passes.is_true())
    }
}

/// Runs a script within what the evaluation may still cost. Unlike FEEL, where what cannot be computed is null, a
/// script that fails ends the evaluation.
fn run(script: &Script, scope: &Scope, evaluation: &mut Evaluation) -> Result<Value, EvaluationError> {
    evaluation.spend(SCRIPT_COST)?;
    let left = evaluation.remaining();
    if left.outside_time.is_zero() {
        return Err(ExceededLimit::Fuel.into());
    }
    let limits = Limits {
        expression: expression::Limits {
            fuel: left.fuel,
            string_bytes: left.string_bytes,
            list_items: left.list_items,
        },
        time: left.outside_time,
        memory_bytes: left.outside_memory_bytes,
    };
    let mut names = Names {
        scope,
        now: evaluation.now().with_timezone(&Utc),
    };
    let (result, time) = script.evaluate_timed(&mut names, &limits);
    evaluation.spend_outside_time(time);
    match result {
        Ok(value) => Ok(feel_value(&value)),
        Err(error) => Err(EvaluationError::Outside(error.to_string())),
    }
}

/// The names of a scope, as the variables of a script.
struct Names<'s> {
    scope: &'s Scope,
    now: DateTime<Utc>,
}

impl Context for Names<'_> {
    fn variable(&mut self, name: &str) -> Option<expression::Value> {
        // Ranges and functions are nothing that scripts know.
        self.scope.get(name).and_then(|value| from_feel_value(value).ok())
    }

    fn variable_names(&mut self) -> Vec<String> {
        self.scope.names().iter().map(|name| name.to_string()).collect()
    }

    fn now(&self) -> DateTime<Utc> {
        self.now
    }
}

//! An execution with variables, as scripts see it.

#![allow(dead_code, reason = "each test file uses its part of the kit")]

use std::time::Duration;

use chrono::{DateTime, Utc};
use flowstone_expression::{Bean, EvaluationError, TypedValue, Value, Variables};
use flowstone_script::{Context, Language, Limits, Script};

pub fn now() -> DateTime<Utc> {
    "2026-01-31T09:30:00Z".parse().unwrap()
}

/// Generous, as tests run on busy machines.
pub fn limits() -> Limits {
    Limits {
        time: Duration::from_secs(10),
        ..Limits::default()
    }
}

/// Variables that a script may read and set, and what it printed.
pub struct Surroundings {
    pub variables: Variables,
    pub printed: Vec<String>,
}

impl Surroundings {
    pub fn with(variables: &[(&str, TypedValue)]) -> Self {
        let variables = variables.iter();
        Self {
            variables: variables
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            printed: Vec::new(),
        }
    }
}

impl Context for Surroundings {
    fn variable(&mut self, name: &str) -> Option<Value> {
        self.variables.get(name).map(Value::from)
    }

    fn variable_names(&mut self) -> Vec<String> {
        self.variables.keys().cloned().collect()
    }

    fn has_bean(&self, bean: Bean) -> bool {
        bean == Bean::Execution
    }

    fn bean_property(&mut self, bean: Bean, property: &str) -> Result<Value, EvaluationError> {
        match property {
            "processInstanceId" => Ok(Value::from("instance")),
            _ => Err(EvaluationError::unknown_property(property, bean.name())),
        }
    }

    fn call_bean(&mut self, bean: Bean, method: &str, arguments: &[Value]) -> Result<Value, EvaluationError> {
        match (method, arguments) {
            ("getVariable", [name]) => Ok(self.variable(&name.to_text()?).unwrap_or(Value::Null)),
            ("setVariable", [name, value]) => {
                self.variables.insert(name.to_text()?, value.clone().into_typed()?);
                Ok(Value::Null)
            }
            _ => Err(EvaluationError::unknown_method(method, arguments.len(), bean.name())),
        }
    }

    fn print(&mut self, text: &str) {
        self.printed.push(text.to_owned());
    }

    fn now(&self) -> DateTime<Utc> {
        now()
    }
}

/// The value of a script with these variables.
pub fn evaluate(language: Language, source: &str, variables: &[(&str, TypedValue)]) -> Result<Value, EvaluationError> {
    let script = Script::parse(language, source).unwrap_or_else(|problem| panic!("{source}: {problem}"));
    script.evaluate(&mut Surroundings::with(variables), &limits())
}

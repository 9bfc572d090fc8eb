//! One interface for all languages.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowstone_expression::{Context, EvaluationError, Expression, Value};

use crate::{feel, javascript};

/// A language in which models compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// The expression language of the reference engine.
    Uel,
    /// The expression language of DMN.
    Feel,
    /// ECMAScript, in a sandbox.
    JavaScript,
}

impl Language {
    /// The language that a `scriptFormat` or `language` attribute names; `None` when it is not one that runs.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        let local = name.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
        match local {
            "juel" | "uel" | "el" | "xpath" => Some(Self::Uel),
            "feel" => Some(Self::Feel),
            "javascript" | "ecmascript" | "js" | "graal.js" | "nashorn" | "rhino" | "x-javascript" => {
                Some(Self::JavaScript)
            }
            _ => None,
        }
    }
}

/// What one evaluation may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For UEL, and as far as they apply for FEEL.
    pub expression: flowstone_expression::Limits,
    /// How long a script may run.
    pub time: Duration,
    /// How much memory the objects of a script may take, in bytes.
    pub memory_bytes: usize,
}

impl Limits {
    /// The limits of an evaluation of FEEL, also of decisions.
    pub fn feel(&self) -> flowstone_feel::Limits {
        flowstone_feel::Limits {
            fuel: self.expression.fuel,
            string_bytes: self.expression.string_bytes,
            list_items: self.expression.list_items,
            outside_time: self.time,
            outside_memory_bytes: self.memory_bytes,
            ..flowstone_feel::Limits::default()
        }
    }
}

impl Default for Limits {
    /// Scripts may take a second and 16 MB.
    fn default() -> Self {
        Self {
            expression: flowstone_expression::Limits::default(),
            time: Duration::from_secs(1),
            memory_bytes: 16 * 1024 * 1024,
        }
    }
}

/// A text that is not valid in its language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column})")]
pub struct ScriptProblem {
    /// The line in the text, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// A computation, parsed once. Cheap to clone.
#[derive(Clone)]
pub struct Script {
    source: Arc<str>,
    code: Code,
}

#[derive(Clone)]
enum Code {
    Uel(Expression),
    Feel(flowstone_feel::Expression),
    JavaScript,
    /// It cannot run, for this reason.
    Foreign(Arc<str>),
}

impl Script {
    /// Parses a text.
    ///
    /// # Errors
    /// [`ScriptProblem`] with the place and the reason.
    pub fn parse(language: Language, source: &str) -> Result<Self, ScriptProblem> {
        let code = match language {
            Language::Uel => Code::Uel(Expression::parse(source).map_err(|error| {
                let (line, column) = place(source, error.offset);
                ScriptProblem {
                    line,
                    column,
                    message: error.message,
                }
            })?),
            Language::Feel => Code::Feel(feel::parse(source)?),
            Language::JavaScript => {
                javascript::check(source)?;
                Code::JavaScript
            }
        };
        Ok(Self {
            source: source.into(),
            code,
        })
    }

    /// What cannot run here: evaluating it fails with `what`, such as "a script in the language 'groovy'".
    pub fn foreign(what: &str) -> Self {
        Self {
            source: what.into(),
            code: Code::Foreign(what.into()),
        }
    }

    /// The text this was parsed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The language it is written in; `None` of what cannot run.
    pub fn language(&self) -> Option<Language> {
        match self.code {
            Code::Uel(_) => Some(Language::Uel),
            Code::Feel(_) => Some(Language::Feel),
            Code::JavaScript => Some(Language::JavaScript),
            Code::Foreign(_) => None,
        }
    }

    /// The expression, when this is one of UEL.
    pub fn uel(&self) -> Option<&Expression> {
        match &self.code {
            Code::Uel(expression) => Some(expression),
            Code::Feel(_) | Code::JavaScript | Code::Foreign(_) => None,
        }
    }

    /// Computes the value: that of the expression, or of the last statement of a script.
    ///
    /// # Errors
    /// [`EvaluationError`], among them [`EvaluationError::LimitExceeded`] when it would cost more than `limits`, and
    /// [`EvaluationError::BusinessError`] when a script throws one.
    pub fn evaluate(&self, context: &mut dyn Context, limits: &Limits) -> Result<Value, EvaluationError> {
        match &self.code {
            Code::Uel(expression) => expression.evaluate(context, &limits.expression),
            Code::Feel(expression) => feel::evaluate(expression, context, limits),
            Code::JavaScript => javascript::run(&self.source, context, limits),
            Code::Foreign(what) => Err(EvaluationError::failed(format!(
                "it is {what}, which this engine cannot run; use an expression, a script in juel, feel or javascript, \
                 or an external task"
            ))),
        }
    }
}

impl Script {
    /// As [`Script::evaluate`], and how long it took: for a bound of time over several evaluations.
    ///
    /// # Errors
    /// As [`Script::evaluate`].
    pub fn evaluate_timed(
        &self,
        context: &mut dyn Context,
        limits: &Limits,
    ) -> (Result<Value, EvaluationError>, Duration) {
        let started = Instant::now();
        let result = self.evaluate(context, limits);
        (result, started.elapsed())
    }
}

impl From<Expression> for Script {
    fn from(expression: Expression) -> Self {
        Self {
            source: expression.source().into(),
            code: Code::Uel(expression),
        }
    }
}

impl PartialEq for Script {
    /// Equal when language and text are.
    fn eq(&self, other: &Self) -> bool {
        self.language() == other.language() && self.source == other.source
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Code::Uel(expression) => expression.fmt(formatter),
            Code::Feel(_) | Code::JavaScript | Code::Foreign(_) => formatter
                .debug_tuple("Script")
                .field(&self.language())
                .field(&self.source)
                .finish(),
        }
    }
}

/// Line and column of an offset in bytes, both from 1.
fn place(source: &str, offset: usize) -> (usize, usize) {
    let before = &source[..source.floor_char_boundary(offset.min(source.len()))];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

//! How a handler says that it did not succeed.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::{VariableError, Variables};

/// Why a handler did not complete its task, which decides what happens next.
///
/// | made by | what the server does |
/// |---|---|
/// | [`TaskError::retry`], or any error through `?` | offers the task again after the backoff of the topic; raises an incident when no retry is left |
/// | [`TaskError::fatal`] | raises an incident at once |
/// | [`TaskError::bpmn`] | throws a BPMN error, caught by boundary events and event subprocesses (BPMN 2.0, 10.5.6) |
///
/// Any standard error, `anyhow::Error`, `String` or `&str` converts through `?` into a retry:
///
/// ```
/// use flowstone_worker::TaskError;
///
/// fn parse(text: &str) -> Result<u32, TaskError> {
///     if text.is_empty() {
///         return Err(TaskError::bpmn("NO_AMOUNT", "the amount is missing"));
///     }
///     Ok(text.parse()?)
/// }
///
/// assert!(parse("many").unwrap_err().to_string().contains("invalid digit"));
/// ```
pub struct TaskError(pub(crate) Box<Failure>);

/// Boxed, because most handlers return it rarely and a small `Result` often.
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    pub(crate) details: Option<String>,
    pub(crate) variables: Option<Result<Variables, VariableError>>,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Retry { after: Option<Duration>, left: Option<u32> },
    Fatal,
    Bpmn { code: String },
}

impl TaskError {
    /// The attempt failed but another may succeed.
    pub fn retry(message: impl Into<String>) -> Self {
        TaskError::new(
            Kind::Retry {
                after: None,
                left: None,
            },
            message,
        )
    }

    /// No attempt can succeed until somebody looks: an incident.
    pub fn fatal(message: impl Into<String>) -> Self {
        TaskError::new(Kind::Fatal, message)
    }

    /// An outcome the process model expects: a BPMN error with this code.
    pub fn bpmn(code: impl Into<String>, message: impl Into<String>) -> Self {
        TaskError::new(Kind::Bpmn { code: code.into() }, message)
    }

    fn new(kind: Kind, message: impl Into<String>) -> Self {
        TaskError(Box::new(Failure {
            kind,
            message: message.into(),
            details: None,
            variables: None,
        }))
    }

    /// Longer text for the operator, such as the causes or a response body. Never put secrets here.
    pub fn with_details(mut self, details: impl Into<String>) -> Self {
        self.0.details = Some(details.into());
        self
    }

    /// Variables to set together with the failure or BPMN error, typed as by [`Variables::of`].
    /// A value that cannot be a variable makes the failure fatal and says so.
    pub fn with_variables<T: Serialize>(mut self, variables: T) -> Self {
        self.0.variables = Some(Variables::of(&variables));
        self
    }

    /// Waits `delay` before the next attempt, whatever the policy of the topic says. Only a retry waits.
    pub fn after(mut self, delay: Duration) -> Self {
        if let Kind::Retry { after, .. } = &mut self.0.kind {
            *after = Some(delay);
        }
        self
    }

    /// Leaves `left` further attempts, whatever the policy of the topic says. Only a retry has attempts.
    pub fn with_retries_left(mut self, count: u32) -> Self {
        if let Kind::Retry { left, .. } = &mut self.0.kind {
            *left = Some(count);
        }
        self
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Bpmn { code } => write!(formatter, "BPMN error {code}: {}", self.0.message),
            Kind::Retry { .. } | Kind::Fatal => formatter.write_str(&self.0.message),
        }
    }
}

impl fmt::Debug for TaskError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TaskError")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("details", &self.0.details)
            .finish_non_exhaustive()
    }
}

// TaskError itself is no std error: that is what lets every std error convert into it.
impl<E: Into<Box<dyn StdError + Send + Sync>>> From<E> for TaskError {
    fn from(error: E) -> Self {
        let error: Box<dyn StdError + Send + Sync> = error.into();
        let mut causes = Vec::new();
        let mut cause = error.source();
        while let Some(inner) = cause {
            causes.push(format!("caused by: {inner}"));
            cause = inner.source();
        }
        let failure = TaskError::retry(error.to_string());
        if causes.is_empty() {
            failure
        } else {
            failure.with_details(causes.join("\n"))
        }
    }
}

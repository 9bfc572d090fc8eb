//! What can be wrong with an expression when it is parsed and when it is evaluated.

/// An expression text that is not valid UEL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at byte {offset})")]
pub struct ParseError {
    /// Where in the source the problem is, in bytes from its start.
    pub offset: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

/// The bound of [`Limits`](crate::Limits) that an evaluation ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceededLimit {
    /// The work of one evaluation.
    Fuel,
    /// The length of a text that the expression builds.
    StringBytes,
    /// The length of a list that the expression builds.
    ListItems,
    /// How long a script runs.
    Time,
    /// The memory of the objects of a script.
    Memory,
}

impl std::fmt::Display for ExceededLimit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Fuel => "it needs more computation than one evaluation may take",
            Self::StringBytes => "it builds a text longer than allowed",
            Self::ListItems => "it builds a list longer than allowed",
            Self::Time => "it runs longer than one script may",
            Self::Memory => "it needs more memory than one script may take",
        })
    }
}

/// An expression that could not be evaluated against its context.
///
/// The message texts begin as clients of the engine know them. `expression` is the source, cut when it is very long;
/// it is empty in an error that a [`Context`](crate::Context) made and that has not yet passed through
/// [`Expression::evaluate`](crate::Expression::evaluate). `offset` is the place in the source, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// A name that is neither a variable nor a built-in object.
    #[error("Unknown property used in expression: {expression}. Cause: Cannot resolve identifier '{name}'")]
    UnknownIdentifier {
        /// The source of the expression.
        expression: String,
        /// The name that is not known.
        name: String,
        /// Where the name stands in the source.
        offset: usize,
    },
    /// A property that the value does not have, or any property of null.
    #[error("Unknown property used in expression: {expression}. Cause: {cause}")]
    UnknownProperty {
        /// The source of the expression.
        expression: String,
        /// What is missing where.
        cause: String,
        /// Where the access stands in the source.
        offset: usize,
    },
    /// A method that the value does not have with this number of arguments.
    #[error("Unknown method used in expression: {expression}. Cause: {cause}")]
    UnknownMethod {
        /// The source of the expression.
        expression: String,
        /// What is missing where.
        cause: String,
        /// Where the call stands in the source.
        offset: usize,
    },
    /// Any other failure: a coercion that is not possible, a division by zero, an argument out of range.
    #[error("Error while evaluating expression: {expression}. Cause: {cause}")]
    Failed {
        /// The source of the expression.
        expression: String,
        /// What failed.
        cause: String,
        /// Where in the source.
        offset: usize,
    },
    /// The evaluation was stopped because it costs too much.
    #[error("Error while evaluating expression: {expression}. Cause: {limit}")]
    LimitExceeded {
        /// The source of the expression.
        expression: String,
        /// The bound it ran into.
        limit: ExceededLimit,
        /// Where in the source.
        offset: usize,
    },
    /// A script throws a business error, which the model may catch.
    #[error("the script throws the business error '{code}'")]
    BusinessError {
        /// The code that catching events compare.
        code: String,
        /// The message that goes with it.
        message: Option<String>,
    },
    /// The result of a condition is null.
    #[error("condition expression returns null: result is null")]
    ConditionIsNull,
    /// The result of a condition is neither true nor false.
    #[error("condition expression returns non-Boolean: result has class {class} and not java.lang.Boolean")]
    ConditionIsNotBoolean {
        /// The class name of the result, as clients know it.
        class: &'static str,
    },
}

impl EvaluationError {
    /// How much of a source an error repeats, in bytes.
    const SHOWN_SOURCE_BYTES: usize = 500;

    /// A property that a built-in object does not have; for implementations of [`Context`](crate::Context).
    pub fn unknown_property(property: &str, owner: &str) -> Self {
        Self::UnknownProperty {
            expression: String::new(),
            cause: format!("Cannot find property {property} in {owner}"),
            offset: 0,
        }
    }

    /// A method that a built-in object does not have; for implementations of [`Context`](crate::Context).
    pub fn unknown_method(method: &str, argument_count: usize, owner: &str) -> Self {
        Self::UnknownMethod {
            expression: String::new(),
            cause: format!("Cannot find method {method} with {argument_count} parameters in {owner}"),
            offset: 0,
        }
    }

    /// A failure with its cause; for implementations of [`Context`](crate::Context).
    pub fn failed(cause: impl Into<String>) -> Self {
        Self::Failed {
            expression: String::new(),
            cause: cause.into(),
            offset: 0,
        }
    }

    pub(crate) fn exceeded(limit: ExceededLimit) -> Self {
        Self::LimitExceeded {
            expression: String::new(),
            limit,
            offset: 0,
        }
    }

    /// Whether a name, a property or the base of a property access does not exist. Conditional events count this as
    /// a condition that is not true yet (`bpmn-semantics` 2.8).
    pub fn is_unknown_property(&self) -> bool {
        matches!(self, Self::UnknownIdentifier { .. } | Self::UnknownProperty { .. })
    }

    /// Says where the error happened, unless it already knows.
    pub(crate) fn located(mut self, source: &str, at: usize) -> Self {
        match &mut self {
            Self::UnknownIdentifier { expression, offset, .. }
            | Self::UnknownProperty { expression, offset, .. }
            | Self::UnknownMethod { expression, offset, .. }
            | Self::Failed { expression, offset, .. }
            | Self::LimitExceeded { expression, offset, .. } => {
                if expression.is_empty() {
                    *expression = shown_source(source);
                    *offset = at;
                }
            }
            Self::BusinessError { .. } | Self::ConditionIsNull | Self::ConditionIsNotBoolean { .. } => {}
        }
        self
    }
}

fn shown_source(source: &str) -> String {
    if source.len() <= EvaluationError::SHOWN_SOURCE_BYTES {
        return source.to_owned();
    }
    let mut end = EvaluationError::SHOWN_SOURCE_BYTES;
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &source[..end])
}

/// An error of the evaluator together with its place.
pub(crate) struct Failure {
    offset: usize,
    error: EvaluationError,
}

impl Failure {
    pub(crate) fn at(offset: usize, error: EvaluationError) -> Self {
        Self { offset, error }
    }

    /// The error as the caller of the expression sees it.
    pub(crate) fn located(self, source: &str) -> EvaluationError {
        self.error.located(source, self.offset)
    }
}

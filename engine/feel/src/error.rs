//! What can be wrong with a FEEL text when it is parsed and when it is evaluated.

use std::fmt;

/// A text that is not valid FEEL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column})")]
pub struct ParseError {
    /// The line of the problem, counted from 1.
    pub line: usize,
    /// The column of the problem in code points, counted from 1.
    pub column: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl ParseError {
    /// An error at a byte offset of a source.
    pub(crate) fn at(source: &str, offset: usize, message: impl Into<String>) -> Self {
        let mut end = offset.min(source.len());
        while !source.is_char_boundary(end) {
            end -= 1;
        }
        let before = &source[..end];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
        }
    }
}

/// Why a part of an expression is null although it looks as if it should have a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What could not be computed.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// The bound of [`Limits`](crate::Limits) that an evaluation ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceededLimit {
    /// The work of one evaluation.
    Fuel,
    /// The length of a text that the evaluation builds.
    StringBytes,
    /// The length of a list that the evaluation builds.
    ListItems,
    /// The memory of all values that the evaluation builds.
    Memory,
    /// How deep calls nest.
    CallDepth,
    /// How deep lists, contexts and functions lie in each other.
    ValueDepth,
}

impl fmt::Display for ExceededLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Fuel => "it needs more computation than one evaluation may take",
            Self::StringBytes => "it builds a text longer than allowed",
            Self::ListItems => "it builds a list longer than allowed",
            Self::Memory => "it builds more values than one evaluation may hold",
            Self::CallDepth => "its calls nest deeper than allowed",
            Self::ValueDepth => "it nests lists, contexts or functions deeper than allowed",
        })
    }
}

/// Why an evaluation has no result at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// It costs too much.
    #[error("the FEEL evaluation was stopped: {0}")]
    Exceeded(ExceededLimit),
    /// Something failed that the caller computes within the evaluation, for this reason.
    #[error("{0}")]
    Outside(String),
}

impl EvaluationError {
    /// The bound it ran into; `None` when it failed for another reason.
    pub fn limit(&self) -> Option<ExceededLimit> {
        match self {
            Self::Exceeded(limit) => Some(*limit),
            Self::Outside(_) => None,
        }
    }
}

impl From<ExceededLimit> for EvaluationError {
    fn from(limit: ExceededLimit) -> Self {
        Self::Exceeded(limit)
    }
}

//! What can be wrong with a model, and with asking for a decision.

use flowstone_feel::EvaluationError;

/// Something in a file that keeps a decision from being computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column})")]
pub struct Problem {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// The id of the nearest element that has one.
    pub element: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

/// Why a decision has no result at all. What merely cannot be computed is null, with a warning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationFailure {
    /// The model has no such element.
    #[error("there is no {kind} '{name}' in the model; known are: {known}")]
    Unknown {
        /// What was looked for, such as `decision`.
        kind: &'static str,
        /// The id or name that was asked for.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// The computation costs more than the limits allow, or a script in it failed.
    #[error("the decision '{name}' cannot be computed: {error}")]
    Failed {
        /// The id or name that was asked for.
        name: String,
        /// What stopped it.
        error: EvaluationError,
    },
}

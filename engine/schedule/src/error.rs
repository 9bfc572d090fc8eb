//! What can be wrong with a text.

/// A text that is no date, duration or cycle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Not what it should be; the text says what that is.
    #[error("{0}")]
    Text(String),
    /// A span of time into the past.
    #[error("the duration '{0}' is negative; a timer can only wait for what lies ahead")]
    Negative(String),
    /// Neither a repetition nor a cron expression.
    #[error(
        "'{text}' is no timer cycle: {problem}. Write a repetition like R3/PT10M or R/2026-01-31T09:30:00Z/P1D, \
         or a cron expression like '0 0 8 * * MON-FRI'"
    )]
    Cycle {
        /// The text.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Not a retry cycle.
    #[error("'{0}' is no retry cycle; write it like R3/PT10M or, one pause after the other, PT1M,PT5M")]
    Retry(String),
    /// Longer than [`crate::MAXIMUM_LENGTH`].
    #[error("the text of the timer is longer than {} characters", crate::MAXIMUM_LENGTH)]
    TooLong,
}

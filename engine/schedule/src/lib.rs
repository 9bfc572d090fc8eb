//! The texts of BPMN timers and retry cycles, and the moments that they mean (`bpmn-semantics.md` 2.9).
//!
//! Nothing here reads a clock: the present moment is an argument. Times without an offset are read as UTC.

mod cycle;
mod error;
mod retry;

pub use cycle::Cycle;
pub use error::ScheduleError;
pub use retry::RetryCycle;

use chrono::{DateTime, Utc};
use flowstone_expression::temporal::{self, IsoDuration};

/// Longest text that is read, in bytes.
pub const MAXIMUM_LENGTH: usize = 1_000;

/// A span of time such as `P1DT2H`.
#[derive(Clone, Debug, PartialEq)]
pub struct Duration(IsoDuration);

impl Duration {
    /// Reads an ISO 8601 duration.
    ///
    /// # Errors
    /// [`ScheduleError`], when the text is none or it is negative.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let text = checked(text)?;
        if text.starts_with('-') {
            return Err(ScheduleError::Negative(text.to_owned()));
        }
        IsoDuration::parse(text)
            .map(Duration)
            .map_err(|error| ScheduleError::Text(error.to_string()))
    }

    /// The moment that lies this span after `moment`; `None` when it cannot be expressed.
    pub fn added_to(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.0.after(moment).ok()
    }

    fn taken_from(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.0.before(moment).ok()
    }
}

/// Reads a date in any ISO 8601 form.
///
/// # Errors
/// [`ScheduleError`], when the text is none.
pub fn parse_date(text: &str) -> Result<DateTime<Utc>, ScheduleError> {
    temporal::parse_date(checked(text)?).map_err(|error| ScheduleError::Text(error.to_string()))
}

fn checked(text: &str) -> Result<&str, ScheduleError> {
    let text = text.trim();
    if text.len() > MAXIMUM_LENGTH {
        return Err(ScheduleError::TooLong);
    }
    Ok(text)
}

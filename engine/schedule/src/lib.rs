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

/// When a timer fires that is set to a duration now: after `PT1H`, at the first moment of `R3/PT1H`, an hour after the
/// date of `<date>/PT1H`, or at the date of `PT1H/<date>`. `None` when that cannot be expressed.
///
/// # Errors
/// [`ScheduleError`], when the text is none of these.
pub fn after_duration(text: &str, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, ScheduleError> {
    let text = checked(text)?;
    match text.split_once('/') {
        Some((times, _)) if times.starts_with('R') => Ok(Cycle::parse(text)?.first_due(now)),
        Some((duration, end)) if duration.starts_with('P') => Duration::parse(duration).and(parse_date(end).map(Some)),
        Some((begin, duration)) => Ok(Duration::parse(duration)?.added_to(parse_date(begin)?)),
        None => Ok(Duration::parse(text)?.added_to(now)),
    }
}

/// When a timer fires that is set to a date: then, or when a duration such as `PT1H` has gone by.
///
/// # Errors
/// [`ScheduleError`], when the text is neither.
pub fn due_date(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, ScheduleError> {
    temporal::parse_due_date(checked(text)?, now).map_err(|error| ScheduleError::Text(error.to_string()))
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

//! Dates, times and durations as FEEL knows them: years of up to nine digits, nanoseconds, offsets and named zones.

mod date;
mod date_time;
mod duration;
mod text;
mod time;
mod zone;

pub use date::Date;
pub use date_time::DateTime;
pub use duration::{DaysAndTimeDuration, YearsAndMonthsDuration};
pub use time::Time;
pub use zone::Zone;

/// Nanoseconds of a second.
pub(crate) const SECOND: i128 = 1_000_000_000;
/// Nanoseconds of a day.
pub(crate) const DAY: i128 = 86_400 * SECOND;

/// A text that is not the date, time or duration it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {expected}")]
pub struct ParseTemporalError {
    /// What the text should be.
    pub expected: &'static str,
}

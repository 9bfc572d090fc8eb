//! Durations.

use std::fmt;
use std::str::FromStr;

use super::text::{Reader, nanoseconds, write_fraction};
use super::{DAY, ParseTemporalError, SECOND};

/// A duration of days, hours, minutes and seconds, to the nanosecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct DaysAndTimeDuration {
    nanoseconds: i128,
}

impl DaysAndTimeDuration {
    /// The longest duration, in nanoseconds: beyond all dates, and far from overflow.
    const MAXIMUM: i128 = DAY * 1_000_000_000_000;

    /// A duration of nanoseconds; `None` when it is longer than two billion years.
    pub fn from_nanoseconds(nanoseconds: i128) -> Option<Self> {
        (nanoseconds.abs() <= Self::MAXIMUM).then_some(Self { nanoseconds })
    }

    /// A duration of seconds.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        Self::from_nanoseconds(i128::from(seconds) * SECOND)
    }

    /// The whole duration in nanoseconds.
    pub fn total_nanoseconds(&self) -> i128 {
        self.nanoseconds
    }

    /// The days in it; all parts of a negative duration are negative.
    pub fn days(&self) -> i64 {
        (self.nanoseconds / DAY) as i64
    }

    /// The hours besides the days.
    pub fn hours(&self) -> i64 {
        (self.nanoseconds / (3600 * SECOND) % 24) as i64
    }

    /// The minutes besides the hours.
    pub fn minutes(&self) -> i64 {
        (self.nanoseconds / (60 * SECOND) % 60) as i64
    }

    /// The whole seconds besides the minutes.
    pub fn seconds(&self) -> i64 {
        (self.nanoseconds / SECOND % 60) as i64
    }

    /// The nanoseconds besides the seconds.
    pub fn nanoseconds(&self) -> i64 {
        (self.nanoseconds % SECOND) as i64
    }
}

impl FromStr for DaysAndTimeDuration {
    type Err = ParseTemporalError;

    /// Reads `P1DT2H3M4.5S` and parts of it, with `-` in front if negative.
    fn from_str(text: &str) -> Result<Self, ParseTemporalError> {
        read_days_and_time(text).ok_or(ParseTemporalError {
            expected: "days and time duration",
        })
    }
}

/// Reads a number followed by one of the designators, each at most once and in their order.
fn read_part(reader: &mut Reader<'_>, designator: char) -> Option<Option<i128>> {
    let mut ahead = *reader;
    let digits = ahead.digits();
    if digits.is_empty() || !ahead.take(designator) {
        return Some(None);
    }
    *reader = ahead;
    if digits.len() > 18 {
        return None;
    }
    digits.parse().ok().map(Some)
}

fn read_days_and_time(text: &str) -> Option<DaysAndTimeDuration> {
    let mut reader = Reader::new(text);
    let negative = reader.take('-');
    if !reader.take('P') {
        return None;
    }
    let days = read_part(&mut reader, 'D')?;
    let mut total = days.unwrap_or(0) * DAY;
    if reader.take('T') {
        let hours = read_part(&mut reader, 'H')?;
        let minutes = read_part(&mut reader, 'M')?;
        let seconds = read_seconds(&mut reader)?;
        if hours.is_none() && minutes.is_none() && seconds.is_none() {
            return None;
        }
        total += hours.unwrap_or(0) * 3600 * SECOND + minutes.unwrap_or(0) * 60 * SECOND + seconds.unwrap_or(0);
    } else {
        days?;
    }
    if !reader.is_at_end() {
        return None;
    }
    DaysAndTimeDuration::from_nanoseconds(if negative { -total } else { total })
}

/// Seconds with or without a fraction, in nanoseconds.
fn read_seconds(reader: &mut Reader<'_>) -> Option<Option<i128>> {
    if reader.is_at_end() {
        return Some(None);
    }
    let whole = reader.digits();
    if whole.is_empty() || whole.len() > 18 {
        return None;
    }
    let fraction = if reader.take('.') { reader.digits() } else { "" };
    if !reader.take('S') {
        return None;
    }
    let whole: i128 = whole.parse().ok()?;
    Some(Some(whole * SECOND + i128::from(nanoseconds(fraction))))
}

impl fmt::Display for DaysAndTimeDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanoseconds == 0 {
            return formatter.write_str("PT0S");
        }
        if self.nanoseconds < 0 {
            formatter.write_str("-")?;
        }
        formatter.write_str("P")?;
        let write_part = |formatter: &mut fmt::Formatter<'_>, part: i64, designator: char| match part {
            0 => Ok(()),
            part => write!(formatter, "{}{designator}", part.unsigned_abs()),
        };
        write_part(formatter, self.days(), 'D')?;
        if self.nanoseconds % DAY == 0 {
            return Ok(());
        }
        formatter.write_str("T")?;
        write_part(formatter, self.hours(), 'H')?;
        write_part(formatter, self.minutes(), 'M')?;
        if self.seconds() != 0 || self.nanoseconds() != 0 {
            write!(formatter, "{}", self.seconds().unsigned_abs())?;
            write_fraction(formatter, self.nanoseconds().unsigned_abs() as u32)?;
            formatter.write_str("S")?;
        }
        Ok(())
    }
}

/// A duration of years and months.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct YearsAndMonthsDuration {
    months: i64,
}

impl YearsAndMonthsDuration {
    /// A duration of months.
    pub fn from_months(months: i64) -> Self {
        Self { months }
    }

    /// The whole duration in months.
    pub fn total_months(&self) -> i64 {
        self.months
    }

    /// The years in it; both parts of a negative duration are negative.
    pub fn years(&self) -> i64 {
        self.months / 12
    }

    /// The months besides the years.
    pub fn months(&self) -> i64 {
        self.months % 12
    }
}

impl FromStr for YearsAndMonthsDuration {
    type Err = ParseTemporalError;

    /// Reads `P1Y2M`, `P1Y` and `P2M`, with `-` in front if negative.
    fn from_str(text: &str) -> Result<Self, ParseTemporalError> {
        read_years_and_months(text).ok_or(ParseTemporalError {
            expected: "years and months duration",
        })
    }
}

fn read_years_and_months(text: &str) -> Option<YearsAndMonthsDuration> {
    let mut reader = Reader::new(text);
    let negative = reader.take('-');
    if !reader.take('P') {
        return None;
    }
    let years = read_part(&mut reader, 'Y')?;
    let months = read_part(&mut reader, 'M')?;
    if !reader.is_at_end() || (years.is_none() && months.is_none()) {
        return None;
    }
    let total = years.unwrap_or(0) * 12 + months.unwrap_or(0);
    let total = i64::try_from(if negative { -total } else { total }).ok()?;
    Some(YearsAndMonthsDuration::from_months(total))
}

impl fmt::Display for YearsAndMonthsDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.months == 0 {
            return formatter.write_str("P0M");
        }
        if self.months < 0 {
            formatter.write_str("-")?;
        }
        formatter.write_str("P")?;
        if self.years() != 0 {
            write!(formatter, "{}Y", self.years().unsigned_abs())?;
        }
        if self.months() != 0 {
            write!(formatter, "{}M", self.months().unsigned_abs())?;
        }
        Ok(())
    }
}

//! Offsets and named time zones.

use std::fmt;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::Tz;

use super::Date;
use super::text::Reader;

/// The offset or zone of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Seconds east of UTC.
    Offset(i32),
    /// A zone of the IANA database, such as `Europe/Paris`.
    Named(Tz),
}

/// The farthest offset from UTC, in seconds.
const MAXIMUM_OFFSET: i32 = 18 * 3600;

/// The date at which the offset of a named zone is taken for a time without a date.
const REFERENCE_YEAR: i32 = 1970;

impl Zone {
    /// UTC itself.
    pub const UTC: Self = Self::Offset(0);

    /// An offset in seconds east of UTC; `None` beyond 18 hours.
    pub fn offset(seconds: i32) -> Option<Self> {
        (seconds.abs() <= MAXIMUM_OFFSET).then_some(Self::Offset(seconds))
    }

    /// A zone of the IANA database.
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().map(Self::Named)
    }

    /// Seconds east of UTC at a local moment. Of a moment that occurs twice the first counts; one that does not occur
    /// has the offset before the gap.
    pub(super) fn seconds_at(&self, date: &Date, seconds_of_day: u32) -> i32 {
        match self {
            Self::Offset(seconds) => *seconds,
            Self::Named(zone) => {
                let local = naive(date, seconds_of_day);
                match zone.offset_from_local_datetime(&local) {
                    chrono::LocalResult::Single(offset) | chrono::LocalResult::Ambiguous(offset, _) => {
                        offset.fix().local_minus_utc()
                    }
                    chrono::LocalResult::None => zone
                        .offset_from_local_datetime(&(local - chrono::Duration::hours(3)))
                        .earliest()
                        .map_or(0, |offset| offset.fix().local_minus_utc()),
                }
            }
        }
    }

    /// Seconds east of UTC at a moment that is given in UTC.
    pub(super) fn seconds_at_utc(&self, date: &Date, seconds_of_day: u32) -> i32 {
        match self {
            Self::Offset(seconds) => *seconds,
            Self::Named(zone) => zone
                .offset_from_utc_datetime(&naive(date, seconds_of_day))
                .fix()
                .local_minus_utc(),
        }
    }

    /// Seconds east of UTC for a time without a date.
    pub(super) fn seconds_without_date(&self, seconds_of_day: u32) -> i32 {
        Date::new(REFERENCE_YEAR, 1, 1).map_or(0, |date| self.seconds_at(&date, seconds_of_day))
    }

    /// The name of a named zone.
    pub fn name(&self) -> Option<&'static str> {
        match self {
            Self::Offset(_) => None,
            Self::Named(zone) => Some(zone.name()),
        }
    }

    /// Reads `Z`, `+01:00`, `-05:30:15` or `@Europe/Paris` up to the end of the text; nothing at the end.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Option<Self>> {
        if reader.is_at_end() {
            return Some(None);
        }
        if reader.take('@') {
            return Self::named(reader.rest()).map(Some);
        }
        let zone = if reader.take('Z') || reader.take('z') {
            Self::UTC
        } else {
            let negative = reader.take('-');
            if !negative && !reader.take('+') {
                return None;
            }
            let hours = i32::from(reader.two_digits()?);
            if !reader.take(':') {
                return None;
            }
            let minutes = i32::from(reader.two_digits()?);
            let seconds = if reader.take(':') {
                i32::from(reader.two_digits()?)
            } else {
                0
            };
            if minutes > 59 || seconds > 59 {
                return None;
            }
            let total = hours * 3600 + minutes * 60 + seconds;
            Self::offset(if negative { -total } else { total })?
        };
        reader.is_at_end().then_some(Some(zone))
    }
}

/// The moment as the zone database takes it. Years it does not know behave as years of the same shape that it does.
fn naive(date: &Date, seconds_of_day: u32) -> NaiveDateTime {
    let year = if date.year().abs() > 200_000 {
        date.year().rem_euclid(400) + if date.year() > 0 { 4000 } else { 0 }
    } else {
        date.year()
    };
    let date = NaiveDate::from_ymd_opt(year, u32::from(date.month()), u32::from(date.day())).unwrap_or_default();
    let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds_of_day, 0).unwrap_or_default();
    NaiveDateTime::new(date, time)
}

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offset(0) => formatter.write_str("Z"),
            Self::Offset(seconds) => {
                let sign = if *seconds < 0 { '-' } else { '+' };
                let total = seconds.unsigned_abs();
                write!(formatter, "{sign}{:02}:{:02}", total / 3600, total / 60 % 60)?;
                match total % 60 {
                    0 => Ok(()),
                    rest => write!(formatter, ":{rest:02}"),
                }
            }
            Self::Named(zone) => write!(formatter, "@{}", zone.name()),
        }
    }
}

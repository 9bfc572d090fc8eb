//! Dates with a time of day.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Timelike};

use super::text::Reader;
use super::{DAY, Date, ParseTemporalError, SECOND, Time, Zone};

/// A date with a time of day, perhaps with an offset or zone.
///
/// `==` compares moments. One with a zone and one without are never equal, and not ordered either.
#[derive(Clone, Copy, Debug)]
pub struct DateTime {
    date: Date,
    time: Time,
}

impl DateTime {
    /// A date at a time; the zone is that of the time.
    pub fn new(date: Date, time: Time) -> Self {
        Self { date, time }
    }

    /// The date at midnight, in UTC: what a date becomes where a date and time is wanted.
    pub fn utc_midnight(date: Date) -> Self {
        Self::new(date, Time::MIDNIGHT.with_zone(Some(Zone::UTC)))
    }

    /// The date part.
    pub fn date(&self) -> Date {
        self.date
    }

    /// The time part, with the zone.
    pub fn time(&self) -> Time {
        self.time
    }

    /// Seconds east of UTC; `None` for local time.
    pub fn offset_seconds(&self) -> Option<i32> {
        self.time
            .zone()
            .map(|zone| zone.seconds_at(&self.date, self.time.seconds_of_day()))
    }

    /// Nanoseconds since 1970-01-01T00:00:00, local.
    fn local_nanoseconds(&self) -> i128 {
        i128::from(self.date.days_since_epoch()) * DAY + self.time.nanoseconds_of_day()
    }

    fn from_local_nanoseconds(nanoseconds: i128, zone: Option<Zone>) -> Option<Self> {
        let days = i64::try_from(nanoseconds.div_euclid(DAY)).ok()?;
        Some(Self {
            date: Date::from_days_since_epoch(days)?,
            time: Time::from_nanoseconds(nanoseconds, zone),
        })
    }

    /// What comparisons compare: nanoseconds since the epoch, in UTC if there is a zone.
    pub(crate) fn comparable(&self) -> (bool, i128) {
        match self.offset_seconds() {
            Some(offset) => (true, self.local_nanoseconds() - i128::from(offset) * SECOND),
            None => (false, self.local_nanoseconds()),
        }
    }

    /// The moment that many nanoseconds later, in the same zone.
    pub(crate) fn plus_nanoseconds(&self, nanoseconds: i128) -> Option<Self> {
        let zone = self.time.zone();
        let local = match (zone, self.offset_seconds()) {
            (Some(zone @ Zone::Named(_)), Some(offset)) => {
                let utc = (self.local_nanoseconds() - i128::from(offset) * SECOND).checked_add(nanoseconds)?;
                let in_utc = Self::from_local_nanoseconds(utc, None)?;
                let offset = zone.seconds_at_utc(&in_utc.date, in_utc.time.seconds_of_day());
                utc + i128::from(offset) * SECOND
            }
            _ => self.local_nanoseconds().checked_add(nanoseconds)?,
        };
        Self::from_local_nanoseconds(local, zone)
    }

    /// The same time of day that many months later.
    pub(crate) fn plus_months(&self, months: i64) -> Option<Self> {
        Some(Self {
            date: self.date.plus_months(months)?,
            time: self.time,
        })
    }

    /// The same moment in another zone; `None` for a local moment, and beyond the years a date can have.
    pub fn in_zone(&self, zone: Zone) -> Option<Self> {
        let (zoned, utc) = self.comparable();
        if !zoned {
            return None;
        }
        let in_utc = Self::from_local_nanoseconds(utc, None)?;
        let offset = zone.seconds_at_utc(&in_utc.date, in_utc.time.seconds_of_day());
        Self::from_local_nanoseconds(utc + i128::from(offset) * SECOND, Some(zone))
    }

    /// Whether both are written alike: the same date and time with the same zone.
    pub fn is_identical(&self, other: &Self) -> bool {
        self.date == other.date && self.time.is_identical(&other.time)
    }
}

impl<Z: chrono::TimeZone> From<chrono::DateTime<Z>> for DateTime {
    /// The moment with its offset.
    fn from(moment: chrono::DateTime<Z>) -> Self {
        use chrono::Offset;
        let offset = moment.offset().fix().local_minus_utc();
        let local = moment.naive_local();
        // The calendar of chrono covers fewer years than ours, and its days and times are valid.
        let date = Date::new(local.year(), local.month() as u8, local.day() as u8);
        let clock = Time::from_nanoseconds(
            i128::from(local.num_seconds_from_midnight()) * SECOND + i128::from(local.nanosecond()).min(SECOND - 1),
            Zone::offset(offset),
        );
        Self {
            date: date.unwrap_or(Date::EPOCH),
            time: clock,
        }
    }
}

impl FromStr for DateTime {
    type Err = ParseTemporalError;

    /// Reads `2026-01-31T10:30:00` with or without a zone, and `2026-01-31` as its midnight. `24:00:00` is the
    /// midnight that ends the day.
    fn from_str(text: &str) -> Result<Self, ParseTemporalError> {
        read(text).ok_or(ParseTemporalError {
            expected: "date and time",
        })
    }
}

fn read(text: &str) -> Option<DateTime> {
    let mut reader = Reader::new(text);
    let date = Date::read(&mut reader)?;
    if reader.is_at_end() {
        return Some(DateTime::new(date, Time::MIDNIGHT));
    }
    if !reader.take('T') {
        return None;
    }
    let (time, ends_day) = Time::read_clock(&mut reader)?;
    let date = if ends_day {
        Date::from_days_since_epoch(date.days_since_epoch() + 1)?
    } else {
        date
    };
    Some(DateTime::new(date, time.with_zone(Zone::read(&mut reader)?)))
}

impl PartialEq for DateTime {
    fn eq(&self, other: &Self) -> bool {
        self.comparable() == other.comparable()
    }
}

impl PartialOrd for DateTime {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let ((zoned, moment), (other_zoned, other_moment)) = (self.comparable(), other.comparable());
        (zoned == other_zoned).then(|| moment.cmp(&other_moment))
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}T{}", self.date, self.time)
    }
}

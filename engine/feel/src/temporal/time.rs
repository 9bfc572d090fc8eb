//! Times of day.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::text::{Reader, write_fraction};
use super::{DAY, ParseTemporalError, SECOND, Zone};

/// A time of day, perhaps with an offset or zone.
///
/// `==` compares moments: `10:00:00+01:00 == 09:00:00Z`. A time with a zone and one without are never equal, and not
/// ordered either.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    hour: u8,
    minute: u8,
    second: u8,
    nanosecond: u32,
    zone: Option<Zone>,
}

impl Time {
    /// Midnight without a zone.
    pub const MIDNIGHT: Self = Self {
        hour: 0,
        minute: 0,
        second: 0,
        nanosecond: 0,
        zone: None,
    };

    /// A time; `None` when there is no such time.
    pub fn new(hour: u8, minute: u8, second: u8, nanosecond: u32, zone: Option<Zone>) -> Option<Self> {
        (hour < 24 && minute < 60 && second < 60 && nanosecond < SECOND as u32).then_some(Self {
            hour,
            minute,
            second,
            nanosecond,
            zone,
        })
    }

    /// The hour, from 0 to 23.
    pub fn hour(&self) -> u8 {
        self.hour
    }

    /// The minute, from 0 to 59.
    pub fn minute(&self) -> u8 {
        self.minute
    }

    /// The second, from 0 to 59.
    pub fn second(&self) -> u8 {
        self.second
    }

    /// The nanosecond of the second.
    pub fn nanosecond(&self) -> u32 {
        self.nanosecond
    }

    /// The offset or zone; `None` for local time.
    pub fn zone(&self) -> Option<Zone> {
        self.zone
    }

    /// The same time of day with another zone.
    #[must_use]
    pub fn with_zone(self, zone: Option<Zone>) -> Self {
        Self { zone, ..self }
    }

    /// Seconds east of UTC; `None` for local time. A named zone has the offset of the beginning of 1970.
    pub fn offset_seconds(&self) -> Option<i32> {
        self.zone.map(|zone| zone.seconds_without_date(self.seconds_of_day()))
    }

    pub(super) fn seconds_of_day(&self) -> u32 {
        u32::from(self.hour) * 3600 + u32::from(self.minute) * 60 + u32::from(self.second)
    }

    /// Nanoseconds since midnight, local.
    pub(crate) fn nanoseconds_of_day(&self) -> i128 {
        i128::from(self.seconds_of_day()) * SECOND + i128::from(self.nanosecond)
    }

    /// The time that many nanoseconds after midnight, modulo a day.
    pub(crate) fn from_nanoseconds(nanoseconds: i128, zone: Option<Zone>) -> Self {
        let of_day = nanoseconds.rem_euclid(DAY);
        let seconds = (of_day / SECOND) as u32;
        Self {
            hour: (seconds / 3600) as u8,
            minute: (seconds / 60 % 60) as u8,
            second: (seconds % 60) as u8,
            nanosecond: (of_day % SECOND) as u32,
            zone,
        }
    }

    /// The time with nanoseconds added, around midnight.
    pub(crate) fn plus_nanoseconds(&self, nanoseconds: i128) -> Self {
        Self::from_nanoseconds(self.nanoseconds_of_day() + nanoseconds % DAY, self.zone)
    }

    /// What comparisons compare: nanoseconds of the day, in UTC if there is a zone.
    pub(crate) fn comparable(&self) -> (bool, i128) {
        match self.offset_seconds() {
            Some(offset) => (true, self.nanoseconds_of_day() - i128::from(offset) * SECOND),
            None => (false, self.nanoseconds_of_day()),
        }
    }

    /// Whether both are written alike: the same time with the same zone.
    pub fn is_identical(&self, other: &Self) -> bool {
        self.nanoseconds_of_day() == other.nanoseconds_of_day() && self.zone == other.zone
    }

    /// Reads the time in front of a text, without the zone. The flag says that it was `24:00:00`.
    pub(super) fn read_clock(reader: &mut Reader<'_>) -> Option<(Self, bool)> {
        let hour = reader.two_digits()?;
        if !reader.take(':') {
            return None;
        }
        let minute = reader.two_digits()?;
        if !reader.take(':') {
            return None;
        }
        let second = reader.two_digits()?;
        let nanosecond = reader.fraction()?;
        if (hour, minute, second, nanosecond) == (24, 0, 0, 0) {
            return Some((Self::MIDNIGHT, true));
        }
        Some((Self::new(hour, minute, second, nanosecond, None)?, false))
    }
}

impl FromStr for Time {
    type Err = ParseTemporalError;

    /// Reads `10:30:00`, `10:30:00.5Z`, `10:30:00+01:00`, `10:30:00@Europe/Paris`; `24:00:00` is midnight.
    fn from_str(text: &str) -> Result<Self, ParseTemporalError> {
        let mut reader = Reader::new(text);
        Self::read_clock(&mut reader)
            .and_then(|(time, _)| Some(time.with_zone(Zone::read(&mut reader)?)))
            .ok_or(ParseTemporalError { expected: "time" })
    }
}

impl PartialEq for Time {
    fn eq(&self, other: &Self) -> bool {
        self.comparable() == other.comparable()
    }
}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let ((zoned, moment), (other_zoned, other_moment)) = (self.comparable(), other.comparable());
        (zoned == other_zoned).then(|| moment.cmp(&other_moment))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        write_fraction(formatter, self.nanosecond)?;
        match self.zone {
            Some(zone) => write!(formatter, "{zone}"),
            None => Ok(()),
        }
    }
}

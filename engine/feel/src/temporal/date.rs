//! Dates of the proleptic Gregorian calendar.

use std::fmt;
use std::str::FromStr;

use super::text::Reader;
use super::{ParseTemporalError, YearsAndMonthsDuration};

/// A date with a year of up to nine digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

impl Date {
    /// 1970-01-01.
    pub const EPOCH: Self = Self {
        year: 1970,
        month: 1,
        day: 1,
    };

    /// The last year a date can have; its negation is the first.
    pub const MAXIMUM_YEAR: i32 = 999_999_999;

    /// A date; `None` when there is no such day.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        let valid = year.abs() <= Self::MAXIMUM_YEAR
            && (1..=12).contains(&month)
            && day >= 1
            && day <= days_in_month(i64::from(year), month);
        valid.then_some(Self { year, month, day })
    }

    /// The year; negative before year 0.
    pub fn year(&self) -> i32 {
        self.year
    }

    /// The month, from 1.
    pub fn month(&self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub fn day(&self) -> u8 {
        self.day
    }

    /// The day of the week, from 1 (Monday) to 7 (Sunday).
    pub fn weekday(&self) -> u8 {
        // 1970-01-01 was a Thursday.
        ((self.days_since_epoch() + 3).rem_euclid(7) + 1) as u8
    }

    /// The day of the year, from 1.
    pub fn day_of_year(&self) -> u16 {
        let first = days_from_civil(i64::from(self.year), 1, 1);
        (self.days_since_epoch() - first + 1) as u16
    }

    /// The week of the year as in ISO 8601, from 1; the first week holds the first Thursday.
    pub fn week_of_year(&self) -> u8 {
        // The week belongs to the year of its Thursday.
        let thursday = self.days_since_epoch() - i64::from(self.weekday()) + 4;
        let (year, _, _) = civil_from_days(thursday);
        ((thursday - days_from_civil(year, 1, 1)) / 7 + 1) as u8
    }

    /// The last day of the month of this date.
    pub fn last_day_of_month(&self) -> u8 {
        days_in_month(i64::from(self.year), self.month)
    }

    /// Days since 1970-01-01.
    pub fn days_since_epoch(&self) -> i64 {
        days_from_civil(i64::from(self.year), self.month, self.day)
    }

    /// The date that many days after 1970-01-01; `None` beyond the years a date can have.
    pub fn from_days_since_epoch(days: i64) -> Option<Self> {
        // Far beyond nine digits of years, where the computation could overflow.
        if days.unsigned_abs() > 400_000_000_000 {
            return None;
        }
        let (year, month, day) = civil_from_days(days);
        Self::new(i32::try_from(year).ok()?, month, day)
    }

    /// The date that many months later; the day is cut to the last of the month.
    pub fn plus_months(&self, months: i64) -> Option<Self> {
        let total = (i64::from(self.year) * 12 + i64::from(self.month) - 1).checked_add(months)?;
        let year = i32::try_from(total.div_euclid(12)).ok()?;
        let month = (total.rem_euclid(12) + 1) as u8;
        let day = self.day.min(days_in_month(i64::from(year), month));
        Self::new(year, month, day)
    }

    /// The whole years and months from this date to another.
    pub fn years_and_months_until(&self, later: &Self) -> YearsAndMonthsDuration {
        let months =
            (i64::from(later.year) - i64::from(self.year)) * 12 + i64::from(later.month) - i64::from(self.month);
        let correction = match months {
            1.. if later.day < self.day => -1,
            ..=-1 if later.day > self.day => 1,
            _ => 0,
        };
        YearsAndMonthsDuration::from_months(months + correction)
    }

    /// Reads the date in front of a text.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let negative = reader.take('-');
        let digits = reader.digits();
        let valid_length = (4..=9).contains(&digits.len()) && (digits.len() == 4 || !digits.starts_with('0'));
        if !valid_length || !reader.take('-') {
            return None;
        }
        let year: i32 = digits.parse().ok()?;
        let month = reader.two_digits()?;
        if !reader.take('-') {
            return None;
        }
        let day = reader.two_digits()?;
        Self::new(if negative { -year } else { year }, month, day)
    }
}

impl FromStr for Date {
    type Err = ParseTemporalError;

    /// Reads `2026-01-31`, `-0044-03-15`, `999999999-12-31`.
    fn from_str(text: &str) -> Result<Self, ParseTemporalError> {
        let mut reader = Reader::new(text);
        Self::read(&mut reader)
            .filter(|_| reader.is_at_end())
            .ok_or(ParseTemporalError { expected: "date" })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.year < 0 { "-" } else { "" };
        write!(
            formatter,
            "{sign}{:04}-{:02}-{:02}",
            self.year.unsigned_abs(),
            self.month,
            self.day
        )
    }
}

fn is_leap_year(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days of 400 years.
const ERA_DAYS: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_OFFSET: i64 = 719_468;

/// Days since 1970-01-01. Years are counted from March, so that the leap day is the last of its year.
fn days_from_civil(year: i64, month: u8, day: u8) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * ERA_DAYS + day_of_era - EPOCH_OFFSET
}

/// The year, month and day of a number of days since 1970-01-01.
fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let days = days + EPOCH_OFFSET;
    let era = days.div_euclid(ERA_DAYS);
    let day_of_era = days.rem_euclid(ERA_DAYS);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u8;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    } as u8;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

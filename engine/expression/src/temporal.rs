//! Dates and durations in their ISO-8601 forms.
//!
//! Times without an offset are read as UTC. Nothing here reads a clock.

use chrono::{DateTime, Days, FixedOffset, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday};

/// A text that is not the date or duration it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemporalError {
    /// Not a date.
    #[error("'{0}' is not an ISO-8601 date. Write it like 2026-01-31T09:30:00.000+0000")]
    NotADate(String),
    /// Not a duration.
    #[error("'{0}' is not an ISO-8601 duration. Write it like P1DT2H or PT10M")]
    NotADuration(String),
    /// The result lies outside of what can be expressed.
    #[error("the date lies outside of the supported years")]
    OutOfRange,
}

/// Formats an instant as every response shows it: `yyyy-MM-dd'T'HH:mm:ss.SSSZ` in UTC (contract 3.3), for example
/// `2026-01-31T09:30:00.000+0000`. Digits below a millisecond are cut off.
pub fn format_date(date: DateTime<Utc>) -> String {
    date.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

/// Reads a date in any ISO-8601 form: calendar, week and ordinal dates, basic and extended, with or without time,
/// fraction and offset.
///
/// # Errors
/// [`TemporalError::NotADate`].
pub fn parse_date(text: &str) -> Result<DateTime<Utc>, TemporalError> {
    let trimmed = text.trim();
    read_date(trimmed).ok_or_else(|| TemporalError::NotADate(shown(trimmed)))
}

/// Reads a due date as task attributes and timers give it: a date, or a duration counted from `now`.
///
/// # Errors
/// [`TemporalError`] when the text is neither or the result cannot be expressed.
pub fn parse_due_date(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, TemporalError> {
    let trimmed = text.trim();
    if trimmed.trim_start_matches(['-', '+']).starts_with('P') {
        IsoDuration::parse(trimmed)?.after(now)
    } else {
        parse_date(trimmed)
    }
}

/// The part of a wrong text that a message repeats.
fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}

fn read_date(text: &str) -> Option<DateTime<Utc>> {
    if !text.is_ascii() {
        return None;
    }
    let (date_text, time_text) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let date = read_day(date_text)?;
    let Some(time_text) = time_text else {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    };
    let (clock_text, offset) = split_offset(time_text)?;
    let (time, next_day) = read_time(clock_text)?;
    let date = if next_day { date.succ_opt()? } else { date };
    let local = NaiveDateTime::new(date, time);
    Some(local.checked_sub_offset(offset)?.and_utc())
}

/// Reads exactly the digits of `text`; signs and blanks are not digits.
fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn read_day(text: &str) -> Option<NaiveDate> {
    if text.starts_with(['+', '-']) {
        // Expanded years carry a sign and a dash after the year.
        let (year, rest) = text[1..].split_once('-')?;
        let magnitude: i32 = digits(year)?;
        let year = if text.starts_with('-') { -magnitude } else { magnitude };
        return read_day_of_year(year, rest);
    }
    if let Some((year, rest)) = text.split_once('-') {
        return (year.len() == 4)
            .then(|| digits(year))
            .flatten()
            .and_then(|year| read_day_of_year(year, rest));
    }
    let year: i32 = digits(text.get(..4)?)?;
    let rest = &text[4..];
    if let Some(week_text) = rest.strip_prefix('W') {
        return match week_text.len() {
            2 => week_day(year, week_text, "1"),
            3 => week_day(year, &week_text[..2], &week_text[2..]),
            _ => None,
        };
    }
    match rest.len() {
        0 => NaiveDate::from_ymd_opt(year, 1, 1),
        3 => NaiveDate::from_yo_opt(year, digits(rest)?),
        4 => NaiveDate::from_ymd_opt(year, digits(&rest[..2])?, digits(&rest[2..])?),
        _ => None,
    }
}

/// The extended forms after the year: `MM`, `MM-DD`, `DDD`, `Www`, `Www-D`.
fn read_day_of_year(year: i32, rest: &str) -> Option<NaiveDate> {
    if let Some(week_text) = rest.strip_prefix('W') {
        let (week, day) = week_text.split_once('-').unwrap_or((week_text, "1"));
        return week_day(year, week, day);
    }
    match rest.split_once('-') {
        Some((month, day)) => NaiveDate::from_ymd_opt(year, digits(month)?, digits(day)?),
        None if rest.len() == 3 => NaiveDate::from_yo_opt(year, digits(rest)?),
        None => NaiveDate::from_ymd_opt(year, digits(rest)?, 1),
    }
}

fn week_day(year: i32, week: &str, day: &str) -> Option<NaiveDate> {
    let weekday = match day {
        "1" => Weekday::Mon,
        "2" => Weekday::Tue,
        "3" => Weekday::Wed,
        "4" => Weekday::Thu,
        "5" => Weekday::Fri,
        "6" => Weekday::Sat,
        "7" => Weekday::Sun,
        _ => return None,
    };
    if week.len() != 2 {
        return None;
    }
    NaiveDate::from_isoywd_opt(year, digits(week)?, weekday)
}

fn split_offset(text: &str) -> Option<(&str, FixedOffset)> {
    let utc = FixedOffset::east_opt(0)?;
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, utc));
    }
    let Some(at) = text.find(['+', '-']) else {
        return Some((text, utc));
    };
    let (clock, offset) = text.split_at(at);
    let figures = &offset[1..];
    let (hours, minutes) = match figures.len() {
        2 => (figures, "00"),
        4 => figures.split_at(2),
        5 => figures.split_once(':')?,
        _ => return None,
    };
    let (hours, minutes): (i32, i32) = (digits(hours)?, digits(minutes)?);
    if minutes > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60;
    let east = if offset.starts_with('-') { -seconds } else { seconds };
    Some((clock, FixedOffset::east_opt(east)?))
}

/// Reads a time of day; the flag says that it was `24:00`, the end of the day.
fn read_time(text: &str) -> Option<(NaiveTime, bool)> {
    let (whole, fraction) = match text.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let parts: Vec<&str> = if whole.contains(':') {
        whole.split(':').collect()
    } else {
        match whole.len() {
            2 => vec![whole],
            4 => vec![&whole[..2], &whole[2..]],
            6 => vec![&whole[..2], &whole[2..4], &whole[4..]],
            _ => return None,
        }
    };
    if parts.len() > 3 || parts.iter().any(|part| part.len() > 2) {
        return None;
    }
    let figure = |index: usize| parts.get(index).map_or(Some(0), |part| digits::<u32>(part));
    let (hour, minute, second) = (figure(0)?, figure(1)?, figure(2)?);
    // A fraction belongs to the smallest part that is written.
    let unit_nanoseconds: u64 = match parts.len() {
        1 => 3_600_000_000_000,
        2 => 60_000_000_000,
        _ => 1_000_000_000,
    };
    let extra = match fraction {
        Some(fraction) => fraction_of(fraction, unit_nanoseconds)?,
        None => 0,
    };
    if hour == 24 {
        return (minute == 0 && second == 0 && extra == 0).then_some((NaiveTime::MIN, true));
    }
    // A leap second is the last instant of its minute for us.
    let second = if second == 60 { 59 } else { second };
    let time = NaiveTime::from_hms_opt(hour, minute, second)?;
    let (time, _) = time.overflowing_add_signed(TimeDelta::nanoseconds(i64::try_from(extra).ok()?));
    Some((time, false))
}

/// `0.fraction` of a unit, in nanoseconds; digits below a nanosecond of a second are cut off.
fn fraction_of(fraction: &str, unit_nanoseconds: u64) -> Option<u64> {
    let significant = &fraction[..fraction.len().min(9)];
    let _: u64 = digits(
        fraction
            .get(9..)
            .filter(|rest| !rest.is_empty())
            .map_or("0", |rest| &rest[..rest.len().min(9)]),
    )?;
    let value: u64 = digits(significant)?;
    let scale = 10_u64.pow(u32::try_from(significant.len()).ok()?);
    u64::try_from(u128::from(value) * u128::from(unit_nanoseconds) / u128::from(scale)).ok()
}

/// An ISO-8601 duration such as `P1Y2M3DT4H5M6S`: a calendar part, whose length depends on the date it is counted
/// from, and an exact part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IsoDuration {
    negative: bool,
    months: u32,
    days: u64,
    exact: TimeDelta,
}

impl IsoDuration {
    /// Reads a duration. Weeks may stand beside the other parts, a sign may lead, and seconds may have a fraction.
    ///
    /// # Errors
    /// [`TemporalError::NotADuration`].
    pub fn parse(text: &str) -> Result<Self, TemporalError> {
        let trimmed = text.trim();
        Self::read(trimmed).ok_or_else(|| TemporalError::NotADuration(shown(trimmed)))
    }

    fn read(text: &str) -> Option<Self> {
        if !text.is_ascii() {
            return None;
        }
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let body = unsigned.strip_prefix('P')?;
        let (calendar, clock) = match body.split_once('T') {
            Some((_, "")) => return None,
            Some((calendar, clock)) => (calendar, clock),
            None => (body, ""),
        };
        if calendar.is_empty() && clock.is_empty() {
            return None;
        }
        let mut months = 0_u32;
        let mut days = 0_u64;
        for (amount, unit) in parts(calendar, "YMWD")? {
            match unit {
                'Y' => months = months.checked_add(digits::<u32>(amount)?.checked_mul(12)?)?,
                'M' => months = months.checked_add(digits(amount)?)?,
                'W' => days = days.checked_add(digits::<u64>(amount)?.checked_mul(7)?)?,
                _ => days = days.checked_add(digits(amount)?)?,
            }
        }
        let mut exact = TimeDelta::zero();
        for (amount, unit) in parts(clock, "HMS")? {
            let part = match unit {
                'H' => TimeDelta::try_hours(digits(amount)?)?,
                'M' => TimeDelta::try_minutes(digits(amount)?)?,
                _ => {
                    let (whole, fraction) = amount.split_once(['.', ',']).unwrap_or((amount, "0"));
                    let nanoseconds = i64::try_from(fraction_of(fraction, 1_000_000_000)?).ok()?;
                    TimeDelta::try_seconds(digits(whole)?)?.checked_add(&TimeDelta::nanoseconds(nanoseconds))?
                }
            };
            exact = exact.checked_add(&part)?;
        }
        Some(Self {
            negative,
            months,
            days,
            exact,
        })
    }

    /// The instant this long after `start`. Months are added first; a day that the month does not have becomes its
    /// last day (31 January + 1 month = 28 or 29 February).
    ///
    /// # Errors
    /// [`TemporalError::OutOfRange`].
    pub fn after(&self, start: DateTime<Utc>) -> Result<DateTime<Utc>, TemporalError> {
        self.moved(start, self.negative)
    }

    /// The instant this long before `end`, counted as [`after`](IsoDuration::after) counts.
    ///
    /// # Errors
    /// [`TemporalError::OutOfRange`].
    pub fn before(&self, end: DateTime<Utc>) -> Result<DateTime<Utc>, TemporalError> {
        self.moved(end, !self.negative)
    }

    fn moved(&self, from: DateTime<Utc>, back: bool) -> Result<DateTime<Utc>, TemporalError> {
        let result = if back {
            from.checked_sub_months(Months::new(self.months))
                .and_then(|date| date.checked_sub_days(Days::new(self.days)))
                .and_then(|date| date.checked_sub_signed(self.exact))
        } else {
            from.checked_add_months(Months::new(self.months))
                .and_then(|date| date.checked_add_days(Days::new(self.days)))
                .and_then(|date| date.checked_add_signed(self.exact))
        };
        result.ok_or(TemporalError::OutOfRange)
    }
}

/// Splits `3DT`-like text into amounts and their units, which must come in the order of `units`, each at most once.
fn parts<'a>(text: &'a str, units: &str) -> Option<Vec<(&'a str, char)>> {
    let mut allowed = units.chars();
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = rest.find(|character: char| character.is_ascii_alphabetic())?;
        let unit = char::from(*rest.as_bytes().get(at)?);
        if !allowed.any(|candidate| candidate == unit) {
            return None;
        }
        found.push((&rest[..at], unit));
        rest = &rest[at + 1..];
    }
    Some(found)
}

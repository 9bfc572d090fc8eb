//! Dates in a pattern of letters, as form fields give them (`dd/MM/yyyy`); the letters are those of Java's
//! `SimpleDateFormat`.
//!
//! Names of months and days are English, and times without an offset are UTC.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Letters of an abbreviated name.
const SHORT: usize = 3;

/// Longest pattern, in bytes.
const LONGEST: usize = 100;

/// Most digits that a number in a date can have.
const MOST_DIGITS: usize = 9;

/// A text that is no pattern for dates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatePatternError {
    /// A letter without a meaning here.
    #[error("the letter '{0}' is not supported; use those of yyyy-MM-dd HH:mm:ss.SSS, h, k, K, a, E, z, Z and X")]
    Letter(char),
    /// A quote that is not closed.
    #[error("a quote is not closed; put ' before and after text, and '' for the quote itself")]
    OpenQuote,
    /// Nothing in it, or too much.
    #[error("it is empty or longer than {LONGEST} bytes")]
    Length,
}

/// How dates are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatePattern {
    source: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// A field and the number of its letters.
    Field(Field, usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Year,
    Month,
    Day,
    DayOfWeek,
    HalfDay,
    /// 0 to 23.
    Hour,
    /// 1 to 24.
    HourFromOne,
    /// 0 to 11.
    HalfDayHour,
    /// 1 to 12.
    HalfDayHourFromOne,
    Minute,
    Second,
    Millisecond,
    ZoneName,
    /// `+0000`
    Offset,
    /// `Z`, else as [`Field::Offset`].
    IsoOffset,
}

impl Field {
    fn of(letter: char) -> Option<Self> {
        Some(match letter {
            'y' => Field::Year,
            'M' => Field::Month,
            'd' => Field::Day,
            'E' => Field::DayOfWeek,
            'a' => Field::HalfDay,
            'H' => Field::Hour,
            'k' => Field::HourFromOne,
            'K' => Field::HalfDayHour,
            'h' => Field::HalfDayHourFromOne,
            'm' => Field::Minute,
            's' => Field::Second,
            'S' => Field::Millisecond,
            'z' => Field::ZoneName,
            'Z' => Field::Offset,
            'X' => Field::IsoOffset,
            _ => return None,
        })
    }

    /// Whether it is written in digits.
    fn is_number(self, letters: usize) -> bool {
        match self {
            Field::Month => letters < SHORT,
            Field::DayOfWeek | Field::HalfDay | Field::ZoneName | Field::Offset | Field::IsoOffset => false,
            _ => true,
        }
    }
}

impl DatePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`DatePatternError`].
    pub fn parse(source: &str) -> Result<Self, DatePatternError> {
        if source.is_empty() || source.len() > LONGEST {
            return Err(DatePatternError::Length);
        }
        let mut parts = Vec::new();
        let mut rest = source.chars().peekable();
        while let Some(first) = rest.next() {
            if first == '\'' {
                let mut text = String::new();
                loop {
                    match rest.next() {
                        Some('\'') if rest.peek() == Some(&'\'') => {
                            text.push('\'');
                            rest.next();
                        }
                        Some('\'') => break,
                        Some(other) => text.push(other),
                        None => return Err(DatePatternError::OpenQuote),
                    }
                }
                // Two quotes side by side outside of a quoted text mean one.
                parts.push(Part::Text(if text.is_empty() { "'".to_owned() } else { text }));
            } else if first.is_ascii_alphabetic() {
                let field = Field::of(first).ok_or(DatePatternError::Letter(first))?;
                let mut letters = 1;
                while rest.next_if_eq(&first).is_some() {
                    letters += 1;
                }
                parts.push(Part::Field(field, letters));
            } else {
                parts.push(Part::Text(first.to_string()));
            }
        }
        Ok(DatePattern {
            source: source.to_owned(),
            parts,
        })
    }

    /// The text this was parsed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// A date as text.
    pub fn format(&self, date: DateTime<Utc>) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Field(field, letters) => write_field(&mut text, *field, *letters, date),
            }
        }
        text
    }

    /// The date that a text means; `None` when it is not written like this, or names no day of the calendar. Of a year
    /// in two digits the century is the one that brings it nearest to `now`: 80 years before to 20 years after.
    pub fn read(&self, text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut read = Read::default();
        let mut rest = text.trim();
        for (position, part) in self.parts.iter().enumerate() {
            rest = match part {
                Part::Text(literal) => rest.strip_prefix(literal.as_str())?,
                Part::Field(field, letters) => {
                    let adjacent = matches!(self.parts.get(position + 1),
                        Some(Part::Field(next, letters)) if next.is_number(*letters));
                    read.field(*field, *letters, adjacent, rest, now)?
                }
            };
        }
        if rest.is_empty() { read.date() } else { None }
    }
}

fn write_field(text: &mut String, field: Field, letters: usize, date: DateTime<Utc>) {
    let name = |names: &[&'static str], index: u32| -> &'static str {
        let name = names.get(index as usize).copied().unwrap_or_default();
        if letters > SHORT { name } else { &name[..SHORT] }
    };
    let half_day_hour = date.hour() % 12;
    let number = match field {
        Field::Year if letters == 2 => i64::from(date.year().rem_euclid(100)),
        Field::Year => i64::from(date.year()),
        Field::Month if letters < SHORT => i64::from(date.month()),
        Field::Month => return text.push_str(name(&MONTHS, date.month0())),
        Field::Day => i64::from(date.day()),
        Field::DayOfWeek => return text.push_str(name(&DAYS, date.weekday().num_days_from_monday())),
        Field::HalfDay => return text.push_str(if date.hour() < 12 { "AM" } else { "PM" }),
        Field::Hour => i64::from(date.hour()),
        Field::HourFromOne => i64::from(if date.hour() == 0 { 24 } else { date.hour() }),
        Field::HalfDayHour => i64::from(half_day_hour),
        Field::HalfDayHourFromOne => i64::from(if half_day_hour == 0 { 12 } else { half_day_hour }),
        Field::Minute => i64::from(date.minute()),
        Field::Second => i64::from(date.second()),
        Field::Millisecond => i64::from(date.timestamp_subsec_millis()),
        Field::ZoneName => return text.push_str("UTC"),
        Field::Offset => return text.push_str("+0000"),
        Field::IsoOffset => return text.push('Z'),
    };
    // Writing into a text cannot fail.
    let _ = write!(text, "{number:0letters$}");
}

/// What of a date was read.
#[derive(Default)]
struct Read {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    hour: Option<u32>,
    half_day_hour: Option<u32>,
    afternoon: bool,
    minute: Option<u32>,
    second: Option<u32>,
    millisecond: Option<u32>,
    offset: Option<FixedOffset>,
}

impl Read {
    /// Reads one field from the beginning of a text; the rest of it.
    fn field<'t>(
        &mut self,
        field: Field,
        letters: usize,
        adjacent: bool,
        text: &'t str,
        now: DateTime<Utc>,
    ) -> Option<&'t str> {
        if !field.is_number(letters) {
            return self.words(field, text);
        }
        let most = if adjacent { letters } else { MOST_DIGITS };
        let length = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = text.split_at(length);
        let number: u32 = digits.parse().ok()?;
        match field {
            Field::Year if letters == 2 && length == 2 => self.year = Some(nearest(number, now)?),
            Field::Year => self.year = Some(i32::try_from(number).ok()?),
            Field::Month => self.month = Some(number),
            Field::Day => self.day = Some(number),
            Field::Hour => self.hour = Some(number),
            Field::HourFromOne => self.hour = Some(at_most(number, 24)? % 24),
            Field::HalfDayHour => self.half_day_hour = Some(at_most(number, 11)?),
            Field::HalfDayHourFromOne => self.half_day_hour = Some(at_most(number, 12)? % 12),
            Field::Minute => self.minute = Some(number),
            Field::Second => self.second = Some(number),
            Field::Millisecond => self.millisecond = Some(at_most(number, 999)?),
            Field::DayOfWeek | Field::HalfDay | Field::ZoneName | Field::Offset | Field::IsoOffset => return None,
        }
        Some(rest)
    }

    fn words<'t>(&mut self, field: Field, text: &'t str) -> Option<&'t str> {
        match field {
            Field::Month => {
                let (month, rest) = named(&MONTHS, text)?;
                self.month = Some(month + 1);
                Some(rest)
            }
            // The date says which day it is.
            Field::DayOfWeek => named(&DAYS, text).map(|(_, rest)| rest),
            Field::HalfDay => {
                let (half, rest) = text.split_at_checked(2)?;
                self.afternoon = half.eq_ignore_ascii_case("PM");
                (self.afternoon || half.eq_ignore_ascii_case("AM")).then_some(rest)
            }
            _ => {
                let (offset, rest) = offset(text)?;
                self.offset = Some(offset);
                Some(rest)
            }
        }
    }

    fn date(&self) -> Option<DateTime<Utc>> {
        let day = NaiveDate::from_ymd_opt(
            self.year.unwrap_or(1970),
            self.month.unwrap_or(1),
            self.day.unwrap_or(1),
        )?;
        let half_day = if self.afternoon { 12 } else { 0 };
        let hour = self.hour.or(self.half_day_hour.map(|hour| hour + half_day));
        let time = NaiveTime::from_hms_milli_opt(
            hour.unwrap_or(half_day),
            self.minute.unwrap_or(0),
            self.second.unwrap_or(0),
            self.millisecond.unwrap_or(0),
        )?;
        let local = NaiveDateTime::new(day, time);
        match self.offset {
            Some(offset) => Some(local.checked_sub_offset(offset)?.and_utc()),
            None => Some(local.and_utc()),
        }
    }
}

fn at_most(number: u32, most: u32) -> Option<u32> {
    (number <= most).then_some(number)
}

/// The year that its last two digits mean.
fn nearest(digits: u32, now: DateTime<Utc>) -> Option<i32> {
    let first = now.checked_sub_signed(TimeDelta::days(80 * 365))?.year();
    let beyond = (i32::try_from(digits).ok()? - first).rem_euclid(100);
    first.checked_add(beyond)
}

/// The position of a name, or of its abbreviation, at the beginning of a text.
fn named<'t>(names: &[&str], text: &'t str) -> Option<(u32, &'t str)> {
    let starts = |name: &str| {
        let (start, rest) = text.split_at_checked(name.len())?;
        start.eq_ignore_ascii_case(name).then_some(rest)
    };
    (0..).zip(names).find_map(|(position, name)| {
        let rest = starts(name).or_else(|| starts(&name[..SHORT]))?;
        Some((position, rest))
    })
}

/// An offset from UTC at the beginning of a text.
fn offset(text: &str) -> Option<(FixedOffset, &str)> {
    for name in ["UTC", "GMT", "Z"] {
        if let Some(rest) = text.strip_prefix(name)
            && !rest.starts_with(['+', '-'])
        {
            return Some((FixedOffset::east_opt(0)?, rest));
        }
    }
    let text = text.strip_prefix("GMT").unwrap_or(text);
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, rest) = two_digits(text.strip_prefix(['+', '-'])?)?;
    let (minutes, rest) = two_digits(rest.strip_prefix(':').unwrap_or(rest)).unwrap_or((0, rest));
    let offset = FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60))?;
    Some((offset, rest))
}

fn two_digits(text: &str) -> Option<(i32, &str)> {
    let (digits, rest) = text.split_at_checked(2)?;
    let number = digits.bytes().all(|byte| byte.is_ascii_digit());
    number.then(|| digits.parse().ok())?.map(|number| (number, rest))
}

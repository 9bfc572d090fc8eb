//! Moments that come again.

use chrono::{DateTime, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use crate::{Duration, ScheduleError, checked, parse_date};

/// How many moments of a repetition are passed over at most to get from a moment long ago to the present.
const MOST_SKIPPED: usize = 1_000_000;

/// A repetition with more moments than this is counted as it goes, not ahead.
const MOST_COUNTED: u32 = 10_000;

/// A timer cycle: an ISO 8601 repetition or a cron expression.
#[derive(Clone, Debug)]
pub struct Cycle(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Repetition(Repetition),
    Cron(Box<Cron>),
}

#[derive(Clone, Debug)]
struct Repetition {
    /// How many moments there are; `None`: no end.
    times: Option<u32>,
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
    period: Duration,
}

impl Cycle {
    /// Reads a cycle: `R3/PT10S`, `R/<start>/<duration>`, `R/<duration>/<end>`, or a cron expression of five fields,
    /// or of six or seven fields beginning with the seconds, in which weekdays count from 1 for Sunday.
    ///
    /// # Errors
    /// [`ScheduleError`], when the text is none of these.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let text = checked(text)?;
        let kind = if text.starts_with('R') {
            Kind::Repetition(repetition(text)?)
        } else {
            Kind::Cron(Box::new(cron(text)?))
        };
        Ok(Cycle(kind))
    }

    /// The first moment, seen from `now`; `None` when there is none any more.
    pub fn first_due(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match &self.0 {
            Kind::Cron(cron) => cron.find_next_occurrence(&now, false).ok(),
            Kind::Repetition(repetition) => match (repetition.start, repetition.end) {
                (Some(start), _) => repetition.at_or_after(start, now),
                (None, Some(end)) => repetition.before_end(end, now),
                (None, None) => repetition.period.added_to(now),
            },
        }
    }

    /// The moment after `previous` that lies ahead of `now`; `None` when it was the last one. `count` is how many
    /// moments there have been, that of `previous` included; moments that were missed count as if they had been.
    pub fn next_due(&self, previous: DateTime<Utc>, count: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match &self.0 {
            Kind::Cron(cron) => cron.find_next_occurrence(&previous.max(now), false).ok(),
            Kind::Repetition(repetition) => repetition.next(previous, count, now),
        }
    }
}

impl Repetition {
    fn next(&self, previous: DateTime<Utc>, count: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let left = match self.times {
            Some(times) => usize::try_from(times.saturating_sub(count)).unwrap_or(MOST_SKIPPED),
            None => MOST_SKIPPED,
        };
        let mut moment = previous;
        for _ in 0..left.min(MOST_SKIPPED) {
            let next = self.period.added_to(moment)?;
            if next <= moment || self.end.is_some_and(|end| next > end) {
                return None;
            }
            moment = next;
            if moment > now {
                return Some(moment);
            }
        }
        // All that are left were missed: the last of them is made up for.
        (moment > previous).then_some(moment)
    }

    fn at_or_after(&self, start: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if start >= now {
            return Some(start);
        }
        self.next(start, 1, now).filter(|next| *next > now)
    }

    /// The first of the moments that end at `end`.
    fn before_end(&self, end: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if end < now {
            return None;
        }
        let steps = self
            .times
            .map_or(MOST_SKIPPED, |times| times.saturating_sub(1) as usize);
        let mut moment = end;
        for _ in 0..steps.min(MOST_SKIPPED) {
            match self.period.taken_from(moment) {
                Some(earlier) if earlier > now && earlier < moment => moment = earlier,
                _ => break,
            }
        }
        Some(moment)
    }
}

fn repetition(text: &str) -> Result<Repetition, ScheduleError> {
    let wrong = |problem: String| ScheduleError::Cycle {
        text: text.to_owned(),
        problem,
    };
    let mut parts = text[1..].split('/');
    let times = match parts.next().unwrap_or_default() {
        "" => None,
        number => Some(
            number
                .parse::<u32>()
                .map_err(|_| wrong(format!("'{number}' is no number of repetitions")))?,
        ),
    };
    let parts: Vec<&str> = parts.collect();
    let duration = |part: &str| Duration::parse(part).map_err(|error| wrong(error.to_string()));
    let date = |part: &str| parse_date(part).map_err(|error| wrong(error.to_string()));
    let (start, period, end) = match parts[..] {
        [period] => (None, duration(period)?, None),
        [period, end] if period.starts_with('P') => (None, duration(period)?, Some(date(end)?)),
        [start, period] => (Some(date(start)?), duration(period)?, None),
        _ => {
            return Err(wrong(
                "it has not one to two parts after the number of repetitions".to_owned(),
            ));
        }
    };
    // What has a start comes then and as often again.
    let times = times.map(|times| times.saturating_add(u32::from(start.is_some())));
    let last = start.zip(times).and_then(|(start, times)| last(start, times, &period));
    Ok(Repetition {
        times,
        start,
        end: end.or(last),
        period,
    })
}

/// The last moment of a repetition that begins at `start`, if it does not lie too many moments ahead.
fn last(start: DateTime<Utc>, times: u32, period: &Duration) -> Option<DateTime<Utc>> {
    if times > MOST_COUNTED {
        return None;
    }
    (1..times).try_fold(start, |moment, _| period.added_to(moment))
}

fn cron(text: &str) -> Result<Cron, ScheduleError> {
    // A field of nothing but commas would name no moment at all, and be searched for one without end.
    if text.split_whitespace().any(|field| field.split(',').any(str::is_empty)) {
        return Err(ScheduleError::Cycle {
            text: text.to_owned(),
            problem: "a list has an empty item; remove the comma".to_owned(),
        });
    }
    CronParser::builder()
        .seconds(Seconds::Optional)
        .year(Year::Optional)
        .alternative_weekdays(true)
        .sloppy_ranges(true)
        .build()
        .parse(text)
        .map_err(|error| ScheduleError::Cycle {
            text: text.to_owned(),
            problem: error.to_string(),
        })
}

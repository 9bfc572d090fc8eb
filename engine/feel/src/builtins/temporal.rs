//! Functions that make and take apart dates, times and durations.

use super::{Builtin, Evaluated, fixed, function, optional};
use crate::temporal::{Date, DateTime, DaysAndTimeDuration, Time, Zone};
use crate::value::duration_from_text;
use crate::{Evaluation, Number, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function(
        "date",
        &[
            fixed(&["from"], date_from),
            fixed(&["year", "month", "day"], date_of_parts),
        ],
    ),
    function(
        "time",
        &[
            fixed(&["from"], time_from),
            optional(&["hour", "minute", "second", "offset"], 3, time_of_parts),
        ],
    ),
    function(
        "date and time",
        &[
            fixed(&["from"], date_and_time_from),
            fixed(&["date", "time"], date_and_time_of_both),
            optional(
                &["year", "month", "day", "hour", "minute", "second", "offset"],
                6,
                date_and_time_of_parts,
            ),
            fixed(
                &["year", "month", "day", "hour", "minute", "second", "timezone"],
                date_and_time_of_parts,
            ),
        ],
    ),
    function("duration", &[fixed(&["from"], duration)]),
    function(
        "years and months duration",
        &[fixed(&["from", "to"], years_and_months_duration)],
    ),
    function("day of year", &[fixed(&["date"], day_of_year)]),
    function("day of week", &[fixed(&["date"], day_of_week)]),
    function("month of year", &[fixed(&["date"], month_of_year)]),
    function("week of year", &[fixed(&["date"], week_of_year)]),
    function("last day of month", &[fixed(&["date"], last_day_of_month)]),
    function("now", &[fixed(&[], now)]),
    function("today", &[fixed(&[], today)]),
];

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

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

/// The value, or null with a warning.
fn parsed<T: Into<Value>>(evaluation: &mut Evaluation, result: Option<T>, function: &str) -> Evaluated {
    match result {
        Some(value) => Ok(value.into()),
        None => evaluation.null(format!("the arguments of `{function}` do not form a value")),
    }
}

fn date_from(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match &arguments[0] {
        Value::String(text) => parsed(evaluation, text.parse::<Date>().ok(), "date"),
        Value::Date(date) => Ok((*date).into()),
        Value::DateTime(moment) => Ok(moment.date().into()),
        other => evaluation.unfit("date", other),
    }
}

/// A part of a date or time.
fn part<T: TryFrom<i128>>(value: &Value) -> Option<T> {
    match value {
        Value::Number(number) => T::try_from(number.truncated()?).ok(),
        _ => None,
    }
}

fn date_of(year: &Value, month: &Value, day: &Value) -> Option<Date> {
    Date::new(part(year)?, part(month)?, part(day)?)
}

fn date_of_parts(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    parsed(evaluation, date_of(&arguments[0], &arguments[1], &arguments[2]), "date")
}

fn time_from(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match &arguments[0] {
        Value::String(text) => parsed(evaluation, text.parse::<Time>().ok(), "time"),
        Value::Time(time) => Ok((*time).into()),
        Value::DateTime(moment) => Ok(moment.time().into()),
        Value::Date(date) => Ok(DateTime::utc_midnight(*date).time().into()),
        other => evaluation.unfit("time", other),
    }
}

/// The zone that an argument gives: none, an offset or a name. The outer `None` is an error.
fn zone_of(argument: Option<&Value>) -> Option<Option<Zone>> {
    match argument {
        None | Some(Value::Null) => Some(None),
        Some(Value::DaysAndTimeDuration(offset)) => zone_of_offset(offset).map(Some),
        Some(Value::String(name)) => Zone::named(name).map(Some),
        Some(_) => None,
    }
}

fn zone_of_offset(offset: &DaysAndTimeDuration) -> Option<Zone> {
    let seconds = offset.total_nanoseconds() / crate::temporal::SECOND;
    Zone::offset(i32::try_from(seconds).ok()?)
}

fn time_of(hour: &Value, minute: &Value, second: &Value, zone: Option<Zone>) -> Option<Time> {
    let Value::Number(seconds) = second else { return None };
    let fraction = seconds.checked_sub(&Number::from(i64::try_from(seconds.truncated()?).ok()?))?;
    let nanosecond = fraction
        .checked_mul(&Number::from(1_000_000_000))?
        .truncated()
        .and_then(|nanosecond| u32::try_from(nanosecond).ok())?;
    Time::new(part(hour)?, part(minute)?, part(second)?, nanosecond, zone)
}

fn time_of_parts(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let time = match arguments.get(3) {
        Some(Value::String(_)) => None,
        offset => zone_of(offset).and_then(|zone| time_of(&arguments[0], &arguments[1], &arguments[2], zone)),
    };
    parsed(evaluation, time, "time")
}

fn date_and_time_from(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match &arguments[0] {
        Value::String(text) => parsed(evaluation, text.parse::<DateTime>().ok(), "date and time"),
        Value::DateTime(moment) => Ok((*moment).into()),
        Value::Date(date) => Ok(DateTime::utc_midnight(*date).into()),
        other => evaluation.unfit("date and time", other),
    }
}

fn date_and_time_of_both(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let date = match &arguments[0] {
        Value::Date(date) => *date,
        Value::DateTime(moment) => moment.date(),
        other => return evaluation.unfit("date and time", other),
    };
    match &arguments[1] {
        Value::Time(time) => Ok(DateTime::new(date, *time).into()),
        // The same moment in the named zone.
        other => evaluation.unfit("date and time", other),
    }
}

fn date_and_time_of_parts(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let moment = date_of(&arguments[0], &arguments[1], &arguments[2]).and_then(|date| {
        let zone = zone_of(arguments.get(6))?;
        let time = time_of(&arguments[3], &arguments[4], &arguments[5], zone)?;
        Some(DateTime::new(date, time))
    });
    parsed(evaluation, moment, "date and time")
}

fn duration(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match &arguments[0] {
        Value::String(text) => match duration_from_text(text) {
            Value::Null => evaluation.null("the text is not a duration such as `P1DT2H` or `P1Y2M`"),
            duration => Ok(duration),
        },
        duration @ (Value::DaysAndTimeDuration(_) | Value::YearsAndMonthsDuration(_)) => Ok(duration.clone()),
        other => evaluation.unfit("duration", other),
    }
}

fn date_part(value: &Value) -> Option<Date> {
    match value {
        Value::Date(date) => Some(*date),
        Value::DateTime(moment) => Some(moment.date()),
        _ => None,
    }
}

fn years_and_months_duration(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let duration = date_part(&arguments[0])
        .zip(date_part(&arguments[1]))
        .map(|(from, to)| from.years_and_months_until(&to));
    parsed(evaluation, duration, "years and months duration")
}

/// A function of a date, or of the date of a moment.
fn of_date<T: Into<Value>>(
    function: &str,
    evaluation: &mut Evaluation,
    arguments: &[Value],
    compute: impl FnOnce(Date) -> T,
) -> Evaluated {
    match date_part(&arguments[0]) {
        Some(date) => Ok(compute(date).into()),
        None => evaluation.unfit(function, &arguments[0]),
    }
}

fn day_of_year(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    of_date("day of year", evaluation, arguments, |date| {
        i32::from(date.day_of_year())
    })
}

fn day_of_week(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    of_date("day of week", evaluation, arguments, |date| {
        WEEKDAYS[usize::from(date.weekday() - 1)]
    })
}

fn month_of_year(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    of_date("month of year", evaluation, arguments, |date| {
        MONTHS[usize::from(date.month() - 1)]
    })
}

fn week_of_year(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    of_date("week of year", evaluation, arguments, |date| {
        i32::from(date.week_of_year())
    })
}

fn last_day_of_month(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    of_date("last day of month", evaluation, arguments, |date| {
        i32::from(date.last_day_of_month())
    })
}

fn now(evaluation: &mut Evaluation, _arguments: &[Value]) -> Evaluated {
    Ok(DateTime::from(evaluation.now()).into())
}

fn today(evaluation: &mut Evaluation, _arguments: &[Value]) -> Evaluated {
    Ok(DateTime::from(evaluation.now()).date().into())
}

//! The methods of dates: those of `java.util.Date` and of the Joda `DateTime` that `dateTime()` returns. Both are one
//! type here, in UTC.

use chrono::{DateTime, Datelike, Days, Months, TimeDelta, Timelike, Utc};

use super::Found;
use crate::{EvaluationError, Value};

/// Calls a method; `now` is needed by those that compare with the present and absent for plain getters.
pub(super) fn call(date: DateTime<Utc>, name: &str, arguments: &[Value], now: Option<DateTime<Utc>>) -> Found {
    let present = now.unwrap_or(date);
    Ok(Some(match (name, arguments) {
        ("toDate" | "toDateTime", []) => Value::Date(date),
        ("getTime" | "getMillis", []) => Value::Long(date.timestamp_millis()),
        ("before" | "isBefore", [other]) => Value::Boolean(date < other.to_date()?),
        ("after" | "isAfter", [other]) => Value::Boolean(date > other.to_date()?),
        ("isEqual", [other]) => Value::Boolean(date == other.to_date()?),
        ("isBeforeNow", []) => Value::Boolean(date < present),
        ("isAfterNow", []) => Value::Boolean(date > present),
        ("isEqualNow", []) => Value::Boolean(date == present),
        ("getYear", []) => Value::Integer(date.year()),
        ("getMonthOfYear", []) => number(date.month()),
        ("getDayOfMonth", []) => number(date.day()),
        ("getDayOfYear", []) => number(date.ordinal()),
        ("getDayOfWeek", []) => number(date.weekday().number_from_monday()),
        ("getWeekOfWeekyear", []) => number(date.iso_week().week()),
        ("getHourOfDay", []) => number(date.hour()),
        ("getMinuteOfHour", []) => number(date.minute()),
        ("getSecondOfMinute", []) => number(date.second()),
        ("getMillisOfSecond", []) => number(date.timestamp_subsec_millis()),
        ("withTimeAtStartOfDay", []) => changed(Some(at_start_of_day(date)))?,
        (_, [amount]) => return shifted(date, name, amount),
        _ => return Ok(None),
    }))
}

/// `plusDays(3)`, `minusYears(1)`, `withHourOfDay(8)` and the like.
fn shifted(date: DateTime<Utc>, name: &str, amount: &Value) -> Found {
    if let Some(unit) = name.strip_prefix("plus") {
        return moved(date, unit, amount, false);
    }
    if let Some(unit) = name.strip_prefix("minus") {
        return moved(date, unit, amount, true);
    }
    let Some(field) = name.strip_prefix("with") else {
        return Ok(None);
    };
    if !matches!(
        field,
        "Year" | "MonthOfYear" | "DayOfMonth" | "HourOfDay" | "MinuteOfHour" | "SecondOfMinute" | "MillisOfSecond"
    ) {
        return Ok(None);
    }
    let figure = amount.coerce_long()?;
    let small = u32::try_from(figure).ok();
    let result = match field {
        "Year" => i32::try_from(figure).ok().and_then(|year| date.with_year(year)),
        "MonthOfYear" => small.and_then(|month| date.with_month(month)),
        "DayOfMonth" => small.and_then(|day| date.with_day(day)),
        "HourOfDay" => small.and_then(|hour| date.with_hour(hour)),
        "MinuteOfHour" => small.and_then(|minute| date.with_minute(minute)),
        "SecondOfMinute" => small.and_then(|second| date.with_second(second)),
        _ => small
            .filter(|millis| *millis < 1000)
            .and_then(|millis| date.with_nanosecond(millis * 1_000_000)),
    };
    changed(result).map(Some)
}

fn moved(date: DateTime<Utc>, unit: &str, amount: &Value, back: bool) -> Found {
    if !matches!(
        unit,
        "Years" | "Months" | "Weeks" | "Days" | "Hours" | "Minutes" | "Seconds" | "Millis"
    ) {
        return Ok(None);
    }
    let amount = amount.coerce_long()?;
    let back = back != (amount < 0);
    let magnitude = amount.unsigned_abs();
    let months = |factor: u64| {
        let months = Months::new(u32::try_from(magnitude.checked_mul(factor)?).ok()?);
        if back {
            date.checked_sub_months(months)
        } else {
            date.checked_add_months(months)
        }
    };
    let days = |factor: u64| {
        let days = Days::new(magnitude.checked_mul(factor)?);
        if back {
            date.checked_sub_days(days)
        } else {
            date.checked_add_days(days)
        }
    };
    let exact = |milliseconds: u64| {
        let delta = TimeDelta::try_milliseconds(i64::try_from(magnitude.checked_mul(milliseconds)?).ok()?)?;
        if back {
            date.checked_sub_signed(delta)
        } else {
            date.checked_add_signed(delta)
        }
    };
    let result = match unit {
        "Years" => months(12),
        "Months" => months(1),
        "Weeks" => days(7),
        "Days" => days(1),
        "Hours" => exact(3_600_000),
        "Minutes" => exact(60_000),
        "Seconds" => exact(1_000),
        _ => exact(1),
    };
    changed(result).map(Some)
}

fn at_start_of_day(date: DateTime<Utc>) -> DateTime<Utc> {
    date.date_naive().and_time(chrono::NaiveTime::MIN).and_utc()
}

fn number(figure: u32) -> Value {
    // Fields of a date are at most three digits long.
    Value::Integer(i32::try_from(figure).unwrap_or(i32::MAX))
}

fn changed(date: Option<DateTime<Utc>>) -> Result<Value, EvaluationError> {
    date.map(Value::Date)
        .ok_or_else(|| EvaluationError::failed("the resulting date does not exist"))
}

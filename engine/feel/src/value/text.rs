//! Values as text, and temporal values from text.

use std::fmt;

use crate::temporal::{Date, DateTime, DaysAndTimeDuration, Time, YearsAndMonthsDuration};
use crate::{Endpoint, Range, Value};

/// What `@"..."` stands for; null when it is no temporal value.
pub(crate) fn temporal_from_text(text: &str) -> Value {
    if let Ok(date) = text.parse::<Date>() {
        return date.into();
    }
    if let Ok(moment) = text.parse::<DateTime>() {
        return moment.into();
    }
    if let Ok(time) = text.parse::<Time>() {
        return time.into();
    }
    duration_from_text(text)
}

/// The duration of either kind that a text stands for; null when it is none.
pub(crate) fn duration_from_text(text: &str) -> Value {
    if let Ok(duration) = text.parse::<YearsAndMonthsDuration>() {
        return duration.into();
    }
    text.parse::<DaysAndTimeDuration>().ok().into()
}

impl fmt::Display for Value {
    /// Writes the value as the function `string` does, null as `null`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => formatter.write_str(text),
            other => other.write_nested(formatter),
        }
    }
}

impl Value {
    /// Writes the value as it stands inside a list: texts in quotes.
    fn write_nested(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Boolean(value) => write!(formatter, "{value}"),
            Self::Number(number) => write!(formatter, "{number}"),
            Self::String(text) => write!(formatter, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            Self::Date(date) => write!(formatter, "{date}"),
            Self::Time(time) => write!(formatter, "{time}"),
            Self::DateTime(moment) => write!(formatter, "{moment}"),
            Self::DaysAndTimeDuration(duration) => write!(formatter, "{duration}"),
            Self::YearsAndMonthsDuration(duration) => write!(formatter, "{duration}"),
            Self::List(list) => {
                formatter.write_str("[")?;
                for (index, item) in list.iter().enumerate() {
                    if index > 0 {
                        formatter.write_str(", ")?;
                    }
                    item.write_nested(formatter)?;
                }
                formatter.write_str("]")
            }
            Self::Context(context) => {
                formatter.write_str("{")?;
                for (index, (name, value)) in context.iter().enumerate() {
                    if index > 0 {
                        formatter.write_str(", ")?;
                    }
                    write!(formatter, "{name}: ")?;
                    value.write_nested(formatter)?;
                }
                formatter.write_str("}")
            }
            Self::Range(range) => write_range(range, formatter),
            Self::Function(function) => write!(formatter, "{function:?}"),
        }
    }
}

fn write_range(range: &Range, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let write_end = |formatter: &mut fmt::Formatter<'_>, end: &Endpoint| match end.value() {
        Some(value @ (Value::Number(_) | Value::String(_))) => value.write_nested(formatter),
        Some(value) => {
            formatter.write_str("@\"")?;
            value.write_nested(formatter)?;
            formatter.write_str("\"")
        }
        None => formatter.write_str("null"),
    };
    formatter.write_str(if range.start.is_included() { "[" } else { "(" })?;
    write_end(formatter, &range.start)?;
    formatter.write_str("..")?;
    write_end(formatter, &range.end)?;
    formatter.write_str(if range.end.is_included() { "]" } else { ")" })
}

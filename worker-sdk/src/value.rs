//! Field types for what JSON has no form for: dates and files.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use crate::TypedValue;

/// A moment that travels as a variable of type `Date`, with milliseconds
/// (`2026-01-31T09:30:00.000+0000`, contract section 3.3).
///
/// Inputs may also use `chrono::DateTime` or `String`; outputs need this type, because a bare
/// `DateTime` is only text to serde and would become a `String` variable.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Date(pub DateTime<Utc>);

impl Date {
    /// Reads any ISO 8601 form with an offset.
    pub fn parse(text: &str) -> Result<Self, chrono::ParseError> {
        DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z")
            .or_else(|_| DateTime::parse_from_rfc3339(text))
            .map(|moment| Date(moment.with_timezone(&Utc)))
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The strict clients accept neither `Z` nor a colon in the offset.
        let text = self.0.to_rfc3339_opts(SecondsFormat::Millis, true);
        write!(formatter, "{}+0000", text.trim_end_matches('Z'))
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        TypedValue::new("Date", Value::from(self.to_string())).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Date::parse(&text).map_err(|error| de::Error::custom(format!("`{text}` is not a date: {error}")))
    }
}

/// A variable of type `File` as an input field: its description. The content stays on the server
/// until [`Task::download`](crate::Task::download) fetches it.
///
/// To hand out a file, use [`TypedValue::file`].
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct File {
    /// Execution through which the variable is visible.
    pub execution_id: String,
    /// Name of the variable.
    pub variable: String,
    /// Name of the file.
    pub filename: String,
    /// Its media type.
    #[serde(default)]
    pub mime_type: Option<String>,
    /// Its character encoding.
    #[serde(default)]
    pub encoding: Option<String>,
}

//! Rows on their way into the database: one JSON array of arrays per table and batch.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use flowstone_expression::Variables;
use flowstone_store::cell::Cell;
use flowstone_store::text::storable;
use flowstone_store::{Error, Result};
use serde::Serialize;
use uuid::Uuid;

const HEXADECIMAL: [char; 16] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
];

/// Rows of one table, each an array of its cells in the order of the statement that reads them.
#[derive(Debug)]
pub(crate) struct Rows {
    json: String,
    is_empty: bool,
}

impl Rows {
    pub(crate) fn new() -> Self {
        Rows {
            json: String::from("["),
            is_empty: true,
        }
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, write: impl FnOnce(&mut Cells<'_>) -> Result<()>) -> Result<()> {
        self.json.push_str(if self.is_empty { "[" } else { ",[" });
        self.is_empty = false;
        write(&mut Cells {
            json: &mut self.json,
            is_first: true,
        })?;
        self.json.push(']');
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// The JSON text.
    pub(crate) fn finish(mut self) -> String {
        self.json.push(']');
        self.json
    }
}

/// The cells of one row.
pub(crate) struct Cells<'rows> {
    json: &'rows mut String,
    is_first: bool,
}

impl Cells<'_> {
    fn next(&mut self) -> &mut String {
        if !self.is_first {
            self.json.push(',');
        }
        self.is_first = false;
        self.json
    }

    fn null(&mut self) {
        self.next().push_str("null");
    }

    pub(crate) fn text(&mut self, text: &str) -> Result<()> {
        let cell = json(&storable(text))?;
        self.next().push_str(&cell);
        Ok(())
    }

    pub(crate) fn optional_text<T: AsRef<str>>(&mut self, text: &Option<T>) -> Result<()> {
        match text {
            Some(text) => self.text(text.as_ref()),
            None => {
                self.null();
                Ok(())
            }
        }
    }

    pub(crate) fn id(&mut self, id: Uuid) {
        let mut text = Uuid::encode_buffer();
        let text = id.hyphenated().encode_lower(&mut text);
        let cell = self.next();
        cell.push('"');
        cell.push_str(text);
        cell.push('"');
    }

    pub(crate) fn optional_id(&mut self, id: Option<Uuid>) {
        match id {
            Some(id) => self.id(id),
            None => self.null(),
        }
    }

    pub(crate) fn integer(&mut self, number: impl Into<i64>) {
        let number: i64 = number.into();
        // Writing to a String cannot fail.
        let _ = write!(self.next(), "{number}");
    }

    pub(crate) fn optional_integer(&mut self, number: Option<impl Into<i64>>) {
        match number {
            Some(number) => self.integer(number),
            None => self.null(),
        }
    }

    pub(crate) fn boolean(&mut self, truth: bool) {
        self.integer(truth);
    }

    pub(crate) fn optional_boolean(&mut self, truth: Option<bool>) {
        self.optional_integer(truth);
    }

    pub(crate) fn time(&mut self, time: DateTime<Utc>) {
        self.integer(time.timestamp_micros());
    }

    pub(crate) fn optional_time(&mut self, time: Option<DateTime<Utc>>) {
        self.optional_integer(time.map(|time| time.timestamp_micros()));
    }

    /// A JSON document, stored as text.
    pub(crate) fn document(&mut self, document: &impl Serialize) -> Result<()> {
        let cell = json(&json(document)?)?;
        self.next().push_str(&cell);
        Ok(())
    }

    pub(crate) fn variables(&mut self, variables: Option<&Variables>) -> Result<()> {
        match variables {
            Some(variables) => self.document(variables),
            None => {
                self.null();
                Ok(())
            }
        }
    }

    /// A value of a column that is described by its kind.
    pub(crate) fn cell(&mut self, cell: &Cell) -> Result<()> {
        match cell {
            Cell::Text(text) | Cell::Document(text) => self.optional_text(text)?,
            Cell::Id(id) => self.optional_id(*id),
            Cell::Integer(number) => self.optional_integer(*number),
            Cell::Boolean(truth) => self.optional_boolean(*truth),
            Cell::Time(time) => self.optional_time(*time),
            Cell::Variables(variables) => self.document(variables)?,
        }
        Ok(())
    }

    /// Bytes as hexadecimal digits.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let cell = self.next();
        cell.push('"');
        cell.reserve(bytes.len() * 2 + 1);
        for byte in bytes {
            cell.push(HEXADECIMAL[usize::from(byte >> 4)]);
            cell.push(HEXADECIMAL[usize::from(byte & 15)]);
        }
        cell.push('"');
    }
}

/// The JSON text of a value.
pub(crate) fn json(value: &(impl Serialize + ?Sized)) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Failed(format!("a value cannot be stored: {error}")))
}

/// The JSON array of some ids.
pub(crate) fn ids(ids: impl IntoIterator<Item = Uuid>) -> Result<String> {
    json(&ids.into_iter().collect::<Vec<_>>())
}

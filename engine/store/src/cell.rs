//! Values of columns, so that what is the same for all tables is written once.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression::{TypedValue, Variables};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::history::{DecisionInput, DecisionOutput};
use crate::text::storable;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// An id.
    Id,
    /// A whole number.
    Integer,
    /// A truth value.
    Boolean,
    /// A moment.
    Time,
    /// A JSON document that no query looks into.
    Document,
    /// The variables of a scope.
    Variables,
}

/// The value of a column; `None` when it is absent.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Of a column of [`Kind::Text`].
    Text(Option<String>),
    /// Of a column of [`Kind::Id`].
    Id(Option<Uuid>),
    /// Of a column of [`Kind::Integer`].
    Integer(Option<i64>),
    /// Of a column of [`Kind::Boolean`].
    Boolean(Option<bool>),
    /// Of a column of [`Kind::Time`].
    Time(Option<DateTime<Utc>>),
    /// The JSON text of a column of [`Kind::Document`].
    Document(Option<String>),
    /// Of a column of [`Kind::Variables`].
    Variables(Variables),
}

/// A stored value that its column cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored value is not of the type of its column")]
pub struct Mismatch;

/// A type that a column can hold.
pub trait Stored: Sized {
    /// What the column holds.
    const KIND: Kind;

    /// The value as it is stored: texts are [`storable`].
    fn cell(&self) -> Cell;

    /// The stored value.
    ///
    /// # Errors
    /// [`Mismatch`] when the column holds something else.
    fn from_cell(cell: Cell) -> Result<Self, Mismatch>;
}

macro_rules! stored {
    ($($type:ty, $kind:ident, |$value:ident| $write:expr, |$read:ident| $from:expr;)+) => {$(
        impl Stored for $type {
            const KIND: Kind = Kind::$kind;

            fn cell(&self) -> Cell {
                let $value = self;
                Cell::$kind(Some($write))
            }

            fn from_cell(cell: Cell) -> Result<Self, Mismatch> {
                match cell {
                    Cell::$kind(Some($read)) => $from,
                    _ => Err(Mismatch),
                }
            }
        }

        impl Stored for Option<$type> {
            const KIND: Kind = Kind::$kind;

            fn cell(&self) -> Cell {
                self.as_ref().map_or(Cell::$kind(None), Stored::cell)
            }

            fn from_cell(cell: Cell) -> Result<Self, Mismatch> {
                match cell {
                    Cell::$kind(None) => Ok(None),
                    cell => <$type>::from_cell(cell).map(Some),
                }
            }
        }
    )+};
}

stored! {
    String, Text, |text| storable(text).into_owned(), |text| Ok(text);
    Arc<str>, Text, |text| storable(text).into_owned(), |text| Ok(text.into());
    Uuid, Id, |id| *id, |id| Ok(id);
    i64, Integer, |number| *number, |number| Ok(number);
    i32, Integer, |number| i64::from(*number), |number| i32::try_from(number).map_err(|_| Mismatch);
    bool, Boolean, |truth| *truth, |truth| Ok(truth);
    DateTime<Utc>, Time, |time| *time, |time| Ok(time);
    Value, Document, |document| document.to_string(), |text| serde_json::from_str(&text).map_err(|_| Mismatch);
    Vec<String>, Document, |texts| texts.iter().map(|text| storable(text)).collect::<Value>().to_string(),
        |text| serde_json::from_str(&text).map_err(|_| Mismatch);
    Vec<DecisionInput>, Document, |inputs| document(inputs), |text| serde_json::from_str(&text).map_err(|_| Mismatch);
    Vec<DecisionOutput>, Document, |outputs| document(outputs), |text| serde_json::from_str(&text).map_err(|_| Mismatch);
    TypedValue, Document, |value| document(value), |text| serde_json::from_str(&text).map_err(|_| Mismatch);
}

/// The JSON text of values of variables and what describes them.
fn document(content: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(content).expect("ids, texts and values of variables have a JSON form")
}

impl Stored for Variables {
    const KIND: Kind = Kind::Variables;

    fn cell(&self) -> Cell {
        Cell::Variables(self.clone())
    }

    fn from_cell(cell: Cell) -> Result<Self, Mismatch> {
        match cell {
            Cell::Variables(variables) => Ok(variables),
            _ => Err(Mismatch),
        }
    }
}

//! The values that expressions compute with.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{Bean, EvaluationError, ObjectValue, TypedValue};

/// A value during evaluation.
///
/// A value that comes from a variable and is not changed converts back to exactly that variable's [`TypedValue`]:
/// numbers keep their width, JSON documents and objects keep their text, type and class.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number from a `Short` variable.
    Short(i16),
    /// A whole number from an `Integer` variable.
    Integer(i32),
    /// A whole number: literals and results of whole-number arithmetic.
    Long(i64),
    /// A floating-point number.
    Double(f64),
    /// Text.
    String(String),
    /// An instant.
    Date(DateTime<Utc>),
    /// A list, also a JSON array.
    List(List),
    /// A map, also a JSON object.
    Map(Map),
    /// A built-in object.
    Bean(Bean),
    /// A value that expressions can pass on but not look into: bytes, files, XML, objects that are not JSON and JSON
    /// text that does not parse.
    Opaque(Arc<TypedValue>),
}

/// A list of values, cheap to clone.
#[derive(Clone, Debug)]
pub struct List {
    items: Arc<[Value]>,
    /// The variable this list is, so that it is passed on unchanged.
    origin: Option<Arc<TypedValue>>,
}

impl List {
    /// The items in order.
    pub fn items(&self) -> &[Value] {
        &self.items
    }

    /// The same content, remembered to be this variable.
    pub(crate) fn with_origin(mut self, origin: Arc<TypedValue>) -> Self {
        self.origin = Some(origin);
        self
    }

    /// The variable this is, if it came from one as a whole.
    pub(crate) fn origin(&self) -> Option<&TypedValue> {
        self.origin.as_deref()
    }
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

impl From<Vec<Value>> for List {
    fn from(items: Vec<Value>) -> Self {
        Self {
            items: items.into(),
            origin: None,
        }
    }
}

impl std::ops::Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.items
    }
}

/// A map from text to values in the order of insertion, cheap to clone.
#[derive(Clone, Debug)]
pub struct Map {
    entries: Arc<[(String, Value)]>,
    /// Positions in `entries`, ordered by key.
    by_key: Arc<[usize]>,
    /// The variable this map is, so that it is passed on unchanged.
    origin: Option<Arc<TypedValue>>,
}

impl Map {
    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let found = self
            .by_key
            .binary_search_by(|&position| self.entries[position].0.as_str().cmp(key))
            .ok()?;
        Some(&self.entries[self.by_key[found]].1)
    }

    /// The entries in the order of insertion.
    pub fn entries(&self) -> &[(String, Value)] {
        &self.entries
    }

    /// The same content, remembered to be this variable.
    pub(crate) fn with_origin(mut self, origin: Arc<TypedValue>) -> Self {
        self.origin = Some(origin);
        self
    }

    /// The variable this is, if it came from one as a whole.
    pub(crate) fn origin(&self) -> Option<&TypedValue> {
        self.origin.as_deref()
    }
}

impl PartialEq for Map {
    /// Equal when the same keys have equal values, in any order.
    fn eq(&self, other: &Self) -> bool {
        self.entries.len() == other.entries.len()
            && self
                .by_key
                .iter()
                .zip(other.by_key.iter())
                .all(|(&mine, &theirs)| self.entries[mine] == other.entries[theirs])
    }
}

impl From<Vec<(String, Value)>> for Map {
    /// The last of several entries with the same key wins and takes the place of the first.
    fn from(entries: Vec<(String, Value)>) -> Self {
        let mut positions: std::collections::BTreeMap<&str, (usize, usize)> = std::collections::BTreeMap::new();
        for (position, (key, _)) in entries.iter().enumerate() {
            positions
                .entry(key)
                .and_modify(|(_, last)| *last = position)
                .or_insert((position, position));
        }
        let mut kept: Vec<(usize, usize)> = positions.into_values().collect();
        kept.sort_unstable();
        let mut slots: Vec<Option<(String, Value)>> = entries.into_iter().map(Some).collect();
        let entries: Vec<(String, Value)> = kept.into_iter().filter_map(|(_, last)| slots[last].take()).collect();
        let mut by_key: Vec<usize> = (0..entries.len()).collect();
        by_key.sort_unstable_by(|&left, &right| entries[left].0.cmp(&entries[right].0));
        Self {
            entries: entries.into(),
            by_key: by_key.into(),
            origin: None,
        }
    }
}

impl Value {
    /// The list, if this is one; for multi-instance collections.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(list) => Some(list.items()),
            _ => None,
        }
    }

    /// The text, if this is one. No conversion: see [`to_text`](Value::to_text).
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The result of a condition: only a real Boolean counts, a text `"true"` does not.
    ///
    /// # Errors
    /// [`EvaluationError::ConditionIsNull`] and [`EvaluationError::ConditionIsNotBoolean`].
    pub fn as_condition(&self) -> Result<bool, EvaluationError> {
        match self {
            Self::Boolean(value) => Ok(*value),
            Self::Null => Err(EvaluationError::ConditionIsNull),
            other => Err(EvaluationError::ConditionIsNotBoolean {
                class: other.class_name(),
            }),
        }
    }

    /// Equality without conversions, except that numbers compare by value whatever their width.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self.whole(), other.whole()) {
            (Some(left), Some(right)) => left == right,
            (Some(whole), None) | (None, Some(whole)) => match (self, other) {
                (Self::Double(double), _) | (_, Self::Double(double)) => whole as f64 == *double,
                _ => false,
            },
            (None, None) => self == other,
        }
    }

    /// The number, if this is a whole one.
    pub(crate) fn whole(&self) -> Option<i64> {
        match self {
            Self::Short(value) => Some(i64::from(*value)),
            Self::Integer(value) => Some(i64::from(*value)),
            Self::Long(value) => Some(*value),
            _ => None,
        }
    }

    /// The bytes of text that reading this value copied or parsed.
    pub(crate) fn document_bytes(&self) -> usize {
        match self {
            Self::String(text) => text.len(),
            Self::Opaque(typed) => typed.estimated_size(),
            Self::List(list) => list
                .origin()
                .map_or(size_of_val(list.items()), TypedValue::estimated_size),
            Self::Map(map) => map
                .origin()
                .map_or(size_of_val(map.entries()), TypedValue::estimated_size),
            _ => 0,
        }
    }

    /// The class name that messages call the value by, as clients of the engine know it.
    pub fn class_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "java.lang.Boolean",
            Self::Short(_) => "java.lang.Short",
            Self::Integer(_) => "java.lang.Integer",
            Self::Long(_) => "java.lang.Long",
            Self::Double(_) => "java.lang.Double",
            Self::String(_) => "java.lang.String",
            Self::Date(_) => "java.util.Date",
            Self::List(_) => ObjectValue::LIST_TYPE,
            Self::Map(_) => ObjectValue::MAP_TYPE,
            Self::Bean(bean) => bean.name(),
            Self::Opaque(typed) => typed.type_name(),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Integer(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Long(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(value: DateTime<Utc>) -> Self {
        Self::Date(value)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::List(items.into())
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

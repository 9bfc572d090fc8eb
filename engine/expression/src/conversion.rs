//! Conversions between stored variables, JSON documents and values of expressions.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};

use crate::{EvaluationError, Map, ObjectValue, TypedValue, Value, temporal};

impl From<TypedValue> for Value {
    fn from(typed: TypedValue) -> Self {
        match typed {
            TypedValue::Null => Self::Null,
            TypedValue::Boolean(value) => Self::Boolean(value),
            TypedValue::Short(value) => Self::Short(value),
            TypedValue::Integer(value) => Self::Integer(value),
            TypedValue::Long(value) => Self::Long(value),
            TypedValue::Double(value) => Self::Double(value),
            TypedValue::String(text) => Self::String(text),
            TypedValue::Date(date) => Self::Date(date),
            TypedValue::Json(_) | TypedValue::Object(_) => structured(typed),
            TypedValue::Bytes(_) | TypedValue::File(_) | TypedValue::Xml(_) => Self::Opaque(Arc::new(typed)),
        }
    }
}

impl From<&TypedValue> for Value {
    fn from(typed: &TypedValue) -> Self {
        Self::from(typed.clone())
    }
}

/// The content of a JSON array or object. JSON scalars stay opaque, because as plain scalars they would lose their
/// type; so does text that does not parse. Nesting is bounded by the JSON parser (128 levels).
fn structured(typed: TypedValue) -> Value {
    let parsed = match &typed {
        TypedValue::Json(text) => serde_json::from_str(text).ok(),
        TypedValue::Object(object) if object.format == ObjectValue::JSON => {
            serde_json::from_str(&object.serialized).ok()
        }
        _ => None,
    };
    let origin = Arc::new(typed);
    match parsed {
        Some(Value::List(list)) => Value::List(list.with_origin(origin)),
        Some(Value::Map(map)) => Value::Map(map.with_origin(origin)),
        Some(_) | None => Value::Opaque(origin),
    }
}

impl Value {
    /// The variable that stores this value. A value that came unchanged from a variable keeps that variable's type;
    /// a list or map that an expression made becomes a JSON-serialized Java collection.
    ///
    /// # Errors
    /// [`EvaluationError::Failed`] for the built-in objects, which only exist during evaluation.
    pub fn into_typed(self) -> Result<TypedValue, EvaluationError> {
        Ok(match self {
            Self::Null => TypedValue::Null,
            Self::Boolean(value) => TypedValue::Boolean(value),
            Self::Short(value) => TypedValue::Short(value),
            Self::Integer(value) => TypedValue::Integer(value),
            Self::Long(value) => TypedValue::Long(value),
            Self::Double(value) => TypedValue::Double(value),
            Self::String(text) => TypedValue::String(text),
            Self::Date(date) => TypedValue::Date(date),
            Self::Opaque(typed) => Arc::unwrap_or_clone(typed),
            Self::List(ref list) => match list.origin() {
                Some(origin) => origin.clone(),
                None => TypedValue::json_object(ObjectValue::LIST_TYPE, self.to_json_text()?),
            },
            Self::Map(ref map) => match map.origin() {
                Some(origin) => origin.clone(),
                None => TypedValue::json_object(ObjectValue::MAP_TYPE, self.to_json_text()?),
            },
            Self::Bean(bean) => {
                let name = bean.name();
                return Err(EvaluationError::failed(format!(
                    "'{name}' cannot be stored in a variable"
                )));
            }
        })
    }

    /// The value as text, as UEL coerces it: null is empty, whole doubles end in `.0`, dates have the wire format,
    /// lists and maps are JSON (an untouched document keeps its own text), binary content is Base64.
    ///
    /// # Errors
    /// [`EvaluationError::Failed`] for the built-in objects and for lists that contain one.
    pub fn to_text(&self) -> Result<String, EvaluationError> {
        Ok(match self {
            Self::Null => String::new(),
            Self::Boolean(value) => value.to_string(),
            Self::Short(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Long(value) => value.to_string(),
            Self::Double(value) => double_text(*value),
            Self::String(text) => text.clone(),
            Self::Date(date) => temporal::format_date(*date),
            Self::List(list) => match list.origin().and_then(document_text) {
                Some(text) => text,
                None => self.to_json_text()?,
            },
            Self::Map(map) => match map.origin().and_then(document_text) {
                Some(text) => text,
                None => self.to_json_text()?,
            },
            Self::Opaque(typed) => document_text(typed).unwrap_or_default(),
            Self::Bean(bean) => {
                return Err(EvaluationError::failed(format!(
                    "'{}' cannot be used as a text",
                    bean.name()
                )));
            }
        })
    }

    /// The instant this value stands for: a date, or a text in any ISO-8601 form.
    ///
    /// # Errors
    /// [`EvaluationError::Failed`] when it is neither.
    pub fn to_date(&self) -> Result<DateTime<Utc>, EvaluationError> {
        match self {
            Self::Date(date) => Ok(*date),
            Self::String(text) => {
                temporal::parse_date(text).map_err(|error| EvaluationError::failed(error.to_string()))
            }
            other => Err(EvaluationError::failed(format!(
                "Cannot use a value of class {} as a date. Give a date or an ISO-8601 text",
                other.class_name()
            ))),
        }
    }

    /// The value as JSON text.
    fn to_json_text(&self) -> Result<String, EvaluationError> {
        serde_json::to_string(self).map_err(|error| EvaluationError::failed(error.to_string()))
    }
}

/// The text of a value that is passed on unchanged.
fn document_text(typed: &TypedValue) -> Option<String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD as BASE64;
    match typed {
        TypedValue::Json(text) | TypedValue::Xml(text) => Some(text.clone()),
        TypedValue::Object(object) => Some(object.serialized.clone()),
        TypedValue::Bytes(bytes) => Some(BASE64.encode(bytes)),
        TypedValue::File(file) => Some(BASE64.encode(&file.content)),
        _ => None,
    }
}

/// A double as Java writes it: `1.0`, `0.001`, `1.0E7`, `1.0E-4`.
fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let magnitude = value.abs();
    if value == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return format!("{value:?}");
    }
    let scientific = format!("{value:e}");
    // The formatter always writes an exponent in this notation.
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let fraction = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{fraction}E{exponent}")
}

impl Serialize for Value {
    /// The value as plain JSON; dates are texts, non-finite numbers null, documents inside are their own content.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Short(value) => serializer.serialize_i16(*value),
            Self::Integer(value) => serializer.serialize_i32(*value),
            Self::Long(value) => serializer.serialize_i64(*value),
            Self::Double(value) => serializer.serialize_f64(*value),
            Self::String(text) => serializer.serialize_str(text),
            Self::Date(date) => serializer.serialize_str(&temporal::format_date(*date)),
            Self::List(list) => serializer.collect_seq(list.items()),
            Self::Map(map) => serializer.collect_map(map.entries().iter().map(|(key, value)| (key, value))),
            Self::Opaque(typed) => serializer.serialize_str(&document_text(typed).unwrap_or_default()),
            Self::Bean(bean) => Err(S::Error::custom(format!(
                "'{}' cannot be part of a document",
                bean.name()
            ))),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    /// Reads plain JSON. Whole numbers become `Integer` when they fit 32 bits, as an untyped variable would be.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct JsonVisitor;

        impl<'de> Visitor<'de> for JsonVisitor {
            type Value = Value;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Boolean(value))
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
                Ok(i32::try_from(value).map_or(Value::Long(value), Value::Integer))
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
                match i64::try_from(value) {
                    Ok(value) => self.visit_i64(value),
                    Err(_) => Ok(Value::Double(value as f64)),
                }
            }

            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(Value::Double(value))
            }

            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::String(text.to_owned()))
            }

            fn visit_string<E>(self, text: String) -> Result<Value, E> {
                Ok(Value::String(text))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = sequence.next_element::<Value>()? {
                    items.push(item);
                }
                Ok(Value::from(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = access.next_entry::<String, Value>()? {
                    entries.push(entry);
                }
                Ok(Value::Map(Map::from(entries)))
            }
        }

        deserializer.deserialize_any(JsonVisitor)
    }
}

//! Process variables as the Camunda wire types them.

use std::collections::BTreeMap;

use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The variables of one scope, by name.
pub type Variables = BTreeMap<String, TypedValue>;

/// The value of a process variable together with its wire type.
///
/// The serde form is the storage form, for example `{"type":"Integer","value":5}`. It restores every value exactly,
/// also doubles that JSON numbers cannot express (`NaN`, infinities and negative zero are stored as strings).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value")]
pub enum TypedValue {
    /// No value; different from an absent variable.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A 16-bit whole number.
    Short(i16),
    /// A 32-bit whole number.
    Integer(i32),
    /// A 64-bit whole number; what integral literals of expressions are.
    Long(i64),
    /// A 64-bit floating-point number.
    Double(#[serde(with = "stored_double")] f64),
    /// Text.
    String(String),
    /// An instant. The wire shows milliseconds; storage keeps what was given.
    Date(DateTime<Utc>),
    /// Raw bytes, Base64 on the wire.
    Bytes(#[serde(with = "stored_bytes")] Vec<u8>),
    /// A named file.
    File(FileValue),
    /// A JSON document as the text the client sent; not validated when written.
    Json(String),
    /// An XML document as the text the client sent; not validated when written.
    Xml(String),
    /// A serialized object of a client's programming language.
    Object(ObjectValue),
}

/// The content and description of a [`TypedValue::File`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileValue {
    /// The name a download is offered under.
    pub filename: String,
    /// The media type, for example `text/plain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// The character encoding of a text file, for example `UTF-8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The file's bytes.
    #[serde(with = "stored_bytes")]
    pub content: Vec<u8>,
}

/// The serialized form of a [`TypedValue::Object`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectValue {
    /// The class of the object, `objectTypeName` on the wire, for example `java.util.ArrayList`.
    pub type_name: String,
    /// The serialization format, `serializationDataFormat` on the wire, for example `application/json`.
    pub format: String,
    /// The serialized object; Base64 for binary formats.
    pub serialized: String,
}

impl ObjectValue {
    /// The format of objects whose content expressions can look into.
    pub const JSON: &str = "application/json";
    /// The class of an untyped JSON object.
    pub const MAP_TYPE: &str = "java.util.LinkedHashMap";
    /// The class of an untyped JSON array.
    pub const LIST_TYPE: &str = "java.util.ArrayList";
}

impl TypedValue {
    /// The wire name of the type, for example `Integer`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "Null",
            Self::Boolean(_) => "Boolean",
            Self::Short(_) => "Short",
            Self::Integer(_) => "Integer",
            Self::Long(_) => "Long",
            Self::Double(_) => "Double",
            Self::String(_) => "String",
            Self::Date(_) => "Date",
            Self::Bytes(_) => "Bytes",
            Self::File(_) => "File",
            Self::Json(_) => "Json",
            Self::Xml(_) => "Xml",
            Self::Object(_) => "Object",
        }
    }

    /// Whether this is [`TypedValue::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether the content is a text document rather than bytes.
    pub(crate) fn is_document(&self) -> bool {
        matches!(self, Self::Json(_) | Self::Xml(_) | Self::Object(_))
    }

    /// An object serialized as JSON, as untyped JSON objects and arrays of clients are stored.
    pub fn json_object(type_name: impl Into<String>, serialized: impl Into<String>) -> Self {
        Self::Object(ObjectValue {
            type_name: type_name.into(),
            format: ObjectValue::JSON.to_owned(),
            serialized: serialized.into(),
        })
    }

    /// The value of a plain JSON value without a declared type (contract 3.2): whole numbers become `Integer` when
    /// they fit 32 bits and `Long` otherwise, arrays and objects become JSON-serialized Java collections.
    pub fn from_untyped_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Boolean(*value),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(whole) => i32::try_from(whole).map_or(Self::Long(whole), Self::Integer),
                // Whole numbers above 63 bits have no wire type of their own.
                None => Self::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Self::String(text.clone()),
            serde_json::Value::Array(_) => Self::json_object(ObjectValue::LIST_TYPE, json.to_string()),
            serde_json::Value::Object(_) => Self::json_object(ObjectValue::MAP_TYPE, json.to_string()),
        }
    }

    /// The memory the value takes, in bytes: its own size and what it owns on the heap.
    pub fn estimated_size(&self) -> usize {
        let owned = match self {
            Self::Null
            | Self::Boolean(_)
            | Self::Short(_)
            | Self::Integer(_)
            | Self::Long(_)
            | Self::Double(_)
            | Self::Date(_) => 0,
            Self::String(text) | Self::Json(text) | Self::Xml(text) => text.capacity(),
            Self::Bytes(bytes) => bytes.capacity(),
            Self::File(file) => {
                file.filename.capacity()
                    + file.mime_type.as_ref().map_or(0, String::capacity)
                    + file.encoding.as_ref().map_or(0, String::capacity)
                    + file.content.capacity()
            }
            Self::Object(object) => {
                object.type_name.capacity() + object.format.capacity() + object.serialized.capacity()
            }
        };
        size_of::<Self>() + owned
    }
}

impl From<bool> for TypedValue {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i16> for TypedValue {
    fn from(value: i16) -> Self {
        Self::Short(value)
    }
}

impl From<i32> for TypedValue {
    fn from(value: i32) -> Self {
        Self::Integer(value)
    }
}

impl From<i64> for TypedValue {
    fn from(value: i64) -> Self {
        Self::Long(value)
    }
}

impl From<f64> for TypedValue {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<&str> for TypedValue {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<String> for TypedValue {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl From<DateTime<Utc>> for TypedValue {
    fn from(value: DateTime<Utc>) -> Self {
        Self::Date(value)
    }
}

impl From<Vec<u8>> for TypedValue {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl From<FileValue> for TypedValue {
    fn from(value: FileValue) -> Self {
        Self::File(value)
    }
}

impl From<ObjectValue> for TypedValue {
    fn from(value: ObjectValue) -> Self {
        Self::Object(value)
    }
}

impl<T: Into<TypedValue>> From<Option<T>> for TypedValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Stores doubles as JSON numbers, except those a JSON number (or a database that normalizes it) would lose.
mod stored_double {
    use serde::de::{Error, Unexpected, Visitor};
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        if value.is_nan() {
            serializer.serialize_str("NaN")
        } else if value.is_infinite() {
            serializer.serialize_str(if *value > 0.0 { "Infinity" } else { "-Infinity" })
        } else if *value == 0.0 && value.is_sign_negative() {
            serializer.serialize_str("-0.0")
        } else {
            serializer.serialize_f64(*value)
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        struct DoubleVisitor;

        impl Visitor<'_> for DoubleVisitor {
            type Value = f64;

            fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
                formatter.write_str("a number, \"NaN\", \"Infinity\", \"-Infinity\" or \"-0.0\"")
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
                Ok(value)
            }

            // A database may store 5.0 as 5.
            fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
                Ok(value as f64)
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
                Ok(value as f64)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
                match text {
                    "NaN" => Ok(f64::NAN),
                    "Infinity" => Ok(f64::INFINITY),
                    "-Infinity" => Ok(f64::NEG_INFINITY),
                    "-0.0" => Ok(-0.0),
                    other => Err(E::invalid_value(Unexpected::Str(other), &self)),
                }
            }
        }

        deserializer.deserialize_any(DoubleVisitor)
    }
}

/// Stores bytes as Base64 text.
mod stored_bytes {
    use base64::Engine as _;
    use serde::Deserialize;
    use serde::de::Error;
    use serde::{Deserializer, Serializer};

    use super::BASE64;

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64.decode(text).map_err(D::Error::custom)
    }
}

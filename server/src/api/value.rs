//! Variables on the wire: `{"type", "value", "valueInfo"}` (contract 3.2) and dates (contract 3.3).
//!
//! Reading is lenient in form (first letter of a type in either case, numbers as text, nulls inside `valueInfo`) and
//! strict in content: a value that its type cannot hold is refused, never bent into another value.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use flowstone_expression::temporal::{format_date, parse_date};
use flowstone_expression::{FileValue, ObjectValue, TypedValue, Variables};
use serde_json::{Map, Number, Value as Json, json};

use super::error::ApiError;

/// The format of objects that only a Java virtual machine can read; refused when it comes from outside.
const JAVA_SERIALIZATION: &str = "application/x-java-serialized-object";

/// A variable of a request that cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The declared type does not exist.
    #[error("Unsupported value type '{0}'")]
    UnsupportedType(String),
    /// The value does not belong to its declared type.
    #[error("Cannot convert value '{value}' of type '{type_name}' to java type {java_type}")]
    NotConvertible {
        /// The value as sent.
        value: String,
        /// The type as sent.
        type_name: String,
        /// Class that the reference server names; clients match on the text.
        java_type: &'static str,
    },
    /// A document or object was sent as nested JSON instead of as text.
    #[error("Must provide 'null' or String value for value of SerializableValue type '{0}'.")]
    NotSerialized(String),
    /// The variable is not the object that the contract asks for.
    #[error("Variable '{0}' must be an object with the fields value, type and valueInfo")]
    NotAVariable(String),
    /// The variables are not a map.
    #[error("Variables must be an object that maps names to objects with the fields value, type and valueInfo")]
    NotAMap,
    /// A file without name.
    #[error("Cannot create file without filename! Please set a name into ValueInfo with key filename")]
    FileWithoutName,
    /// A serialized Java object.
    #[error("Cannot set variable with name {0}. Java serialization format is prohibited")]
    JavaSerialization(String),
}

impl ValueError {
    /// The reply to a request whose variables are at fault; `prefix` says what could not be done, such as
    /// `Cannot put process instance variable x`.
    pub fn within(&self, prefix: &str) -> ApiError {
        self.reply(format!("{prefix}: {self}"))
    }

    fn reply(&self, message: String) -> ApiError {
        match self {
            // What the reference server meets only below its REST layer ends in a 500 there (contract 3.2).
            ValueError::FileWithoutName => ApiError::engine(message).kind("IllegalArgumentException"),
            ValueError::JavaSerialization(_) => ApiError::engine(message),
            _ => ApiError::invalid(message),
        }
    }
}

impl From<ValueError> for ApiError {
    fn from(error: ValueError) -> Self {
        error.reply(error.to_string())
    }
}

/// One variable of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct WireVariable {
    /// Its value.
    pub value: TypedValue,
    /// Whether it must never be stored (`valueInfo.transient`).
    pub transient: bool,
}

/// A variable as responses show it. With `deserialize` an object in JSON format is shown as JSON instead of as text
/// (contract 3.2); documents of types Json and Xml always stay text, files never show their content.
pub fn to_wire(value: &TypedValue, deserialize: bool) -> Json {
    json!({
        "type": value.type_name(),
        "value": content_to_wire(value, deserialize),
        "valueInfo": info_to_wire(value),
    })
}

/// Variables as responses show them, by name.
pub fn map_to_wire(variables: &Variables, deserialize: bool) -> Json {
    let entries = variables
        .iter()
        .map(|(name, value)| (name.clone(), to_wire(value, deserialize)));
    Json::Object(entries.collect())
}

/// The field `value` of a variable.
pub fn content_to_wire(value: &TypedValue, deserialize: bool) -> Json {
    match value {
        TypedValue::Null | TypedValue::File(_) => Json::Null,
        TypedValue::Boolean(value) => json!(value),
        TypedValue::Short(value) => json!(value),
        TypedValue::Integer(value) => json!(value),
        TypedValue::Long(value) => json!(value),
        // JSON has no number for these; Jackson writes them as text.
        TypedValue::Double(value) => Number::from_f64(*value).map_or_else(|| json!(double_text(*value)), Json::Number),
        TypedValue::String(text) | TypedValue::Json(text) | TypedValue::Xml(text) => json!(text),
        TypedValue::Date(date) => json!(date_to_wire(*date)),
        TypedValue::Bytes(bytes) => json!(BASE64.encode(bytes)),
        TypedValue::Object(object) if deserialize && object.format == ObjectValue::JSON => {
            // Text that is no JSON after all is shown as it is: its owner can then see what is wrong with it.
            serde_json::from_str(&object.serialized).unwrap_or_else(|_| json!(object.serialized))
        }
        TypedValue::Object(object) => json!(object.serialized),
    }
}

/// The field `valueInfo` of a variable; never null.
pub fn info_to_wire(value: &TypedValue) -> Json {
    let mut info = Map::new();
    match value {
        TypedValue::File(file) => {
            info.insert("filename".to_owned(), json!(file.filename));
            if let Some(mime_type) = &file.mime_type {
                info.insert("mimeType".to_owned(), json!(mime_type));
            }
            if let Some(encoding) = &file.encoding {
                info.insert("encoding".to_owned(), json!(encoding));
            }
        }
        TypedValue::Object(object) => {
            info.insert("objectTypeName".to_owned(), json!(object.type_name));
            info.insert("serializationDataFormat".to_owned(), json!(object.format));
        }
        _ => {}
    }
    Json::Object(info)
}

/// A date as responses show it (contract 3.3).
pub fn date_to_wire(date: DateTime<Utc>) -> String {
    format_date(date)
}

/// A date that may be absent, as responses show it.
pub fn optional_date_to_wire(date: Option<DateTime<Utc>>) -> Json {
    date.map_or(Json::Null, |date| json!(format_date(date)))
}

/// A date of a request: any ISO-8601 form, or milliseconds since 1970.
pub fn date_from_wire(json: &Json) -> Option<DateTime<Utc>> {
    match json {
        Json::String(text) => parse_date(text).ok(),
        Json::Number(number) => number.as_i64().and_then(DateTime::from_timestamp_millis),
        _ => None,
    }
}

/// The variables of a request, by name; null is none.
///
/// Transient variables are left out: what must never be stored cannot be handed to a step, whose every effect is
/// stored. An expression that needs one then fails and the whole request is refused.
///
/// # Errors
/// [`ValueError`] for the first variable that cannot be set.
pub fn map_from_wire(json: &Json) -> Result<Variables, ValueError> {
    let entries = match json {
        Json::Null => return Ok(Variables::new()),
        Json::Object(entries) => entries,
        _ => return Err(ValueError::NotAMap),
    };
    let mut variables = Variables::new();
    for (name, json) in entries {
        let variable = from_wire(name, json)?;
        if variable.transient {
            tracing::warn!(
                variable = name,
                "a transient variable was left out: this server cannot hold it unstored"
            );
        } else {
            variables.insert(name.clone(), variable.value);
        }
    }
    Ok(variables)
}

/// One variable of a request.
///
/// # Errors
/// [`ValueError`] when its type is unknown or cannot hold the value.
pub fn from_wire(name: &str, json: &Json) -> Result<WireVariable, ValueError> {
    let fields = match json {
        Json::Null => {
            return Ok(WireVariable {
                value: TypedValue::Null,
                transient: false,
            });
        }
        Json::Object(fields) => fields,
        _ => return Err(ValueError::NotAVariable(name.to_owned())),
    };
    let no_info = Map::new();
    let info = match fields.get("valueInfo") {
        None | Some(Json::Null) => &no_info,
        Some(Json::Object(info)) => info,
        Some(_) => return Err(ValueError::NotAVariable(name.to_owned())),
    };
    let content = fields.get("value").unwrap_or(&Json::Null);
    let value = match fields.get("type") {
        None | Some(Json::Null) => TypedValue::from_untyped_json(content),
        Some(Json::String(type_name)) => typed(name, type_name, content, info)?,
        Some(other) => return Err(ValueError::UnsupportedType(other.to_string())),
    };
    Ok(WireVariable {
        value,
        transient: matches!(info.get("transient"), Some(Json::Bool(true)))
            || info.get("transient").and_then(Json::as_str) == Some("true"),
    })
}

fn typed(name: &str, type_name: &str, content: &Json, info: &Map<String, Json>) -> Result<TypedValue, ValueError> {
    let refuse = |java_type| ValueError::NotConvertible {
        value: plain_text(content),
        type_name: type_name.to_owned(),
        java_type,
    };
    Ok(match capitalised(type_name).as_str() {
        "File" => file(content, info).ok_or(refuse("[B"))??,
        "Boolean" | "Short" | "Integer" | "Long" | "Double" | "String" | "Date" | "Bytes" | "Json" | "Xml"
        | "Object" | "Null"
            if content.is_null() =>
        {
            TypedValue::Null
        }
        "Null" => return Err(refuse("java.lang.Void")),
        "Boolean" => TypedValue::Boolean(boolean(content).ok_or_else(|| refuse("java.lang.Boolean"))?),
        "Short" => match whole_number(content).map(i16::try_from) {
            Some(Ok(number)) => TypedValue::Short(number),
            _ => return Err(refuse("java.lang.Short")),
        },
        "Integer" => match whole_number(content).map(i32::try_from) {
            Some(Ok(number)) => TypedValue::Integer(number),
            _ => return Err(refuse("java.lang.Integer")),
        },
        "Long" => TypedValue::Long(whole_number(content).ok_or_else(|| refuse("java.lang.Long"))?),
        "Double" => TypedValue::Double(double(content).ok_or_else(|| refuse("java.lang.Double"))?),
        "String" => match content {
            Json::Array(_) | Json::Object(_) => return Err(refuse("java.lang.String")),
            scalar => TypedValue::String(plain_text(scalar)),
        },
        "Date" => TypedValue::Date(date_from_wire(content).ok_or_else(|| refuse("java.util.Date"))?),
        "Bytes" => TypedValue::Bytes(decoded(content).ok_or_else(|| refuse("[B"))?),
        "Json" => TypedValue::Json(document(type_name, content)?),
        "Xml" => TypedValue::Xml(document(type_name, content)?),
        "Object" => object(name, document(type_name, content)?, info)?,
        _ => return Err(ValueError::UnsupportedType(type_name.to_owned())),
    })
}

/// The type name with its first letter in upper case; only that letter may be written either way.
fn capitalised(type_name: &str) -> String {
    let mut letters = type_name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn plain_text(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn boolean(json: &Json) -> Option<bool> {
    match json {
        Json::Bool(value) => Some(*value),
        Json::String(text) => match text.trim() {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A whole number, also as text and also as a number whose fraction is zero (contract 3.0, 4).
pub(super) fn whole_number(json: &Json) -> Option<i64> {
    match json {
        Json::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn whole(number: f64) -> Option<i64> {
    // Above 2^53 a float no longer says which whole number was meant.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

fn double(json: &Json) -> Option<f64> {
    match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => match text.trim() {
            "NaN" => Some(f64::NAN),
            "Infinity" | "INF" => Some(f64::INFINITY),
            "-Infinity" | "-INF" => Some(f64::NEG_INFINITY),
            // Rust also reads words such as `inf`, which are no numbers on the wire.
            digits if digits.ends_with(|end: char| end.is_ascii_digit() || end == '.') => digits.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

fn double_text(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

fn decoded(json: &Json) -> Option<Vec<u8>> {
    let text = json.as_str()?;
    if text.contains(['\r', '\n']) {
        BASE64.decode(text.replace(['\r', '\n'], "")).ok()
    } else {
        BASE64.decode(text).ok()
    }
}

fn document(type_name: &str, content: &Json) -> Result<String, ValueError> {
    content
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| ValueError::NotSerialized(type_name.to_owned()))
}

/// `None` when the content is not Base64 text.
fn file(content: &Json, info: &Map<String, Json>) -> Option<Result<TypedValue, ValueError>> {
    let Some(filename) = info_text(info, "filename") else {
        return Some(Err(ValueError::FileWithoutName));
    };
    let content = match content {
        Json::Null => Vec::new(),
        content => decoded(content)?,
    };
    Some(Ok(TypedValue::File(FileValue {
        filename,
        // JS clients that send a received file back spell it in lower case (contract 3.2).
        mime_type: info_text(info, "mimeType").or_else(|| info_text(info, "mimetype")),
        encoding: info_text(info, "encoding"),
        content,
    })))
}

fn object(name: &str, serialized: String, info: &Map<String, Json>) -> Result<TypedValue, ValueError> {
    let format = info_text(info, "serializationDataFormat").unwrap_or_else(|| ObjectValue::JSON.to_owned());
    if format == JAVA_SERIALIZATION {
        return Err(ValueError::JavaSerialization(name.to_owned()));
    }
    let type_name = info_text(info, "objectTypeName").unwrap_or_else(|| {
        let list = format == ObjectValue::JSON && serialized.trim_start().starts_with('[');
        let assumed = if list {
            ObjectValue::LIST_TYPE
        } else {
            ObjectValue::MAP_TYPE
        };
        assumed.to_owned()
    });
    Ok(TypedValue::Object(ObjectValue {
        type_name,
        format,
        serialized,
    }))
}

/// A text of `valueInfo`; Go clients send nulls and empty texts for what they do not set.
fn info_text(info: &Map<String, Json>, key: &str) -> Option<String> {
    info.get(key)
        .and_then(Json::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests;

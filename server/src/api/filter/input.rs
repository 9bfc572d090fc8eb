//! Reading of single filter values: texts of a query string and values of a JSON body alike.

use flowstone_store::query::Scalar;
use serde_json::Value as Json;

use crate::api::body;
use crate::api::error::ApiError;
use crate::api::value::{date_from_wire, whole_number};

/// What a filter compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Id,
    Integer,
    Time,
}

impl Kind {
    fn java_type(self) -> &'static str {
        match self {
            Kind::Text | Kind::Id => "java.lang.String",
            Kind::Integer => "java.lang.Integer",
            Kind::Time => "java.util.Date",
        }
    }
}

/// Whether a filter that this server refuses was really given: nulls, false flags and empty lists select nothing.
pub fn set(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => false,
        Json::Array(items) => !items.is_empty(),
        _ => true,
    }
}

/// One value; `None` for a text that is no id and so equals none.
pub fn scalar_of(name: &str, kind: Kind, value: &Json) -> Result<Option<Scalar>, ApiError> {
    let refuse = || invalid(name, &shown(value), kind.java_type());
    match kind {
        Kind::Text => text_of(value).map(Scalar::Text).map(Some).ok_or_else(refuse),
        Kind::Id => {
            let text = text_of(value).ok_or_else(refuse)?;
            Ok(body::id(&text).map(Scalar::Id))
        }
        Kind::Integer => whole_number(value).map(Scalar::Integer).map(Some).ok_or_else(refuse),
        Kind::Time => date_from_wire(value).map(Scalar::Time).map(Some).ok_or_else(refuse),
    }
}

/// A list: comma-separated text or a JSON array. `None` when an empty one was sent, which filters nothing; an empty
/// list is what remains when none of the texts is an id.
pub fn list_of(name: &str, kind: Kind, value: &Json) -> Result<Option<Vec<Scalar>>, ApiError> {
    let items = match value {
        Json::Array(items) => items.clone(),
        Json::String(text) => text
            .split(',')
            .map(|item| Json::String(item.trim().to_owned()))
            .collect(),
        other => vec![other.clone()],
    };
    if items.is_empty() {
        return match kind {
            // The reference server refuses an empty set of ids, where a missing one would mean all.
            Kind::Id => Err(ApiError::null_value(format!("Set of {name} is empty"))),
            _ => Ok(None),
        };
    }
    let mut scalars = Vec::with_capacity(items.len());
    for item in &items {
        scalars.extend(scalar_of(name, kind, item)?);
    }
    Ok(Some(scalars))
}

/// A flag, as JSON or as text.
pub fn flag_value(name: &str, value: &Json) -> Result<bool, ApiError> {
    match value {
        Json::Null => Ok(false),
        Json::Bool(flag) => Ok(*flag),
        Json::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Json::String(text) if text.is_empty() || text.eq_ignore_ascii_case("false") => Ok(false),
        other => Err(invalid(name, &shown(other), "java.lang.Boolean")),
    }
}

/// The refusal of a value that cannot be read.
pub fn invalid(name: &str, value: &str, java_type: &str) -> ApiError {
    ApiError::invalid(format!(
        "Cannot set query parameter '{name}' to value '{value}': Cannot convert value \"{value}\" to java type {java_type}"
    ))
}

fn text_of(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(_) | Json::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn shown(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

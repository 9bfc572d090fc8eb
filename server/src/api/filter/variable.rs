//! Tests of variables: `name_operator_value,…` in query strings, objects in JSON bodies (contract 2).

use chrono::DateTime;
use flowstone_expression::TypedValue;
use flowstone_store::query::{VariableOperator, VariableTest};
use serde_json::Value as Json;

use crate::api::error::ApiError;

/// Operators by the names that clients use.
const OPERATORS: [(&str, VariableOperator); 8] = [
    ("eq", VariableOperator::Equals),
    ("neq", VariableOperator::NotEquals),
    ("gt", VariableOperator::Greater),
    ("gteq", VariableOperator::AtLeast),
    ("lt", VariableOperator::Less),
    ("lteq", VariableOperator::AtMost),
    ("like", VariableOperator::Like),
    ("notLike", VariableOperator::NotLike),
];

/// The tests of one parameter.
///
/// # Errors
/// 400 when a test cannot be read, 500 when its operator does not take its value, as the reference server answers.
pub fn tests(parameter: &str, value: &Json) -> Result<Vec<VariableTest>, ApiError> {
    match value {
        Json::String(text) if text.is_empty() => Ok(Vec::new()),
        Json::String(text) => text.split(',').map(from_text).collect(),
        Json::Array(items) => items.iter().map(from_object).collect(),
        _ => Err(ApiError::invalid(format!(
            "{parameter} must be a list of objects with name, operator and value"
        ))),
    }
}

/// Values of query strings are texts (or dates): clients cannot say their type there.
fn from_text(text: &str) -> Result<VariableTest, ApiError> {
    let (name, operator, value) = split(text)?;
    test(name, operator, text_value(value))
}

/// Splits `name_operator_value`. When name or value contain `_` themselves, the split with the longest name counts;
/// Camunda refuses such texts (contract 5, 15).
fn split(text: &str) -> Result<(&str, VariableOperator, &str), ApiError> {
    let separators: Vec<usize> = text.match_indices('_').map(|(at, _)| at).collect();
    for pair in separators.windows(2).rev() {
        let (name, key, value) = (&text[..pair[0]], &text[pair[0] + 1..pair[1]], &text[pair[1] + 1..]);
        if let Some(operator) = operator_named(key).filter(|_| !name.is_empty()) {
            return Ok((name, operator, value));
        }
    }
    Err(match separators[..] {
        [first, second] => unknown_operator(&text[first + 1..second]),
        _ => ApiError::invalid("variable query parameter has to have format KEY_OPERATOR_VALUE."),
    })
}

fn from_object(json: &Json) -> Result<VariableTest, ApiError> {
    let text = |key: &str| json.get(key).and_then(Json::as_str);
    let name = text("name").ok_or_else(|| ApiError::invalid("A variable filter needs the name of the variable"))?;
    let key = text("operator").unwrap_or_default();
    let operator = operator_named(key).ok_or_else(|| unknown_operator(key))?;
    let value = match json.get("value").unwrap_or(&Json::Null) {
        Json::Array(_) | Json::Object(_) => {
            return Err(ApiError::engine("Object values cannot be used to query"));
        }
        Json::String(text) => text_value(text),
        scalar => TypedValue::from_untyped_json(scalar),
    };
    test(name, operator, value)
}

fn test(name: &str, operator: VariableOperator, value: TypedValue) -> Result<VariableTest, ApiError> {
    let ordered = matches!(
        operator,
        VariableOperator::Greater | VariableOperator::AtLeast | VariableOperator::Less | VariableOperator::AtMost
    );
    if ordered && matches!(value, TypedValue::Null | TypedValue::Boolean(_)) {
        return Err(ApiError::engine(
            "Booleans and null cannot be used in 'greater than' and 'less than' conditions",
        ));
    }
    let pattern = matches!(operator, VariableOperator::Like | VariableOperator::NotLike);
    if pattern && !matches!(value, TypedValue::String(_)) {
        return Err(ApiError::engine(
            "Only string values can be used with 'like' and 'notLike'",
        ));
    }
    Ok(VariableTest {
        name: name.to_owned(),
        operator,
        value,
        ignore_name_case: false,
        ignore_value_case: false,
    })
}

/// A text in the date pattern of the API (contract 3.3) is a date, every other one a text.
fn text_value(text: &str) -> TypedValue {
    match DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.3f%z") {
        Ok(date) if text.len() == "2026-01-31T09:30:00.000+0000".len() => TypedValue::Date(date.to_utc()),
        _ => TypedValue::String(text.to_owned()),
    }
}

fn operator_named(key: &str) -> Option<VariableOperator> {
    OPERATORS
        .iter()
        .find(|(known, _)| *known == key)
        .map(|(_, operator)| *operator)
}

fn unknown_operator(key: &str) -> ApiError {
    ApiError::invalid(format!("Invalid variable comparator specified: {key}"))
}

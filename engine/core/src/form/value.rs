//! Values of form fields: their types and constraints.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use flowstone_bpmn::model::{Bound, Constraint, ConstraintRule, FieldType};
use flowstone_expression::{TypedValue, Value};

/// Above this a float no longer says which whole number was meant.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The wire type of what a person sees in a field.
pub(super) fn type_name(field_type: &FieldType) -> &'static str {
    match field_type {
        FieldType::Long => "Long",
        FieldType::Boolean => "Boolean",
        FieldType::String | FieldType::Date(_) | FieldType::Enum(_) => "String",
    }
}

/// The value that a variable of a field gets; null stays null.
///
/// # Errors
/// Why the field cannot take it.
pub(super) fn converted(field_type: &FieldType, value: TypedValue, now: DateTime<Utc>) -> Result<TypedValue, String> {
    if value.is_null() {
        return Ok(value);
    }
    match field_type {
        FieldType::String => text(value),
        FieldType::Long => match whole_number(&value) {
            Some(number) => Ok(TypedValue::Long(number)),
            None => Err(not_of_type(&value, "Long")),
        },
        FieldType::Boolean => match &value {
            TypedValue::Boolean(_) => Ok(value),
            TypedValue::String(text) if text.eq_ignore_ascii_case("true") => Ok(TypedValue::Boolean(true)),
            TypedValue::String(text) if text.eq_ignore_ascii_case("false") => Ok(TypedValue::Boolean(false)),
            _ => Err(not_of_type(&value, "Boolean")),
        },
        FieldType::Date(pattern) => match &value {
            TypedValue::Date(_) => Ok(value),
            TypedValue::String(text) if text.trim().is_empty() => Ok(TypedValue::Null),
            TypedValue::String(text) => pattern.read(text, now).map(TypedValue::Date).ok_or_else(|| {
                let (text, pattern) = (shortened(text), pattern.source());
                format!("Could not parse value '{text}' as date using date format '{pattern}'.")
            }),
            _ => Err(format!("Value '{}' cannot be transformed into a Date.", seen(&value))),
        },
        FieldType::Enum(values) => match &value {
            TypedValue::String(id) if values.iter().any(|known| known.id == *id) => Ok(value),
            TypedValue::String(id) => Err(format!("Invalid value for enum form property: {}", shortened(id))),
            _ => Err(not_of_type(&value, "String")),
        },
    }
}

/// A converted value as a person sees it: dates in their pattern.
pub(super) fn written(field_type: &FieldType, value: TypedValue) -> TypedValue {
    match (field_type, &value) {
        (FieldType::Date(pattern), TypedValue::Date(date)) => TypedValue::String(pattern.format(*date)),
        (FieldType::Date(_), TypedValue::Null) => TypedValue::String(String::new()),
        _ => value,
    }
}

/// A submitted value, after its conversion.
#[derive(Clone, Copy, Debug)]
pub(super) struct Submitted<'v> {
    pub value: &'v TypedValue,
    /// Whether it came as a text without characters.
    pub is_empty_text: bool,
}

/// Looks whether a value complies with the constraints of its field; `has_value`: whether its variable has one already.
///
/// # Errors
/// The first constraint that is violated, with its configuration.
pub(super) fn check(
    constraints: &[Constraint],
    submitted: Option<Submitted<'_>>,
    has_value: bool,
) -> Result<(), String> {
    let violated = constraints
        .iter()
        .find(|constraint| !complies(&constraint.rule, submitted, has_value));
    match violated {
        None => Ok(()),
        Some(Constraint {
            name,
            config: Some(config),
            ..
        }) => Err(format!("{name}({config})")),
        Some(Constraint { name, config: None, .. }) => Err(name.clone()),
    }
}

fn complies(rule: &ConstraintRule, submitted: Option<Submitted<'_>>, has_value: bool) -> bool {
    let submitted = submitted.filter(|submitted| submitted.is_empty_text || !submitted.value.is_null());
    let Some(Submitted { value, is_empty_text }) = submitted else {
        return *rule != ConstraintRule::Required || has_value;
    };
    let compared = |bound: &Bound| order(value, bound);
    // Lengths are counted as Java and browsers count them.
    let length = || match value {
        TypedValue::String(text) => Some(text.encode_utf16().count()),
        _ => None,
    };
    match rule {
        ConstraintRule::Required => !is_empty_text,
        ConstraintRule::ReadOnly | ConstraintRule::Unusable => false,
        ConstraintRule::Min(bound) => compared(bound).is_some_and(Ordering::is_ge),
        ConstraintRule::Max(bound) => compared(bound).is_some_and(Ordering::is_le),
        ConstraintRule::MinLength(least) => length().is_some_and(|length| length >= *least),
        ConstraintRule::MaxLength(most) => length().is_some_and(|length| length <= *most),
    }
}

/// How a number stands to the end of a range; `None` for what is no number.
fn order(value: &TypedValue, bound: &Bound) -> Option<Ordering> {
    let TypedValue::Long(number) = value else {
        return None;
    };
    match bound {
        Bound::Whole(bound) => Some(number.cmp(bound)),
        Bound::Fraction(bound) => (*number as f64).partial_cmp(bound),
    }
}

fn text(value: TypedValue) -> Result<TypedValue, String> {
    match value {
        TypedValue::String(_) => Ok(value),
        TypedValue::Bytes(_) | TypedValue::File(_) => Err(not_of_type(&value, "String")),
        other => Value::from(other)
            .to_text()
            .map(TypedValue::String)
            .map_err(|error| error.to_string()),
    }
}

fn whole_number(value: &TypedValue) -> Option<i64> {
    match value {
        TypedValue::Short(number) => Some(i64::from(*number)),
        TypedValue::Integer(number) => Some(i64::from(*number)),
        TypedValue::Long(number) => Some(*number),
        TypedValue::Double(number) if number.fract() == 0.0 && number.abs() <= EXACT => Some(*number as i64),
        TypedValue::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn not_of_type(value: &TypedValue, type_name: &str) -> String {
    format!("Value '{}' is not of type {type_name}.", seen(value))
}

/// Enough of a value to recognise it in a message.
fn seen(value: &TypedValue) -> String {
    match value {
        TypedValue::Bytes(_) | TypedValue::File(_) => value.type_name().to_owned(),
        other => Value::from(other)
            .to_text()
            .map_or_else(|_| value.type_name().to_owned(), |text| shortened(&text)),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

//! Properties and methods of values.
//!
//! Names and behaviour are those of the Java classes that expressions were written against. Where a Java method
//! distinguishes the widths of numbers in comparisons, ours compares by value. Methods that change their object do
//! not exist: values are immutable here.

mod collection;
mod date;
mod text;

use chrono::{DateTime, Utc};

use crate::ast::{Node, NodeKind};
use crate::meter::Meter;
use crate::{EvaluationError, Value};

/// The result of looking for a method: `None` when the value has none of that name and number of arguments.
type Found = Result<Option<Value>, EvaluationError>;

/// Reads a property or an index. A missing map key and an index outside of a list are null; `key` is the original
/// value of a computed property.
pub(crate) fn property(
    owner: &Value,
    name: &str,
    key: Option<Value>,
    meter: &mut Meter,
) -> Result<Value, EvaluationError> {
    match owner {
        Value::Map(map) => Ok(map.get(name).cloned().unwrap_or(Value::Null)),
        Value::List(list) => {
            let index = match key {
                Some(key) if !matches!(key, Value::Null | Value::Boolean(_)) => key.coerce_long().ok(),
                _ => name.parse().ok(),
            };
            let Some(index) = index else {
                return Err(EvaluationError::failed(format!("Cannot parse list index: {name}")));
            };
            Ok(usize::try_from(index)
                .ok()
                .and_then(|index| list.get(index))
                .cloned()
                .unwrap_or(Value::Null))
        }
        _ => {
            // A property of anything else is its getter.
            let capitalized = capitalize(name);
            for getter in [format!("get{capitalized}"), format!("is{capitalized}")] {
                if let Some(value) = method(owner, &getter, &[], None, meter)? {
                    return Ok(value);
                }
            }
            Err(EvaluationError::unknown_property(
                name,
                &format!("class {}", owner.class_name()),
            ))
        }
    }
}

/// Calls a method of a value that is not a built-in object.
pub(crate) fn call(
    owner: &Value,
    name: &str,
    arguments: &[Value],
    now: DateTime<Utc>,
    meter: &mut Meter,
) -> Result<Value, EvaluationError> {
    method(owner, name, arguments, Some(now), meter)?
        .ok_or_else(|| EvaluationError::unknown_method(name, arguments.len(), &format!("class {}", owner.class_name())))
}

fn method(owner: &Value, name: &str, arguments: &[Value], now: Option<DateTime<Utc>>, meter: &mut Meter) -> Found {
    let special = match owner {
        Value::String(content) => text::call(content, name, arguments, meter)?,
        Value::Opaque(typed) if typed.is_document() => text::call(&owner.to_text()?, name, arguments, meter)?,
        Value::List(list) => collection::call_list(list, name, arguments, meter)?,
        Value::Map(map) => collection::call_map(map, name, arguments, meter)?,
        Value::Date(instant) => date::call(*instant, name, arguments, now)?,
        _ => None,
    };
    match special {
        Some(value) => Ok(Some(value)),
        None => common(owner, name, arguments, meter),
    }
}

/// The methods that every value, or every scalar, has. `numberValue`, `stringValue`, `boolValue` and `value` are the
/// ways out of a JSON document.
fn common(owner: &Value, name: &str, arguments: &[Value], meter: &mut Meter) -> Found {
    let scalar = matches!(
        owner,
        Value::Boolean(_)
            | Value::Short(_)
            | Value::Integer(_)
            | Value::Long(_)
            | Value::Double(_)
            | Value::String(_)
            | Value::Opaque(_)
    );
    Ok(Some(match (name, arguments) {
        ("toString", []) => {
            let text = owner.to_text()?;
            meter.text(text.len())?;
            Value::String(text)
        }
        ("equals", [other]) => Value::Boolean(owner.same(other)),
        ("compareTo", [other]) => match owner.compare(other)? {
            Some(ordering) => Value::Integer(ordering as i32),
            None => return Err(EvaluationError::failed("a value cannot be compared with null")),
        },
        ("intValue", []) if scalar => {
            let whole = owner.coerce_long()?;
            Value::Integer(i32::try_from(whole).map_err(|_| {
                EvaluationError::failed(format!("{whole} does not fit a 32-bit whole number; use longValue()"))
            })?)
        }
        ("longValue", []) if scalar => Value::Long(owner.coerce_long()?),
        ("doubleValue", []) if scalar => Value::Double(owner.coerce_double()?),
        ("numberValue", []) if scalar => match owner {
            Value::Short(_) | Value::Integer(_) | Value::Long(_) | Value::Double(_) => owner.clone(),
            other if other.is_floating() => Value::Double(other.coerce_double()?),
            other => Value::Long(other.coerce_long()?),
        },
        ("stringValue", []) if scalar => Value::String(owner.to_text()?),
        ("boolValue" | "booleanValue", []) if scalar => Value::Boolean(owner.coerce_boolean()?),
        ("value", []) if scalar => owner.clone(),
        _ => return Ok(None),
    }))
}

/// What a property access or call on null fails with.
pub(crate) fn unreachable(base: &Node, position: usize) -> EvaluationError {
    let cause = match &base.kind {
        NodeKind::Identifier(name) if position == 0 => {
            format!("Target unreachable, base expression '{name}' resolved to null")
        }
        _ => "Target unreachable, the expression before it resolved to null".to_owned(),
    };
    EvaluationError::UnknownProperty {
        expression: String::new(),
        cause,
        offset: base.offset,
    }
}

/// The property that a getter reads: `getProcessInstanceId` → `processInstanceId`, `isCanceled` → `canceled`.
pub(crate) fn getter_property(method: &str) -> Option<String> {
    let capitalized = method.strip_prefix("get").or_else(|| method.strip_prefix("is"))?;
    let first = capitalized.chars().next().filter(|first| first.is_uppercase())?;
    let rest = &capitalized[first.len_utf8()..];
    Some(first.to_lowercase().chain(rest.chars()).collect())
}

fn capitalize(name: &str) -> String {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

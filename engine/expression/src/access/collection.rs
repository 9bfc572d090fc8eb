//! The methods of lists and maps, and those that navigate JSON documents (`prop`, `hasProp`, `elements`).

use super::Found;
use super::text::saturated;
use crate::meter::Meter;
use crate::{EvaluationError, List, Map, Value};

pub(super) fn call_list(list: &List, name: &str, arguments: &[Value], meter: &mut Meter) -> Found {
    Ok(Some(match (name, arguments) {
        ("size", []) => Value::Integer(saturated(list.len())),
        ("isEmpty", []) => Value::Boolean(list.is_empty()),
        ("get", [index]) => {
            let index = index.coerce_long()?;
            match usize::try_from(index).ok().and_then(|index| list.get(index)) {
                Some(item) => item.clone(),
                None => {
                    let size = list.len();
                    return Err(EvaluationError::failed(format!("Index: {index}, Size: {size}")));
                }
            }
        }
        ("getFirst", []) => list.first().cloned().ok_or_else(empty_list)?,
        ("getLast", []) => list.last().cloned().ok_or_else(empty_list)?,
        ("contains", [item]) => {
            meter.items(list.len())?;
            Value::Boolean(list.iter().any(|candidate| candidate.same(item)))
        }
        ("containsAll", [Value::List(items)]) => {
            meter.items(list.len().saturating_mul(items.len()))?;
            Value::Boolean(
                items
                    .iter()
                    .all(|item| list.iter().any(|candidate| candidate.same(item))),
            )
        }
        ("indexOf", [item]) => {
            meter.items(list.len())?;
            Value::Integer(
                list.iter()
                    .position(|candidate| candidate.same(item))
                    .map_or(-1, saturated),
            )
        }
        ("subList", [begin, end]) => {
            let (begin, end) = (begin.coerce_long()?, end.coerce_long()?);
            let range = usize::try_from(begin).ok().zip(usize::try_from(end).ok());
            let Some(part) = range.and_then(|(begin, end)| list.get(begin..end)) else {
                let size = list.len();
                return Err(EvaluationError::failed(format!(
                    "No items from {begin} to {end} in a list of {size}"
                )));
            };
            meter.list(part.len())?;
            Value::from(part.to_vec())
        }
        ("elements", []) => Value::List(list.clone()),
        _ => return call_decision_result(list, name, arguments, meter),
    }))
}

/// The methods of the result of a decision, which is a list of maps: a row for each matching rule.
fn call_decision_result(list: &List, name: &str, arguments: &[Value], meter: &mut Meter) -> Found {
    let single = || match list.items() {
        [] => Ok(Value::Null),
        [row] => Ok(row.clone()),
        rows => Err(EvaluationError::failed(format!(
            "the result has {} rows where one is wanted",
            rows.len()
        ))),
    };
    Ok(Some(match (name, arguments) {
        ("getSingleResult", []) => single()?,
        ("getSingleEntry", []) => match single()? {
            Value::Map(row) => return call_map(&row, "getSingleEntry", &[], meter),
            other => other,
        },
        ("getFirstResult", []) => list.first().cloned().unwrap_or(Value::Null),
        ("getResultList", []) => Value::List(list.clone()),
        ("collectEntries", [key]) => {
            meter.list(list.len())?;
            let key = key.to_text()?;
            let entries = list.iter().filter_map(|row| match row {
                Value::Map(row) => row.get(&key).cloned(),
                _ => None,
            });
            Value::from(entries.collect::<Vec<_>>())
        }
        _ => return Ok(None),
    }))
}

pub(super) fn call_map(map: &Map, name: &str, arguments: &[Value], meter: &mut Meter) -> Found {
    let entries = map.entries();
    Ok(Some(match (name, arguments) {
        ("size", []) => Value::Integer(saturated(entries.len())),
        ("isEmpty", []) => Value::Boolean(entries.is_empty()),
        ("get", [key]) => map.get(&key.to_text()?).cloned().unwrap_or(Value::Null),
        ("getOrDefault", [key, default]) => map.get(&key.to_text()?).unwrap_or(default).clone(),
        ("containsKey" | "hasProp", [key]) => Value::Boolean(map.get(&key.to_text()?).is_some()),
        ("containsValue", [value]) => {
            meter.items(entries.len())?;
            Value::Boolean(entries.iter().any(|(_, candidate)| candidate.same(value)))
        }
        ("keySet" | "fieldNames", []) => {
            meter.list(entries.len())?;
            Value::from(
                entries
                    .iter()
                    .map(|(key, _)| Value::String(key.clone()))
                    .collect::<Vec<_>>(),
            )
        }
        ("values", []) => {
            meter.list(entries.len())?;
            Value::from(entries.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>())
        }
        ("getEntry", [key]) => map.get(&key.to_text()?).cloned().unwrap_or(Value::Null),
        ("getEntryMap", []) => Value::Map(map.clone()),
        ("getFirstEntry", []) => entries.first().map_or(Value::Null, |(_, value)| value.clone()),
        ("getSingleEntry", []) => match entries {
            [] => Value::Null,
            [(_, value)] => value.clone(),
            several => {
                return Err(EvaluationError::failed(format!(
                    "the row has {} outputs where one is wanted",
                    several.len()
                )));
            }
        },
        ("prop", [key]) => {
            let key = key.to_text()?;
            match map.get(&key) {
                Some(value) => value.clone(),
                None => {
                    return Err(EvaluationError::failed(format!(
                        "Unable to find '{key}' in the document"
                    )));
                }
            }
        }
        _ => return Ok(None),
    }))
}

fn empty_list() -> EvaluationError {
    EvaluationError::failed("the list is empty")
}

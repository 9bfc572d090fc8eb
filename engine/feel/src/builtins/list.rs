//! Functions on lists. Positions count from 1, or from the end if they are negative.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::{Builtin, Evaluated, fixed, function, optional, sort, variadic};
use crate::evaluator::as_list;
use crate::{Evaluation, EvaluationError, List, Number, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("list contains", &[fixed(&["list", "element"], list_contains)]),
    function("count", &[fixed(&["list"], count)]),
    function(
        "sublist",
        &[optional(&["list", "start position", "length"], 2, sublist)],
    ),
    function("append", &[variadic(&["list", "item"], append)]),
    function("concatenate", &[variadic(&["list"], concatenate)]),
    function(
        "insert before",
        &[fixed(&["list", "position", "newItem"], insert_before)],
    ),
    function("remove", &[fixed(&["list", "position"], remove)]),
    function(
        "list replace",
        &[
            // Only by position: either a position or a function.
            fixed(&["list", "", "newItem"], list_replace),
            fixed(&["list", "position", "newItem"], replace_at),
            fixed(&["list", "match", "newItem"], replace_matches),
        ],
    ),
    function("reverse", &[fixed(&["list"], reverse)]),
    function("index of", &[fixed(&["list", "match"], index_of)]),
    function("union", &[variadic(&["list"], union)]),
    function("distinct values", &[fixed(&["list"], distinct_values)]),
    function("flatten", &[fixed(&["list"], flatten)]),
    function("sort", &[optional(&["list", "precedes"], 1, sort::sort)]),
];

/// The list that an argument is or makes; `None` for null.
pub(super) fn list_of(argument: &Value) -> Option<Arc<List>> {
    (!argument.is_null()).then(|| as_list(argument))
}

fn list_contains(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match list_of(&arguments[0]) {
        Some(list) => Ok(evaluation.is_item(&list, &arguments[1])?.into()),
        None => Ok(Value::Null),
    }
}

fn count(_evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    Ok(list_of(&arguments[0]).map(|list| list.len() as i64).into())
}

/// The index from 0 of a position in a list of that length.
fn index(position: &Value, length: usize) -> Option<usize> {
    let Value::Number(position) = position else {
        return None;
    };
    match position.truncated()? {
        0 => None,
        position @ 1.. => usize::try_from(position - 1).ok().filter(|index| *index < length),
        position => length.checked_sub(usize::try_from(-position).ok()?),
    }
}

fn sublist(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Some(list) = list_of(&arguments[0]) else {
        return Ok(Value::Null);
    };
    let Some(start) = index(&arguments[1], list.len()) else {
        return evaluation.null("the start position of `sublist` lies outside the list");
    };
    let available = list.len() - start;
    let length = match arguments.get(2) {
        None => Some(available),
        Some(Value::Number(length)) => length
            .truncated()
            .and_then(|length| usize::try_from(length).ok())
            .filter(|length| *length <= available),
        Some(other) => return evaluation.unfit("sublist", other),
    };
    match length {
        Some(length) => evaluation.list(list[start..start + length].to_vec()),
        None => evaluation.null("the length of `sublist` goes beyond the list"),
    }
}

fn append(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Some(list) = list_of(&arguments[0]) else {
        return Ok(Value::Null);
    };
    evaluation.reserve_list(list.len())?;
    let mut items = list.to_vec();
    items.extend_from_slice(&arguments[1..]);
    evaluation.list(items)
}

fn concatenate(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let mut items = Vec::new();
    for argument in arguments {
        let Some(list) = list_of(argument) else {
            return Ok(Value::Null);
        };
        evaluation.reserve_list(items.len() + list.len())?;
        items.extend_from_slice(&list);
    }
    evaluation.list(items)
}

fn insert_before(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Some(list) = list_of(&arguments[0]) else {
        return Ok(Value::Null);
    };
    let Some(index) = index(&arguments[1], list.len()) else {
        return evaluation.null("the position of `insert before` lies outside the list");
    };
    evaluation.reserve_list(list.len())?;
    let mut items = list.to_vec();
    items.insert(index, arguments[2].clone());
    evaluation.list(items)
}

fn remove(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Some(list) = list_of(&arguments[0]) else {
        return Ok(Value::Null);
    };
    let Some(index) = index(&arguments[1], list.len()) else {
        return evaluation.null("the position of `remove` lies outside the list");
    };
    evaluation.reserve_list(list.len())?;
    let mut items = list.to_vec();
    items.remove(index);
    evaluation.list(items)
}

fn list_replace(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match &arguments[1] {
        Value::Function(_) => replace_matches(evaluation, arguments),
        _ => replace_at(evaluation, arguments),
    }
}

fn replace_at(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Some(list) = list_of(&arguments[0]) else {
        return Ok(Value::Null);
    };
    let Some(index) = index(&arguments[1], list.len()) else {
        return evaluation.null("the position of `list replace` lies outside the list");
    };
    evaluation.reserve_list(list.len())?;
    let mut items = list.to_vec();
    items[index] = arguments[2].clone();
    evaluation.list(items)
}

/// Replaces the items for which a function of the item and the new item is true.
fn replace_matches(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Some(list) = list_of(&arguments[0]) else {
        return Ok(Value::Null);
    };
    let Value::Function(matches) = &arguments[1] else {
        return evaluation.unfit("list replace", &arguments[1]);
    };
    let mut items = Vec::with_capacity(list.len());
    for item in list.iter() {
        match evaluation.invoke(matches, vec![item.clone(), arguments[2].clone()])? {
            Value::Boolean(true) => items.push(arguments[2].clone()),
            Value::Boolean(false) => items.push(item.clone()),
            _ => return evaluation.null("the function for `list replace` must give a boolean"),
        }
    }
    evaluation.list(items)
}

fn reverse(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match list_of(&arguments[0]) {
        Some(list) => evaluation.list(list.iter().rev().cloned().collect()),
        None => Ok(Value::Null),
    }
}

fn index_of(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Some(list) = list_of(&arguments[0]) else {
        return Ok(Value::Null);
    };
    let mut positions = Vec::new();
    for (index, item) in list.iter().enumerate() {
        evaluation.spend(1)?;
        evaluation.charge_comparison(item, &arguments[1])?;
        if *item == arguments[1] {
            positions.push(Value::from(index as i64 + 1));
        }
    }
    evaluation.list(positions)
}

fn union(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let all = concatenate(evaluation, arguments)?;
    distinct_values(evaluation, &[all])
}

fn distinct_values(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Some(list) = list_of(&arguments[0]) else {
        return Ok(Value::Null);
    };
    let mut distinct: Vec<Value> = Vec::new();
    // Numbers and texts are looked up; only other values are compared with all before them.
    let mut numbers: BTreeSet<Number> = BTreeSet::new();
    let mut texts: HashSet<Arc<str>> = HashSet::new();
    let mut others: Vec<Value> = Vec::new();
    for item in list.iter() {
        evaluation.spend(1)?;
        let is_new = match item {
            Value::Number(number) => numbers.insert(*number),
            Value::String(text) => {
                evaluation.read_text(text.len())?;
                texts.insert(text.clone())
            }
            item => {
                let known = evaluation.is_item(&others, item)?;
                if !known {
                    others.push(item.clone());
                }
                !known
            }
        };
        if is_new {
            distinct.push(item.clone());
        }
    }
    evaluation.list(distinct)
}

fn flatten(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Some(list) = list_of(&arguments[0]) else {
        return Ok(Value::Null);
    };
    let mut items = Vec::new();
    flatten_into(evaluation, &list, &mut items)?;
    evaluation.list(items)
}

/// Values nest only as deep as their limit, and so does this.
fn flatten_into(evaluation: &mut Evaluation, list: &List, items: &mut Vec<Value>) -> Result<(), EvaluationError> {
    for item in list.iter() {
        evaluation.spend(1)?;
        match item {
            Value::List(inner) => flatten_into(evaluation, inner, items)?,
            item => {
                evaluation.reserve_item(items.len())?;
                items.push(item.clone());
            }
        }
    }
    Ok(())
}

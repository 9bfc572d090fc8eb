//! Functions on contexts.

use std::sync::Arc;

use super::{Builtin, Evaluated, fixed, function};
use crate::evaluator::as_list;
use crate::{Context, Evaluation, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("get value", &[fixed(&["m", "key"], get_value)]),
    function("get entries", &[fixed(&["m"], get_entries)]),
    function("context", &[fixed(&["entries"], context)]),
    function(
        "context put",
        &[
            // Only by position: either kind of key.
            fixed(&["context", "", "value"], put),
            fixed(&["context", "key", "value"], put_key),
            fixed(&["context", "keys", "value"], put_path),
        ],
    ),
    function("context merge", &[fixed(&["contexts"], merge)]),
];

fn get_value(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match arguments {
        [Value::Context(context), Value::String(key)] => match context.get(key) {
            Some(value) => Ok(value.clone()),
            None => evaluation.null(format!("the context has no entry '{key}'")),
        },
        [Value::Context(_), key] => evaluation.unfit("get value", key),
        _ => evaluation.unfit("get value", &arguments[0]),
    }
}

fn get_entries(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Value::Context(context) = &arguments[0] else {
        return evaluation.unfit("get entries", &arguments[0]);
    };
    let mut entries = Vec::with_capacity(context.len());
    for (name, value) in context.iter() {
        let entry = Context::new().with("key", name.clone()).with("value", value.clone());
        entries.push(evaluation.context(entry)?);
    }
    evaluation.list(entries)
}

/// A context of entries that are contexts with `key` and `value`.
fn context(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    if arguments[0].is_null() {
        return Ok(Value::Null);
    }
    let mut result = Context::new();
    for entry in as_list(&arguments[0]).iter() {
        evaluation.spend(1)?;
        let Value::Context(entry) = entry else {
            return evaluation.unfit("context", entry);
        };
        let (Some(Value::String(key)), Some(value)) = (entry.get("key"), entry.get("value")) else {
            return evaluation.null("an entry of `context` lacks `key` or `value`");
        };
        if result.contains(key) {
            return evaluation.null(format!("`context` got two entries '{key}'"));
        }
        result.insert(key.clone(), value.clone());
    }
    evaluation.context(result)
}

fn put(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match &arguments[1] {
        Value::List(_) => put_path(evaluation, arguments),
        _ => put_key(evaluation, arguments),
    }
}

fn put_key(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match (&arguments[0], &arguments[1]) {
        (Value::Context(context), Value::String(key)) => {
            let mut result = (**context).clone();
            result.insert(key.clone(), arguments[2].clone());
            evaluation.context(result)
        }
        (Value::Context(_), key) => evaluation.unfit("context put", key),
        (other, _) => evaluation.unfit("context put", other),
    }
}

/// Puts a value into a context within contexts; the last key may be new.
fn put_path(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Value::List(keys) = &arguments[1] else {
        return evaluation.unfit("context put", &arguments[1]);
    };
    let mut path: Vec<Arc<str>> = Vec::with_capacity(keys.len());
    for key in keys.iter() {
        match key {
            Value::String(key) => path.push(key.clone()),
            other => return evaluation.unfit("context put", other),
        }
    }
    evaluation.spend(path.len() as u64)?;
    // From the outside in, to find the contexts; then from the inside out, to put the changed ones back.
    let mut contexts = Vec::with_capacity(path.len());
    let mut current = arguments[0].clone();
    for key in &path {
        let Value::Context(context) = current else {
            return evaluation.null(format!("there is no context to put '{key}' into"));
        };
        current = context.get(key).cloned().unwrap_or_default();
        contexts.push(context);
    }
    if path.is_empty() {
        return evaluation.null("`context put` got no key");
    }
    let mut value = arguments[2].clone();
    for (context, key) in contexts.iter().zip(&path).rev() {
        let mut changed = (**context).clone();
        changed.insert(key.clone(), value);
        value = evaluation.context(changed)?;
    }
    Ok(value)
}

fn merge(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    if arguments[0].is_null() {
        return Ok(Value::Null);
    }
    let mut result = Context::new();
    for context in as_list(&arguments[0]).iter() {
        let Value::Context(context) = context else {
            return evaluation.unfit("context merge", context);
        };
        evaluation.spend(context.len() as u64)?;
        for (name, value) in context.iter() {
            result.insert(name.clone(), value.clone());
        }
    }
    evaluation.context(result)
}

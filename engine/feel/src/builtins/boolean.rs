//! Functions on booleans, and the identity of values.

use super::{Builtin, Evaluated, fixed, function, variadic};
use crate::evaluator::as_list;
use crate::{Evaluation, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("not", &[fixed(&["negand"], not)]),
    function("all", &[variadic(&["list"], all)]),
    function("any", &[variadic(&["list"], any)]),
    function("is", &[fixed(&["value1", "value2"], is)]),
];

fn not(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match &arguments[0] {
        Value::Boolean(value) => Ok(Value::Boolean(!value)),
        other => evaluation.unfit("not", other),
    }
}

fn all(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    junction(evaluation, arguments, false)
}

fn any(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    junction(evaluation, arguments, true)
}

/// Three truth values: one `decisive` decides, otherwise one that is no boolean makes the result null.
fn junction(evaluation: &mut Evaluation, arguments: &[Value], decisive: bool) -> Evaluated {
    let list;
    let items = match arguments {
        [single] if !single.is_null() => {
            list = as_list(single);
            list.as_slice()
        }
        many => many,
    };
    evaluation.spend(items.len() as u64)?;
    let mut unknown = false;
    for item in items {
        match item {
            Value::Boolean(value) if *value == decisive => return Ok(Value::Boolean(decisive)),
            Value::Boolean(_) => {}
            _ => unknown = true,
        }
    }
    Ok(if unknown {
        Value::Null
    } else {
        Value::Boolean(!decisive)
    })
}

/// Whether two values are the same element of the same domain: unlike `=`, times in different zones are not.
fn is(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let (left, right) = (&arguments[0], &arguments[1]);
    evaluation.charge_comparison(left, right)?;
    Ok(Value::Boolean(match (left, right) {
        (Value::Time(left), Value::Time(right)) => left.is_identical(right),
        (Value::DateTime(left), Value::DateTime(right)) => left.is_identical(right),
        _ => left == right,
    }))
}

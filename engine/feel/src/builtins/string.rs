//! Functions on texts. Positions count code points.

use super::{Builtin, Evaluated, fixed, function, optional};
use crate::evaluator::as_list;
use crate::{Evaluation, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function(
        "substring",
        &[optional(&["string", "start position", "length"], 2, substring)],
    ),
    function("string length", &[fixed(&["string"], string_length)]),
    function("upper case", &[fixed(&["string"], upper_case)]),
    function("lower case", &[fixed(&["string"], lower_case)]),
    function("substring before", &[fixed(&["string", "match"], substring_before)]),
    function("substring after", &[fixed(&["string", "match"], substring_after)]),
    function("contains", &[fixed(&["string", "match"], contains)]),
    function("starts with", &[fixed(&["string", "match"], starts_with)]),
    function("ends with", &[fixed(&["string", "match"], ends_with)]),
    function("string join", &[optional(&["list", "delimiter"], 1, string_join)]),
];

fn substring(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let (Value::String(text), Value::Number(start)) = (&arguments[0], &arguments[1]) else {
        let unfit = if matches!(arguments[0], Value::String(_)) {
            &arguments[1]
        } else {
            &arguments[0]
        };
        return evaluation.unfit("substring", unfit);
    };
    let length = match arguments.get(2) {
        None => None,
        Some(Value::Number(length)) => match length.truncated().filter(|length| *length >= 1) {
            Some(length) => Some(usize::try_from(length).unwrap_or(usize::MAX)),
            None => return evaluation.null("`substring` takes a length of at least 1"),
        },
        Some(other) => return evaluation.unfit("substring", other),
    };
    evaluation.read_text(text.len())?;
    let count = text.chars().count();
    let skipped = match start.truncated() {
        Some(start @ 1..) => usize::try_from(start - 1).ok().filter(|skipped| *skipped < count),
        Some(start @ ..=-1) => usize::try_from(-start)
            .ok()
            .and_then(|from_end| count.checked_sub(from_end)),
        _ => None,
    };
    let Some(skipped) = skipped else {
        return evaluation.null("the start position of `substring` lies outside the text");
    };
    let result: String = text.chars().skip(skipped).take(length.unwrap_or(usize::MAX)).collect();
    evaluation.text(result)
}

fn string_length(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match &arguments[0] {
        Value::String(text) => {
            evaluation.read_text(text.len())?;
            Ok((text.chars().count() as i64).into())
        }
        other => evaluation.unfit("string length", other),
    }
}

fn upper_case(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match &arguments[0] {
        Value::String(text) => evaluation.text(text.to_uppercase()),
        other => evaluation.unfit("upper case", other),
    }
}

fn lower_case(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match &arguments[0] {
        Value::String(text) => evaluation.text(text.to_lowercase()),
        other => evaluation.unfit("lower case", other),
    }
}

/// A function of two texts.
fn of_two(
    function: &str,
    evaluation: &mut Evaluation,
    arguments: &[Value],
    compute: impl FnOnce(&str, &str) -> Value,
) -> Evaluated {
    match arguments {
        [Value::String(text), Value::String(part)] => {
            evaluation.reserve_text(text.len())?;
            Ok(compute(text, part))
        }
        [Value::String(_), other] | [other, ..] => evaluation.unfit(function, other),
        [] => Ok(Value::Null),
    }
}

fn substring_before(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    of_two("substring before", evaluation, arguments, |text, part| {
        text.find(part).map_or("", |position| &text[..position]).into()
    })
}

fn substring_after(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    of_two("substring after", evaluation, arguments, |text, part| {
        text.find(part)
            .map_or("", |position| &text[position + part.len()..])
            .into()
    })
}

fn contains(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    of_two("contains", evaluation, arguments, |text, part| {
        text.contains(part).into()
    })
}

fn starts_with(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    of_two("starts with", evaluation, arguments, |text, part| {
        text.starts_with(part).into()
    })
}

fn ends_with(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    of_two("ends with", evaluation, arguments, |text, part| {
        text.ends_with(part).into()
    })
}

fn string_join(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    if arguments[0].is_null() {
        return Ok(Value::Null);
    }
    let delimiter = match arguments.get(1) {
        None | Some(Value::Null) => "",
        Some(Value::String(delimiter)) => delimiter,
        Some(other) => return evaluation.unfit("string join", other),
    };
    let list = as_list(&arguments[0]);
    let mut parts: Vec<&str> = Vec::new();
    let mut length = 0usize;
    for item in list.iter() {
        evaluation.spend(1)?;
        match item {
            Value::String(part) => {
                length += part.len() + delimiter.len();
                parts.push(part);
            }
            Value::Null => {}
            other => return evaluation.unfit("string join", other),
        }
    }
    evaluation.reserve_text(length)?;
    Ok(parts.join(delimiter).into())
}

//! Functions with regular expressions.

use super::regular_expression::{Pattern, PatternError};
use super::{Builtin, Evaluated, function, optional};
use crate::{Evaluation, EvaluationError, ExceededLimit, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("matches", &[optional(&["input", "pattern", "flags"], 2, matches)]),
    function(
        "replace",
        &[optional(&["input", "pattern", "replacement", "flags"], 3, replace)],
    ),
    function("split", &[optional(&["string", "delimiter"], 2, split)]),
];

/// The arguments as texts; the last one may be missing or null.
fn texts(arguments: &[Value], required: usize) -> Result<Vec<&str>, &Value> {
    let mut texts = Vec::with_capacity(arguments.len());
    for (index, argument) in arguments.iter().enumerate() {
        match argument {
            Value::String(text) => texts.push(&**text),
            Value::Null if index >= required => {}
            other => return Err(other),
        }
    }
    Ok(texts)
}

/// The compiled pattern, or null with a warning.
fn compile(evaluation: &mut Evaluation, source: &str, flags: &str) -> Result<Option<Pattern>, EvaluationError> {
    evaluation.read_text(source.len() * 16)?;
    match evaluation.patterns().compile(source, flags) {
        Ok(pattern) => Ok(Some(pattern)),
        Err(PatternError::Invalid(reason)) => {
            evaluation.warn(format!("the pattern is not valid: {reason}"));
            Ok(None)
        }
        Err(PatternError::TooLarge) => Err(ExceededLimit::Memory.into()),
    }
}

fn matches(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let texts = match texts(arguments, 2) {
        Ok(texts) => texts,
        Err(unfit) => return evaluation.unfit("matches", unfit),
    };
    let Some(pattern) = compile(evaluation, texts[1], texts.get(2).unwrap_or(&""))? else {
        return Ok(Value::Null);
    };
    evaluation.spend(pattern.cost(texts[0]))?;
    Ok(pattern.is_match(texts[0])?.into())
}

fn replace(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let texts = match texts(arguments, 3) {
        Ok(texts) => texts,
        Err(unfit) => return evaluation.unfit("replace", unfit),
    };
    let (input, replacement) = (texts[0], texts[2]);
    let Some(pattern) = compile(evaluation, texts[1], texts.get(3).unwrap_or(&""))? else {
        return Ok(Value::Null);
    };
    evaluation.spend(pattern.cost(input))?;
    if pattern.is_match("")? {
        return evaluation.null("the pattern of `replace` matches the empty text");
    }
    let Some(parts) = pattern.replacement(replacement) else {
        return evaluation.null("in the replacement, `$` takes a digit after it, and `\\` takes `$` or `\\`");
    };
    let mut result = String::new();
    let mut position = 0;
    while let Some(found) = pattern.find_at(input, position)? {
        evaluation.spend(1)?;
        let (start, end) = found.span();
        evaluation.reserve_text(start - position)?;
        result.push_str(&input[position..start]);
        for part in &parts {
            let text = part.text(&found, input);
            evaluation.spend(1)?;
            evaluation.reserve_text(text.len())?;
            result.push_str(text);
        }
        position = end;
    }
    result.push_str(&input[position..]);
    evaluation.text(result)
}

fn split(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let texts = match texts(arguments, 2) {
        Ok(texts) => texts,
        Err(unfit) => return evaluation.unfit("split", unfit),
    };
    let input = texts[0];
    let Some(pattern) = compile(evaluation, texts[1], "")? else {
        return Ok(Value::Null);
    };
    evaluation.spend(pattern.cost(input))?;
    if pattern.is_match("")? {
        return evaluation.null("the delimiter of `split` matches the empty text");
    }
    let mut parts = Vec::new();
    let mut position = 0;
    while let Some(found) = pattern.find_at(input, position)? {
        let (start, end) = found.span();
        evaluation.reserve_item(parts.len())?;
        parts.push(evaluation.text(&input[position..start])?);
        position = end;
    }
    parts.push(evaluation.text(&input[position..])?);
    evaluation.list(parts)
}

//! The methods of `java.lang.String`.
//!
//! Positions count characters. There are no regular expressions: where Java takes one, a pattern without special
//! characters (or with each of them escaped) works and any other is refused.

use super::Found;
use crate::meter::Meter;
use crate::{EvaluationError, Value};

pub(super) fn call(content: &str, name: &str, arguments: &[Value], meter: &mut Meter) -> Found {
    meter.bytes(content.len())?;
    let built = |meter: &mut Meter, text: String| {
        meter.text(text.len())?;
        Ok::<_, EvaluationError>(Value::String(text))
    };
    Ok(Some(match (name, arguments) {
        ("length", []) => Value::Integer(saturated(content.chars().count())),
        ("isEmpty", []) => Value::Boolean(content.is_empty()),
        ("isBlank", []) => Value::Boolean(content.trim().is_empty()),
        ("equalsIgnoreCase", [other]) => {
            Value::Boolean(!other.is_null() && folded(content) == folded(&other.to_text()?))
        }
        ("compareToIgnoreCase", [other]) => Value::Integer(folded(content).cmp(&folded(&other.to_text()?)) as i32),
        ("contains", [part]) => Value::Boolean(content.contains(&part.to_text()?)),
        ("startsWith", [part]) => Value::Boolean(content.starts_with(&part.to_text()?)),
        ("endsWith", [part]) => Value::Boolean(content.ends_with(&part.to_text()?)),
        ("indexOf", [part]) => position(content, content.find(&part.to_text()?)),
        ("indexOf", [part, from]) => {
            let from = usize::try_from(from.coerce_long()?).unwrap_or(0);
            let start = byte_position(content, from).unwrap_or(content.len());
            position(content, content[start..].find(&part.to_text()?).map(|at| start + at))
        }
        ("lastIndexOf", [part]) => position(content, content.rfind(&part.to_text()?)),
        ("charAt", [index]) => {
            let index = index.coerce_long()?;
            match usize::try_from(index).ok().and_then(|index| content.chars().nth(index)) {
                Some(character) => Value::String(character.to_string()),
                None => return Err(out_of_range(index, content)),
            }
        }
        ("substring", [begin]) => {
            let begin = checked_position(content, begin)?;
            built(meter, content[begin..].to_owned())?
        }
        ("substring" | "subSequence", [begin, end]) => {
            let (from, to) = (checked_position(content, begin)?, checked_position(content, end)?);
            match content.get(from..to) {
                Some(part) => built(meter, part.to_owned())?,
                None => return Err(out_of_range(begin.coerce_long()?, content)),
            }
        }
        ("toUpperCase", []) => built(meter, content.to_uppercase())?,
        ("toLowerCase", []) => built(meter, content.to_lowercase())?,
        ("trim" | "strip", []) => built(meter, content.trim().to_owned())?,
        ("concat", [other]) => {
            let other = other.to_text()?;
            meter.text(content.len() + other.len())?;
            Value::String(format!("{content}{other}"))
        }
        ("repeat", [count]) => {
            let count = usize::try_from(count.coerce_long()?)
                .map_err(|_| EvaluationError::failed("a text cannot be repeated a negative number of times"))?;
            meter.text(content.len().saturating_mul(count))?;
            Value::String(content.repeat(count))
        }
        ("replace", [from, to]) => replace(content, &from.to_text()?, &to.to_text()?, usize::MAX, meter)?,
        ("replaceAll", [from, to]) => replace(
            content,
            &literal_pattern(from)?,
            &literal_replacement(to)?,
            usize::MAX,
            meter,
        )?,
        ("replaceFirst", [from, to]) => replace(content, &literal_pattern(from)?, &literal_replacement(to)?, 1, meter)?,
        ("matches", [pattern]) => Value::Boolean(content == literal_pattern(pattern)?),
        ("split", [separator]) => split(content, &literal_pattern(separator)?, meter)?,
        _ => return Ok(None),
    }))
}

/// Upper and lower case are one.
fn folded(text: &str) -> String {
    text.to_uppercase().to_lowercase()
}

pub(super) fn saturated(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A byte position as a position in characters, -1 when there is none.
fn position(content: &str, byte: Option<usize>) -> Value {
    Value::Integer(byte.map_or(-1, |byte| saturated(content[..byte].chars().count())))
}

/// A position in characters as a byte position; the end counts as one.
fn byte_position(content: &str, position: usize) -> Option<usize> {
    content
        .char_indices()
        .map(|(byte, _)| byte)
        .chain([content.len()])
        .nth(position)
}

fn checked_position(content: &str, position: &Value) -> Result<usize, EvaluationError> {
    let position = position.coerce_long()?;
    usize::try_from(position)
        .ok()
        .and_then(|position| byte_position(content, position))
        .ok_or_else(|| out_of_range(position, content))
}

fn out_of_range(position: i64, content: &str) -> EvaluationError {
    let length = content.chars().count();
    EvaluationError::failed(format!(
        "String index out of range: {position} in a text of length {length}"
    ))
}

fn replace(content: &str, from: &str, to: &str, most: usize, meter: &mut Meter) -> Result<Value, EvaluationError> {
    let found = content.matches(from).take(most).count();
    let grown = found.saturating_mul(to.len()).saturating_add(content.len());
    meter.text(grown.saturating_sub(found.saturating_mul(from.len())))?;
    Ok(Value::String(content.replacen(from, to, most)))
}

/// Java's `split`: empty pieces at the end are dropped, and an empty text is one empty piece.
fn split(content: &str, separator: &str, meter: &mut Meter) -> Result<Value, EvaluationError> {
    let mut pieces: Vec<&str> = if separator.is_empty() {
        content.split("").filter(|piece| !piece.is_empty()).collect()
    } else {
        content.split(separator).collect()
    };
    while pieces.len() > 1 && pieces.last().is_some_and(|piece| piece.is_empty()) {
        pieces.pop();
    }
    if pieces.len() == 1 && pieces[0].is_empty() && !content.is_empty() {
        pieces.pop();
    }
    meter.list(pieces.len())?;
    Ok(Value::from(pieces.into_iter().map(Value::from).collect::<Vec<_>>()))
}

/// The text that a regular expression without special characters matches.
fn literal_pattern(pattern: &Value) -> Result<String, EvaluationError> {
    let pattern = pattern.to_text()?;
    let mut literal = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let plain = match character {
            '\\' => characters.next().filter(|escaped| !escaped.is_alphanumeric()),
            '.' | '[' | ']' | '{' | '}' | '(' | ')' | '*' | '+' | '?' | '^' | '$' | '|' => None,
            other => Some(other),
        };
        let Some(plain) = plain else {
            return Err(EvaluationError::failed(format!(
                "'{}' is a regular expression, which is not supported here. Escape its special characters with a \
                 backslash to take them literally, or compute the value in a script",
                pattern.chars().take(100).collect::<String>()
            )));
        };
        literal.push(plain);
    }
    Ok(literal)
}

/// A replacement without references to groups of a regular expression.
fn literal_replacement(replacement: &Value) -> Result<String, EvaluationError> {
    let text = replacement.to_text()?;
    if text.contains(['$', '\\']) {
        return Err(EvaluationError::failed(
            "'$' and '\\' are not supported in a replacement; use replace()",
        ));
    }
    Ok(text)
}

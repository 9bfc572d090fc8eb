//! The attributes of a start tag, strictly as XML 1.0 writes them (productions 10 and 41).

use std::borrow::Cow;

use super::characters::{is_qualified_name, is_space, resolve_reference};
use crate::codes;
use crate::problems::{Problem, Span};

/// An attribute as written; its name is not yet resolved to a namespace.
pub(super) struct RawAttribute<'source> {
    pub name: &'source str,
    pub name_span: Span,
    pub value: Cow<'source, str>,
    /// The value without its quotes.
    pub value_span: Span,
}

/// Reads what follows the element name up to the end of a start tag or XML declaration. `offset` is where `source`
/// begins in the file.
pub(super) fn read_attributes(source: &str, offset: usize, maximum: usize) -> Result<Vec<RawAttribute<'_>>, Problem> {
    let mut attributes = Vec::new();
    let mut rest = source;
    loop {
        let trimmed = rest.trim_start_matches(is_space);
        let at = offset + source.len() - trimmed.len();
        if trimmed.is_empty() {
            return Ok(attributes);
        }
        if trimmed.len() == rest.len() {
            return Err(malformed(
                (at, at + 1),
                "White space is missing between two attributes.",
            ));
        }
        if attributes.len() == maximum {
            return Err(Problem::new(
                codes::TOO_LARGE,
                (at, at + 1),
                format!("The element has more than {maximum} attributes."),
                "Remove attributes that do not belong to BPMN.",
            ));
        }
        let name_length = trimmed
            .find(|character| is_space(character) || character == '=')
            .unwrap_or(trimmed.len());
        let name = &trimmed[..name_length];
        let name_span = (at, at + name_length.max(1));
        if !is_qualified_name(name) {
            return Err(malformed(name_span, format!("'{name}' is not an attribute name.")));
        }
        let after_name = trimmed[name_length..].trim_start_matches(is_space);
        let Some(after_equals) = after_name.strip_prefix('=') else {
            return Err(malformed(name_span, format!("The attribute '{name}' has no value.")));
        };
        let quoted = after_equals.trim_start_matches(is_space);
        let value_at = offset + source.len() - quoted.len() + 1;
        let Some(quote) = quoted.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else {
            return Err(malformed(
                name_span,
                format!("The value of the attribute '{name}' is not in quotes."),
            ));
        };
        let Some((value, after_value)) = quoted[1..].split_once(quote) else {
            return Err(malformed(
                name_span,
                format!("The value of the attribute '{name}' does not end."),
            ));
        };
        let value_span = (value_at, value_at + value.len());
        attributes.push(RawAttribute {
            name,
            name_span,
            value: normalize(value, value_at)?,
            value_span,
        });
        rest = after_value;
    }
}

/// XML 1.0, 3.3.3: references resolved, white space characters turned into spaces.
fn normalize(value: &str, offset: usize) -> Result<Cow<'_, str>, Problem> {
    if !value.contains(['&', '<', '\t', '\n', '\r']) {
        return Ok(Cow::Borrowed(value));
    }
    let mut normalized = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(position) = rest.find(['&', '<', '\t', '\n', '\r']) {
        normalized.push_str(&rest[..position]);
        let at = offset + value.len() - rest.len() + position;
        let special = &rest[position..];
        let consumed = match special.as_bytes()[0] {
            b'<' => {
                return Err(malformed(
                    (at, at + 1),
                    "The character '<' must not stand in the value of an attribute.",
                ));
            }
            b'&' => {
                let end = special.find(';').unwrap_or(special.len().min(1));
                normalized.push(
                    resolve_reference(&special[1..end.max(1)]).ok_or_else(|| unknown_reference((at, at + end + 1)))?,
                );
                end + 1
            }
            b'\r' if special.as_bytes().get(1) == Some(&b'\n') => {
                normalized.push(' ');
                2
            }
            _ => {
                normalized.push(' ');
                1
            }
        };
        rest = &special[consumed..];
    }
    normalized.push_str(rest);
    Ok(Cow::Owned(normalized))
}

pub(super) fn malformed(span: Span, message: impl Into<String>) -> Problem {
    Problem::new(
        codes::INVALID_XML,
        span,
        message,
        "Correct the XML, or export the file again from a modeler.",
    )
}

pub(super) fn unknown_reference(span: Span) -> Problem {
    Problem::new(
        codes::INVALID_XML,
        span,
        "The reference is neither a character nor a predefined entity.",
        "Write '&amp;' for the character '&'; only lt, gt, amp, apos, quot and numbers can be referred to.",
    )
}

//! The Unified Expression Language: from text to the tree.

mod lexer;
mod parser;

use crate::ast::Part;
use crate::{MAXIMUM_SOURCE_BYTES, ParseError};

/// Parses a source into texts and values in their order.
pub(crate) fn parse(source: &str) -> Result<Vec<Part>, ParseError> {
    let mut parts = Vec::new();
    let mut text = String::new();
    // Backslashes count only directly before `${` or `#{`; anywhere else they are plain characters.
    let mut escaped = false;
    let mut at = 0;
    while let Some(character) = source[at..].chars().next() {
        let opens = matches!(character, '$' | '#') && source[at + 1..].starts_with('{');
        if character == '\\' && !escaped {
            escaped = true;
            at += 1;
            continue;
        }
        if opens && !escaped {
            if source.len() > MAXIMUM_SOURCE_BYTES {
                return Err(ParseError {
                    offset: MAXIMUM_SOURCE_BYTES,
                    message: format!("the expression is longer than {MAXIMUM_SOURCE_BYTES} bytes; split it up"),
                });
            }
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            let (node, end) = parser::parse(source, at + 2)?;
            parts.push(Part::Value(node));
            at = end;
            continue;
        }
        if character == '\\' {
            // The first of two backslashes is text, the second may still escape.
            text.push('\\');
            at += 1;
            continue;
        }
        if escaped && !opens {
            text.push('\\');
        }
        escaped = false;
        text.push(character);
        at += character.len_utf8();
    }
    if escaped {
        text.push('\\');
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}

//! Splits a source into tokens. Names of several words are put together by the parser, which knows them.

use crate::ParseError;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// A run of name characters, or `?`.
    Word,
    /// A number literal without sign.
    Number,
    /// A string literal; its text with escapes resolved.
    String(String),
    /// Punctuation of one or two characters.
    Symbol(&'static str),
    /// A character that occurs only in names, such as `'`.
    Other,
    /// The end of the source.
    End,
}

/// A token and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether white space or a comment stands before it.
    pub(super) spaced: bool,
}

/// Longer symbols first, so that they are not taken for their beginnings.
const SYMBOLS: [&str; 27] = [
    "..", "**", "<=", ">=", "!=", "->", "(", ")", "[", "]", "{", "}", ",", ":", ".", "+", "-", "*", "/", "=", "<", ">",
    "@", ";", "|", "&", "!",
];

/// Splits a whole source.
pub(super) fn tokenize(source: &str) -> Result<Vec<Token>, ParseError> {
    let mut tokens = Vec::new();
    let mut position = 0;
    loop {
        let start = skip_space(source, position)?;
        let spaced = start > position;
        let rest = &source[start..];
        let Some(first) = rest.chars().next() else {
            tokens.push(Token {
                kind: TokenKind::End,
                start,
                end: start,
                spaced,
            });
            return Ok(tokens);
        };
        let (kind, length) = if first == '"' {
            read_string(source, start)?
        } else if starts_number(rest) {
            (TokenKind::Number, number_length(rest))
        } else if first == '?' {
            (TokenKind::Word, 1)
        } else if is_name_start(first) {
            let length = rest.find(|character| !is_name_part(character)).unwrap_or(rest.len());
            (TokenKind::Word, length)
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            (TokenKind::Symbol(symbol), symbol.len())
        } else {
            (TokenKind::Other, first.len_utf8())
        };
        position = start + length;
        tokens.push(Token {
            kind,
            start,
            end: position,
            spaced,
        });
    }
}

fn skip_space(source: &str, start: usize) -> Result<usize, ParseError> {
    let mut position = start;
    loop {
        let rest = &source[position..];
        let trimmed = rest.trim_start_matches(is_space);
        position += rest.len() - trimmed.len();
        if let Some(comment) = trimmed.strip_prefix("//") {
            position += 2 + comment.find('\n').unwrap_or(comment.len());
        } else if let Some(comment) = trimmed.strip_prefix("/*") {
            let end = comment
                .find("*/")
                .ok_or_else(|| ParseError::at(source, position, "this comment is not closed with `*/`"))?;
            position += 2 + end + 2;
        } else {
            return Ok(position);
        }
    }
}

fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{180e}' | '\u{200b}' | '\u{feff}')
}

fn starts_number(rest: &str) -> bool {
    let mut bytes = rest.bytes();
    match bytes.next() {
        Some(b'.') => bytes.next().is_some_and(|byte| byte.is_ascii_digit()),
        Some(byte) => byte.is_ascii_digit(),
        None => false,
    }
}

fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') {
        let fraction = digits(length + 1);
        if fraction > 0 {
            length += 1 + fraction;
        }
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}

pub(super) fn is_name_start(character: char) -> bool {
    matches!(character,
        'A'..='Z' | '_' | 'a'..='z'
        | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}'
        | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}'
        | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
        && !is_space(character)
}

fn is_name_part(character: char) -> bool {
    is_name_start(character)
        || matches!(character, '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

fn read_string(source: &str, start: usize) -> Result<(TokenKind, usize), ParseError> {
    let mut text = String::new();
    let body = &source[start + 1..];
    let mut rest = body;
    loop {
        let Some(stop) = rest.find(['"', '\\']) else {
            return Err(ParseError::at(source, start, "this text is not closed with `\"`"));
        };
        text.push_str(&rest[..stop]);
        rest = &rest[stop..];
        if let Some(after) = rest.strip_prefix('"') {
            return Ok((TokenKind::String(text), 1 + body.len() - after.len()));
        }
        rest = read_escape(rest, &mut text);
    }
}

/// Resolves the escape that `rest` begins with. What is no escape stays as it is, for patterns such as `\d`.
fn read_escape<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let after = &rest[1..];
    let Some(designator) = after.chars().next() else {
        text.push('\\');
        return after;
    };
    let plain = match designator {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        '"' | '\'' | '\\' => Some(designator),
        _ => None,
    };
    if let Some(character) = plain {
        text.push(character);
        return &after[1..];
    }
    let unit = match designator {
        'u' => code_unit(after, 4),
        'U' => code_unit(after, 6),
        _ => None,
    };
    match unit {
        Some((high @ 0xd800..=0xdbff, rest)) => {
            // The halves of a surrogate pair are one code point.
            let low = rest
                .strip_prefix('\\')
                .filter(|low| low.starts_with('u'))
                .and_then(|low| code_unit(low, 4));
            match low {
                Some((low @ 0xdc00..=0xdfff, rest)) => {
                    let point = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    text.push(char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER));
                    rest
                }
                _ => {
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest
                }
            }
        }
        Some((point, rest)) => {
            text.push(char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER));
            rest
        }
        None => {
            text.push('\\');
            after
        }
    }
}

/// The code unit behind a designator of one byte, and what follows it.
fn code_unit(text: &str, digits: usize) -> Option<(u32, &str)> {
    let hexadecimal = text.get(1..=digits)?;
    if !hexadecimal.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some((u32::from_str_radix(hexadecimal, 16).ok()?, &text[digits + 1..]))
}

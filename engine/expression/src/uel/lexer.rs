//! The tokens inside `${…}`.

use crate::ParseError;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Identifier(String),
    Text(String),
    Long(i64),
    Double(f64),
    True,
    False,
    Null,
    Empty,
    Not,
    And,
    Or,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Question,
    Colon,
    Dot,
    Comma,
    OpenParenthesis,
    CloseParenthesis,
    OpenBracket,
    CloseBracket,
    /// The `}` that ends the expression.
    End,
}

/// Words with a meaning of their own; they cannot name variables.
fn keyword(word: &str) -> Option<Token> {
    Some(match word {
        "true" => Token::True,
        "false" => Token::False,
        "null" => Token::Null,
        "empty" => Token::Empty,
        "not" => Token::Not,
        "and" => Token::And,
        "or" => Token::Or,
        "eq" => Token::Equal,
        "ne" => Token::NotEqual,
        "lt" => Token::Less,
        "le" => Token::LessOrEqual,
        "gt" => Token::Greater,
        "ge" => Token::GreaterOrEqual,
        "div" => Token::Slash,
        "mod" => Token::Percent,
        _ => return None,
    })
}

/// Operators, the longer ones first.
const SYMBOLS: [(&str, Token); 23] = [
    ("==", Token::Equal),
    ("!=", Token::NotEqual),
    ("<=", Token::LessOrEqual),
    (">=", Token::GreaterOrEqual),
    ("&&", Token::And),
    ("||", Token::Or),
    ("<", Token::Less),
    (">", Token::Greater),
    ("!", Token::Not),
    ("+", Token::Plus),
    ("-", Token::Minus),
    ("*", Token::Star),
    ("/", Token::Slash),
    ("%", Token::Percent),
    ("?", Token::Question),
    (":", Token::Colon),
    (".", Token::Dot),
    (",", Token::Comma),
    ("(", Token::OpenParenthesis),
    (")", Token::CloseParenthesis),
    ("[", Token::OpenBracket),
    ("]", Token::CloseBracket),
    ("}", Token::End),
];

/// Reads tokens from a place in the source on.
pub(super) struct Lexer<'a> {
    source: &'a str,
    position: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a str, position: usize) -> Self {
        Self { source, position }
    }

    /// The next token with its start and end.
    pub(super) fn next(&mut self) -> Result<(Token, usize, usize), ParseError> {
        let rest = &self.source[self.position..];
        self.position += rest.len() - rest.trim_start().len();
        let start = self.position;
        let rest = &self.source[start..];
        let Some(first) = rest.chars().next() else {
            return Err(error(start, "the expression is not closed; a '}' is missing"));
        };
        let token = if first == '\'' || first == '"' {
            self.quoted(first)?
        } else if first.is_ascii_digit() || (first == '.' && rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit)) {
            self.number()?
        } else if is_word_start(first) {
            let length = rest.find(|character| !is_word_part(character)).unwrap_or(rest.len());
            self.position += length;
            let word = &rest[..length];
            if word == "instanceof" {
                return Err(error(start, "'instanceof' is reserved and has no meaning"));
            }
            keyword(word).unwrap_or_else(|| Token::Identifier(word.to_owned()))
        } else if let Some((symbol, token)) = SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
            self.position += symbol.len();
            token.clone()
        } else {
            let advice = match first {
                '=' => "; compare with '=='",
                '&' => "; write '&&'",
                '|' => "; write '||'",
                _ => "",
            };
            return Err(error(start, format!("'{first}' is not expected here{advice}")));
        };
        Ok((token, start, self.position))
    }

    /// A word after a dot, where keywords are plain names.
    pub(super) fn word(source: &str, start: usize, end: usize) -> Option<&str> {
        let text = &source[start..end];
        text.starts_with(is_word_start).then_some(text)
    }

    fn quoted(&mut self, quote: char) -> Result<Token, ParseError> {
        let start = self.position;
        let mut text = String::new();
        let mut characters = self.source[start + 1..].char_indices();
        while let Some((at, character)) = characters.next() {
            if character == quote {
                self.position = start + 1 + at + 1;
                return Ok(Token::Text(text));
            }
            if character != '\\' {
                text.push(character);
                continue;
            }
            match characters.next() {
                Some((_, escaped)) if escaped == '\\' || escaped == quote => text.push(escaped),
                Some((_, escaped)) => {
                    let message = format!("'\\{escaped}' is no escape; only '\\\\' and '\\{quote}' are");
                    return Err(error(start + 1 + at, message));
                }
                None => break,
            }
        }
        Err(error(start, format!("the text is not closed; a {quote} is missing")))
    }

    fn number(&mut self) -> Result<Token, ParseError> {
        let start = self.position;
        let bytes = self.source.as_bytes();
        let mut end = start;
        let skip_digits = |end: &mut usize| {
            while bytes.get(*end).is_some_and(u8::is_ascii_digit) {
                *end += 1;
            }
        };
        skip_digits(&mut end);
        let mut whole = true;
        if bytes.get(end) == Some(&b'.') {
            whole = false;
            end += 1;
            skip_digits(&mut end);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let mut exponent = end + 1;
            if matches!(bytes.get(exponent), Some(b'+' | b'-')) {
                exponent += 1;
            }
            if bytes.get(exponent).is_some_and(u8::is_ascii_digit) {
                whole = false;
                end = exponent;
                skip_digits(&mut end);
            }
        }
        self.position = end;
        let text = &self.source[start..end];
        if whole {
            let value = text
                .parse()
                .map_err(|_| error(start, format!("'{text}' is too large for a whole number")))?;
            Ok(Token::Long(value))
        } else {
            let value = text
                .parse()
                .map_err(|_| error(start, format!("'{text}' is not a number")))?;
            Ok(Token::Double(value))
        }
    }
}

fn is_word_start(character: char) -> bool {
    character.is_alphabetic() || character == '_' || character == '$'
}

fn is_word_part(character: char) -> bool {
    is_word_start(character) || character.is_numeric()
}

pub(super) fn error(offset: usize, message: impl Into<String>) -> ParseError {
    ParseError {
        offset,
        message: message.into(),
    }
}

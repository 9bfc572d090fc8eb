//! Recursive descent with bounded depth.

mod collections;
mod names;
mod operators;
mod statements;
mod tests;
mod types;

use std::sync::Arc;

use super::NameIndex;
use super::ast::{Node, NodeKind, Tests};
use super::lexer::{Token, TokenKind, tokenize};
use crate::expression::{MAXIMUM_DEPTH, MAXIMUM_SOURCE_BYTES};
use crate::{Names, ParseError, Type, Value};

/// How many nodes may lie below each other in a syntax tree.
const MAXIMUM_HEIGHT: u16 = 200;

pub(crate) fn parse_expression(source: &str, names: &Names) -> Result<Node, ParseError> {
    let mut parser = Parser::new(source, names)?;
    let node = parser.expression()?;
    parser.expect_end()?;
    Ok(node)
}

pub(crate) fn parse_unary_tests(source: &str, names: &Names) -> Result<Tests, ParseError> {
    let mut parser = Parser::new(source, names)?;
    let tests = parser.unary_tests()?;
    parser.expect_end()?;
    Ok(tests)
}

/// Parses the text of a range, such as `[1..3]`, for the function of that name.
pub(crate) fn parse_range_literal(source: &str) -> Result<Node, ParseError> {
    let node = parse_expression(source, &Names::new())?;
    match node.kind {
        NodeKind::Range(_) => Ok(node),
        _ => Err(ParseError::at(source, 0, "this is not a range such as `[1..3]`")),
    }
}

pub(crate) fn parse_type(source: &str, names: &Names) -> Result<Type, ParseError> {
    let mut parser = Parser::new(source, names)?;
    let parsed = parser.type_expression()?;
    parser.expect_end()?;
    Ok(parsed)
}

struct Parser<'a> {
    source: &'a str,
    tokens: Vec<Token>,
    position: usize,
    depth: usize,
    names: &'a Names,
    /// Names that the text itself declares.
    local_names: NameIndex,
    /// Keys of contexts in the text, which may be properties anywhere behind them.
    keys: NameIndex,
    /// Whether an end of a range is being parsed, where `[` may close the range.
    in_range_end: bool,
    /// How often the input was mentioned as `?` so far.
    input_mentions: usize,
    /// How often `partial` was mentioned so far.
    partial_mentions: usize,
}

impl<'a> Parser<'a> {
    fn new(source: &'a str, names: &'a Names) -> Result<Self, ParseError> {
        if source.len() > MAXIMUM_SOURCE_BYTES {
            let message = format!(
                "the text has {} bytes; shorten it to {MAXIMUM_SOURCE_BYTES} at most",
                source.len()
            );
            return Err(ParseError::at(source, 0, message));
        }
        Ok(Self {
            source,
            tokens: tokenize(source)?,
            position: 0,
            depth: 0,
            names,
            local_names: NameIndex::default(),
            keys: NameIndex::default(),
            in_range_end: false,
            input_mentions: 0,
            partial_mentions: 0,
        })
    }

    fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    /// The token that many places ahead; the end counts as often as wanted.
    fn peek_at(&self, ahead: usize) -> &Token {
        // The last token is the end, so there is always one.
        &self.tokens[(self.position + ahead).min(self.tokens.len() - 1)]
    }

    fn text_of(&self, token: &Token) -> &'a str {
        &self.source[token.start..token.end]
    }

    fn advance(&mut self) {
        if self.position + 1 < self.tokens.len() {
            self.position += 1;
        }
    }

    fn at_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek().kind, TokenKind::Symbol(own) if own == symbol)
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn expect_symbol(&mut self, symbol: &str) -> Result<(), ParseError> {
        if self.take_symbol(symbol) {
            return Ok(());
        }
        Err(self.unexpected(&format!("`{symbol}`")))
    }

    fn at_word(&self, word: &str) -> bool {
        self.is_word(0, word)
    }

    fn is_word(&self, ahead: usize, word: &str) -> bool {
        let token = self.peek_at(ahead);
        token.kind == TokenKind::Word && self.text_of(token) == word
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn expect_word(&mut self, word: &str) -> Result<(), ParseError> {
        if self.take_word(word) {
            return Ok(());
        }
        Err(self.unexpected(&format!("`{word}`")))
    }

    fn expect_end(&self) -> Result<(), ParseError> {
        if self.peek().kind == TokenKind::End {
            return Ok(());
        }
        Err(self.unexpected("an operator or the end"))
    }

    fn unexpected(&self, expected: &str) -> ParseError {
        let token = self.peek();
        let found = match token.kind {
            TokenKind::End => "the end of the text".to_owned(),
            _ => {
                let text: String = self.text_of(token).chars().take(40).collect();
                format!("`{text}`")
            }
        };
        self.error_here(format!("expected {expected}, found {found}"))
    }

    fn error_here(&self, message: impl Into<String>) -> ParseError {
        ParseError::at(self.source, self.peek().start, message)
    }

    /// Parses something nested, one level deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, ParseError>) -> Result<T, ParseError> {
        if self.depth >= MAXIMUM_DEPTH {
            return Err(self.error_here(format!(
                "this is nested deeper than {MAXIMUM_DEPTH} levels; split the expression"
            )));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn node(&self, kind: NodeKind) -> Result<Node, ParseError> {
        let node = Node::new(kind);
        if node.height > MAXIMUM_HEIGHT {
            return Err(self.error_here(format!(
                "operations lie in each other deeper than {MAXIMUM_HEIGHT} levels; split the expression"
            )));
        }
        Ok(node)
    }

    fn primary(&mut self) -> Result<Node, ParseError> {
        let token = self.peek().clone();
        match token.kind {
            TokenKind::Number => {
                self.advance();
                let number = self.text_of(&token).parse().map_err(|_| {
                    ParseError::at(
                        self.source,
                        token.start,
                        "this number is beyond 34 digits and 6144 zeros",
                    )
                })?;
                Ok(Node::literal(Value::Number(number)))
            }
            TokenKind::String(text) => {
                self.advance();
                Ok(Node::literal(Value::from(text)))
            }
            TokenKind::Symbol("@") => self.temporal_literal(),
            TokenKind::Symbol("(") => self.nested(Self::parenthesis),
            TokenKind::Symbol("[") => self.nested(Self::list_or_range),
            TokenKind::Symbol("]") => {
                self.advance();
                self.nested(|parser| parser.range_from(false))
            }
            TokenKind::Symbol("{") => self.nested(Self::context),
            TokenKind::Word => self.word(),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// A keyword, a literal or a name.
    fn word(&mut self) -> Result<Node, ParseError> {
        if let Some((name, length)) = self.known_name() {
            self.position += length;
            self.input_mentions += usize::from(self.names.is_input(&name));
            return self.node(NodeKind::Name(name));
        }
        let token = self.peek().clone();
        let literal = match self.text_of(&token) {
            "null" => Some(Value::Null),
            "true" => Some(Value::Boolean(true)),
            "false" => Some(Value::Boolean(false)),
            _ => None,
        };
        if let Some(value) = literal {
            self.advance();
            return Ok(Node::literal(value));
        }
        match self.text_of(&token) {
            "if" => self.nested(Self::conditional),
            "for" => self.nested(Self::for_loop),
            "some" | "every" if !matches!(self.peek_at(1).kind, TokenKind::Symbol("(" | "." | ")")) => {
                self.nested(Self::quantified)
            }
            "function" if matches!(self.peek_at(1).kind, TokenKind::Symbol("(")) => self.nested(Self::function_literal),
            _ => {
                let name = self.unknown_name()?;
                self.node(NodeKind::Name(name))
            }
        }
    }

    fn temporal_literal(&mut self) -> Result<Node, ParseError> {
        self.advance();
        let token = self.peek().clone();
        let TokenKind::String(text) = token.kind else {
            return Err(self.unexpected("a text such as \"2026-01-31\" after `@`"));
        };
        self.advance();
        Ok(Node::literal(crate::value::temporal_from_text(&text)))
    }

    /// Declares names for the rest of what `parse` parses.
    fn with_names<T>(
        &mut self,
        declared: &[Arc<str>],
        parse: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        for name in declared {
            self.local_names.insert(name);
        }
        let result = parse(self);
        for name in declared {
            self.local_names.remove(name);
        }
        result
    }
}

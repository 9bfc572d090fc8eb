//! Names in the source.

use std::sync::{Arc, LazyLock};

use super::super::NameIndex;
use super::super::lexer::{Token, TokenKind};
use super::Parser;
use crate::{ParseError, builtins};

/// Words that end a name of several words unless the name is known with them.
const KEYWORDS: [&str; 14] = [
    "and",
    "or",
    "in",
    "between",
    "instance",
    "then",
    "else",
    "return",
    "satisfies",
    "if",
    "for",
    "null",
    "true",
    "false",
];

/// Names of built-in functions that are several words.
static BUILTIN_NAMES: LazyLock<NameIndex> = LazyLock::new(|| {
    let mut index = NameIndex::default();
    for name in builtins::names() {
        index.insert(&Arc::from(name));
    }
    index
});

/// Properties of dates and times that are several words.
static PROPERTY_NAMES: LazyLock<NameIndex> = LazyLock::new(|| {
    let mut index = NameIndex::default();
    index.insert(&Arc::from("time offset"));
    index.insert(&Arc::from("start included"));
    index.insert(&Arc::from("end included"));
    index
});

impl Parser<'_> {
    /// The longest name of several parts that is known here, and of how many tokens it is.
    pub(super) fn known_name(&self) -> Option<(Arc<str>, usize)> {
        self.longest_known([&BUILTIN_NAMES, &self.local_names, self.names.index()])
    }

    fn longest_known<const COUNT: usize>(&self, indexes: [&NameIndex; COUNT]) -> Option<(Arc<str>, usize)> {
        let tokens = &self.tokens[self.position..];
        indexes
            .into_iter()
            .filter_map(|index| index.longest(self.source, tokens))
            .max_by_key(|(_, length)| *length)
    }

    /// A name after `.`.
    pub(super) fn property_name(&mut self) -> Result<Arc<str>, ParseError> {
        if let Some((name, length)) =
            self.longest_known([&PROPERTY_NAMES, &self.keys, self.names.properties(), self.names.index()])
        {
            self.position += length;
            return Ok(name);
        }
        if self.peek().kind == TokenKind::Word {
            // Right after the dot even a keyword is a name.
            return Ok(self.words());
        }
        Err(self.unexpected("a name after `.`"))
    }

    /// A name that is not listed: one word, or several that nothing separates.
    pub(super) fn unknown_name(&mut self) -> Result<Arc<str>, ParseError> {
        if self.peek().kind != TokenKind::Word || self.at_keyword(0) {
            return Err(self.unexpected("a value"));
        }
        let mentions_partial = self.at_word("partial");
        let name = self.words();
        if self.names.is_input(&name) {
            self.input_mentions += 1;
        } else if mentions_partial {
            self.partial_mentions += 1;
        }
        Ok(name)
    }

    fn words(&mut self) -> Arc<str> {
        let first = self.position;
        self.advance();
        if self.text_of(&self.tokens[first]) != "?" {
            while matches!(self.peek().kind, TokenKind::Word | TokenKind::Number)
                && !self.at_keyword(0)
                && !self.at_word("?")
            {
                self.advance();
            }
        }
        self.joined(first, self.position)
    }

    fn at_keyword(&self, ahead: usize) -> bool {
        let token = self.peek_at(ahead);
        token.kind == TokenKind::Word && KEYWORDS.contains(&self.text_of(token))
    }

    /// The name that these tokens make, with single spaces.
    fn joined(&self, from: usize, to: usize) -> Arc<str> {
        let mut name = String::new();
        for token in &self.tokens[from..to] {
            if token.spaced && !name.is_empty() {
                name.push(' ');
            }
            name.push_str(self.text_of(token));
        }
        name.into()
    }

    /// A name that is declared here: all tokens up to one of the symbols, or up to the word.
    pub(super) fn declared_name(&mut self, symbols: &[&str], word: Option<&str>) -> Result<Arc<str>, ParseError> {
        let first = self.position;
        loop {
            let token = self.peek();
            let ends = match &token.kind {
                TokenKind::Symbol(symbol) => symbols.contains(symbol),
                TokenKind::Word => self.position > first && word.is_some_and(|word| self.text_of(token) == word),
                TokenKind::Number | TokenKind::Other => false,
                TokenKind::String(_) | TokenKind::End => return Err(self.unexpected("a name")),
            };
            if ends {
                break;
            }
            if !is_name_token(token) {
                return Err(self.unexpected("a name"));
            }
            self.advance();
        }
        if self.position == first || self.tokens[first].kind != TokenKind::Word {
            return Err(ParseError::at(self.source, self.tokens[first].start, "expected a name"));
        }
        Ok(self.joined(first, self.position))
    }

    /// Whether `name:` comes next.
    pub(super) fn at_named_argument(&self) -> bool {
        if self.peek().kind != TokenKind::Word {
            return false;
        }
        let name_tokens = self.tokens[self.position..]
            .iter()
            .take_while(|token| is_name_token(token))
            .count();
        matches!(self.peek_at(name_tokens).kind, TokenKind::Symbol(":"))
    }
}

/// Whether a token can be part of a name.
fn is_name_token(token: &Token) -> bool {
    match &token.kind {
        TokenKind::Word | TokenKind::Number | TokenKind::Other => true,
        TokenKind::Symbol(symbol) => matches!(*symbol, "." | "/" | "-" | "+" | "*" | "**" | ".."),
        TokenKind::String(_) | TokenKind::End => false,
    }
}

//! Types in the source.

use std::sync::Arc;

use super::super::lexer::TokenKind;
use super::Parser;
use crate::{ParseError, Type};

impl Parser<'_> {
    /// A type: a name, `list<type>`, `range<type>`, `context<name: type>` or `function<type> -> type`.
    pub(super) fn type_expression(&mut self) -> Result<Type, ParseError> {
        self.nested(|parser| {
            let generic = matches!(parser.peek_at(1).kind, TokenKind::Symbol("<"));
            match parser.text_of(parser.peek()) {
                "list" if generic => parser.type_argument().map(Type::list),
                "range" if generic => parser.type_argument().map(|ends| Type::Range(Arc::new(ends))),
                "context" if generic => parser.context_type(),
                "function" if generic => parser.function_type(),
                _ => parser.type_name(),
            }
        })
    }

    fn type_argument(&mut self) -> Result<Type, ParseError> {
        self.advance();
        self.expect_symbol("<")?;
        let argument = self.type_expression()?;
        self.expect_symbol(">")?;
        Ok(argument)
    }

    fn context_type(&mut self) -> Result<Type, ParseError> {
        self.advance();
        self.expect_symbol("<")?;
        let mut entries = Vec::new();
        if self.take_symbol(">") {
            return Ok(Type::Context(entries.into()));
        }
        loop {
            let name = self.declared_name(&[":"], None)?;
            self.expect_symbol(":")?;
            entries.push((name, self.type_expression()?));
            if self.take_symbol(">") {
                return Ok(Type::Context(entries.into()));
            }
            self.expect_symbol(",")?;
        }
    }

    fn function_type(&mut self) -> Result<Type, ParseError> {
        self.advance();
        self.expect_symbol("<")?;
        let mut parameters = Vec::new();
        while !self.take_symbol(">") {
            if !parameters.is_empty() {
                self.expect_symbol(",")?;
            }
            parameters.push(self.type_expression()?);
        }
        self.expect_symbol("->")?;
        let result = self.type_expression()?;
        Ok(Type::Function(parameters.into(), Arc::new(result)))
    }

    fn type_name(&mut self) -> Result<Type, ParseError> {
        let first = self.position;
        // The longest run of words that names a type; operators may follow.
        let mut words = Vec::new();
        let mut length = 0;
        loop {
            let token = self.peek_at(length);
            let joins = match &token.kind {
                TokenKind::Word | TokenKind::Number | TokenKind::Other => true,
                TokenKind::Symbol(symbol) => length > 0 && matches!(*symbol, "." | "-" | "/" | "+" | "*"),
                _ => false,
            };
            if !joins || length > 40 {
                break;
            }
            if token.spaced && length > 0 {
                words.push(" ");
            }
            words.push(self.text_of(token));
            length += 1;
            if let Some(found) = self.named_type(&words.concat()) {
                // Keep looking: `date` may go on as `date and time`.
                let longer = self.longer_type(&words, length);
                if let Some((found, length)) = longer {
                    self.position = first + length;
                    return Ok(found);
                }
                self.position = first + length;
                return Ok(found);
            }
        }
        Err(self.unexpected("a type such as `number` or `list<string>`"))
    }

    /// A type whose name goes on after these words.
    fn longer_type(&self, words: &[&str], length: usize) -> Option<(Type, usize)> {
        let mut text = words.concat();
        let mut found = None;
        for ahead in length..length + 6 {
            let token = self.peek_at(ahead);
            if !matches!(
                token.kind,
                TokenKind::Word | TokenKind::Number | TokenKind::Symbol("." | "-" | "/" | "+" | "*")
            ) {
                break;
            }
            if token.spaced {
                text.push(' ');
            }
            text.push_str(self.text_of(token));
            if let Some(longer) = self.named_type(&text) {
                found = Some((longer, ahead + 1));
            }
        }
        found
    }

    fn named_type(&self, name: &str) -> Option<Type> {
        if let Some(defined) = self.names.get_type(name) {
            return Some(defined.clone());
        }
        Type::built_in(name)
    }
}

//! Parentheses, lists, ranges and contexts.

use std::sync::Arc;

use super::super::ast::{Node, NodeKind, RangeLiteral};
use super::super::lexer::TokenKind;
use super::Parser;
use crate::ParseError;

impl Parser<'_> {
    /// `(expression)`, `(< 5)` or `(start..end]`.
    pub(super) fn parenthesis(&mut self) -> Result<Node, ParseError> {
        self.expect_symbol("(")?;
        let in_range_end = std::mem::replace(&mut self.in_range_end, false);
        let node = self.expression_or_test()?;
        self.in_range_end = in_range_end;
        if self.at_symbol("..") {
            return self.range_after(false, node);
        }
        self.expect_symbol(")")?;
        Ok(node)
    }

    /// `[item, item]` or `[start..end]`.
    pub(super) fn list_or_range(&mut self) -> Result<Node, ParseError> {
        self.expect_symbol("[")?;
        let in_range_end = std::mem::replace(&mut self.in_range_end, false);
        let mut items = Vec::new();
        if !self.at_symbol("]") {
            items.push(self.expression_or_test()?);
            if self.at_symbol("..") {
                self.in_range_end = in_range_end;
                return self.range_after(true, items.remove(0));
            }
            while self.take_symbol(",") {
                items.push(self.expression_or_test()?);
            }
        }
        self.in_range_end = in_range_end;
        self.expect_symbol("]")?;
        self.node(NodeKind::List(items))
    }

    /// `start..end]` behind an opening bracket that has been taken.
    pub(super) fn range_from(&mut self, start_included: bool) -> Result<Node, ParseError> {
        let start = self.expression()?;
        self.range_after(start_included, start)
    }

    /// `..end]` behind the start of a range.
    pub(super) fn range_after(&mut self, start_included: bool, start: Node) -> Result<Node, ParseError> {
        self.expect_symbol("..")?;
        let in_range_end = std::mem::replace(&mut self.in_range_end, true);
        let end = self.expression()?;
        self.in_range_end = in_range_end;
        let end_included = match self.peek().kind {
            TokenKind::Symbol("]") => true,
            TokenKind::Symbol(")" | "[") => false,
            _ => return Err(self.unexpected("`]`, `)` or `[` at the end of the range")),
        };
        self.advance();
        self.node(NodeKind::Range(Box::new(RangeLiteral {
            start_included,
            start,
            end,
            end_included,
        })))
    }

    /// `{key: value, ...}`; every value may use the keys before it.
    pub(super) fn context(&mut self) -> Result<Node, ParseError> {
        self.expect_symbol("{")?;
        let in_range_end = std::mem::replace(&mut self.in_range_end, false);
        let mut declared: Vec<Arc<str>> = Vec::new();
        let entries = self.context_entries(&mut declared);
        for name in &declared {
            self.local_names.remove(name);
        }
        self.in_range_end = in_range_end;
        self.node(NodeKind::Context(entries?))
    }

    fn context_entries(&mut self, declared: &mut Vec<Arc<str>>) -> Result<Vec<(Arc<str>, Node)>, ParseError> {
        let mut entries: Vec<(Arc<str>, Node)> = Vec::new();
        if self.take_symbol("}") {
            return Ok(entries);
        }
        loop {
            let key = match self.peek().kind.clone() {
                TokenKind::String(text) => {
                    self.advance();
                    Arc::from(text)
                }
                _ => self.declared_name(&[":"], None)?,
            };
            self.expect_symbol(":")?;
            let value = self.expression_or_test()?;
            self.local_names.insert(&key);
            self.keys.insert(&key);
            declared.push(key.clone());
            entries.push((key, value));
            if self.take_symbol("}") {
                return Ok(entries);
            }
            self.expect_symbol(",")?;
        }
    }
}

//! `if`, `for`, `some`, `every`, function literals and calls.

use std::sync::Arc;

use super::super::ast::{Arguments, For, FunctionLiteral, Iterator, Node, NodeKind, Quantified};
use super::Parser;
use crate::{Parameter, ParseError, Value};

impl Parser<'_> {
    pub(super) fn conditional(&mut self) -> Result<Node, ParseError> {
        self.expect_word("if")?;
        let condition = self.expression()?;
        self.expect_word("then")?;
        let then = self.expression()?;
        self.expect_word("else")?;
        let otherwise = self.expression()?;
        self.node(NodeKind::If(Box::new([condition, then, otherwise])))
    }

    pub(super) fn for_loop(&mut self) -> Result<Node, ParseError> {
        self.expect_word("for")?;
        let (iterators, (body, uses_partial)) = self.iterators("return", |parser| {
            let mentions = parser.partial_mentions;
            let body = parser.expression()?;
            Ok((body, parser.partial_mentions > mentions))
        })?;
        self.node(NodeKind::For(Box::new(For {
            iterators,
            body,
            uses_partial,
        })))
    }

    pub(super) fn quantified(&mut self) -> Result<Node, ParseError> {
        let every = self.at_word("every");
        self.advance();
        let (iterators, condition) = self.iterators("satisfies", Self::expression_or_test)?;
        self.node(NodeKind::Quantified(Box::new(Quantified {
            every,
            iterators,
            condition,
        })))
    }

    /// Iterators up to a word, and what follows it, where their names are known.
    fn iterators<T>(
        &mut self,
        word: &str,
        parse: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<(Vec<Iterator>, T), ParseError> {
        let mut declared: Vec<Arc<str>> = Vec::new();
        let mut iterators = Vec::new();
        let result = loop {
            match self.iterator() {
                Ok(iterator) => {
                    self.local_names.insert(&iterator.name);
                    declared.push(iterator.name.clone());
                    iterators.push(iterator);
                }
                Err(error) => break Err(error),
            }
            if !self.take_symbol(",") {
                break self.expect_word(word).and_then(|()| parse(self));
            }
        };
        for name in &declared {
            self.local_names.remove(name);
        }
        Ok((iterators, result?))
    }

    fn iterator(&mut self) -> Result<Iterator, ParseError> {
        let name = self.declared_name(&[], Some("in"))?;
        self.expect_word("in")?;
        let source = self.expression_or_test()?;
        let end = if self.take_symbol("..") {
            Some(self.expression()?)
        } else {
            None
        };
        Ok(Iterator { name, source, end })
    }

    pub(super) fn function_literal(&mut self) -> Result<Node, ParseError> {
        self.expect_word("function")?;
        self.expect_symbol("(")?;
        let mut parameters: Vec<Parameter> = Vec::new();
        while !self.take_symbol(")") {
            if !parameters.is_empty() {
                self.expect_symbol(",")?;
            }
            let name = self.declared_name(&[":", ",", ")"], None)?;
            parameters.push(if self.take_symbol(":") {
                Parameter::typed(name, self.type_expression()?)
            } else {
                Parameter::new(name)
            });
        }
        let external = self.take_word("external");
        let declared: Vec<Arc<str>> = parameters.iter().map(|parameter| parameter.name.clone()).collect();
        let body = self.with_names(&declared, Self::expression)?;
        if external {
            // There is no Java or PMML here; such a function is null.
            return Ok(Node::literal(Value::Null));
        }
        self.node(NodeKind::Function(Arc::new(FunctionLiteral {
            parameters,
            result: body.evident_type(),
            body,
        })))
    }

    pub(super) fn arguments(&mut self) -> Result<Arguments, ParseError> {
        self.expect_symbol("(")?;
        let in_range_end = std::mem::replace(&mut self.in_range_end, false);
        let arguments = if self.at_named_argument() {
            Arguments::Named(self.comma_separated(|parser| {
                let name = parser.declared_name(&[":"], None)?;
                parser.expect_symbol(":")?;
                Ok((name, parser.expression_or_test()?))
            })?)
        } else {
            Arguments::Positional(self.comma_separated(Self::expression_or_test)?)
        };
        self.in_range_end = in_range_end;
        Ok(arguments)
    }

    /// Items up to a closing parenthesis.
    fn comma_separated<T>(
        &mut self,
        mut parse: impl FnMut(&mut Self) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        let mut items = Vec::new();
        if self.take_symbol(")") {
            return Ok(items);
        }
        loop {
            items.push(parse(self)?);
            if self.take_symbol(")") {
                return Ok(items);
            }
            self.expect_symbol(",")?;
        }
    }
}

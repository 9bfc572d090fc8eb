//! Unary tests: of decision tables, and behind `in`.

use super::super::ast::{Node, NodeKind, Test, Tests};
use super::super::lexer::TokenKind;
use super::Parser;
use super::operators::ADDITION;
use crate::ParseError;

impl Parser<'_> {
    /// `-`, `not(...)` or tests separated by commas.
    pub(super) fn unary_tests(&mut self) -> Result<Tests, ParseError> {
        if self.at_symbol("-") && self.peek_at(1).kind == TokenKind::End {
            self.advance();
            return Ok(Tests::Any);
        }
        if self.at_word("not") && self.known_name().is_none() && self.negation_spans_all() {
            self.advance();
            self.expect_symbol("(")?;
            let tests = self.test_list()?;
            self.expect_symbol(")")?;
            return Ok(Tests::NoneOf(tests));
        }
        Ok(Tests::AnyOf(self.test_list()?))
    }

    /// Whether the parenthesis behind `not` closes at the end of the text, so that `not` belongs to no test.
    fn negation_spans_all(&self) -> bool {
        let mut depth = 0usize;
        for (index, token) in self.tokens[self.position + 1..].iter().enumerate() {
            match token.kind {
                TokenKind::Symbol("(") => depth += 1,
                TokenKind::Symbol(")") => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return self.peek_at(index + 2).kind == TokenKind::End;
                    }
                }
                _ if depth == 0 => return false,
                _ => {}
            }
        }
        // Ranges close with other brackets than they open with; the whole then decides.
        matches!(
            self.tokens[self.tokens.len().saturating_sub(2)].kind,
            TokenKind::Symbol(")")
        )
    }

    fn test_list(&mut self) -> Result<Vec<Test>, ParseError> {
        let mut tests = Vec::new();
        loop {
            let mentions = self.input_mentions;
            let node = self.expression_or_test()?;
            tests.push(Test {
                node,
                is_condition: self.input_mentions > mentions,
            });
            if !self.take_symbol(",") {
                return Ok(tests);
            }
        }
    }

    /// An expression, or a comparison without its left side.
    pub(super) fn expression_or_test(&mut self) -> Result<Node, ParseError> {
        match self.comparison_operator() {
            Some(operator) => {
                self.advance();
                let limit = self.nested(|parser| parser.operation(ADDITION))?;
                self.node(NodeKind::HalfRange(operator, Box::new(limit)))
            }
            None => self.expression(),
        }
    }

    /// What stands behind `in`: one test, or several in parentheses.
    pub(super) fn membership_tests(&mut self) -> Result<Vec<Node>, ParseError> {
        if self.at_symbol("(") {
            let mut tests = self.nested(Self::tests_in_parentheses)?;
            if let [_] = tests.as_slice() {
                // The parenthesis may be the beginning of an expression.
                let base = tests.remove(0);
                let operand = self.postfix(base)?;
                tests.push(self.operation_after(operand, ADDITION)?);
            }
            return Ok(tests);
        }
        match self.comparison_operator() {
            Some(_) => Ok(vec![self.expression_or_test()?]),
            None => Ok(vec![self.operation(ADDITION)?]),
        }
    }

    fn tests_in_parentheses(&mut self) -> Result<Vec<Node>, ParseError> {
        self.expect_symbol("(")?;
        let in_range_end = std::mem::replace(&mut self.in_range_end, false);
        let mut tests = vec![self.expression_or_test()?];
        self.in_range_end = in_range_end;
        if self.at_symbol("..") {
            let range = self.range_after(false, tests.remove(0))?;
            return Ok(vec![range]);
        }
        while self.take_symbol(",") {
            tests.push(self.expression_or_test()?);
        }
        self.expect_symbol(")")?;
        Ok(tests)
    }
}

//! Operators by precedence, and what follows an operand: paths, filters and calls.

use super::super::ast::{ArithmeticOperator, ComparisonOperator, Node, NodeKind};
use super::super::lexer::TokenKind;
use super::Parser;
use crate::ParseError;

/// Precedences, from loose to tight.
const OR: u8 = 1;
const AND: u8 = 2;
const COMPARISON: u8 = 3;
pub(super) const ADDITION: u8 = 4;
const MULTIPLICATION: u8 = 5;
const POWER: u8 = 6;

#[derive(Clone, Copy)]
enum Operator {
    Or,
    And,
    Compare(ComparisonOperator),
    Between,
    In,
    Arithmetic(ArithmeticOperator, u8),
}

impl Operator {
    fn precedence(self) -> u8 {
        match self {
            Self::Or => OR,
            Self::And => AND,
            Self::Compare(_) | Self::Between | Self::In => COMPARISON,
            Self::Arithmetic(_, precedence) => precedence,
        }
    }
}

impl Parser<'_> {
    /// A whole expression.
    pub(super) fn expression(&mut self) -> Result<Node, ParseError> {
        self.nested(|parser| parser.operation(OR))
    }

    /// An operation whose operators bind at least as tightly as `minimum`.
    pub(super) fn operation(&mut self, minimum: u8) -> Result<Node, ParseError> {
        let left = self.operand()?;
        self.operation_after(left, minimum)
    }

    /// The rest of an operation whose first operand has been parsed.
    pub(super) fn operation_after(&mut self, first: Node, minimum: u8) -> Result<Node, ParseError> {
        let mut left = first;
        while let Some(operator) = self.operator().filter(|operator| operator.precedence() >= minimum) {
            self.advance();
            left = match operator {
                Operator::Or => {
                    let operands = self.chain(left, OR, "or")?;
                    self.node(NodeKind::Or(operands))?
                }
                Operator::And => {
                    let operands = self.chain(left, AND, "and")?;
                    self.node(NodeKind::And(operands))?
                }
                Operator::Compare(operator) => {
                    let right = self.operation(ADDITION)?;
                    self.node(NodeKind::Compare(operator, Box::new(left), Box::new(right)))?
                }
                Operator::Between => {
                    let low = self.operation(ADDITION)?;
                    self.expect_word("and")?;
                    let high = self.operation(ADDITION)?;
                    self.node(NodeKind::Between(Box::new([left, low, high])))?
                }
                Operator::In => {
                    let tests = self.membership_tests()?;
                    self.node(NodeKind::In(Box::new(left), tests))?
                }
                Operator::Arithmetic(operator, precedence) => self.arithmetic(left, operator, precedence)?,
            };
        }
        Ok(left)
    }

    /// The operands of a run of `and` or `or`; the first operator has been taken.
    fn chain(&mut self, first: Node, precedence: u8, word: &str) -> Result<Vec<Node>, ParseError> {
        let mut operands = vec![first];
        loop {
            operands.push(self.operation(precedence + 1)?);
            if !self.take_word(word) {
                return Ok(operands);
            }
        }
    }

    /// A run of arithmetic operators of one precedence; the first operator has been taken.
    fn arithmetic(&mut self, first: Node, operator: ArithmeticOperator, precedence: u8) -> Result<Node, ParseError> {
        let mut rest = vec![(operator, self.operation(precedence + 1)?)];
        while let Some(Operator::Arithmetic(operator, next)) = self.operator()
            && next == precedence
        {
            self.advance();
            rest.push((operator, self.operation(precedence + 1)?));
        }
        self.node(NodeKind::Arithmetic(Box::new(first), rest))
    }

    fn operator(&self) -> Option<Operator> {
        let token = self.peek();
        match token.kind {
            TokenKind::Symbol(symbol) => Some(match symbol {
                "+" => Operator::Arithmetic(ArithmeticOperator::Add, ADDITION),
                "-" => Operator::Arithmetic(ArithmeticOperator::Subtract, ADDITION),
                "*" => Operator::Arithmetic(ArithmeticOperator::Multiply, MULTIPLICATION),
                "/" => Operator::Arithmetic(ArithmeticOperator::Divide, MULTIPLICATION),
                "**" => Operator::Arithmetic(ArithmeticOperator::Power, POWER),
                _ => return self.comparison_operator().map(Operator::Compare),
            }),
            TokenKind::Word => match self.text_of(token) {
                "or" => Some(Operator::Or),
                "and" => Some(Operator::And),
                "between" => Some(Operator::Between),
                "in" => Some(Operator::In),
                _ => None,
            },
            _ => None,
        }
    }

    /// The comparison operator that comes next.
    pub(super) fn comparison_operator(&self) -> Option<ComparisonOperator> {
        let TokenKind::Symbol(symbol) = self.peek().kind else {
            return None;
        };
        match symbol {
            "=" => Some(ComparisonOperator::Equal),
            "!=" => Some(ComparisonOperator::NotEqual),
            "<" => Some(ComparisonOperator::Less),
            "<=" => Some(ComparisonOperator::LessOrEqual),
            ">" => Some(ComparisonOperator::Greater),
            ">=" => Some(ComparisonOperator::GreaterOrEqual),
            _ => None,
        }
    }

    /// An operand with its sign and the type it is asked for.
    fn operand(&mut self) -> Result<Node, ParseError> {
        let mut negations = 0;
        while self.take_symbol("-") {
            negations += 1;
        }
        let operand = self.primary()?;
        let mut operand = self.postfix(operand)?;
        // Two signs cancel out for whatever can be negated; what cannot must still become null.
        if negations > 0 {
            for _ in 0..(2 - negations % 2) {
                operand = self.node(NodeKind::Negate(Box::new(operand)))?;
            }
        }
        while self.at_word("instance") && self.is_word(1, "of") {
            self.advance();
            self.advance();
            let expected = self.type_expression()?;
            operand = self.node(NodeKind::InstanceOf(Box::new(operand), expected))?;
        }
        Ok(operand)
    }

    pub(super) fn postfix(&mut self, base: Node) -> Result<Node, ParseError> {
        let mut node = base;
        loop {
            node = if self.at_symbol(".") {
                self.advance();
                let name = self.property_name()?;
                self.node(NodeKind::Path(Box::new(node), name))?
            } else if self.at_symbol("(") {
                let arguments = self.nested(Self::arguments)?;
                self.node(NodeKind::Call(Box::new(node), arguments))?
            } else if self.at_symbol("[") && !(self.in_range_end && self.bracket_closes_range()) {
                let condition = self.nested(Self::filter)?;
                self.node(NodeKind::Filter(Box::new(node), Box::new(condition)))?
            } else {
                return Ok(node);
            };
        }
    }

    /// `[condition]` behind a list. Inside, `item` and the entries of the items are names.
    fn filter(&mut self) -> Result<Node, ParseError> {
        self.expect_symbol("[")?;
        let in_range_end = std::mem::replace(&mut self.in_range_end, false);
        let condition = self.expression_or_test()?;
        self.in_range_end = in_range_end;
        self.expect_symbol("]")?;
        Ok(condition)
    }

    /// Whether the `[` that comes next ends a range: then no expression can follow it.
    fn bracket_closes_range(&self) -> bool {
        let next = self.peek_at(1);
        match &next.kind {
            TokenKind::End => true,
            TokenKind::Symbol(symbol) => !matches!(*symbol, "(" | "[" | "{" | "@" | "-"),
            TokenKind::Word => matches!(
                self.text_of(next),
                "and" | "or" | "in" | "between" | "then" | "else" | "return" | "satisfies" | "instance"
            ),
            TokenKind::Number | TokenKind::String(_) | TokenKind::Other => false,
        }
    }
}

//! From tokens to the tree, by recursive descent with a depth cap.

use super::lexer::{Lexer, Token, error};
use crate::ast::{
    AccessStep, BinaryOperator, BinaryStep, Conditional, Function, Node, NodeKind, Property, StrictOperator,
    UnaryOperator,
};
use crate::{MAXIMUM_DEPTH, ParseError, Value};

/// Parses the expression that begins at `start`, directly after `${`, and returns it with the place after its `}`.
pub(super) fn parse(source: &str, start: usize) -> Result<(Node, usize), ParseError> {
    let mut lexer = Lexer::new(source, start);
    let (token, token_start, token_end) = lexer.next()?;
    let mut parser = Parser {
        source,
        lexer,
        token,
        start: token_start,
        end: token_end,
        depth: 0,
    };
    if parser.token == Token::End {
        return Err(error(parser.start, "the expression is empty"));
    }
    let node = parser.expression()?;
    if parser.token != Token::End {
        return Err(parser.unexpected("an operator or '}'"));
    }
    Ok((node, parser.end))
}

/// Binary operators from the weakest to the strongest.
const PRECEDENCE_LEVELS: usize = 6;

fn binary_operator(level: usize, token: &Token) -> Option<BinaryOperator> {
    Some(match (level, token) {
        (0, Token::Or) => BinaryOperator::Or,
        (1, Token::And) => BinaryOperator::And,
        (2, Token::Equal) => BinaryOperator::Strict(StrictOperator::Equal),
        (2, Token::NotEqual) => BinaryOperator::Strict(StrictOperator::NotEqual),
        (3, Token::Less) => BinaryOperator::Strict(StrictOperator::Less),
        (3, Token::LessOrEqual) => BinaryOperator::Strict(StrictOperator::LessOrEqual),
        (3, Token::Greater) => BinaryOperator::Strict(StrictOperator::Greater),
        (3, Token::GreaterOrEqual) => BinaryOperator::Strict(StrictOperator::GreaterOrEqual),
        (4, Token::Plus) => BinaryOperator::Strict(StrictOperator::Add),
        (4, Token::Minus) => BinaryOperator::Strict(StrictOperator::Subtract),
        (5, Token::Star) => BinaryOperator::Strict(StrictOperator::Multiply),
        (5, Token::Slash) => BinaryOperator::Strict(StrictOperator::Divide),
        (5, Token::Percent) => BinaryOperator::Strict(StrictOperator::Remainder),
        _ => return None,
    })
}

struct Parser<'a> {
    source: &'a str,
    lexer: Lexer<'a>,
    /// The token that comes next, with its place.
    token: Token,
    start: usize,
    end: usize,
    depth: usize,
}

impl Parser<'_> {
    fn advance(&mut self) -> Result<Token, ParseError> {
        // Behind the closing brace there is text again, which has no tokens.
        let (token, start, end) = if self.token == Token::End {
            (Token::End, self.start, self.end)
        } else {
            self.lexer.next()?
        };
        self.start = start;
        self.end = end;
        Ok(std::mem::replace(&mut self.token, token))
    }

    fn expect(&mut self, token: &Token, name: &str) -> Result<(), ParseError> {
        if self.token != *token {
            return Err(self.unexpected(name));
        }
        self.advance()?;
        Ok(())
    }

    fn unexpected(&self, wanted: &str) -> ParseError {
        let found: String = self.source[self.start..self.end].chars().take(40).collect();
        error(self.start, format!("'{found}' is not expected here; {wanted} is"))
    }

    /// Every way into deeper nesting passes through here.
    fn expression(&mut self) -> Result<Node, ParseError> {
        if self.depth == MAXIMUM_DEPTH {
            return Err(error(
                self.start,
                format!("the expression is nested more than {MAXIMUM_DEPTH} levels deep"),
            ));
        }
        self.depth += 1;
        let node = self.conditional();
        self.depth -= 1;
        node
    }

    fn conditional(&mut self) -> Result<Node, ParseError> {
        let condition = self.binary(0)?;
        if self.token != Token::Question {
            return Ok(condition);
        }
        let offset = self.start;
        self.advance()?;
        let then = self.expression()?;
        self.expect(&Token::Colon, "the ':' of a conditional")?;
        let otherwise = self.expression()?;
        let kind = NodeKind::Conditional(Box::new(Conditional {
            condition,
            then,
            otherwise,
        }));
        Ok(Node { offset, kind })
    }

    fn binary(&mut self, level: usize) -> Result<Node, ParseError> {
        if level == PRECEDENCE_LEVELS {
            return self.unary();
        }
        let first = self.binary(level + 1)?;
        let mut steps = Vec::new();
        while let Some(operator) = binary_operator(level, &self.token) {
            let offset = self.start;
            self.advance()?;
            steps.push(BinaryStep {
                offset,
                operator,
                operand: self.binary(level + 1)?,
            });
        }
        if steps.is_empty() {
            return Ok(first);
        }
        Ok(Node {
            offset: first.offset,
            kind: NodeKind::Binary(Box::new(first), steps),
        })
    }

    fn unary(&mut self) -> Result<Node, ParseError> {
        let offset = self.start;
        let mut operators = Vec::new();
        loop {
            operators.push(match self.token {
                Token::Not => UnaryOperator::Not,
                Token::Minus => UnaryOperator::Negate,
                Token::Empty => UnaryOperator::Empty,
                _ => break,
            });
            self.advance()?;
        }
        let operand = self.access()?;
        if operators.is_empty() {
            return Ok(operand);
        }
        Ok(Node {
            offset,
            kind: NodeKind::Unary(operators, Box::new(operand)),
        })
    }

    fn access(&mut self) -> Result<Node, ParseError> {
        let base = self.primary()?;
        let mut steps = Vec::new();
        loop {
            let offset = self.start;
            let property = match self.token {
                Token::Dot => {
                    self.advance()?;
                    let Some(name) = Lexer::word(self.source, self.start, self.end) else {
                        return Err(self.unexpected("the name of a property"));
                    };
                    let name = name.to_owned();
                    self.advance()?;
                    Property::Name(name)
                }
                Token::OpenBracket => {
                    self.advance()?;
                    let index = self.expression()?;
                    self.expect(&Token::CloseBracket, "']'")?;
                    Property::Computed(index)
                }
                _ => break,
            };
            let arguments = if self.token == Token::OpenParenthesis {
                Some(self.arguments()?)
            } else {
                None
            };
            steps.push(AccessStep {
                offset,
                property,
                arguments,
            });
        }
        if steps.is_empty() {
            return Ok(base);
        }
        Ok(Node {
            offset: base.offset,
            kind: NodeKind::Access(Box::new(base), steps),
        })
    }

    fn arguments(&mut self) -> Result<Vec<Node>, ParseError> {
        self.expect(&Token::OpenParenthesis, "'('")?;
        let mut arguments = Vec::new();
        if self.token != Token::CloseParenthesis {
            loop {
                arguments.push(self.expression()?);
                if self.token != Token::Comma {
                    break;
                }
                self.advance()?;
            }
        }
        self.expect(&Token::CloseParenthesis, "',' or ')'")?;
        Ok(arguments)
    }

    fn primary(&mut self) -> Result<Node, ParseError> {
        let offset = self.start;
        let kind = match &self.token {
            Token::True => NodeKind::Literal(Value::Boolean(true)),
            Token::False => NodeKind::Literal(Value::Boolean(false)),
            Token::Null => NodeKind::Literal(Value::Null),
            Token::Long(value) => NodeKind::Literal(Value::Long(*value)),
            Token::Double(value) => NodeKind::Literal(Value::Double(*value)),
            Token::Text(text) => NodeKind::Literal(Value::String(text.clone())),
            Token::OpenParenthesis => {
                self.advance()?;
                let node = self.expression()?;
                self.expect(&Token::CloseParenthesis, "')'")?;
                return Ok(node);
            }
            Token::Identifier(name) => {
                let name = name.clone();
                self.advance()?;
                return if self.token == Token::OpenParenthesis {
                    Ok(Node {
                        offset,
                        kind: NodeKind::Function(self.function(&name, offset)?),
                    })
                } else {
                    Ok(Node {
                        offset,
                        kind: NodeKind::Identifier(name),
                    })
                };
            }
            _ => return Err(self.unexpected("a value")),
        };
        self.advance()?;
        Ok(Node { offset, kind })
    }

    fn function(&mut self, name: &str, offset: usize) -> Result<Function, ParseError> {
        let function = match name {
            "dateTime" | "now" => Function::Now,
            "currentUser" => Function::CurrentUser,
            "currentUserGroups" => Function::CurrentUserGroups,
            _ => {
                let known = "dateTime(), now(), currentUser() and currentUserGroups() exist";
                return Err(error(offset, format!("there is no function '{name}'; {known}")));
            }
        };
        if !self.arguments()?.is_empty() {
            return Err(error(offset, format!("the function '{name}' takes no arguments")));
        }
        Ok(function)
    }
}

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

/// The operator that a token is, with its precedence; higher binds stronger.
fn binary_operator(token: &Token) -> Option<(usize, BinaryOperator)> {
    let (level, operator) = match token {
        Token::Or => return Some((0, BinaryOperator::Or)),
        Token::And => return Some((1, BinaryOperator::And)),
        Token::Equal => (2, StrictOperator::Equal),
        Token::NotEqual => (2, StrictOperator::NotEqual),
        Token::Less => (3, StrictOperator::Less),
        Token::LessOrEqual => (3, StrictOperator::LessOrEqual),
        Token::Greater => (3, StrictOperator::Greater),
        Token::GreaterOrEqual => (3, StrictOperator::GreaterOrEqual),
        Token::Plus => (4, StrictOperator::Add),
        Token::Minus => (4, StrictOperator::Subtract),
        Token::Star => (5, StrictOperator::Multiply),
        Token::Slash => (5, StrictOperator::Divide),
        Token::Percent => (5, StrictOperator::Remainder),
        _ => return None,
    };
    Some((level, BinaryOperator::Strict(operator)))
}

/// Operators of one precedence whose last operand is still being read.
struct Chain {
    level: usize,
    first: Node,
    steps: Vec<BinaryStep>,
    /// The last operator and its place.
    operator: BinaryOperator,
    offset: usize,
}

impl Chain {
    /// Takes the operand of the last operator; another operator of the same precedence follows.
    fn extend(&mut self, operand: Node, next: BinaryOperator, next_offset: usize) {
        self.steps.push(BinaryStep {
            offset: self.offset,
            operator: self.operator,
            operand,
        });
        self.operator = next;
        self.offset = next_offset;
    }

    /// Takes the operand of the last operator and ends.
    fn closed(mut self, operand: Node) -> Node {
        self.steps.push(BinaryStep {
            offset: self.offset,
            operator: self.operator,
            operand,
        });
        Node {
            offset: self.first.offset,
            kind: NodeKind::Binary(Box::new(self.first), self.steps),
        }
    }
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
        let condition = self.binary()?;
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

    /// Reads operands and operators by precedence. A loop with a stack of at most one chain per level, not one
    /// function per level, so that nested expressions need little stack.
    fn binary(&mut self) -> Result<Node, ParseError> {
        let mut open: Vec<Chain> = Vec::new();
        let mut operand = self.unary()?;
        while let Some((level, operator)) = binary_operator(&self.token) {
            let offset = self.start;
            self.advance()?;
            while let Some(chain) = open.pop_if(|chain| chain.level > level) {
                operand = chain.closed(operand);
            }
            match open.last_mut() {
                Some(chain) if chain.level == level => chain.extend(operand, operator, offset),
                _ => open.push(Chain {
                    level,
                    first: operand,
                    steps: Vec::new(),
                    operator,
                    offset,
                }),
            }
            operand = self.unary()?;
        }
        while let Some(chain) = open.pop() {
            operand = chain.closed(operand);
        }
        Ok(operand)
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

//! The tree that parsers build and the evaluator walks.
//!
//! Chains that a source can make arbitrarily long (`1+1+…`, `a.b.c…`, `!!!…`) are lists, not nested nodes, so that the
//! depth of the tree is bounded by the depth cap of the parser.

use crate::Value;

/// A piece of a composite text.
pub(crate) enum Part {
    Text(String),
    Value(Node),
}

/// A node and its place in the source, in bytes.
pub(crate) struct Node {
    pub offset: usize,
    pub kind: NodeKind,
}

pub(crate) enum NodeKind {
    Literal(Value),
    Identifier(String),
    /// Prefix operators, outermost first.
    Unary(Vec<UnaryOperator>, Box<Node>),
    /// Operators of one precedence, applied from left to right.
    Binary(Box<Node>, Vec<BinaryStep>),
    Conditional(Box<Conditional>),
    /// Property accesses and calls, applied from left to right.
    Access(Box<Node>, Vec<AccessStep>),
    Function(Function),
}

pub(crate) struct Conditional {
    pub condition: Node,
    pub then: Node,
    pub otherwise: Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnaryOperator {
    Not,
    Negate,
    Empty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    /// `||`; the right operand counts only when the left is false.
    Or,
    /// `&&`; the right operand counts only when the left is true.
    And,
    /// An operator on two computed operands.
    Strict(StrictOperator),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StrictOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

pub(crate) struct BinaryStep {
    pub offset: usize,
    pub operator: BinaryOperator,
    pub operand: Node,
}

pub(crate) struct AccessStep {
    pub offset: usize,
    pub property: Property,
    /// The arguments when it is a call.
    pub arguments: Option<Vec<Node>>,
}

pub(crate) enum Property {
    /// `.name`
    Name(String),
    /// `[expression]`
    Computed(Node),
}

/// The functions; none takes arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    /// `dateTime()` and `now()`.
    Now,
    CurrentUser,
    CurrentUserGroups,
}

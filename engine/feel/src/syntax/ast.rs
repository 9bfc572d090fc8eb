//! The syntax tree.

use std::sync::Arc;

use crate::{Parameter, Type, Value};

/// A part of an expression.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    /// How many nodes lie below each other here; bounded by the parser, because evaluation recurses over it.
    pub(crate) height: u16,
}

#[derive(Debug)]
pub(crate) enum NodeKind {
    Literal(Value),
    Name(Arc<str>),
    Negate(Box<Node>),
    /// Operators of one precedence, carried out from left to right.
    Arithmetic(Box<Node>, Vec<(ArithmeticOperator, Node)>),
    Compare(ComparisonOperator, Box<Node>, Box<Node>),
    Between(Box<[Node; 3]>),
    In(Box<Node>, Vec<Node>),
    InstanceOf(Box<Node>, Type),
    And(Vec<Node>),
    Or(Vec<Node>),
    If(Box<[Node; 3]>),
    For(Box<For>),
    Quantified(Box<Quantified>),
    Filter(Box<Node>, Box<Node>),
    Path(Box<Node>, Arc<str>),
    Call(Box<Node>, Arguments),
    List(Vec<Node>),
    Context(Vec<(Arc<str>, Node)>),
    Range(Box<RangeLiteral>),
    /// `< 5`, `= 5` and the like as a value.
    HalfRange(ComparisonOperator, Box<Node>),
    Function(Arc<FunctionLiteral>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArithmeticOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ComparisonOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug)]
pub(crate) struct For {
    pub(crate) iterators: Vec<Iterator>,
    pub(crate) body: Node,
    /// Whether the body looks at the results so far.
    pub(crate) uses_partial: bool,
}

#[derive(Debug)]
pub(crate) struct Quantified {
    pub(crate) every: bool,
    pub(crate) iterators: Vec<Iterator>,
    pub(crate) condition: Node,
}

/// `name in source` or `name in source..end`.
#[derive(Debug)]
pub(crate) struct Iterator {
    pub(crate) name: Arc<str>,
    pub(crate) source: Node,
    pub(crate) end: Option<Node>,
}

#[derive(Debug)]
pub(crate) enum Arguments {
    Positional(Vec<Node>),
    Named(Vec<(Arc<str>, Node)>),
}

#[derive(Debug)]
pub(crate) struct RangeLiteral {
    pub(crate) start_included: bool,
    pub(crate) start: Node,
    pub(crate) end: Node,
    pub(crate) end_included: bool,
}

#[derive(Debug)]
pub(crate) struct FunctionLiteral {
    pub(crate) parameters: Vec<Parameter>,
    /// The type of the body where it can be seen at once; otherwise any.
    pub(crate) result: Type,
    pub(crate) body: Node,
}

/// Parsed unary tests.
#[derive(Debug)]
pub(crate) enum Tests {
    /// `-`
    Any,
    /// At least one must hold.
    AnyOf(Vec<Test>),
    /// `not(...)`
    NoneOf(Vec<Test>),
}

/// One unary test.
#[derive(Debug)]
pub(crate) struct Test {
    pub(crate) node: Node,
    /// Whether it mentions the input as `?`, and so is a condition rather than a value to compare with.
    pub(crate) is_condition: bool,
}

impl Node {
    pub(crate) fn new(kind: NodeKind) -> Self {
        let height = kind.children_height().saturating_add(1);
        Self { kind, height }
    }

    /// The type of the value where it can be seen at once; otherwise any.
    pub(crate) fn evident_type(&self) -> Type {
        match &self.kind {
            NodeKind::Literal(Value::Number(_)) => Type::Number,
            NodeKind::Literal(Value::String(_)) => Type::String,
            NodeKind::Literal(Value::Boolean(_)) | NodeKind::InstanceOf(..) => Type::Boolean,
            NodeKind::Literal(Value::Date(_)) => Type::Date,
            NodeKind::Literal(Value::Time(_)) => Type::Time,
            NodeKind::Literal(Value::DateTime(_)) => Type::DateTime,
            NodeKind::Literal(Value::DaysAndTimeDuration(_)) => Type::DaysAndTimeDuration,
            NodeKind::Literal(Value::YearsAndMonthsDuration(_)) => Type::YearsAndMonthsDuration,
            _ => Type::Any,
        }
    }

    pub(crate) fn literal(value: Value) -> Self {
        Self::new(NodeKind::Literal(value))
    }
}

impl NodeKind {
    fn children_height(&self) -> u16 {
        fn highest<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> u16 {
            nodes.into_iter().map(|node| node.height).max().unwrap_or(0)
        }
        fn of_iterators(iterators: &[Iterator]) -> u16 {
            let sources = highest(iterators.iter().map(|iterator| &iterator.source));
            let ends = highest(iterators.iter().filter_map(|iterator| iterator.end.as_ref()));
            // Every iterator is one loop inside the previous one.
            sources.max(ends).saturating_add(iterators.len() as u16)
        }
        match self {
            Self::Literal(_) | Self::Name(_) => 0,
            Self::Negate(operand) | Self::InstanceOf(operand, _) | Self::HalfRange(_, operand) => operand.height,
            Self::Path(base, _) => base.height,
            Self::Arithmetic(first, rest) => first.height.max(highest(rest.iter().map(|(_, node)| node))),
            Self::Compare(_, left, right) | Self::Filter(left, right) => left.height.max(right.height),
            Self::Between(nodes) | Self::If(nodes) => highest(nodes.iter()),
            Self::In(value, tests) => value.height.max(highest(tests)),
            Self::And(nodes) | Self::Or(nodes) | Self::List(nodes) => highest(nodes),
            Self::For(node) => of_iterators(&node.iterators).max(node.body.height + node.iterators.len() as u16),
            Self::Quantified(node) => {
                of_iterators(&node.iterators).max(node.condition.height + node.iterators.len() as u16)
            }
            Self::Call(callee, Arguments::Positional(arguments)) => callee.height.max(highest(arguments)),
            Self::Call(callee, Arguments::Named(arguments)) => {
                callee.height.max(highest(arguments.iter().map(|(_, node)| node)))
            }
            Self::Context(entries) => highest(entries.iter().map(|(_, node)| node)),
            Self::Range(range) => range.start.height.max(range.end.height),
            Self::Function(literal) => literal.body.height,
        }
    }
}

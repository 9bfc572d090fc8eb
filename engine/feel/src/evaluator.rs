//! Computes syntax trees. Every area has a file of its own; this one tells them apart.

mod access;
mod arithmetic;
mod invocation;
mod loops;
mod membership;

use std::sync::Arc;

use crate::syntax::ast::{ComparisonOperator, FunctionLiteral, Node, NodeKind, RangeLiteral};
use crate::{Context, Endpoint, Evaluation, EvaluationError, Function, Range, Scope, Value, builtins};

pub(crate) use membership::as_list;

type Evaluated = Result<Value, EvaluationError>;

impl Evaluation {
    /// The value of a node. Whatever it calls must not add much to the stack, because nodes nest.
    pub(crate) fn node(&mut self, node: &Node, scope: &Scope) -> Evaluated {
        match &node.kind {
            NodeKind::Literal(value) => {
                self.spend(1)?;
                return Ok(value.clone());
            }
            NodeKind::Name(name) => {
                self.spend(1)?;
                return self.name(name, scope);
            }
            _ => {}
        }
        self.enter_node()?;
        let value = match &node.kind {
            NodeKind::Literal(value) => Ok(value.clone()),
            NodeKind::Name(name) => self.name(name, scope),
            NodeKind::Negate(operand) => self.negation(operand, scope),
            NodeKind::Arithmetic(first, rest) => self.arithmetic(first, rest, scope),
            NodeKind::Compare(operator, left, right) => self.comparison(*operator, left, right, scope),
            NodeKind::Between(nodes) => self.between(nodes, scope),
            NodeKind::In(value, tests) => self.membership(value, tests, scope),
            NodeKind::InstanceOf(operand, expected) => self
                .node(operand, scope)
                .map(|value| Value::Boolean(expected.is_instance(&value))),
            NodeKind::And(operands) => self.junction(operands, false, scope),
            NodeKind::Or(operands) => self.junction(operands, true, scope),
            NodeKind::If(nodes) => self.conditional(nodes, scope),
            NodeKind::For(node) => self.for_loop(node, scope),
            NodeKind::Quantified(node) => self.quantified(node, scope),
            NodeKind::Filter(base, condition) => self.filter(base, condition, scope),
            NodeKind::Path(base, name) => self.path(base, name, scope),
            NodeKind::Call(callee, arguments) => self.call_node(callee, arguments, scope),
            NodeKind::List(items) => self.list_literal(items, scope),
            NodeKind::Context(entries) => self.context_literal(entries, scope),
            NodeKind::Range(range) => self.range_literal(range, scope),
            NodeKind::HalfRange(operator, limit) => self.half_range(*operator, limit, scope),
            NodeKind::Function(literal) => self.function_literal(literal, None, scope),
        };
        self.leave_node();
        value
    }

    fn name(&mut self, name: &str, scope: &Scope) -> Evaluated {
        if let Some(value) = scope.get(name) {
            return Ok(value.clone());
        }
        match builtins::find(name) {
            Some(builtin) => Ok(Value::Function(Function::builtin(builtin))),
            None => self.null(format!("nothing is named '{name}' here")),
        }
    }

    fn comparison(&mut self, operator: ComparisonOperator, left: &Node, right: &Node, scope: &Scope) -> Evaluated {
        let left = self.node(left, scope)?;
        let right = self.node(right, scope)?;
        self.charge_comparison(&left, &right)?;
        let result = compare(operator, &left, &right);
        if result.is_none() && !left.is_null() && !right.is_null() {
            self.warn(format!(
                "{} and {} cannot be compared",
                left.kind_name(),
                right.kind_name()
            ));
        }
        Ok(result.into())
    }

    /// Comparing lists, contexts and texts costs as much as there is to compare.
    pub(crate) fn charge_comparison(&mut self, left: &Value, right: &Value) -> Result<(), EvaluationError> {
        if matches!(left, Value::List(_) | Value::Context(_) | Value::String(_)) {
            let smaller = left.weight().min(right.weight());
            self.spend(smaller)?;
        }
        Ok(())
    }

    fn between(&mut self, nodes: &[Node; 3], scope: &Scope) -> Evaluated {
        let value = self.node(&nodes[0], scope)?;
        let low = self.node(&nodes[1], scope)?;
        let high = self.node(&nodes[2], scope)?;
        let range = Range::new(Endpoint::Included(low), Endpoint::Included(high));
        Ok(range.contains(&value).into())
    }

    /// `and` and `or` with three truth values: what decides alone (`decisive`) does; otherwise one null makes null.
    fn junction(&mut self, operands: &[Node], decisive: bool, scope: &Scope) -> Evaluated {
        let mut unknown = false;
        for operand in operands {
            match self.node(operand, scope)? {
                Value::Boolean(value) if value == decisive => return Ok(Value::Boolean(decisive)),
                Value::Boolean(_) => {}
                _ => unknown = true,
            }
        }
        Ok(if unknown {
            Value::Null
        } else {
            Value::Boolean(!decisive)
        })
    }

    fn conditional(&mut self, nodes: &[Node; 3], scope: &Scope) -> Evaluated {
        let [condition, then, otherwise] = nodes;
        if self.node(condition, scope)?.is_true() {
            self.node(then, scope)
        } else {
            self.node(otherwise, scope)
        }
    }

    fn list_literal(&mut self, items: &[Node], scope: &Scope) -> Evaluated {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(self.node(item, scope)?);
        }
        self.list(values)
    }

    fn context_literal(&mut self, entries: &[(Arc<str>, Node)], scope: &Scope) -> Evaluated {
        let mut context = Context::new();
        let mut inner = scope.clone();
        for (index, (name, node)) in entries.iter().enumerate() {
            if context.contains(name) {
                return self.null(format!("the context has two entries named '{name}'"));
            }
            let value = match &node.kind {
                NodeKind::Function(literal) => self.function_literal(literal, Some(name), &inner)?,
                _ => self.node(node, &inner)?,
            };
            if index + 1 < entries.len() {
                inner = inner.with(name.clone(), value.clone());
            }
            context.insert(name.clone(), value);
        }
        self.context(context)
    }

    fn range_literal(&mut self, range: &RangeLiteral, scope: &Scope) -> Evaluated {
        let start = self.node(&range.start, scope)?;
        let end = self.node(&range.end, scope)?;
        if start.compare(&end).is_none() {
            if start.is_null() || end.is_null() {
                return Ok(Value::Null);
            }
            return self.null(format!(
                "{} and {} are not the ends of a range",
                start.kind_name(),
                end.kind_name()
            ));
        }
        self.reserve_object()?;
        let endpoint = |value, included| {
            if included {
                Endpoint::Included(value)
            } else {
                Endpoint::Excluded(value)
            }
        };
        Ok(Range::new(endpoint(start, range.start_included), endpoint(end, range.end_included)).into())
    }

    fn half_range(&mut self, operator: ComparisonOperator, limit: &Node, scope: &Scope) -> Evaluated {
        let limit = self.node(limit, scope)?;
        if limit.compare(&limit).is_none() {
            return self.null(format!("{} is not the end of a range", limit.kind_name()));
        }
        self.reserve_object()?;
        let (start, end) = match operator {
            ComparisonOperator::Equal => (Endpoint::Included(limit.clone()), Endpoint::Included(limit)),
            ComparisonOperator::Less => (Endpoint::Unbounded, Endpoint::Excluded(limit)),
            ComparisonOperator::LessOrEqual => (Endpoint::Unbounded, Endpoint::Included(limit)),
            ComparisonOperator::Greater => (Endpoint::Excluded(limit), Endpoint::Unbounded),
            ComparisonOperator::GreaterOrEqual => (Endpoint::Included(limit), Endpoint::Unbounded),
            ComparisonOperator::NotEqual => return self.null("`!=` alone is no range"),
        };
        Ok(Range::new(start, end).into())
    }

    fn function_literal(
        &mut self,
        literal: &Arc<FunctionLiteral>,
        own_name: Option<&Arc<str>>,
        scope: &Scope,
    ) -> Evaluated {
        let function = Function::closure(literal.clone(), scope.clone(), own_name.cloned());
        self.check_depth(function.depth())?;
        self.reserve_object()?;
        Ok(function.into())
    }
}

/// The result of a comparison; `None` stands for null.
pub(crate) fn compare(operator: ComparisonOperator, left: &Value, right: &Value) -> Option<bool> {
    match operator {
        ComparisonOperator::Equal => left.equals(right),
        ComparisonOperator::NotEqual => left.equals(right).map(|equal| !equal),
        ComparisonOperator::Less => left.compare(right).map(std::cmp::Ordering::is_lt),
        ComparisonOperator::LessOrEqual => left.compare(right).map(std::cmp::Ordering::is_le),
        ComparisonOperator::Greater => left.compare(right).map(std::cmp::Ordering::is_gt),
        ComparisonOperator::GreaterOrEqual => left.compare(right).map(std::cmp::Ordering::is_ge),
    }
}

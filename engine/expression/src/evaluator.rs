//! Walks the tree of an expression.
//!
//! Recursion follows the tree, whose depth the parser bounds; everything else that an expression can make long costs
//! fuel.

use crate::ast::{
    AccessStep, BinaryOperator, BinaryStep, Function, Node, NodeKind, Part, Property, StrictOperator, UnaryOperator,
};
use crate::error::Failure;
use crate::meter::Meter;
use crate::{Bean, Context, EvaluationError, Limits, Value, access};

/// The identifier of the authenticated user's id.
const USER_IDENTIFIER: &str = "authenticatedUserId";

pub(crate) struct Evaluator<'a> {
    context: &'a mut dyn Context,
    meter: Meter,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(context: &'a mut dyn Context, limits: Limits) -> Self {
        Self {
            context,
            meter: Meter::new(limits),
        }
    }

    /// The texts of all parts, joined.
    pub(crate) fn join(&mut self, parts: &[Part]) -> Result<Value, Failure> {
        let mut joined = String::new();
        for part in parts {
            match part {
                Part::Text(text) => joined.push_str(text),
                Part::Value(node) => {
                    let text = self
                        .evaluate(node)?
                        .to_text()
                        .map_err(|error| Failure::at(node.offset, error))?;
                    joined.push_str(&text);
                }
            }
            self.meter.text(joined.len()).map_err(|error| Failure::at(0, error))?;
        }
        Ok(Value::String(joined))
    }

    pub(crate) fn evaluate(&mut self, node: &Node) -> Result<Value, Failure> {
        self.meter.step().map_err(|error| Failure::at(node.offset, error))?;
        match &node.kind {
            NodeKind::Literal(value) => self.read(value.clone(), node.offset),
            NodeKind::Identifier(name) => self.identifier(name, node.offset),
            NodeKind::Unary(operators, operand) => {
                let operand = self.evaluate(operand)?;
                self.unary(operators, operand)
                    .map_err(|error| Failure::at(node.offset, error))
            }
            NodeKind::Binary(first, steps) => self.binary(first, steps),
            NodeKind::Conditional(conditional) => {
                let condition = self.evaluate(&conditional.condition)?;
                let holds = condition
                    .coerce_boolean()
                    .map_err(|error| Failure::at(node.offset, error))?;
                self.evaluate(if holds {
                    &conditional.then
                } else {
                    &conditional.otherwise
                })
            }
            NodeKind::Access(base, steps) => self.access(base, steps),
            NodeKind::Function(function) => Ok(self.function(*function)),
        }
    }

    /// Charges for a value that enters the evaluation.
    fn read(&mut self, value: Value, offset: usize) -> Result<Value, Failure> {
        self.meter.value(&value).map_err(|error| Failure::at(offset, error))?;
        Ok(value)
    }

    fn identifier(&mut self, name: &str, offset: usize) -> Result<Value, Failure> {
        if let Some(bean) = Bean::from_name(name)
            && self.context.has_bean(bean)
        {
            return Ok(Value::Bean(bean));
        }
        if name == USER_IDENTIFIER {
            return Ok(Value::from(self.context.current_user()));
        }
        match self.context.variable(name) {
            Some(value) => self.read(value, offset),
            None => {
                let name = name.to_owned();
                let error = EvaluationError::UnknownIdentifier {
                    expression: String::new(),
                    name,
                    offset,
                };
                Err(Failure::at(offset, error))
            }
        }
    }

    fn function(&self, function: Function) -> Value {
        match function {
            Function::Now => Value::Date(self.context.now()),
            Function::CurrentUser => Value::from(self.context.current_user()),
            Function::CurrentUserGroups => Value::from(
                self.context
                    .current_user_groups()
                    .into_iter()
                    .map(Value::from)
                    .collect::<Vec<_>>(),
            ),
        }
    }

    fn unary(&mut self, operators: &[UnaryOperator], operand: Value) -> Result<Value, EvaluationError> {
        let mut value = operand;
        for operator in operators.iter().rev() {
            self.meter.step()?;
            value = match operator {
                UnaryOperator::Not => Value::Boolean(!value.coerce_boolean()?),
                UnaryOperator::Empty => Value::Boolean(value.is_empty()),
                UnaryOperator::Negate => negate(&value)?,
            };
        }
        Ok(value)
    }

    fn binary(&mut self, first: &Node, steps: &[BinaryStep]) -> Result<Value, Failure> {
        let mut left = self.evaluate(first)?;
        for step in steps {
            let located = |error| Failure::at(step.offset, error);
            self.meter.step().map_err(located)?;
            left = match step.operator {
                BinaryOperator::Strict(operator) => {
                    let right = self.evaluate(&step.operand)?;
                    apply(operator, &left, &right).map_err(located)?
                }
                BinaryOperator::And | BinaryOperator::Or => {
                    let decisive = step.operator == BinaryOperator::Or;
                    let decided = left.coerce_boolean().map_err(located)? == decisive;
                    Value::Boolean(if decided {
                        decisive
                    } else {
                        self.evaluate(&step.operand)?.coerce_boolean().map_err(located)?
                    })
                }
            };
        }
        Ok(left)
    }

    fn access(&mut self, base: &Node, steps: &[AccessStep]) -> Result<Value, Failure> {
        let mut value = self.evaluate(base)?;
        for (position, step) in steps.iter().enumerate() {
            let located = |error| Failure::at(step.offset, error);
            self.meter.step().map_err(located)?;
            if value.is_null() {
                return Err(located(access::unreachable(base, position)));
            }
            let computed;
            let (name, key) = match &step.property {
                Property::Name(name) => (name.as_str(), None),
                Property::Computed(node) => {
                    let key = self.evaluate(node)?;
                    computed = key.to_text().map_err(located)?;
                    (computed.as_str(), Some(key))
                }
            };
            let next = match &step.arguments {
                Some(nodes) => {
                    let mut arguments = Vec::with_capacity(nodes.len());
                    for node in nodes {
                        arguments.push(self.evaluate(node)?);
                    }
                    self.call(&value, name, &arguments).map_err(located)?
                }
                None => self.property(&value, name, key).map_err(located)?,
            };
            value = next;
        }
        Ok(value)
    }

    fn property(&mut self, owner: &Value, name: &str, key: Option<Value>) -> Result<Value, EvaluationError> {
        match owner {
            Value::Bean(bean) => {
                let value = self.context.bean_property(*bean, name)?;
                self.meter.value(&value)?;
                Ok(value)
            }
            _ => access::property(owner, name, key, &mut self.meter),
        }
    }

    fn call(&mut self, owner: &Value, method: &str, arguments: &[Value]) -> Result<Value, EvaluationError> {
        match owner {
            Value::Bean(bean) => {
                let value = match access::getter_property(method) {
                    Some(property) if arguments.is_empty() => self.context.bean_property(*bean, &property)?,
                    _ => self.context.call_bean(*bean, method, arguments)?,
                };
                self.meter.value(&value)?;
                Ok(value)
            }
            _ => access::call(owner, method, arguments, self.context.now(), &mut self.meter),
        }
    }
}

fn negate(value: &Value) -> Result<Value, EvaluationError> {
    Ok(match value {
        Value::Double(number) => Value::Double(-number),
        Value::Short(number) => number
            .checked_neg()
            .map_or(Value::Integer(-i32::from(*number)), Value::Short),
        Value::Integer(number) => number
            .checked_neg()
            .map_or(Value::Long(-i64::from(*number)), Value::Integer),
        other if other.is_floating() => Value::Double(-other.coerce_double()?),
        other => Value::Long(other.coerce_long()?.checked_neg().ok_or_else(overflow)?),
    })
}

fn apply(operator: StrictOperator, left: &Value, right: &Value) -> Result<Value, EvaluationError> {
    let floating = left.is_floating() || right.is_floating();
    let arithmetic = |whole: fn(i64, i64) -> Option<i64>, floats: fn(f64, f64) -> f64| {
        if floating {
            Ok(Value::Double(floats(left.coerce_double()?, right.coerce_double()?)))
        } else {
            whole(left.coerce_long()?, right.coerce_long()?)
                .map(Value::Long)
                .ok_or_else(overflow)
        }
    };
    match operator {
        StrictOperator::Equal => Ok(Value::Boolean(left.equals(right)?)),
        StrictOperator::NotEqual => Ok(Value::Boolean(!left.equals(right)?)),
        StrictOperator::Less => Ok(Value::Boolean(
            left.compare(right)?.is_some_and(std::cmp::Ordering::is_lt),
        )),
        StrictOperator::LessOrEqual => Ok(Value::Boolean(
            left.compare(right)?.is_some_and(std::cmp::Ordering::is_le),
        )),
        StrictOperator::Greater => Ok(Value::Boolean(
            left.compare(right)?.is_some_and(std::cmp::Ordering::is_gt),
        )),
        StrictOperator::GreaterOrEqual => Ok(Value::Boolean(
            left.compare(right)?.is_some_and(std::cmp::Ordering::is_ge),
        )),
        StrictOperator::Add => arithmetic(i64::checked_add, |a, b| a + b),
        StrictOperator::Subtract => arithmetic(i64::checked_sub, |a, b| a - b),
        StrictOperator::Multiply => arithmetic(i64::checked_mul, |a, b| a * b),
        // Two nulls divide to a whole zero, as they do for every other operator.
        StrictOperator::Divide if left.is_null() && right.is_null() => Ok(Value::Long(0)),
        StrictOperator::Divide => Ok(Value::Double(left.coerce_double()? / right.coerce_double()?)),
        StrictOperator::Remainder if left.is_null() && right.is_null() => Ok(Value::Long(0)),
        StrictOperator::Remainder if !floating && right.coerce_long()? == 0 => Err(EvaluationError::failed(
            "the remainder of a division by zero does not exist",
        )),
        StrictOperator::Remainder => arithmetic(i64::checked_rem, |a, b| a % b),
    }
}

fn overflow() -> EvaluationError {
    EvaluationError::failed("the result does not fit a 64-bit whole number")
}

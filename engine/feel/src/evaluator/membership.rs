//! `in` and unary tests.

use std::sync::Arc;

use super::{Evaluated, compare};
use crate::syntax::ast::{Node, NodeKind, Test, Tests};
use crate::{Evaluation, EvaluationError, Scope, Value};

/// What a test is there for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It stands behind `in`: a value, a range or a list.
    Membership,
    /// It is a unary test that does not mention the input: a value, a range, a list, or a condition of other things.
    Test,
    /// It is a unary test that mentions the input as `?`.
    Condition,
}

impl Evaluation {
    pub(super) fn membership(&mut self, value: &Node, tests: &[Node], scope: &Scope) -> Evaluated {
        let value = self.node(value, scope)?;
        let mut known = false;
        for test in tests {
            match self.passes(&value, test, Role::Membership, scope)? {
                Some(true) => return Ok(Value::Boolean(true)),
                Some(false) => known = true,
                None => {}
            }
        }
        Ok(if known { Value::Boolean(false) } else { Value::Null })
    }

    /// Whether an input passes unary tests.
    pub(crate) fn unary_tests(&mut self, tests: &Tests, input: &Value, scope: &Scope) -> Evaluated {
        let scope = scope.with("?", input.clone());
        match tests {
            Tests::Any => Ok(Value::Boolean(true)),
            Tests::AnyOf(tests) => self.any_of(tests, input, &scope),
            Tests::NoneOf(tests) => Ok(match self.any_of(tests, input, &scope)? {
                Value::Boolean(passes) => Value::Boolean(!passes),
                _ => Value::Null,
            }),
        }
    }

    fn any_of(&mut self, tests: &[Test], input: &Value, scope: &Scope) -> Evaluated {
        let mut known = false;
        for test in tests {
            self.spend(1)?;
            let role = if test.is_condition { Role::Condition } else { Role::Test };
            match self.passes(input, &test.node, role, scope)? {
                Some(true) => return Ok(Value::Boolean(true)),
                Some(false) => known = true,
                None => {}
            }
        }
        Ok(if known { Value::Boolean(false) } else { Value::Null })
    }

    fn passes(
        &mut self,
        input: &Value,
        test: &Node,
        role: Role,
        scope: &Scope,
    ) -> Result<Option<bool>, EvaluationError> {
        if let NodeKind::HalfRange(operator, limit) = &test.kind {
            // Also of values that have no order, such as `= true`.
            let limit = self.node(limit, scope)?;
            self.charge_comparison(input, &limit)?;
            return Ok(compare(*operator, input, &limit));
        }
        let value = self.node(test, scope)?;
        match value {
            Value::Boolean(passes) if role == Role::Condition => return Ok(Some(passes)),
            Value::Null if role == Role::Condition => return Ok(None),
            Value::Null if role == Role::Membership && !input.is_null() => return Ok(None),
            _ => {}
        }
        if role == Role::Test && value.is_true() && !matches!(input, Value::Boolean(_)) {
            // A condition that does not look at the input.
            return Ok(Some(true));
        }
        self.matches(input, &value)
    }

    /// Whether a value is another one, or lies in it.
    fn matches(&mut self, input: &Value, test: &Value) -> Result<Option<bool>, EvaluationError> {
        self.charge_comparison(input, test)?;
        match test {
            Value::Range(range) if !matches!(input, Value::Range(_)) => Ok(range.contains(input)),
            Value::List(list) if !input.equals(test).unwrap_or(false) => {
                for item in list.iter() {
                    self.spend(1)?;
                    let found = match item {
                        Value::Range(range) if !matches!(input, Value::Range(_)) => range.contains(input) == Some(true),
                        item => {
                            self.charge_comparison(input, item)?;
                            input == item
                        }
                    };
                    if found {
                        return Ok(Some(true));
                    }
                }
                // A list of inputs passes when all of them do.
                Ok(Some(false))
            }
            test => Ok(input.equals(test)),
        }
    }

    /// Whether a value lies in a list of values, as `list contains` asks.
    pub(crate) fn is_item(&mut self, list: &[Value], value: &Value) -> Result<bool, EvaluationError> {
        for item in list {
            self.spend(1)?;
            self.charge_comparison(item, value)?;
            if item == value {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A value as the list that functions on lists want: itself, or its only item.
pub(crate) fn as_list(value: &Value) -> Arc<crate::List> {
    match value {
        Value::List(list) => list.clone(),
        single => Arc::new(crate::List::new(vec![single.clone()])),
    }
}

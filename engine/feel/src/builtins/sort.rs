//! Sorting with an order that an expression gives.

use super::Evaluated;
use super::list::list_of;
use crate::{Evaluation, EvaluationError, Function, Value};

/// Sorts a list so that `precedes(earlier, later)`; without a function, in ascending order. Equal items keep their
/// order.
pub(super) fn sort(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Some(list) = list_of(&arguments[0]) else {
        return Ok(Value::Null);
    };
    let order = match arguments.get(1) {
        None => Order::Ascending,
        Some(Value::Function(precedes)) => Order::Precedes(precedes),
        Some(other) => return evaluation.unfit("sort", other),
    };
    match merge_sort(evaluation, list.to_vec(), &order)? {
        Some(sorted) => evaluation.list(sorted),
        None => evaluation.null("the items of `sort` have no order"),
    }
}

enum Order<'a> {
    Ascending,
    Precedes(&'a Function),
}

impl Order<'_> {
    /// Whether `left` stands before `right`; `None` when that cannot be told.
    fn precedes(
        &self,
        evaluation: &mut Evaluation,
        left: &Value,
        right: &Value,
    ) -> Result<Option<bool>, EvaluationError> {
        evaluation.spend(1)?;
        match self {
            Self::Ascending => Ok(left.compare(right).map(std::cmp::Ordering::is_lt)),
            Self::Precedes(function) => Ok(match evaluation.invoke(function, vec![left.clone(), right.clone()])? {
                Value::Boolean(precedes) => Some(precedes),
                _ => None,
            }),
        }
    }
}

/// Merges ever longer sorted runs; `None` when two items have no order.
fn merge_sort(
    evaluation: &mut Evaluation,
    items: Vec<Value>,
    order: &Order<'_>,
) -> Result<Option<Vec<Value>>, EvaluationError> {
    let mut sorted = items;
    let mut width = 1;
    while width < sorted.len() {
        evaluation.reserve_list(sorted.len())?;
        let mut merged = Vec::with_capacity(sorted.len());
        for pair in sorted.chunks(width * 2) {
            let (left, right) = pair.split_at(width.min(pair.len()));
            let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
            while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
                match order.precedes(evaluation, second, first)? {
                    Some(true) => merged.extend(right.next().cloned()),
                    Some(false) => merged.extend(left.next().cloned()),
                    None => return Ok(None),
                }
            }
            merged.extend(left.cloned());
            merged.extend(right.cloned());
        }
        sorted = merged;
        width *= 2;
    }
    Ok(Some(sorted))
}

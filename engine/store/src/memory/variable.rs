//! Tests of variables.

use std::cmp::Ordering;

use flowstone_expression::{TypedValue, Variables};

use super::evaluate::like;
use crate::query::{VariableOperator, VariableTest};

/// Whether one of the variables passes.
pub(super) fn passes(variables: &Variables, test: &VariableTest) -> bool {
    if test.ignore_name_case {
        let name = test.name.to_lowercase();
        return variables
            .iter()
            .any(|(other, value)| other.to_lowercase() == name && value_passes(value, test));
    }
    variables.get(&test.name).is_some_and(|value| value_passes(value, test))
}

fn value_passes(value: &TypedValue, test: &VariableTest) -> bool {
    let ordered = |accepts: fn(Ordering) -> bool| order(value, test).is_some_and(accepts);
    match test.operator {
        VariableOperator::Equals => equals(value, test),
        VariableOperator::NotEquals => !equals(value, test),
        VariableOperator::Greater => ordered(Ordering::is_gt),
        VariableOperator::AtLeast => ordered(Ordering::is_ge),
        VariableOperator::Less => ordered(Ordering::is_lt),
        VariableOperator::AtMost => ordered(Ordering::is_le),
        VariableOperator::Like => matches(value, test).unwrap_or(false),
        VariableOperator::NotLike => matches(value, test).is_some_and(|matches| !matches),
    }
}

fn equals(value: &TypedValue, test: &VariableTest) -> bool {
    match order(value, test) {
        Some(order) => order.is_eq(),
        // Types without an order; `NaN` equals nothing.
        None => !matches!(value, TypedValue::Double(_)) && *value == test.value,
    }
}

/// How the value compares with that of the test; not at all when their types do not.
fn order(value: &TypedValue, test: &VariableTest) -> Option<Ordering> {
    match (value, &test.value) {
        (TypedValue::String(text), TypedValue::String(given)) if test.ignore_value_case => {
            Some(text.to_lowercase().cmp(&given.to_lowercase()))
        }
        (TypedValue::String(text), TypedValue::String(given)) => Some(text.cmp(given)),
        (TypedValue::Date(time), TypedValue::Date(given)) => Some(time.cmp(given)),
        (TypedValue::Boolean(truth), TypedValue::Boolean(given)) => Some(truth.cmp(given)),
        (value, given) => match (Number::of(value)?, Number::of(given)?) {
            (Number::Whole(left), Number::Whole(right)) => Some(left.cmp(&right)),
            (Number::Real(left), Number::Real(right)) => left.partial_cmp(&right),
            (Number::Whole(left), Number::Real(right)) => compare_exactly(left, right),
            (Number::Real(left), Number::Whole(right)) => compare_exactly(right, left).map(Ordering::reverse),
        },
    }
}

enum Number {
    Whole(i64),
    Real(f64),
}

impl Number {
    fn of(value: &TypedValue) -> Option<Self> {
        match value {
            TypedValue::Short(number) => Some(Number::Whole(i64::from(*number))),
            TypedValue::Integer(number) => Some(Number::Whole(i64::from(*number))),
            TypedValue::Long(number) => Some(Number::Whole(*number)),
            TypedValue::Double(number) => Some(Number::Real(*number)),
            _ => None,
        }
    }
}

/// Compares without rounding the whole number to a double.
fn compare_exactly(whole: i64, real: f64) -> Option<Ordering> {
    if real.is_nan() {
        return None;
    }
    // Doubles beyond the range saturate, far outside of what an i64 can be.
    let floor = real.floor() as i128;
    Some(match i128::from(whole).cmp(&floor) {
        Ordering::Equal if real.fract() != 0.0 => Ordering::Less,
        order => order,
    })
}

fn matches(value: &TypedValue, test: &VariableTest) -> Option<bool> {
    match (value, &test.value) {
        (TypedValue::String(text), TypedValue::String(pattern)) if test.ignore_value_case => {
            Some(like(&text.to_lowercase(), &pattern.to_lowercase()))
        }
        (TypedValue::String(text), TypedValue::String(pattern)) => Some(like(text, pattern)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_compare_with_doubles_without_rounding() {
        use Ordering::{Equal, Greater, Less};
        for (whole, real, expected) in [
            (5, 5.0, Equal),
            (5, 5.5, Less),
            (-5, -5.5, Greater),
            (i64::MAX, i64::MAX as f64, Less),
            (i64::MAX, f64::INFINITY, Less),
            (i64::MIN, f64::NEG_INFINITY, Greater),
            (i64::MIN, i64::MIN as f64, Equal),
        ] {
            assert_eq!(compare_exactly(whole, real), Some(expected), "{whole} and {real}");
        }
        assert_eq!(compare_exactly(0, f64::NAN), None);
    }
}

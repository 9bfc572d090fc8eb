//! Equality and order of values (DMN 10.3.2.15, tables 51 to 53).

use std::cmp::Ordering;

use crate::{Context, Endpoint, Range, Value};

impl Value {
    /// Equality of the language: `None` (null) for values of different kinds. Null is equal to null only.
    pub fn equals(&self, other: &Self) -> Option<bool> {
        Some(match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Null, _) | (_, Self::Null) => false,
            (Self::Boolean(left), Self::Boolean(right)) => left == right,
            (Self::Number(left), Self::Number(right)) => left == right,
            (Self::String(left), Self::String(right)) => left == right,
            (Self::Date(left), Self::Date(right)) => left == right,
            (Self::Time(left), Self::Time(right)) => left == right,
            (Self::DateTime(left), Self::DateTime(right)) => left == right,
            (Self::DaysAndTimeDuration(left), Self::DaysAndTimeDuration(right)) => left == right,
            (Self::YearsAndMonthsDuration(left), Self::YearsAndMonthsDuration(right)) => left == right,
            (Self::List(left), Self::List(right)) => {
                left.len() == right.len() && left.iter().zip(right.iter()).all(|(left, right)| left == right)
            }
            (Self::Context(left), Self::Context(right)) => contexts_equal(left, right),
            (Self::Range(left), Self::Range(right)) => ranges_equal(left, right),
            (Self::Function(left), Self::Function(right)) => left.is_same(right),
            _ => return None,
        })
    }

    /// Order of the language: `None` (null) for values of different kinds and for kinds without order.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => Some(left.cmp(right)),
            (Self::String(left), Self::String(right)) => Some(left.cmp(right)),
            (Self::Date(left), Self::Date(right)) => Some(left.cmp(right)),
            (Self::Time(left), Self::Time(right)) => left.partial_cmp(right),
            (Self::DateTime(left), Self::DateTime(right)) => left.partial_cmp(right),
            (Self::DaysAndTimeDuration(left), Self::DaysAndTimeDuration(right)) => Some(left.cmp(right)),
            (Self::YearsAndMonthsDuration(left), Self::YearsAndMonthsDuration(right)) => Some(left.cmp(right)),
            _ => None,
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.equals(other) == Some(true)
    }
}

fn contexts_equal(left: &Context, right: &Context) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .all(|(name, value)| right.get(name).is_some_and(|other| value == other))
}

fn ranges_equal(left: &Range, right: &Range) -> bool {
    endpoints_equal(&left.start, &right.start) && endpoints_equal(&left.end, &right.end)
}

fn endpoints_equal(left: &Endpoint, right: &Endpoint) -> bool {
    match (left, right) {
        (Endpoint::Included(left), Endpoint::Included(right))
        | (Endpoint::Excluded(left), Endpoint::Excluded(right)) => left == right,
        (Endpoint::Unbounded, Endpoint::Unbounded) => true,
        _ => false,
    }
}

impl Range {
    /// Whether a value lies in the range: `None` (null) when it cannot be compared with the ends.
    pub fn contains(&self, value: &Value) -> Option<bool> {
        let above = match &self.start {
            Endpoint::Included(start) => value.compare(start)?.is_ge(),
            Endpoint::Excluded(start) => value.compare(start)?.is_gt(),
            Endpoint::Unbounded => true,
        };
        let below = match &self.end {
            Endpoint::Included(end) => value.compare(end)?.is_le(),
            Endpoint::Excluded(end) => value.compare(end)?.is_lt(),
            Endpoint::Unbounded => true,
        };
        Some(above && below)
    }
}

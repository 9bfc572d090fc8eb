//! Ranges of comparable values.

use crate::Value;

/// One end of a [`Range`].
#[derive(Clone, Debug)]
pub enum Endpoint {
    /// The value itself belongs to the range: `[1..`, `>= 1`.
    Included(Value),
    /// The value itself does not belong to the range: `(1..`, `> 1`.
    Excluded(Value),
    /// No bound on this side: the lower end of `< 1`.
    Unbounded,
}

impl Endpoint {
    /// The value at this end, unless it is unbounded.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Included(value) | Self::Excluded(value) => Some(value),
            Self::Unbounded => None,
        }
    }

    /// Whether the value at this end belongs to the range.
    pub fn is_included(&self) -> bool {
        matches!(self, Self::Included(_))
    }
}

/// A range of numbers, strings, dates, times or durations.
#[derive(Clone, Debug)]
pub struct Range {
    /// The lower end.
    pub start: Endpoint,
    /// The upper end.
    pub end: Endpoint,
}

impl Range {
    /// A range between two ends.
    pub fn new(start: Endpoint, end: Endpoint) -> Self {
        Self { start, end }
    }
}

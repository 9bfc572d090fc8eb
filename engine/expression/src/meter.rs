//! Counts what an evaluation costs and stops it at its limits.

use crate::{EvaluationError, ExceededLimit, Limits, Value};

/// Bytes that may be read or written for one unit of fuel.
const BYTES_PER_UNIT: usize = 64;

pub(crate) struct Meter {
    limits: Limits,
    fuel: u64,
}

impl Meter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            fuel: limits.fuel,
        }
    }

    /// One operator, access or call.
    pub(crate) fn step(&mut self) -> Result<(), EvaluationError> {
        self.spend(1)
    }

    /// Work on that many bytes.
    pub(crate) fn bytes(&mut self, bytes: usize) -> Result<(), EvaluationError> {
        self.spend((bytes / BYTES_PER_UNIT) as u64)
    }

    /// Work on that many items.
    pub(crate) fn items(&mut self, items: usize) -> Result<(), EvaluationError> {
        self.spend(items as u64)
    }

    /// A text of that many bytes is about to exist.
    pub(crate) fn text(&mut self, bytes: usize) -> Result<(), EvaluationError> {
        if bytes > self.limits.string_bytes {
            return Err(EvaluationError::exceeded(ExceededLimit::StringBytes));
        }
        self.bytes(bytes)
    }

    /// A list of that many items is about to exist.
    pub(crate) fn list(&mut self, items: usize) -> Result<(), EvaluationError> {
        if items > self.limits.list_items {
            return Err(EvaluationError::exceeded(ExceededLimit::ListItems));
        }
        self.items(items)
    }

    /// A value that was read from the context. Lists and maps are shared, only their documents were parsed.
    pub(crate) fn value(&mut self, value: &Value) -> Result<(), EvaluationError> {
        self.bytes(value.document_bytes())
    }

    fn spend(&mut self, units: u64) -> Result<(), EvaluationError> {
        match self.fuel.checked_sub(units) {
            Some(rest) => {
                self.fuel = rest;
                Ok(())
            }
            None => {
                self.fuel = 0;
                Err(EvaluationError::exceeded(ExceededLimit::Fuel))
            }
        }
    }
}

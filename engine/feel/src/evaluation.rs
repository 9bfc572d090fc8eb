//! One evaluation: what it may still cost, its clock and its warnings.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, FixedOffset};

use crate::builtins::PatternCache;
use crate::{
    Context, EvaluationError, ExceededLimit, Expression, Function, Limits, List, OUTSIDE_COMPUTATIONS, Scope,
    UnaryTests, Value, Warning,
};

/// Bytes that may be read or written for one unit of fuel.
const BYTES_PER_UNIT: usize = 64;
/// How many warnings one evaluation keeps; later ones tell nothing new.
const MAXIMUM_WARNINGS: usize = 50;
/// How long a warning is at most, in bytes.
const MAXIMUM_WARNING_BYTES: usize = 500;
/// About what a function, a range or an empty context takes, in bytes.
const SMALL_OBJECT_BYTES: usize = 192;
/// How deep lists, contexts and functions may lie in each other.
const MAXIMUM_VALUE_DEPTH: u16 = 250;
/// How many nodes of syntax trees may be under way at once, over all nested calls. It keeps the evaluation within a
/// stack of two megabytes.
const MAXIMUM_NESTING: usize = 320;

/// What an evaluation came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The value; null where it could not be computed.
    pub value: Value,
    /// Why parts are null although they look as if they should have a value.
    pub warnings: Vec<Warning>,
}

/// A running evaluation. One may serve many expressions, which then share the limits, the clock and the warnings: so a
/// decision with all it requires costs no more than one [`Limits`].
#[derive(Debug)]
pub struct Evaluation {
    limits: Limits,
    fuel: u64,
    memory: usize,
    calls: usize,
    nesting: usize,
    outside_time: Duration,
    now: DateTime<FixedOffset>,
    warnings: Vec<Warning>,
    patterns: PatternCache,
}

impl Evaluation {
    /// An evaluation that has spent nothing yet. `now` is what `now()` and `today()` give.
    pub fn new(limits: &Limits, now: DateTime<FixedOffset>) -> Self {
        Self {
            limits: *limits,
            fuel: limits.fuel,
            memory: limits.memory_bytes,
            calls: 0,
            nesting: 0,
            outside_time: limits.outside_time.saturating_mul(OUTSIDE_COMPUTATIONS),
            now,
            warnings: Vec::new(),
            patterns: PatternCache::default(),
        }
    }

    /// Computes an expression.
    ///
    /// # Errors
    /// [`EvaluationError`] when a limit is exceeded.
    pub fn evaluate(&mut self, expression: &Expression, scope: &Scope) -> Result<Value, EvaluationError> {
        self.node(expression.root(), scope)
    }

    /// Whether an input passes unary tests: true, false, or null when that cannot be told.
    ///
    /// # Errors
    /// [`EvaluationError`] when a limit is exceeded.
    pub fn test(&mut self, tests: &UnaryTests, input: &Value, scope: &Scope) -> Result<Value, EvaluationError> {
        self.unary_tests(tests.tests(), input, scope)
    }

    /// Calls a function with arguments by position.
    ///
    /// # Errors
    /// [`EvaluationError`] when a limit is exceeded.
    pub fn call(&mut self, function: &Function, arguments: Vec<Value>) -> Result<Value, EvaluationError> {
        self.invoke(function, arguments)
    }

    /// Calls a function with arguments by name. A name that the function does not have makes the result null.
    ///
    /// # Errors
    /// [`EvaluationError`] when a limit is exceeded.
    pub fn call_named(&mut self, function: &Function, arguments: Vec<(&str, Value)>) -> Result<Value, EvaluationError> {
        self.invoke_named(function, arguments)
    }

    /// Spends units of work, for loops of the caller that run within this evaluation.
    ///
    /// # Errors
    /// [`EvaluationError`] when nothing is left.
    pub fn spend(&mut self, units: u64) -> Result<(), EvaluationError> {
        match self.fuel.checked_sub(units) {
            Some(rest) => {
                self.fuel = rest;
                Ok(())
            }
            None => {
                self.fuel = 0;
                Err(ExceededLimit::Fuel.into())
            }
        }
    }

    /// Carries out a step of the caller in which evaluations and such steps may nest, so that it counts like a node of
    /// an expression. Only so is the depth of everything together bounded.
    ///
    /// # Errors
    /// [`EvaluationError`] when too much nests, and whatever the step gives.
    pub fn nested<T>(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<T, EvaluationError>,
    ) -> Result<T, EvaluationError> {
        self.enter_node()?;
        let result = step(self);
        self.leave_node();
        result
    }

    /// Notes why something is null.
    pub fn warn(&mut self, message: impl Into<String>) {
        if self.warnings.len() < MAXIMUM_WARNINGS {
            // Names and keys in messages may be as long as texts may be.
            let mut message = message.into();
            if message.len() > MAXIMUM_WARNING_BYTES {
                message.truncate(message.floor_char_boundary(MAXIMUM_WARNING_BYTES));
                message.push('…');
            }
            self.warnings.push(Warning { message });
        }
    }

    /// What is left to spend, as limits for something that the caller computes within this evaluation.
    pub fn remaining(&self) -> Limits {
        Limits {
            fuel: self.fuel,
            memory_bytes: self.memory,
            outside_time: self.limits.outside_time.min(self.outside_time),
            ..self.limits
        }
    }

    /// Takes note of how long something took that the caller computed in another language.
    pub fn spend_outside_time(&mut self, time: Duration) {
        self.outside_time = self.outside_time.saturating_sub(time);
    }

    /// The moment that `now()` gives.
    pub fn now(&self) -> DateTime<FixedOffset> {
        self.now
    }

    /// The warnings so far.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The warnings, at the end.
    pub fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }

    /// Null, and a warning that says why.
    pub(crate) fn null(&mut self, message: impl Into<String>) -> Result<Value, EvaluationError> {
        self.warn(message);
        Ok(Value::Null)
    }

    /// The patterns that were compiled so far.
    pub(crate) fn patterns(&mut self) -> &mut PatternCache {
        &mut self.patterns
    }

    /// Work on that many bytes of text.
    pub(crate) fn read_text(&mut self, bytes: usize) -> Result<(), EvaluationError> {
        self.spend((bytes / BYTES_PER_UNIT) as u64)
    }

    /// A text of that many bytes is about to exist.
    pub(crate) fn reserve_text(&mut self, bytes: usize) -> Result<(), EvaluationError> {
        if bytes > self.limits.string_bytes {
            return Err(ExceededLimit::StringBytes.into());
        }
        self.read_text(bytes)?;
        self.reserve(bytes)
    }

    /// A list of that many items is about to exist.
    pub(crate) fn reserve_list(&mut self, items: usize) -> Result<(), EvaluationError> {
        if items > self.limits.list_items {
            return Err(ExceededLimit::ListItems.into());
        }
        self.spend(items as u64 / 8)?;
        self.reserve(items.saturating_mul(size_of::<Value>()))
    }

    /// One item more is about to be put into a list that has so many.
    pub(crate) fn reserve_item(&mut self, items: usize) -> Result<(), EvaluationError> {
        if items >= self.limits.list_items {
            return Err(ExceededLimit::ListItems.into());
        }
        self.reserve(size_of::<Value>())
    }

    /// A function or a range is about to exist.
    pub(crate) fn reserve_object(&mut self) -> Result<(), EvaluationError> {
        self.reserve(SMALL_OBJECT_BYTES)
    }

    fn reserve(&mut self, bytes: usize) -> Result<(), EvaluationError> {
        match self.memory.checked_sub(bytes) {
            Some(rest) => {
                self.memory = rest;
                Ok(())
            }
            None => {
                self.memory = 0;
                Err(ExceededLimit::Memory.into())
            }
        }
    }

    /// How many items a list may have.
    pub(crate) fn list_limit(&self) -> usize {
        self.limits.list_items
    }

    /// How many bytes a text may have.
    pub(crate) fn text_limit(&self) -> usize {
        self.limits.string_bytes
    }

    /// A text as a value.
    pub(crate) fn text(&mut self, text: impl Into<Arc<str>> + AsRef<str>) -> Result<Value, EvaluationError> {
        self.reserve_text(text.as_ref().len())?;
        Ok(Value::String(text.into()))
    }

    /// A list as a value.
    pub(crate) fn list(&mut self, items: Vec<Value>) -> Result<Value, EvaluationError> {
        self.reserve_list(items.len())?;
        self.finished_list(Arc::new(List::new(items)))
    }

    /// A list whose items have been reserved one by one.
    pub(crate) fn finished_list(&mut self, list: Arc<List>) -> Result<Value, EvaluationError> {
        self.check_depth(list.depth())?;
        Ok(Value::List(list))
    }

    /// A context as a value.
    pub(crate) fn context(&mut self, context: Context) -> Result<Value, EvaluationError> {
        self.reserve_list(context.len().saturating_mul(2))?;
        self.reserve_object()?;
        self.check_depth(context.depth())?;
        Ok(Value::Context(Arc::new(context)))
    }

    pub(crate) fn check_depth(&self, depth: u16) -> Result<(), EvaluationError> {
        if depth > MAXIMUM_VALUE_DEPTH {
            return Err(ExceededLimit::ValueDepth.into());
        }
        Ok(())
    }

    /// One node of a syntax tree begins.
    pub(crate) fn enter_node(&mut self) -> Result<(), EvaluationError> {
        self.spend(1)?;
        if self.nesting >= MAXIMUM_NESTING {
            return Err(ExceededLimit::CallDepth.into());
        }
        self.nesting += 1;
        Ok(())
    }

    /// The node that began last has ended.
    pub(crate) fn leave_node(&mut self) {
        self.nesting -= 1;
    }

    /// A call of a function begins.
    pub(crate) fn enter_call(&mut self) -> Result<(), EvaluationError> {
        if self.calls >= self.limits.call_depth {
            return Err(ExceededLimit::CallDepth.into());
        }
        self.calls += 1;
        Ok(())
    }

    /// The call that began last has ended.
    pub(crate) fn leave_call(&mut self) {
        self.calls -= 1;
    }
}

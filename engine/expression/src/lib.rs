//! Typed variables and the expression language of process models.
//!
//! Two kinds of values live here. [`TypedValue`] is a process variable as clients write and read it: its type name
//! is part of the value and survives storage. [`Value`] is what expressions compute with. Conversions between the two
//! keep a value that no operator touched exactly as it was stored.
//!
//! [`Expression`] is a compiled UEL text (`${amount > 100}`, `order-${id}`, `plain text`). It is parsed once, is cheap
//! to clone, and is evaluated against a [`Context`] that supplies variables, the built-in objects and the time.
//!
//! ```
//! use flowstone_expression::{Expression, Limits, MapContext, Value, Variables};
//!
//! let expression = Expression::parse("${amount > 100 ? 'manual' : 'automatic'}")?;
//! let mut context = MapContext::new(Variables::new(), "2026-01-31T09:30:00Z".parse()?).with("amount", 120);
//! assert_eq!(expression.evaluate(&mut context, &Limits::default())?, Value::from("manual"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Invariants: no I/O, no clock and no randomness; every loop and every allocation that a model or a variable can
//! drive is bounded by [`Limits`] or by the caps of the parser; no recursion deeper than [`MAXIMUM_DEPTH`].

mod access;
mod ast;
mod coercion;
mod context;
mod conversion;
mod date_pattern;
mod error;
mod evaluator;
mod expression;
mod limits;
mod meter;
mod operand;
pub mod temporal;
mod uel;
mod value;

pub use context::{Bean, Context, MapContext};
pub use date_pattern::{DatePattern, DatePatternError};
pub use error::{EvaluationError, ExceededLimit, ParseError};
pub use expression::{Expression, MAXIMUM_DEPTH, MAXIMUM_SOURCE_BYTES};
pub use limits::Limits;
pub use operand::{List, Map, Value};
pub use value::{FileValue, ObjectValue, TypedValue, Variables};

//! FEEL, the expression language of DMN 1.5: values, parser, evaluator and built-in functions.
//!
//! [`Expression`] and [`UnaryTests`] are parsed once, against the [`Names`] that are known where they stand, because
//! FEEL names may hold spaces and operators. They are cheap to clone and are evaluated against a [`Scope`] that gives
//! the names their values.
//!
//! ```
//! use flowstone_feel::{Expression, Limits, Names, Scope, Value};
//!
//! let names = Names::from_iter(["unit price", "quantity"]);
//! let expression = Expression::parse("unit price * quantity", &names)?;
//! let scope = Scope::new().with("unit price", 12).with("quantity", 3);
//! let outcome = expression.evaluate(&scope, &Limits::default(), "2026-01-31T09:30:00Z".parse()?)?;
//! assert_eq!(outcome.value, Value::from(36));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! FEEL knows no exceptions: what cannot be computed is null, and a [`Warning`] says why. Only an exceeded limit is an
//! [`EvaluationError`].
//!
//! Invariants: no I/O, no clock and no randomness; every loop and every allocation that a model or a variable can
//! drive is bounded by [`Limits`] or by the caps of the parser; no recursion deeper than those caps.

mod builtins;
mod context;
mod error;
mod evaluation;
mod evaluator;
mod expression;
mod function;
mod limits;
mod list;
mod names;
mod number;
mod range;
mod scope;
mod syntax;
pub mod temporal;
mod types;
mod unary_tests;
mod value;

pub use context::Context;
pub use error::{EvaluationError, ExceededLimit, ParseError, Warning};
pub use evaluation::{Evaluation, Outcome};
pub use expression::{Expression, MAXIMUM_DEPTH, MAXIMUM_SOURCE_BYTES};
pub use function::{ExternalBody, Function, Parameter};
pub use limits::{Limits, OUTSIDE_COMPUTATIONS};
pub use list::List;
pub use names::Names;
pub use number::{Number, ParseNumberError, Rounding};
pub use range::{Endpoint, Range};
pub use scope::Scope;
pub use types::Type;
pub use unary_tests::UnaryTests;
pub use value::Value;

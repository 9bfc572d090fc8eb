//! DMN 1.1 to 1.5: decision models and the results of their decisions.
//!
//! [`read`] turns a file into a [`Model`] and lists what is wrong with it, by line and column. [`Model::evaluate`]
//! computes one decision with all that it requires; [`Model::evaluate_service`] and [`Model::call_knowledge`] compute
//! decision services and business knowledge models.
//!
//! ```
//! use flowstone_decision::{Inputs, read};
//! use flowstone_feel::{Context, Limits, Value};
//!
//! let file = r#"<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="prices" namespace="shop">
//!   <decision id="discount" name="Discount">
//!     <literalExpression><text>if amount > 100 then 0.1 else 0</text></literalExpression>
//!   </decision>
//! </definitions>"#;
//! let reading = read(file, &[]);
//! assert!(reading.problems.is_empty());
//! let model = reading.model.expect("a sound file has a model");
//! let inputs = Inputs::open(Context::new().with("amount", 120));
//! let outcome = model.evaluate("discount", &inputs, &Limits::default(), "2026-01-31T09:30:00Z".parse()?)?;
//! assert_eq!(outcome.value, Value::Number("0.1".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Expressions and tests of tables may be written in UEL and JavaScript too, as vendors allow.
//!
//! Invariants: no I/O and no randomness, no time but the limit of scripts; one [`flowstone_feel::Limits`] bounds a decision with everything it
//! requires; what nests in a file is bounded when it is read.

mod boxed;
mod error;
mod evaluated;
mod formula;
mod graph;
mod item_type;
mod model;
mod read;
mod run;
mod table;

pub use error::{EvaluationFailure, Problem};
pub use evaluated::{Evaluated, InputValue, OutputValue};
pub use model::{DecisionInfo, Inputs, Model, Outcome, Row};
pub use read::{MAXIMUM_BYTES, Reading, read};

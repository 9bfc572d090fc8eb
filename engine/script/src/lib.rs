//! What process models compute, in whichever language it is written: UEL, FEEL or JavaScript.
//!
//! A [`Script`] is parsed once and evaluated against a [`Context`], as an expression is. UEL and FEEL cannot do more
//! than compute; JavaScript runs in a sandbox of its own for each evaluation, with a limit of time and of memory, and
//! reaches nothing but the context.
//!
//! ```
//! use flowstone_expression::{MapContext, Value, Variables};
//! use flowstone_script::{Language, Limits, Script};
//!
//! let mut context = MapContext::new(Variables::new(), "2026-01-31T09:30:00Z".parse()?).with("amount", 120);
//! for (language, source) in [
//!     (Language::Uel, "${amount > 100}"),
//!     (Language::Feel, "amount > 100"),
//!     (Language::JavaScript, "var limit = 100; amount > limit"),
//! ] {
//!     let script = Script::parse(language, source)?;
//!     assert_eq!(script.evaluate(&mut context, &Limits::default())?, Value::from(true));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod feel;
mod javascript;
mod script;

pub use feel::{feel_value, from_feel_value};
pub use script::{Language, Limits, Script, ScriptProblem};

#[doc(no_inline)]
pub use flowstone_expression::Context;

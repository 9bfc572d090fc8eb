//! The seam between the engine and its databases: what is stored ([`record`], [`history`]), how a batch of
//! commands is written ([`change`]), how clients ask for what is stored ([`query`]), the
//! [`Store`] contract itself, an in-memory implementation and the conformance suite that every
//! implementation must pass.
//!
//! A store never decides BPMN: it writes the rows it is given, all of an instance or none of it,
//! and answers queries.

pub mod cell;
pub mod change;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod history;
mod job_override;
mod memory;
pub mod query;
pub mod record;
mod store;
pub mod text;

pub use job_override::{JobOverrideChange, JobOverrideRow};
pub use memory::{MemoryStore, like, ordering, passes};
pub use store::{Committed, Error, Hint, HintStream, Result, SharedStore, Store, Versioned};

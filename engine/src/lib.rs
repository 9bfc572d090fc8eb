//! The engine as a library: an [`Engine`] takes commands, runs them through the pure core, writes
//! the outcome in durable batches and wakes whoever waits for it.
//!
//! ```text
//! Engine::submit -> pipeline: gather, load, core::step, project -> Store::commit -> reply
//!                                                             \-> wake: ready tasks, long polls, hints
//! ```
//!
//! Reading goes straight to the [`Store`](flowstone_store::Store): a read after an acknowledged
//! write sees it.

mod cache;
mod clock;
mod correlation;
mod decision_history;
mod decisions;
mod definitions;
mod deploy;
mod detail;
mod engine;
mod error;
mod executor;
mod forms;
mod history;
mod ids;
mod incident;
mod job_change;
mod job_definition;
mod job_override;
mod latest;
mod lock;
mod pipeline;
mod request;
mod starts;
mod suspension;
mod time_to_live;
mod view;
mod wake;

pub use clock::{Clock, ManualClock, SystemClock};
pub use definitions::{Definition, DeployRequest, DeployedResources, DuplicateFilter, NewResource};
pub use deploy::Deletion;
pub use detail::{DetailError, DetailField, DetailKind, HistoricDetail};
pub use engine::{Engine, Options};
pub use error::{DeployError, Error};
pub use flowstone_core::{EvaluationLimits, RetryPolicy};
pub use forms::FormError;
pub use history::HistoryLevel;
pub use job_definition::JobDefinition;
pub use request::{FetchFilter, FetchRequest, FetchTopic, LockedTask, Reply, StartRequest, Submission};
pub use starts::StartSubscription;
pub use view::{ActivityNode, InstanceView, TransitionNode};

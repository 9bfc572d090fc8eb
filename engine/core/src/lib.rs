//! The pure BPMN core: commands decide events, events change state.
//!
//! [`compile`] makes an [`Executable`] of a checked process. [`start`] begins an [`Instance`] of it, and [`step`]
//! carries out one [`Command`] on it until nothing can go on without the outside. Both return the [`Event`]s that
//! happened; the given instance already has them applied. [`replay`] leads the same events to the same state again.
//!
//! Invariants: no I/O, clock or randomness; the same inputs give the same events. A refused command leaves the instance
//! exactly as it was. A step that does not come to rest is stopped by [`StepOptions::step_limit`].

mod activity;
mod ad_hoc;
mod apply;
mod call;
mod catch;
mod command;
mod compensation;
mod compile;
mod complex_gateway;
mod condition;
mod context;
mod correlation;
mod decision_task;
mod event;
mod expression_task;
mod external_task;
mod form;
mod gateway;
mod ids;
mod incident;
mod inclusive_gateway;
mod instantiate;
mod job;
mod job_definition;
mod listener;
mod mapping;
mod modification;
mod multi_instance;
mod parts;
mod recalculation;
mod receive_task;
mod rejection;
mod scope;
mod signal;
mod start_event;
mod state;
mod step;
mod throw;
mod user_task;
mod variables;

pub use apply::{apply, begin, replay};
pub use command::{
    Awaited, Candidate, Command, FromCalled, Holder, JobChange, Start, TaskAttributes, Trigger, UserTaskChange,
};
pub use compile::{Executable, NodeInfo, compile};
pub use correlation::Incoming;
pub use event::{Called, CalledVersion, DecisionQuestion, Event, Outcome, Raised};
pub use flowstone_script::Limits as EvaluationLimits;
pub use form::{FormAddress, FormVariable};
pub use ids::{CountingIds, IdSource};
pub use incident::NewIncident;
pub use job::repeat;
pub use job_definition::{JobDefinition, JobOverride};
pub use modification::{Instruction, Modification, StartAt, StartInstruction};
pub use parts::Parts;
pub use rejection::Rejection;
pub use start_event::{StartSubscription, StartTimer};
pub use state::{
    Caller, Delegation, EventKind, ExternalTask, FormReference, Header, Incident, Instance, Job, JobFailure, JobWork,
    Removed, Repetition, Scope, ScopePhase, Subscription, Token, UserTask, Wait,
};
pub use step::{RetryPolicy, StepOptions, start, step};

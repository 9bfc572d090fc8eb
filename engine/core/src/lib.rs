//! The pure BPMN core: commands decide events, events change state.
//!
//! [`start`] and [`step`] decide, [`apply`] changes, nothing else does. The crate performs no I/O,
//! reads no clock and draws no randomness: time and ids are arguments, so the same inputs give
//! the same events, and a state is the fold of its events ([`replay`]).

mod apply;
mod command;
mod compile;
mod context;
mod decide;
mod evaluation;
mod event;
mod ids;
mod node;
mod parts;
mod rejection;
mod state;
mod step;
mod wait;

pub use apply::{apply, begin, replay};
pub use command::{Command, Holder, Start, Trigger};
pub use compile::{Executable, NodeInfo, compile};
pub use event::{Event, Outcome};
pub use ids::{CountingIds, IdSource};
pub use parts::Parts;
pub use rejection::Rejection;
pub use state::{ExternalTask, FormReference, Header, Incident, Instance, Scope, Token, UserTask, Wait};
pub use step::{StepOptions, start, step};

//! What writers do.

use std::sync::Arc;

use flowstone_core::{Command, Start};
use flowstone_store::Error as StoreError;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::definitions::Definition;
use crate::error::Error;
use crate::request::{FetchTopic, LockedTask, Reply};

/// One piece of work for a writer. Each is answered after its outcome is durable.
#[derive(Debug)]
pub(crate) enum Job {
    Start(StartJob),
    Submit(SubmitJob),
    Claim(ClaimJob),
}

/// Start an instance.
#[derive(Debug)]
pub(crate) struct StartJob {
    pub(crate) id: Uuid,
    pub(crate) definition: Arc<Definition>,
    pub(crate) start: Start,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) reply: oneshot::Sender<Result<Reply, Error>>,
}

/// Apply a command to a running instance.
#[derive(Debug)]
pub(crate) struct SubmitJob {
    pub(crate) target: Uuid,
    pub(crate) command: Command,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) reply: oneshot::Sender<Result<Reply, Error>>,
}

/// Lock an external task for a worker that asked for it.
#[derive(Debug)]
pub(crate) struct ClaimJob {
    pub(crate) task: Uuid,
    pub(crate) instance: Uuid,
    pub(crate) worker: String,
    pub(crate) topic: Arc<FetchTopic>,
    pub(crate) reply: oneshot::Sender<Claim>,
}

/// What became of a claim.
#[derive(Debug)]
pub(crate) enum Claim {
    /// The task is locked for the caller.
    Locked(Box<LockedTask>),
    /// The task does not pass the caller's filter.
    Filtered,
    /// The task is gone or somebody else has it.
    Gone,
    /// The database failed; the task is as it was.
    Failed(StoreError),
}

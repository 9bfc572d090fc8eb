//! Commands to durable transactions.
//!
//! Every instance has one writer in this process. A writer takes all jobs that have gathered,
//! loads what they need with one query per table, runs each through the core in memory, hands new
//! tasks over to polls that wait, and writes everything in one transaction; while that is under
//! way the next jobs are run. There is no artificial delay: a single job is a batch of one.

mod across;
mod commit;
mod history;
mod hot;
mod job;
mod load;
mod outcome;
mod overlap;
mod projection;
mod round;
mod rows;
mod several;
mod writer;

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub(crate) use job::{Claim, ClaimJob, Job, StartJob, SubmitJob};
pub(crate) use load::instance as instance_from;
pub(crate) use writer::Shell;

use crate::ids::place;

/// The writers of this process.
pub(crate) struct Pipeline {
    writers: Vec<mpsc::UnboundedSender<Job>>,
}

impl Pipeline {
    /// Starts the writers.
    pub(crate) fn start(shell: &Arc<Shell>, writers: usize) -> (Self, Vec<JoinHandle<()>>) {
        let (writers, tasks) = (0..writers.max(1))
            .map(|_| {
                let (sender, receiver) = mpsc::unbounded_channel();
                (sender, tokio::spawn(overlap::run(shell.clone(), receiver)))
            })
            .unzip();
        (Pipeline { writers }, tasks)
    }

    /// Hands a job to the writer that owns the id. The bound on what gathers is the number of
    /// open requests, which the server limits. A job that comes after the stop is dropped, which
    /// its sender notices.
    pub(crate) fn send(&self, id: Uuid, job: Job) {
        let writer = usize::from(place(id)) % self.writers.len();
        if self.writers[writer].send(job).is_err() {
            tracing::debug!("a job came after the writers had stopped");
        }
    }
}

//! Executes jobs when they are due.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use flowstone_core::Command;
use flowstone_store::record::DueJob;
use flowstone_store::{Error as StoreError, SharedStore};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::engine::{Engine, WeakEngine};
use crate::error::Error;
use crate::request::{Reply, Submission};

/// How many jobs are under way at once.
const AT_ONCE: u32 = 64;

/// Jobs that other nodes made are looked for at least this often, in case those nodes are gone.
const SWEEP: Duration = Duration::from_secs(30);

/// Pause after the store failed, or when nothing of what was due could be done.
const PAUSE: Duration = Duration::from_secs(1);

/// When the executor looks for due jobs next.
#[derive(Debug)]
pub(crate) struct Alarm {
    /// Microseconds since 1970.
    next: AtomicI64,
    earlier: Notify,
}

impl Default for Alarm {
    fn default() -> Self {
        Alarm {
            next: AtomicI64::new(i64::MIN),
            earlier: Notify::new(),
        }
    }
}

impl Alarm {
    /// Something becomes due at a moment.
    pub(crate) fn due(&self, at: DateTime<Utc>) {
        if at.timestamp_micros() < self.next.load(Ordering::SeqCst) {
            self.look();
        }
    }

    /// The executor has to look now.
    pub(crate) fn look(&self) {
        self.earlier.notify_one();
    }
}

/// What carries jobs out.
pub(crate) struct Executor {
    pub(crate) engine: WeakEngine,
    pub(crate) store: SharedStore,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) alarm: Arc<Alarm>,
}

impl Executor {
    /// Works until the engine is gone.
    pub(crate) async fn run(self) {
        loop {
            let now = self.clock.now();
            // Whatever is made from here on is announced again.
            self.alarm.next.store(i64::MAX, Ordering::SeqCst);
            let due = match self.store.due_jobs(now, AT_ONCE).await {
                Ok(due) => due,
                Err(error) => {
                    self.store_failed(&error).await;
                    continue;
                }
            };
            if !due.is_empty() {
                match self.execute(due).await {
                    None => return,
                    Some(true) => {}
                    Some(false) => tokio::time::sleep(PAUSE).await,
                }
                continue;
            }
            match self.store.next_due(now).await {
                Ok(next) => self.wait(next, now).await,
                Err(error) => self.store_failed(&error).await,
            }
        }
    }

    async fn wait(&self, next: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        if let Some(next) = next {
            self.alarm.next.store(next.timestamp_micros(), Ordering::SeqCst);
        }
        // A millisecond more, so that the moment has certainly come.
        let pause = next.map(|next| (next - now).to_std().unwrap_or_default() + Duration::from_millis(1));
        let sweep = self.store.is_shared().then_some(SWEEP);
        let pause = [pause, sweep].into_iter().flatten().min();
        let earlier = self.alarm.earlier.notified();
        match pause {
            None => earlier.await,
            Some(pause) => {
                tokio::select! {
                    () = earlier => {}
                    () = tokio::time::sleep(pause) => {}
                }
            }
        }
    }

    /// Carries jobs out; answers whether anything was done, `None` when the engine is gone.
    async fn execute(&self, due: Vec<DueJob>) -> Option<bool> {
        let engine = self.engine.upgrade()?;
        let attempts = due.into_iter().map(|job| execute(&engine, job));
        let outcomes = futures::future::join_all(attempts).await;
        // A failure was counted with the job; that is progress, too.
        Some(
            outcomes
                .iter()
                .any(|outcome| matches!(outcome, Ok(_) | Err(Error::Rejected(_) | Error::SuspendedDefinition(_)))),
        )
    }

    async fn store_failed(&self, error: &StoreError) {
        tracing::warn!(%error, "due jobs could not be looked for; trying again");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn execute(engine: &Engine, job: DueJob) -> Result<Reply, Error> {
    let Some(instance) = job.instance_id else {
        return engine.execute_start_job(job.id).await;
    };
    let command = Command::ExecuteJob { job: job.id };
    engine.submit(Submission::new(instance, command)).await
}

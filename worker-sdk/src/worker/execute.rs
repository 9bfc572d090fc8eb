//! One task: its handler, its lock, its report.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::{Shared, Subscription, report};
use crate::{Backoff, Task};

/// Runs the handler, keeps the lock meanwhile and reports the outcome. Holds `slot` until done.
pub(super) async fn execute(
    worker: Arc<Shared>,
    subscription: Arc<Subscription>,
    task: Task,
    slot: OwnedSemaphorePermit,
) {
    let span = tracing::info_span!(
        "task",
        topic = task.topic(),
        task = task.id(),
        instance = task.process_instance_id(),
        activity = task.data().activity_id,
        worker = worker.id,
    );
    let work = async {
        // Beside the handler, not within: a handler that blocks its thread must not lose its lock.
        let _keeper = AbortOnDropHandle::new(tokio::spawn(
            keep(task.clone(), Arc::clone(&subscription)).in_current_span(),
        ));
        // A task spawned last starts on the thread that spawned it; it must have begun to wait before
        // a handler may block that thread.
        yield_now().await;
        let began = Instant::now();
        let outcome = subscription.topic.handle(task.clone()).await;
        tracing::debug!(took = ?began.elapsed(), succeeded = outcome.is_ok(), "handler ended");
        task.start_reporting();
        report::report(&worker, &subscription.topic, &task, outcome).await;
    };
    // A task that is cut off stays in `held`, from where it is given back.
    if worker
        .abandon
        .run_until_cancelled(work.instrument(span))
        .await
        .is_some()
    {
        worker.held().remove(task.id());
    }
    drop(slot);
}

/// Extends the lock at half of its time, for as long as it is ours.
async fn keep(task: Task, subscription: Arc<Subscription>) {
    let duration = subscription.topic.fetch.lock_duration;
    let hurry = Backoff::new(duration / 20, duration / 4);
    let mut failures = 0;
    let mut next = Instant::now() + duration / 2;
    loop {
        sleep_until(next).await;
        let asked = Instant::now();
        let lock = task.lock();
        match task.extend_lock(duration).await {
            Ok(()) => {
                failures = 0;
                next = asked + duration / 2;
                tracing::debug!("lock extended");
            }
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, "the lock could not be extended; trying again");
                sleep(hurry.delay(failures)).await;
                failures = failures.saturating_add(1);
                next = Instant::now();
            }
            Err(error) => {
                // The report may already have ended the task; then there is no lock left to lose.
                if !task.is_reporting() {
                    tracing::warn!(%error, "the lock is lost; the result of the handler may be refused");
                }
                task.lose(&lock);
                if error.is_not_found() {
                    return;
                }
                // The server may give the task to this worker again, so keep watching.
                next = Instant::now() + duration / 2;
            }
        }
    }
}

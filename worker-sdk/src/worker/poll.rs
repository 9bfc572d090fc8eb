//! Fetching: one request per topic, for as many tasks as there are free slots.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::{Shared, Subscription, execute};
use crate::client::{FetchRequest, Fetched};
use crate::{Backoff, Error, Task};

/// An empty answer that comes sooner than this did not wait for work, whatever it was asked.
const PROMPT: Duration = Duration::from_millis(500);

/// Pauses after prompt empty answers, so that a server that does not hold requests is not
/// flooded with them.
const IDLE_INITIAL: Duration = Duration::from_millis(50);
const IDLE_CAP: Duration = Duration::from_secs(2);

/// Polls one topic until the worker is asked to stop.
pub(super) async fn poll(worker: &Arc<Shared>, subscription: &Arc<Subscription>) {
    let idle = Backoff::new(IDLE_INITIAL, IDLE_CAP);
    let mut failures = 0_u32;
    let mut idle_answers = 0_u32;
    loop {
        let turn = async {
            let slots = free_slots(subscription).await?;
            let asked = Instant::now();
            let answer = fetch(worker, subscription, &slots, Some(worker.poll_timeout)).await;
            Some((slots, asked.elapsed(), answer))
        };
        // An answer that is already here comes before the wish to stop: its tasks are locked for us.
        let turn = tokio::select! {
            biased;
            turn = turn => turn,
            () = worker.stopping.cancelled() => return,
        };
        let Some((slots, took, answer)) = turn else { return };
        let pause = match answer {
            Ok(fetched) => {
                if failures > 0 {
                    tracing::info!(
                        topic = subscription.topic.name,
                        failures,
                        "connected to the server again"
                    );
                    failures = 0;
                }
                let wait = fetched.retry_after;
                idle_answers = if fetched.tasks.is_empty() && took < PROMPT {
                    idle_answers + 1
                } else {
                    0
                };
                drop(dispatch(worker, subscription, fetched, slots));
                wait.or_else(|| idle_answers.checked_sub(1).map(|attempt| idle.delay(attempt)))
            }
            Err(error) => {
                drop(slots);
                let delay = error.retry_after().unwrap_or_else(|| worker.reconnect.delay(failures));
                failures = failures.saturating_add(1);
                tracing::warn!(topic = subscription.topic.name, failures, ?delay, %error, "fetching failed; trying again");
                Some(delay)
            }
        };
        if let Some(pause) = pause {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = worker.stopping.cancelled() => return,
            }
        }
    }
}

/// Fetches once without waiting for work, and starts what came.
pub(super) async fn fetch_now(
    worker: &Arc<Shared>,
    subscription: &Arc<Subscription>,
) -> Result<Vec<JoinHandle<()>>, Error> {
    let Some(slots) = free_slots(subscription).await else {
        return Ok(Vec::new());
    };
    let fetched = fetch(worker, subscription, &slots, None).await?;
    Ok(dispatch(worker, subscription, fetched, slots))
}

/// Waits for a free slot and takes all that are free. `None` never happens while the worker lives.
async fn free_slots(subscription: &Subscription) -> Option<OwnedSemaphorePermit> {
    let mut slots = Arc::clone(&subscription.slots).acquire_owned().await.ok()?;
    while let Ok(more) = Arc::clone(&subscription.slots).try_acquire_owned() {
        slots.merge(more);
    }
    Some(slots)
}

async fn fetch(
    worker: &Shared,
    subscription: &Subscription,
    slots: &OwnedSemaphorePermit,
    wait: Option<Duration>,
) -> Result<Fetched, Error> {
    let request = FetchRequest {
        worker_id: worker.id.clone(),
        max_tasks: slots.num_permits(),
        use_priority: worker.use_priority,
        wait,
        topics: vec![subscription.topic.fetch.clone()],
    };
    worker.client.fetch_and_lock(&request).await
}

/// Starts a handler for every task; slots that are left over become free again.
fn dispatch(
    worker: &Arc<Shared>,
    subscription: &Arc<Subscription>,
    fetched: Fetched,
    mut slots: OwnedSemaphorePermit,
) -> Vec<JoinHandle<()>> {
    let lock_duration = subscription.topic.fetch.lock_duration;
    let mut started = Vec::with_capacity(fetched.tasks.len());
    for locked in fetched.tasks {
        let mut held = worker.held();
        if let Some(task) = held.get(&locked.id) {
            // Our own lock ran out and the server gave the task to us again. Its handler still runs.
            tracing::warn!(
                task = locked.id,
                topic = subscription.topic.name,
                "lock was lost and regained while the handler runs"
            );
            task.adopt(&locked, lock_duration);
            continue;
        }
        let Some(slot) = slots.split(1) else {
            tracing::warn!(
                task = locked.id,
                topic = subscription.topic.name,
                "the server sent more tasks than asked for; leaving one to expire"
            );
            continue;
        };
        let task = Task::new(worker.client.clone(), locked, lock_duration, worker.stopping.clone());
        held.insert(task.id().to_owned(), task.clone());
        drop(held);
        started.push(worker.handlers.spawn(execute::execute(
            Arc::clone(worker),
            Arc::clone(subscription),
            task,
            slot,
        )));
    }
    started
}

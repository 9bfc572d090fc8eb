//! The worker: polls its topics, runs the handlers, reports what came of them.

mod builder;
mod execute;
mod poll;
mod report;
mod stop;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use builder::WorkerBuilder;

use crate::{Backoff, Client, Error, Task, Topic};

/// A worker for external tasks, made by [`Worker::builder`].
///
/// ```no_run
/// use flowstone_worker::{Task, TaskError, Worker};
///
/// #[derive(serde::Deserialize)]
/// struct Charge { card: String, amount: f64 }
///
/// #[derive(serde::Serialize)]
/// struct Charged { receipt: String }
///
/// async fn charge(task: Task, charge: Charge) -> Result<Charged, TaskError> {
///     if charge.amount > 1000.0 {
///         return Err(TaskError::bpmn("LIMIT", "above the limit of the card"));
///     }
///     Ok(Charged { receipt: format!("{}-{}", charge.card, task.id()) })
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), flowstone_worker::Error> {
///     Worker::builder("http://localhost:8080").topic("charge-card", charge).stop_on_signals().run().await
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Worker {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    client: Client,
    id: String,
    topics: Vec<Arc<Subscription>>,
    poll_timeout: Duration,
    use_priority: bool,
    grace: Duration,
    reconnect: Backoff,
    on_signals: bool,
    /// Asks everything to come to an end.
    stopping: CancellationToken,
    /// Cuts off the handlers that outlast the grace period.
    abandon: CancellationToken,
    handlers: TaskTracker,
    held: Mutex<HashMap<String, Task>>,
}

#[derive(Debug)]
struct Subscription {
    topic: Topic,
    slots: Arc<Semaphore>,
}

impl Worker {
    /// A worker of the server at `url`, for example `http://localhost:8080`.
    pub fn builder(url: impl Into<String>) -> WorkerBuilder {
        WorkerBuilder::new(url.into())
    }

    /// The id under which this worker holds its locks. No other worker has the same.
    pub fn id(&self) -> &str {
        &self.shared.id
    }

    /// The connection of this worker.
    pub fn client(&self) -> &Client {
        &self.shared.client
    }

    /// A handle to stop the worker from elsewhere.
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        ShutdownHandle(self.shared.stopping.clone())
    }

    /// Works until it is asked to stop, whatever the server does meanwhile: when it is away or
    /// answers errors, the worker logs so and tries again, for ever, with growing pauses.
    ///
    /// Asked to stop, it fetches nothing more, lets running handlers finish and report within
    /// the grace period, cuts off the others and gives their tasks back. It cannot be run again after.
    pub async fn run(&self) {
        let worker = &self.shared;
        tracing::info!(worker = worker.id, server = worker.client.base_url(), "worker started");
        if worker.on_signals {
            worker.handlers.spawn(stop::on_signal(worker.stopping.clone()));
        }
        join_all(worker.topics.iter().map(|topic| poll::poll(worker, topic))).await;
        stop::wind_down(worker).await;
        tracing::info!(worker = worker.id, "worker stopped");
    }

    /// Fetches once from every topic what is there now, at most as many tasks as it may run at
    /// once, handles them and returns how many there were. For tests and scheduled jobs.
    ///
    /// Handlers that fail are reported to the server and counted; only a fetch that fails is an error,
    /// given after the tasks of the other topics have been handled.
    pub async fn run_once(&self) -> Result<usize, Error> {
        let fetched = join_all(
            self.shared
                .topics
                .iter()
                .map(|topic| poll::fetch_now(&self.shared, topic)),
        )
        .await;
        let mut handled = 0;
        let mut failure = None;
        for outcome in fetched {
            match outcome {
                Ok(runs) => {
                    for run in runs {
                        handled += 1;
                        // A handler cannot bring its task down: panics are caught inside.
                        let _ = run.await;
                    }
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        failure.map_or(Ok(handled), Err)
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, HashMap<String, Task>> {
        // Only single inserts and removals happen under this lock: a panic leaves it whole.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stops a worker.
#[derive(Clone, Debug)]
pub struct ShutdownHandle(CancellationToken);

impl ShutdownHandle {
    /// Asks the worker to finish what it holds and end. Returns at once; `run` returns when done.
    pub fn shutdown(&self) {
        self.0.cancel();
    }
}

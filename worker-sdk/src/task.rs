//! What a handler sees of its task besides the input.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::client::{Lock, LockedTask};
use crate::{Client, Error, File, VariableError, Variables};

/// The task a handler works on. Cloning gives another handle on the same task.
#[derive(Clone, Debug)]
pub struct Task {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    client: Client,
    data: LockedTask,
    lock: Mutex<Held>,
    local: Mutex<Variables>,
    /// The handler has ended; what the server says about the lock no longer matters.
    reporting: AtomicBool,
    stopping: CancellationToken,
}

/// The lock as this worker knows it.
#[derive(Debug)]
struct Held {
    lock: Lock,
    expires_at: Option<crate::Date>,
    /// The same on the local clock, which need not agree with that of the server.
    ends: Instant,
    lost: bool,
}

impl Task {
    pub(crate) fn new(client: Client, data: LockedTask, duration: Duration, stopping: CancellationToken) -> Self {
        let held = Held {
            lock: data.lock(),
            expires_at: data.lock_expiration_time,
            ends: Instant::now() + duration,
            lost: false,
        };
        let shared = Shared {
            client,
            data,
            lock: Mutex::new(held),
            local: Mutex::default(),
            reporting: AtomicBool::new(false),
            stopping,
        };
        Task {
            shared: Arc::new(shared),
        }
    }

    /// Id of the task.
    pub fn id(&self) -> &str {
        &self.shared.data.id
    }

    /// Everything the server said about the task when it was fetched: activity, process instance,
    /// definition, tenant, last error and so on.
    pub fn data(&self) -> &LockedTask {
        &self.shared.data
    }

    /// Topic it was fetched from.
    pub fn topic(&self) -> &str {
        &self.shared.data.topic_name
    }

    /// Process instance it belongs to.
    pub fn process_instance_id(&self) -> &str {
        &self.shared.data.process_instance_id
    }

    /// Business key of the process instance.
    pub fn business_key(&self) -> Option<&str> {
        self.shared.data.business_key.as_deref()
    }

    /// Attempts left; `None` until a first failure or an operator sets it.
    pub fn retries(&self) -> Option<i32> {
        self.shared.data.retries
    }

    /// Higher is more urgent.
    pub fn priority(&self) -> i64 {
        self.shared.data.priority
    }

    /// A `camunda:property` of the activity in the model.
    pub fn extension_property(&self, name: &str) -> Option<&str> {
        self.shared.data.extension_properties.get(name).map(String::as_str)
    }

    /// The variables that were fetched, with their wire types. Only those that the input type names,
    /// unless the topic asks for more ([`Topic::all_variables`](crate::Topic::all_variables)).
    pub fn variables(&self) -> &Variables {
        &self.shared.data.variables
    }

    /// End of the lock on the clock of the server, as of the fetch or of the last extension that
    /// this worker made. The lock is extended by itself while the handler runs.
    pub fn lock_expires_at(&self) -> Option<crate::Date> {
        self.held().expires_at
    }

    /// Whether the server has given the task to somebody else or taken it back. Work that cannot
    /// be repeated should stop then; its result will be refused.
    pub fn lock_lost(&self) -> bool {
        self.held().lost
    }

    /// Lets the lock end `duration` from now, for one long stretch in which the worker cannot extend it
    /// by itself, such as a call that blocks the whole runtime.
    pub async fn extend_lock(&self, duration: Duration) -> Result<(), Error> {
        let lock = self.lock();
        self.shared.client.extend_lock(&lock, duration).await?;
        let mut held = self.held();
        if held.lock == lock {
            let ends = Instant::now() + duration;
            let moved = ends.saturating_duration_since(held.ends);
            held.expires_at = held
                .expires_at
                .and_then(|at| at.0.checked_add_signed(chrono::TimeDelta::from_std(moved).ok()?))
                .map(crate::Date);
            held.ends = ends;
        }
        Ok(())
    }

    /// Sets a variable that stays with the activity when the task completes, for example for its
    /// output mapping. Typed as by [`Variables::of`].
    pub fn set_local<T: Serialize>(&self, name: &str, value: T) -> Result<(), VariableError> {
        self.shared
            .local
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .set(name, value)
    }

    /// Fetches the content of a file of the input.
    pub async fn download(&self, file: &File) -> Result<Vec<u8>, Error> {
        self.shared.client.download(&file.execution_id, &file.variable).await
    }

    /// The connection the worker uses, for further calls.
    pub fn client(&self) -> &Client {
        &self.shared.client
    }

    /// Waits until the worker is asked to stop. A long handler can then end early with
    /// [`TaskError::retry`](crate::TaskError::retry) instead of being cut off after the grace period.
    pub async fn stopping(&self) {
        self.shared.stopping.cancelled().await;
    }

    /// Whether the worker has been asked to stop.
    pub fn is_stopping(&self) -> bool {
        self.shared.stopping.is_cancelled()
    }

    pub(crate) fn lock(&self) -> Lock {
        self.held().lock.clone()
    }

    pub(crate) fn local(&self) -> Variables {
        self.shared.local.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The server gave the same task to this worker again: its old lock ran out while the handler
    /// still works. The handler goes on under the new lock.
    pub(crate) fn adopt(&self, again: &LockedTask, duration: Duration) {
        *self.held() = Held {
            lock: again.lock(),
            expires_at: again.lock_expiration_time,
            ends: Instant::now() + duration,
            lost: false,
        };
    }

    /// Notes that `lock` is gone. An answer about an earlier lock than the present one says nothing.
    pub(crate) fn lose(&self, lock: &Lock) {
        let mut held = self.held();
        if held.lock == *lock {
            held.lost = true;
        }
    }

    /// Whether, as far as this worker knows, nobody else can have the task.
    pub(crate) fn is_held(&self) -> bool {
        let held = self.held();
        !held.lost && Instant::now() < held.ends
    }

    pub(crate) fn start_reporting(&self) {
        self.shared.reporting.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_reporting(&self) -> bool {
        self.shared.reporting.load(Ordering::Relaxed)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // A panic elsewhere cannot leave the lock half written: every write is one assignment.
        self.shared.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

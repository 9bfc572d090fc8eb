//! Settings of a worker.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{Shared, Subscription, Worker};
use crate::client::ClientBuilder;
use crate::{Backoff, Client, Error, SettingsError, Task, TaskError, Topic};

/// Makes a [`Worker`].
#[must_use = "a worker does nothing until it runs"]
pub struct WorkerBuilder {
    connection: ClientBuilder,
    name: Option<String>,
    topics: Vec<Topic>,
    poll_timeout: Duration,
    use_priority: bool,
    grace: Duration,
    reconnect: Backoff,
    on_signals: bool,
    stopping: CancellationToken,
}

impl WorkerBuilder {
    pub(super) fn new(url: String) -> Self {
        WorkerBuilder {
            connection: Client::builder(&url),
            name: None,
            topics: Vec::new(),
            poll_timeout: Duration::from_secs(30),
            use_priority: true,
            grace: Duration::from_secs(30),
            reconnect: Backoff::new(Duration::from_millis(500), Duration::from_secs(30)),
            on_signals: false,
            stopping: CancellationToken::new(),
        }
    }

    /// Handles a topic with the usual limits; [`Topic::new`] says which and what a handler is.
    pub fn topic<F, R, I, O, E>(self, name: impl Into<String>, handler: F) -> Self
    where
        F: Fn(Task, I) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O, E>> + Send + 'static,
        I: DeserializeOwned + Send + 'static,
        O: Serialize + 'static,
        E: Into<TaskError> + 'static,
    {
        self.subscribe(Topic::new(name, handler))
    }

    /// Handles a topic with its own limits.
    pub fn subscribe(mut self, topic: Topic) -> Self {
        self.topics.push(topic);
        self
    }

    /// Authenticates with an API token.
    pub fn bearer_token(mut self, token: &str) -> Self {
        self.connection = self.connection.bearer_token(token);
        self
    }

    /// Authenticates with user and password (HTTP Basic).
    pub fn basic_auth(mut self, user: &str, password: &str) -> Self {
        self.connection = self.connection.basic_auth(user, password);
        self
    }

    /// Starts the worker id with this name instead of the host name. The rest of the id is random, so
    /// that two workers never share one: the server tells lock holders apart by nothing else.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How long the server may hold a fetch while there is nothing to do; 30 seconds unless set, at
    /// most half an hour (contract section 3.4).
    pub fn poll_timeout(mut self, timeout: Duration) -> Self {
        self.poll_timeout = timeout.min(Duration::from_secs(30 * 60));
        self
    }

    /// Whether urgent tasks come first; they do unless set.
    pub fn use_priority(mut self, yes: bool) -> Self {
        self.use_priority = yes;
        self
    }

    /// How long running handlers may go on after a request to stop; 30 seconds unless set.
    pub fn grace_period(mut self, period: Duration) -> Self {
        self.grace = period;
        self
    }

    /// The pauses between calls while the server is away or answers errors; half a second to half
    /// a minute unless set.
    pub fn reconnect(mut self, backoff: Backoff) -> Self {
        self.reconnect = backoff;
        self
    }

    /// Stops when this token is cancelled, together with the rest of the application.
    pub fn stop_with(mut self, token: CancellationToken) -> Self {
        self.stopping = token.child_token();
        self
    }

    /// Stops on Ctrl-C and, on Unix, on SIGTERM.
    pub fn stop_on_signals(mut self) -> Self {
        self.on_signals = true;
        self
    }

    /// Checks the settings. Does not connect.
    pub fn build(self) -> Result<Worker, Error> {
        if self.topics.is_empty() {
            return Err(SettingsError::NoTopic.into());
        }
        let mut names = HashSet::new();
        for topic in &self.topics {
            topic.check()?;
            if !names.insert(topic.name.clone()) {
                return Err(SettingsError::DuplicateTopic(topic.name.clone()).into());
            }
        }
        let subscribe = |topic: Topic| {
            Arc::new(Subscription {
                slots: Arc::new(Semaphore::new(topic.concurrency)),
                topic,
            })
        };
        let shared = Shared {
            client: self.connection.build()?,
            id: format!("{}-{}", self.name.unwrap_or_else(host_name), Uuid::new_v4().simple()),
            topics: self.topics.into_iter().map(subscribe).collect(),
            poll_timeout: self.poll_timeout,
            use_priority: self.use_priority,
            grace: self.grace,
            reconnect: self.reconnect,
            on_signals: self.on_signals,
            stopping: self.stopping,
            abandon: CancellationToken::new(),
            handlers: TaskTracker::new(),
            held: Mutex::default(),
        };
        Ok(Worker {
            shared: Arc::new(shared),
        })
    }

    /// Builds the worker and runs it until it is asked to stop ([`Worker::run`]). Fails only on
    /// settings, never because of the server.
    pub async fn run(self) -> Result<(), Error> {
        self.build()?.run().await;
        Ok(())
    }
}

/// Only for people to recognise a worker by; the random part makes it unique.
fn host_name() -> String {
    ["HOSTNAME", "COMPUTERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .or_else(|| std::fs::read_to_string("/proc/sys/kernel/hostname").ok())
        .map(|name| name.trim().chars().take(100).collect::<String>())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "worker".to_owned())
}

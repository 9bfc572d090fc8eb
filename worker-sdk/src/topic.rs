//! A subscription: which tasks, how many at once, what to do with them.

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::FetchTopic;
use crate::{RetryPolicy, SettingsError, Task, TaskError, Variables, input};

/// A handler with its types taken away.
type Handler = Arc<dyn Fn(Task) -> BoxFuture<'static, Result<Variables, TaskError>> + Send + Sync>;

/// A topic with its handler and limits.
///
/// ```
/// use std::time::Duration;
/// use flowstone_worker::{RetryPolicy, Task, TaskError, Topic};
///
/// #[derive(serde::Deserialize)]
/// struct Order { id: String }
///
/// async fn ship(_task: Task, order: Order) -> Result<(), TaskError> {
///     println!("shipping {}", order.id);
///     Ok(())
/// }
///
/// let topic = Topic::new("ship", ship)
///     .concurrency(4)
///     .lock_duration(Duration::from_secs(20))
///     .retry_policy(RetryPolicy::never());
/// ```
#[derive(Clone)]
pub struct Topic {
    pub(crate) name: String,
    pub(crate) concurrency: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) fetch: FetchTopic,
    handler: Handler,
}

impl Topic {
    /// Ten tasks at once, locks of one minute, the default [`RetryPolicy`].
    ///
    /// The handler is called with the task and with its variables read into `I`; what it returns
    /// becomes variables ([`Variables::of`]). Variables that do not fit `I` are a fatal failure,
    /// because another attempt would see the same ones. Only the variables that the fields of
    /// `I` name are fetched, when it names them.
    pub fn new<F, R, I, O, E>(name: impl Into<String>, handler: F) -> Self
    where
        F: Fn(Task, I) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O, E>> + Send + 'static,
        I: DeserializeOwned + Send + 'static,
        O: Serialize + 'static,
        E: Into<TaskError> + 'static,
    {
        let name = name.into();
        let handler = Arc::new(handler);
        let erased: Handler = Arc::new(move |task: Task| {
            let handler = Arc::clone(&handler);
            async move {
                let input = input::read(task.variables(), &task.data().execution_id)
                    .map_err(|error| TaskError::fatal(error.to_string()))?;
                let output = handler(task, input).await.map_err(Into::into)?;
                Variables::of(&output).map_err(|error| TaskError::fatal(format!("the result of the handler: {error}")))
            }
            .boxed()
        });
        Topic {
            concurrency: 10,
            retry: RetryPolicy::default(),
            fetch: FetchTopic {
                topic_name: name.clone(),
                lock_duration: Duration::from_secs(60),
                variables: input::wanted::<I>(),
                include_extension_properties: true,
                ..FetchTopic::default()
            },
            name,
            handler: erased,
        }
    }

    /// How many handlers may run at once in this worker.
    pub fn concurrency(mut self, handlers: usize) -> Self {
        self.concurrency = handlers;
        self
    }

    /// How long the server keeps a task for this worker without hearing from it. The lock is
    /// extended at half of this time, so it limits how soon another worker takes over after a crash,
    /// not how long a handler may run.
    pub fn lock_duration(mut self, duration: Duration) -> Self {
        self.fetch.lock_duration = duration;
        self
    }

    /// What happens after a failure that may be retried.
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Fetches exactly these variables.
    pub fn variables<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.fetch.variables = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Fetches all variables the task can see.
    pub fn all_variables(mut self) -> Self {
        self.fetch.variables = None;
        self
    }

    /// Only tasks of instances with this business key.
    pub fn business_key(mut self, key: impl Into<String>) -> Self {
        self.fetch.business_key = Some(key.into());
        self
    }

    /// Only tasks of these processes.
    pub fn process_definition_keys<N: Into<String>>(mut self, keys: impl IntoIterator<Item = N>) -> Self {
        self.fetch.process_definition_keys = keys.into_iter().map(Into::into).collect();
        self
    }

    /// Only tasks of these tenants.
    pub fn tenants<N: Into<String>>(mut self, tenants: impl IntoIterator<Item = N>) -> Self {
        self.fetch.tenants = tenants.into_iter().map(Into::into).collect();
        self
    }

    /// Only tasks without tenant.
    pub fn without_tenant(mut self) -> Self {
        self.fetch.without_tenant_id = true;
        self
    }

    /// Limits with which nothing would ever run, or no lock would ever be held.
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let refused = |reason| {
            Err(SettingsError::Topic {
                topic: self.name.clone(),
                reason,
            })
        };
        if self.name.is_empty() {
            return refused("a topic needs a name");
        }
        if self.concurrency == 0 || self.concurrency > MAX_CONCURRENCY {
            return refused("its concurrency must lie between 1 and 100000");
        }
        if self.fetch.lock_duration < Duration::from_millis(1) {
            return refused("its lock duration must be at least one millisecond");
        }
        Ok(())
    }

    /// Runs the handler; a panic in it becomes a failure like any other.
    pub(crate) async fn handle(&self, task: Task) -> Result<Variables, TaskError> {
        let handler = Arc::clone(&self.handler);
        // The closure may panic before it returns its future, so the call happens inside as well.
        let work = AssertUnwindSafe(async move { handler(task).await }).catch_unwind();
        work.await
            .unwrap_or_else(|panic| Err(TaskError::retry(format!("the handler panicked: {}", text_of(&*panic)))))
    }
}

/// More handlers than this at once is a mistake in the settings.
const MAX_CONCURRENCY: usize = 100_000;

impl fmt::Debug for Topic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Topic")
            .field("name", &self.name)
            .field("concurrency", &self.concurrency)
            .field("fetch", &self.fetch)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "no message",
    }
}

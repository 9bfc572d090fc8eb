//! The handle that callers hold.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use flowstone_core::{Command, EvaluationLimits, RetryPolicy, Start, StepOptions};
use flowstone_store::record::DefinitionRecord;
use flowstone_store::{Error as StoreError, Hint, SharedStore, Store};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::clock::{Clock, SystemClock};
use crate::definitions::{Definition, Definitions};
use crate::error::Error;
use crate::executor::Executor;
use crate::history::HistoryLevel;
use crate::ids::new_instance_id;
use crate::lock::lock;
use crate::pipeline::{Claim, ClaimJob, Job, Pipeline, Shell, StartJob, SubmitJob, instance_from};
use crate::request::{FetchRequest, LockedTask, Reply, StartRequest, Submission};
use crate::view::InstanceView;
use crate::wake::{Candidate, Fetch, Message, Wake, Watch};

/// How long idempotency keys are remembered.
const KEYS_KEPT: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// How often forgotten keys are removed.
const KEYS_SWEEP: Duration = Duration::from_secs(600);

/// How old the knowledge of a topic may be for a fetch that waits anyway: hints and the sweep
/// make up for it.
const WAITING_FETCH_TRUSTS: Duration = Duration::from_secs(5);

/// Settings of an engine.
#[derive(Clone)]
pub struct Options {
    /// How much history is kept.
    pub history: HistoryLevel,
    /// Source of time.
    pub clock: Arc<dyn Clock>,
    /// Bound of the memory for hot instances, in bytes.
    pub hot_instance_bytes: usize,
    /// Bound of the memory for compiled definitions, in bytes.
    pub definition_bytes: usize,
    /// Number of writers that work at the same time, each on its own share of the instances.
    pub writers: usize,
    /// Steps that one command may take before coming to rest.
    pub step_limit: usize,
    /// What one evaluation of an expression or script may cost.
    pub evaluation: EvaluationLimits,
    /// How jobs are tried again whose model says nothing about it.
    pub retries: RetryPolicy,
    /// Whether jobs are executed when they are due; else only when told to.
    pub job_execution: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            history: HistoryLevel::default(),
            clock: Arc::new(SystemClock),
            hot_instance_bytes: 64 << 20,
            definition_bytes: 64 << 20,
            writers: 1,
            step_limit: 10_000,
            evaluation: EvaluationLimits::default(),
            retries: RetryPolicy::default(),
            job_execution: true,
        }
    }
}

/// A running engine over a store. Cheap to clone; all clones are the same engine.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    shell: Arc<Shell>,
    watch: Watch,
    pipeline: Mutex<Option<Arc<Pipeline>>>,
    writers: Mutex<Vec<JoinHandle<()>>>,
    background: Mutex<Vec<JoinHandle<()>>>,
}

/// A handle that does not keep its engine running.
pub(crate) struct WeakEngine(Weak<Inner>);

impl WeakEngine {
    /// The engine, while it runs.
    pub(crate) fn upgrade(&self) -> Option<Engine> {
        self.0.upgrade().map(|inner| Engine { inner })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for task in lock(&self.background).drain(..) {
            task.abort();
        }
    }
}

impl Engine {
    /// Starts an engine over a migrated store, with its background work.
    ///
    /// # Errors
    /// [`Error::Store`], when the store cannot be listened to.
    pub async fn start(store: SharedStore, options: Options) -> Result<Self, Error> {
        let (wake, abandoned) = Wake::new(store.is_shared());
        let wake = Arc::new(wake);
        let shell = Arc::new(Shell {
            store: store.clone(),
            is_shared: store.is_shared() || options.writers > 1,
            clock: options.clock.clone(),
            definitions: Definitions::new(store.clone(), options.definition_bytes),
            wake: wake.clone(),
            history: options.history,
            hot_instance_bytes: options.hot_instance_bytes / options.writers.max(1),
            step_options: StepOptions {
                step_limit: options.step_limit,
                retries: options.retries,
                evaluation: options.evaluation,
            },
            alarm: Arc::default(),
        });
        let watch = Watch {
            wake,
            store: store.clone(),
            clock: options.clock,
            looking: Arc::default(),
        };
        let (pipeline, writers) = Pipeline::start(&shell, options.writers);
        let pipeline = Arc::new(pipeline);
        let mut background = vec![
            tokio::spawn(watch.clone().time()),
            tokio::spawn(watch.clone().sweep()),
            tokio::spawn(forget_keys(store.clone(), shell.clock.clone())),
            tokio::spawn(unlock_abandoned(abandoned, Arc::downgrade(&pipeline))),
        ];
        if store.is_shared() {
            background.push(tokio::spawn(watch.clone().send_news()));
        }
        if let Some(hints) = store.hints().await? {
            background.push(tokio::spawn(hear(hints, watch.clone(), shell.clone())));
        }
        let engine = Engine {
            inner: Arc::new(Inner {
                shell,
                watch,
                pipeline: Mutex::new(Some(pipeline)),
                writers: Mutex::new(writers),
                background: Mutex::new(background),
            }),
        };
        if options.job_execution {
            let executor = Executor {
                engine: WeakEngine(Arc::downgrade(&engine.inner)),
                store,
                clock: engine.inner.shell.clock.clone(),
                alarm: engine.inner.shell.alarm.clone(),
            };
            lock(&engine.inner.background).push(tokio::spawn(executor.run()));
        }
        Ok(engine)
    }

    /// The store, for queries.
    pub fn store(&self) -> &dyn Store {
        self.inner.shell.store.as_ref()
    }

    /// What one evaluation may cost.
    pub(crate) fn evaluation_limits(&self) -> EvaluationLimits {
        self.inner.shell.step_options.evaluation
    }

    /// How jobs are tried again whose model says nothing about it.
    pub(crate) fn retry_policy(&self) -> RetryPolicy {
        self.inner.shell.step_options.retries
    }

    /// How much history is kept.
    pub(crate) fn history_level(&self) -> HistoryLevel {
        self.inner.shell.history
    }

    /// The present moment by the engine's clock.
    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.inner.shell.clock.now()
    }

    /// Makes the executor look for due jobs.
    pub(crate) fn jobs_changed(&self) {
        self.inner.shell.alarm.look();
    }

    /// Makes everything that waits for time look at the clock now (after a manual clock moved).
    pub fn clock_moved(&self) {
        self.inner.watch.wake.time.notify_one();
        self.inner.shell.alarm.look();
    }

    /// Answers waiting fetches with nothing, finishes what was accepted, then stops.
    pub async fn shutdown(&self) {
        self.inner.watch.wake.close();
        lock(&self.inner.pipeline).take();
        let writers: Vec<_> = lock(&self.inner.writers).drain(..).collect();
        for writer in writers {
            if let Err(error) = writer.await {
                tracing::error!(%error, "a writer did not stop in order");
            }
        }
        for task in lock(&self.inner.background).drain(..) {
            task.abort();
        }
    }

    /// A definition ready to run, from memory or the store.
    ///
    /// # Errors
    /// [`Error::UnknownDefinition`], [`Error::UnusableDefinition`], [`Error::Store`].
    pub async fn definition(&self, id: &str) -> Result<Arc<Definition>, Error> {
        self.inner.shell.definitions.get(id).await
    }

    /// The latest version of a key within a tenant (`None`: without tenant).
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn latest_definition(&self, key: &str, tenant: Option<&str>) -> Result<Option<DefinitionRecord>, Error> {
        self.inner.shell.definitions.latest(key, tenant).await
    }

    /// Starts an instance; durable when it returns.
    ///
    /// # Errors
    /// [`Error::UnknownDefinition`], [`Error::SuspendedDefinition`], or what the core rejects.
    pub async fn start_instance(&self, definition_id: &str, request: StartRequest) -> Result<Reply, Error> {
        let definition = self.definition(definition_id).await?;
        if definition.record.suspended {
            return Err(Error::SuspendedDefinition(definition_id.to_owned()));
        }
        let id = new_instance_id(self.now());
        let (reply, answer) = oneshot::channel();
        let start = Start {
            business_key: request.business_key,
            node: request.start_node,
            tenant_id: definition.record.tenant_id.clone(),
            variables: request.variables,
            form: request.form,
            user: request.user,
            caller: None,
            modification: request.modification,
        };
        let job = StartJob {
            id,
            definition,
            start,
            idempotency_key: request.idempotency_key,
            reply,
        };
        self.pipeline()?.send(id, Job::Start(job));
        answer.await.map_err(|_| Error::ShuttingDown)?
    }

    /// Applies a command to a running instance; durable when it returns.
    ///
    /// # Errors
    /// [`Error::Unknown`] when nothing that runs has the target's id, or what the core rejects.
    pub async fn submit(&self, submission: Submission) -> Result<Reply, Error> {
        let (reply, answer) = oneshot::channel();
        let job = SubmitJob {
            target: submission.target,
            command: submission.command,
            idempotency_key: submission.idempotency_key,
            reply,
        };
        self.pipeline()?.send(submission.target, Job::Submit(job));
        answer.await.map_err(|_| Error::ShuttingDown)?
    }

    /// Locks external tasks for a worker, waiting for some when asked to. Dropping the future
    /// withdraws the request: what was locked for a caller that is gone is released again.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn fetch_and_lock(&self, request: FetchRequest) -> Result<Vec<LockedTask>, Error> {
        let arrived = Instant::now();
        let deadline = request.wait.map(|wait| arrived + wait);
        let fetch = Arc::new(Fetch::new(request));
        if fetch.max_tasks == 0 || fetch.topics.is_empty() {
            return Ok(Vec::new());
        }
        let trusted = deadline.map_or(Duration::ZERO, |_| WAITING_FETCH_TRUSTS);
        let not_since = arrived.checked_sub(trusted).unwrap_or(arrived);
        let mut tried = BTreeSet::new();
        loop {
            if self.inner.watch.wake.is_closed() {
                return Ok(Vec::new());
            }
            self.inner.watch.look_if_needed(fetch.topics.keys(), not_since).await?;
            let candidates = self.inner.watch.wake.take(&fetch, &tried, self.now());
            if !candidates.is_empty() {
                let locked = self.claim(&fetch, candidates, &mut tried).await?;
                if !locked.is_empty() {
                    return Ok(locked);
                }
                continue;
            }
            let Some(deadline) = deadline.filter(|deadline| *deadline > Instant::now()) else {
                return Ok(Vec::new());
            };
            let Some(mut parked) = self.inner.watch.wake.park(&fetch, &tried) else {
                continue;
            };
            let message = tokio::select! {
                message = parked.message() => message,
                () = sleep_until(deadline) => parked.end().await,
            };
            if let Message::Tasks(tasks) = message {
                return Ok(tasks);
            }
            tried.clear();
        }
    }

    /// Tries to lock tasks that memory says are ready.
    async fn claim(
        &self,
        fetch: &Fetch,
        candidates: Vec<Candidate>,
        tried: &mut BTreeSet<Uuid>,
    ) -> Result<Vec<LockedTask>, Error> {
        let pipeline = self.pipeline()?;
        let claims: Vec<_> = candidates
            .into_iter()
            .map(|candidate| {
                let (reply, answer) = oneshot::channel();
                let job = ClaimJob {
                    task: candidate.task.id,
                    instance: candidate.task.instance_id,
                    worker: fetch.worker.clone(),
                    topic: candidate.topic,
                    reply,
                };
                pipeline.send(candidate.task.id, Job::Claim(job));
                (candidate.task, answer)
            })
            .collect();
        let mut locked = Vec::with_capacity(claims.len());
        let mut failed = None;
        for (task, answer) in claims {
            match answer.await {
                Ok(Claim::Locked(task)) => locked.push(*task),
                Ok(Claim::Filtered) => {
                    tried.insert(task.id);
                    self.inner.watch.wake.put_back(task);
                }
                Ok(Claim::Failed(error)) => {
                    self.inner.watch.wake.put_back(task);
                    failed = Some(error);
                }
                Ok(Claim::Gone) | Err(_) => {}
            }
        }
        match failed {
            Some(error) if locked.is_empty() => Err(Error::Store(error)),
            _ => Ok(locked),
        }
    }

    /// The committed state of the instance that `id` belongs to (its own id, a scope's, a
    /// token's); `None` when nothing that runs has it.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::UnusableDefinition`].
    pub async fn view(&self, id: Uuid) -> Result<Option<InstanceView>, Error> {
        let store = self.store();
        let mut snapshots = store.load(&[id]).await?;
        if snapshots.is_empty() {
            let owners: Vec<Uuid> = store.locate(&[id]).await?.into_iter().map(|(_, owner)| owner).collect();
            snapshots = store.load(&owners).await?;
        }
        let Some(snapshot) = snapshots.pop() else {
            return Ok(None);
        };
        let definition = self.definition(&snapshot.instance.definition_id).await?;
        let instance = instance_from(snapshot).map_err(StoreError::Corrupt)?;
        Ok(Some(InstanceView { instance, definition }))
    }

    pub(crate) fn definitions(&self) -> &Definitions {
        &self.inner.shell.definitions
    }

    /// Carries out what must not stop half way, such as a change and what memory has to learn of it, also when the caller
    /// goes away meanwhile.
    pub(crate) async fn to_the_end<T, Work>(&self, work: impl FnOnce(Engine) -> Work) -> T
    where
        T: Send + 'static,
        Work: Future<Output = T> + Send + 'static,
    {
        match tokio::spawn(work(self.clone())).await {
            Ok(done) => done,
            Err(broken) if broken.is_panic() => std::panic::resume_unwind(broken.into_panic()),
            // The process stops: nobody waits for an answer any more.
            Err(_) => std::future::pending().await,
        }
    }

    fn pipeline(&self) -> Result<Arc<Pipeline>, Error> {
        lock(&self.inner.pipeline).clone().ok_or(Error::ShuttingDown)
    }
}

/// Follows the hints of other nodes.
async fn hear(mut hints: mpsc::Receiver<Hint>, watch: Watch, shell: Arc<Shell>) {
    while let Some(hint) = hints.recv().await {
        match hint {
            Hint::Topics(topics) => watch.heard(topics).await,
            Hint::Definitions => shell.definitions.forget(),
        }
    }
}

/// Releases locks whose callers are gone.
async fn unlock_abandoned(mut abandoned: mpsc::UnboundedReceiver<Uuid>, pipeline: Weak<Pipeline>) {
    while let Some(task) = abandoned.recv().await {
        let Some(pipeline) = pipeline.upgrade() else {
            return;
        };
        let (reply, _) = oneshot::channel();
        let job = SubmitJob {
            target: task,
            command: Command::Unlock { task },
            idempotency_key: None,
            reply,
        };
        pipeline.send(task, Job::Submit(job));
    }
}

/// Forgets old idempotency keys.
async fn forget_keys(store: SharedStore, clock: Arc<dyn Clock>) {
    loop {
        tokio::time::sleep(KEYS_SWEEP).await;
        if let Err(error) = store.forget_applied(clock.now() - KEYS_KEPT).await {
            tracing::warn!(%error, "old idempotency keys could not be forgotten; trying again later");
        }
    }
}

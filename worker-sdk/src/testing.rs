//! A whole engine inside a test, with a clock that moves only when told to.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use flowstone_engine::{ManualClock, Options};
use flowstone_server::LocalServer;
use flowstone_store::MemoryStore;

use crate::{Client, Deployment, DeploymentReceipt, Error, Worker, WorkerBuilder};

/// An engine in memory, served on a free port of this machine. Everything in it is gone when it is
/// dropped.
///
/// ```no_run
/// # use flowstone_worker::testing::TestEngine;
/// # use flowstone_worker::{Task, TaskError, Variables};
/// # use std::time::Duration;
/// # async fn charge(_: Task, (): ()) -> Result<(), TaskError> { Ok(()) }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = TestEngine::start().await?;
/// engine.deploy("order.bpmn", std::fs::read("models/order.bpmn")?).await?;
/// let order = engine.client().start_process("order", Variables::new(), None).await?;
/// engine.worker().topic("charge-card", charge).build()?.run_once().await?;
/// engine.advance(Duration::from_secs(3 * 24 * 3600)); // the reminder is due
/// # Ok(())
/// # }
/// ```
pub struct TestEngine {
    server: LocalServer,
    clock: Arc<ManualClock>,
    client: Client,
}

impl TestEngine {
    /// An empty engine whose clock stands at the present moment.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn start() -> io::Result<Self> {
        Self::start_at(Utc::now()).await
    }

    /// An empty engine whose clock stands at `moment`.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn start_at(moment: DateTime<Utc>) -> io::Result<Self> {
        let clock = Arc::new(ManualClock::new(moment));
        let options = Options {
            clock: clock.clone(),
            ..Options::default()
        };
        let server = LocalServer::start(Arc::new(MemoryStore::new()), options).await?;
        let client = Client::new(server.url()).map_err(io::Error::other)?;
        Ok(TestEngine { server, clock, client })
    }

    /// Address of the server, as workers take it.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// A client of the engine.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A worker of the engine, to be given its topics.
    pub fn worker(&self) -> WorkerBuilder {
        Worker::builder(self.url())
    }

    /// Deploys one model from memory; the suffix of the name says what it is.
    ///
    /// # Errors
    /// When the model cannot run.
    pub async fn deploy(&self, name: &str, content: impl Into<Vec<u8>>) -> Result<DeploymentReceipt, Error> {
        self.client
            .deploy(Deployment::new("test").resource(name, content))
            .await
    }

    /// The moment at which the clock stands.
    pub fn now(&self) -> DateTime<Utc> {
        self.server.engine().now()
    }

    /// Moves the clock forward: timers fall due, locks and pauses between attempts end. What they
    /// set off happens right after, not within this call.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX));
        self.server.engine().clock_moved();
    }
}

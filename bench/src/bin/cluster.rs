//! How soon a worker that long-polls on one server gets a task started on another.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use flowstone_bench::api::{complete, deploy, fetch, start};
use flowstone_bench::http::Connection;
use flowstone_bench::latency::Latencies;
use flowstone_bench::model::{ONE_TASK, ONE_TASK_MODEL};
use flowstone_bench::server::Server;
use tokio::sync::mpsc;

/// Two servers over one Postgres.
#[derive(Parser)]
struct Arguments {
    /// Postgres database of both servers.
    #[arg(long)]
    database_url: String,
    /// Binary of the servers; by default the `flowstone` beside this program.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// How many tasks are timed.
    #[arg(long, default_value_t = 200)]
    times: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let starting = Server::start(arguments.binary.clone(), &arguments.database_url).await?;
    let polling = Server::start(arguments.binary, &arguments.database_url).await?;
    deploy(&starting.target, ONE_TASK_MODEL).await?;
    let (received, mut tasks) = mpsc::unbounded_channel();
    let target = polling.target.clone();
    let worker = tokio::spawn(async move {
        let mut connection = Connection::open(&target).await?;
        while !received.is_closed() {
            for task in fetch(&mut connection, ONE_TASK, "cluster", 1, 2_000).await? {
                // Nobody listens any more when all is measured.
                let _ = received.send((task.process_instance_id, Instant::now()));
                complete(&mut connection, &task.id, "cluster").await?;
            }
        }
        anyhow::Ok(())
    });
    let mut connection = Connection::open(&starting.target).await?;
    let mut latencies = Latencies::default();
    for _ in 0..arguments.times {
        // Long enough for the poll to be parked again.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let id = start(&mut connection, ONE_TASK).await?;
        let acknowledged = Instant::now();
        let task = tokio::time::timeout(Duration::from_secs(30), tasks.recv()).await?;
        let (instance, at) = task.ok_or_else(|| anyhow::anyhow!("the worker gave up"))?;
        anyhow::ensure!(instance == id, "the task of another instance came");
        // The task may even overtake the answer to the start.
        latencies.note(at.saturating_duration_since(acknowledged));
    }
    println!("{}", latencies.summary("task"));
    drop(tasks);
    worker.await?
}

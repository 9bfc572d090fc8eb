//! What a worker does with its tasks, seen from the server.
#![allow(
    clippy::unwrap_used,
    reason = "a test ends where its ground gives way, helpers included"
)]

mod lifecycle;
mod locks;
mod reports;
mod server;

use std::time::Duration;

use flowstone_worker::{Backoff, Task, TaskError, Topic, Worker, WorkerBuilder};
use serde_json::Value;
use server::Server;
use tokio::task::JoinHandle;

const MOMENT: Duration = Duration::from_millis(20);

/// A worker that loses no time over lost connections.
fn worker(server: &Server) -> WorkerBuilder {
    Worker::builder(server.url())
        .poll_timeout(Duration::from_secs(5))
        .reconnect(Backoff::new(Duration::from_millis(2), MOMENT))
}

fn run(builder: WorkerBuilder) -> (Worker, JoinHandle<()>) {
    let worker = builder.build().unwrap();
    let running = worker.clone();
    (worker, tokio::spawn(async move { running.run().await }))
}

async fn stop(worker: &Worker, running: JoinHandle<()>) {
    worker.shutdown_handle().shutdown();
    tokio::time::timeout(Duration::from_secs(5), running)
        .await
        .expect("the worker stops")
        .unwrap();
}

async fn nothing(_: Task, (): ()) -> Result<(), TaskError> {
    Ok(())
}

/// Runs `handler` on one task and returns what the server was told by `operation`.
async fn report_of(server: &Server, topic: Topic, operation: &str) -> Value {
    assert_eq!(
        worker(server)
            .subscribe(topic)
            .build()
            .unwrap()
            .run_once()
            .await
            .unwrap(),
        1
    );
    let calls = server.calls(operation);
    assert_eq!(calls.len(), 1, "{operation}");
    calls[0].body.clone()
}

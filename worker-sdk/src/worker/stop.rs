//! Coming to an end without leaving locks behind.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Shared;

/// How long giving tasks back may take; after that their locks run out by themselves.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a cut-off handler may take to notice. One that blocks its thread never does.
const CUT_OFF_TIMEOUT: Duration = Duration::from_secs(1);

/// Waits for the running handlers, cuts off those that outlast the grace period, and gives back
/// what is still held.
pub(super) async fn wind_down(worker: &Shared) {
    worker.handlers.close();
    let running = worker.held().len();
    if running > 0 {
        tracing::info!(running, grace = ?worker.grace, "waiting for running handlers");
    }
    if timeout(worker.grace, worker.handlers.wait()).await.is_ok() {
        return;
    }
    worker.abandon.cancel();
    if timeout(CUT_OFF_TIMEOUT, worker.handlers.wait()).await.is_err() {
        tracing::warn!("some handlers block their thread and cannot be cut off");
    }
    let left: Vec<_> = worker.held().drain().map(|(_, task)| task).collect();
    let release = join_all(left.iter().map(|task| async move {
        // Unlocking asks for no owner: doing it late would take the task from its next worker.
        if !task.is_held() {
            return;
        }
        match worker.client.unlock(&task.lock()).await {
            Ok(()) => tracing::info!(task = task.id(), topic = task.topic(), "gave the task back unfinished"),
            Err(error) => tracing::warn!(task = task.id(), topic = task.topic(), %error, "the task could not be given back; its lock will run out"),
        }
    }));
    if timeout(RELEASE_TIMEOUT, release).await.is_err() {
        tracing::warn!("the server did not take all tasks back in time; their locks will run out");
    }
}

/// Cancels `stopping` on Ctrl-C or, on Unix, SIGTERM. Ends with it in any case.
pub(super) async fn on_signal(stopping: CancellationToken) {
    let interrupt = async {
        // Without a handler the signal keeps its default effect, which also stops the worker.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupt => tracing::info!("interrupted; stopping"),
        () = terminate() => tracing::info!("asked to terminate; stopping"),
        () = stopping.cancelled() => {}
    }
    stopping.cancel();
}

#[cfg(unix)]
async fn terminate() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}

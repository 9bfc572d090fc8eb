//! `flowstone serve`.

use std::io::IsTerminal as _;

use anyhow::Context;
use flowstone_engine::{Engine, Options};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::storage;
use crate::ServerOptions;
use crate::config::{Config, LogFormat, Switch};

/// Runs the server until it is told to stop.
pub(super) async fn serve(config: Config) -> anyhow::Result<()> {
    log(&config)?;
    let store = storage::open(&config).await?;
    let database = store.name();
    let options = Options {
        history: config.history_level()?,
        job_execution: config.job_execution == Switch::On,
        evaluation: config.evaluation_limits(),
        retries: config.retries(),
        hot_instance_bytes: config.instance_bytes(),
        ..Options::default()
    };
    let engine = Engine::start(store, options).await?;
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!(
            "cannot listen on {}; choose another address with --listen",
            config.listen
        )
    })?;
    let address = listener.local_addr()?;
    tracing::info!(%address, database, "serving at http://{address}/engine-rest");
    let stopping = CancellationToken::new();
    tokio::spawn(stop_on_signals(stopping.clone())?);
    crate::serve(listener, engine, ServerOptions::default(), stopping).await?;
    tracing::info!("stopped");
    Ok(())
}

/// The first signal stops in order, the second at once.
fn stop_on_signals(stopping: CancellationToken) -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        for last in [false, true] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if last {
                tracing::warn!("stopping at once");
                std::process::exit(1);
            }
            tracing::info!("stopping; a second signal stops at once");
            stopping.cancel();
        }
    })
}

fn log(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log_level)
        .with_context(|| format!("the log level '{}' is not understood", config.log_level))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}

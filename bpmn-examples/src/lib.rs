//! What the clients and workers of the examples share: the few calls of the REST API that a
//! worker does not need, and the ledger of the tasks example.

mod api;
pub mod ledger;

pub use api::{Api, Ended, UserTask};

/// Logs of an example's worker: one line per event, as much as `RUST_LOG` asks for.
pub fn log() {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .init();
}

/// The base URL of the server: the first argument, `FLOWSTONE_URL` or the default of `flowstone serve`.
pub fn url() -> String {
    std::env::args()
        .nth(1)
        .or_else(|| std::env::var("FLOWSTONE_URL").ok())
        .unwrap_or_else(|| "http://localhost:8080".to_owned())
}

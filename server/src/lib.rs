//! The Flowstone server: REST API, configuration and command line.

pub mod api;
pub mod cli;
pub mod config;
mod http;
mod local;
mod metrics;

pub use api::{AppState, ServerOptions};
pub use http::{router, serve};
pub use local::LocalServer;

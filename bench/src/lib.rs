//! Benchmark programs: see the README beside this crate.

pub mod api;
pub mod http;
pub mod latency;
pub mod model;
pub mod process;
pub mod server;

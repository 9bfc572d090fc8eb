//! Benchmark programs: see the README beside this crate.

pub mod http;
pub mod latency;

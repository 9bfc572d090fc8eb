//! Test kit and black-box suites.

pub mod models;
pub mod postgres;
pub mod server;

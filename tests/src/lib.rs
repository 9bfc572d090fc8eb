//! Test kit and black-box suites.

pub mod postgres;

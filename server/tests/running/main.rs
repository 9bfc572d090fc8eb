//! What runs, as clients see and change it: instances, executions, tasks, variables, incidents, history.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod called;
mod details;
mod forms;
mod history;
mod job_definitions;
mod jobs;
mod logs;
mod modification;
mod operations;
mod order;
mod progress;
mod records;
mod refusals;
mod start_forms;
mod starts;
#[path = "../support/mod.rs"]
mod support;
mod suspension;
mod tasks;
mod variables;

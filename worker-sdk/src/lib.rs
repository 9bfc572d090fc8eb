#![doc = include_str!("../README.md")]

mod backoff;
mod client;
mod error;
mod input;
mod task;
mod task_error;
#[cfg(feature = "testing")]
pub mod testing;
mod topic;
mod value;
mod variable;
mod worker;

pub use backoff::{Backoff, RetryPolicy};
pub use client::{
    Client, ClientBuilder, Deployment, DeploymentReceipt, FailureReport, FetchRequest, FetchTopic, Fetched, Lock,
    LockedTask, MessageCorrelation, ProcessInstance, ProcessStart,
};
pub use error::{Error, SettingsError};
pub use task::Task;
pub use task_error::TaskError;
pub use topic::Topic;
pub use value::{Date, File};
pub use variable::{TypedValue, VariableError, Variables};
pub use worker::{ShutdownHandle, Worker, WorkerBuilder};

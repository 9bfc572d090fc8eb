//! Charges credit cards. Start a server on port 8080, deploy a process with an external task of
//! topic `charge-card`, then:
//!
//! ```text
//! cargo run -p flowstone-worker --example charge_card
//! ```
//!
//! `FLOWSTONE_URL` names another server.

use std::time::Duration;

use flowstone_worker::{Backoff, Error, RetryPolicy, Task, TaskError, Topic, Worker};
use serde::{Deserialize, Serialize};

/// The variables the task reads.
#[derive(Deserialize)]
struct Charge {
    card: String,
    amount: f64,
}

/// The variables the task writes.
#[derive(Serialize)]
struct Charged {
    receipt: String,
}

async fn charge(task: Task, charge: Charge) -> Result<Charged, TaskError> {
    if charge.amount <= 0.0 {
        return Err(TaskError::fatal(format!("{} cannot be charged", charge.amount)));
    }
    if charge.amount > 1000.0 {
        return Err(TaskError::bpmn(
            "LIMIT_EXCEEDED",
            "the amount is above the limit of the card",
        ));
    }
    // Text that is no number is an error that converts into a retry.
    let last_digits: u32 = charge.card.chars().rev().take(4).collect::<String>().parse()?;
    // The id of the task is the same in every attempt: the natural idempotency key for the bank.
    Ok(Charged {
        receipt: format!("{}/{last_digits:04}", task.id()),
    })
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing_subscriber::fmt().with_env_filter("info").init();
    let url = std::env::var("FLOWSTONE_URL").unwrap_or_else(|_| "http://localhost:8080".to_owned());
    let charging = Topic::new("charge-card", charge)
        .concurrency(20)
        .lock_duration(Duration::from_secs(30))
        .retry_policy(RetryPolicy::new(
            5,
            Backoff::new(Duration::from_secs(2), Duration::from_secs(600)),
        ));
    Worker::builder(url)
        .name("cards")
        .subscribe(charging)
        .stop_on_signals()
        .run()
        .await
}

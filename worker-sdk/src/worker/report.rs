//! Telling the server what came of a task, until it has understood.

use std::time::Duration;

use tokio::time::sleep;

use super::Shared;
use crate::client::FailureReport;
use crate::task_error::{Failure, Kind};
use crate::{Error, RetryPolicy, Task, TaskError, Topic, Variables};

/// After this many internal errors of the server in a row the report itself is taken to be the cause.
const INTERNAL_ERRORS: u32 = 5;

/// Code by which a server with fencing says that the lock of a report was replaced by a newer one.
const STALE_LOCK: i64 = 20_001;

/// What to tell.
#[derive(Debug)]
enum Report {
    Complete {
        variables: Variables,
        local: Variables,
    },
    BpmnError {
        code: String,
        message: String,
        variables: Variables,
    },
    Failure(FailureReport),
}

/// How telling it went.
enum Delivery {
    Accepted,
    /// Nothing will make the server take this report.
    Refused(Error),
}

/// Reports the outcome of a handler.
pub(super) async fn report(worker: &Shared, topic: &Topic, task: &Task, outcome: Result<Variables, TaskError>) {
    let report = match outcome {
        Ok(variables) => Report::Complete {
            variables,
            local: task.local(),
        },
        Err(error) => from_error(error, &topic.retry, task.retries()),
    };
    let Delivery::Refused(error) = deliver(worker, task, &report).await else {
        return;
    };
    if matches!(report, Report::Failure(_)) {
        tracing::warn!(%error, "the failure of the task was refused; its lock will run out");
        return;
    }
    if code_of(&error) == Some(STALE_LOCK) {
        tracing::warn!(%error, "the result came under a lock that has been replaced; the task belongs to another attempt");
        return;
    }
    // An operator must see that the work was done but could not be handed over. If the lock is gone,
    // this is refused as well, and rightly so.
    tracing::warn!(%error, "the result of the task was refused; reporting a failure instead");
    let refusal = TaskError::retry(format!("the server refused the result of the handler: {error}"));
    let failure = from_error(refusal, &topic.retry, task.retries());
    if let Delivery::Refused(error) = deliver(worker, task, &failure).await {
        tracing::warn!(%error, "the failure of the task was refused as well; the task has gone on without this worker");
    }
}

fn from_error(error: TaskError, policy: &RetryPolicy, retries: Option<i32>) -> Report {
    let Failure {
        kind,
        mut message,
        details,
        variables,
    } = *error.0;
    let (variables, unfit) = match variables {
        None => (Variables::new(), None),
        Some(Ok(variables)) => (variables, None),
        Some(Err(unfit)) => (Variables::new(), Some(unfit)),
    };
    let kind = match unfit {
        None => kind,
        Some(unfit) => {
            message = format!("{message} (and its variables cannot be sent: {unfit})");
            Kind::Fatal
        }
    };
    let (retries, retry_after) = match kind {
        Kind::Bpmn { code } => {
            tracing::info!(code, message, "handler threw a BPMN error");
            return Report::BpmnError {
                code,
                message,
                variables,
            };
        }
        Kind::Fatal => (0, Duration::ZERO),
        Kind::Retry { after, left } => {
            let left = left.unwrap_or_else(|| policy.retries_left(retries));
            (
                left,
                after.unwrap_or_else(|| if left == 0 { Duration::ZERO } else { policy.delay(left) }),
            )
        }
    };
    tracing::warn!(message, retries, ?retry_after, "handler failed");
    Report::Failure(FailureReport {
        message,
        details,
        retries,
        retry_after,
        variables,
    })
}

/// Repeats a report until the server has taken or refused it. Meanwhile the lock is kept.
async fn deliver(worker: &Shared, task: &Task, report: &Report) -> Delivery {
    let mut attempt = 0;
    let mut internal_errors = 0;
    loop {
        // Each time anew: the lock may have been lost and regained since.
        let lock = task.lock();
        let answer = match report {
            Report::Complete { variables, local } => worker.client.complete(&lock, variables, local).await,
            Report::BpmnError {
                code,
                message,
                variables,
            } => worker.client.throw_bpmn_error(&lock, code, message, variables).await,
            Report::Failure(failure) => worker.client.fail(&lock, failure).await,
        };
        let error = match answer {
            Ok(()) => {
                tracing::debug!(repeated = attempt, "report accepted");
                return Delivery::Accepted;
            }
            Err(error) => error,
        };
        if error.is_not_found() {
            // After a lost answer the report itself may have ended the task. A server that knows
            // better says so in the code of its error, which is part of what is logged.
            let code = code_of(&error);
            if attempt > 0 {
                tracing::info!(code, %error, "the task is gone; an earlier report whose answer was lost has most likely ended it");
            } else {
                tracing::warn!(code, %error, "the task is gone; it was cancelled or ended by another worker");
            }
            return Delivery::Accepted;
        }
        if !error.is_transient() && task.lock() != lock {
            // The refusal was about a lock that this worker has regained under a new token meanwhile.
            continue;
        }
        internal_errors = if error.status() == Some(500) {
            internal_errors + 1
        } else {
            0
        };
        if !error.is_transient() || internal_errors >= INTERNAL_ERRORS {
            return Delivery::Refused(error);
        }
        let delay = error.retry_after().unwrap_or_else(|| worker.reconnect.delay(attempt));
        attempt = attempt.saturating_add(1);
        tracing::warn!(attempt, ?delay, %error, "the server did not take the report; trying again");
        sleep(delay).await;
    }
}

fn code_of(error: &Error) -> Option<i64> {
    match error {
        Error::Refused { code, .. } => *code,
        _ => None,
    }
}

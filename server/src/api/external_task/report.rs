//! What workers report on a task they hold: complete, failure, bpmnError, and the lock itself
//! (contract 3.5).

use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use flowstone_core::{Command, Holder};
use flowstone_engine::Submission;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{operation_error, task_id};
use crate::api::AppState;
use crate::api::body::{self, JsonBody, WireVariables};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::value;

/// How much of an error message is kept, in characters (contract 3.5).
const ERROR_MESSAGE_LENGTH: usize = 666;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(complete))
        .routes(routes!(failure))
        .routes(routes!(bpmn_error))
        .routes(routes!(extend_lock))
        .routes(routes!(lock))
        .routes(routes!(unlock))
}

/// A completion.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct CompleteRequest {
    worker_id: Option<String>,
    /// Variables set where they exist, else in the process instance.
    #[schema(value_type = Option<Object>)]
    variables: WireVariables,
    /// Variables local to the task.
    #[schema(value_type = Option<Object>)]
    local_variables: WireVariables,
    /// Token of the lock, from the fetch. With it the request may be repeated.
    lock_token: Option<String>,
}

/// A failure.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct FailureRequest {
    worker_id: Option<String>,
    /// What went wrong, in one line.
    error_message: Option<String>,
    /// What went wrong, in full.
    error_details: Option<String>,
    /// Retries left, 0 raises an incident; when absent, what the retry cycle of the model says, else 0.
    retries: Option<i32>,
    /// When the task may be fetched again, in milliseconds from now.
    retry_timeout: Option<i64>,
    #[schema(value_type = Option<Object>)]
    variables: WireVariables,
    #[schema(value_type = Option<Object>)]
    local_variables: WireVariables,
    lock_token: Option<String>,
}

/// A business error.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct BpmnErrorRequest {
    worker_id: Option<String>,
    /// Code that catching events look at.
    error_code: Option<String>,
    error_message: Option<String>,
    #[schema(value_type = Option<Object>)]
    variables: WireVariables,
    lock_token: Option<String>,
}

/// A longer lock.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct ExtendLockRequest {
    worker_id: Option<String>,
    /// Duration from now, in milliseconds.
    new_duration: Option<i64>,
    lock_token: Option<String>,
}

/// A lock.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct LockRequest {
    worker_id: Option<String>,
    /// Duration from now, in milliseconds.
    lock_duration: Option<i64>,
}

/// Complete an external task
#[utoipa::path(post, path = "/external-task/{id}/complete", operation_id = "completeExternalTaskResource",
    tag = "External Task", params(("id" = String, Path, description = "Task id")), request_body = CompleteRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn complete(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<CompleteRequest>,
) -> Result<StatusCode, ApiError> {
    let variables = value::map_from_wire(&request.variables)?;
    let local_variables = value::map_from_wire(&request.local_variables)?;
    let holder = holder(request.worker_id, &id, request.lock_token)?;
    // Only the lock token tells a repetition from a second worker that does the same work.
    let idempotency_key = holder
        .lock_token
        .map(|token| format!("complete:{}:{token}", holder.task));
    let submission = Submission {
        target: holder.task,
        idempotency_key,
        command: Command::CompleteExternalTask {
            holder,
            variables,
            local_variables,
        },
    };
    submit(
        &state,
        submission,
        &id,
        &format!("External Task {id} cannot be completed"),
    )
    .await
}

/// Report that the worker failed
#[utoipa::path(post, path = "/external-task/{id}/failure", operation_id = "handleFailure", tag = "External Task",
    params(("id" = String, Path, description = "Task id")), request_body = FailureRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn failure(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<FailureRequest>,
) -> Result<StatusCode, ApiError> {
    let variables = value::map_from_wire(&request.variables)?;
    let local_variables = value::map_from_wire(&request.local_variables)?;
    let worker = worker(request.worker_id)?;
    if request.retries.is_some_and(|retries| retries < 0) {
        return Err(ApiError::engine("retries is not greater than or equal to 0"));
    }
    if request.retry_timeout.is_some_and(|timeout| timeout < 0) {
        return Err(ApiError::engine("retryDuration is not greater than or equal to 0"));
    }
    let holder = holder(Some(worker), &id, request.lock_token)?;
    let command = Command::FailExternalTask {
        holder: holder.clone(),
        error_message: request.error_message.map(cut),
        error_details: request.error_details,
        retries: request.retries,
        retry_at: request.retry_timeout.map(|timeout| from_now(&state, timeout)),
        variables,
        local_variables,
    };
    let refusal = format!("Failure of External Task {id} cannot be reported");
    submit(&state, Submission::new(holder.task, command), &id, &refusal).await
}

/// Report a business error
///
/// When no event of the process catches it, the path ends there.
#[utoipa::path(post, path = "/external-task/{id}/bpmnError", operation_id = "handleExternalTaskBpmnError",
    tag = "External Task", params(("id" = String, Path, description = "Task id")), request_body = BpmnErrorRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn bpmn_error(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<BpmnErrorRequest>,
) -> Result<StatusCode, ApiError> {
    let variables = value::map_from_wire(&request.variables)?;
    let worker = worker(request.worker_id)?;
    let error_code = request
        .error_code
        .ok_or_else(|| ApiError::null_value("errorCode is null"))?;
    let holder = holder(Some(worker), &id, request.lock_token)?;
    let command = Command::ThrowExternalTaskError {
        holder: holder.clone(),
        error_code,
        error_message: request.error_message,
        variables,
    };
    let refusal = format!("Bpmn error of External Task {id} cannot be reported");
    submit(&state, Submission::new(holder.task, command), &id, &refusal).await
}

/// Extend the lock of an external task
#[utoipa::path(post, path = "/external-task/{id}/extendLock", operation_id = "extendLock", tag = "External Task",
    params(("id" = String, Path, description = "Task id")), request_body = ExtendLockRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn extend_lock(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<ExtendLockRequest>,
) -> Result<StatusCode, ApiError> {
    let worker = worker(request.worker_id)?;
    let duration = duration(request.new_duration, "lockTime")?;
    let holder = holder(Some(worker.clone()), &id, request.lock_token)?;
    let command = Command::ExtendLock {
        holder: holder.clone(),
        until: from_now(&state, duration),
    };
    // Clients know this text with its double quotation mark, which comes before the full stop of
    // the sentence that `operation_error` appends.
    let refusal = format!("The lock of the External Task {id} cannot be extended");
    submit(&state, Submission::new(holder.task, command), &id, &refusal)
        .await
        .map_err(|mut error| {
            error.message = error.message.replacen(
                &format!("{refusal} by worker '{worker}'."),
                &format!("{refusal} by worker '{worker}''."),
                1,
            );
            error
        })
}

/// Lock an external task
#[utoipa::path(post, path = "/external-task/{id}/lock", operation_id = "lock", tag = "External Task",
    params(("id" = String, Path, description = "Task id")), request_body = LockRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn lock(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<LockRequest>,
) -> Result<StatusCode, ApiError> {
    let worker = worker(request.worker_id)?;
    let duration = duration(request.lock_duration, "lockDuration")?;
    let task = task_id(&id)?;
    let command = Command::LockExternalTask {
        task,
        worker,
        until: from_now(&state, duration),
        force: true,
    };
    let refusal = format!("External Task {id} cannot be locked");
    submit(&state, Submission::new(task, command), &id, &refusal).await
}

/// Release the lock of an external task
///
/// Whoever holds it.
#[utoipa::path(post, path = "/external-task/{id}/unlock", operation_id = "unlock", tag = "External Task",
    params(("id" = String, Path, description = "Task id")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn unlock(State(state): State<AppState>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    let task = task_id(&id)?;
    submit(&state, Submission::new(task, Command::Unlock { task }), &id, "").await
}

async fn submit(state: &AppState, submission: Submission, id: &str, refusal: &str) -> Result<StatusCode, ApiError> {
    match state.engine().submit(submission).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(operation_error(error, id, refusal)),
    }
}

fn worker(worker: Option<String>) -> Result<String, ApiError> {
    worker.ok_or_else(|| ApiError::null_value("workerId is null"))
}

/// Checks the body before the task is looked for (contract 3.5).
fn holder(worker_id: Option<String>, id: &str, lock_token: Option<String>) -> Result<Holder, ApiError> {
    let worker = worker(worker_id)?;
    let lock_token: Option<Uuid> = lock_token
        .map(|token| {
            body::id(&token).ok_or_else(|| ApiError::invalid("lockToken is not a token that a fetch has returned"))
        })
        .transpose()?;
    Ok(Holder {
        task: task_id(id)?,
        worker,
        lock_token,
    })
}

fn duration(given: Option<i64>, name: &str) -> Result<i64, ApiError> {
    given
        .filter(|milliseconds| *milliseconds > 0)
        .ok_or_else(|| ApiError::refused(format!("{name} is not greater than 0")))
}

/// A moment that many milliseconds from now; the end of time when that lies beyond it.
fn from_now(state: &AppState, milliseconds: i64) -> DateTime<Utc> {
    TimeDelta::try_milliseconds(milliseconds)
        .and_then(|duration| state.engine().now().checked_add_signed(duration))
        .filter(|moment| moment.timestamp() < LATEST_SECOND)
        .or_else(|| DateTime::from_timestamp(LATEST_SECOND, 0))
        .unwrap_or_default()
}

/// 9999-12-31T23:59:59Z: dates on the wire have four digits for the year.
const LATEST_SECOND: i64 = 253_402_300_799;

fn cut(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(ERROR_MESSAGE_LENGTH) {
        message.truncate(end);
    }
    message
}

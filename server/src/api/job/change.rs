//! Changes of jobs by operators.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_core::JobChange;
use flowstone_engine::Error;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::no_job;
use crate::api::AppState;
use crate::api::body::{self, JsonBody, Parameters};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::suspension::wanted;
use crate::api::value::date_from_wire;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(set_retries))
        .routes(routes!(set_due_date))
        .routes(routes!(recalculate_due_date))
        .routes(routes!(set_priority))
        .routes(routes!(set_suspended))
}

/// Changes one job; `unknown` is the answer when there is none of this id.
pub(super) async fn one(
    state: &AppState,
    id: &str,
    change: JobChange,
    unknown: ApiError,
) -> Result<StatusCode, ApiError> {
    let Some(job) = body::id(id) else {
        return Err(unknown);
    };
    match state.engine().change_job(job, change).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(Error::Unknown(_)) => Err(unknown),
        Err(error) => Err(error.into()),
    }
}

/// New retries of a job.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct JobRetriesRequest {
    /// Number of retries, at least 0.
    retries: Option<i32>,
    /// New due date.
    due_date: Option<String>,
}

/// A new due date of a job.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct JobDueDateRequest {
    /// When the job may be executed; null: at once.
    #[serde(alias = "duedate")]
    due_date: Option<String>,
}

/// A new priority of a job.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct JobPriorityRequest {
    /// Higher comes first.
    priority: Option<i64>,
}

/// Whether a job is suspended.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct JobSuspensionRequest {
    suspended: Option<bool>,
}

/// Set the retries of a job
///
/// 0 raises an incident, more resolves it.
#[utoipa::path(put, path = "/job/{id}/retries", operation_id = "setJobRetries", tag = "Job",
    params(("id" = String, Path, description = "Job id")), request_body = JobRetriesRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn set_retries(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<JobRetriesRequest>,
) -> Result<StatusCode, ApiError> {
    let retries = checked_retries(request.retries)?;
    let unknown = ApiError::invalid_as_server_error(format!("No job found with id '{id}'."));
    if let Some(due) = request.due_date {
        one(&state, &id, JobChange::Due(Some(date(&due)?)), unknown.clone()).await?;
    }
    one(&state, &id, JobChange::Retries(retries), unknown).await
}

/// Set the due date of a job
#[utoipa::path(put, path = "/job/{id}/duedate", operation_id = "setJobDuedate", tag = "Job",
    params(("id" = String, Path, description = "Job id")), request_body = JobDueDateRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn set_due_date(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<JobDueDateRequest>,
) -> Result<StatusCode, ApiError> {
    let due = request.due_date.map(|due| date(&due)).transpose()?;
    one(&state, &id, JobChange::Due(due), no_job(&id)).await
}

/// Compute the due date of a timer once more
///
/// With what its expression says now, counted from the creation of the job, or with `creationDateBased=false` from
/// now. How a repeated timer comes again stays.
#[utoipa::path(post, path = "/job/{id}/duedate/recalculate", operation_id = "recalculateDuedate", tag = "Job",
    params(("id" = String, Path, description = "Job id"),
        ("creationDateBased" = Option<bool>, Query, description = "Whether to count from the creation of the job; true unless given")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn recalculate_due_date(
    State(state): State<AppState>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<StatusCode, ApiError> {
    let since_creation = parameters.flag("creationDateBased", true);
    let job = body::id(&id).ok_or_else(|| no_job(&id))?;
    match state
        .engine()
        .change_job(job, JobChange::RecalculateDue { since_creation })
        .await
    {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(Error::Unknown(_)) => Err(no_job(&id)),
        Err(Error::Rejected(rejection)) => Err(ApiError::invalid_as_server_error(rejection.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// Set the priority of a job
#[utoipa::path(put, path = "/job/{id}/priority", operation_id = "setJobPriority", tag = "Job",
    params(("id" = String, Path, description = "Job id")), request_body = JobPriorityRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn set_priority(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<JobPriorityRequest>,
) -> Result<StatusCode, ApiError> {
    let priority = request
        .priority
        .ok_or_else(|| ApiError::invalid("Priority for job '{id}' cannot be null.".replace("{id}", &id)))?;
    one(&state, &id, JobChange::Priority(priority), no_job(&id)).await
}

/// Suspend or activate a job
#[utoipa::path(put, path = "/job/{id}/suspended", operation_id = "updateJobSuspensionState", tag = "Job",
    params(("id" = String, Path, description = "Job id")), request_body = JobSuspensionRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn set_suspended(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<JobSuspensionRequest>,
) -> Result<StatusCode, ApiError> {
    let suspended = wanted(request.suspended)?;
    one(&state, &id, JobChange::Suspended(suspended), no_job(&id)).await
}

/// The retries that a request gives.
///
/// # Errors
/// 400 without any, 500 below 0, as Camunda answers.
pub(in crate::api) fn checked_retries(retries: Option<i32>) -> Result<i32, ApiError> {
    match retries {
        None => Err(ApiError::invalid("The number of retries cannot be null.")),
        Some(retries) if retries < 0 => Err(ApiError::invalid_as_server_error(format!(
            "The number of job retries must be a non-negative Integer, but '{retries}' has been provided."
        ))),
        Some(retries) => Ok(retries),
    }
}

/// The date that a request gives.
///
/// # Errors
/// 400 when it is none.
pub(in crate::api) fn date(text: &str) -> Result<chrono::DateTime<chrono::Utc>, ApiError> {
    date_from_wire(&serde_json::Value::from(text)).ok_or_else(|| {
        ApiError::invalid(format!(
            "'{text}' is not a date; write it like 2026-01-31T09:30:00.000+0000"
        ))
    })
}

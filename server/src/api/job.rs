//! `/job`: what the engine itself does later, such as timers and asynchronous continuations.

mod change;
mod query;
mod suspension;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use flowstone_core::{Command, Rejection};
use flowstone_engine::{Error, Submission};
use flowstone_store::query::{JobField, Query, Scalar, Test};
use flowstone_store::record::JobRow;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::AppState;
use super::body;
use super::error::{ApiError, ErrorBody};
use super::value::date_to_wire;

pub(super) use change::{checked_retries, date};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(query::routes())
        .merge(change::routes())
        .merge(suspension::routes())
        .routes(routes!(get, delete))
        .routes(routes!(execute))
        .routes(routes!(stack_trace))
}

/// A job.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    id: String,
    job_definition_id: Option<String>,
    due_date: Option<String>,
    process_instance_id: Option<String>,
    execution_id: Option<String>,
    process_definition_id: String,
    process_definition_key: String,
    retries: i32,
    exception_message: Option<String>,
    failed_activity_id: Option<String>,
    suspended: bool,
    priority: i64,
    tenant_id: Option<String>,
    create_time: String,
    batch_id: Option<String>,
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        let text = |id: Option<Uuid>| id.map(|id| id.to_string());
        Job {
            id: row.id.to_string(),
            job_definition_id: text(row.job_definition_id),
            due_date: row.due.map(date_to_wire),
            process_instance_id: text(row.instance_id),
            execution_id: text(row.execution_id),
            process_definition_id: row.definition_id.to_string(),
            process_definition_key: row.definition_key.to_string(),
            retries: row.retries,
            exception_message: row.exception_message,
            failed_activity_id: row.failed_node_id,
            suspended: row.suspended,
            priority: row.priority,
            tenant_id: row.tenant_id,
            create_time: date_to_wire(row.created_at),
            batch_id: None,
        }
    }
}

/// The job with an id, if there is one.
async fn find(state: &AppState, id: &str) -> Result<Option<JobRow>, ApiError> {
    let Some(id) = body::id(id) else {
        return Ok(None);
    };
    let query = Query::default().with(JobField::Id, Test::Equals(Scalar::Id(id)));
    Ok(state.store().jobs(&query).await?.pop())
}

fn no_job(id: &str) -> ApiError {
    ApiError::not_found(format!("No job found with id '{id}'"))
}

/// Get a job
#[utoipa::path(get, path = "/job/{id}", operation_id = "getJob", tag = "Job",
    params(("id" = String, Path, description = "Job id")),
    responses((status = 200, body = Job), (status = 404, body = ErrorBody)))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<Job>, ApiError> {
    match find(&state, &id).await? {
        Some(row) => Ok(Json(row.into())),
        None => Err(ApiError::not_found(format!("Job with id {id} does not exist"))),
    }
}

/// Delete a job
///
/// What waits for it then waits until an operator moves it on.
#[utoipa::path(delete, path = "/job/{id}", operation_id = "deleteJob", tag = "Job",
    params(("id" = String, Path, description = "Job id")),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn delete(State(state): State<AppState>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    change::one(&state, &id, flowstone_core::JobChange::Delete, no_job(&id)).await
}

/// Execute a job now
///
/// Does not wait for its due date. A failure is counted and answered.
#[utoipa::path(post, path = "/job/{id}/execute", operation_id = "executeJob", tag = "Job",
    params(("id" = String, Path, description = "Job id")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn execute(State(state): State<AppState>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    let job = body::id(&id).ok_or_else(|| no_job(&id))?;
    let executed = match state
        .engine()
        .submit(Submission::new(job, Command::ExecuteJob { job }))
        .await
    {
        // It may belong to a definition, not to an instance.
        Err(Error::Unknown(_)) => state.engine().execute_start_job(job).await,
        executed => executed,
    };
    match executed {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(Error::Unknown(_) | Error::Rejected(Rejection::UnknownJob { .. } | Rejection::Ended { .. })) => {
            Err(no_job(&id))
        }
        Err(error) => Err(error.into()),
    }
}

/// Get the details of the last failure of a job
#[utoipa::path(get, path = "/job/{id}/stacktrace", operation_id = "getStacktrace", tag = "Job",
    params(("id" = String, Path, description = "Job id")),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 404, body = ErrorBody)))]
async fn stack_trace(State(state): State<AppState>, Path(id): Path<String>) -> Result<impl IntoResponse, ApiError> {
    let row = find(&state, &id).await?.ok_or_else(|| no_job(&id))?;
    let details = row.exception_details.or(row.exception_message).unwrap_or_default();
    Ok(([(header::CONTENT_TYPE, "text/plain")], details))
}

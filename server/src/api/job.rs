//! `/job`: asynchronous work. No element that can be deployed makes jobs, so there are none: lists are empty, every
//! id is unknown, and parameters are checked as everywhere.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{JsonBody, Parameters};
use super::error::{ApiError, ErrorBody};
use super::filter::{self, Table, When};
use super::{AppState, Count};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, query))
        .routes(routes!(count, query_count))
        .routes(routes!(get))
        .routes(routes!(set_retries))
}

/// What filters and sort keys stand for: nothing is stored that they could be tested on.
#[derive(Clone, Copy)]
struct Unstored;

static JOBS: Table<Unstored> = Table {
    entity: "job",
    filters: &[
        filter::text("jobId", Unstored),
        filter::text("jobDefinitionId", Unstored),
        filter::text("processInstanceId", Unstored),
        filter::text("executionId", Unstored),
        filter::text("processDefinitionId", Unstored),
        filter::text("processDefinitionKey", Unstored),
        filter::text("activityId", Unstored),
        filter::text("failedActivityId", Unstored),
        filter::text("exceptionMessage", Unstored),
        filter::text_in("jobIds", Unstored),
        filter::text_in("processInstanceIds", Unstored),
        filter::text_in("tenantIdIn", Unstored),
        filter::when("withRetriesLeft", Unstored, When::Present),
        filter::when("executable", Unstored, When::Present),
        filter::when("timers", Unstored, When::Present),
        filter::when("messages", Unstored, When::Present),
        filter::when("withException", Unstored, When::Present),
        filter::when("noRetriesLeft", Unstored, When::Present),
        filter::when("active", Unstored, When::Present),
        filter::when("suspended", Unstored, When::Present),
        filter::when("withoutTenantId", Unstored, When::Present),
        filter::when("includeJobsWithoutTenantId", Unstored, When::Present),
        filter::when("acquired", Unstored, When::Present),
        filter::integer_at_most("priorityLowerThanOrEquals", Unstored),
        filter::integer_at_least("priorityHigherThanOrEquals", Unstored),
    ],
    sorts: &[
        ("jobId", Unstored),
        ("executionId", Unstored),
        ("processInstanceId", Unstored),
        ("processDefinitionId", Unstored),
        ("processDefinitionKey", Unstored),
        ("jobPriority", Unstored),
        ("jobRetries", Unstored),
        ("jobDueDate", Unstored),
        ("tenantId", Unstored),
    ],
    unsupported: &["dueDates", "createTimes"],
    unsupported_sorts: &[],
    or_queries: false,
};

/// List jobs
#[utoipa::path(get, path = "/job", operation_id = "getJobs", tag = "Job",
    responses((status = 200, body = [Object]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(parameters: Parameters) -> Result<Json<[Value; 0]>, ApiError> {
    JOBS.from_parameters(&parameters).map(|_| Json([]))
}

/// List jobs by a query in the body
#[utoipa::path(post, path = "/job", operation_id = "queryJobs", tag = "Job", request_body = Object,
    responses((status = 200, body = [Object]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query(
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<[Value; 0]>, ApiError> {
    JOBS.from_body(&parameters, &body).map(|_| Json([]))
}

/// Count jobs
#[utoipa::path(get, path = "/job/count", operation_id = "getJobsCount", tag = "Job",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(parameters: Parameters) -> Result<Json<Count>, ApiError> {
    JOBS.from_parameters(&parameters).map(|_| Count::json(0))
}

/// Count jobs by a query in the body
#[utoipa::path(post, path = "/job/count", operation_id = "queryJobsCount", tag = "Job", request_body = Object,
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query_count(
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Count>, ApiError> {
    JOBS.from_body(&parameters, &body).map(|_| Count::json(0))
}

/// Get a job
#[utoipa::path(get, path = "/job/{id}", operation_id = "getJob", tag = "Job",
    params(("id" = String, Path, description = "Job id")), responses((status = 404, body = ErrorBody)))]
async fn get(Path(id): Path<String>) -> ApiError {
    ApiError::not_found(format!("Job with id {id} does not exist"))
}

/// Set the retries of a job
#[utoipa::path(put, path = "/job/{id}/retries", operation_id = "setJobRetries", tag = "Job",
    params(("id" = String, Path, description = "Job id")), request_body = SetRetriesRequest,
    responses((status = 400, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn set_retries(
    Path(id): Path<String>,
    JsonBody(request): JsonBody<SetRetriesRequest>,
) -> Result<StatusCode, ApiError> {
    let retries = request
        .retries
        .ok_or_else(|| ApiError::invalid("The number of retries cannot be null."))?;
    Err(ApiError::invalid_as_server_error(if retries < 0 {
        format!("The number of job retries must be a non-negative Integer, but '{retries}' has been provided.")
    } else {
        format!("No job found with id '{id}'.")
    }))
}

/// New retries of a job.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct SetRetriesRequest {
    /// Number of retries, at least 0.
    retries: Option<i32>,
}

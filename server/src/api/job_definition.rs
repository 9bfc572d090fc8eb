//! `/job-definition`: which elements make jobs. None that can be deployed does, so there are none.

use axum::Json;
use axum::extract::Path;
use serde_json::{Map, Value};
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
}

/// What filters and sort keys stand for: nothing is stored that they could be tested on.
#[derive(Clone, Copy)]
struct Unstored;

static JOB_DEFINITIONS: Table<Unstored> = Table {
    entity: "job definition",
    filters: &[
        filter::text("jobDefinitionId", Unstored),
        filter::text("processDefinitionId", Unstored),
        filter::text("processDefinitionKey", Unstored),
        filter::text("jobType", Unstored),
        filter::text("jobConfiguration", Unstored),
        filter::text_in("activityIdIn", Unstored),
        filter::text_in("tenantIdIn", Unstored),
        filter::when("active", Unstored, When::Present),
        filter::when("suspended", Unstored, When::Present),
        filter::when("withOverridingJobPriority", Unstored, When::Present),
        filter::when("withoutTenantId", Unstored, When::Present),
        filter::when("includeJobDefinitionsWithoutTenantId", Unstored, When::Present),
    ],
    sorts: &[
        ("jobDefinitionId", Unstored),
        ("activityId", Unstored),
        ("processDefinitionId", Unstored),
        ("processDefinitionKey", Unstored),
        ("jobType", Unstored),
        ("jobConfiguration", Unstored),
        ("tenantId", Unstored),
    ],
    unsupported: &[],
    unsupported_sorts: &[],
    or_queries: false,
};

/// List job definitions
#[utoipa::path(get, path = "/job-definition", operation_id = "getJobDefinitions", tag = "Job Definition",
    responses((status = 200, body = [Object]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(parameters: Parameters) -> Result<Json<[Value; 0]>, ApiError> {
    JOB_DEFINITIONS.from_parameters(&parameters).map(|_| Json([]))
}

/// List job definitions by a query in the body
#[utoipa::path(post, path = "/job-definition", operation_id = "queryJobDefinitions", tag = "Job Definition", request_body = Object,
    responses((status = 200, body = [Object]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query(
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<[Value; 0]>, ApiError> {
    JOB_DEFINITIONS.from_body(&parameters, &body).map(|_| Json([]))
}

/// Count job definitions
#[utoipa::path(get, path = "/job-definition/count", operation_id = "getJobDefinitionsCount", tag = "Job Definition",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(parameters: Parameters) -> Result<Json<Count>, ApiError> {
    JOB_DEFINITIONS.from_parameters(&parameters).map(|_| Count::json(0))
}

/// Count job definitions by a query in the body
#[utoipa::path(post, path = "/job-definition/count", operation_id = "queryJobDefinitionsCount", tag = "Job Definition", request_body = Object,
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query_count(
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Count>, ApiError> {
    JOB_DEFINITIONS.from_body(&parameters, &body).map(|_| Count::json(0))
}

/// Get a job definition
#[utoipa::path(get, path = "/job-definition/{id}", operation_id = "getJobDefinition", tag = "Job Definition",
    params(("id" = String, Path, description = "Job definition id")), responses((status = 404, body = ErrorBody)))]
async fn get(Path(id): Path<String>) -> ApiError {
    ApiError::not_found(format!("Job Definition with id {id} does not exist"))
}

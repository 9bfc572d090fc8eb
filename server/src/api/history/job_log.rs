//! `/history/job-log`: what happened to the jobs of instances.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use flowstone_store::history::{JobLogEntry, JobLogField as Field};
use flowstone_store::query::{Query, Scalar, Test};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::body::{self, JsonBody, Parameters};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::filter::{self, Table, When};
use crate::api::value::date_to_wire;
use crate::api::{AppState, Count};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, query))
        .routes(routes!(count, query_count))
        .routes(routes!(get))
        .routes(routes!(stack_trace))
}

static JOB_LOG: Table<Field> = Table {
    entity: "historic job log",
    filters: &[
        filter::id("logId", Field::Id),
        filter::id("jobId", Field::JobId),
        filter::text("jobExceptionMessage", Field::ExceptionMessage),
        filter::id("jobDefinitionId", Field::JobDefinitionId),
        filter::text("jobDefinitionType", Field::JobType),
        filter::text("jobDefinitionConfiguration", Field::Configuration),
        filter::text_in("activityIdIn", Field::ActivityId),
        filter::text_in("failedActivityIdIn", Field::FailedActivityId),
        filter::id_in("executionIdIn", Field::ExecutionId),
        filter::id("processInstanceId", Field::InstanceId),
        filter::text("processDefinitionId", Field::DefinitionId),
        filter::text("processDefinitionKey", Field::DefinitionKey),
        filter::id("deploymentId", Field::DeploymentId),
        filter::integer_at_most("jobPriorityLowerThanOrEquals", Field::Priority),
        filter::integer_at_least("jobPriorityHigherThanOrEquals", Field::Priority),
        filter::when("creationLog", Field::State, When::Text("created")),
        filter::when("failureLog", Field::State, When::Text("failed")),
        filter::when("successLog", Field::State, When::Text("successful")),
        filter::when("deletionLog", Field::State, When::Text("deleted")),
        filter::text_in("tenantIdIn", Field::TenantId),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
    ],
    sorts: &[
        ("timestamp", Field::At),
        // Ids grow with time.
        ("occurrence", Field::Id),
        ("jobId", Field::JobId),
        ("jobDefinitionId", Field::JobDefinitionId),
        ("jobDueDate", Field::Due),
        ("jobRetries", Field::Retries),
        ("jobPriority", Field::Priority),
        ("activityId", Field::ActivityId),
        ("executionId", Field::ExecutionId),
        ("processInstanceId", Field::InstanceId),
        ("processDefinitionId", Field::DefinitionId),
        ("processDefinitionKey", Field::DefinitionKey),
        ("deploymentId", Field::DeploymentId),
        ("tenantId", Field::TenantId),
    ],
    unsupported: &["hostname"],
    unsupported_sorts: &["hostname"],
    or_queries: false,
};

/// Something that happened to a job.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoricJobLog {
    id: String,
    timestamp: String,
    removal_time: Option<String>,
    job_id: String,
    job_due_date: Option<String>,
    job_retries: i32,
    job_priority: i64,
    job_exception_message: Option<String>,
    failed_activity_id: Option<String>,
    job_definition_id: Option<String>,
    job_definition_type: String,
    job_definition_configuration: String,
    activity_id: String,
    execution_id: String,
    process_instance_id: String,
    process_definition_id: String,
    process_definition_key: String,
    deployment_id: String,
    tenant_id: Option<String>,
    hostname: Option<String>,
    root_process_instance_id: String,
    batch_id: Option<String>,
    creation_log: bool,
    failure_log: bool,
    success_log: bool,
    deletion_log: bool,
}

impl From<JobLogEntry> for HistoricJobLog {
    fn from(entry: JobLogEntry) -> Self {
        HistoricJobLog {
            id: entry.id.to_string(),
            timestamp: date_to_wire(entry.at),
            removal_time: None,
            job_id: entry.job_id.to_string(),
            job_due_date: entry.due.map(date_to_wire),
            job_retries: entry.retries,
            job_priority: entry.priority,
            job_exception_message: entry.exception_message,
            failed_activity_id: entry.failed_node_id,
            job_definition_id: entry.job_definition_id.map(|id| id.to_string()),
            job_definition_type: entry.job_type,
            job_definition_configuration: entry.configuration,
            activity_id: entry.node_id.to_string(),
            execution_id: entry.execution_id.to_string(),
            process_instance_id: entry.instance_id.to_string(),
            process_definition_id: entry.definition_id.to_string(),
            process_definition_key: entry.definition_key.to_string(),
            deployment_id: entry.deployment_id.to_string(),
            tenant_id: entry.tenant_id,
            hostname: None,
            root_process_instance_id: entry.root_instance_id.unwrap_or(entry.instance_id).to_string(),
            batch_id: None,
            creation_log: &*entry.state == "created",
            failure_log: &*entry.state == "failed",
            success_log: &*entry.state == "successful",
            deletion_log: &*entry.state == "deleted",
        }
    }
}

async fn found(state: &AppState, query: Query<Field>) -> Result<Json<Vec<HistoricJobLog>>, ApiError> {
    let entries = state.store().job_log(&query).await?;
    Ok(Json(entries.into_iter().map(Into::into).collect()))
}

async fn counted(state: &AppState, query: Query<Field>) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(state.store().count_job_log(&query).await?))
}

/// List what happened to jobs
#[utoipa::path(get, path = "/history/job-log", operation_id = "getHistoricJobLogs", tag = "Historic Job Log",
    responses((status = 200, body = [HistoricJobLog]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<HistoricJobLog>>, ApiError> {
    found(&state, JOB_LOG.from_parameters(&parameters)?).await
}

/// List what happened to jobs by a query in the body
#[utoipa::path(post, path = "/history/job-log", operation_id = "queryHistoricJobLogs", tag = "Historic Job Log", request_body = Object,
    responses((status = 200, body = [HistoricJobLog]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<HistoricJobLog>>, ApiError> {
    found(&state, JOB_LOG.from_body(&parameters, &body)?).await
}

/// Count what happened to jobs
#[utoipa::path(get, path = "/history/job-log/count", operation_id = "getHistoricJobLogsCount", tag = "Historic Job Log",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    counted(&state, JOB_LOG.from_parameters(&parameters)?).await
}

/// Count what happened to jobs by a query in the body
#[utoipa::path(post, path = "/history/job-log/count", operation_id = "queryHistoricJobLogsCount", tag = "Historic Job Log", request_body = Object,
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query_count(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Count>, ApiError> {
    counted(&state, JOB_LOG.from_body(&parameters, &body)?).await
}

/// Get an entry of what happened to jobs
#[utoipa::path(get, path = "/history/job-log/{id}", operation_id = "getHistoricJobLog", tag = "Historic Job Log",
    params(("id" = String, Path, description = "Id of the entry")),
    responses((status = 200, body = HistoricJobLog), (status = 404, body = ErrorBody)))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<HistoricJobLog>, ApiError> {
    match find(&state, &id).await? {
        Some(entry) => Ok(Json(entry.into())),
        None => Err(ApiError::not_found(format!(
            "Historic job log with id {id} does not exist"
        ))),
    }
}

/// Get the details of a failure of a job
///
/// Plain text; 204 when the entry is no failure.
#[utoipa::path(get, path = "/history/job-log/{id}/stacktrace", operation_id = "getStacktraceHistoricJobLog", tag = "Historic Job Log",
    params(("id" = String, Path, description = "Id of the entry")),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 204), (status = 404, body = ErrorBody)))]
async fn stack_trace(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let entry = find(&state, &id).await?.ok_or_else(|| {
        ApiError::not_found(format!(
            "No historic job log found with id {id}: historicJobLog is null"
        ))
    })?;
    Ok(match entry.exception_details.or(entry.exception_message) {
        Some(details) => ([(header::CONTENT_TYPE, "text/plain")], details).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

async fn find(state: &AppState, id: &str) -> Result<Option<JobLogEntry>, ApiError> {
    let Some(id) = body::id(id) else {
        return Ok(None);
    };
    let query = Query::default().with(Field::Id, Test::Equals(Scalar::Id(id)));
    Ok(state.store().job_log(&query).await?.into_iter().next())
}

//! `/history/external-task-log`: what happened to external tasks.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use flowstone_store::history::{ExternalTaskLogEntry, ExternalTaskLogField as Field};
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
        .routes(routes!(error_details))
}

static EXTERNAL_TASK_LOG: Table<Field> = Table {
    entity: "historic external task log",
    filters: &[
        filter::id("logId", Field::Id),
        filter::id("externalTaskId", Field::ExternalTaskId),
        filter::text("topicName", Field::Topic),
        filter::text("workerId", Field::Worker),
        filter::text("errorMessage", Field::ErrorMessage),
        filter::text_in("activityIdIn", Field::ActivityId),
        filter::id_in("activityInstanceIdIn", Field::ExternalTaskId),
        filter::id_in("executionIdIn", Field::ExternalTaskId),
        filter::id("processInstanceId", Field::InstanceId),
        filter::text("processDefinitionId", Field::DefinitionId),
        filter::text("processDefinitionKey", Field::DefinitionKey),
        filter::integer_at_most("priorityLowerThanOrEquals", Field::Priority),
        filter::integer_at_least("priorityHigherThanOrEquals", Field::Priority),
        filter::when("creationLog", Field::State, When::Text("created")),
        filter::when("failureLog", Field::State, When::Text("failed")),
        filter::when("successLog", Field::State, When::Text("successful")),
        filter::when("deletionLog", Field::State, When::Text("deleted")),
        filter::text_in("tenantIdIn", Field::TenantId),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
    ],
    sorts: &[
        ("timestamp", Field::At),
        ("externalTaskId", Field::ExternalTaskId),
        ("retries", Field::Retries),
        ("priority", Field::Priority),
        ("topicName", Field::Topic),
        ("workerId", Field::Worker),
        ("activityId", Field::ActivityId),
        ("activityInstanceId", Field::ExternalTaskId),
        ("executionId", Field::ExternalTaskId),
        ("processInstanceId", Field::InstanceId),
        ("processDefinitionId", Field::DefinitionId),
        ("processDefinitionKey", Field::DefinitionKey),
        ("tenantId", Field::TenantId),
    ],
    unsupported: &[],
    unsupported_sorts: &[],
    or_queries: false,
};

/// Something that happened to an external task.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoricExternalTaskLog {
    id: String,
    timestamp: String,
    removal_time: Option<String>,
    external_task_id: String,
    topic_name: String,
    worker_id: Option<String>,
    priority: i64,
    retries: Option<i32>,
    error_message: Option<String>,
    activity_id: String,
    activity_instance_id: String,
    execution_id: String,
    process_instance_id: String,
    process_definition_id: String,
    process_definition_key: String,
    tenant_id: Option<String>,
    root_process_instance_id: String,
    creation_log: bool,
    failure_log: bool,
    success_log: bool,
    deletion_log: bool,
}

impl From<ExternalTaskLogEntry> for HistoricExternalTaskLog {
    fn from(entry: ExternalTaskLogEntry) -> Self {
        let task = entry.external_task_id.to_string();
        HistoricExternalTaskLog {
            id: entry.id.to_string(),
            timestamp: date_to_wire(entry.at),
            removal_time: None,
            external_task_id: task.clone(),
            topic_name: entry.topic,
            worker_id: entry.worker,
            priority: entry.priority,
            retries: entry.retries,
            error_message: entry.error_message,
            activity_id: entry.node_id.to_string(),
            activity_instance_id: task.clone(),
            execution_id: task,
            process_instance_id: entry.instance_id.to_string(),
            process_definition_id: entry.definition_id.to_string(),
            process_definition_key: entry.definition_key.to_string(),
            tenant_id: entry.tenant_id,
            root_process_instance_id: entry.root_instance_id.unwrap_or(entry.instance_id).to_string(),
            creation_log: &*entry.state == "created",
            failure_log: &*entry.state == "failed",
            success_log: &*entry.state == "successful",
            deletion_log: &*entry.state == "deleted",
        }
    }
}

async fn found(state: &AppState, query: Query<Field>) -> Result<Json<Vec<HistoricExternalTaskLog>>, ApiError> {
    let entries = state.store().external_task_log(&query).await?;
    Ok(Json(entries.into_iter().map(Into::into).collect()))
}

async fn counted(state: &AppState, query: Query<Field>) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(state.store().count_external_task_log(&query).await?))
}

/// List what happened to external tasks
#[utoipa::path(get, path = "/history/external-task-log", operation_id = "getHistoricExternalTaskLogs", tag = "Historic External Task Log",
    responses((status = 200, body = [HistoricExternalTaskLog]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    parameters: Parameters,
) -> Result<Json<Vec<HistoricExternalTaskLog>>, ApiError> {
    found(&state, EXTERNAL_TASK_LOG.from_parameters(&parameters)?).await
}

/// List what happened to external tasks by a query in the body
#[utoipa::path(post, path = "/history/external-task-log", operation_id = "queryHistoricExternalTaskLogs", tag = "Historic External Task Log", request_body = Object,
    responses((status = 200, body = [HistoricExternalTaskLog]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<HistoricExternalTaskLog>>, ApiError> {
    found(&state, EXTERNAL_TASK_LOG.from_body(&parameters, &body)?).await
}

/// Count what happened to external tasks
#[utoipa::path(get, path = "/history/external-task-log/count", operation_id = "getHistoricExternalTaskLogsCount", tag = "Historic External Task Log",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    counted(&state, EXTERNAL_TASK_LOG.from_parameters(&parameters)?).await
}

/// Count what happened to external tasks by a query in the body
#[utoipa::path(post, path = "/history/external-task-log/count", operation_id = "queryHistoricExternalTaskLogsCount", tag = "Historic External Task Log", request_body = Object,
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query_count(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Count>, ApiError> {
    counted(&state, EXTERNAL_TASK_LOG.from_body(&parameters, &body)?).await
}

/// Get an entry of what happened to external tasks
#[utoipa::path(get, path = "/history/external-task-log/{id}", operation_id = "getHistoricExternalTaskLog", tag = "Historic External Task Log",
    params(("id" = String, Path, description = "Id of the entry")),
    responses((status = 200, body = HistoricExternalTaskLog), (status = 404, body = ErrorBody)))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<HistoricExternalTaskLog>, ApiError> {
    match find(&state, &id).await? {
        Some(entry) => Ok(Json(entry.into())),
        None => Err(ApiError::not_found(format!(
            "Historic external task log with id {id} does not exist"
        ))),
    }
}

/// Get the details of a failure of an external task
///
/// Plain text; 204 when there are none.
#[utoipa::path(get, path = "/history/external-task-log/{id}/error-details", operation_id = "getErrorDetailsHistoricExternalTaskLog", tag = "Historic External Task Log",
    params(("id" = String, Path, description = "Id of the entry")),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 204), (status = 404, body = ErrorBody)))]
async fn error_details(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let entry = find(&state, &id).await?.ok_or_else(|| {
        ApiError::not_found(format!(
            "No historic external task log found with id {id}: historicExternalTaskLog is null"
        ))
    })?;
    Ok(match entry.error_details {
        Some(details) => ([(header::CONTENT_TYPE, "text/plain")], details).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

async fn find(state: &AppState, id: &str) -> Result<Option<ExternalTaskLogEntry>, ApiError> {
    let Some(id) = body::id(id) else {
        return Ok(None);
    };
    let query = Query::default().with(Field::Id, Test::Equals(Scalar::Id(id)));
    Ok(state.store().external_task_log(&query).await?.into_iter().next())
}

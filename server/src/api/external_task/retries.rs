//! Retries and priority, set by operators (contract 3.5).

use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_core::Command;
use flowstone_engine::Submission;
use flowstone_store::query::{ExternalTaskField, Query, Scalar, Test};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{operation_error, query, task_id};
use crate::api::AppState;
use crate::api::body::{self, JsonBody, Parameters};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::history::process_instance::HISTORIC_INSTANCES;
use crate::api::process_instance::PROCESS_INSTANCES;

/// How many tasks of a bulk request are changed at the same time.
const AT_A_TIME: usize = 64;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(set_retries))
        .routes(routes!(set_priority))
        .routes(routes!(set_retries_of_many))
}

/// New retries.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct RetriesRequest {
    /// Retries left, at least 0.
    retries: Option<i32>,
}

/// A new priority.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct PriorityRequest {
    /// Higher comes first.
    priority: Option<i64>,
}

/// New retries for every task that one of the parts names.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct BulkRetriesRequest {
    retries: Option<i32>,
    external_task_ids: Option<Vec<Option<String>>>,
    process_instance_ids: Option<Vec<Option<String>>>,
    /// A query as `POST /external-task` takes it.
    #[schema(value_type = Option<Object>)]
    external_task_query: Option<Map<String, Value>>,
    /// A query as `POST /process-instance` takes it.
    #[schema(value_type = Option<Object>)]
    process_instance_query: Option<Map<String, Value>>,
    /// A query as `POST /history/process-instance` takes it.
    #[schema(value_type = Option<Object>)]
    historic_process_instance_query: Option<Map<String, Value>>,
}

/// Set the retries of an external task
///
/// 0 raises an incident, more resolves it.
#[utoipa::path(put, path = "/external-task/{id}/retries", operation_id = "setExternalTaskResourceRetries",
    tag = "External Task", params(("id" = String, Path, description = "Task id")), request_body = RetriesRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn set_retries(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<RetriesRequest>,
) -> Result<StatusCode, ApiError> {
    let retries = checked(request.retries)?;
    let task = task_id(&id)?;
    submit(&state, task, Command::SetExternalTaskRetries { task, retries }, &id).await
}

/// Set the priority of an external task
#[utoipa::path(put, path = "/external-task/{id}/priority", operation_id = "setExternalTaskResourcePriority",
    tag = "External Task", params(("id" = String, Path, description = "Task id")), request_body = PriorityRequest,
    responses((status = 204), (status = 404, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn set_priority(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<PriorityRequest>,
) -> Result<StatusCode, ApiError> {
    let priority = request
        .priority
        .ok_or_else(|| ApiError::internal("NullPointerException", "priority is null").code(None))?;
    let task = task_id(&id)?;
    submit(&state, task, Command::SetExternalTaskPriority { task, priority }, &id).await
}

/// Set the retries of several external tasks
#[utoipa::path(put, path = "/external-task/retries", operation_id = "setExternalTaskRetries", tag = "External Task",
    request_body = BulkRetriesRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn set_retries_of_many(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<BulkRetriesRequest>,
) -> Result<StatusCode, ApiError> {
    let retries = checked(request.retries)?;
    let tasks = named_tasks(&state, request).await?;
    if tasks.is_empty() {
        return Err(ApiError::bad_user_request("externalTaskIds is empty"));
    }
    // Several at a time, so that they share transactions.
    stream::iter(tasks)
        .map(Ok)
        .try_for_each_concurrent(AT_A_TIME, |task| {
            let state = &state;
            async move {
                let id = task.to_string();
                let done = submit(state, task, Command::SetExternalTaskRetries { task, retries }, &id).await;
                match done {
                    Ok(_) => Ok(()),
                    Err(error) if error.status == StatusCode::NOT_FOUND => Err(cannot_find(&id)),
                    Err(error) => Err(error),
                }
            }
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn named_tasks(state: &AppState, request: BulkRetriesRequest) -> Result<Vec<Uuid>, ApiError> {
    let mut tasks = Vec::new();
    for id in request.external_task_ids.into_iter().flatten() {
        let id = id.ok_or_else(|| ApiError::bad_user_request("External task id cannot be null"))?;
        tasks.push(body::id(&id).ok_or_else(|| cannot_find(&id))?);
    }
    // An unknown id must be found before anything is changed.
    let located = state.store().locate(&tasks).await?;
    for task in &tasks {
        if !located.iter().any(|(id, _)| id == task) {
            return Err(cannot_find(&task.to_string()));
        }
    }
    let mut instances = Vec::new();
    for id in request.process_instance_ids.into_iter().flatten() {
        let id = id.ok_or_else(|| ApiError::bad_user_request("processInstanceIds contains null value"))?;
        instances.extend(body::id(&id));
    }
    let whole = Parameters::default();
    if let Some(body) = request.process_instance_query {
        let query = PROCESS_INSTANCES.from_body(&whole, &body)?;
        instances.extend(
            state
                .store()
                .process_instances(&query)
                .await?
                .iter()
                .map(|found| found.id),
        );
    }
    if let Some(body) = request.historic_process_instance_query {
        let query = HISTORIC_INSTANCES.from_body(&whole, &body)?;
        instances.extend(
            state
                .store()
                .historic_instances(&query)
                .await?
                .iter()
                .map(|found| found.id),
        );
    }
    let mut queries = Vec::new();
    if !instances.is_empty() {
        let ids = instances.into_iter().map(Scalar::Id).collect();
        queries.push(Query::default().with(ExternalTaskField::InstanceId, Test::In(ids)));
    }
    if let Some(body) = request.external_task_query {
        queries.push(query::from_body(&body, &whole, state.engine().now())?);
    }
    for query in queries {
        tasks.extend(state.store().external_tasks(&query).await?.iter().map(|found| found.id));
    }
    tasks.sort_unstable();
    tasks.dedup();
    Ok(tasks)
}

fn checked(retries: Option<i32>) -> Result<i32, ApiError> {
    match retries {
        None => Err(ApiError::invalid("The number of retries cannot be null.")),
        Some(retries) if retries < 0 => Err(ApiError::bad_user_request(
            "The number of retries cannot be negative: retries is not greater than or equal to 0",
        )),
        Some(retries) => Ok(retries),
    }
}

fn cannot_find(id: &str) -> ApiError {
    ApiError::not_found(format!("Cannot find external task with id {id}: externalTask is null")).code(Some(0))
}

async fn submit(state: &AppState, task: Uuid, command: Command, id: &str) -> Result<StatusCode, ApiError> {
    match state.engine().submit(Submission::new(task, command)).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(operation_error(error, id, "")),
    }
}

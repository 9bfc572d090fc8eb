//! `/external-task`: what workers speak (contract 3.4 to 3.6).

mod fetch;
mod query;
mod report;
mod retries;
mod topics;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use flowstone_core::Rejection;
use flowstone_engine::Error;
use flowstone_store::query::{ExternalTaskField, Query, Scalar, Test};
use flowstone_store::record::ExternalTaskRecord;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::AppState;
use super::body;
use super::error::{ApiError, ErrorBody};
use super::value::date_to_wire;

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(fetch::routes())
        .merge(report::routes())
        .merge(retries::routes())
        .merge(query::routes())
        .merge(topics::routes())
        .routes(routes!(get))
        .routes(routes!(error_details))
}

/// An external task.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExternalTask {
    activity_id: String,
    activity_instance_id: String,
    error_message: Option<String>,
    execution_id: String,
    id: String,
    lock_expiration_time: Option<String>,
    create_time: String,
    process_definition_id: String,
    process_definition_key: String,
    process_definition_version_tag: Option<String>,
    process_instance_id: String,
    retries: Option<i32>,
    suspended: bool,
    worker_id: Option<String>,
    topic_name: String,
    tenant_id: Option<String>,
    priority: i64,
    business_key: Option<String>,
}

impl From<ExternalTaskRecord> for ExternalTask {
    fn from(record: ExternalTaskRecord) -> Self {
        let id = record.id.to_string();
        ExternalTask {
            activity_id: record.node_id.to_string(),
            activity_instance_id: id.clone(),
            error_message: record.task.error_message,
            execution_id: id.clone(),
            id,
            lock_expiration_time: record.task.lock_expires.map(date_to_wire),
            create_time: date_to_wire(record.created_at),
            process_definition_id: record.definition_id.to_string(),
            process_definition_key: record.definition_key.to_string(),
            process_definition_version_tag: record.version_tag,
            process_instance_id: record.instance_id.to_string(),
            retries: record.task.retries,
            suspended: record.suspended,
            worker_id: record.task.worker,
            topic_name: record.task.topic,
            tenant_id: record.tenant_id,
            priority: record.task.priority,
            business_key: record.business_key,
        }
    }
}

/// Get an external task
#[utoipa::path(get, path = "/external-task/{id}", operation_id = "getExternalTask", tag = "External Task",
    params(("id" = String, Path, description = "Task id")),
    responses((status = 200, body = ExternalTask), (status = 404, body = ErrorBody)))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<ExternalTask>, ApiError> {
    match find(&state, &id).await? {
        Some(record) => Ok(Json(record.into())),
        None => Err(unknown(&id).code(None)),
    }
}

/// Get the details of the last failure
///
/// Plain text; 204 when there are none.
#[utoipa::path(get, path = "/external-task/{id}/errorDetails", operation_id = "getExternalTaskErrorDetails",
    tag = "External Task", params(("id" = String, Path, description = "Task id")),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 204),
        (status = 500, body = ErrorBody)))]
async fn error_details(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let Some(record) = find(&state, &id).await? else {
        return Err(ApiError::null_value(format!(
            "No external task found with id {id}: externalTask is null"
        )));
    };
    Ok(match record.task.error_details {
        Some(details) => ([(header::CONTENT_TYPE, "text/plain")], details).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

async fn find(state: &AppState, id: &str) -> Result<Option<ExternalTaskRecord>, ApiError> {
    let Some(id) = body::id(id) else {
        return Ok(None);
    };
    let query = Query::default().with(ExternalTaskField::Id, Test::Equals(Scalar::Id(id)));
    Ok(state.store().external_tasks(&query).await?.into_iter().next())
}

fn unknown(id: &str) -> ApiError {
    ApiError::rest_not_found(format!("External task with id {id} does not exist"))
}

fn task_id(id: &str) -> Result<Uuid, ApiError> {
    body::id(id).ok_or_else(|| unknown(id))
}

/// What an operation on one task answers when it failed (contract 3.5). `refusal` begins the text
/// for a task that another worker holds, as far as the words `by worker`.
fn operation_error(error: Error, id: &str, refusal: &str) -> ApiError {
    match error {
        Error::Unknown(_)
        | Error::Rejected(
            Rejection::UnknownExternalTask { .. } | Rejection::Ended { .. } | Rejection::UnknownExecution { .. },
        ) => unknown(id),
        Error::Rejected(Rejection::WrongWorker { worker, holder, .. }) => ApiError::refused(format!(
            "{refusal} by worker '{worker}'. It is locked by worker '{}'.",
            holder.as_deref().unwrap_or("null")
        )),
        Error::Rejected(rejection @ (Rejection::Suspended { .. } | Rejection::LockExpired { .. })) => {
            ApiError::refused(rejection.to_string())
        }
        other => other.into(),
    }
}

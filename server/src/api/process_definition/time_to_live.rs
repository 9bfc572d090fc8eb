//! How long history of a process definition is wanted.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_store::Versioned;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Reference, read};
use crate::api::AppState;
use crate::api::body::JsonBody;
use crate::api::definition::{TimeToLiveRequest, set_time_to_live};
use crate::api::error::{ApiError, ErrorBody};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(set))
        .routes(routes!(set_by_key))
        .routes(routes!(set_by_key_and_tenant))
}

/// Set how long history of a process definition is wanted
#[utoipa::path(put, path = "/process-definition/{id}/history-time-to-live",
    operation_id = "updateHistoryTimeToLiveByProcessDefinitionId", tag = "Process Definition",
    params(("id" = String, Path, description = "Definition id")), request_body = TimeToLiveRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn set(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<TimeToLiveRequest>,
) -> Result<StatusCode, ApiError> {
    change(&state, Reference::Id(id), &request).await
}

/// Set how long history of the latest version of a process definition is wanted
#[utoipa::path(put, path = "/process-definition/key/{key}/history-time-to-live",
    operation_id = "updateHistoryTimeToLiveByProcessDefinitionKey", tag = "Process Definition",
    params(("key" = String, Path, description = "BPMN id of the process")), request_body = TimeToLiveRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn set_by_key(
    State(state): State<AppState>,
    Path(key): Path<String>,
    JsonBody(request): JsonBody<TimeToLiveRequest>,
) -> Result<StatusCode, ApiError> {
    change(&state, Reference::Key(key, None), &request).await
}

/// Set how long history of the latest version of a process definition of a tenant is wanted
#[utoipa::path(put, path = "/process-definition/key/{key}/tenant-id/{tenant-id}/history-time-to-live",
    operation_id = "updateHistoryTimeToLiveByProcessDefinitionKeyAndTenantId", tag = "Process Definition",
    params(("key" = String, Path, description = "BPMN id of the process"),
        ("tenant-id" = String, Path, description = "Tenant")),
    request_body = TimeToLiveRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn set_by_key_and_tenant(
    State(state): State<AppState>,
    Path((key, tenant)): Path<(String, String)>,
    JsonBody(request): JsonBody<TimeToLiveRequest>,
) -> Result<StatusCode, ApiError> {
    change(&state, Reference::Key(key, Some(tenant)), &request).await
}

async fn change(state: &AppState, reference: Reference, request: &TimeToLiveRequest) -> Result<StatusCode, ApiError> {
    let id = async { Ok(read::find(state, reference).await?.id) };
    set_time_to_live(state, Versioned::Process, request, id).await
}

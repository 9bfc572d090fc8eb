//! How long history of a decision definition is wanted.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_store::Versioned;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Reference, find};
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

/// Set how long history of a decision definition is wanted
#[utoipa::path(put, path = "/decision-definition/{id}/history-time-to-live",
    operation_id = "updateHistoryTimeToLiveByDecisionDefinitionId", tag = "Decision Definition",
    params(("id" = String, Path, description = "Definition id")), request_body = TimeToLiveRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn set(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<TimeToLiveRequest>,
) -> Result<StatusCode, ApiError> {
    change(&state, Reference::Id(id), &request).await
}

/// Set how long history of the latest version of a decision definition is wanted
#[utoipa::path(put, path = "/decision-definition/key/{key}/history-time-to-live",
    operation_id = "updateHistoryTimeToLiveByDecisionDefinitionKey", tag = "Decision Definition",
    params(("key" = String, Path, description = "Id of the decision in its file")), request_body = TimeToLiveRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn set_by_key(
    State(state): State<AppState>,
    Path(key): Path<String>,
    JsonBody(request): JsonBody<TimeToLiveRequest>,
) -> Result<StatusCode, ApiError> {
    change(&state, Reference::Key(key, None), &request).await
}

/// Set how long history of the latest version of a decision definition of a tenant is wanted
#[utoipa::path(put, path = "/decision-definition/key/{key}/tenant-id/{tenant-id}/history-time-to-live",
    operation_id = "updateHistoryTimeToLiveByDecisionDefinitionKeyAndTenant", tag = "Decision Definition",
    params(("key" = String, Path, description = "Id of the decision in its file"),
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
    let id = async { Ok(find(state, reference).await?.id) };
    set_time_to_live(state, Versioned::Decision, request, id).await
}

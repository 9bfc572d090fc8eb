//! What operators write to incidents.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_core::{Command, Rejection};
use flowstone_engine::{Error, Submission};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::AppState;
use crate::api::body::{self, JsonBody};
use crate::api::error::{ApiError, ErrorBody};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(set, clear))
}

/// Something to write to an incident.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct AnnotationRequest {
    /// The text; null takes back what was written.
    annotation: Option<String>,
}

/// Write an annotation to an open incident
///
/// In place of what was written before. It stays with the incident when that is closed.
#[utoipa::path(put, path = "/incident/{id}/annotation", operation_id = "setIncidentAnnotation", tag = "Incident",
    params(("id" = String, Path, description = "Incident id")), request_body = AnnotationRequest,
    responses((status = 204), (status = 400, body = ErrorBody)))]
async fn set(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<AnnotationRequest>,
) -> Result<StatusCode, ApiError> {
    annotate(&state, &id, request.annotation).await
}

/// Take back the annotation of an open incident
#[utoipa::path(delete, path = "/incident/{id}/annotation", operation_id = "clearIncidentAnnotation",
    tag = "Incident", params(("id" = String, Path, description = "Incident id")),
    responses((status = 204), (status = 400, body = ErrorBody)))]
async fn clear(State(state): State<AppState>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    annotate(&state, &id, None).await
}

async fn annotate(state: &AppState, id: &str, annotation: Option<String>) -> Result<StatusCode, ApiError> {
    let unknown = || ApiError::bad_user_request(format!("incident is null: no open incident has the id '{id}'"));
    let incident = body::id(id).ok_or_else(unknown)?;
    let command = Command::AnnotateIncident { incident, annotation };
    match state.engine().submit(Submission::new(incident, command)).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(Error::Unknown(_) | Error::Rejected(Rejection::UnknownIncident { .. } | Rejection::Ended { .. })) => {
            Err(unknown())
        }
        Err(error) => Err(error.into()),
    }
}

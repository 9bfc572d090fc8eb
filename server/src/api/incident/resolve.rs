//! Resolution of incidents by hand.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_core::{Command, Rejection};
use flowstone_engine::{Error, Submission};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::AppState;
use crate::api::body;
use crate::api::error::{ApiError, ErrorBody};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(resolve))
}

/// Resolve an incident
///
/// One of a failed job or external task is resolved by new retries instead.
#[utoipa::path(delete, path = "/incident/{id}", operation_id = "resolveIncident", tag = "Incident",
    params(("id" = String, Path, description = "Incident id")),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn resolve(State(state): State<AppState>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    let unknown =
        || ApiError::not_found(format!("Cannot find an incident with id '{id}': incident is null")).code(Some(0));
    let incident = body::id(&id).ok_or_else(unknown)?;
    let command = Command::ResolveIncident { incident };
    match state.engine().submit(Submission::new(incident, command)).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(Error::Unknown(_) | Error::Rejected(Rejection::UnknownIncident { .. } | Rejection::Ended { .. })) => {
            Err(unknown())
        }
        Err(Error::Rejected(rejection @ Rejection::IncidentOfFailure { .. })) => {
            Err(ApiError::invalid_for_engine(rejection.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

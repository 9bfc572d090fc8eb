//! Incidents that operators and their tools raise.

use axum::Json;
use axum::extract::{Path, State};
use flowstone_core::Rejection;
use flowstone_engine::Error;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::AppState;
use crate::api::body::{self, JsonBody};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::incident::{self, Causes, Incident};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create_incident))
}

/// An incident to raise.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct IncidentRequest {
    /// What kind of incident it is.
    incident_type: Option<String>,
    /// What it is about.
    configuration: Option<String>,
    /// Why.
    message: Option<String>,
}

/// Raise an incident
///
/// It goes with its execution, or when it is resolved.
#[utoipa::path(post, path = "/execution/{id}/create-incident", operation_id = "createIncident", tag = "Execution",
    params(("id" = String, Path, description = "Execution id")), request_body = IncidentRequest,
    responses((status = 200, body = Incident), (status = 400, body = ErrorBody)))]
async fn create_incident(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<IncidentRequest>,
) -> Result<Json<Incident>, ApiError> {
    let Some(incident_type) = request.incident_type else {
        return Err(ApiError::invalid_for_engine("incidentType is null"));
    };
    let unknown = || {
        ApiError::invalid_for_engine(format!(
            "Cannot find an execution with executionId '{id}': execution is null"
        ))
    };
    let execution = body::id(&id).ok_or_else(unknown)?;
    let raised = state
        .engine()
        .raise_incident(execution, incident_type, request.configuration, request.message)
        .await;
    let raised = match raised {
        Ok(raised) => raised,
        Err(Error::Unknown(_) | Error::Rejected(Rejection::UnknownExecution { .. } | Rejection::Ended { .. })) => {
            return Err(unknown());
        }
        Err(Error::Rejected(rejection @ (Rejection::NoActivity { .. } | Rejection::EngineIncident { .. }))) => {
            return Err(ApiError::invalid_for_engine(rejection.to_string()));
        }
        Err(error) => return Err(error.into()),
    };
    // It may have been resolved already, or gone with its execution.
    let record = incident::find(&state, raised).await?.ok_or_else(unknown)?;
    Ok(Json(Incident::new(record, &Causes::default())))
}

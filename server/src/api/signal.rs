//! `/signal`: broadcasts (contract 3.10).

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::body::{self, JsonBody, WireVariables};
use super::error::{ApiError, ErrorBody};
use super::value;

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(throw))
}

/// A signal to throw.
#[derive(Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
#[derive(Default)]
pub struct SignalRequest {
    /// Name of the signal.
    name: Option<String>,
    /// Only the execution with this id.
    execution_id: Option<String>,
    /// Variables for those who catch it.
    #[schema(value_type = Option<Object>)]
    variables: WireVariables,
    /// Only within this tenant.
    tenant_id: Option<String>,
    /// Only without tenant.
    without_tenant_id: bool,
}

/// Throw a signal
///
/// Nobody listening is no error.
#[utoipa::path(post, path = "/signal", operation_id = "throwSignal", tag = "Signal", request_body = SignalRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn throw(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<SignalRequest>,
) -> Result<StatusCode, ApiError> {
    let Some(name) = request.name.filter(|name| !name.is_empty()) else {
        return Err(ApiError::invalid("No signal name given"));
    };
    value::map_from_wire(&request.variables)?;
    let Some(execution_id) = request.execution_id else {
        // No element that catches signals can be deployed yet, so nobody listens.
        return Ok(StatusCode::NO_CONTENT);
    };
    if request.tenant_id.is_some() || request.without_tenant_id {
        return Err(ApiError::bad_user_request(
            "ENGINE-13027 Cannot specify a tenant-id when deliver a signal to a single execution.",
        ));
    }
    let located = match body::id(&execution_id) {
        Some(id) => state.store().locate(&[id]).await?,
        None => Vec::new(),
    };
    if located.is_empty() {
        return Err(ApiError::null_value(format!(
            "Cannot find execution with id '{execution_id}': execution is null"
        )));
    }
    Err(ApiError::rest(format!(
        "Execution '{execution_id}' has not subscribed to a signal event with name '{name}'. is empty"
    )))
}

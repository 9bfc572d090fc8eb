//! Evaluating decisions.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Reference, find};
use crate::api::AppState;
use crate::api::body::{JsonBody, WireVariables};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::value;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(evaluate))
        .routes(routes!(evaluate_by_key))
        .routes(routes!(evaluate_by_key_and_tenant))
}

/// The values that a decision is asked for.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct EvaluationRequest {
    #[schema(value_type = Option<Object>)]
    variables: WireVariables,
}

/// Evaluate a decision
///
/// The answer holds the outputs by their names, a row for each matching rule.
#[utoipa::path(post, path = "/decision-definition/{id}/evaluate", operation_id = "evaluateDecisionById",
    tag = "Decision Definition", params(("id" = String, Path, description = "Definition id")),
    request_body = EvaluationRequest,
    responses((status = 200, body = [Object]), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn evaluate(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<EvaluationRequest>,
) -> Result<Json<Vec<Value>>, ApiError> {
    run(&state, Reference::Id(id), request).await
}

/// Evaluate the latest version of a decision
#[utoipa::path(post, path = "/decision-definition/key/{key}/evaluate", operation_id = "evaluateDecisionByKey",
    tag = "Decision Definition", params(("key" = String, Path, description = "Id of the decision in its file")),
    request_body = EvaluationRequest,
    responses((status = 200, body = [Object]), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn evaluate_by_key(
    State(state): State<AppState>,
    Path(key): Path<String>,
    JsonBody(request): JsonBody<EvaluationRequest>,
) -> Result<Json<Vec<Value>>, ApiError> {
    run(&state, Reference::Key(key, None), request).await
}

/// Evaluate the latest version of a decision of a tenant
#[utoipa::path(post, path = "/decision-definition/key/{key}/tenant-id/{tenant-id}/evaluate",
    operation_id = "evaluateDecisionByKeyAndTenant", tag = "Decision Definition",
    params(("key" = String, Path, description = "Id of the decision in its file"),
        ("tenant-id" = String, Path, description = "Tenant")),
    request_body = EvaluationRequest,
    responses((status = 200, body = [Object]), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn evaluate_by_key_and_tenant(
    State(state): State<AppState>,
    Path((key, tenant)): Path<(String, String)>,
    JsonBody(request): JsonBody<EvaluationRequest>,
) -> Result<Json<Vec<Value>>, ApiError> {
    run(&state, Reference::Key(key, Some(tenant)), request).await
}

async fn run(state: &AppState, reference: Reference, request: EvaluationRequest) -> Result<Json<Vec<Value>>, ApiError> {
    let decision = find(state, reference).await?;
    let prefix = format!("Cannot evaluate decision {}", decision.id);
    let variables = value::map_from_wire(&request.variables).map_err(|error| error.within(&prefix))?;
    let rows = state.engine().evaluate_decision(&decision.id, variables).await;
    let rows = rows.map_err(|error| ApiError::from(error).prefixed(&format!("{prefix}: ")))?;
    Ok(Json(rows.iter().map(|row| value::map_to_wire(row, false)).collect()))
}

//! `/condition`: starts instances of processes whose conditions hold.

use axum::Json;
use axum::extract::State;
use flowstone_core::EventKind;
use flowstone_engine::StartRequest;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::base_uri::BaseUri;
use super::body::{JsonBody, WireVariables};
use super::error::{ApiError, ErrorBody};
use super::process_definition::StartedInstance;
use super::starts::{self, Tenant};
use super::value;

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(evaluate))
}

/// Variables for the conditions of start events.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct ConditionRequest {
    /// What the conditions are computed with and the instances begin with.
    #[schema(value_type = Option<Object>)]
    variables: WireVariables,
    business_key: Option<String>,
    tenant_id: Option<String>,
    without_tenant_id: bool,
    /// Only this definition.
    process_definition_id: Option<String>,
}

/// Start instances by conditions
///
/// Every latest definition with a start event whose condition holds starts an instance.
#[utoipa::path(post, path = "/condition", operation_id = "evaluateCondition", tag = "Condition",
    request_body = ConditionRequest,
    responses((status = 200, body = [StartedInstance]), (status = 400, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn evaluate(
    State(state): State<AppState>,
    base: BaseUri,
    JsonBody(request): JsonBody<ConditionRequest>,
) -> Result<Json<Vec<StartedInstance>>, ApiError> {
    let tenant = Tenant::read(request.tenant_id, request.without_tenant_id)?;
    let variables = value::map_from_wire(&request.variables)?;
    let mut started = Vec::new();
    for start in starts::waiting(&state, EventKind::Conditional, None, &tenant).await? {
        let wanted = request.process_definition_id.as_deref();
        if wanted.is_some_and(|wanted| *wanted != *start.definition.id) {
            continue;
        }
        if !state.engine().starts_for(&start, &variables).await? {
            continue;
        }
        let with = StartRequest {
            business_key: request.business_key.clone(),
            variables: variables.clone(),
            ..StartRequest::default()
        };
        let reply = state.engine().start_at(&start, with).await?;
        let key = start.definition.key.to_string();
        started.push(StartedInstance::new(reply, Some(key), false, &base));
    }
    Ok(Json(started))
}

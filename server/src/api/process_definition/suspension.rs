//! Suspension and activation of definitions.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_store::query::{DefinitionField, Query, Scalar, Test};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Reference, read, unknown_key};
use crate::api::AppState;
use crate::api::body::JsonBody;
use crate::api::error::{ApiError, ErrorBody};
use crate::api::starts::Tenant;
use crate::api::suspension::{at_once, of_tenant, wanted};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(set_suspended))
        .routes(routes!(set_suspended_by_key))
        .routes(routes!(set_suspended_by_key_and_tenant))
        .routes(routes!(set_suspended_of_many))
}

/// Whether definitions are suspended.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct DefinitionSuspensionRequest {
    suspended: Option<bool>,
    /// Their running instances, too.
    include_process_instances: bool,
    /// Refused: the state changes at once.
    #[schema(value_type = Option<String>)]
    execution_date: Option<Value>,
    /// Only where the path names no definition, and refused there: name the key.
    process_definition_id: Option<String>,
    /// Only where the path names no definition: all versions of this key.
    process_definition_key: Option<String>,
    /// With a key: only the versions of this tenant.
    process_definition_tenant_id: Option<String>,
    /// With a key: only the versions without tenant.
    process_definition_without_tenant_id: bool,
}

/// Suspend or activate a process definition
///
/// Nothing starts an instance of a suspended definition; its timers rest. With `includeProcessInstances` its running
/// instances are suspended or activated, too.
#[utoipa::path(put, path = "/process-definition/{id}/suspended",
    operation_id = "updateProcessDefinitionSuspensionStateById", tag = "Process Definition",
    params(("id" = String, Path, description = "Definition id")), request_body = DefinitionSuspensionRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 501, body = ErrorBody)))]
async fn set_suspended(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<DefinitionSuspensionRequest>,
) -> Result<StatusCode, ApiError> {
    one(&state, Reference::Id(id), &request).await
}

/// Suspend or activate the latest version of a process definition
#[utoipa::path(put, path = "/process-definition/key/{key}/suspended",
    operation_id = "updateProcessDefinitionSuspensionStateByKey", tag = "Process Definition",
    params(("key" = String, Path, description = "BPMN id of the process")),
    request_body = DefinitionSuspensionRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 501, body = ErrorBody)))]
async fn set_suspended_by_key(
    State(state): State<AppState>,
    Path(key): Path<String>,
    JsonBody(request): JsonBody<DefinitionSuspensionRequest>,
) -> Result<StatusCode, ApiError> {
    one(&state, Reference::Key(key, None), &request).await
}

/// Suspend or activate the latest version of a process definition of a tenant
#[utoipa::path(put, path = "/process-definition/key/{key}/tenant-id/{tenant-id}/suspended",
    operation_id = "updateProcessDefinitionSuspensionStateByKeyAndTenantId", tag = "Process Definition",
    params(("key" = String, Path, description = "BPMN id of the process"),
        ("tenant-id" = String, Path, description = "Tenant")),
    request_body = DefinitionSuspensionRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 501, body = ErrorBody)))]
async fn set_suspended_by_key_and_tenant(
    State(state): State<AppState>,
    Path((key, tenant)): Path<(String, String)>,
    JsonBody(request): JsonBody<DefinitionSuspensionRequest>,
) -> Result<StatusCode, ApiError> {
    one(&state, Reference::Key(key, Some(tenant)), &request).await
}

/// Suspend or activate all versions of a process definition
///
/// Of every tenant, unless the request names one.
#[utoipa::path(put, path = "/process-definition/suspended", operation_id = "updateProcessDefinitionSuspensionState",
    tag = "Process Definition", request_body = DefinitionSuspensionRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 501, body = ErrorBody)))]
async fn set_suspended_of_many(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<DefinitionSuspensionRequest>,
) -> Result<StatusCode, ApiError> {
    if request.process_definition_id.is_some() {
        return Err(ApiError::invalid(
            "Only processDefinitionKey can be set to update the suspension state.",
        ));
    }
    let Some(key) = request.process_definition_key.clone() else {
        return Err(ApiError::invalid(
            "Either processDefinitionId or processDefinitionKey should be set to update the suspension state.",
        ));
    };
    let tenant = Tenant::read(
        request.process_definition_tenant_id.clone(),
        request.process_definition_without_tenant_id,
    )?;
    let query = Query::default().with(DefinitionField::Key, Test::Equals(Scalar::Text(key.clone())));
    let query = of_tenant(query, DefinitionField::TenantId, &tenant);
    let versions = state.store().definitions(&query).await?;
    if versions.is_empty() {
        return Err(match tenant {
            Tenant::Any => ApiError::not_found(format!("No process definition found for key '{key}'")),
            Tenant::Without => unknown_key(&key, None),
            Tenant::Only(tenant) => unknown_key(&key, Some(&tenant)),
        });
    }
    let ids: Vec<String> = versions.iter().map(|version| version.id.to_string()).collect();
    change(&state, &ids, &request).await
}

async fn one(
    state: &AppState,
    reference: Reference,
    request: &DefinitionSuspensionRequest,
) -> Result<StatusCode, ApiError> {
    if request.process_definition_key.is_some() {
        return Err(ApiError::invalid(
            "Only one of processDefinitionId or processDefinitionKey should be set to update the suspension state.",
        ));
    }
    let definition = read::find(state, reference).await?;
    change(state, &[definition.id.to_string()], request).await
}

async fn change(
    state: &AppState,
    ids: &[String],
    request: &DefinitionSuspensionRequest,
) -> Result<StatusCode, ApiError> {
    let suspended = wanted(request.suspended)?;
    at_once(request.execution_date.as_ref())?;
    let with_instances = request.include_process_instances;
    state
        .engine()
        .suspend_definitions(ids, suspended, with_instances)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

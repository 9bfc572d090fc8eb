//! Deletion of definitions.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_engine::Deletion;
use flowstone_store::query::{DefinitionField, Query, Scalar, Test};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::unknown_key;
use crate::api::AppState;
use crate::api::body::Parameters;
use crate::api::error::{ApiError, ErrorBody};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(delete))
        .routes(routes!(delete_by_key))
        .routes(routes!(delete_by_key_and_tenant))
}

/// Delete a process definition
///
/// With `cascade=true` its running instances are ended and their history is deleted too.
#[utoipa::path(delete, path = "/process-definition/{id}", operation_id = "deleteProcessDefinition",
    tag = "Process Definition", params(("id" = String, Path, description = "Definition id"),
        ("cascade" = Option<bool>, Query), ("skipCustomListeners" = Option<bool>, Query),
        ("skipIoMappings" = Option<bool>, Query)),
    responses((status = 200), (status = 404, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn delete(
    State(state): State<AppState>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<StatusCode, ApiError> {
    if delete_one(&state, &id, &parameters).await? {
        Ok(StatusCode::OK)
    } else {
        Err(ApiError::not_found(format!(
            "No process definition found with id '{id}': processDefinition is null"
        )))
    }
}

/// Delete all versions of a process definition
#[utoipa::path(delete, path = "/process-definition/key/{key}", operation_id = "deleteProcessDefinitionsByKey",
    tag = "Process Definition", params(("key" = String, Path, description = "BPMN id of the process"),
        ("cascade" = Option<bool>, Query), ("skipCustomListeners" = Option<bool>, Query),
        ("skipIoMappings" = Option<bool>, Query)),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn delete_by_key(
    State(state): State<AppState>,
    Path(key): Path<String>,
    parameters: Parameters,
) -> Result<StatusCode, ApiError> {
    delete_versions(&state, &key, None, &parameters).await
}

/// Delete all versions of a process definition of a tenant
#[utoipa::path(delete, path = "/process-definition/key/{key}/tenant-id/{tenant-id}",
    operation_id = "deleteProcessDefinitionsByKeyAndTenantId", tag = "Process Definition",
    params(("key" = String, Path, description = "BPMN id of the process"),
        ("tenant-id" = String, Path, description = "Tenant"), ("cascade" = Option<bool>, Query),
        ("skipCustomListeners" = Option<bool>, Query), ("skipIoMappings" = Option<bool>, Query)),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn delete_by_key_and_tenant(
    State(state): State<AppState>,
    Path((key, tenant)): Path<(String, String)>,
    parameters: Parameters,
) -> Result<StatusCode, ApiError> {
    delete_versions(&state, &key, Some(tenant), &parameters).await
}

async fn delete_versions(
    state: &AppState,
    key: &str,
    tenant: Option<String>,
    parameters: &Parameters,
) -> Result<StatusCode, ApiError> {
    let of_tenant = match &tenant {
        Some(tenant) => Test::Equals(Scalar::Text(tenant.clone())),
        None => Test::IsNull,
    };
    let query = Query::default()
        .with(DefinitionField::Key, Test::Equals(Scalar::Text(key.to_owned())))
        .with(DefinitionField::TenantId, of_tenant);
    let versions = state.store().definitions(&query).await?;
    if versions.is_empty() {
        return Err(unknown_key(key, tenant.as_deref()));
    }
    for version in versions {
        delete_one(state, &version.id, parameters).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_one(state: &AppState, id: &str, parameters: &Parameters) -> Result<bool, ApiError> {
    let cascade = parameters.flag("cascade", false);
    let options = Deletion {
        cascade,
        skip_output_mappings: parameters.flag("skipIoMappings", false),
        skip_listeners: parameters.flag("skipCustomListeners", false),
    };
    Ok(state.engine().delete_definition(id, options).await?)
}

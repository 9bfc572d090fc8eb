//! Lists, single definitions and their XML.

use axum::Json;
use axum::extract::{Path, State};
use flowstone_store::query::{DefinitionField, Query};
use flowstone_store::record::DefinitionRecord;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{DEFINITIONS, ProcessDefinition, Reference, latest};
use crate::api::body::Parameters;
use crate::api::error::{ApiError, ErrorBody};
use crate::api::{AppState, Count, definition, tenants};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(count))
        .routes(routes!(get))
        .routes(routes!(get_by_key))
        .routes(routes!(get_by_key_and_tenant))
        .routes(routes!(xml))
        .routes(routes!(xml_by_key))
        .routes(routes!(xml_by_key_and_tenant))
}

/// The source of a process definition.
#[derive(Serialize, ToSchema)]
pub struct ProcessDefinitionXml {
    id: String,
    /// The file as it was deployed.
    #[serde(rename = "bpmn20Xml")]
    bpmn20_xml: String,
}

fn query(parameters: &Parameters) -> Result<Query<DefinitionField>, ApiError> {
    let mut query = DEFINITIONS.from_parameters(parameters)?;
    query.conditions.extend(tenants(
        parameters,
        DefinitionField::TenantId,
        "includeProcessDefinitionsWithoutTenantId",
    ));
    Ok(query)
}

/// List process definitions
#[utoipa::path(get, path = "/process-definition", operation_id = "getProcessDefinitions", tag = "Process Definition",
    responses((status = 200, body = [ProcessDefinition]), (status = 400, body = ErrorBody)))]
async fn list(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<ProcessDefinition>>, ApiError> {
    let records = state.store().definitions(&query(&parameters)?).await?;
    Ok(Json(records.into_iter().map(Into::into).collect()))
}

/// Count process definitions
#[utoipa::path(get, path = "/process-definition/count", operation_id = "getProcessDefinitionsCount",
    tag = "Process Definition", responses((status = 200, body = Count), (status = 400, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(
        state.store().count_definitions(&query(&parameters)?).await?,
    ))
}

/// Get a process definition
#[utoipa::path(get, path = "/process-definition/{id}", operation_id = "getProcessDefinition",
    tag = "Process Definition", params(("id" = String, Path, description = "Definition id")),
    responses((status = 200, body = ProcessDefinition), (status = 404, body = ErrorBody)))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<ProcessDefinition>, ApiError> {
    Ok(Json(find(&state, Reference::Id(id)).await?.into()))
}

/// Get the latest version of a process definition
#[utoipa::path(get, path = "/process-definition/key/{key}", operation_id = "getProcessDefinitionByKey",
    tag = "Process Definition", params(("key" = String, Path, description = "BPMN id of the process")),
    responses((status = 200, body = ProcessDefinition), (status = 404, body = ErrorBody)))]
async fn get_by_key(
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> Result<Json<ProcessDefinition>, ApiError> {
    Ok(Json(find(&state, Reference::Key(key, None)).await?.into()))
}

/// Get the latest version of a process definition of a tenant
#[utoipa::path(get, path = "/process-definition/key/{key}/tenant-id/{tenant-id}",
    operation_id = "getLatestProcessDefinitionByTenantId", tag = "Process Definition",
    params(("key" = String, Path, description = "BPMN id of the process"),
        ("tenant-id" = String, Path, description = "Tenant")),
    responses((status = 200, body = ProcessDefinition), (status = 404, body = ErrorBody)))]
async fn get_by_key_and_tenant(
    State(state): State<AppState>,
    Path((key, tenant)): Path<(String, String)>,
) -> Result<Json<ProcessDefinition>, ApiError> {
    Ok(Json(find(&state, Reference::Key(key, Some(tenant))).await?.into()))
}

/// Get the XML of a process definition
#[utoipa::path(get, path = "/process-definition/{id}/xml", operation_id = "getProcessDefinitionBpmn20Xml",
    tag = "Process Definition", params(("id" = String, Path, description = "Definition id")),
    responses((status = 200, body = ProcessDefinitionXml), (status = 404, body = ErrorBody)))]
async fn xml(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<ProcessDefinitionXml>, ApiError> {
    source(&state, Reference::Id(id)).await
}

/// Get the XML of the latest version of a process definition
#[utoipa::path(get, path = "/process-definition/key/{key}/xml", operation_id = "getProcessDefinitionBpmn20XmlByKey",
    tag = "Process Definition", params(("key" = String, Path, description = "BPMN id of the process")),
    responses((status = 200, body = ProcessDefinitionXml), (status = 404, body = ErrorBody)))]
async fn xml_by_key(
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> Result<Json<ProcessDefinitionXml>, ApiError> {
    source(&state, Reference::Key(key, None)).await
}

/// Get the XML of the latest version of a process definition of a tenant
#[utoipa::path(get, path = "/process-definition/key/{key}/tenant-id/{tenant-id}/xml",
    operation_id = "getProcessDefinitionBpmn20XmlByKeyAndTenantId", tag = "Process Definition",
    params(("key" = String, Path, description = "BPMN id of the process"),
        ("tenant-id" = String, Path, description = "Tenant")),
    responses((status = 200, body = ProcessDefinitionXml), (status = 404, body = ErrorBody)))]
async fn xml_by_key_and_tenant(
    State(state): State<AppState>,
    Path((key, tenant)): Path<(String, String)>,
) -> Result<Json<ProcessDefinitionXml>, ApiError> {
    source(&state, Reference::Key(key, Some(tenant))).await
}

pub(super) async fn find(state: &AppState, reference: Reference) -> Result<DefinitionRecord, ApiError> {
    match reference {
        Reference::Key(key, tenant) => latest(state, &key, tenant.as_deref()).await,
        Reference::Id(id) => {
            let found = state.store().definition(&id).await?;
            found.ok_or_else(|| ApiError::not_found(format!("No matching definition with id {id}")))
        }
    }
}

async fn source(state: &AppState, reference: Reference) -> Result<Json<ProcessDefinitionXml>, ApiError> {
    let definition = find(state, reference).await?;
    let name = format!("definition {}", definition.id);
    let source = definition::source(state, definition.deployment_id, &definition.resource_name, &name).await?;
    Ok(Json(ProcessDefinitionXml {
        id: definition.id.to_string(),
        bpmn20_xml: source,
    }))
}

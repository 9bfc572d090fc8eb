//! Lists, single decisions and their XML.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use flowstone_store::query::{DecisionField, Query};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{DECISIONS, DecisionDefinition, Reference, find};
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
        .routes(routes!(diagram))
        .routes(routes!(diagram_by_key))
        .routes(routes!(diagram_by_key_and_tenant))
}

/// The source of a decision definition.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionDefinitionXml {
    id: String,
    /// The file as it was deployed.
    dmn_xml: String,
}

fn query(parameters: &Parameters) -> Result<Query<DecisionField>, ApiError> {
    let mut query = DECISIONS.from_parameters(parameters)?;
    query.conditions.extend(tenants(
        parameters,
        DecisionField::TenantId,
        "includeDecisionDefinitionsWithoutTenantId",
    ));
    Ok(query)
}

/// List decision definitions
#[utoipa::path(get, path = "/decision-definition", operation_id = "getDecisionDefinitions",
    tag = "Decision Definition",
    responses((status = 200, body = [DecisionDefinition]), (status = 400, body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    parameters: Parameters,
) -> Result<Json<Vec<DecisionDefinition>>, ApiError> {
    let records = state.store().decisions(&query(&parameters)?).await?;
    Ok(Json(records.into_iter().map(Into::into).collect()))
}

/// Count decision definitions
#[utoipa::path(get, path = "/decision-definition/count", operation_id = "getDecisionDefinitionsCount",
    tag = "Decision Definition", responses((status = 200, body = Count), (status = 400, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(state.store().count_decisions(&query(&parameters)?).await?))
}

/// Get a decision definition
#[utoipa::path(get, path = "/decision-definition/{id}", operation_id = "getDecisionDefinitionById",
    tag = "Decision Definition", params(("id" = String, Path, description = "Definition id")),
    responses((status = 200, body = DecisionDefinition), (status = 404, body = ErrorBody)))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<DecisionDefinition>, ApiError> {
    Ok(Json(find(&state, Reference::Id(id)).await?.into()))
}

/// Get the latest version of a decision definition
#[utoipa::path(get, path = "/decision-definition/key/{key}", operation_id = "getDecisionDefinitionByKey",
    tag = "Decision Definition", params(("key" = String, Path, description = "Id of the decision in its file")),
    responses((status = 200, body = DecisionDefinition), (status = 404, body = ErrorBody)))]
async fn get_by_key(
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> Result<Json<DecisionDefinition>, ApiError> {
    Ok(Json(find(&state, Reference::Key(key, None)).await?.into()))
}

/// Get the latest version of a decision definition of a tenant
#[utoipa::path(get, path = "/decision-definition/key/{key}/tenant-id/{tenant-id}",
    operation_id = "getDecisionDefinitionByKeyAndTenantId", tag = "Decision Definition",
    params(("key" = String, Path, description = "Id of the decision in its file"),
        ("tenant-id" = String, Path, description = "Tenant")),
    responses((status = 200, body = DecisionDefinition), (status = 404, body = ErrorBody)))]
async fn get_by_key_and_tenant(
    State(state): State<AppState>,
    Path((key, tenant)): Path<(String, String)>,
) -> Result<Json<DecisionDefinition>, ApiError> {
    Ok(Json(find(&state, Reference::Key(key, Some(tenant))).await?.into()))
}

/// Get the XML of a decision definition
#[utoipa::path(get, path = "/decision-definition/{id}/xml", operation_id = "getDecisionDefinitionDmnXmlById",
    tag = "Decision Definition", params(("id" = String, Path, description = "Definition id")),
    responses((status = 200, body = DecisionDefinitionXml), (status = 404, body = ErrorBody)))]
async fn xml(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<DecisionDefinitionXml>, ApiError> {
    source(&state, Reference::Id(id)).await
}

/// Get the XML of the latest version of a decision definition
#[utoipa::path(get, path = "/decision-definition/key/{key}/xml", operation_id = "getDecisionDefinitionDmnXmlByKey",
    tag = "Decision Definition", params(("key" = String, Path, description = "Id of the decision in its file")),
    responses((status = 200, body = DecisionDefinitionXml), (status = 404, body = ErrorBody)))]
async fn xml_by_key(
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> Result<Json<DecisionDefinitionXml>, ApiError> {
    source(&state, Reference::Key(key, None)).await
}

/// Get the XML of the latest version of a decision definition of a tenant
#[utoipa::path(get, path = "/decision-definition/key/{key}/tenant-id/{tenant-id}/xml",
    operation_id = "getDecisionDefinitionDmnXmlByKeyAndTenant", tag = "Decision Definition",
    params(("key" = String, Path, description = "Id of the decision in its file"),
        ("tenant-id" = String, Path, description = "Tenant")),
    responses((status = 200, body = DecisionDefinitionXml), (status = 404, body = ErrorBody)))]
async fn xml_by_key_and_tenant(
    State(state): State<AppState>,
    Path((key, tenant)): Path<(String, String)>,
) -> Result<Json<DecisionDefinitionXml>, ApiError> {
    source(&state, Reference::Key(key, Some(tenant))).await
}

async fn source(state: &AppState, reference: Reference) -> Result<Json<DecisionDefinitionXml>, ApiError> {
    let decision = find(state, reference).await?;
    let name = format!("decision definition {}", decision.id);
    let source = definition::source(state, decision.deployment_id, &decision.resource_name, &name).await?;
    Ok(Json(DecisionDefinitionXml {
        id: decision.id.to_string(),
        dmn_xml: source,
    }))
}

/// Download the picture of a decision definition
///
/// It is the picture that was deployed beside the file, under its name: 204 when there is none.
#[utoipa::path(get, path = "/decision-definition/{id}/diagram", operation_id = "getDecisionDefinitionDiagram",
    tag = "Decision Definition", params(("id" = String, Path, description = "Definition id")),
    responses((status = 200, content_type = "image/*"), (status = 204), (status = 404, body = ErrorBody)))]
async fn diagram(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, ApiError> {
    picture(&state, Reference::Id(id)).await
}

/// Download the picture of the latest version of a decision definition
#[utoipa::path(get, path = "/decision-definition/key/{key}/diagram", operation_id = "getDecisionDefinitionDiagramByKey",
    tag = "Decision Definition", params(("key" = String, Path, description = "Id of the decision in its file")),
    responses((status = 200, content_type = "image/*"), (status = 204), (status = 404, body = ErrorBody)))]
async fn diagram_by_key(State(state): State<AppState>, Path(key): Path<String>) -> Result<Response, ApiError> {
    picture(&state, Reference::Key(key, None)).await
}

/// Download the picture of the latest version of a decision definition of a tenant
#[utoipa::path(get, path = "/decision-definition/key/{key}/tenant-id/{tenant-id}/diagram",
    operation_id = "getDecisionDefinitionDiagramByKeyAndTenant", tag = "Decision Definition",
    params(("key" = String, Path, description = "Id of the decision in its file"),
        ("tenant-id" = String, Path, description = "Tenant")),
    responses((status = 200, content_type = "image/*"), (status = 204), (status = 404, body = ErrorBody)))]
async fn diagram_by_key_and_tenant(
    State(state): State<AppState>,
    Path((key, tenant)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    picture(&state, Reference::Key(key, Some(tenant))).await
}

async fn picture(state: &AppState, reference: Reference) -> Result<Response, ApiError> {
    let decision = find(state, reference).await?;
    definition::picture(state, decision.deployment_id, &decision.resource_name, &decision.key).await
}

//! `/decision-requirements-definition` (contract 2 "Decision Requirements Definition"): files that hold several
//! decisions.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use flowstone_store::query::{Query, RequirementsField, Scalar, Test};
use flowstone_store::record::RequirementsRecord;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Parameters;
use super::error::{ApiError, ErrorBody};
use super::filter::{self, Table, When};
use super::{AppState, Count, definition, tenants};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
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

use RequirementsField as Field;

static REQUIREMENTS: Table<RequirementsField> = Table {
    entity: "decision requirements definition",
    filters: &[
        filter::text("decisionRequirementsDefinitionId", Field::Id),
        filter::text_in("decisionRequirementsDefinitionIdIn", Field::Id),
        filter::text("name", Field::Name),
        filter::like("nameLike", Field::Name),
        filter::id("deploymentId", Field::DeploymentId),
        filter::text("key", Field::Key),
        filter::like("keyLike", Field::Key),
        filter::text("category", Field::Category),
        filter::like("categoryLike", Field::Category),
        filter::integer("version", Field::Version),
        filter::when("latestVersion", Field::Latest, When::True),
        filter::text("resourceName", Field::ResourceName),
        filter::like("resourceNameLike", Field::ResourceName),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
    ],
    sorts: &[
        ("category", Field::Category),
        ("key", Field::Key),
        ("id", Field::Id),
        ("version", Field::Version),
        ("name", Field::Name),
        ("deploymentId", Field::DeploymentId),
        ("tenantId", Field::TenantId),
    ],
    unsupported: &[],
    unsupported_sorts: &[],
    or_queries: false,
};

/// A graph of decisions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionRequirementsDefinition {
    id: String,
    key: String,
    category: Option<String>,
    name: Option<String>,
    version: i32,
    resource: String,
    deployment_id: String,
    tenant_id: Option<String>,
}

impl DecisionRequirementsDefinition {
    /// Definition id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl From<RequirementsRecord> for DecisionRequirementsDefinition {
    fn from(record: RequirementsRecord) -> Self {
        DecisionRequirementsDefinition {
            id: record.requirements.id.to_string(),
            key: record.requirements.key.to_string(),
            category: record.category,
            name: record.requirements.name,
            version: record.requirements.version,
            resource: record.resource_name,
            deployment_id: record.deployment_id.to_string(),
            tenant_id: record.tenant_id,
        }
    }
}

/// The source of a graph of decisions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionRequirementsDefinitionXml {
    id: String,
    /// The file as it was deployed.
    dmn_xml: String,
}

/// How a request names a graph.
enum Reference {
    /// By its id.
    Id(String),
    /// The latest version of a key within a tenant, or without tenant.
    Key(String, Option<String>),
}

/// The graph that a request means.
///
/// # Errors
/// 404 with the text that clients know.
async fn find(state: &AppState, reference: Reference) -> Result<RequirementsRecord, ApiError> {
    let text = |text: &str| Test::Equals(Scalar::Text(text.to_owned()));
    let query = match &reference {
        Reference::Id(id) => Query::default().with(Field::Id, text(id)),
        Reference::Key(key, tenant) => Query::default()
            .with(Field::Key, text(key))
            .with(Field::TenantId, tenant.as_deref().map_or(Test::IsNull, text))
            .with(Field::Latest, Test::Equals(Scalar::Boolean(true))),
    };
    let found = state.store().decision_requirements(&query).await?.pop();
    found.ok_or_else(|| match reference {
        Reference::Id(id) => ApiError::not_found(format!(
            "no deployed decision requirements definition found with id '{id}': decisionRequirementsDefinition is null"
        )),
        Reference::Key(key, tenant) => {
            definition::unknown_key("decision requirements definition", &key, tenant.as_deref())
        }
    })
}

fn query(parameters: &Parameters) -> Result<Query<RequirementsField>, ApiError> {
    let mut query = REQUIREMENTS.from_parameters(parameters)?;
    query.conditions.extend(tenants(
        parameters,
        RequirementsField::TenantId,
        "includeDecisionRequirementsDefinitionsWithoutTenantId",
    ));
    Ok(query)
}

/// List decision requirements definitions
#[utoipa::path(get, path = "/decision-requirements-definition", operation_id = "getDecisionRequirementsDefinitions",
    tag = "Decision Requirements Definition",
    responses((status = 200, body = [DecisionRequirementsDefinition]), (status = 400, body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    parameters: Parameters,
) -> Result<Json<Vec<DecisionRequirementsDefinition>>, ApiError> {
    let records = state.store().decision_requirements(&query(&parameters)?).await?;
    Ok(Json(records.into_iter().map(Into::into).collect()))
}

/// Count decision requirements definitions
#[utoipa::path(get, path = "/decision-requirements-definition/count",
    operation_id = "getDecisionRequirementsDefinitionsCount", tag = "Decision Requirements Definition",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    let number = state.store().count_decision_requirements(&query(&parameters)?).await?;
    Ok(Count::json(number))
}

/// Get a decision requirements definition
#[utoipa::path(get, path = "/decision-requirements-definition/{id}",
    operation_id = "getDecisionRequirementsDefinitionById", tag = "Decision Requirements Definition",
    params(("id" = String, Path, description = "Definition id")),
    responses((status = 200, body = DecisionRequirementsDefinition), (status = 404, body = ErrorBody)))]
async fn get(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<DecisionRequirementsDefinition>, ApiError> {
    Ok(Json(find(&state, Reference::Id(id)).await?.into()))
}

/// Get the latest version of a decision requirements definition
#[utoipa::path(get, path = "/decision-requirements-definition/key/{key}",
    operation_id = "getDecisionRequirementsDefinitionByKey", tag = "Decision Requirements Definition",
    params(("key" = String, Path, description = "Id of the definitions in their file")),
    responses((status = 200, body = DecisionRequirementsDefinition), (status = 404, body = ErrorBody)))]
async fn get_by_key(
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> Result<Json<DecisionRequirementsDefinition>, ApiError> {
    Ok(Json(find(&state, Reference::Key(key, None)).await?.into()))
}

/// Get the latest version of a decision requirements definition of a tenant
#[utoipa::path(get, path = "/decision-requirements-definition/key/{key}/tenant-id/{tenant-id}",
    operation_id = "getDecisionRequirementsDefinitionByKeyAndTenantId", tag = "Decision Requirements Definition",
    params(("key" = String, Path, description = "Id of the definitions in their file"),
        ("tenant-id" = String, Path, description = "Tenant")),
    responses((status = 200, body = DecisionRequirementsDefinition), (status = 404, body = ErrorBody)))]
async fn get_by_key_and_tenant(
    State(state): State<AppState>,
    Path((key, tenant)): Path<(String, String)>,
) -> Result<Json<DecisionRequirementsDefinition>, ApiError> {
    Ok(Json(find(&state, Reference::Key(key, Some(tenant))).await?.into()))
}

/// Get the XML of a decision requirements definition
#[utoipa::path(get, path = "/decision-requirements-definition/{id}/xml",
    operation_id = "getDecisionRequirementsDefinitionDmnXmlById", tag = "Decision Requirements Definition",
    params(("id" = String, Path, description = "Definition id")),
    responses((status = 200, body = DecisionRequirementsDefinitionXml), (status = 404, body = ErrorBody)))]
async fn xml(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<DecisionRequirementsDefinitionXml>, ApiError> {
    source(&state, Reference::Id(id)).await
}

/// Get the XML of the latest version of a decision requirements definition
#[utoipa::path(get, path = "/decision-requirements-definition/key/{key}/xml",
    operation_id = "getDecisionRequirementsDefinitionDmnXmlByKey", tag = "Decision Requirements Definition",
    params(("key" = String, Path, description = "Id of the definitions in their file")),
    responses((status = 200, body = DecisionRequirementsDefinitionXml), (status = 404, body = ErrorBody)))]
async fn xml_by_key(
    State(state): State<AppState>,
    Path(key): Path<String>,
) -> Result<Json<DecisionRequirementsDefinitionXml>, ApiError> {
    source(&state, Reference::Key(key, None)).await
}

/// Get the XML of the latest version of a decision requirements definition of a tenant
#[utoipa::path(get, path = "/decision-requirements-definition/key/{key}/tenant-id/{tenant-id}/xml",
    operation_id = "getDecisionRequirementsDefinitionDmnXmlByKeyAndTenantId", tag = "Decision Requirements Definition",
    params(("key" = String, Path, description = "Id of the definitions in their file"),
        ("tenant-id" = String, Path, description = "Tenant")),
    responses((status = 200, body = DecisionRequirementsDefinitionXml), (status = 404, body = ErrorBody)))]
async fn xml_by_key_and_tenant(
    State(state): State<AppState>,
    Path((key, tenant)): Path<(String, String)>,
) -> Result<Json<DecisionRequirementsDefinitionXml>, ApiError> {
    source(&state, Reference::Key(key, Some(tenant))).await
}

async fn source(state: &AppState, reference: Reference) -> Result<Json<DecisionRequirementsDefinitionXml>, ApiError> {
    let found = find(state, reference).await?;
    let id = found.requirements.id.to_string();
    let name = format!("decision requirements definition {id}");
    let dmn_xml = definition::source(state, found.deployment_id, &found.resource_name, &name).await?;
    Ok(Json(DecisionRequirementsDefinitionXml { id, dmn_xml }))
}

/// Download the picture of a decision requirements definition
///
/// It is the picture that was deployed beside the file, under its name: 204 when there is none.
#[utoipa::path(get, path = "/decision-requirements-definition/{id}/diagram",
    operation_id = "getDecisionRequirementsDefinitionDiagramById", tag = "Decision Requirements Definition",
    params(("id" = String, Path, description = "Definition id")),
    responses((status = 200, content_type = "image/*"), (status = 204), (status = 404, body = ErrorBody)))]
async fn diagram(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, ApiError> {
    picture(&state, Reference::Id(id)).await
}

/// Download the picture of the latest version of a decision requirements definition
#[utoipa::path(get, path = "/decision-requirements-definition/key/{key}/diagram",
    operation_id = "getDecisionRequirementsDefinitionDiagramByKey", tag = "Decision Requirements Definition",
    params(("key" = String, Path, description = "Id of the definitions in their file")),
    responses((status = 200, content_type = "image/*"), (status = 204), (status = 404, body = ErrorBody)))]
async fn diagram_by_key(State(state): State<AppState>, Path(key): Path<String>) -> Result<Response, ApiError> {
    picture(&state, Reference::Key(key, None)).await
}

/// Download the picture of the latest version of a decision requirements definition of a tenant
#[utoipa::path(get, path = "/decision-requirements-definition/key/{key}/tenant-id/{tenant-id}/diagram",
    operation_id = "getDecisionRequirementsDefinitionDiagramByKeyAndTenantId", tag = "Decision Requirements Definition",
    params(("key" = String, Path, description = "Id of the definitions in their file"),
        ("tenant-id" = String, Path, description = "Tenant")),
    responses((status = 200, content_type = "image/*"), (status = 204), (status = 404, body = ErrorBody)))]
async fn diagram_by_key_and_tenant(
    State(state): State<AppState>,
    Path((key, tenant)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    picture(&state, Reference::Key(key, Some(tenant))).await
}

async fn picture(state: &AppState, reference: Reference) -> Result<Response, ApiError> {
    let found = find(state, reference).await?;
    definition::picture(
        state,
        found.deployment_id,
        &found.resource_name,
        &found.requirements.key,
    )
    .await
}

//! `/deployment` (contract 3.7).

mod create;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flowstone_engine::Deletion;
use flowstone_store::query::{DeploymentField, Query, Scalar, Test};
use flowstone_store::record::{DeploymentRecord, ResourceRecord};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::body::{self, Parameters};
use super::error::{ApiError, ErrorBody};
use super::filter::{self, Table, When};
use super::value::date_to_wire;
use super::{AppState, Count, Link, tenants};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(create::routes())
        .routes(routes!(list))
        .routes(routes!(count))
        .routes(routes!(get, delete))
        .routes(routes!(resources))
        .routes(routes!(resource))
        .routes(routes!(resource_data))
}

static DEPLOYMENTS: Table<DeploymentField> = Table {
    entity: "deployment",
    filters: &[
        filter::id("id", DeploymentField::Id),
        filter::text("name", DeploymentField::Name),
        filter::like("nameLike", DeploymentField::Name),
        filter::text("source", DeploymentField::Source),
        filter::when("withoutSource", DeploymentField::Source, When::Absent),
        filter::time_before("before", DeploymentField::DeployedAt),
        filter::time_after("after", DeploymentField::DeployedAt),
        filter::when("withoutTenantId", DeploymentField::TenantId, When::Absent),
    ],
    sorts: &[
        ("id", DeploymentField::Id),
        ("name", DeploymentField::Name),
        ("deploymentTime", DeploymentField::DeployedAt),
        ("tenantId", DeploymentField::TenantId),
    ],
    unsupported: &[],
    unsupported_sorts: &[],
    or_queries: false,
};

fn query(parameters: &Parameters) -> Result<Query<DeploymentField>, ApiError> {
    let mut query = DEPLOYMENTS.from_parameters(parameters)?;
    query.conditions.extend(tenants(
        parameters,
        DeploymentField::TenantId,
        "includeDeploymentsWithoutTenantId",
    ));
    Ok(query)
}

/// A deployment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    links: Vec<Link>,
    id: String,
    name: Option<String>,
    source: Option<String>,
    deployment_time: String,
    tenant_id: Option<String>,
}

impl From<DeploymentRecord> for Deployment {
    fn from(record: DeploymentRecord) -> Self {
        Deployment {
            links: Vec::new(),
            id: record.id.to_string(),
            name: record.name,
            source: record.source,
            deployment_time: date_to_wire(record.deployed_at),
            tenant_id: record.tenant_id,
        }
    }
}

/// A resource of a deployment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentResource {
    id: String,
    name: String,
    deployment_id: String,
}

impl From<ResourceRecord> for DeploymentResource {
    fn from(record: ResourceRecord) -> Self {
        DeploymentResource {
            id: record.id.to_string(),
            name: record.name,
            deployment_id: record.deployment_id.to_string(),
        }
    }
}

/// List deployments
#[utoipa::path(get, path = "/deployment", operation_id = "getDeployments", tag = "Deployment",
    responses((status = 200, body = [Deployment]), (status = 400, body = ErrorBody)))]
async fn list(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<Deployment>>, ApiError> {
    let query = query(&parameters)?;
    let records = state.store().deployments(&query).await?;
    Ok(Json(records.into_iter().map(Into::into).collect()))
}

/// Count deployments
#[utoipa::path(get, path = "/deployment/count", operation_id = "getDeploymentsCount", tag = "Deployment",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    let query = query(&parameters)?;
    Ok(Count::json(state.store().count_deployments(&query).await?))
}

/// Get a deployment
#[utoipa::path(get, path = "/deployment/{id}", operation_id = "getDeployment", tag = "Deployment",
    params(("id" = String, Path, description = "Deployment id")),
    responses((status = 200, body = Deployment), (status = 404, body = ErrorBody)))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<Deployment>, ApiError> {
    Ok(Json(find(&state, &id).await?.into()))
}

/// Delete a deployment
///
/// With `cascade=true` its running instances are ended and their history is deleted too.
#[utoipa::path(delete, path = "/deployment/{id}", operation_id = "deleteDeployment", tag = "Deployment",
    params(("id" = String, Path, description = "Deployment id"), ("cascade" = Option<bool>, Query),
        ("skipCustomListeners" = Option<bool>, Query), ("skipIoMappings" = Option<bool>, Query)),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn delete(
    State(state): State<AppState>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<StatusCode, ApiError> {
    let deployment = body::id(&id).ok_or_else(|| unknown(&id))?;
    let deleted = state
        .engine()
        .delete_deployment(
            deployment,
            Deletion {
                cascade: parameters.flag("cascade", false),
                skip_output_mappings: parameters.flag("skipIoMappings", false),
                skip_listeners: parameters.flag("skipCustomListeners", false),
            },
        )
        .await?;
    if deleted {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(unknown(&id))
    }
}

/// List the resources of a deployment
#[utoipa::path(get, path = "/deployment/{id}/resources", operation_id = "getDeploymentResources", tag = "Deployment",
    params(("id" = String, Path, description = "Deployment id")),
    responses((status = 200, body = [DeploymentResource]), (status = 404, body = ErrorBody)))]
async fn resources(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Vec<DeploymentResource>>, ApiError> {
    let resources = match body::id(&id) {
        Some(deployment) => state.store().resources(deployment).await?,
        None => Vec::new(),
    };
    if resources.is_empty() {
        return Err(ApiError::not_found(format!(
            "Deployment resources for deployment id '{id}' do not exist."
        )));
    }
    Ok(Json(resources.into_iter().map(Into::into).collect()))
}

/// Get a resource of a deployment
#[utoipa::path(get, path = "/deployment/{id}/resources/{resourceId}", operation_id = "getDeploymentResource",
    tag = "Deployment", params(("id" = String, Path, description = "Deployment id"),
        ("resourceId" = String, Path, description = "Resource id")),
    responses((status = 200, body = DeploymentResource), (status = 404, body = ErrorBody)))]
async fn resource(
    State(state): State<AppState>,
    Path((id, resource_id)): Path<(String, String)>,
) -> Result<Json<DeploymentResource>, ApiError> {
    let found = find_resource(&state, &id, &resource_id).await?;
    found.map(|record| Json(record.into())).ok_or_else(|| {
        ApiError::not_found(format!(
            "Deployment resource with resource id '{resource_id}' for deployment id '{id}' does not exist."
        ))
    })
}

/// Download a resource of a deployment
#[utoipa::path(get, path = "/deployment/{id}/resources/{resourceId}/data",
    operation_id = "getDeploymentResourceData", tag = "Deployment",
    params(("id" = String, Path, description = "Deployment id"),
        ("resourceId" = String, Path, description = "Resource id")),
    responses((status = 200, content_type = "application/octet-stream"), (status = 400, body = ErrorBody)))]
async fn resource_data(
    State(state): State<AppState>,
    Path((id, resource_id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let Some(resource) = find_resource(&state, &id, &resource_id).await? else {
        return Err(ApiError::invalid(format!(
            "Deployment resource '{resource_id}' for deployment id '{id}' does not exist."
        )));
    };
    Ok(download(&resource))
}

/// A resource as a download.
pub fn download(resource: &ResourceRecord) -> Response {
    let mut response = resource.bytes.to_vec().into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(media_type(&resource.name)),
    );
    headers.insert(header::CONTENT_DISPOSITION, attachment(&resource.name));
    // The bytes come from whoever may deploy; a browser must not make a page of them.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The header that offers a download under a name.
pub fn attachment(name: &str) -> HeaderValue {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let plain: String = file
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() && c != '"' || c == ' ' {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut encoded = String::new();
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    HeaderValue::try_from(format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"))
        .unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

fn media_type(name: &str) -> &'static str {
    match name
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "bpmn" | "cmmn" | "dmn" | "xml" => "application/xml",
        "form" | "json" => "application/json",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "html" | "htm" | "txt" => "text/plain",
        _ => "application/octet-stream",
    }
}

async fn find(state: &AppState, id: &str) -> Result<DeploymentRecord, ApiError> {
    let deployment = body::id(id).ok_or_else(|| unknown(id))?;
    let query = Query::default().with(DeploymentField::Id, Test::Equals(Scalar::Id(deployment)));
    let found = state.store().deployments(&query).await?.into_iter().next();
    found.ok_or_else(|| unknown(id))
}

async fn find_resource(state: &AppState, deployment: &str, resource: &str) -> Result<Option<ResourceRecord>, ApiError> {
    let ids: Option<(Uuid, Uuid)> = body::id(deployment).zip(body::id(resource));
    match ids {
        Some((deployment, resource)) => Ok(state.store().resource(deployment, resource).await?),
        None => Ok(None),
    }
}

fn unknown(id: &str) -> ApiError {
    ApiError::not_found(format!("Deployment with id '{id}' does not exist"))
}

//! `/variable-instance`: variables of running instances, across scopes.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use flowstone_store::query::{Query, Scalar, Test, VariableField as Field};
use flowstone_store::record::VariableRecord;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{JsonBody, Parameters};
use super::error::{ApiError, ErrorBody};
use super::filter::{self, Table};
use super::value::{content_to_wire, info_to_wire};
use super::variables::download;
use super::{AppState, Count};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, query))
        .routes(routes!(count, query_count))
        .routes(routes!(get))
        .routes(routes!(data))
}

static VARIABLES: Table<Field> = Table {
    entity: "variable instance",
    filters: &[
        filter::text("variableName", Field::Name),
        filter::like("variableNameLike", Field::Name),
        filter::text_in("variableNameIn", Field::Name),
        filter::id_in("processInstanceIdIn", Field::InstanceId),
        filter::id_in("executionIdIn", Field::ScopeId),
        filter::id_in("variableScopeIdIn", Field::ScopeId),
        filter::id_in("activityInstanceIdIn", Field::ScopeId),
        filter::text_in("tenantIdIn", Field::TenantId),
    ],
    sorts: &[
        ("variableName", Field::Name),
        ("variableType", Field::TypeName),
        ("activityInstanceId", Field::ScopeId),
        ("tenantId", Field::TenantId),
    ],
    unsupported: &[
        "variableValues",
        "caseExecutionIdIn",
        "caseInstanceIdIn",
        "taskIdIn",
        "batchIdIn",
    ],
    unsupported_sorts: &[],
    or_queries: false,
};

/// A variable of a running instance.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VariableInstance {
    #[serde(rename = "type")]
    type_name: &'static str,
    #[schema(value_type = Option<Object>)]
    value: Value,
    #[schema(value_type = Object)]
    value_info: Value,
    /// Id of the scope and name of the variable, joined by a colon.
    id: String,
    name: String,
    process_definition_id: String,
    process_instance_id: String,
    execution_id: String,
    case_instance_id: Option<String>,
    case_execution_id: Option<String>,
    task_id: Option<String>,
    batch_id: Option<String>,
    activity_instance_id: String,
    error_message: Option<String>,
    tenant_id: Option<String>,
}

impl VariableInstance {
    fn new(record: VariableRecord, deserialize: bool) -> Self {
        let scope = record.scope_id.to_string();
        VariableInstance {
            type_name: record.value.type_name(),
            value: content_to_wire(&record.value, deserialize),
            value_info: info_to_wire(&record.value),
            id: format!("{scope}:{}", record.name),
            name: record.name,
            process_definition_id: record.definition_id.to_string(),
            process_instance_id: record.instance_id.to_string(),
            execution_id: scope.clone(),
            case_instance_id: None,
            case_execution_id: None,
            task_id: None,
            batch_id: None,
            activity_instance_id: scope,
            error_message: None,
            tenant_id: record.tenant_id,
        }
    }
}

async fn found(
    state: &AppState,
    query: Query<Field>,
    parameters: &Parameters,
) -> Result<Json<Vec<VariableInstance>>, ApiError> {
    let deserialize = parameters.flag("deserializeValues", true);
    let records = state.store().variables(&query).await?.into_iter();
    Ok(Json(
        records
            .map(|record| VariableInstance::new(record, deserialize))
            .collect(),
    ))
}

async fn counted(state: &AppState, query: Query<Field>) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(state.store().count_variables(&query).await?))
}

/// List variables of running instances
#[utoipa::path(get, path = "/variable-instance", operation_id = "getVariableInstances", tag = "Variable Instance",
    responses((status = 200, body = [VariableInstance]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<VariableInstance>>, ApiError> {
    found(&state, VARIABLES.from_parameters(&parameters)?, &parameters).await
}

/// List variables of running instances by a query in the body
#[utoipa::path(post, path = "/variable-instance", operation_id = "queryVariableInstances", tag = "Variable Instance", request_body = Object,
    responses((status = 200, body = [VariableInstance]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<VariableInstance>>, ApiError> {
    found(&state, VARIABLES.from_body(&parameters, &body)?, &parameters).await
}

/// Count variables of running instances
#[utoipa::path(get, path = "/variable-instance/count", operation_id = "getVariableInstancesCount", tag = "Variable Instance",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    counted(&state, VARIABLES.from_parameters(&parameters)?).await
}

/// Count variables of running instances by a query in the body
#[utoipa::path(post, path = "/variable-instance/count", operation_id = "queryVariableInstancesCount", tag = "Variable Instance", request_body = Object,
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query_count(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Count>, ApiError> {
    counted(&state, VARIABLES.from_body(&parameters, &body)?).await
}

/// Get a variable of a running instance
#[utoipa::path(get, path = "/variable-instance/{id}", operation_id = "getVariableInstance",
    tag = "Variable Instance", params(("id" = String, Path, description = "Variable instance id"),
        ("deserializeValue" = Option<bool>, Query, description = "Whether objects are shown as JSON")),
    responses((status = 200, body = VariableInstance), (status = 404, body = ErrorBody)))]
async fn get(
    State(state): State<AppState>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Json<VariableInstance>, ApiError> {
    let deserialize = parameters.flag("deserializeValue", true);
    match find(&state, &id).await? {
        Some(record) => Ok(Json(VariableInstance::new(record, deserialize))),
        None => Err(ApiError::not_found(format!(
            "Variable instance with Id '{id}' does not exist."
        ))),
    }
}

/// Download the content of a variable
#[utoipa::path(get, path = "/variable-instance/{id}/data", operation_id = "getVariableInstanceBinary",
    tag = "Variable Instance", params(("id" = String, Path, description = "Variable instance id")),
    responses((status = 200, content_type = "application/octet-stream"), (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
async fn data(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, ApiError> {
    match find(&state, &id).await? {
        Some(record) => download(record.value, &id),
        None => Err(ApiError::not_found(format!(
            "Variable instance with Id '{id}' does not exist."
        ))),
    }
}

async fn find(state: &AppState, id: &str) -> Result<Option<VariableRecord>, ApiError> {
    let query = Query::default().with(Field::Id, Test::Equals(Scalar::Text(id.to_owned())));
    Ok(state.store().variables(&query).await?.into_iter().next())
}

//! `/history/variable-instance`: variables of scopes that run or ended.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use flowstone_expression::TypedValue;
use flowstone_store::history::HistoricVariable;
use flowstone_store::query::{
    Condition, HistoricVariableField as Field, Query, Scalar, Test, VariableOperator, VariableTest,
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::body::{self, JsonBody, Parameters};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::filter::{self, Table, When};
use crate::api::value::{content_to_wire, date_to_wire, info_to_wire};
use crate::api::variables::download;
use crate::api::{AppState, Count};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, query))
        .routes(routes!(count, query_count))
        .routes(routes!(get))
        .routes(routes!(data))
}

// `includeDeleted` selects nothing more: variables that were removed before their scope ended are not kept.
static HISTORIC_VARIABLES: Table<Field> = Table {
    entity: "historic variable instance",
    filters: &[
        filter::text("variableName", Field::Name),
        filter::like("variableNameLike", Field::Name),
        filter::text_in("variableNameIn", Field::Name),
        filter::text_in("variableTypeIn", Field::TypeName),
        filter::id("processInstanceId", Field::InstanceId),
        filter::id_in("processInstanceIdIn", Field::InstanceId),
        filter::text("processDefinitionId", Field::DefinitionId),
        filter::text("processDefinitionKey", Field::DefinitionKey),
        filter::id_in("executionIdIn", Field::ScopeId),
        filter::id_in("activityInstanceIdIn", Field::ScopeId),
        filter::id_in("taskIdIn", Field::TaskId),
        filter::time_since("createdAfter", Field::StartedAt),
        filter::text_in("tenantIdIn", Field::TenantId),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
    ],
    sorts: &[
        ("instanceId", Field::InstanceId),
        ("variableName", Field::Name),
        ("tenantId", Field::TenantId),
    ],
    unsupported: &["caseInstanceId", "caseExecutionIdIn", "caseActivityIdIn"],
    unsupported_sorts: &[],
    or_queries: false,
};

/// A variable of a scope that runs or ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoricVariableInstance {
    #[serde(rename = "type")]
    type_name: &'static str,
    #[schema(value_type = Option<Object>)]
    value: Value,
    #[schema(value_type = Object)]
    value_info: Value,
    /// Id of the scope and name of the variable, joined by a colon.
    id: String,
    name: String,
    process_definition_key: String,
    process_definition_id: String,
    process_instance_id: String,
    execution_id: String,
    activity_instance_id: String,
    case_definition_key: Option<String>,
    case_definition_id: Option<String>,
    case_instance_id: Option<String>,
    case_execution_id: Option<String>,
    task_id: Option<String>,
    error_message: Option<String>,
    tenant_id: Option<String>,
    /// `CREATED`.
    state: &'static str,
    /// When its scope began.
    create_time: String,
    removal_time: Option<String>,
    root_process_instance_id: String,
}

impl HistoricVariableInstance {
    fn new(record: HistoricVariable, deserialize: bool) -> Self {
        let scope = record.scope_id.to_string();
        HistoricVariableInstance {
            type_name: record.value.type_name(),
            value: content_to_wire(&record.value, deserialize),
            value_info: info_to_wire(&record.value),
            id: format!("{scope}:{}", record.name),
            name: record.name,
            process_definition_key: record.definition_key.to_string(),
            process_definition_id: record.definition_id.to_string(),
            process_instance_id: record.instance_id.to_string(),
            execution_id: scope.clone(),
            activity_instance_id: scope,
            case_definition_key: None,
            case_definition_id: None,
            case_instance_id: None,
            case_execution_id: None,
            task_id: record.task_id.map(|id| id.to_string()),
            error_message: None,
            tenant_id: record.tenant_id,
            state: "CREATED",
            create_time: date_to_wire(record.started_at),
            removal_time: None,
            root_process_instance_id: record.root_instance_id.unwrap_or(record.instance_id).to_string(),
        }
    }
}

/// The query of a table and of what goes beyond one: names without regard to case, types by any spelling, and a
/// value that belongs to the name.
fn compiled(mut query: Query<Field>, given: impl Fn(&str) -> Option<Value>) -> Result<Query<Field>, ApiError> {
    let flag = |name| matches!(given(name), Some(Value::Bool(true))) || given(name) == Some("true".into());
    let (any_name_case, any_value_case) = (flag("variableNamesIgnoreCase"), flag("variableValuesIgnoreCase"));
    let test = |name: &str, operator, value| {
        Condition::Variable(VariableTest {
            name: name.to_owned(),
            operator,
            value,
            ignore_name_case: any_name_case,
            ignore_value_case: any_value_case,
        })
    };
    for condition in &mut query.conditions {
        match condition {
            Condition::Field(Field::Name, Test::Equals(Scalar::Text(name))) if any_name_case => {
                let any_value = [VariableOperator::Equals, VariableOperator::NotEquals];
                *condition = Condition::Any(any_value.map(|operator| test(name, operator, TypedValue::Null)).into());
            }
            Condition::Field(Field::TypeName, Test::In(types)) => types.iter_mut().for_each(spell_type),
            _ => {}
        }
    }
    if let Some(value) = given("variableValue").filter(|value| !value.is_null()) {
        let Some(Value::String(name)) = given("variableName") else {
            return Err(ApiError::invalid(
                "Only a single variable value parameter specified: variable name and value are required to be able \
                 to query after a specific variable value.",
            ));
        };
        if value.is_object() || value.is_array() {
            return Err(ApiError::engine("Object values cannot be used to query"));
        }
        let value = TypedValue::from_untyped_json(&value);
        query.conditions.push(test(&name, VariableOperator::Equals, value));
    }
    Ok(query)
}

/// Clients write names of types in any case.
pub(super) fn spell_type(name: &mut Scalar) {
    const NAMES: [&str; 13] = [
        "Boolean", "Bytes", "Date", "Double", "File", "Integer", "Json", "Long", "Null", "Object", "Short", "String",
        "Xml",
    ];
    if let Scalar::Text(text) = name
        && let Some(known) = NAMES.iter().find(|known| known.eq_ignore_ascii_case(text))
    {
        *text = (*known).to_owned();
    }
}

fn of_parameters(parameters: &Parameters) -> Result<Query<Field>, ApiError> {
    compiled(HISTORIC_VARIABLES.from_parameters(parameters)?, |name| {
        parameters.get(name).map(Value::from)
    })
}

fn of_body(parameters: &Parameters, body: &Map<String, Value>) -> Result<Query<Field>, ApiError> {
    compiled(HISTORIC_VARIABLES.from_body(parameters, body)?, |name| {
        body.get(name).cloned()
    })
}

async fn found(
    state: &AppState,
    query: Query<Field>,
    parameters: &Parameters,
) -> Result<Json<Vec<HistoricVariableInstance>>, ApiError> {
    let deserialize = parameters.flag("deserializeValues", true);
    let records = state.store().historic_variables(&query).await?.into_iter();
    Ok(Json(
        records
            .map(|record| HistoricVariableInstance::new(record, deserialize))
            .collect(),
    ))
}

async fn counted(state: &AppState, query: Query<Field>) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(state.store().count_historic_variables(&query).await?))
}

/// List variables of scopes that run or ended
#[utoipa::path(get, path = "/history/variable-instance", operation_id = "getHistoricVariableInstances", tag = "Historic Variable Instance",
    responses((status = 200, body = [HistoricVariableInstance]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    parameters: Parameters,
) -> Result<Json<Vec<HistoricVariableInstance>>, ApiError> {
    found(&state, of_parameters(&parameters)?, &parameters).await
}

/// List variables of scopes that run or ended by a query in the body
#[utoipa::path(post, path = "/history/variable-instance", operation_id = "queryHistoricVariableInstances", tag = "Historic Variable Instance", request_body = Object,
    responses((status = 200, body = [HistoricVariableInstance]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<HistoricVariableInstance>>, ApiError> {
    found(&state, of_body(&parameters, &body)?, &parameters).await
}

/// Count variables of scopes that run or ended
#[utoipa::path(get, path = "/history/variable-instance/count", operation_id = "getHistoricVariableInstancesCount", tag = "Historic Variable Instance",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    counted(&state, of_parameters(&parameters)?).await
}

/// Count variables of scopes that run or ended by a query in the body
#[utoipa::path(post, path = "/history/variable-instance/count", operation_id = "queryHistoricVariableInstancesCount", tag = "Historic Variable Instance", request_body = Object,
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query_count(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Count>, ApiError> {
    counted(&state, of_body(&parameters, &body)?).await
}

/// Get a variable of a scope that runs or ended
#[utoipa::path(get, path = "/history/variable-instance/{id}", operation_id = "getHistoricVariableInstance",
    tag = "Historic Variable Instance", params(("id" = String, Path, description = "Variable instance id"),
        ("deserializeValue" = Option<bool>, Query, description = "Whether objects are shown as JSON")),
    responses((status = 200, body = HistoricVariableInstance), (status = 404, body = ErrorBody)))]
async fn get(
    State(state): State<AppState>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Json<HistoricVariableInstance>, ApiError> {
    let record = existing(&state, &id).await?;
    let deserialize = parameters.flag("deserializeValue", true);
    Ok(Json(HistoricVariableInstance::new(record, deserialize)))
}

/// Download the content of a variable of a scope that runs or ended
#[utoipa::path(get, path = "/history/variable-instance/{id}/data", operation_id = "getHistoricVariableInstanceBinary",
    tag = "Historic Variable Instance", params(("id" = String, Path, description = "Variable instance id")),
    responses((status = 200, content_type = "application/octet-stream"), (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
async fn data(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, ApiError> {
    download(existing(&state, &id).await?.value, &id)
}

async fn existing(state: &AppState, id: &str) -> Result<HistoricVariable, ApiError> {
    let unknown = || ApiError::not_found(format!("Historic variable instance with Id '{id}' does not exist."));
    let (scope, name) = id.split_once(':').ok_or_else(unknown)?;
    let scope = Scalar::Id(body::id(scope).ok_or_else(unknown)?);
    let held = Query::default()
        .with(Field::ScopeId, Test::Equals(scope.clone()))
        .with(Field::Name, Test::Equals(Scalar::Text(name.to_owned())));
    // Most belong to an instance as a whole, and history is found by the instance.
    let at_root = held.clone().with(Field::InstanceId, Test::Equals(scope));
    for query in [at_root, held] {
        if let Some(record) = state.store().historic_variables(&query).await?.into_iter().next() {
            return Ok(record);
        }
    }
    Err(unknown())
}

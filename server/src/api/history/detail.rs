//! `/history/detail`: what variables became and what was submitted to forms, at history level `full`.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use flowstone_engine::{DetailError, DetailField as Field, DetailKind, HistoricDetail as Record};
use flowstone_store::query::{Condition, Query, Test};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::variable_instance::spell_type;
use crate::api::body::{JsonBody, Parameters};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::filter::{self, Table, When};
use crate::api::value::{content_to_wire, date_to_wire, info_to_wire};
use crate::api::variables::download;
use crate::api::{AppState, Count};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, query))
        .routes(routes!(count))
        .routes(routes!(get))
        .routes(routes!(data))
}

static DETAILS: Table<Field> = Table {
    entity: "historic detail",
    filters: &[
        filter::id("processInstanceId", Field::InstanceId),
        filter::id_in("processInstanceIdIn", Field::InstanceId),
        filter::id("executionId", Field::ScopeId),
        filter::id("activityInstanceId", Field::ScopeId),
        filter::id("taskId", Field::TaskId),
        filter::text("variableInstanceId", Field::VariableId),
        filter::text_in("variableTypeIn", Field::TypeName),
        filter::like("variableNameLike", Field::Name),
        filter::text_in("tenantIdIn", Field::TenantId),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
        filter::when("formFields", Field::FormFieldId, When::Present),
        filter::when("variableUpdates", Field::VariableId, When::Present),
        filter::when("excludeTaskDetails", Field::TaskId, When::Absent),
        filter::when("initial", Field::Initial, When::True),
        filter::time_until("occurredBefore", Field::At),
        filter::time_since("occurredAfter", Field::At),
    ],
    sorts: &[
        ("processInstanceId", Field::InstanceId),
        ("variableName", Field::Name),
        ("variableType", Field::TypeName),
        ("variableRevision", Field::Revision),
        ("formPropertyId", Field::FormFieldId),
        ("time", Field::At),
        ("tenantId", Field::TenantId),
    ],
    unsupported: &["caseInstanceId", "caseExecutionId", "userOperationId"],
    unsupported_sorts: &[],
    or_queries: false,
};

/// Something that happened to a variable or a form.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoricDetail {
    #[serde(flatten)]
    kind: Kind,
    id: String,
    process_definition_key: String,
    process_definition_id: String,
    process_instance_id: String,
    /// The scope that holds the variable.
    activity_instance_id: String,
    execution_id: String,
    case_definition_key: Option<String>,
    case_definition_id: Option<String>,
    case_instance_id: Option<String>,
    case_execution_id: Option<String>,
    task_id: Option<String>,
    tenant_id: Option<String>,
    user_operation_id: Option<String>,
    time: String,
    removal_time: Option<String>,
    root_process_instance_id: String,
}

/// What happened.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Kind {
    /// A variable was created, changed or removed.
    VariableUpdate {
        variable_name: String,
        /// Id of the scope and name of the variable, joined by a colon.
        variable_instance_id: String,
        variable_type: &'static str,
        /// Null also when it was removed.
        #[schema(value_type = Option<Object>)]
        value: Value,
        #[schema(value_type = Object)]
        value_info: Value,
        /// How often it had changed before.
        revision: i32,
        error_message: Option<String>,
        /// Whether the instance began with it.
        initial: bool,
    },
    /// A field of a form was submitted.
    FormField { field_id: String, field_value: String },
}

impl HistoricDetail {
    fn new(record: Record, deserialize: bool) -> Self {
        let scope = record.scope_id.to_string();
        let variable_instance_id = record.variable_id().unwrap_or_default();
        let kind = match record.kind {
            DetailKind::Variable {
                name,
                value,
                revision,
                initial,
            } => Kind::VariableUpdate {
                variable_name: name,
                variable_instance_id,
                variable_type: value.type_name(),
                value: content_to_wire(&value, deserialize),
                value_info: info_to_wire(&value),
                revision,
                error_message: None,
                initial,
            },
            DetailKind::FormField { field, value } => Kind::FormField {
                field_id: field,
                field_value: value,
            },
        };
        HistoricDetail {
            kind,
            id: record.id,
            process_definition_key: record.definition_key.to_string(),
            process_definition_id: record.definition_id.to_string(),
            process_instance_id: record.instance_id.to_string(),
            activity_instance_id: scope.clone(),
            execution_id: scope,
            case_definition_key: None,
            case_definition_id: None,
            case_instance_id: None,
            case_execution_id: None,
            task_id: record.task_id.map(|id| id.to_string()),
            tenant_id: record.tenant_id,
            user_operation_id: None,
            time: date_to_wire(record.at),
            removal_time: None,
            root_process_instance_id: record.root_instance_id.unwrap_or(record.instance_id).to_string(),
        }
    }
}

impl From<DetailError> for ApiError {
    fn from(error: DetailError) -> Self {
        match error {
            DetailError::NoInstance => ApiError::invalid(error.to_string()),
            DetailError::Store(error) => error.into(),
        }
    }
}

/// Clients write names of types in any case.
fn spelled(mut query: Query<Field>) -> Query<Field> {
    for condition in &mut query.conditions {
        if let Condition::Field(Field::TypeName, Test::In(types)) = condition {
            types.iter_mut().for_each(spell_type);
        }
    }
    query
}

async fn found(
    state: &AppState,
    query: Query<Field>,
    parameters: &Parameters,
) -> Result<Json<Vec<HistoricDetail>>, ApiError> {
    let deserialize = parameters.flag("deserializeValues", true);
    let records = state.engine().historic_details(&spelled(query)).await?.into_iter();
    Ok(Json(
        records.map(|record| HistoricDetail::new(record, deserialize)).collect(),
    ))
}

/// List what variables became and what was submitted to forms
///
/// Of the instances that the query names, by themselves or by an execution, a task or a variable.
#[utoipa::path(get, path = "/history/detail", operation_id = "getHistoricDetails", tag = "Historic Detail",
    responses((status = 200, body = [HistoricDetail]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<HistoricDetail>>, ApiError> {
    found(&state, DETAILS.from_parameters(&parameters)?, &parameters).await
}

/// List what variables became and what was submitted to forms by a query in the body
#[utoipa::path(post, path = "/history/detail", operation_id = "queryHistoricDetails", tag = "Historic Detail",
    request_body = Object,
    responses((status = 200, body = [HistoricDetail]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<HistoricDetail>>, ApiError> {
    found(&state, DETAILS.from_body(&parameters, &body)?, &parameters).await
}

/// Count what variables became and what was submitted to forms
#[utoipa::path(get, path = "/history/detail/count", operation_id = "getHistoricDetailsCount", tag = "Historic Detail",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    let query = spelled(DETAILS.from_parameters(&parameters)?);
    Ok(Count::json(state.engine().count_historic_details(&query).await?))
}

/// Get something that happened to a variable or a form
#[utoipa::path(get, path = "/history/detail/{id}", operation_id = "historicDetail", tag = "Historic Detail",
    params(("id" = String, Path, description = "Detail id"),
        ("deserializeValue" = Option<bool>, Query, description = "Whether objects are shown as JSON")),
    responses((status = 200, body = HistoricDetail), (status = 404, body = ErrorBody)))]
async fn get(
    State(state): State<AppState>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Json<HistoricDetail>, ApiError> {
    let record = existing(&state, &id).await?;
    let deserialize = parameters.flag("deserializeValue", true);
    Ok(Json(HistoricDetail::new(record, deserialize)))
}

/// Download what a variable became
#[utoipa::path(get, path = "/history/detail/{id}/data", operation_id = "historicDetailBinary",
    tag = "Historic Detail", params(("id" = String, Path, description = "Detail id")),
    responses((status = 200, content_type = "application/octet-stream"), (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
async fn data(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, ApiError> {
    match existing(&state, &id).await?.kind {
        DetailKind::Variable { value, .. } => download(value, &id),
        DetailKind::FormField { .. } => Err(ApiError::invalid(format!(
            "Value of variable with id {id} is not a binary value."
        ))),
    }
}

async fn existing(state: &AppState, id: &str) -> Result<Record, ApiError> {
    let found = state.engine().historic_detail(id).await?;
    found.ok_or_else(|| ApiError::not_found(format!("Historic detail with Id '{id}' does not exist.")))
}

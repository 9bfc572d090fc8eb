//! `/history/process-instance`: process instances, running and ended.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_store::query::{HistoricInstanceField as Field, Query, Scalar, Test};
use flowstone_store::record::HistoricInstanceRecord;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::duration;
use crate::api::body::{self, JsonBody, Parameters};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::filter::{self, Table, When};
use crate::api::value::date_to_wire;
use crate::api::{AppState, Count};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, query))
        .routes(routes!(count, query_count))
        .routes(routes!(get, delete))
}

pub(crate) static HISTORIC_INSTANCES: Table<Field> = Table {
    entity: "historic process instance",
    filters: &[
        filter::id("processInstanceId", Field::Id),
        filter::id_in("processInstanceIds", Field::Id),
        filter::id_not_in("processInstanceIdNotIn", Field::Id),
        filter::when("rootProcessInstances", Field::SuperInstanceId, When::Absent),
        filter::id("rootProcessInstanceId", Field::RootInstanceId),
        filter::id("superProcessInstanceId", Field::SuperInstanceId),
        filter::id("subProcessInstanceId", Field::SubInstanceId),
        filter::when("withIncidents", Field::IncidentId, When::Present),
        // Incidents are not passed on to callers, so every one is its own root.
        filter::when("withRootIncidents", Field::IncidentId, When::Present),
        filter::id_in("incidentIdIn", Field::IncidentId),
        filter::text("incidentType", Field::IncidentType),
        filter::text("incidentStatus", Field::IncidentState),
        filter::text("incidentMessage", Field::IncidentMessage),
        filter::like("incidentMessageLike", Field::IncidentMessage),
        filter::text_in("executedActivityIdIn", Field::ExecutedActivityId),
        filter::time_until("executedActivityBefore", Field::ExecutedAt),
        filter::time_since("executedActivityAfter", Field::ExecutedAt),
        filter::text_in("activeActivityIdIn", Field::ActiveActivityId),
        filter::variables("variables"),
        filter::text("processDefinitionId", Field::DefinitionId),
        filter::text("processDefinitionKey", Field::DefinitionKey),
        filter::text_in("processDefinitionKeyIn", Field::DefinitionKey),
        filter::text_not_in("processDefinitionKeyNotIn", Field::DefinitionKey),
        filter::text("processDefinitionName", Field::DefinitionName),
        filter::like("processDefinitionNameLike", Field::DefinitionName),
        filter::text("processInstanceBusinessKey", Field::BusinessKey),
        filter::text_in("processInstanceBusinessKeyIn", Field::BusinessKey),
        filter::like("processInstanceBusinessKeyLike", Field::BusinessKey),
        filter::text("startedBy", Field::StartUserId),
        filter::time_until("startedBefore", Field::StartedAt),
        filter::time_since("startedAfter", Field::StartedAt),
        filter::time_until("finishedBefore", Field::EndedAt),
        filter::time_since("finishedAfter", Field::EndedAt),
        filter::when("finished", Field::EndedAt, When::Present),
        filter::when("unfinished", Field::EndedAt, When::Absent),
        filter::when("active", Field::State, When::Text("ACTIVE")),
        filter::when("suspended", Field::State, When::Text("SUSPENDED")),
        filter::when("completed", Field::State, When::Text("COMPLETED")),
        filter::when(
            "externallyTerminated",
            Field::State,
            When::Text("EXTERNALLY_TERMINATED"),
        ),
        filter::when(
            "internallyTerminated",
            Field::State,
            When::Text("INTERNALLY_TERMINATED"),
        ),
        filter::text_in("tenantIdIn", Field::TenantId),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
    ],
    sorts: &[
        ("instanceId", Field::Id),
        ("definitionId", Field::DefinitionId),
        ("definitionKey", Field::DefinitionKey),
        ("definitionName", Field::DefinitionName),
        ("definitionVersion", Field::DefinitionVersion),
        ("businessKey", Field::BusinessKey),
        ("startTime", Field::StartedAt),
        ("endTime", Field::EndedAt),
        ("duration", Field::Duration),
        ("tenantId", Field::TenantId),
    ],
    unsupported: &[
        "superCaseInstanceId",
        "subCaseInstanceId",
        "caseInstanceId",
        "executedJobBefore",
        "executedJobAfter",
        "activityIdIn",
        "withJobsRetrying",
    ],
    unsupported_sorts: &[],
    or_queries: true,
};

/// A process instance, running or ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoricProcessInstance {
    id: String,
    business_key: Option<String>,
    process_definition_id: String,
    process_definition_key: String,
    process_definition_name: Option<String>,
    process_definition_version: i32,
    start_time: String,
    end_time: Option<String>,
    removal_time: Option<String>,
    duration_in_millis: Option<i64>,
    start_user_id: Option<String>,
    start_activity_id: Option<String>,
    delete_reason: Option<String>,
    root_process_instance_id: String,
    super_process_instance_id: Option<String>,
    super_case_instance_id: Option<String>,
    case_instance_id: Option<String>,
    tenant_id: Option<String>,
    /// `ACTIVE`, `SUSPENDED`, `COMPLETED`, `EXTERNALLY_TERMINATED` or `INTERNALLY_TERMINATED`.
    state: String,
    restarted_process_instance_id: Option<String>,
}

impl From<HistoricInstanceRecord> for HistoricProcessInstance {
    fn from(record: HistoricInstanceRecord) -> Self {
        HistoricProcessInstance {
            id: record.id.to_string(),
            business_key: record.business_key,
            process_definition_id: record.definition_id.to_string(),
            process_definition_key: record.definition_key.to_string(),
            process_definition_name: record.definition_name.map(|name| name.to_string()),
            process_definition_version: record.definition_version,
            start_time: date_to_wire(record.started_at),
            end_time: record.ended_at.map(date_to_wire),
            removal_time: None,
            duration_in_millis: duration(record.started_at, record.ended_at),
            start_user_id: record.start_user_id,
            start_activity_id: record.start_activity_id,
            delete_reason: record.delete_reason,
            root_process_instance_id: record.root_instance_id.unwrap_or(record.id).to_string(),
            super_process_instance_id: record.super_instance_id.map(|id| id.to_string()),
            super_case_instance_id: None,
            case_instance_id: None,
            tenant_id: record.tenant_id,
            state: record.state.to_string(),
            restarted_process_instance_id: None,
        }
    }
}

async fn found(state: &AppState, query: Query<Field>) -> Result<Json<Vec<HistoricProcessInstance>>, ApiError> {
    let records = state.store().historic_instances(&query).await?;
    Ok(Json(records.into_iter().map(Into::into).collect()))
}

async fn counted(state: &AppState, query: Query<Field>) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(state.store().count_historic_instances(&query).await?))
}

/// List process instances, running and ended
#[utoipa::path(get, path = "/history/process-instance", operation_id = "getHistoricProcessInstances", tag = "Historic Process Instance",
    responses((status = 200, body = [HistoricProcessInstance]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    parameters: Parameters,
) -> Result<Json<Vec<HistoricProcessInstance>>, ApiError> {
    found(&state, HISTORIC_INSTANCES.from_parameters(&parameters)?).await
}

/// List process instances, running and ended by a query in the body
#[utoipa::path(post, path = "/history/process-instance", operation_id = "queryHistoricProcessInstances", tag = "Historic Process Instance", request_body = Object,
    responses((status = 200, body = [HistoricProcessInstance]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<HistoricProcessInstance>>, ApiError> {
    found(&state, HISTORIC_INSTANCES.from_body(&parameters, &body)?).await
}

/// Count process instances, running and ended
#[utoipa::path(get, path = "/history/process-instance/count", operation_id = "getHistoricProcessInstancesCount", tag = "Historic Process Instance",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    counted(&state, HISTORIC_INSTANCES.from_parameters(&parameters)?).await
}

/// Count process instances, running and ended by a query in the body
#[utoipa::path(post, path = "/history/process-instance/count", operation_id = "queryHistoricProcessInstancesCount", tag = "Historic Process Instance", request_body = Object,
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query_count(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Count>, ApiError> {
    counted(&state, HISTORIC_INSTANCES.from_body(&parameters, &body)?).await
}

/// Get a process instance, running or ended
#[utoipa::path(get, path = "/history/process-instance/{id}", operation_id = "getHistoricProcessInstance",
    tag = "Historic Process Instance", params(("id" = String, Path, description = "Process instance id")),
    responses((status = 200, body = HistoricProcessInstance), (status = 404, body = ErrorBody)))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<HistoricProcessInstance>, ApiError> {
    match find(&state, &id).await? {
        Some(record) => Ok(Json(record.into())),
        None => Err(ApiError::not_found(format!(
            "Historic process instance with id {id} does not exist"
        ))),
    }
}

/// Delete the history of an ended process instance
#[utoipa::path(delete, path = "/history/process-instance/{id}", operation_id = "deleteHistoricProcessInstance",
    tag = "Historic Process Instance", params(("id" = String, Path, description = "Process instance id"),
        ("failIfNotExists" = Option<bool>, Query, description = "Whether an unknown id is an error")),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn delete(
    State(state): State<AppState>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<StatusCode, ApiError> {
    let deleted = match find(&state, &id).await? {
        Some(record) if record.ended_at.is_none() => {
            return Err(ApiError::invalid_for_engine(format!(
                "Process instance is still running, cannot delete historic process instance: {id}: \
                 instance.getEndTime() is null"
            )));
        }
        Some(record) => state.store().delete_historic_instance(record.id).await?,
        None => false,
    };
    if deleted || !parameters.flag("failIfNotExists", true) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found(format!(
            "No historic process instance found with id: {id}"
        )))
    }
}

async fn find(state: &AppState, id: &str) -> Result<Option<HistoricInstanceRecord>, ApiError> {
    let Some(id) = body::id(id) else {
        return Ok(None);
    };
    let query = Query::default().with(Field::Id, Test::Equals(Scalar::Id(id)));
    Ok(state.store().historic_instances(&query).await?.into_iter().next())
}

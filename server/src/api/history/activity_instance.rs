//! `/history/activity-instance`: activity instances, open and ended.

use axum::Json;
use axum::extract::{Path, State};
use flowstone_store::query::{HistoricActivityField as Field, Query, Scalar, Test};
use flowstone_store::record::HistoricActivityRecord;
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
        .routes(routes!(get))
}

static HISTORIC_ACTIVITIES: Table<Field> = Table {
    entity: "historic activity instance",
    filters: &[
        filter::id("activityInstanceId", Field::Id),
        filter::id("processInstanceId", Field::InstanceId),
        filter::text("processDefinitionId", Field::DefinitionId),
        filter::text("processDefinitionKey", Field::DefinitionKey),
        filter::id("executionId", Field::Id),
        filter::text("activityId", Field::ActivityId),
        filter::text("activityName", Field::ActivityName),
        filter::like("activityNameLike", Field::ActivityName),
        filter::text("activityType", Field::ActivityType),
        filter::text("taskAssignee", Field::Assignee),
        filter::time_until("startedBefore", Field::StartedAt),
        filter::time_since("startedAfter", Field::StartedAt),
        filter::time_until("finishedBefore", Field::EndedAt),
        filter::time_since("finishedAfter", Field::EndedAt),
        filter::when("finished", Field::EndedAt, When::Present),
        filter::when("unfinished", Field::EndedAt, When::Absent),
        filter::when("canceled", Field::Canceled, When::True),
        filter::when("completeScope", Field::CompleteScope, When::True),
        filter::text_in("tenantIdIn", Field::TenantId),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
    ],
    sorts: &[
        ("activityInstanceId", Field::Id),
        ("activityInstanceID", Field::Id),
        ("instanceId", Field::InstanceId),
        ("executionId", Field::Id),
        ("activityId", Field::ActivityId),
        ("activityName", Field::ActivityName),
        ("activityType", Field::ActivityType),
        ("startTime", Field::StartedAt),
        ("endTime", Field::EndedAt),
        ("duration", Field::Duration),
        ("definitionId", Field::DefinitionId),
        ("tenantId", Field::TenantId),
    ],
    unsupported: &[],
    unsupported_sorts: &["occurrence"],
    or_queries: false,
};

/// An activity instance, open or ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoricActivityInstance {
    id: String,
    parent_activity_instance_id: String,
    activity_id: String,
    activity_name: Option<String>,
    activity_type: String,
    process_definition_key: String,
    process_definition_id: String,
    process_instance_id: String,
    execution_id: String,
    task_id: Option<String>,
    called_process_instance_id: Option<String>,
    called_case_instance_id: Option<String>,
    assignee: Option<String>,
    start_time: String,
    end_time: Option<String>,
    duration_in_millis: Option<i64>,
    canceled: bool,
    complete_scope: bool,
    tenant_id: Option<String>,
    removal_time: Option<String>,
    root_process_instance_id: String,
}

impl From<HistoricActivityRecord> for HistoricActivityInstance {
    fn from(record: HistoricActivityRecord) -> Self {
        HistoricActivityInstance {
            id: record.id.to_string(),
            parent_activity_instance_id: record.parent_id.to_string(),
            activity_id: record.node_id.to_string(),
            activity_name: record.activity_name.map(|name| name.to_string()),
            activity_type: record.activity_type.to_string(),
            process_definition_key: record.definition_key.to_string(),
            process_definition_id: record.definition_id.to_string(),
            process_instance_id: record.instance_id.to_string(),
            execution_id: record.id.to_string(),
            task_id: record.task_id.map(|id| id.to_string()),
            called_process_instance_id: record.called_instance_id.map(|id| id.to_string()),
            called_case_instance_id: None,
            assignee: record.assignee,
            start_time: date_to_wire(record.started_at),
            end_time: record.ended_at.map(date_to_wire),
            duration_in_millis: duration(record.started_at, record.ended_at),
            canceled: record.canceled,
            complete_scope: record.complete_scope,
            tenant_id: record.tenant_id,
            removal_time: None,
            root_process_instance_id: record.root_instance_id.unwrap_or(record.instance_id).to_string(),
        }
    }
}

async fn found(state: &AppState, query: Query<Field>) -> Result<Json<Vec<HistoricActivityInstance>>, ApiError> {
    let records = state.store().historic_activities(&query).await?;
    Ok(Json(records.into_iter().map(Into::into).collect()))
}

async fn counted(state: &AppState, query: Query<Field>) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(state.store().count_historic_activities(&query).await?))
}

/// List activity instances, open and ended
#[utoipa::path(get, path = "/history/activity-instance", operation_id = "getHistoricActivityInstances", tag = "Historic Activity Instance",
    responses((status = 200, body = [HistoricActivityInstance]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    parameters: Parameters,
) -> Result<Json<Vec<HistoricActivityInstance>>, ApiError> {
    found(&state, HISTORIC_ACTIVITIES.from_parameters(&parameters)?).await
}

/// List activity instances, open and ended by a query in the body
#[utoipa::path(post, path = "/history/activity-instance", operation_id = "queryHistoricActivityInstances", tag = "Historic Activity Instance", request_body = Object,
    responses((status = 200, body = [HistoricActivityInstance]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<HistoricActivityInstance>>, ApiError> {
    found(&state, HISTORIC_ACTIVITIES.from_body(&parameters, &body)?).await
}

/// Count activity instances, open and ended
#[utoipa::path(get, path = "/history/activity-instance/count", operation_id = "getHistoricActivityInstancesCount", tag = "Historic Activity Instance",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    counted(&state, HISTORIC_ACTIVITIES.from_parameters(&parameters)?).await
}

/// Count activity instances, open and ended by a query in the body
#[utoipa::path(post, path = "/history/activity-instance/count", operation_id = "queryHistoricActivityInstancesCount", tag = "Historic Activity Instance", request_body = Object,
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query_count(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Count>, ApiError> {
    counted(&state, HISTORIC_ACTIVITIES.from_body(&parameters, &body)?).await
}

/// Get an activity instance, open or ended
#[utoipa::path(get, path = "/history/activity-instance/{id}", operation_id = "getHistoricActivityInstance",
    tag = "Historic Activity Instance", params(("id" = String, Path, description = "Activity instance id")),
    responses((status = 200, body = HistoricActivityInstance), (status = 404, body = ErrorBody)))]
async fn get(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<HistoricActivityInstance>, ApiError> {
    let records = match body::id(&id) {
        Some(id) => {
            let query = Query::default().with(Field::Id, Test::Equals(Scalar::Id(id)));
            state.store().historic_activities(&query).await?
        }
        None => Vec::new(),
    };
    match records.into_iter().next() {
        Some(record) => Ok(Json(record.into())),
        None => Err(ApiError::not_found(format!(
            "Historic activity instance with id '{id}' does not exist"
        ))),
    }
}

//! `/history/task`: user tasks, open and ended.

use axum::Json;
use axum::extract::State;
use flowstone_store::history::{HistoricTask, HistoricTaskField as Field};
use flowstone_store::query::Query;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::duration;
use crate::api::body::{JsonBody, Parameters};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::filter::{self, Table, When};
use crate::api::value::date_to_wire;
use crate::api::{AppState, Count};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, query))
        .routes(routes!(count, query_count))
}

static HISTORIC_TASKS: Table<Field> = Table {
    entity: "historic task instance",
    filters: &[
        filter::id("taskId", Field::Id),
        filter::id("executionId", Field::Id),
        filter::id_in("activityInstanceIdIn", Field::Id),
        filter::id("processInstanceId", Field::InstanceId),
        filter::id("rootProcessInstanceId", Field::RootInstanceId),
        filter::text("processInstanceBusinessKey", Field::BusinessKey),
        filter::text_in("processInstanceBusinessKeyIn", Field::BusinessKey),
        filter::like("processInstanceBusinessKeyLike", Field::BusinessKey),
        filter::text("processDefinitionId", Field::DefinitionId),
        filter::text("processDefinitionKey", Field::DefinitionKey),
        filter::text("processDefinitionName", Field::DefinitionName),
        filter::text("taskDefinitionKey", Field::ActivityId),
        filter::text_in("taskDefinitionKeyIn", Field::ActivityId),
        filter::text("taskName", Field::Name),
        filter::like("taskNameLike", Field::Name),
        filter::text("taskDescription", Field::Description),
        filter::like("taskDescriptionLike", Field::Description),
        filter::text("taskDeleteReason", Field::DeleteReason),
        filter::like("taskDeleteReasonLike", Field::DeleteReason),
        filter::text("taskAssignee", Field::Assignee),
        filter::like("taskAssigneeLike", Field::Assignee),
        filter::when("assigned", Field::Assignee, When::Present),
        filter::when("unassigned", Field::Assignee, When::Absent),
        filter::text("taskOwner", Field::Owner),
        filter::like("taskOwnerLike", Field::Owner),
        filter::text("taskHadCandidateUser", Field::CandidateUser),
        filter::text("taskHadCandidateGroup", Field::CandidateGroup),
        filter::when("withCandidateGroups", Field::CandidateGroup, When::Present),
        filter::integer("taskPriority", Field::Priority),
        filter::time("taskDueDate", Field::Due),
        filter::time_before("taskDueDateBefore", Field::Due),
        filter::time_after("taskDueDateAfter", Field::Due),
        filter::when("withoutTaskDueDate", Field::Due, When::Absent),
        filter::time("taskFollowUpDate", Field::FollowUp),
        filter::time_before("taskFollowUpDateBefore", Field::FollowUp),
        filter::time_after("taskFollowUpDateAfter", Field::FollowUp),
        filter::time_until("startedBefore", Field::StartedAt),
        filter::time_since("startedAfter", Field::StartedAt),
        filter::time_until("finishedBefore", Field::EndedAt),
        filter::time_since("finishedAfter", Field::EndedAt),
        filter::when("finished", Field::EndedAt, When::Present),
        filter::when("unfinished", Field::EndedAt, When::Absent),
        filter::when("processFinished", Field::InstanceRuns, When::False),
        filter::when("processUnfinished", Field::InstanceRuns, When::True),
        filter::text_in("tenantIdIn", Field::TenantId),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
        filter::variables("processVariables"),
    ],
    sorts: &[
        ("taskId", Field::Id),
        ("activityInstanceId", Field::Id),
        ("activityInstanceID", Field::Id),
        ("executionId", Field::Id),
        ("processDefinitionId", Field::DefinitionId),
        ("processInstanceId", Field::InstanceId),
        ("duration", Field::Duration),
        ("startTime", Field::StartedAt),
        ("endTime", Field::EndedAt),
        ("taskName", Field::Name),
        ("taskDescription", Field::Description),
        ("taskDefinitionKey", Field::ActivityId),
        ("assignee", Field::Assignee),
        ("owner", Field::Owner),
        ("dueDate", Field::Due),
        ("followUpDate", Field::FollowUp),
        ("deleteReason", Field::DeleteReason),
        ("priority", Field::Priority),
        ("tenantId", Field::TenantId),
    ],
    unsupported: &[
        "taskParentTaskId",
        "taskInvolvedUser",
        "taskInvolvedGroup",
        "withoutCandidateGroups",
        "taskVariables",
        "caseDefinitionId",
        "caseDefinitionKey",
        "caseDefinitionName",
        "caseInstanceId",
        "caseExecutionId",
    ],
    unsupported_sorts: &["caseDefinitionId", "caseInstanceId", "caseExecutionId"],
    or_queries: true,
};

/// A user task, open or ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoricTaskInstance {
    id: String,
    process_definition_key: String,
    process_definition_id: String,
    process_instance_id: String,
    execution_id: String,
    case_definition_key: Option<String>,
    case_definition_id: Option<String>,
    case_instance_id: Option<String>,
    case_execution_id: Option<String>,
    activity_instance_id: String,
    name: Option<String>,
    description: Option<String>,
    /// `completed`, or why it was given up.
    delete_reason: Option<String>,
    owner: Option<String>,
    assignee: Option<String>,
    start_time: String,
    end_time: Option<String>,
    duration: Option<i64>,
    task_definition_key: String,
    priority: i32,
    due: Option<String>,
    parent_task_id: Option<String>,
    follow_up: Option<String>,
    tenant_id: Option<String>,
    removal_time: Option<String>,
    root_process_instance_id: String,
    /// `Created`, `Completed` or `Deleted`.
    task_state: &'static str,
}

impl From<HistoricTask> for HistoricTaskInstance {
    fn from(record: HistoricTask) -> Self {
        let id = record.id.to_string();
        HistoricTaskInstance {
            process_definition_key: record.definition_key.to_string(),
            process_definition_id: record.definition_id.to_string(),
            process_instance_id: record.instance_id.to_string(),
            execution_id: id.clone(),
            case_definition_key: None,
            case_definition_id: None,
            case_instance_id: None,
            case_execution_id: None,
            activity_instance_id: id.clone(),
            id,
            name: record.name,
            description: record.description,
            owner: record.owner,
            assignee: record.assignee,
            start_time: date_to_wire(record.started_at),
            end_time: record.ended_at.map(date_to_wire),
            duration: duration(record.started_at, record.ended_at),
            task_definition_key: record.node_id.to_string(),
            priority: record.priority,
            due: record.due.map(date_to_wire),
            parent_task_id: None,
            follow_up: record.follow_up.map(date_to_wire),
            tenant_id: record.tenant_id,
            removal_time: None,
            root_process_instance_id: record.root_instance_id.unwrap_or(record.instance_id).to_string(),
            task_state: match record.delete_reason.as_deref() {
                None => "Created",
                Some("completed") => "Completed",
                Some(_) => "Deleted",
            },
            delete_reason: record.delete_reason,
        }
    }
}

async fn found(state: &AppState, query: Query<Field>) -> Result<Json<Vec<HistoricTaskInstance>>, ApiError> {
    let records = state.store().historic_tasks(&query).await?;
    Ok(Json(records.into_iter().map(Into::into).collect()))
}

async fn counted(state: &AppState, query: Query<Field>) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(state.store().count_historic_tasks(&query).await?))
}

/// List user tasks, open and ended
#[utoipa::path(get, path = "/history/task", operation_id = "getHistoricTaskInstances", tag = "Historic Task Instance",
    responses((status = 200, body = [HistoricTaskInstance]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    parameters: Parameters,
) -> Result<Json<Vec<HistoricTaskInstance>>, ApiError> {
    found(&state, HISTORIC_TASKS.from_parameters(&parameters)?).await
}

/// List user tasks, open and ended, by a query in the body
#[utoipa::path(post, path = "/history/task", operation_id = "queryHistoricTaskInstances", tag = "Historic Task Instance", request_body = Object,
    responses((status = 200, body = [HistoricTaskInstance]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<HistoricTaskInstance>>, ApiError> {
    found(&state, HISTORIC_TASKS.from_body(&parameters, &body)?).await
}

/// Count user tasks, open and ended
#[utoipa::path(get, path = "/history/task/count", operation_id = "getHistoricTaskInstancesCount", tag = "Historic Task Instance",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    counted(&state, HISTORIC_TASKS.from_parameters(&parameters)?).await
}

/// Count user tasks, open and ended, by a query in the body
#[utoipa::path(post, path = "/history/task/count", operation_id = "queryHistoricTaskInstancesCount", tag = "Historic Task Instance", request_body = Object,
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query_count(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Count>, ApiError> {
    counted(&state, HISTORIC_TASKS.from_body(&parameters, &body)?).await
}

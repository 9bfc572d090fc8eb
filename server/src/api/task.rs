//! `/task`: user tasks (contract 3.12). Their variables are in [`super::variables`].

mod change;
mod form;
mod identity_link;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flowstone_core::{Command, Rejection};
use flowstone_engine::{Error, Submission};
use flowstone_store::query::{Query, Scalar, TaskField as Field, Test};
use flowstone_store::record::TaskRecord;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::body::{self, JsonBody, Parameters, WireVariables};
use super::error::{ApiError, ErrorBody};
use super::filter::{self, Table, When};
use super::value::{self, date_to_wire};
use super::{AppState, Count};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, query))
        .routes(routes!(count, query_count))
        .merge(change::routes())
        .merge(form::routes())
        .merge(identity_link::routes())
        .routes(routes!(get))
        .routes(routes!(complete))
        .routes(routes!(bpmn_error))
        .routes(routes!(bpmn_escalation))
}

static TASKS: Table<Field> = Table {
    entity: "task",
    filters: &[
        filter::id("taskId", Field::Id),
        filter::id_in("taskIdIn", Field::Id),
        filter::id("processInstanceId", Field::InstanceId),
        filter::id_in("processInstanceIdIn", Field::InstanceId),
        filter::text("processInstanceBusinessKey", Field::BusinessKey),
        filter::text_in("processInstanceBusinessKeyIn", Field::BusinessKey),
        filter::like("processInstanceBusinessKeyLike", Field::BusinessKey),
        filter::text("processDefinitionId", Field::DefinitionId),
        filter::text("processDefinitionKey", Field::DefinitionKey),
        filter::text_in("processDefinitionKeyIn", Field::DefinitionKey),
        filter::text("processDefinitionName", Field::DefinitionName),
        filter::like("processDefinitionNameLike", Field::DefinitionName),
        filter::id("executionId", Field::Id),
        filter::id_in("activityInstanceIdIn", Field::Id),
        filter::text("taskDefinitionKey", Field::ActivityId),
        filter::text_in("taskDefinitionKeyIn", Field::ActivityId),
        filter::text_not_in("taskDefinitionKeyNotIn", Field::ActivityId),
        filter::like("taskDefinitionKeyLike", Field::ActivityId),
        filter::text("name", Field::Name),
        filter::text_not("nameNotEqual", Field::Name),
        filter::like("nameLike", Field::Name),
        filter::text("description", Field::Description),
        filter::like("descriptionLike", Field::Description),
        filter::text("assignee", Field::Assignee),
        filter::like("assigneeLike", Field::Assignee),
        filter::text_in("assigneeIn", Field::Assignee),
        filter::text_not_in("assigneeNotIn", Field::Assignee),
        filter::when("assigned", Field::Assignee, When::Present),
        filter::when("unassigned", Field::Assignee, When::Absent),
        filter::text("owner", Field::Owner),
        filter::text("delegationState", Field::DelegationState),
        filter::text_where("candidateUser", Field::CandidateUser, Field::Assignee, When::Absent),
        filter::text_where("candidateGroup", Field::CandidateGroup, Field::Assignee, When::Absent),
        filter::text_in_where("candidateGroups", Field::CandidateGroup, Field::Assignee, When::Absent),
        filter::when("withCandidateGroups", Field::CandidateGroup, When::Present),
        filter::when("withCandidateUsers", Field::CandidateUser, When::Present),
        filter::integer("priority", Field::Priority),
        filter::integer_at_least("minPriority", Field::Priority),
        filter::integer_at_most("maxPriority", Field::Priority),
        filter::time("dueDate", Field::Due),
        filter::time_after("dueAfter", Field::Due),
        filter::time_before("dueBefore", Field::Due),
        filter::when("withoutDueDate", Field::Due, When::Absent),
        filter::time("followUpDate", Field::FollowUp),
        filter::time_after("followUpAfter", Field::FollowUp),
        filter::time_before("followUpBefore", Field::FollowUp),
        filter::time("createdOn", Field::CreatedAt),
        filter::time_after("createdAfter", Field::CreatedAt),
        filter::time_before("createdBefore", Field::CreatedAt),
        filter::when("active", Field::Suspended, When::False),
        filter::when("suspended", Field::Suspended, When::True),
        filter::text_in("tenantIdIn", Field::TenantId),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
        filter::variables("processVariables"),
    ],
    sorts: &[
        ("instanceId", Field::InstanceId),
        ("executionId", Field::Id),
        ("id", Field::Id),
        ("dueDate", Field::Due),
        ("followUpDate", Field::FollowUp),
        ("assignee", Field::Assignee),
        ("created", Field::CreatedAt),
        ("description", Field::Description),
        ("name", Field::Name),
        ("priority", Field::Priority),
        ("tenantId", Field::TenantId),
    ],
    unsupported: &[
        "parentTaskId",
        "caseInstanceId",
        "caseInstanceBusinessKey",
        "caseInstanceBusinessKeyLike",
        "caseDefinitionId",
        "caseDefinitionKey",
        "caseDefinitionName",
        "caseDefinitionNameLike",
        "caseExecutionId",
        "taskVariables",
        "caseInstanceVariables",
        "nameNotLike",
        "involvedUser",
        "candidateGroupLike",
        "withoutCandidateGroups",
        "withoutCandidateUsers",
        "includeAssignedTasks",
        "assigneeExpression",
        "assigneeLikeExpression",
        "assigneeInExpression",
        "assigneeNotInExpression",
        "ownerExpression",
        "candidateUserExpression",
        "candidateGroupExpression",
        "candidateGroupsExpression",
        "involvedUserExpression",
        "processInstanceBusinessKeyExpression",
        "processInstanceBusinessKeyLikeExpression",
        "createdOnExpression",
        "createdBeforeExpression",
        "createdAfterExpression",
        "dueDateExpression",
        "dueBeforeExpression",
        "dueAfterExpression",
        "followUpDateExpression",
        "followUpBeforeExpression",
        "followUpAfterExpression",
        "followUpBeforeOrNotExistent",
        "followUpBeforeOrNotExistentExpression",
        "updatedAfter",
        "updatedAfterExpression",
        "withCommentAttachmentInfo",
        "withTaskVariablesInReturn",
        "withTaskLocalVariablesInReturn",
    ],
    unsupported_sorts: &[
        "caseInstanceId",
        "caseExecutionId",
        "lastUpdated",
        "nameCaseInsensitive",
        "processVariable",
        "executionVariable",
        "taskVariable",
        "caseExecutionVariable",
        "caseInstanceVariable",
    ],
    or_queries: true,
};

/// A user task.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    id: String,
    name: Option<String>,
    assignee: Option<String>,
    created: String,
    due: Option<String>,
    follow_up: Option<String>,
    last_updated: Option<String>,
    delegation_state: Option<String>,
    description: Option<String>,
    execution_id: String,
    owner: Option<String>,
    parent_task_id: Option<String>,
    priority: i32,
    process_definition_id: String,
    process_instance_id: String,
    task_definition_key: String,
    case_execution_id: Option<String>,
    case_instance_id: Option<String>,
    case_definition_id: Option<String>,
    suspended: bool,
    form_key: Option<String>,
    #[schema(value_type = Option<Object>)]
    camunda_form_ref: Option<Value>,
    tenant_id: Option<String>,
    task_state: &'static str,
}

impl From<TaskRecord> for Task {
    fn from(record: TaskRecord) -> Self {
        let task = record.task;
        Task {
            id: task.id.to_string(),
            name: task.name,
            assignee: task.assignee,
            created: date_to_wire(record.created_at),
            due: task.due.map(date_to_wire),
            follow_up: task.follow_up.map(date_to_wire),
            last_updated: None,
            delegation_state: task.delegation_state,
            description: task.description,
            execution_id: task.id.to_string(),
            owner: task.owner,
            parent_task_id: None,
            priority: task.priority,
            process_definition_id: record.definition_id.to_string(),
            process_instance_id: task.instance_id.to_string(),
            task_definition_key: record.node_id.to_string(),
            case_execution_id: None,
            case_instance_id: None,
            case_definition_id: None,
            suspended: record.suspended,
            form_key: task.form_key,
            camunda_form_ref: task.form_ref.map(super::form::shown),
            tenant_id: record.tenant_id,
            task_state: "Created",
        }
    }
}

/// The result of a task.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct CompleteTaskRequest {
    /// Variables set where they exist, else at the process instance.
    #[schema(value_type = Option<Object>)]
    variables: WireVariables,
    /// Whether the variables of the process instance are answered.
    with_variables_in_return: bool,
}

async fn found(state: &AppState, query: Query<Field>) -> Result<Json<Vec<Task>>, ApiError> {
    let records = state.store().tasks(&query).await?;
    Ok(Json(records.into_iter().map(Into::into).collect()))
}

async fn counted(state: &AppState, query: Query<Field>) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(state.store().count_tasks(&query).await?))
}

/// List user tasks
#[utoipa::path(get, path = "/task", operation_id = "getTasks", tag = "Task",
    responses((status = 200, body = [Task]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<Task>>, ApiError> {
    found(&state, TASKS.from_parameters(&parameters)?).await
}

/// List user tasks by a query in the body
#[utoipa::path(post, path = "/task", operation_id = "queryTasks", tag = "Task", request_body = Object,
    responses((status = 200, body = [Task]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<Task>>, ApiError> {
    found(&state, TASKS.from_body(&parameters, &body)?).await
}

/// Count user tasks
#[utoipa::path(get, path = "/task/count", operation_id = "getTasksCount", tag = "Task",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    counted(&state, TASKS.from_parameters(&parameters)?).await
}

/// Count user tasks by a query in the body
#[utoipa::path(post, path = "/task/count", operation_id = "queryTasksCount", tag = "Task", request_body = Object,
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query_count(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Count>, ApiError> {
    counted(&state, TASKS.from_body(&parameters, &body)?).await
}

/// Get a user task
#[utoipa::path(get, path = "/task/{id}", operation_id = "getTask", tag = "Task",
    params(("id" = String, Path, description = "Task id")),
    responses((status = 200, body = Task), (status = 404, body = ErrorBody)))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<Task>, ApiError> {
    let records = match body::id(&id) {
        Some(id) => {
            let query = Query::default().with(Field::Id, Test::Equals(Scalar::Id(id)));
            state.store().tasks(&query).await?
        }
        None => Vec::new(),
    };
    match records.into_iter().next() {
        Some(record) => Ok(Json(record.into())),
        None => Err(ApiError::not_found(format!("No matching task with id {id}"))),
    }
}

/// Complete a user task
#[utoipa::path(post, path = "/task/{id}/complete", operation_id = "complete", tag = "Task",
    params(("id" = String, Path, description = "Task id")), request_body = CompleteTaskRequest,
    responses((status = 204), (status = 200, body = Object, description = "Variables, when asked for"),
        (status = 400, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn complete(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<CompleteTaskRequest>,
) -> Result<Response, ApiError> {
    let refusal = format!("Cannot complete task {id}");
    let variables = value::map_from_wire(&request.variables).map_err(|error| error.within(&refusal))?;
    let refuse = |cause: String| ApiError::rest(format!("{refusal}: {cause}"));
    let unknown = || refuse(format!("Cannot find task with id {id}: task is null"));
    let task = body::id(&id).ok_or_else(unknown)?;
    let command = Command::CompleteUserTask { task, variables };
    match state.engine().submit(Submission::new(task, command)).await {
        Ok(reply) if request.with_variables_in_return => {
            Ok(Json(value::map_to_wire(&reply.variables, false)).into_response())
        }
        Ok(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(
            Error::Unknown(_)
            | Error::Rejected(
                Rejection::UnknownTask { .. } | Rejection::UnknownExecution { .. } | Rejection::Ended { .. },
            ),
        ) => Err(unknown()),
        Err(error) => Err(refuse(error.to_string())),
    }
}

/// A business error that a person reports.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct TaskErrorRequest {
    /// Code that catching events look at.
    error_code: Option<String>,
    /// Message for the catching event.
    error_message: Option<String>,
    /// Variables set before the error propagates.
    #[schema(value_type = Option<Object>)]
    variables: WireVariables,
}

/// Report a business error from a user task
///
/// When no event of the process catches it, the path ends there.
#[utoipa::path(post, path = "/task/{id}/bpmnError", operation_id = "handleBpmnError", tag = "Task",
    params(("id" = String, Path, description = "Task id")), request_body = TaskErrorRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn bpmn_error(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<TaskErrorRequest>,
) -> Result<StatusCode, ApiError> {
    let variables = value::map_from_wire(&request.variables)?;
    let error_code = request.error_code.filter(|code| !code.is_empty());
    let error_code = error_code.ok_or_else(|| ApiError::null_value("errorCode is empty"))?;
    throw(&state, &id, |task| Command::ThrowTaskError {
        task,
        error_code,
        error_message: request.error_message,
        variables,
    })
    .await
}

/// An escalation that a person reports.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct TaskEscalationRequest {
    /// Code that catching events look at.
    escalation_code: Option<String>,
    /// Variables set before the escalation propagates.
    #[schema(value_type = Option<Object>)]
    variables: WireVariables,
}

/// Report an escalation from a user task
///
/// The task goes on unless the catching event interrupts it.
#[utoipa::path(post, path = "/task/{id}/bpmnEscalation", operation_id = "handleEscalation", tag = "Task",
    params(("id" = String, Path, description = "Task id")), request_body = TaskEscalationRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn bpmn_escalation(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<TaskEscalationRequest>,
) -> Result<StatusCode, ApiError> {
    let variables = value::map_from_wire(&request.variables)?;
    let escalation_code = request.escalation_code.filter(|code| !code.is_empty());
    let escalation_code = escalation_code.ok_or_else(|| ApiError::null_value("escalationCode is empty"))?;
    throw(&state, &id, |task| Command::ThrowTaskEscalation {
        task,
        escalation_code,
        variables,
    })
    .await
}

/// Gives a command to a task.
async fn throw(state: &AppState, id: &str, command: impl FnOnce(Uuid) -> Command) -> Result<StatusCode, ApiError> {
    let unknown = || ApiError::rest_not_found(format!("Cannot find task with id {id}: task is null"));
    let task = body::id(id).ok_or_else(unknown)?;
    match state.engine().submit(Submission::new(task, command(task))).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(
            Error::Unknown(_)
            | Error::Rejected(
                Rejection::UnknownTask { .. } | Rejection::UnknownExecution { .. } | Rejection::Ended { .. },
            ),
        ) => Err(unknown()),
        Err(error) => Err(error.into()),
    }
}

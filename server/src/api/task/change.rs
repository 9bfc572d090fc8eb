//! Who works on a user task, and its attributes.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_core::{Command, Delegation, TaskAttributes, UserTaskChange};
use serde::Deserialize;
use serde_json::Value as Json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::throw as submit;
use crate::api::AppState;
use crate::api::body::{JsonBody, WireVariables};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::value::{self, date_from_wire};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(claim))
        .routes(routes!(unclaim))
        .routes(routes!(assign))
        .routes(routes!(delegate))
        .routes(routes!(resolve))
        .routes(routes!(update))
}

/// A user.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct UserRequest {
    /// Id of the user; null: nobody.
    user_id: Option<String>,
}

/// Variables of a task that is given back.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct ResolveRequest {
    /// Variables set where they exist, else at the process instance.
    #[schema(value_type = Option<Object>)]
    variables: WireVariables,
}

/// New attributes of a task; what is absent is removed.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct TaskUpdate {
    name: Option<String>,
    description: Option<String>,
    assignee: Option<String>,
    owner: Option<String>,
    /// `PENDING` or `RESOLVED`.
    delegation_state: Option<String>,
    due: Option<String>,
    follow_up: Option<String>,
    /// 50 when absent.
    priority: Option<i32>,
    parent_task_id: Option<String>,
    case_instance_id: Option<String>,
    tenant_id: Option<String>,
}

async fn change(state: &AppState, id: &str, change: UserTaskChange) -> Result<StatusCode, ApiError> {
    submit(state, id, |task| Command::ChangeUserTask { task, change }).await
}

/// Claim a task
///
/// Refused when somebody else has it.
#[utoipa::path(post, path = "/task/{id}/claim", operation_id = "claim", tag = "Task",
    params(("id" = String, Path, description = "Task id")), request_body = UserRequest,
    responses((status = 204), (status = 404, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn claim(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<UserRequest>,
) -> Result<StatusCode, ApiError> {
    change(&state, &id, UserTaskChange::Claim(request.user_id)).await
}

/// Give a task back to its candidates
#[utoipa::path(post, path = "/task/{id}/unclaim", operation_id = "unclaim", tag = "Task",
    params(("id" = String, Path, description = "Task id")),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn unclaim(State(state): State<AppState>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    change(&state, &id, UserTaskChange::Assign(None)).await
}

/// Assign a task to somebody
#[utoipa::path(post, path = "/task/{id}/assignee", operation_id = "setAssignee", tag = "Task",
    params(("id" = String, Path, description = "Task id")), request_body = UserRequest,
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn assign(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<UserRequest>,
) -> Result<StatusCode, ApiError> {
    change(&state, &id, UserTaskChange::Assign(request.user_id)).await
}

/// Ask somebody to help with a task
///
/// Who had it becomes its owner; it cannot be completed before it is resolved.
#[utoipa::path(post, path = "/task/{id}/delegate", operation_id = "delegateTask", tag = "Task",
    params(("id" = String, Path, description = "Task id")), request_body = UserRequest,
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn delegate(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<UserRequest>,
) -> Result<StatusCode, ApiError> {
    change(&state, &id, UserTaskChange::Delegate(request.user_id)).await
}

/// Give a delegated task back to its owner
#[utoipa::path(post, path = "/task/{id}/resolve", operation_id = "resolve", tag = "Task",
    params(("id" = String, Path, description = "Task id")), request_body = ResolveRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn resolve(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<ResolveRequest>,
) -> Result<StatusCode, ApiError> {
    let variables = value::map_from_wire(&request.variables)?;
    change(&state, &id, UserTaskChange::Resolve(variables)).await
}

/// Replace the attributes of a task
#[utoipa::path(put, path = "/task/{id}", operation_id = "updateTask", tag = "Task",
    params(("id" = String, Path, description = "Task id")), request_body = TaskUpdate,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 501, body = ErrorBody)))]
async fn update(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<TaskUpdate>,
) -> Result<StatusCode, ApiError> {
    for (name, given) in [
        ("parentTaskId", &request.parent_task_id),
        ("caseInstanceId", &request.case_instance_id),
        ("tenantId", &request.tenant_id),
    ] {
        if given.is_some() {
            return Err(ApiError::not_implemented(format!(
                "The attribute '{name}' of a task cannot be changed"
            )));
        }
    }
    let delegation = match request.delegation_state.as_deref() {
        None => None,
        Some(state) => {
            let known = Delegation::parse(&state.to_uppercase());
            let wrong = || {
                ApiError::invalid(format!(
                    "Valid values for property 'delegationState' are 'PENDING' or 'RESOLVED', but was '{state}'"
                ))
            };
            Some(known.ok_or_else(wrong)?)
        }
    };
    let attributes = TaskAttributes {
        name: request.name,
        description: request.description,
        assignee: request.assignee,
        owner: request.owner,
        delegation,
        priority: request.priority.unwrap_or(50),
        due: date(request.due, "due")?,
        follow_up: date(request.follow_up, "followUp")?,
    };
    change(&state, &id, UserTaskChange::Update(Box::new(attributes))).await
}

fn date(text: Option<String>, name: &str) -> Result<Option<chrono::DateTime<chrono::Utc>>, ApiError> {
    let Some(text) = text else {
        return Ok(None);
    };
    let wrong = || {
        ApiError::invalid(format!(
            "'{text}' of '{name}' is not a date; write it like 2026-01-31T09:30:00.000+0000"
        ))
    };
    date_from_wire(&Json::from(text.as_str())).map(Some).ok_or_else(wrong)
}

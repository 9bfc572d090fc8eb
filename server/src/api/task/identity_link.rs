//! Users and groups that have to do with a user task.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_core::{Candidate, Command, UserTaskChange};
use flowstone_store::query::{Query, Scalar, TaskField as Field, Test};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::throw as submit;
use crate::api::AppState;
use crate::api::body::{self, JsonBody, Parameters};
use crate::api::error::{ApiError, ErrorBody};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(remove))
}

/// How a user or group has to do with a task.
#[derive(Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct IdentityLink {
    user_id: Option<String>,
    group_id: Option<String>,
    /// `candidate`, `assignee` or `owner`.
    #[serde(rename = "type")]
    kind: Option<String>,
}

fn link(kind: &str, user_id: Option<String>, group_id: Option<String>) -> IdentityLink {
    IdentityLink {
        user_id,
        group_id,
        kind: Some(kind.to_owned()),
    }
}

/// List the users and groups of a task
#[utoipa::path(get, path = "/task/{id}/identity-links", operation_id = "getIdentityLinks", tag = "Task Identity Link",
    params(("id" = String, Path, description = "Task id"), ("type" = Option<String>, Query)),
    responses((status = 200, body = [IdentityLink]), (status = 404, body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Json<Vec<IdentityLink>>, ApiError> {
    let unknown = || ApiError::rest_not_found(format!("Cannot find task with id {id}: task is null"));
    let task = body::id(&id).ok_or_else(unknown)?;
    let query = Query::default().with(Field::Id, Test::Equals(Scalar::Id(task)));
    let task = state.store().tasks(&query).await?.pop().ok_or_else(unknown)?.task;
    let mut links = Vec::new();
    links.extend(task.assignee.map(|user| link("assignee", Some(user), None)));
    links.extend(task.owner.map(|user| link("owner", Some(user), None)));
    let users = task.candidate_users.into_iter();
    links.extend(users.map(|user| link("candidate", Some(user), None)));
    let groups = task.candidate_groups.into_iter();
    links.extend(groups.map(|group| link("candidate", None, Some(group))));
    let wanted = parameters
        .0
        .iter()
        .find(|(name, _)| name == "type")
        .map(|(_, value)| value);
    links.retain(|link| wanted.is_none_or(|wanted| link.kind.as_ref() == Some(wanted)));
    Ok(Json(links))
}

/// Add a user or group to a task
#[utoipa::path(post, path = "/task/{id}/identity-links", operation_id = "addIdentityLink", tag = "Task Identity Link",
    params(("id" = String, Path, description = "Task id")), request_body = IdentityLink,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn add(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<IdentityLink>,
) -> Result<StatusCode, ApiError> {
    let change = match request.kind.as_deref() {
        Some("assignee") => UserTaskChange::Assign(Some(user(&request)?)),
        Some("owner") => UserTaskChange::Own(Some(user(&request)?)),
        _ => UserTaskChange::AddCandidate(candidate(&request)?),
    };
    submit(&state, &id, |task| Command::ChangeUserTask { task, change }).await
}

/// Remove a user or group from a task
#[utoipa::path(post, path = "/task/{id}/identity-links/delete", operation_id = "deleteIdentityLink",
    tag = "Task Identity Link", params(("id" = String, Path, description = "Task id")), request_body = IdentityLink,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn remove(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<IdentityLink>,
) -> Result<StatusCode, ApiError> {
    let change = match request.kind.as_deref() {
        Some("assignee") => UserTaskChange::Assign(None),
        Some("owner") => UserTaskChange::Own(None),
        _ => UserTaskChange::RemoveCandidate(candidate(&request)?),
    };
    submit(&state, &id, |task| Command::ChangeUserTask { task, change }).await
}

fn user(request: &IdentityLink) -> Result<String, ApiError> {
    let user = request.user_id.clone().filter(|_| request.group_id.is_none());
    user.ok_or_else(|| ApiError::invalid("Incompatible usage: cannot use type 'assignee' or 'owner' without a userId"))
}

fn candidate(request: &IdentityLink) -> Result<Candidate, ApiError> {
    if !matches!(request.kind.as_deref(), None | Some("candidate")) {
        return Err(ApiError::not_implemented(
            "Links of a task are of type 'candidate', 'assignee' or 'owner'",
        ));
    }
    match (request.user_id.clone(), request.group_id.clone()) {
        (Some(user), None) => Ok(Candidate::User(user)),
        (None, Some(group)) => Ok(Candidate::Group(group)),
        _ => Err(ApiError::invalid(
            "Identity Link requires userId or groupId, but not both.",
        )),
    }
}

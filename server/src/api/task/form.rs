//! Forms of user tasks (contract 3.12).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flowstone_core::{Command, Rejection, Wait};
use flowstone_engine::{Error, InstanceView, Submission};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::CompleteTaskRequest;
use crate::api::AppState;
use crate::api::body::{self, JsonBody, Parameters};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::form::{Selection, not_submitted};
use crate::api::value;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(variables)).routes(routes!(submit))
}

/// The instance around an open user task, with the id of the task.
async fn find(state: &AppState, id: &str) -> Result<Option<(Uuid, InstanceView)>, ApiError> {
    let Some(task) = body::id(id) else {
        return Ok(None);
    };
    let Some(view) = state.engine().view(task).await? else {
        return Ok(None);
    };
    let token = view.instance.token(task);
    let open = token.is_some_and(|token| matches!(token.wait, Wait::UserTask(_)));
    Ok(open.then_some((task, view)))
}

/// Get the variables of a task's form
///
/// The fields of the form with their variables or defaults, and all other variables that the task sees.
#[utoipa::path(get, path = "/task/{id}/form-variables", operation_id = "getFormVariables", tag = "Task",
    params(("id" = String, Path, description = "Task id"),
        ("variableNames" = Option<String>, Query, description = "Only these, between commas"),
        ("deserializeValues" = Option<bool>, Query, description = "Whether objects are shown as JSON")),
    responses((status = 200, body = Object), (status = 400, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn variables(
    State(state): State<AppState>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Json<Value>, ApiError> {
    let Some((task, view)) = find(&state, &id).await? else {
        let message = format!("Cannot find task with id '{id}'.: task is null");
        return Err(ApiError::bad_user_request(message));
    };
    let fields = state.engine().task_form_variables(&view, task)?;
    let visible = view.instance.visible_variables(task);
    Ok(Json(Selection::of(&parameters).show(fields, &visible)))
}

/// Submit the form of a task
///
/// Its fields check and convert what is submitted; then the task is completed, or given back when it was delegated.
#[utoipa::path(post, path = "/task/{id}/submit-form", operation_id = "submit", tag = "Task",
    params(("id" = String, Path, description = "Task id")), request_body = CompleteTaskRequest,
    responses((status = 204), (status = 200, body = Object, description = "Variables, when asked for"),
        (status = 400, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn submit(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<CompleteTaskRequest>,
) -> Result<Response, ApiError> {
    let refusal = format!("Cannot submit task form {id}");
    let variables = value::map_from_wire(&request.variables).map_err(|error| error.within(&refusal))?;
    let unknown = || ApiError::rest(format!("{refusal}: Cannot find task with id {id}: task is null"));
    let task = body::id(&id).ok_or_else(unknown)?;
    let command = Command::SubmitTaskForm { task, variables };
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
        Err(error) => Err(not_submitted(&refusal, error)),
    }
}

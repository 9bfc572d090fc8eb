//! Forms of user tasks (contract 3.12).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flowstone_bpmn::model::FormData;
use flowstone_core::{Command, FormAddress, Rejection, Wait};
use flowstone_engine::{Error, InstanceView, Submission};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::CompleteTaskRequest;
use crate::api::AppState;
use crate::api::body::{self, JsonBody, Parameters};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::form::{Form, Selection, deployed, not_submitted, rendered};
use crate::api::value;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(get))
        .routes(routes!(deployed_form))
        .routes(routes!(rendered_form))
        .routes(routes!(variables))
        .routes(routes!(submit))
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

/// Where the form of an open user task is found.
fn address(view: &InstanceView, task: Uuid) -> FormAddress {
    match view.instance.token(task).map(|token| &token.wait) {
        Some(Wait::UserTask(task)) => FormAddress {
            key: task.form_key.clone(),
            reference: task.form_ref.clone(),
        },
        _ => FormAddress::default(),
    }
}

/// The fields of an open user task.
fn fields(view: &InstanceView, task: Uuid) -> Option<&FormData> {
    let token = view.instance.token(task)?;
    view.definition.executable.task_form(&token.node)
}

/// Get where the form of a task is found
#[utoipa::path(get, path = "/task/{id}/form", operation_id = "getForm", tag = "Task",
    params(("id" = String, Path, description = "Task id")),
    responses((status = 200, body = Form), (status = 400, body = ErrorBody)))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<Form>, ApiError> {
    let Some((task, view)) = find(&state, &id).await? else {
        return Err(ApiError::refused(format!("Cannot get form for task {id}")));
    };
    let resource = format!("task/{id}");
    Ok(Json(Form::new(address(&view, task), fields(&view, task), &resource)))
}

/// Download the deployed form of a task
#[utoipa::path(get, path = "/task/{id}/deployed-form", operation_id = "getDeployedForm", tag = "Task",
    params(("id" = String, Path, description = "Task id")),
    responses((status = 200, content_type = "application/xhtml+xml"), (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn deployed_form(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let Some((task, view)) = find(&state, &id).await? else {
        return Err(ApiError::invalid(format!(
            "No task found for taskId '{id}': task is null"
        )));
    };
    deployed(&state, &address(&view, task), &view.definition.record).await
}

/// Get the form of a task as a page
///
/// Only for forms whose fields stand in the model.
#[utoipa::path(get, path = "/task/{id}/rendered-form", operation_id = "getRenderedForm", tag = "Task",
    params(("id" = String, Path, description = "Task id")),
    responses((status = 200, content_type = "application/xhtml+xml"), (status = 404, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn rendered_form(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let Some((task, view)) = find(&state, &id).await? else {
        return Err(ApiError::null_value(format!("Task '{id}' not found: task is null")));
    };
    let variables = state.engine().task_form_variables(&view, task)?;
    rendered(fields(&view, task), &variables).ok_or_else(|| {
        let message = format!("No matching rendered form for task with the id {id} found.");
        ApiError::not_found(message)
    })
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

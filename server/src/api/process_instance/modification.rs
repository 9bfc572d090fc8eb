//! Moving tokens of a running instance by hand.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_core::{Command, Modification};
use flowstone_engine::{Error, Submission};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::find;
use super::instruction::{InstructionRequest, read};
use crate::api::AppState;
use crate::api::body::JsonBody;
use crate::api::error::{ApiError, ErrorBody};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(modify))
}

/// A modification.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct ModificationRequest {
    /// What to do, in this order.
    instructions: Vec<InstructionRequest>,
    /// Do not compute listeners of what is begun and canceled.
    skip_custom_listeners: bool,
    /// Do not compute input and output parameters of what is begun and canceled.
    skip_io_mappings: bool,
    /// Taken for the sake of clients; kept nowhere, because there is no log of user operations.
    #[serde(rename = "annotation")]
    _annotation: Option<String>,
}

/// Modify a process instance
///
/// Begins and cancels activities, also of a suspended instance. All instructions are carried out in their order and
/// together, or none of them. An instance in which nothing is active afterwards ends.
#[utoipa::path(post, path = "/process-instance/{id}/modification", operation_id = "modifyProcessInstance",
    tag = "Process Instance", params(("id" = String, Path, description = "Process instance id")),
    request_body = ModificationRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn modify(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<ModificationRequest>,
) -> Result<StatusCode, ApiError> {
    let instructions: Result<Vec<_>, _> = request.instructions.into_iter().map(read).collect();
    let modification = Modification {
        instructions: instructions?,
        skip_listeners: request.skip_custom_listeners,
        skip_mappings: request.skip_io_mappings,
    };
    if modification.instructions.is_empty() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let unknown = || {
        ApiError::engine(format!(
            "ENGINE-13036 Process instance '{id}' cannot be modified. The process instance does not exist"
        ))
    };
    let record = find(&state, &id).await?.ok_or_else(unknown)?;
    let submission = Submission::new(record.id, Command::Modify(modification));
    match state.engine().submit(submission).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(Error::Unknown(_)) => Err(unknown()),
        Err(error) => Err(error.into()),
    }
}

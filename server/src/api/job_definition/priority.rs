//! The priority that operators give the jobs of job definitions.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_store::JobOverrideChange;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::existing;
use crate::api::AppState;
use crate::api::body::JsonBody;
use crate::api::error::{ApiError, ErrorBody};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(set_priority))
}

/// A priority for the jobs of a job definition.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct JobDefinitionPriorityRequest {
    /// Higher comes first; null: what the model says.
    priority: Option<i64>,
    /// Also for the jobs that there are.
    include_jobs: bool,
}

/// Set the priority of the jobs of a job definition
///
/// In place of what the model says, for jobs that are made from now on, and with `includeJobs` for those that there
/// are.
#[utoipa::path(put, path = "/job-definition/{id}/jobPriority", operation_id = "setJobPriorityJobDefinition",
    tag = "Job Definition", params(("id" = String, Path, description = "Job definition id")),
    request_body = JobDefinitionPriorityRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn set_priority(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<JobDefinitionPriorityRequest>,
) -> Result<StatusCode, ApiError> {
    if request.priority.is_none() && request.include_jobs {
        return Err(ApiError::invalid(format!(
            "Cannot reset priority for job definition {id} with includeJobs=true"
        )));
    }
    let (definition, _) = existing(&state, &id).await?;
    let change = JobOverrideChange::Priority(request.priority);
    state
        .engine()
        .override_jobs(&[definition], change, request.include_jobs)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

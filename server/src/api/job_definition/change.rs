//! Changes of what job definitions make.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_core::JobChange;
use flowstone_store::query::{JobField, Query, Scalar, Test};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::existing;
use crate::api::AppState;
use crate::api::body::JsonBody;
use crate::api::error::{ApiError, ErrorBody};
use crate::api::job;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(set_retries))
}

/// New retries of the failed jobs of a job definition.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct FailedJobsRetriesRequest {
    /// Number of retries, at least 0.
    retries: Option<i32>,
    /// New due date.
    due_date: Option<String>,
}

/// Set the retries of the failed jobs of a job definition
///
/// Failed are those without retries. Their incidents are resolved.
#[utoipa::path(put, path = "/job-definition/{id}/retries", operation_id = "setJobRetriesJobDefinition",
    tag = "Job Definition", params(("id" = String, Path, description = "Job definition id")),
    request_body = FailedJobsRetriesRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn set_retries(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<FailedJobsRetriesRequest>,
) -> Result<StatusCode, ApiError> {
    let retries = job::checked_retries(request.retries)?;
    let due = request.due_date.as_deref().map(job::date).transpose()?;
    let (definition, _) = existing(&state, &id).await?;
    let failed = Query::default()
        .with(JobField::JobDefinitionId, Test::Equals(Scalar::Id(definition.id)))
        .with(JobField::Retries, Test::Equals(Scalar::Integer(0)));
    if let Some(due) = due {
        state
            .engine()
            .change_jobs(failed.clone(), JobChange::Due(Some(due)))
            .await?;
    }
    state.engine().change_jobs(failed, JobChange::Retries(retries)).await?;
    Ok(StatusCode::NO_CONTENT)
}

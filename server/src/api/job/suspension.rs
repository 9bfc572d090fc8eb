//! Suspension and activation of several jobs.

use axum::extract::State;
use axum::http::StatusCode;
use flowstone_core::JobChange;
use flowstone_store::query::{JobField, Query, Scalar, Test};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::AppState;
use crate::api::body::{self, JsonBody};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::starts::Tenant;
use crate::api::suspension::{of_tenant, wanted};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(set_suspended_of_many))
}

/// Whether jobs are suspended: those of one place, instance or definition.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct JobsSuspensionRequest {
    suspended: Option<bool>,
    /// Refused: `/job/{id}/suspended` is for one job.
    job_id: Option<String>,
    job_definition_id: Option<String>,
    process_instance_id: Option<String>,
    process_definition_id: Option<String>,
    process_definition_key: Option<String>,
    /// With a key: only the versions of this tenant.
    process_definition_tenant_id: Option<String>,
    /// With a key: only the versions without tenant.
    process_definition_without_tenant_id: bool,
}

/// Suspend or activate several jobs
///
/// Those that exist now; jobs that are made later are not suspended.
#[utoipa::path(put, path = "/job/suspended", operation_id = "updateSuspensionStateBy", tag = "Job",
    request_body = JobsSuspensionRequest, responses((status = 204), (status = 400, body = ErrorBody)))]
async fn set_suspended_of_many(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<JobsSuspensionRequest>,
) -> Result<StatusCode, ApiError> {
    if request.job_id.is_some() {
        return Err(ApiError::invalid(
            "Either jobDefinitionId, processInstanceId, processDefinitionId or processDefinitionKey can be set to \
             update the suspension state.",
        ));
    }
    let suspended = wanted(request.suspended)?;
    let tenant = Tenant::read(
        request.process_definition_tenant_id,
        request.process_definition_without_tenant_id,
    )?;
    let id = |text: String| body::id(&text).map_or(Test::Never, |id| Test::Equals(Scalar::Id(id)));
    let text = |text: String| Test::Equals(Scalar::Text(text));
    let tests = [
        request
            .job_definition_id
            .map(|given| (JobField::JobDefinitionId, id(given))),
        request
            .process_instance_id
            .map(|given| (JobField::InstanceId, id(given))),
        request
            .process_definition_id
            .map(|given| (JobField::DefinitionId, text(given))),
        request
            .process_definition_key
            .map(|given| (JobField::DefinitionKey, text(given))),
    ];
    let mut given = tests.into_iter().flatten();
    let Some((field, test)) = given.next() else {
        return Err(ApiError::invalid(
            "Either jobId, jobDefinitionId, processInstanceId, processDefinitionId or processDefinitionKey should be \
             set to update the suspension state.",
        ));
    };
    if given.next().is_some() {
        return Err(ApiError::invalid(
            "Only one of jobId, jobDefinitionId, processInstanceId, processDefinitionId or processDefinitionKey \
             should be set to update the suspension state.",
        ));
    }
    let mut query = Query::default().with(JobField::Suspended, Test::Equals(Scalar::Boolean(!suspended)));
    query = query.with(field, test);
    if field == JobField::DefinitionKey {
        query = of_tenant(query, JobField::TenantId, &tenant);
    }
    state
        .engine()
        .change_jobs(query, JobChange::Suspended(suspended))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

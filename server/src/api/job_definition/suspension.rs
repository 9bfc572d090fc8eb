//! Suspension and activation of job definitions.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_engine::JobDefinition;
use flowstone_store::JobOverrideChange;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{existing, matching};
use crate::api::AppState;
use crate::api::body::JsonBody;
use crate::api::error::{ApiError, ErrorBody};
use crate::api::starts::Tenant;
use crate::api::suspension::{at_once, wanted};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(set_suspended))
        .routes(routes!(set_suspended_of_many))
}

/// Whether job definitions are suspended.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct JobDefinitionSuspensionRequest {
    suspended: Option<bool>,
    /// Also the jobs that there are.
    include_jobs: bool,
    /// Refused: the state changes at once.
    #[schema(value_type = Option<String>)]
    execution_date: Option<Value>,
    /// Refused: `/job-definition/{id}/suspended` is for one job definition.
    job_definition_id: Option<String>,
    /// Only where the path names no job definition.
    process_definition_id: Option<String>,
    /// Only where the path names no job definition: those of all versions of this key.
    process_definition_key: Option<String>,
    /// With a key: only the versions of this tenant.
    process_definition_tenant_id: Option<String>,
    /// With a key: only the versions without tenant.
    process_definition_without_tenant_id: bool,
}

/// Suspend or activate a job definition
///
/// Jobs of a suspended one are made suspended. With `includeJobs` those that there are are suspended or activated,
/// too.
#[utoipa::path(put, path = "/job-definition/{id}/suspended",
    operation_id = "updateSuspensionStateJobDefinition", tag = "Job Definition",
    params(("id" = String, Path, description = "Job definition id")),
    request_body = JobDefinitionSuspensionRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 501, body = ErrorBody)))]
async fn set_suspended(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<JobDefinitionSuspensionRequest>,
) -> Result<StatusCode, ApiError> {
    if request.process_definition_id.is_some() || request.process_definition_key.is_some() {
        return Err(ApiError::invalid(
            "Only one of jobDefinitionId, processDefinitionId or processDefinitionKey should be set to update the \
             suspension state.",
        ));
    }
    let (definition, _) = existing(&state, &id).await?;
    change(&state, &[definition], &request).await
}

/// Suspend or activate the job definitions of a process definition
///
/// Named by its id, or by a key for all its versions.
#[utoipa::path(put, path = "/job-definition/suspended", operation_id = "updateSuspensionStateJobDefinitions",
    tag = "Job Definition", request_body = JobDefinitionSuspensionRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn set_suspended_of_many(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<JobDefinitionSuspensionRequest>,
) -> Result<StatusCode, ApiError> {
    if request.job_definition_id.is_some() {
        return Err(ApiError::invalid(
            "Either processDefinitionId or processDefinitionKey can be set to update the suspension state.",
        ));
    }
    let tenant = Tenant::read(
        request.process_definition_tenant_id.clone(),
        request.process_definition_without_tenant_id,
    )?;
    let mut filter = Map::new();
    match (&request.process_definition_id, &request.process_definition_key) {
        (Some(id), None) => filter.insert("processDefinitionId".to_owned(), json!(id)),
        (None, Some(key)) => filter.insert("processDefinitionKey".to_owned(), json!(key)),
        (Some(_), Some(_)) => {
            return Err(ApiError::invalid(
                "Only one of jobDefinitionId, processDefinitionId or processDefinitionKey should be set to update \
                 the suspension state.",
            ));
        }
        (None, None) => {
            return Err(ApiError::invalid(
                "Either jobDefinitionId, processDefinitionId or processDefinitionKey should be set to update the \
                 suspension state.",
            ));
        }
    };
    if request.process_definition_key.is_some() {
        match tenant {
            Tenant::Any => None,
            Tenant::Without => filter.insert("withoutTenantId".to_owned(), json!(true)),
            Tenant::Only(tenant) => filter.insert("tenantIdIn".to_owned(), json!([tenant])),
        };
    }
    let found = matching(&state, &filter).await?;
    let definitions: Vec<JobDefinition> = found.into_iter().map(|(definition, _)| definition).collect();
    change(&state, &definitions, &request).await
}

async fn change(
    state: &AppState,
    definitions: &[JobDefinition],
    request: &JobDefinitionSuspensionRequest,
) -> Result<StatusCode, ApiError> {
    let suspended = wanted(request.suspended)?;
    at_once(request.execution_date.as_ref())?;
    let change = JobOverrideChange::Suspended(suspended);
    state
        .engine()
        .override_jobs(definitions, change, request.include_jobs)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

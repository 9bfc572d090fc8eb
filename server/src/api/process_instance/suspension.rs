//! Suspension and activation of instances.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_core::Command;
use flowstone_engine::Submission;
use flowstone_store::query::{ProcessInstanceField as Field, Query, Scalar, Test};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{PROCESS_INSTANCES, find, unknown};
use crate::api::AppState;
use crate::api::body::{self, JsonBody, Parameters};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::history::process_instance::HISTORIC_INSTANCES;
use crate::api::starts::Tenant;
use crate::api::suspension::{of_tenant, wanted};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(set_suspended))
        .routes(routes!(set_suspended_of_many))
}

/// Whether an instance is suspended.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct SuspensionRequest {
    suspended: Option<bool>,
}

/// Whether instances are suspended: those of a definition, or those that lists and queries name together.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct InstancesSuspensionRequest {
    suspended: Option<bool>,
    process_definition_id: Option<String>,
    process_definition_key: Option<String>,
    /// With a key: only the versions of this tenant.
    process_definition_tenant_id: Option<String>,
    /// With a key: only the versions without tenant.
    process_definition_without_tenant_id: bool,
    process_instance_ids: Option<Vec<String>>,
    /// A query as `POST /process-instance` takes it.
    #[schema(value_type = Option<Object>)]
    process_instance_query: Option<Map<String, Value>>,
    /// A query as `POST /history/process-instance` takes it.
    #[schema(value_type = Option<Object>)]
    historic_process_instance_query: Option<Map<String, Value>>,
}

/// Suspend or activate a process instance
///
/// Nothing goes on in a suspended instance: its tasks cannot be fetched or completed, its jobs are not executed.
#[utoipa::path(put, path = "/process-instance/{id}/suspended", operation_id = "updateSuspensionStateById",
    tag = "Process Instance", params(("id" = String, Path, description = "Process instance id")),
    request_body = SuspensionRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn set_suspended(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<SuspensionRequest>,
) -> Result<StatusCode, ApiError> {
    let suspended = wanted(request.suspended)?;
    let record = find(&state, &id).await?.ok_or_else(|| unknown(&id))?;
    let command = Command::Suspend(suspended);
    state.engine().submit(Submission::new(record.id, command)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Suspend or activate several process instances
///
/// Those of a definition, or all that the lists and queries name; each in a transaction of its own. Who has ended is
/// passed by.
#[utoipa::path(put, path = "/process-instance/suspended", operation_id = "updateSuspensionState",
    tag = "Process Instance", request_body = InstancesSuspensionRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn set_suspended_of_many(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<InstancesSuspensionRequest>,
) -> Result<StatusCode, ApiError> {
    let suspended = wanted(request.suspended)?;
    for query in queries(&state, request).await? {
        state.engine().suspend_instances(query, suspended).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The instances that a request names.
async fn queries(state: &AppState, request: InstancesSuspensionRequest) -> Result<Vec<Query<Field>>, ApiError> {
    let InstancesSuspensionRequest {
        process_definition_id: definition,
        process_definition_key: key,
        process_instance_ids: ids,
        process_instance_query: running,
        historic_process_instance_query: historic,
        ..
    } = request;
    let tenant = Tenant::read(
        request.process_definition_tenant_id,
        request.process_definition_without_tenant_id,
    )?;
    let is_group = ids.is_some() || running.is_some() || historic.is_some();
    let named = [definition.is_some(), key.is_some(), is_group];
    match named.into_iter().filter(|named| *named).count() {
        0 => {
            return Err(ApiError::invalid(
                "Either processInstanceId, processDefinitionId or processDefinitionKey should be set to update the \
                 suspension state.",
            ));
        }
        1 => {}
        _ => {
            return Err(ApiError::invalid(
                "Only one of processInstanceId, processDefinitionId or processDefinitionKey should be set to update \
                 the suspension state.",
            ));
        }
    }
    let text = |text: String| Test::Equals(Scalar::Text(text));
    if let Some(definition) = definition {
        return Ok(vec![Query::default().with(Field::DefinitionId, text(definition))]);
    }
    if let Some(key) = key {
        let of_key = Query::default().with(Field::DefinitionKey, text(key));
        return Ok(vec![of_tenant(of_key, Field::TenantId, &tenant)]);
    }
    let mut queries = Vec::new();
    let mut named: Vec<Scalar> = Vec::new();
    named.extend(ids.iter().flatten().filter_map(|id| body::id(id)).map(Scalar::Id));
    if let Some(body) = &historic {
        let query = HISTORIC_INSTANCES.from_body(&Parameters::default(), body)?;
        let found = state.store().historic_instances(&query).await?;
        named.extend(found.iter().map(|found| Scalar::Id(found.id)));
    }
    if let Some(body) = &running {
        queries.push(PROCESS_INSTANCES.from_body(&Parameters::default(), body)?);
    }
    if named.is_empty() && queries.is_empty() {
        return Err(ApiError::bad_user_request(
            "No process instance ids given: Process Instance ids is empty",
        ));
    }
    if !named.is_empty() {
        queries.push(Query::default().with(Field::Id, Test::In(named)));
    }
    Ok(queries)
}

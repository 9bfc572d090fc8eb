//! Starting instances.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use flowstone_core::Modification;
use flowstone_engine::{Reply, StartRequest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Reference, latest};
use crate::api::base_uri::BaseUri;
use crate::api::body::{JsonBody, WireVariables};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::form::not_submitted;
use crate::api::process_instance::instruction::{InstructionRequest, read_starts};
use crate::api::value;
use crate::api::{AppState, Link};

/// With this header a request may be repeated: it starts one instance.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Longest idempotency key, in bytes.
const IDEMPOTENCY_KEY_LENGTH: usize = 255;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(start_by_key))
        .routes(routes!(start_by_key_and_tenant))
}

/// A start.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct StartInstanceRequest {
    #[schema(value_type = Option<Object>)]
    variables: WireVariables,
    business_key: Option<String>,
    /// Not supported: there are no cases.
    case_instance_id: Option<String>,
    /// Where to begin instead of at the start event.
    start_instructions: Vec<InstructionRequest>,
    /// Only with instructions: do not compute listeners of what they begin.
    skip_custom_listeners: bool,
    /// Only with instructions: do not compute input and output parameters of what they begin.
    skip_io_mappings: bool,
    /// Return the variables that the instance has then.
    with_variables_in_return: bool,
}

/// A started instance.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartedInstance {
    links: Vec<Link>,
    id: String,
    definition_id: String,
    business_key: Option<String>,
    case_instance_id: Option<String>,
    /// Whether it has already come to its end.
    ended: bool,
    suspended: bool,
    tenant_id: Option<String>,
    definition_key: Option<String>,
    /// Only when asked for.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    variables: Option<Value>,
}

impl StartedInstance {
    /// An instance as replies show it.
    pub fn new(reply: Reply, definition_key: Option<String>, with_variables: bool, base: &BaseUri) -> Self {
        let id = reply.instance_id.to_string();
        StartedInstance {
            links: Link::to_self(base.link(&format!("/process-instance/{id}"))),
            id,
            definition_id: reply.definition_id.to_string(),
            business_key: reply.business_key,
            case_instance_id: None,
            ended: reply.ended,
            suspended: reply.suspended,
            tenant_id: reply.tenant_id,
            definition_key,
            variables: with_variables.then(|| value::map_to_wire(&reply.variables, false)),
        }
    }
}

/// Start an instance
///
/// The header `Idempotency-Key` makes a repeated request return the instance of the first one.
#[utoipa::path(post, path = "/process-definition/{id}/start", operation_id = "startProcessInstance",
    tag = "Process Definition", params(("id" = String, Path, description = "Definition id"),
        ("Idempotency-Key" = Option<String>, Header)), request_body = StartInstanceRequest,
    responses((status = 200, body = StartedInstance), (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn start(
    State(state): State<AppState>,
    Path(id): Path<String>,
    base: BaseUri,
    headers: HeaderMap,
    JsonBody(request): JsonBody<StartInstanceRequest>,
) -> Result<Json<StartedInstance>, ApiError> {
    run(&state, Reference::Id(id), &base, &headers, request, false).await
}

/// Start an instance of the latest version
#[utoipa::path(post, path = "/process-definition/key/{key}/start", operation_id = "startProcessInstanceByKey",
    tag = "Process Definition", params(("key" = String, Path, description = "BPMN id of the process"),
        ("Idempotency-Key" = Option<String>, Header)), request_body = StartInstanceRequest,
    responses((status = 200, body = StartedInstance), (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn start_by_key(
    State(state): State<AppState>,
    Path(key): Path<String>,
    base: BaseUri,
    headers: HeaderMap,
    JsonBody(request): JsonBody<StartInstanceRequest>,
) -> Result<Json<StartedInstance>, ApiError> {
    run(&state, Reference::Key(key, None), &base, &headers, request, false).await
}

/// Start an instance of the latest version of a tenant
#[utoipa::path(post, path = "/process-definition/key/{key}/tenant-id/{tenant-id}/start",
    operation_id = "startProcessInstanceByKeyAndTenantId", tag = "Process Definition",
    params(("key" = String, Path, description = "BPMN id of the process"),
        ("tenant-id" = String, Path, description = "Tenant"), ("Idempotency-Key" = Option<String>, Header)),
    request_body = StartInstanceRequest,
    responses((status = 200, body = StartedInstance), (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn start_by_key_and_tenant(
    State(state): State<AppState>,
    Path((key, tenant)): Path<(String, String)>,
    base: BaseUri,
    headers: HeaderMap,
    JsonBody(request): JsonBody<StartInstanceRequest>,
) -> Result<Json<StartedInstance>, ApiError> {
    run(
        &state,
        Reference::Key(key, Some(tenant)),
        &base,
        &headers,
        request,
        false,
    )
    .await
}

/// Starts an instance; `form`: by its start form, whose fields check and convert the variables.
pub(super) async fn run(
    state: &AppState,
    reference: Reference,
    base: &BaseUri,
    headers: &HeaderMap,
    request: StartInstanceRequest,
    form: bool,
) -> Result<Json<StartedInstance>, ApiError> {
    let (definition_id, key) = match reference {
        Reference::Id(id) => {
            let key = state.store().definition(&id).await?.map(|found| found.key.to_string());
            (id, key)
        }
        Reference::Key(key, tenant) => {
            let definition = latest(state, &key, tenant.as_deref()).await?;
            (definition.id.to_string(), Some(key))
        }
    };
    let refusal = format!("Cannot instantiate process definition {definition_id}");
    let variables = value::map_from_wire(&request.variables).map_err(|error| error.within(&refusal))?;
    let prefix = format!("{refusal}: ");
    if request.case_instance_id.is_some() {
        return Err(ApiError::not_implemented("caseInstanceId is not implemented by this server").prefixed(&prefix));
    }
    let instructions = read_starts(request.start_instructions).map_err(|error| error.prefixed(&prefix))?;
    if form && !instructions.is_empty() {
        return Err(ApiError::invalid(
            "startInstructions cannot be followed when a form is submitted, which begins at the start event",
        )
        .prefixed(&prefix));
    }
    if instructions.is_empty() && (request.skip_custom_listeners || request.skip_io_mappings) {
        return Err(ApiError::rest(
            "ENGINE-13024 Cannot skip custom listeners or input/output mappings when start a process instance at \
             default start activity.",
        )
        .prefixed(&prefix));
    }
    let modification = (!instructions.is_empty()).then_some(Modification {
        instructions,
        skip_listeners: request.skip_custom_listeners,
        skip_mappings: request.skip_io_mappings,
    });
    let start = StartRequest {
        start_node: None,
        modification,
        business_key: request.business_key,
        variables,
        form,
        user: None,
        idempotency_key: idempotency_key(headers)?,
    };
    let started = state.engine().start_instance(&definition_id, start).await;
    let reply = started.map_err(|error| not_submitted(&refusal, error))?;
    Ok(Json(StartedInstance::new(
        reply,
        key,
        request.with_variables_in_return,
        base,
    )))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(header) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    match header.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= IDEMPOTENCY_KEY_LENGTH => Ok(Some(format!("start:{key}"))),
        _ => Err(ApiError::invalid(format!(
            "The header Idempotency-Key must hold 1 to {IDEMPOTENCY_KEY_LENGTH} visible ASCII characters"
        ))),
    }
}

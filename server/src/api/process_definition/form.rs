//! Forms that start instances.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use flowstone_engine::Definition;
use flowstone_expression::Variables;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::start::{StartInstanceRequest, StartedInstance, run};
use super::{Reference, latest};
use crate::api::AppState;
use crate::api::base_uri::BaseUri;
use crate::api::body::{JsonBody, Parameters};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::form::{Form, Selection, deployed, rendered};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(by_id::routes())
        .merge(by_key::routes())
        .merge(by_key_and_tenant::routes())
}

impl FromRequestParts<AppState> for Reference {
    type Rejection = ApiError;

    /// From the segments `id`, or `key` and `tenant-id`.
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let segments = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
        let Path(mut segments) = segments.map_err(|error| ApiError::no_resource(error.body_text()))?;
        Ok(match segments.remove("id") {
            Some(id) => Reference::Id(id),
            None => Reference::Key(segments.remove("key").unwrap_or_default(), segments.remove("tenant-id")),
        })
    }
}

/// The definition that a request means, ready to run.
///
/// # Errors
/// 404 for a key without definition, `unknown` for such an id.
async fn ready(
    state: &AppState,
    reference: Reference,
    unknown: impl FnOnce(&str, ApiError) -> ApiError,
) -> Result<Arc<Definition>, ApiError> {
    let id = match reference {
        Reference::Id(id) => id,
        Reference::Key(key, tenant) => latest(state, &key, tenant.as_deref()).await?.id.to_string(),
    };
    let definition = state.engine().definition(&id).await;
    definition.map_err(|error| unknown(&id, error.into()))
}

async fn start_form(state: &AppState, reference: Reference) -> Result<Json<Form>, ApiError> {
    let refused = |id: &str| ApiError::invalid(format!("Cannot get start form data for process definition {id}"));
    let definition = ready(state, reference, |id, _| refused(id)).await?;
    let id = &definition.record.id;
    let address = definition.executable.start_form_address(state.engine().now());
    let address = address.map_err(|_| refused(id))?;
    let resource = format!("process-definition/{id}");
    Ok(Json(Form::new(address, definition.executable.start_form(), &resource)))
}

async fn form_variables(
    state: &AppState,
    reference: Reference,
    parameters: &Parameters,
) -> Result<Json<Value>, ApiError> {
    let definition = ready(state, reference, |_, error| error).await?;
    let fields = definition.executable.start_form_variables(state.engine().now())?;
    Ok(Json(Selection::of(parameters).show(fields, &Variables::new())))
}

async fn deployed_start_form(state: &AppState, reference: Reference) -> Result<Response, ApiError> {
    let definition = ready(state, reference, |_, error| ApiError::invalid(error.message)).await?;
    let address = definition.executable.start_form_address(state.engine().now())?;
    deployed(state, &address, &definition.record).await
}

async fn rendered_start_form(state: &AppState, reference: Reference) -> Result<Response, ApiError> {
    let definition = ready(state, reference, |_, error| error).await?;
    let executable = &definition.executable;
    let variables = executable.start_form_variables(state.engine().now())?;
    rendered(executable.start_form(), &variables).ok_or_else(|| {
        let id = &definition.record.id;
        ApiError::not_found(format!(
            "No matching rendered start form for process definition with the id {id} found."
        ))
    })
}

/// The operations on the start form of a definition that is named in one way.
macro_rules! start_form_operations {
    (
        $module:ident, params($($params:tt)*),
        $start_form:tt as $start_form_id:tt, $variables:tt as $variables_id:tt,
        $deployed:tt as $deployed_id:tt, $rendered:tt as $rendered_id:tt, $submit:tt as $submit_id:tt
    ) => {
        mod $module {
            use super::*;

            pub(super) fn routes() -> OpenApiRouter<AppState> {
                OpenApiRouter::new()
                    .routes(routes!(get))
                    .routes(routes!(variables))
                    .routes(routes!(download))
                    .routes(routes!(page))
                    .routes(routes!(submit))
            }

            /// Get where the start form is found
            #[utoipa::path(get, path = $start_form, operation_id = $start_form_id, tag = "Process Definition",
                params($($params)*),
                responses((status = 200, body = Form), (status = 400, body = ErrorBody),
                    (status = 404, body = ErrorBody)))]
            async fn get(
                State(state): State<AppState>,
                reference: Reference,
            ) -> Result<Json<Form>, ApiError> {
                start_form(&state, reference).await
            }

            /// Get the fields of the start form with their defaults
            #[utoipa::path(get, path = $variables, operation_id = $variables_id, tag = "Process Definition",
                params($($params)*,
                    ("variableNames" = Option<String>, Query, description = "Only these, between commas"),
                    ("deserializeValues" = Option<bool>, Query, description = "Whether objects are shown as JSON")),
                responses((status = 200, body = Object), (status = 404, body = ErrorBody),
                    (status = 500, body = ErrorBody)))]
            async fn variables(
                State(state): State<AppState>,
                reference: Reference,
                parameters: Parameters,
            ) -> Result<Json<Value>, ApiError> {
                form_variables(&state, reference, &parameters).await
            }

            /// Download the deployed start form
            #[utoipa::path(get, path = $deployed, operation_id = $deployed_id, tag = "Process Definition",
                params($($params)*),
                responses((status = 200, content_type = "application/xhtml+xml"), (status = 400, body = ErrorBody),
                    (status = 404, body = ErrorBody), (status = 501, body = ErrorBody)))]
            async fn download(
                State(state): State<AppState>,
                reference: Reference,
            ) -> Result<Response, ApiError> {
                deployed_start_form(&state, reference).await
            }

            /// Get the start form as a page
            ///
            /// Only for forms whose fields stand in the model.
            #[utoipa::path(get, path = $rendered, operation_id = $rendered_id, tag = "Process Definition",
                params($($params)*),
                responses((status = 200, content_type = "application/xhtml+xml"), (status = 404, body = ErrorBody),
                    (status = 500, body = ErrorBody)))]
            async fn page(State(state): State<AppState>, reference: Reference) -> Result<Response, ApiError> {
                rendered_start_form(&state, reference).await
            }

            /// Start an instance by submitting the start form
            ///
            /// Its fields check and convert the variables. What is submitted for the field that holds the business key
            /// becomes the business key, unless the request gives one.
            #[utoipa::path(post, path = $submit, operation_id = $submit_id, tag = "Process Definition",
                params($($params)*, ("Idempotency-Key" = Option<String>, Header)),
                request_body = StartInstanceRequest,
                responses((status = 200, body = StartedInstance), (status = 400, body = ErrorBody),
                    (status = 404, body = ErrorBody), (status = 500, body = ErrorBody)))]
            async fn submit(
                State(state): State<AppState>,
                reference: Reference,
                base: BaseUri,
                headers: HeaderMap,
                JsonBody(request): JsonBody<StartInstanceRequest>,
            ) -> Result<Json<StartedInstance>, ApiError> {
                run(&state, reference, &base, &headers, request, true).await
            }
        }
    };
}

start_form_operations!(
    by_id,
    params(("id" = String, Path, description = "Definition id")),
    "/process-definition/{id}/startForm" as "getStartForm",
    "/process-definition/{id}/form-variables" as "getStartFormVariables",
    "/process-definition/{id}/deployed-start-form" as "getDeployedStartForm",
    "/process-definition/{id}/rendered-form" as "getRenderedStartForm",
    "/process-definition/{id}/submit-form" as "submitForm"
);

start_form_operations!(
    by_key,
    params(("key" = String, Path, description = "BPMN id of the process")),
    "/process-definition/key/{key}/startForm" as "getStartFormByKey",
    "/process-definition/key/{key}/form-variables" as "getStartFormVariablesByKey",
    "/process-definition/key/{key}/deployed-start-form" as "getDeployedStartFormByKey",
    "/process-definition/key/{key}/rendered-form" as "getRenderedStartFormByKey",
    "/process-definition/key/{key}/submit-form" as "submitFormByKey"
);

start_form_operations!(
    by_key_and_tenant,
    params(("key" = String, Path, description = "BPMN id of the process"),
        ("tenant-id" = String, Path, description = "Tenant")),
    "/process-definition/key/{key}/tenant-id/{tenant-id}/startForm" as "getStartFormByKeyAndTenantId",
    "/process-definition/key/{key}/tenant-id/{tenant-id}/form-variables" as "getStartFormVariablesByKeyAndTenantId",
    "/process-definition/key/{key}/tenant-id/{tenant-id}/deployed-start-form" as "getDeployedStartFormByKeyAndTenantId",
    "/process-definition/key/{key}/tenant-id/{tenant-id}/rendered-form" as "getRenderedStartFormByKeyAndTenantId",
    "/process-definition/key/{key}/tenant-id/{tenant-id}/submit-form" as "submitFormByKeyAndTenantId"
);

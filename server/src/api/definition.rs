//! What process and decision definitions have in common.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flowstone_store::Versioned;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::ApiError;
use super::{AppState, deployment};

/// How long history of a definition is wanted.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct TimeToLiveRequest {
    /// Days, at least 0; null: for ever.
    history_time_to_live: Option<i32>,
}

impl TimeToLiveRequest {
    /// The days.
    ///
    /// # Errors
    /// 400 below 0.
    fn days(&self) -> Result<Option<i32>, ApiError> {
        match self.history_time_to_live {
            Some(days) if days < 0 => Err(ApiError::bad_user_request(
                "historyTimeToLive is not greater than or equal to 0",
            )),
            days => Ok(days),
        }
    }
}

/// Sets how long history is wanted of the definition whose id `find` answers.
///
/// # Errors
/// 400 for negative days; 404 when there is no such definition.
pub async fn set_time_to_live(
    state: &AppState,
    of: Versioned,
    request: &TimeToLiveRequest,
    find: impl Future<Output = Result<Arc<str>, ApiError>>,
) -> Result<StatusCode, ApiError> {
    let days = request.days()?;
    let id = find.await?;
    if state.engine().set_history_time_to_live(of, &id, days).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    // It was deleted just now.
    Err(ApiError::not_found(format!("No matching definition with id {id}")))
}

/// The refusal of a key without definition; `kind` is what was looked for, such as `process definition`.
pub fn unknown_key(kind: &str, key: &str, tenant: Option<&str>) -> ApiError {
    let tenant = tenant.map_or_else(|| "no tenant-id".to_owned(), |tenant| format!("tenant-id: {tenant}"));
    ApiError {
        status: StatusCode::NOT_FOUND,
        ..ApiError::rest(format!("No matching {kind} with key: {key} and {tenant}"))
    }
    .code(None)
}

/// The file that a definition came with; `definition` names it in the refusal when the file is gone.
///
/// # Errors
/// 404 when the file is gone.
pub async fn source(
    state: &AppState,
    deployment: Uuid,
    resource_name: &str,
    definition: &str,
) -> Result<String, ApiError> {
    let resource = state.store().resource_named(deployment, resource_name).await?;
    let resource = resource
        .ok_or_else(|| ApiError::not_found(format!("The resource {resource_name} of {definition} does not exist")))?;
    Ok(String::from_utf8_lossy(&resource.bytes).into_owned())
}

/// The picture that was deployed beside a file of decisions, under its name, with or without the key of what it shows;
/// 204 when there is none.
///
/// # Errors
/// When the store cannot be asked.
pub async fn picture(
    state: &AppState,
    deployment_id: Uuid,
    resource_name: &str,
    key: &str,
) -> Result<Response, ApiError> {
    let stem = resource_name.trim_end_matches(".dmn11.xml").trim_end_matches(".dmn");
    for suffix in ["png", "jpg", "gif", "svg"] {
        for name in [format!("{stem}.{key}.{suffix}"), format!("{stem}.{suffix}")] {
            if let Some(resource) = state.store().resource_named(deployment_id, &name).await? {
                return Ok(deployment::download(&resource));
            }
        }
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

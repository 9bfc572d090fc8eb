//! What process and decision definitions have in common.

use axum::http::StatusCode;
use uuid::Uuid;

use super::AppState;
use super::error::ApiError;

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

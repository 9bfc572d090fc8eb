//! Answers for requests that no handler takes: operations that are known but not implemented,
//! paths and methods that do not exist.

use axum::http::{Method, Uri};

use super::base_uri::ROOT;
use super::error::ApiError;
use super::operations;

/// For paths without any handler.
pub async fn unknown_path(method: Method, uri: Uri) -> ApiError {
    let below = uri.path().strip_prefix(ROOT);
    if let Some(error) = below.and_then(|path| not_implemented(&method, path)) {
        return error;
    }
    if below.is_some_and(operations::knows_path) {
        return wrong_method(&method, &uri);
    }
    ApiError::no_resource(format!("Could not find resource for full path: {}", uri.path()))
}

/// For paths that have handlers for other methods only.
pub async fn unknown_method(method: Method, uri: Uri) -> ApiError {
    uri.path()
        .strip_prefix(ROOT)
        .and_then(|path| not_implemented(&method, path))
        .unwrap_or_else(|| wrong_method(&method, &uri))
}

fn wrong_method(method: &Method, uri: &Uri) -> ApiError {
    ApiError::method_not_allowed(format!("No resource method found for {method} {}", uri.path()))
}

fn not_implemented(method: &Method, path: &str) -> Option<ApiError> {
    let operation = operations::find(method.as_str(), path)?;
    let name = match operation.name {
        "-" => String::new(),
        name => format!(" ({name})"),
    };
    Some(ApiError::not_implemented(format!(
        "{} {}{name} is not implemented by this server",
        operation.method, operation.path
    )))
}

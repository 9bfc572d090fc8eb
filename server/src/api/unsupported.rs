//! Answers for requests that no handler takes: operations that are known but not implemented,
//! paths and methods that do not exist.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{Method, Uri};
use axum::middleware::Next;
use axum::response::Response;

use super::base_uri::ROOT;
use super::error::ApiError;
use super::operations::{self, Operation};

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

/// The operations without handler that the router would take for another one: `/deployment/registered` looks like
/// `/deployment/{id}`.
pub fn shadowed(routed: &[(String, String)]) -> Vec<Operation> {
    let unrouted = operations::all().iter().filter(|operation| {
        !routed
            .iter()
            .any(|(method, path)| method == operation.method && same_shape(path, operation.path))
    });
    unrouted
        .filter(|operation| routed.iter().any(|(_, path)| operations::matches(path, operation.path)))
        .copied()
        .collect()
}

fn same_shape(one: &str, other: &str) -> bool {
    operations::matches(one, other) && operations::matches(other, one)
}

/// Runs before routing and answers what [`shadowed`] found.
pub async fn refuse_shadowed(
    State(shadowed): State<Arc<[Operation]>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let below = request.uri().path().strip_prefix(ROOT);
    let meant = below.and_then(|path| {
        shadowed
            .iter()
            .find(|operation| request.method() == operation.method && operations::matches(operation.path, path))
    });
    match meant {
        Some(operation) => Err(named(operation)),
        None => Ok(next.run(request).await),
    }
}

fn not_implemented(method: &Method, path: &str) -> Option<ApiError> {
    operations::find(method.as_str(), path).map(|operation| named(&operation))
}

fn named(operation: &Operation) -> ApiError {
    let name = match operation.name {
        "-" => String::new(),
        name => format!(" ({name})"),
    };
    ApiError::not_implemented(format!(
        "{} {}{name} is not implemented by this server",
        operation.method, operation.path
    ))
}

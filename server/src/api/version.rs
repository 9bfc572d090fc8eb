//! `/version`: the version of the API.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;

/// Version of the API that is served. Camunda Modeler does not deploy to anything but 7.x
/// (contract 3.12).
const API_VERSION: &str = "7.24.0";

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(version))
}

/// The version.
#[derive(Serialize, ToSchema)]
pub struct Version {
    /// Version of the API, not of the server.
    version: &'static str,
}

/// Get the version of the API
#[utoipa::path(get, path = "/version", operation_id = "getRestAPIVersion", tag = "Version",
    responses((status = 200, body = Version)))]
async fn version() -> Json<Version> {
    Json(Version { version: API_VERSION })
}

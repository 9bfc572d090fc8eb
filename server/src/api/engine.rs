//! `/engine`: the names of the engines.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::base_uri::ENGINE_NAME;

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// An engine.
#[derive(Serialize, ToSchema)]
pub struct ProcessEngine {
    /// Name, as used in `/engine/{name}`.
    name: &'static str,
}

/// List the engines
#[utoipa::path(get, path = "/engine", operation_id = "getProcessEngineNames", tag = "Engine",
    responses((status = 200, body = [ProcessEngine])))]
async fn list() -> Json<[ProcessEngine; 1]> {
    Json([ProcessEngine { name: ENGINE_NAME }])
}

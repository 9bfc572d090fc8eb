//! What clients and operators find outside the API root: the addresses of the web applications
//! (contract 3.13 step 5) and the health of the server.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::base_uri::origin;

/// The operations of this room, with paths from the root of the server.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(web_applications))
        .routes(routes!(live))
        .routes(routes!(ready))
}

/// Where the web applications are.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebApplications {
    /// Administration.
    admin_url: String,
    /// Operations.
    cockpit_url: String,
    /// Tasks.
    tasklist_url: String,
}

/// Get the addresses of the web applications
#[utoipa::path(get, path = "/.well-known/camunda-automation-platform/webapps", operation_id = "getWebApplications",
    tag = "Server", responses((status = 200, body = WebApplications)))]
async fn web_applications(headers: HeaderMap) -> Json<WebApplications> {
    let at = |path| format!("{}{path}", origin(&headers));
    Json(WebApplications {
        admin_url: at("/console/#/admin/"),
        cockpit_url: at("/console/#/"),
        tasklist_url: at("/console/#/tasks/"),
    })
}

/// The health of the server.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `UP` or `DOWN`.
    status: &'static str,
}

/// Whether the process lives
#[utoipa::path(get, path = "/livez", operation_id = "getLiveness", tag = "Server",
    responses((status = 200, body = Health)))]
async fn live() -> Json<Health> {
    Json(Health { status: "UP" })
}

/// Whether requests can be served: the database answers and the server is not stopping
#[utoipa::path(get, path = "/readyz", operation_id = "getReadiness", tag = "Server",
    responses((status = 200, body = Health), (status = 503, body = Health)))]
async fn ready(State(state): State<AppState>) -> (StatusCode, Json<Health>) {
    if state.stopping().is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(Health { status: "DOWN" }));
    }
    match state.store().ping().await {
        Ok(()) => (StatusCode::OK, Json(Health { status: "UP" })),
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, Json(Health { status: "DOWN" }))
        }
    }
}

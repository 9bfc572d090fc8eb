//! The description of the API, made from the handlers themselves, and a page to read it.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{Html, IntoResponse};
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::base_uri::ROOT;

/// Serialised once: it is the same as long as the process lives.
static DOCUMENT: LazyLock<String> =
    LazyLock::new(|| serde_json::to_string(&document()).unwrap_or_else(|_| "{}".to_owned()));

/// The head of the description.
pub(crate) fn frame() -> OpenApi {
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Flowstone")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "The Camunda 7 REST API as this server implements it. Every path below /engine-rest is also \
                     served below /engine-rest/engine/default.",
                ))
                .license(Some(LicenseBuilder::new().name("Apache-2.0").build()))
                .build(),
        )
        .build()
}

/// The OpenAPI description of everything that is served.
pub fn document() -> OpenApi {
    crate::http::documented_router().into_openapi()
}

/// Method and path below the API root of every operation of a description.
pub(crate) fn api_operations(document: &OpenApi) -> Vec<(String, String)> {
    let mut operations = Vec::new();
    for (path, item) in &document.paths.paths {
        let Some(below) = path.strip_prefix(ROOT) else {
            continue;
        };
        for (method, operation) in [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PUT", &item.put),
            ("DELETE", &item.delete),
        ] {
            if operation.is_some() {
                operations.push((method.to_owned(), below.to_owned()));
            }
        }
    }
    operations
}

/// The operations of this room, with paths from the root of the server.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(json)).routes(routes!(page))
}

/// The description below the API root.
pub fn api_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(api_json))
}

fn reply() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

/// This description
#[utoipa::path(get, path = "/openapi.json", operation_id = "getOpenApi", tag = "Server",
    responses((status = 200, body = Object)))]
async fn json() -> impl IntoResponse {
    reply()
}

/// This description, below the API root
#[utoipa::path(get, path = "/openapi.json", operation_id = "getApiOpenApi", tag = "Server",
    responses((status = 200, body = Object)))]
async fn api_json() -> impl IntoResponse {
    reply()
}

/// A page to read this description
#[utoipa::path(get, path = "/docs", operation_id = "getDocumentation", tag = "Server",
    responses((status = 200, body = String, content_type = "text/html")))]
async fn page() -> Html<&'static str> {
    Html(include_str!("openapi.html"))
}

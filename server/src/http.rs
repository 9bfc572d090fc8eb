//! The HTTP server: the router with everything around it, and its life from listening to a stop
//! that loses nothing.

use std::any::Any;
use std::future::IntoFuture;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use flowstone_engine::Engine;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowHeaders, Any as Anything, CorsLayer};
use utoipa_axum::router::OpenApiRouter;

use crate::api::base_uri::{self, ROOT};
use crate::api::error::ApiError;
use crate::api::{self, AppState, ServerOptions, openapi, unsupported, well_known};
use crate::metrics;

/// How often measurements that nobody has asked for are folded together.
const METRICS_UPKEEP: Duration = Duration::from_secs(60);

/// Everything that is served, with its documentation.
pub(crate) fn documented_router() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::frame())
        .nest(ROOT, api::paths().merge(openapi::api_routes()))
        .merge(well_known::routes())
        .merge(metrics::routes())
        .merge(openapi::routes())
}

/// The server as a service: both forms of the API, health, measurements and documentation.
pub fn router(state: AppState) -> Router {
    metrics::recorder();
    let limit = DefaultBodyLimit::max(state.options().max_deployment_bytes);
    let (routes, document) = documented_router().split_for_parts();
    let shadowed: Arc<[_]> = unsupported::shadowed(&openapi::api_operations(&document)).into();
    let routes = routes
        .fallback(unsupported::unknown_path)
        .method_not_allowed_fallback(unsupported::unknown_method)
        .layer(middleware::from_fn(metrics::measure))
        .layer(limit)
        .with_state(state);
    // The name of the engine must be gone from the path before it is routed.
    Router::new()
        .fallback_service(routes)
        .layer(middleware::from_fn_with_state(shadowed, unsupported::refuse_shadowed))
        .layer(middleware::from_fn(base_uri::resolve_engine_name))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(complete_headers))
        .layer(
            CorsLayer::new()
                .allow_origin(Anything)
                .allow_methods(Anything)
                // A `*` would not cover the Authorization header.
                .allow_headers(AllowHeaders::mirror_request())
                .expose_headers(Anything),
        )
}

/// Serves an engine until `stopping` is cancelled, then answers what has been asked, parked
/// fetches with nothing, and stops the engine.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    engine: Engine,
    options: ServerOptions,
    stopping: CancellationToken,
) -> io::Result<()> {
    let grace = options.shutdown_grace;
    let router = router(AppState::new(engine.clone(), options, stopping.clone()));
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps delaying small replies");
        }
    });
    let server = axum::serve(listener, router)
        .with_graceful_shutdown(stopping.clone().cancelled_owned())
        .into_future();
    let overdue = async {
        stopping.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    let upkeep = async {
        loop {
            tokio::time::sleep(METRICS_UPKEEP).await;
            metrics::recorder().run_upkeep();
        }
    };
    let served = tokio::select! {
        served = server => served,
        () = overdue => {
            tracing::warn!("clients did not take their replies in time; their connections are closed");
            Ok(())
        }
        () = upkeep => Ok(()),
    };
    engine.shutdown().await;
    served
}

/// What every reply has: errors always have a JSON body, reads are never cached.
async fn complete_headers(request: Request, next: Next) -> Response {
    let read = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = next.run(request).await;
    let status = response.status();
    let is_json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/json");
    if (status.is_client_error() || status.is_server_error()) && !is_json {
        response = plain_error(status).into_response();
    }
    if read {
        response
            .headers_mut()
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-cache"));
    }
    response
}

/// For refusals that come from the HTTP layers below the handlers.
fn plain_error(status: StatusCode) -> ApiError {
    let reason = status.canonical_reason().unwrap_or("the request was refused");
    ApiError {
        status,
        ..ApiError::invalid(format!("HTTP {} {reason}", status.as_u16()))
    }
}

/// A handler that panicked is a defect; the client learns no more than that.
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(message, "a request handler panicked");
    ApiError::internal(
        "RuntimeException",
        "The server failed to handle the request; its log says why",
    )
    .code(None)
    .into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    async fn reply(router: Router) -> (StatusCode, String, String) {
        let request = Request::get("/x").body(Body::empty()).unwrap();
        let reply = router.oneshot(request).await.unwrap();
        let kind = reply.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let status = reply.status();
        let body = to_bytes(reply.into_body(), 10_000).await.unwrap();
        (status, kind, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_panic_tells_the_client_nothing() {
        async fn broken() -> &'static str {
            panic!("secret")
        }
        let router = Router::new()
            .route("/x", get(broken))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(middleware::from_fn(complete_headers));
        let (status, kind, body) = reply(router).await;
        assert_eq!(
            (status, kind.as_str()),
            (StatusCode::INTERNAL_SERVER_ERROR, "application/json")
        );
        assert!(!body.contains("secret") && body.contains("RuntimeException"), "{body}");
    }

    #[tokio::test]
    async fn refusals_without_a_body_get_one() {
        let router = Router::new()
            .route("/x", get(|| async { (StatusCode::BAD_REQUEST, "plain") }))
            .layer(middleware::from_fn(complete_headers));
        let (status, kind, body) = reply(router).await;
        assert_eq!((status, kind.as_str()), (StatusCode::BAD_REQUEST, "application/json"));
        assert!(body.contains("\"message\":\"HTTP 400 Bad Request\""), "{body}");
    }
}

//! The two names under which the API is served, and absolute links (contract 3.0 rules 8 and 10).

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header, uri::PathAndQuery};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::AppState;
use super::error::ApiError;

/// Where the API is mounted.
pub const ROOT: &str = "/engine-rest";

/// Name of the only engine.
pub const ENGINE_NAME: &str = "default";

/// Address of the API root as the client reached it, without a slash at its end; with the name of
/// the engine when the client used that form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUri(String);

impl BaseUri {
    /// Absolute address of a path below the API root.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl FromRequestParts<AppState> for BaseUri {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        Ok(parts
            .extensions
            .get()
            .cloned()
            .unwrap_or_else(|| BaseUri(format!("{}{ROOT}", origin(&parts.headers)))))
    }
}

/// Scheme and host by which the client reached the server; a proxy in front says so in the
/// `X-Forwarded-*` headers.
pub fn origin(headers: &HeaderMap) -> String {
    let first = |name: &str| {
        let text = headers.get(name)?.to_str().ok()?;
        let first = text.split(',').next()?.trim();
        // Whatever stands here is repeated in replies.
        (!first.is_empty() && first.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:[]".contains(c))).then_some(first)
    };
    let scheme = first("x-forwarded-proto").unwrap_or("http");
    let host = first("x-forwarded-host")
        .or_else(|| first(header::HOST.as_str()))
        .unwrap_or("localhost");
    format!("{scheme}://{host}")
}

/// Leads `/engine-rest/engine/{name}/…` to the same handlers as `/engine-rest/…` and remembers
/// which form was used. Runs before routing.
pub async fn resolve_engine_name(mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let Some(below) = path.strip_prefix(ROOT) else {
        return next.run(request).await;
    };
    let mut base = format!("{}{ROOT}", origin(request.headers()));
    let named = below
        .strip_prefix("/engine/")
        .and_then(|named| named.split_once('/'))
        .map(|(name, rest)| (name.to_owned(), format!("{ROOT}/{rest}")));
    if let Some((name, path)) = named {
        if name != ENGINE_NAME {
            return ApiError {
                status: StatusCode::BAD_REQUEST,
                ..ApiError::invalid("No process engine available")
            }
            .into_response();
        }
        base.push_str("/engine/");
        base.push_str(&name);
        if let Some(uri) = with_path(request.uri(), path) {
            *request.uri_mut() = uri;
        }
    }
    request.extensions_mut().insert(BaseUri(base));
    next.run(request).await
}

fn with_path(uri: &Uri, path: String) -> Option<Uri> {
    let path = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

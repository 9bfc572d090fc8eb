//! Errors as the REST API shows them (contract 3.1).

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flowstone_core::Rejection;
use flowstone_engine::Error;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Code of an error that an engine exception is behind and that has no code of its own.
const FALLBACK_CODE: i64 = 0;

/// Codes of this server in the range that Camunda leaves to users (contract 3.1 and 5.10).
pub mod code {
    /// The lock under which a worker reported was replaced by a newer one.
    pub const STALE_LOCK: i64 = 20_001;
}

/// A request that was not carried out, as it is answered.
///
/// Clients map status, `type` and `code` to the exceptions that their users catch, so each
/// operation answers exactly what the contract lists for it.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// Simple name of the Java exception class.
    pub kind: Cow<'static, str>,
    /// What is wrong and, where it helps, what to do.
    pub message: String,
    /// `None` when no engine exception is behind it, 0 when one without a code of its own is.
    pub code: Option<i64>,
    /// More, for programs.
    pub details: Option<Value>,
}

/// The body of an error.
#[derive(Serialize, ToSchema)]
pub struct ErrorBody {
    /// Simple name of the exception class, such as `RestException`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is wrong.
    pub message: String,
    /// Stable number; null when no engine exception is behind it.
    pub code: Option<i64>,
    /// Only for errors that carry more, such as the problems of a deployed file by resource name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

impl ApiError {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>, code: Option<i64>) -> Self {
        ApiError {
            status,
            kind: Cow::Borrowed(kind),
            message: message.into(),
            code,
            details: None,
        }
    }

    /// 400 `InvalidRequestException`, code null: the request itself is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidRequestException", message, None)
    }

    /// 400 `InvalidRequestException`, code 0: the engine found the request wrong.
    pub fn invalid_for_engine(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "InvalidRequestException",
            message,
            Some(FALLBACK_CODE),
        )
    }

    /// 400 `RestException`, code 0: the state does not allow the operation.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "RestException", message, Some(FALLBACK_CODE))
    }

    /// 400 `BadUserRequestException`, code 0.
    pub fn bad_user_request(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "BadUserRequestException",
            message,
            Some(FALLBACK_CODE),
        )
    }

    /// 404 `InvalidRequestException`, code null.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "InvalidRequestException", message, None)
    }

    /// 404 `RestException`, code 0.
    pub fn rest_not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "RestException", message, Some(FALLBACK_CODE))
    }

    /// 404 `NotFoundException`: no such path.
    pub fn no_resource(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFoundException", message, None)
    }

    /// 405 `NotAllowedException`: the path exists, not with this method.
    pub fn method_not_allowed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "NotAllowedException", message, None)
    }

    /// 413 `InvalidRequestException`: the body is larger than `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "InvalidRequestException",
            format!("The request body is larger than the {limit} bytes that this server accepts"),
            None,
        )
    }

    /// 415 `NotSupportedException`: the body has a type that the operation does not take.
    pub fn unsupported_media_type(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "NotSupportedException",
            message,
            None,
        )
    }

    /// 501 `NotImplementedException`: an operation of Camunda that this server does not have.
    pub fn not_implemented(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "NotImplementedException", message, None)
    }

    /// 500 `NullValueException`, code 0: a mandatory value is missing. Camunda answers these with
    /// 500, and clients expect it (contract 3.1).
    pub fn null_value(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "NullValueException",
            message,
            Some(FALLBACK_CODE),
        )
    }

    /// 500 with the given exception class, code 0.
    pub fn internal(kind: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, kind, message, Some(FALLBACK_CODE))
    }

    /// 500 `ProcessEngineException`, code 0.
    pub fn engine(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "ProcessEngineException",
            message,
            Some(FALLBACK_CODE),
        )
    }

    /// 500 `RestException`, code 0.
    pub fn rest(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "RestException",
            message,
            Some(FALLBACK_CODE),
        )
    }

    /// 500 `InvalidRequestException`, code 0.
    pub fn invalid_as_server_error(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InvalidRequestException",
            message,
            Some(FALLBACK_CODE),
        )
    }

    /// The same error with another exception class.
    #[must_use]
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = Cow::Borrowed(kind);
        self
    }

    /// The same error with another code.
    #[must_use]
    pub fn code(mut self, code: Option<i64>) -> Self {
        self.code = code;
        self
    }

    /// The same error with details for programs.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// The same error with `prefix` before its message.
    #[must_use]
    pub fn prefixed(mut self, prefix: &str) -> Self {
        self.message.insert_str(0, prefix);
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status;
        let body = ErrorBody {
            kind: self.kind.into_owned(),
            message: self.message,
            code: self.code,
            details: self.details,
        };
        let mut response = (status, Json(body)).into_response();
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            // The rest of the body may still be on its way: the connection cannot be used again.
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// What an engine error is where the contract names nothing more specific: 500, as every engine
/// exception that no resource translates (contract 3.1).
impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejected(rejection) => rejection.into(),
            Error::Unknown(id) => ApiError::null_value(format!("execution {id} doesn't exist: execution is null")),
            Error::UnknownDefinition(id) => ApiError::null_value(format!(
                "no deployed process definition found with id '{id}': processDefinition is null"
            )),
            Error::SuspendedDefinition(_) => {
                ApiError::bad_user_request(error.to_string()).kind("SuspendedEntityInteractionException")
            }
            Error::ShuttingDown => ApiError::rest("Request rejected due to shutdown of application server."),
            Error::Store(error) => error.into(),
            Error::UnknownDecision(id) => ApiError::null_value(format!(
                "no deployed decision definition found with id '{id}': decisionDefinition is null"
            )),
            Error::DecisionFailed { .. } | Error::UnusableDefinition { .. } | Error::DefinitionInUse { .. } => {
                ApiError::engine(error.to_string())
            }
        }
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        let message = rejection.to_string();
        match rejection {
            Rejection::UnknownExternalTask { .. } => ApiError::rest_not_found(message),
            Rejection::UnknownTask { .. } | Rejection::UnknownExecution { .. } | Rejection::Ended { .. } => {
                ApiError::null_value(message)
            }
            Rejection::SuspendedInstance { .. } => ApiError::internal("SuspendedEntityInteractionException", message),
            Rejection::InvalidInstruction { .. } => ApiError::internal("NotValidException", message),
            Rejection::AlreadyClaimed { .. } => {
                ApiError::internal("TaskAlreadyClaimedException", message).code(Some(0))
            }
            Rejection::StaleLock { .. } => ApiError::refused(message).code(Some(code::STALE_LOCK)),
            Rejection::Suspended { .. } => {
                ApiError::bad_user_request(message).kind("SuspendedEntityInteractionException")
            }
            _ => ApiError::engine(message),
        }
    }
}

/// The store's texts hold no SQL and no secrets.
impl From<flowstone_store::Error> for ApiError {
    fn from(error: flowstone_store::Error) -> Self {
        tracing::error!(%error, "a request failed in the database");
        ApiError::engine(error.to_string())
    }
}

//! What can go wrong between this SDK and the server.

use std::time::Duration;

use thiserror::Error;

use crate::VariableError;

/// Why a call to the server failed. Nothing here carries credentials.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// No answer came: the server is down, unreachable or too slow. The call may still have been
    /// applied; repeating it is safe for every operation on a locked task.
    #[error("no answer from {server}: {source}; check that the server runs and that the address is right")]
    Connection {
        /// Scheme, host and port of the server.
        server: String,
        /// What the transport reported.
        #[source]
        source: reqwest::Error,
    },
    /// The server answered with an error (contract section 3.1).
    #[error("the server refused with {status} {kind}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// `type` of the error body, for example `RestException`.
        kind: String,
        /// `message` of the error body.
        message: String,
        /// `code` of the error body; 20000 and above are distinct reasons of the server.
        code: Option<i64>,
        /// How long the server asks to wait before the next call (`Retry-After`).
        retry_after: Option<Duration>,
    },
    /// The answer arrived but is not what the contract promises.
    #[error("the server sent an answer this SDK cannot read: {reason}; is the address that of an engine-rest API?")]
    Answer {
        /// What was wrong with it.
        reason: String,
    },
    /// A value cannot travel as a process variable.
    #[error(transparent)]
    Variable(#[from] VariableError),
    /// A file to deploy cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file as named by the caller.
        path: String,
        /// What the operating system reported.
        #[source]
        source: std::io::Error,
    },
    /// The client or worker was given settings it cannot work with.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// Settings a client or worker cannot work with; found before the first call.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The base URL is not an http(s) address.
    #[error("`{url}` is not a server address ({reason}); write it like http://localhost:8080")]
    Url {
        /// The address as given, without credentials.
        url: String,
        /// Why it was refused.
        reason: String,
    },
    /// Credentials that cannot be put into a header.
    #[error("the credentials contain characters that an HTTP header cannot carry")]
    Credentials,
    /// The HTTP client could not be set up.
    #[error("the HTTP client cannot start: {0}; check the TLS certificates of this machine")]
    Transport(String),
    /// A worker without work.
    #[error("the worker has no topic; add one with `topic` or `subscribe`")]
    NoTopic,
    /// Two subscriptions for one topic.
    #[error("topic `{0}` is subscribed twice; a worker takes one handler per topic")]
    DuplicateTopic(String),
    /// A topic limit that would never run anything.
    #[error("topic `{topic}`: {reason}")]
    Topic {
        /// Name of the topic.
        topic: String,
        /// What to change.
        reason: &'static str,
    },
}

impl Error {
    /// HTTP status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Error::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the thing addressed does not exist (any more).
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Whether the same call may succeed later without anybody changing anything: no answer, or an
    /// answer by which a server or proxy says that it is busy, restarting or broken.
    pub fn is_transient(&self) -> bool {
        match self {
            Error::Connection { .. } => true,
            Error::Refused { status, .. } => *status >= 500 || matches!(status, 408 | 429),
            _ => false,
        }
    }

    /// How long the server asked to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Error::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

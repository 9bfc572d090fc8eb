//! From failures of the driver to errors of the store.
//!
//! Clients see neither SQL nor values; the cause goes to the log of the node where it happened.

use flowstone_store::Error;

/// Turns a failure of `operation` into the error that the caller sees and logs its cause.
pub(crate) fn failure(operation: &'static str, error: sqlx::Error) -> Error {
    let mapped = match &error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
            Error::Unavailable("the connection was lost; check that Postgres runs and is reachable".to_owned())
        }
        sqlx::Error::PoolTimedOut => Error::Unavailable(
            "no connection became free in time; Postgres is overloaded, unreachable, or the pool is too small"
                .to_owned(),
        ),
        sqlx::Error::PoolClosed => Error::Unavailable("the store is shut down".to_owned()),
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::TypeNotFound { .. } => Error::Corrupt(format!(
            "{operation}: a row does not have the form of this version's schema"
        )),
        sqlx::Error::Database(refusal) => {
            let code = refusal.code().unwrap_or_default();
            if is_transient(&code) {
                Error::Unavailable(format!("Postgres refused for now (SQLSTATE {code})"))
            } else {
                Error::Failed(format!(
                    "{operation} (SQLSTATE {code}; the log of this node has the details)"
                ))
            }
        }
        _ => Error::Failed(format!("{operation} (the log of this node has the details)")),
    };
    tracing::warn!(operation, %error, "a database operation failed");
    mapped
}

/// Whether the failure is the database's state of the moment rather than the statement's fault.
fn is_transient(code: &str) -> bool {
    // Connection exceptions, insufficient resources, transaction rollbacks, shutdown and restart,
    // lock and statement timeouts.
    code.starts_with("08")
        || code.starts_with("53")
        || code.starts_with("40")
        || matches!(code, "57P01" | "57P02" | "57P03" | "57014" | "55P03" | "25006")
}

/// Whether the transaction was rolled back by a race with another one, so that it can be repeated
/// at once: a deadlock, a serialization failure, or a unique key that both wrote.
pub(crate) fn is_race(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(refusal) = error else {
        return false;
    };
    match refusal.code().as_deref() {
        Some("40P01" | "40001") => true,
        Some("23505") => matches!(
            refusal.constraint(),
            Some("applied_command_pkey" | "process_definition_version" | "large_value_pkey")
        ),
        _ => false,
    }
}

/// An error for stored data that this version does not understand.
pub(crate) fn corrupt(what: impl Into<String>) -> Error {
    Error::Corrupt(what.into())
}

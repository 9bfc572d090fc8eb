//! From failures of the driver to errors of the store.
//!
//! Clients see neither SQL nor values; the cause goes to the log.

use flowstone_store::Error;

/// Turns a failure of `operation` into the error that the caller sees and logs its cause.
pub(crate) fn failure(operation: &'static str, error: sqlx::Error) -> Error {
    let mapped = match &error {
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => {
            Error::Unavailable("the database file cannot be used; check the disk and its permissions".to_owned())
        }
        sqlx::Error::PoolTimedOut => Error::Unavailable("the database is overloaded; try again".to_owned()),
        sqlx::Error::PoolClosed => Error::Unavailable("the store is shut down".to_owned()),
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::TypeNotFound { .. } => Error::Corrupt(format!(
            "{operation}: a row does not have the form of this version's schema"
        )),
        sqlx::Error::Database(refusal) => refused(operation, refusal.code().as_deref()),
        _ => Error::Failed(format!("{operation} (the log has the details)")),
    };
    tracing::warn!(operation, %error, "a database operation failed");
    mapped
}

/// The low byte of an extended result code is the primary one.
fn refused(operation: &'static str, code: Option<&str>) -> Error {
    let code: i32 = code.and_then(|code| code.parse().ok()).unwrap_or_default();
    match code & 0xff {
        5 | 6 => Error::Unavailable("another program locks the database file; try again when it is done".to_owned()),
        8 => Error::Unavailable("the database file is read-only; check its permissions".to_owned()),
        10 | 14 => {
            Error::Unavailable("the database file cannot be used; check the disk and its permissions".to_owned())
        }
        13 => Error::Unavailable("the disk is full; free some space".to_owned()),
        11 | 26 => Error::Corrupt("the file is damaged or no SQLite database; restore a backup".to_owned()),
        _ => Error::Failed(format!("{operation} (SQLite code {code}; the log has the details)")),
    }
}

/// An error for stored data that this version does not understand.
pub(crate) fn corrupt(what: impl Into<String>) -> Error {
    Error::Corrupt(what.into())
}

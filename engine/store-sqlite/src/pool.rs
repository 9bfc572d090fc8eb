//! Connections: one that writes, a few that read.

use std::path::Path;
use std::time::Duration;

use flowstone_store::Result;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::error::failure;

/// Name of the collation that compares texts without regard to case.
pub(crate) const ANY_CASE: &str = "any_case";

/// Page cache of the writer, in KiB as a negative number: what commits touch stays in memory.
const WRITER_CACHE: &str = "-16384";

/// After how many pages of the write-ahead log they are merged into the file: pages that many
/// commits change, such as the ends of indexes, are merged once for all of them.
const CHECKPOINT_PAGES: &str = "4000";

/// How a [`crate::SqliteStore`] opens its file.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// Connections for queries and loads.
    pub read_connections: u32,
    /// Whether to migrate the schema when opening.
    pub migrate: bool,
    /// How long to wait for a program that locks the file, such as a backup.
    pub busy_timeout: Duration,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        SqliteOptions {
            read_connections: 4,
            migrate: true,
            busy_timeout: Duration::from_secs(10),
        }
    }
}

/// Opens both pools; answers (writer, readers).
pub(crate) async fn open(path: &Path, in_memory: bool, options: &SqliteOptions) -> Result<(SqlitePool, SqlitePool)> {
    let fail = |error| failure("opening the database", error);
    let connect = SqliteConnectOptions::new()
        .foreign_keys(false)
        .busy_timeout(options.busy_timeout)
        .statement_cache_capacity(256)
        .pragma("case_sensitive_like", "on")
        .pragma("temp_store", "memory")
        .collation(ANY_CASE, |left, right| left.to_lowercase().cmp(&right.to_lowercase()));
    if in_memory {
        // Every connection would be a database of its own: one serves all.
        let only = pool(1).connect_with(connect.in_memory(true)).await.map_err(fail)?;
        return Ok((only.clone(), only));
    }
    let connect = connect.filename(path);
    let writer = pool(1)
        .connect_with(
            connect
                .clone()
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .pragma("cache_size", WRITER_CACHE)
                .pragma("wal_autocheckpoint", CHECKPOINT_PAGES),
        )
        .await
        .map_err(fail)?;
    let readers = pool(options.read_connections.max(1)).connect_lazy_with(connect.pragma("query_only", "on"));
    Ok((writer, readers))
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(u32::from(connections == 1))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_commit_waits_for_the_disk() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("flowstone.db");
        let (writer, _) = open(&path, false, &SqliteOptions::default()).await.unwrap();
        let journal: String = sqlx::query_scalar("pragma journal_mode")
            .fetch_one(&writer)
            .await
            .unwrap();
        let synchronous: i64 = sqlx::query_scalar("pragma synchronous")
            .fetch_one(&writer)
            .await
            .unwrap();
        assert_eq!(
            (journal.as_str(), synchronous),
            ("wal", 2),
            "write-ahead log, synchronous = full"
        );
    }
}

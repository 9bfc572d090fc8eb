//! The SQLite store, the embedded default.
//!
//! One connection writes, a few read beside it (write-ahead log). A batch of commands is one
//! transaction with one statement per table, its rows a JSON array (`commit`); queries are compiled
//! from a closed table of fields (`query`). A commit is acknowledged when it is on the disk
//! (`synchronous = full`). A file belongs to one server at a time (`lock`).

mod cells;
mod commit;
mod decision;
mod definition;
mod error;
mod history;
mod job_override;
mod live;
mod lock;
mod migrate;
mod pool;
mod query;
mod rows;
mod store;
mod table;

use std::path::Path;
use std::sync::Arc;

use flowstone_store::Result;
use sqlx::SqlitePool;

pub use migrate::PendingMigration;
pub use pool::SqliteOptions;

/// A store in a SQLite file, or in memory.
///
/// Clones share their connections.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    /// The one connection that writes.
    writer: SqlitePool,
    /// Connections that only read.
    readers: SqlitePool,
    /// Held as long as the store lives; `None` in memory.
    _lock: Option<Arc<lock::FileLock>>,
}

impl SqliteStore {
    /// Opens the file at `path`, creating it and its directory where they are missing, and, unless
    /// [`SqliteOptions::migrate`] is off, brings the schema up to date. The path `:memory:` is a
    /// database that lives as long as the store.
    ///
    /// # Errors
    /// When another server has the file open, it cannot be read or written, or a migration fails.
    pub async fn open(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self> {
        let path = path.as_ref();
        let in_memory = path == Path::new(":memory:");
        let lock = if in_memory {
            None
        } else {
            Some(Arc::new(lock::FileLock::acquire(path)?))
        };
        let (writer, readers) = pool::open(path, in_memory, &options).await?;
        let store = SqliteStore {
            writer,
            readers,
            _lock: lock,
        };
        if options.migrate {
            store.migrate().await?;
        }
        Ok(store)
    }

    /// Migrations that this version brings and the database lacks, in the order they would run.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pending_migrations(&self) -> Result<Vec<PendingMigration>> {
        migrate::pending(&self.writer).await
    }

    /// Applies the pending migrations.
    ///
    /// # Errors
    /// When a migration fails, or the database was migrated by another version.
    pub async fn migrate(&self) -> Result<()> {
        migrate::migrate(&self.writer).await
    }

    /// Closes all connections; waits for what is running.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

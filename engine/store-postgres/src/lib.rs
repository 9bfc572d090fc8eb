//! The Postgres store.
//!
//! A batch of commands is written by one statement (`commit`), an instance is read by one
//! statement (`load`), queries are compiled from a closed table of fields (`query`), history is
//! partitioned by month (`migrate`), and nodes tell each other what became available over
//! `LISTEN`/`NOTIFY` (`hint`). When nothing happens, nothing is sent to the database.

mod commit;
mod decision;
mod deployment;
mod document;
mod error;
mod hint;
mod job_override;
mod load;
mod migrate;
mod pool;
mod query;
mod store;
mod text;

use chrono::Utc;
use flowstone_store::Result;
use sqlx::PgPool;
use uuid::Uuid;

pub use migrate::PendingMigration;
pub use pool::PostgresOptions;

/// A store in a Postgres database (version 14 or later), shared by any number of nodes.
///
/// Clones share their connections.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    /// Connections of commits and of what commands need to read.
    hot: PgPool,
    /// Connections of queries, deployments and hints: a long report must not hold up commands.
    queries: PgPool,
    /// Who sent a hint.
    node: Uuid,
}

impl PostgresStore {
    /// Connects and, unless [`PostgresOptions::migrate`] is off, brings the schema up to date.
    ///
    /// # Errors
    /// When the URL is wrong, the database cannot be reached, or a migration fails.
    pub async fn connect(url: &str, options: PostgresOptions) -> Result<Self> {
        let (hot, queries) = pool::open(url, &options).await?;
        let store = PostgresStore {
            hot,
            queries,
            node: Uuid::new_v4(),
        };
        if options.migrate {
            store.migrate().await?;
            store.maintain().await?;
        }
        Ok(store)
    }

    /// Migrations that this version brings and the database lacks, in the order they would run.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pending_migrations(&self) -> Result<Vec<PendingMigration>> {
        migrate::pending(&self.queries).await
    }

    /// Applies the pending migrations. Several nodes may call this at once.
    ///
    /// # Errors
    /// When a migration fails, or the database was migrated by another version.
    pub async fn migrate(&self) -> Result<()> {
        migrate::migrate(&self.queries).await
    }

    /// Creates the partitions of history for the coming months. Called when connecting; a server
    /// that runs for months calls it about once a day.
    ///
    /// # Errors
    /// When the database cannot be reached. A partition that cannot be created for now is logged
    /// and left to the next call; its rows go to the default partition.
    pub async fn maintain(&self) -> Result<()> {
        migrate::create_partitions(&self.queries, Utc::now()).await
    }

    /// Closes all connections; waits for what is running.
    pub async fn close(&self) {
        self.hot.close().await;
        self.queries.close().await;
    }
}

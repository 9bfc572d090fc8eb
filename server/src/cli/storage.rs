//! Opening the database that the settings name.

use std::sync::Arc;

use anyhow::{Context, bail};
use flowstone_store::{MemoryStore, SharedStore};
use flowstone_store_postgres::{PostgresOptions, PostgresStore};
use flowstone_store_sqlite::{SqliteOptions, SqliteStore};

use crate::config::{Config, mask};

/// Opens the database and brings it up to date.
pub(super) async fn open(config: &Config) -> anyhow::Result<SharedStore> {
    Ok(match kind(&config.database_url)? {
        Kind::Memory => Arc::new(MemoryStore::new()),
        Kind::Sqlite(path) => Arc::new(open_sqlite(path, SqliteOptions::default()).await?),
        Kind::Postgres(url) => Arc::new(open_postgres(url, PostgresOptions::default()).await?),
    })
}

/// Brings the database up to date, or prints what that would run.
pub(super) async fn migrate(config: &Config, dry_run: bool) -> anyhow::Result<()> {
    let pending: Vec<(String, String)> = match kind(&config.database_url)? {
        Kind::Memory => bail!("a database in memory has nothing to migrate"),
        Kind::Sqlite(path) => {
            let options = SqliteOptions {
                migrate: false,
                ..SqliteOptions::default()
            };
            let store = open_sqlite(path, options).await?;
            let pending = store.pending_migrations().await?;
            if !dry_run {
                store.migrate().await?;
            }
            pending
                .into_iter()
                .map(|migration| (migration.name, migration.sql))
                .collect()
        }
        Kind::Postgres(url) => {
            let options = PostgresOptions {
                migrate: false,
                ..PostgresOptions::default()
            };
            let store = open_postgres(url, options).await?;
            let pending = store.pending_migrations().await?;
            if !dry_run {
                store.migrate().await?;
            }
            pending
                .into_iter()
                .map(|migration| (migration.name, migration.sql))
                .collect()
        }
    };
    if pending.is_empty() {
        println!("-- the database is up to date");
    }
    for (name, sql) in pending {
        if dry_run {
            println!("-- {name}\n{sql}");
        } else {
            println!("applied {name}");
        }
    }
    Ok(())
}

enum Kind<'a> {
    Memory,
    Sqlite(&'a str),
    Postgres(&'a str),
}

fn kind(url: &str) -> anyhow::Result<Kind<'_>> {
    if url == "memory:" {
        return Ok(Kind::Memory);
    }
    if let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
        return Ok(Kind::Sqlite(path));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Kind::Postgres(url));
    }
    bail!(
        "the database URL '{}' is not understood; use sqlite://PATH, postgres://… or memory:",
        mask(url)
    )
}

async fn open_sqlite(path: &str, options: SqliteOptions) -> anyhow::Result<SqliteStore> {
    SqliteStore::open(path, options)
        .await
        .with_context(|| format!("the SQLite database {path} cannot be opened"))
}

async fn open_postgres(url: &str, options: PostgresOptions) -> anyhow::Result<PostgresStore> {
    PostgresStore::connect(url, options)
        .await
        .with_context(|| format!("the database {} cannot be opened", mask(url)))
}

//! The schema and its migrations.

use flowstone_store::{Error, Result};
use sqlx::SqlitePool;
use sqlx::migrate::{MigrateError, Migrator};

use crate::error::failure;

/// Every migration, embedded in the binary.
static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// A migration that has not been applied to the database yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingMigration {
    /// Number and title, such as `0001 instances definitions history`.
    pub name: String,
    /// The SQL that would run.
    pub sql: String,
}

/// Brings the schema up to this version.
pub(crate) async fn migrate(pool: &SqlitePool) -> Result<()> {
    MIGRATIONS.run(pool).await.map_err(|error| migration_failure(&error))
}

/// What [`migrate`] would do.
pub(crate) async fn pending(pool: &SqlitePool) -> Result<Vec<PendingMigration>> {
    let exists: bool =
        sqlx::query_scalar("select exists (select 1 from sqlite_schema where name = '_sqlx_migrations')")
            .fetch_one(pool)
            .await
            .map_err(|error| failure("looking for applied migrations", error))?;
    let applied: Vec<i64> = if exists {
        sqlx::query_scalar("select version from _sqlx_migrations where success")
            .fetch_all(pool)
            .await
            .map_err(|error| failure("reading the applied migrations", error))?
    } else {
        Vec::new()
    };
    Ok(MIGRATIONS
        .iter()
        .filter(|migration| !applied.contains(&migration.version))
        .map(|migration| PendingMigration {
            name: format!("{:04} {}", migration.version, migration.description),
            sql: migration.sql.as_str().to_owned(),
        })
        .collect())
}

fn migration_failure(error: &MigrateError) -> Error {
    tracing::error!(%error, "the schema could not be migrated");
    match error {
        MigrateError::VersionMissing(version) => Error::Failed(format!(
            "the database has migration {version}, which this version does not know: it was migrated by a newer one; \
             start that version or restore a backup"
        )),
        MigrateError::VersionMismatch(version) => Error::Failed(format!(
            "migration {version} of the database differs from the one of this version; use an unmodified release"
        )),
        MigrateError::Dirty(version) => Error::Failed(format!(
            "migration {version} was begun and did not finish; restore a backup or repair the schema by hand"
        )),
        _ => Error::Failed("the schema could not be migrated; the log has the details".to_owned()),
    }
}

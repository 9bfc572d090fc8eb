//! The schema: migrations and the monthly partitions of history.

use chrono::{DateTime, Datelike as _, Months, NaiveDate, Utc};
use flowstone_store::history::TABLES;
use flowstone_store::{Error, Result};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, PgPool, Row as _};
use uuid::Uuid;

use crate::error::failure;

/// Every migration, embedded in the binary.
static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");

/// Tables that are partitioned by the month in which an instance began, beside [`TABLES`].
const PARTITIONED: [&str; 4] = [
    "history_process_instance",
    "history_activity",
    "history_event",
    "history_large_value",
];

/// For how many months ahead partitions are made.
const MONTHS_AHEAD: u32 = 2;

/// Number of the advisory lock under which partitions are made.
const PARTITION_LOCK: i64 = 0x666c_6f77_7061_7274;

/// A migration that has not been applied to the database yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingMigration {
    /// Number and title, such as `0001 instances definitions history`.
    pub name: String,
    /// The SQL that would run.
    pub sql: String,
}

/// Brings the schema up to this version. Several nodes may start at once: an advisory lock lets
/// one of them do the work.
pub(crate) async fn migrate(pool: &PgPool) -> Result<()> {
    let fail = |error| failure("connecting for the migration", error);
    // A connection of its own: a migration, and the wait for the node that runs it, may take longer
    // than queries are allowed to.
    let mut connection = pool.acquire().await.map_err(fail)?.detach();
    connection.execute("set statement_timeout = 0").await.map_err(fail)?;
    MIGRATIONS
        .run(&mut connection)
        .await
        .map_err(|error| migration_failure(&error))?;
    connection.close().await.map_err(fail)
}

/// What [`migrate`] would do.
pub(crate) async fn pending(pool: &PgPool) -> Result<Vec<PendingMigration>> {
    let exists: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
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
        _ => Error::Failed(
            "the schema could not be migrated; the log of this node has the details, and the user of the database \
             needs the right to create tables"
                .to_owned(),
        ),
    }
}

/// Creates the partitions of history for this month and the next ones, where they are missing.
/// Rows of months without a partition go to the default partition, so this is never urgent.
pub(crate) async fn create_partitions(pool: &PgPool, now: DateTime<Utc>) -> Result<()> {
    let fail = |error| failure("creating partitions of history", error);
    let missing = missing_partitions(pool, now).await?;
    if missing.is_empty() {
        return Ok(());
    }
    let mut connection = pool.acquire().await.map_err(fail)?;
    for (name, sql) in missing {
        if let Err(error) = create_partition(&mut connection, &name, sql).await {
            // Rows of that month are in the default partition already, or a long transaction is in
            // the way; history is kept all the same.
            tracing::warn!(partition = %name, %error, "a partition of history could not be created for now");
        }
    }
    Ok(())
}

async fn create_partition(connection: &mut PgConnection, name: &str, sql: String) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    // Creating a partition waits for the readers of the table, and everybody else then waits for it.
    sqlx::query("select set_config('lock_timeout', '3s', true), pg_advisory_xact_lock($1)")
        .bind(PARTITION_LOCK)
        .execute(&mut *transaction)
        .await?;
    let exists: bool = sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(name)
        .fetch_one(&mut *transaction)
        .await?;
    if !exists {
        // Name and bounds are made of literals and numbers below.
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// Names and statements of the partitions that do not exist yet.
async fn missing_partitions(pool: &PgPool, now: DateTime<Utc>) -> Result<Vec<(String, String)>> {
    let mut wanted = Vec::new();
    for ahead in 0..=MONTHS_AHEAD {
        let Some((first, next)) = month(now.date_naive(), ahead) else {
            continue;
        };
        for table in PARTITIONED.iter().chain(TABLES) {
            let name = format!("{table}_{:04}_{:02}", first.year(), first.month());
            let (from, to) = (first_id(first), first_id(next));
            let sql = format!("create table {name} partition of {table} for values from ('{from}') to ('{to}')");
            wanted.push((name, sql));
        }
    }
    let names: Vec<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
    let present: Vec<String> =
        sqlx::query("select name from unnest($1::text[]) as w (name) where to_regclass(name) is not null")
            .bind(&names)
            .fetch_all(pool)
            .await
            .and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect())
            .map_err(|error| failure("looking for partitions of history", error))?;
    wanted.retain(|(name, _)| !present.contains(name));
    Ok(wanted)
}

/// First days of the month `ahead` months from `day` and of the one after.
fn month(day: NaiveDate, ahead: u32) -> Option<(NaiveDate, NaiveDate)> {
    let first = day.with_day(1)?.checked_add_months(Months::new(ahead))?;
    Some((first, first.checked_add_months(Months::new(1))?))
}

/// The smallest UUIDv7 of a day: its milliseconds since 1970 in the first 48 bits.
fn first_id(day: NaiveDate) -> Uuid {
    let milliseconds = day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
    // Before 1970 there are no ids.
    let milliseconds = u128::from(u64::try_from(milliseconds).unwrap_or(0));
    Uuid::from_u128(milliseconds << 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_a_month_lie_between_its_bounds() {
        let (first, next) = month(NaiveDate::from_ymd_opt(2026, 12, 31).unwrap(), 0).unwrap();
        let at = |seconds| Uuid::new_v7(uuid::Timestamp::from_unix_time(seconds, 0, 0, 0));
        let begin = first.and_time(chrono::NaiveTime::MIN).and_utc().timestamp() as u64;
        let end = next.and_time(chrono::NaiveTime::MIN).and_utc().timestamp() as u64;
        assert!(at(begin - 1) < first_id(first));
        assert!(at(begin) >= first_id(first));
        assert!(at(end - 1) < first_id(next));
        assert!(at(end) >= first_id(next));
        assert_eq!(next, NaiveDate::from_ymd_opt(2027, 1, 1).unwrap());
    }
}

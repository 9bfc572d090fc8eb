//! What operators decided for the jobs of job definitions.

use std::sync::Arc;

use flowstone_store::text::storable;
use flowstone_store::{JobOverrideChange, JobOverrideRow, Result};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::cells::Cells;
use crate::error::failure;
use crate::rows::json;

/// Decides something for job definitions; see [`flowstone_store::Store::override_jobs`].
pub(crate) async fn put(
    pool: &SqlitePool,
    job_definitions: &[(Uuid, Arc<str>)],
    change: JobOverrideChange,
) -> Result<()> {
    let (sql, suspended, priority) = match change {
        JobOverrideChange::Suspended(suspended) => (
            "insert into job_definition_override (job_definition_id, definition_id, suspended, priority) \
             select ?1, id, ?3, ?4 from process_definition where id = ?2 \
             on conflict (job_definition_id) do update set suspended = excluded.suspended",
            Some(suspended),
            None,
        ),
        JobOverrideChange::Priority(priority) => (
            "insert into job_definition_override (job_definition_id, definition_id, suspended, priority) \
             select ?1, id, ?3, ?4 from process_definition where id = ?2 \
             on conflict (job_definition_id) do update set priority = excluded.priority",
            None,
            priority,
        ),
    };
    let write = async {
        let mut transaction = pool.begin_with("begin immediate").await?;
        for (id, definition) in job_definitions {
            sqlx::query(sql)
                .bind(id.to_string())
                .bind(storable(definition).into_owned())
                .bind(suspended)
                .bind(priority)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await
    };
    write
        .await
        .map_err(|error| failure("overriding job definitions", error))
}

/// What was decided; see [`flowstone_store::Store::job_overrides`].
pub(crate) async fn of(pool: &SqlitePool, definitions: &[Arc<str>]) -> Result<Vec<JobOverrideRow>> {
    let definitions: Vec<_> = definitions.iter().map(|id| storable(id)).collect();
    sqlx::query(
        "select job_definition_id, definition_id, suspended, priority from job_definition_override \
         where definition_id in (select value from json_each(?1)) order by job_definition_id",
    )
    .bind(json(&definitions)?)
    .fetch_all(pool)
    .await
    .and_then(|rows| rows.iter().map(read).collect())
    .map_err(|error| failure("reading what job definitions override", error))
}

fn read(row: &SqliteRow) -> sqlx::Result<JobOverrideRow> {
    let cells = Cells(row);
    Ok(JobOverrideRow {
        job_definition_id: cells.id(0)?,
        definition_id: cells.shared(1)?,
        suspended: cells.get(2)?,
        priority: cells.get(3)?,
    })
}

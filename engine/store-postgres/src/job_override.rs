//! What operators decided for the jobs of job definitions.

use std::sync::Arc;

use flowstone_store::{JobOverrideChange, JobOverrideRow, Result};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use crate::error::failure;
use crate::text::storable;

/// Decides something for job definitions; see [`flowstone_store::Store::override_jobs`].
pub(crate) async fn put(pool: &PgPool, job_definitions: &[(Uuid, Arc<str>)], change: JobOverrideChange) -> Result<()> {
    let (sql, suspended, priority) = match change {
        JobOverrideChange::Suspended(suspended) => (
            "insert into job_definition_override (job_definition_id, definition_id, suspended, priority) \
             select wanted.id, d.id, $3, $4 from unnest($1::uuid[], $2::text[]) wanted (id, definition_id) \
             join process_definition d on d.id = wanted.definition_id order by wanted.id \
             on conflict (job_definition_id) do update set suspended = excluded.suspended",
            Some(suspended),
            None,
        ),
        JobOverrideChange::Priority(priority) => (
            "insert into job_definition_override (job_definition_id, definition_id, suspended, priority) \
             select wanted.id, d.id, $3, $4 from unnest($1::uuid[], $2::text[]) wanted (id, definition_id) \
             join process_definition d on d.id = wanted.definition_id order by wanted.id \
             on conflict (job_definition_id) do update set priority = excluded.priority",
            None,
            priority,
        ),
    };
    let (ids, definitions): (Vec<Uuid>, Vec<_>) = job_definitions.iter().map(|(id, of)| (*id, storable(of))).unzip();
    sqlx::query(sql)
        .bind(ids)
        .bind(definitions)
        .bind(suspended)
        .bind(priority)
        .execute(pool)
        .await
        .map(drop)
        .map_err(|error| failure("overriding job definitions", error))
}

/// What was decided; see [`flowstone_store::Store::job_overrides`].
pub(crate) async fn of(pool: &PgPool, definitions: &[Arc<str>]) -> Result<Vec<JobOverrideRow>> {
    let definitions: Vec<_> = definitions.iter().map(|id| storable(id)).collect();
    sqlx::query(
        "select job_definition_id, definition_id, suspended, priority from job_definition_override \
         where definition_id = any($1) order by job_definition_id",
    )
    .bind(definitions)
    .fetch_all(pool)
    .await
    .and_then(|rows| rows.iter().map(read).collect())
    .map_err(|error| failure("reading what job definitions override", error))
}

fn read(row: &PgRow) -> sqlx::Result<JobOverrideRow> {
    Ok(JobOverrideRow {
        job_definition_id: row.try_get(0)?,
        definition_id: Arc::from(row.try_get::<&str, _>(1)?),
        suspended: row.try_get(2)?,
        priority: row.try_get(3)?,
    })
}

//! Deployments, their resources and their process definitions.

use std::sync::Arc;

use flowstone_store::record::{DefinitionRecord, Deployed, JobRow, NewDeployment, ResourceRecord};
use flowstone_store::text::{clean_deployment, clean_job, storable};
use flowstone_store::{Result, Versioned};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::cells::Cells;
use crate::decision::put_decision;
use crate::error::failure;
use crate::history::delete_of_definitions;
use crate::rows::{Rows, ids};
use crate::table::{JOB, job_cells};

/// Columns of a definition, in the order of [`read_definition`]; the table is called `d`.
pub(crate) const DEFINITION_COLUMNS: &str = "d.id, d.key, d.category, d.description, d.name, d.version, \
    d.resource_name, d.deployment_id, d.deployed_at, d.diagram, d.suspended, d.tenant_id, d.version_tag, \
    d.history_time_to_live, d.startable_in_tasklist";

/// Stores a deployment; see [`flowstone_store::Store::deploy`].
pub(crate) async fn deploy(pool: &SqlitePool, mut new: NewDeployment) -> Result<Deployed> {
    clean_deployment(&mut new);
    let store = async {
        // Nobody else writes from here on: versions are counted without gaps or doubles.
        let mut transaction = pool.begin_with("begin immediate").await?;
        let deployment = &new.deployment;
        sqlx::query("insert into deployment (id, name, source, tenant_id, deployed_at) values (?1, ?2, ?3, ?4, ?5)")
            .bind(deployment.id.to_string())
            .bind(&deployment.name)
            .bind(&deployment.source)
            .bind(&deployment.tenant_id)
            .bind(deployment.deployed_at.timestamp_micros())
            .execute(&mut *transaction)
            .await?;
        for resource in &new.resources {
            sqlx::query("insert into deployment_resource (id, deployment_id, name, bytes) values (?1, ?2, ?3, ?4)")
                .bind(resource.id.to_string())
                .bind(resource.deployment_id.to_string())
                .bind(&resource.name)
                .bind(&*resource.bytes)
                .execute(&mut *transaction)
                .await?;
        }
        for definition in &mut new.definitions {
            definition.version = next_version(&mut transaction, definition).await?;
            let last = definition.final_id();
            let provisional = std::mem::replace(&mut definition.id, last);
            insert_definition(&mut transaction, definition).await?;
            for job in new.start_jobs.iter_mut().filter(|job| job.definition_id == provisional) {
                job.definition_id = definition.id.clone();
            }
            // Only the latest version starts by itself.
            sqlx::query(
                "delete from job where instance_id is null and job_type = 'timer-start-event' \
                 and definition_key = ?1 and tenant_id is ?2",
            )
            .bind(&*definition.key)
            .bind(&definition.tenant_id)
            .execute(&mut *transaction)
            .await?;
        }
        put_jobs(&mut transaction, &new.start_jobs).await?;
        for index in 0..new.decisions.len() {
            let (stored, rest) = new.decisions.split_at_mut(index);
            put_decision(&mut transaction, &mut rest[0], stored).await?;
        }
        transaction.commit().await?;
        Ok(Deployed {
            definitions: new.definitions,
            decisions: new.decisions,
        })
    };
    store.await.map_err(|error| failure("storing a deployment", error))
}

/// Writes jobs of definitions; see [`flowstone_store::Store::write_definition_jobs`].
pub(crate) async fn write_jobs(pool: &SqlitePool, mut put: Vec<JobRow>, deleted: &[Uuid]) -> Result<()> {
    put.iter_mut().for_each(clean_job);
    let gone = ids(deleted.iter().copied())?;
    let write = async {
        let mut transaction = pool.begin_with("begin immediate").await?;
        sqlx::query(AssertSqlSafe(JOB.delete()))
            .bind(gone)
            .execute(&mut *transaction)
            .await?;
        put_jobs(&mut transaction, &put).await?;
        transaction.commit().await
    };
    write
        .await
        .map_err(|error| failure("writing jobs of a definition", error))
}

async fn put_jobs(connection: &mut SqliteConnection, jobs: &[JobRow]) -> sqlx::Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let mut rows = Rows::new();
    for job in jobs {
        rows.add(|cells| job_cells(cells, job))
            .map_err(|error| sqlx::Error::Encode(error.into()))?;
    }
    sqlx::query(AssertSqlSafe(JOB.put()))
        .bind(rows.finish())
        .execute(connection)
        .await
        .map(drop)
}

async fn next_version(connection: &mut SqliteConnection, definition: &DefinitionRecord) -> sqlx::Result<i32> {
    sqlx::query_scalar(
        "select coalesce(max(version), 0) + 1 from process_definition where key = ?1 and tenant_id is ?2",
    )
    .bind(&*definition.key)
    .bind(&definition.tenant_id)
    .fetch_one(connection)
    .await
}

async fn insert_definition(connection: &mut SqliteConnection, definition: &DefinitionRecord) -> sqlx::Result<()> {
    sqlx::query(
        "insert into process_definition (id, key, category, description, name, version, resource_name, deployment_id, \
         deployed_at, diagram, suspended, tenant_id, version_tag, history_time_to_live, startable_in_tasklist) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )
    .bind(&*definition.id)
    .bind(&*definition.key)
    .bind(&definition.category)
    .bind(&definition.description)
    .bind(definition.name.as_deref())
    .bind(definition.version)
    .bind(&definition.resource_name)
    .bind(definition.deployment_id.to_string())
    .bind(definition.deployed_at.timestamp_micros())
    .bind(&definition.diagram)
    .bind(definition.suspended)
    .bind(&definition.tenant_id)
    .bind(&definition.version_tag)
    .bind(definition.history_time_to_live)
    .bind(definition.startable_in_tasklist)
    .execute(connection)
    .await
    .map(drop)
}

/// Reads a definition selected by [`DEFINITION_COLUMNS`].
pub(crate) fn read_definition(row: &SqliteRow) -> sqlx::Result<DefinitionRecord> {
    let cells = Cells(row);
    Ok(DefinitionRecord {
        id: cells.shared(0)?,
        key: cells.shared(1)?,
        category: cells.get(2)?,
        description: cells.get(3)?,
        name: cells.optional_shared(4)?,
        version: cells.get(5)?,
        resource_name: cells.get(6)?,
        deployment_id: cells.id(7)?,
        deployed_at: cells.time(8)?,
        diagram: cells.get(9)?,
        suspended: cells.get(10)?,
        tenant_id: cells.get(11)?,
        version_tag: cells.get(12)?,
        history_time_to_live: cells.get(13)?,
        startable_in_tasklist: cells.get(14)?,
    })
}

/// Suspends or activates definitions; see [`flowstone_store::Store::suspend_definitions`].
pub(crate) async fn suspend(pool: &SqlitePool, ids: &[String], suspended: bool) -> Result<u64> {
    let fail = |error| failure("suspending definitions", error);
    let mut transaction = pool.begin_with("begin immediate").await.map_err(fail)?;
    let mut found = 0;
    for id in ids {
        let id = storable(id).into_owned();
        for (sql, counts) in [
            ("update process_definition set suspended = ?1 where id = ?2", 1),
            (
                "update job set suspended = ?1 where instance_id is null and definition_id = ?2",
                0,
            ),
            // All follow the definition again; its state is no concern of these rows.
            (
                "update job_definition_override set suspended = null where ?1 is not null and definition_id = ?2",
                0,
            ),
        ] {
            let done = sqlx::query(sql)
                .bind(suspended)
                .bind(&id)
                .execute(&mut *transaction)
                .await
                .map_err(fail)?;
            found += done.rows_affected() * counts;
        }
    }
    transaction.commit().await.map_err(fail)?;
    Ok(found)
}

/// Sets how long history is wanted; see [`flowstone_store::Store::set_history_time_to_live`].
pub(crate) async fn set_history_time_to_live(
    pool: &SqlitePool,
    of: Versioned,
    id: &str,
    days: Option<i32>,
) -> Result<bool> {
    let sql = match of {
        Versioned::Process => "update process_definition set history_time_to_live = ?1 where id = ?2",
        Versioned::Decision => "update decision_definition set history_time_to_live = ?1 where id = ?2",
    };
    sqlx::query(sql)
        .bind(days)
        .bind(storable(id).into_owned())
        .execute(pool)
        .await
        .map(|done| done.rows_affected() > 0)
        .map_err(|error| failure("setting how long history is wanted", error))
}

/// Definition by id; see [`flowstone_store::Store::definition`].
pub(crate) async fn definition(pool: &SqlitePool, id: &str) -> Result<Option<DefinitionRecord>> {
    let sql = format!("select {DEFINITION_COLUMNS} from process_definition d where d.id = ?1");
    sqlx::query(AssertSqlSafe(sql))
        .bind(storable(id).into_owned())
        .fetch_optional(pool)
        .await
        .and_then(|row| row.as_ref().map(read_definition).transpose())
        .map_err(|error| failure("reading a definition", error))
}

/// Latest version of a key; see [`flowstone_store::Store::latest_definition`].
pub(crate) async fn latest_definition(
    pool: &SqlitePool,
    key: &str,
    tenant: Option<&str>,
) -> Result<Option<DefinitionRecord>> {
    let sql = format!(
        "select {DEFINITION_COLUMNS} from process_definition d \
         where d.key = ?1 and d.tenant_id is ?2 order by d.version desc limit 1"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(storable(key).into_owned())
        .bind(tenant.map(|tenant| storable(tenant).into_owned()))
        .fetch_optional(pool)
        .await
        .and_then(|row| row.as_ref().map(read_definition).transpose())
        .map_err(|error| failure("reading the latest definition of a key", error))
}

/// Resources of a deployment without their bytes; see [`flowstone_store::Store::resources`].
pub(crate) async fn resources(pool: &SqlitePool, deployment: Uuid) -> Result<Vec<ResourceRecord>> {
    sqlx::query(
        "select id, deployment_id, name, x'' from deployment_resource where deployment_id = ?1 order by name, id",
    )
    .bind(deployment.to_string())
    .fetch_all(pool)
    .await
    .and_then(|rows| rows.iter().map(read_resource).collect())
    .map_err(|error| failure("listing the resources of a deployment", error))
}

/// A resource by id; see [`flowstone_store::Store::resource`].
pub(crate) async fn resource(pool: &SqlitePool, deployment: Uuid, id: Uuid) -> Result<Option<ResourceRecord>> {
    sqlx::query("select id, deployment_id, name, bytes from deployment_resource where deployment_id = ?1 and id = ?2")
        .bind(deployment.to_string())
        .bind(id.to_string())
        .fetch_optional(pool)
        .await
        .and_then(|row| row.as_ref().map(read_resource).transpose())
        .map_err(|error| failure("reading a resource", error))
}

/// A resource by name; see [`flowstone_store::Store::resource_named`].
pub(crate) async fn resource_named(pool: &SqlitePool, deployment: Uuid, name: &str) -> Result<Option<ResourceRecord>> {
    sqlx::query(
        "select id, deployment_id, name, bytes from deployment_resource \
         where deployment_id = ?1 and name = ?2 order by id limit 1",
    )
    .bind(deployment.to_string())
    .bind(storable(name).into_owned())
    .fetch_optional(pool)
    .await
    .and_then(|row| row.as_ref().map(read_resource).transpose())
    .map_err(|error| failure("reading a resource", error))
}

fn read_resource(row: &SqliteRow) -> sqlx::Result<ResourceRecord> {
    let cells = Cells(row);
    Ok(ResourceRecord {
        id: cells.id(0)?,
        deployment_id: cells.id(1)?,
        name: cells.get(2)?,
        bytes: Arc::from(cells.get::<&[u8]>(3)?),
    })
}

/// Deletes a deployment; see [`flowstone_store::Store::delete_deployment`].
pub(crate) async fn delete_deployment(pool: &SqlitePool, id: Uuid, cascade: bool) -> Result<bool> {
    let fail = |error| failure("deleting a deployment", error);
    let id = id.to_string();
    let mut transaction = pool.begin_with("begin immediate").await.map_err(fail)?;
    if cascade {
        let definitions: Vec<String> = sqlx::query_scalar("select id from process_definition where deployment_id = ?1")
            .bind(&id)
            .fetch_all(&mut *transaction)
            .await
            .map_err(fail)?;
        delete_of_definitions(&mut transaction, &definitions).await?;
        let of_decisions = "delete from history_decision where decision_id in \
                            (select id from decision_definition where deployment_id = ?1)";
        sqlx::query(of_decisions)
            .bind(&id)
            .execute(&mut *transaction)
            .await
            .map_err(fail)?;
    }
    let mut existed = false;
    for sql in [
        "delete from job where instance_id is null and deployment_id = ?1",
        "delete from job_definition_override where definition_id in \
         (select id from process_definition where deployment_id = ?1)",
        "delete from process_definition where deployment_id = ?1",
        "delete from decision_definition where deployment_id = ?1",
        "delete from deployment_resource where deployment_id = ?1",
        "delete from deployment where id = ?1",
    ] {
        let done = sqlx::query(sql)
            .bind(&id)
            .execute(&mut *transaction)
            .await
            .map_err(fail)?;
        existed = done.rows_affected() > 0;
    }
    transaction.commit().await.map_err(fail)?;
    Ok(existed)
}

/// Deletes a definition; see [`flowstone_store::Store::delete_definition`].
pub(crate) async fn delete_definition(pool: &SqlitePool, id: &str, cascade: bool) -> Result<bool> {
    let fail = |error| failure("deleting a definition", error);
    let id = storable(id).into_owned();
    let mut transaction = pool.begin_with("begin immediate").await.map_err(fail)?;
    let done = sqlx::query("delete from process_definition where id = ?1")
        .bind(&id)
        .execute(&mut *transaction)
        .await
        .map_err(fail)?;
    let existed = done.rows_affected() > 0;
    for sql in [
        "delete from job where instance_id is null and definition_id = ?1",
        "delete from job_definition_override where definition_id = ?1",
    ] {
        sqlx::query(sql)
            .bind(&id)
            .execute(&mut *transaction)
            .await
            .map_err(fail)?;
    }
    if cascade && existed {
        delete_of_definitions(&mut transaction, std::slice::from_ref(&id)).await?;
    }
    transaction.commit().await.map_err(fail)?;
    Ok(existed)
}

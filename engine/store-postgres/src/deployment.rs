//! Deployments, their resources and their process definitions.

use std::sync::Arc;

use flowstone_store::history::TABLES;
use flowstone_store::record::{DefinitionRecord, Deployed, JobRow, NewDeployment, ResourceRecord};
use flowstone_store::{Result, Versioned};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Row as _, Transaction};
use uuid::Uuid;

use crate::decision::put_decision;
use crate::error::{failure, is_race};
use crate::text::{storable, storable_option};

/// First number of the advisory locks under which versions are assigned; the second is a hash of
/// key and tenant.
const VERSION_LOCK: i32 = 0x666c_6f77;

/// Columns of a definition, in the order of [`read_definition`]; the table is called `d`.
pub(crate) const DEFINITION_COLUMNS: &str = "d.id, d.key, d.category, d.description, d.name, d.version, \
    d.resource_name, d.deployment_id, d.deployed_at, d.diagram, d.suspended, d.tenant_id, d.version_tag, \
    d.history_time_to_live, d.startable_in_tasklist";

/// Stores a deployment; see [`flowstone_store::Store::deploy`].
pub(crate) async fn deploy(pool: &PgPool, new: NewDeployment) -> Result<Deployed> {
    let fail = |error| failure("storing a deployment", error);
    loop {
        match try_deploy(pool, &new).await {
            Ok(deployed) => return Ok(deployed),
            // Two deployments that took their locks in the same order cannot deadlock, but a lock
            // shared by accident of its hash can still make them collide.
            Err(error) if is_race(&error) => tracing::debug!(%error, "a deployment lost a race and is repeated"),
            Err(error) => return Err(fail(error)),
        }
    }
}

async fn try_deploy(pool: &PgPool, new: &NewDeployment) -> sqlx::Result<Deployed> {
    let mut transaction = pool.begin().await?;
    lock_versions(&mut transaction, new).await?;
    let deployment = &new.deployment;
    sqlx::query("insert into deployment (id, name, source, tenant_id, deployed_at) values ($1, $2, $3, $4, $5)")
        .bind(deployment.id)
        .bind(storable_option(&deployment.name))
        .bind(storable_option(&deployment.source))
        .bind(storable_option(&deployment.tenant_id))
        .bind(deployment.deployed_at)
        .execute(&mut *transaction)
        .await?;
    for resource in &new.resources {
        sqlx::query("insert into deployment_resource (id, deployment_id, name, bytes) values ($1, $2, $3, $4)")
            .bind(resource.id)
            .bind(resource.deployment_id)
            .bind(storable(&resource.name))
            .bind(&*resource.bytes)
            .execute(&mut *transaction)
            .await?;
    }
    let mut stored = Vec::with_capacity(new.definitions.len());
    for definition in &new.definitions {
        let mut definition = definition.clone();
        definition.version = next_version(&mut transaction, &definition).await?;
        definition.id = definition.final_id();
        insert_definition(&mut transaction, &definition).await?;
        // Only the latest version starts by itself.
        sqlx::query(
            "delete from job where instance_id is null and job_type = 'timer-start-event' \
             and definition_key = $1 and tenant_id is not distinct from $2",
        )
        .bind(storable(&definition.key))
        .bind(storable_option(&definition.tenant_id))
        .execute(&mut *transaction)
        .await?;
        stored.push(definition);
    }
    for job in &new.start_jobs {
        let mut places = new.definitions.iter().zip(&stored);
        let place = places.find(|(definition, _)| definition.id == job.definition_id);
        let job = JobRow {
            definition_id: place.map_or_else(|| job.definition_id.clone(), |(_, stored)| stored.id.clone()),
            ..job.clone()
        };
        put_job(&mut transaction, &job).await?;
    }
    let mut decisions = new.decisions.clone();
    for index in 0..decisions.len() {
        let (stored, rest) = decisions.split_at_mut(index);
        put_decision(&mut transaction, &mut rest[0], stored).await?;
    }
    transaction.commit().await?;
    Ok(Deployed {
        definitions: stored,
        decisions,
    })
}

/// Writes jobs of definitions; see [`flowstone_store::Store::write_definition_jobs`].
pub(crate) async fn write_jobs(pool: &PgPool, put: &[JobRow], deleted: &[Uuid]) -> Result<()> {
    let write = async {
        let mut transaction = pool.begin().await?;
        sqlx::query("delete from job where id = any($1)")
            .bind(deleted)
            .execute(&mut *transaction)
            .await?;
        for job in put {
            put_job(&mut transaction, job).await?;
        }
        transaction.commit().await
    };
    write
        .await
        .map_err(|error| failure("writing jobs of a definition", error))
}

async fn put_job(connection: &mut PgConnection, job: &JobRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into job (id, definition_id, definition_key, tenant_id, deployment_id, job_definition_id, node_id, \
         job_type, configuration, due, priority, retries, suspended, exception_message, exception_details, \
         failed_node_id, created_at, detail) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
         on conflict (id) do update set due = excluded.due, priority = excluded.priority, \
         retries = excluded.retries, suspended = excluded.suspended, exception_message = excluded.exception_message, \
         exception_details = excluded.exception_details, failed_node_id = excluded.failed_node_id, \
         detail = excluded.detail",
    )
    .bind(job.id)
    .bind(storable(&job.definition_id))
    .bind(storable(&job.definition_key))
    .bind(storable_option(&job.tenant_id))
    .bind(job.deployment_id)
    .bind(job.job_definition_id)
    .bind(storable(&job.node_id))
    .bind(storable(&job.job_type))
    .bind(storable(&job.configuration))
    .bind(job.due)
    .bind(job.priority)
    .bind(job.retries)
    .bind(job.suspended)
    .bind(storable_option(&job.exception_message))
    .bind(storable_option(&job.exception_details))
    .bind(storable_option(&job.failed_node_id))
    .bind(job.created_at)
    .bind(&job.detail)
    .execute(connection)
    .await
    .map(drop)
}

/// Holds every key of the deployment until its transaction ends, in one order for everybody.
async fn lock_versions(transaction: &mut Transaction<'_, Postgres>, new: &NewDeployment) -> sqlx::Result<()> {
    let definitions = new.definitions.iter().map(|one| (&one.tenant_id, &one.key));
    let decisions = new.decisions.iter().map(|one| (&one.tenant_id, &one.key));
    let graphs = new
        .decisions
        .iter()
        .filter_map(|one| Some((&one.tenant_id, &one.requirements.as_ref()?.key)));
    let mut keys: Vec<String> = definitions
        .chain(decisions)
        .chain(graphs)
        .map(|(tenant, key)| format!("{tenant:?} {key}"))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        sqlx::query("select pg_advisory_xact_lock($1, hashtext($2))")
            .bind(VERSION_LOCK)
            .bind(storable(&key))
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

async fn next_version(connection: &mut PgConnection, definition: &DefinitionRecord) -> sqlx::Result<i32> {
    sqlx::query_scalar(
        "select coalesce(max(version), 0) + 1 from process_definition \
         where key = $1 and tenant_id is not distinct from $2",
    )
    .bind(storable(&definition.key))
    .bind(storable_option(&definition.tenant_id))
    .fetch_one(connection)
    .await
}

async fn insert_definition(connection: &mut PgConnection, definition: &DefinitionRecord) -> sqlx::Result<()> {
    sqlx::query(
        "insert into process_definition (id, key, category, description, name, version, resource_name, deployment_id, \
         deployed_at, diagram, suspended, tenant_id, version_tag, history_time_to_live, startable_in_tasklist) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(storable(&definition.id))
    .bind(storable(&definition.key))
    .bind(storable_option(&definition.category))
    .bind(storable_option(&definition.description))
    .bind(storable_option(&definition.name))
    .bind(definition.version)
    .bind(storable(&definition.resource_name))
    .bind(definition.deployment_id)
    .bind(definition.deployed_at)
    .bind(storable_option(&definition.diagram))
    .bind(definition.suspended)
    .bind(storable_option(&definition.tenant_id))
    .bind(storable_option(&definition.version_tag))
    .bind(definition.history_time_to_live)
    .bind(definition.startable_in_tasklist)
    .execute(connection)
    .await
    .map(drop)
}

/// Reads a definition selected by [`DEFINITION_COLUMNS`].
pub(crate) fn read_definition(row: &PgRow) -> sqlx::Result<DefinitionRecord> {
    Ok(DefinitionRecord {
        id: Arc::from(row.try_get::<&str, _>(0)?),
        key: Arc::from(row.try_get::<&str, _>(1)?),
        category: row.try_get(2)?,
        description: row.try_get(3)?,
        name: row.try_get::<Option<&str>, _>(4)?.map(Arc::from),
        version: row.try_get(5)?,
        resource_name: row.try_get(6)?,
        deployment_id: row.try_get(7)?,
        deployed_at: row.try_get(8)?,
        diagram: row.try_get(9)?,
        suspended: row.try_get(10)?,
        tenant_id: row.try_get(11)?,
        version_tag: row.try_get(12)?,
        history_time_to_live: row.try_get(13)?,
        startable_in_tasklist: row.try_get(14)?,
    })
}

/// Sets how long history is wanted; see [`flowstone_store::Store::set_history_time_to_live`].
pub(crate) async fn set_history_time_to_live(
    pool: &PgPool,
    of: Versioned,
    id: &str,
    days: Option<i32>,
) -> Result<bool> {
    let sql = match of {
        Versioned::Process => "update process_definition set history_time_to_live = $1 where id = $2",
        Versioned::Decision => "update decision_definition set history_time_to_live = $1 where id = $2",
    };
    sqlx::query(sql)
        .bind(days)
        .bind(storable(id))
        .execute(pool)
        .await
        .map(|done| done.rows_affected() > 0)
        .map_err(|error| failure("setting how long history is wanted", error))
}

/// Definition by id; see [`flowstone_store::Store::definition`].
pub(crate) async fn definition(pool: &PgPool, id: &str) -> Result<Option<DefinitionRecord>> {
    let sql = format!("select {DEFINITION_COLUMNS} from process_definition d where d.id = $1");
    sqlx::query(AssertSqlSafe(sql))
        .bind(storable(id))
        .fetch_optional(pool)
        .await
        .and_then(|row| row.as_ref().map(read_definition).transpose())
        .map_err(|error| failure("reading a definition", error))
}

/// Latest version of a key; see [`flowstone_store::Store::latest_definition`].
pub(crate) async fn latest_definition(
    pool: &PgPool,
    key: &str,
    tenant: Option<&str>,
) -> Result<Option<DefinitionRecord>> {
    let sql = format!(
        "select {DEFINITION_COLUMNS} from process_definition d \
         where d.key = $1 and d.tenant_id is not distinct from $2 order by d.version desc limit 1"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(storable(key))
        .bind(tenant.map(storable))
        .fetch_optional(pool)
        .await
        .and_then(|row| row.as_ref().map(read_definition).transpose())
        .map_err(|error| failure("reading the latest definition of a key", error))
}

/// Resources of a deployment without their bytes; see [`flowstone_store::Store::resources`].
pub(crate) async fn resources(pool: &PgPool, deployment: Uuid) -> Result<Vec<ResourceRecord>> {
    sqlx::query(
        "select id, deployment_id, name, ''::bytea from deployment_resource \
         where deployment_id = $1 order by name, id",
    )
    .bind(deployment)
    .fetch_all(pool)
    .await
    .and_then(|rows| rows.iter().map(read_resource).collect())
    .map_err(|error| failure("listing the resources of a deployment", error))
}

/// A resource by id; see [`flowstone_store::Store::resource`].
pub(crate) async fn resource(pool: &PgPool, deployment: Uuid, id: Uuid) -> Result<Option<ResourceRecord>> {
    sqlx::query("select id, deployment_id, name, bytes from deployment_resource where deployment_id = $1 and id = $2")
        .bind(deployment)
        .bind(id)
        .fetch_optional(pool)
        .await
        .and_then(|row| row.as_ref().map(read_resource).transpose())
        .map_err(|error| failure("reading a resource", error))
}

/// A resource by name; see [`flowstone_store::Store::resource_named`].
pub(crate) async fn resource_named(pool: &PgPool, deployment: Uuid, name: &str) -> Result<Option<ResourceRecord>> {
    sqlx::query(
        "select id, deployment_id, name, bytes from deployment_resource \
         where deployment_id = $1 and name = $2 order by id limit 1",
    )
    .bind(deployment)
    .bind(storable(name))
    .fetch_optional(pool)
    .await
    .and_then(|row| row.as_ref().map(read_resource).transpose())
    .map_err(|error| failure("reading a resource", error))
}

fn read_resource(row: &PgRow) -> sqlx::Result<ResourceRecord> {
    Ok(ResourceRecord {
        id: row.try_get(0)?,
        deployment_id: row.try_get(1)?,
        name: row.try_get(2)?,
        bytes: Arc::from(row.try_get::<&[u8], _>(3)?),
    })
}

/// Deletes a deployment; see [`flowstone_store::Store::delete_deployment`].
pub(crate) async fn delete_deployment(pool: &PgPool, id: Uuid, cascade: bool) -> Result<bool> {
    let delete = async {
        let mut transaction = pool.begin().await?;
        if cascade {
            let definitions: Vec<String> =
                sqlx::query_scalar("select id from process_definition where deployment_id = $1")
                    .bind(id)
                    .fetch_all(&mut *transaction)
                    .await?;
            delete_history(&mut transaction, &definitions).await?;
            let of_decisions = "delete from history_decision where decision_id in \
                                (select id from decision_definition where deployment_id = $1)";
            sqlx::query(of_decisions).bind(id).execute(&mut *transaction).await?;
        }
        sqlx::query("delete from job where instance_id is null and deployment_id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        // Resources and definitions go with it (`on delete cascade`).
        let done = sqlx::query("delete from deployment where id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    };
    delete.await.map_err(|error| failure("deleting a deployment", error))
}

/// Suspends or activates definitions; see [`flowstone_store::Store::suspend_definitions`].
pub(crate) async fn suspend(pool: &PgPool, ids: &[String], suspended: bool) -> Result<u64> {
    let ids: Vec<_> = ids.iter().map(|id| storable(id)).collect();
    let suspend = async {
        let mut transaction = pool.begin().await?;
        let done = sqlx::query("update process_definition set suspended = $1 where id = any($2)")
            .bind(suspended)
            .bind(&ids)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("update job set suspended = $1 where instance_id is null and definition_id = any($2)")
            .bind(suspended)
            .bind(&ids)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("update job_definition_override set suspended = null where definition_id = any($1)")
            .bind(&ids)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected())
    };
    suspend.await.map_err(|error| failure("suspending definitions", error))
}

/// Deletes a definition; see [`flowstone_store::Store::delete_definition`].
pub(crate) async fn delete_definition(pool: &PgPool, id: &str, cascade: bool) -> Result<bool> {
    let id = storable(id).into_owned();
    let delete = async {
        let mut transaction = pool.begin().await?;
        let done = sqlx::query("delete from process_definition where id = $1")
            .bind(&id)
            .execute(&mut *transaction)
            .await?;
        let existed = done.rows_affected() > 0;
        sqlx::query("delete from job where instance_id is null and definition_id = $1")
            .bind(&id)
            .execute(&mut *transaction)
            .await?;
        if cascade && existed {
            delete_history(&mut transaction, std::slice::from_ref(&id)).await?;
        }
        transaction.commit().await?;
        Ok(existed)
    };
    delete.await.map_err(|error| failure("deleting a definition", error))
}

/// Deletes the history of all instances of definitions.
async fn delete_history(connection: &mut PgConnection, definitions: &[String]) -> sqlx::Result<()> {
    let of_instances = ["history_event", "history_large_value"].map(|table| {
        format!(
            "delete from {table} where instance_id in \
             (select id from history_process_instance where definition_id = any($1))"
        )
    });
    let own = TABLES.iter().chain(&["history_activity", "history_process_instance"]);
    let own = own.map(|table| format!("delete from {table} where definition_id = any($1)"));
    for sql in of_instances.into_iter().chain(own) {
        // The text is made of constants.
        sqlx::query(AssertSqlSafe(sql))
            .bind(definitions)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

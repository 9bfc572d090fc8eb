//! Reading what commands need: instances, where a task belongs, what may be fetched.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_store::change::AppliedCommand;
use flowstone_store::history::TABLES;
use flowstone_store::record::{
    ActivityKind, ActivityRow, DueJob, EventLogRow, ExternalTaskColumns, IncidentRow, InstanceRow, InstanceSnapshot,
    JobRow, ReadyTask, SubscriptionRow, UserTaskRow,
};
use flowstone_store::{Error, Result};
use serde::Deserialize;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgPool, Row as _};
use uuid::Uuid;

use crate::document::{self, LargeValues};
use crate::error::{corrupt, failure};
use crate::text::storable;

/// All rows of the wanted instances in one statement, hence of one moment: a half-seen commit of
/// another node would make the engine decide on a state that never was. Each row travels as the
/// JSON of its columns, variables apart.
const LOAD: &str = "\
    select 'instance' as part, p.id as instance_id, p.variables::text as variables, \
        json_build_object('id', id, 'definition_id', definition_id, 'business_key', business_key, \
            'tenant_id', tenant_id, 'suspended', suspended, 'start_activity_id', start_activity_id, \
            'start_user_id', start_user_id, 'started_at', started_at, 'super_instance_id', super_instance_id, \
            'super_execution_id', super_execution_id, 'root_instance_id', root_instance_id, 'version', version)::text as columns \
        from process_instance p where id = any($1) \
    union all \
    select 'activity', a.instance_id, a.variables::text, \
        row_to_json((select r from (select a.id, a.parent_id, a.node_id, a.activity_type, a.activity_name, a.kind, \
            a.started_at, a.topic, a.priority, a.retries, a.worker, a.lock_expires, a.lock_token, a.error_message, \
            a.error_details, a.task_suspended, a.detail) r))::text \
        from activity a where instance_id = any($1) \
    union all \
    select 'userTask', instance_id, null, row_to_json(t)::text from user_task t where instance_id = any($1) \
    union all \
    select 'subscription', instance_id, null, row_to_json(s)::text from event_subscription s \
        where instance_id = any($1) \
    union all \
    select 'incident', instance_id, null, row_to_json(i)::text from incident i where instance_id = any($1) \
    union all \
    select 'job', instance_id, null, row_to_json(j)::text from job j where instance_id = any($1) \
    union all \
    select 'large', instance_id, hash, content from large_value where instance_id = any($1)";

#[derive(Deserialize)]
struct InstanceColumns {
    id: Uuid,
    definition_id: Arc<str>,
    business_key: Option<String>,
    tenant_id: Option<String>,
    suspended: bool,
    start_activity_id: Option<String>,
    start_user_id: Option<String>,
    started_at: DateTime<Utc>,
    super_instance_id: Option<Uuid>,
    super_execution_id: Option<Uuid>,
    root_instance_id: Option<Uuid>,
    version: i64,
}

#[derive(Deserialize)]
struct ActivityColumns {
    id: Uuid,
    parent_id: Uuid,
    node_id: Arc<str>,
    activity_type: Arc<str>,
    activity_name: Option<Arc<str>>,
    kind: String,
    started_at: DateTime<Utc>,
    topic: Option<String>,
    priority: Option<i64>,
    retries: Option<i32>,
    worker: Option<String>,
    lock_expires: Option<DateTime<Utc>>,
    lock_token: Option<Uuid>,
    error_message: Option<String>,
    error_details: Option<String>,
    task_suspended: Option<bool>,
    detail: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct SubscriptionColumns {
    id: Uuid,
    activity_id: Uuid,
    event_type: Arc<str>,
    event_name: Option<String>,
    node_id: Arc<str>,
    configuration: Option<String>,
    created_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct IncidentColumns {
    id: Uuid,
    activity_id: Uuid,
    incident_type: Arc<str>,
    node_id: Arc<str>,
    configuration: Option<String>,
    message: Option<String>,
    created_at: DateTime<Utc>,
    annotation: Option<String>,
}

/// One row of the answer to [`LOAD`].
struct Part {
    kind: String,
    instance: Uuid,
    variables: Option<String>,
    columns: String,
}

/// Loads instances; see [`flowstone_store::Store::load`].
pub(crate) async fn load(pool: &PgPool, instances: &[Uuid]) -> Result<Vec<InstanceSnapshot>> {
    if instances.is_empty() {
        return Ok(Vec::new());
    }
    let fail = |error| failure("loading instances", error);
    let rows = sqlx::query(LOAD).bind(instances).fetch_all(pool).await.map_err(fail)?;
    let parts = rows
        .iter()
        .map(read_part)
        .collect::<sqlx::Result<Vec<Part>>>()
        .map_err(fail)?;

    let mut large = LargeValues::new();
    for part in parts.iter().filter(|part| part.kind == "large") {
        let hash = part.variables.clone().unwrap_or_default();
        large.insert((part.instance, hash), part.columns.clone());
    }
    let mut snapshots: HashMap<Uuid, InstanceSnapshot> = HashMap::new();
    for part in parts.iter().filter(|part| part.kind == "instance") {
        snapshots.insert(part.instance, read_instance(part, &large)?);
    }
    for part in &parts {
        if let Some(snapshot) = snapshots.get_mut(&part.instance) {
            add(snapshot, part, &large)?;
        }
    }
    for snapshot in snapshots.values_mut() {
        snapshot.activities.sort_unstable_by_key(|row| row.id);
        snapshot.user_tasks.sort_unstable_by_key(|row| row.id);
        snapshot.subscriptions.sort_unstable_by_key(|row| row.id);
        snapshot.incidents.sort_unstable_by_key(|row| row.id);
        snapshot.jobs.sort_unstable_by_key(|row| row.id);
    }
    Ok(instances.iter().filter_map(|id| snapshots.remove(id)).collect())
}

fn read_part(row: &PgRow) -> sqlx::Result<Part> {
    Ok(Part {
        kind: row.try_get(0)?,
        instance: row.try_get(1)?,
        variables: row.try_get(2)?,
        columns: row.try_get(3)?,
    })
}

fn read_instance(part: &Part, large: &LargeValues) -> Result<InstanceSnapshot> {
    let columns: InstanceColumns = parse(&part.columns, part.instance)?;
    Ok(InstanceSnapshot {
        instance: InstanceRow {
            id: columns.id,
            definition_id: columns.definition_id,
            business_key: columns.business_key,
            tenant_id: columns.tenant_id,
            suspended: columns.suspended,
            variables: document::read(part.variables.as_deref().unwrap_or("{}"), part.instance, large)?,
            start_activity_id: columns.start_activity_id,
            start_user_id: columns.start_user_id,
            started_at: columns.started_at,
            super_instance_id: columns.super_instance_id,
            super_execution_id: columns.super_execution_id,
            root_instance_id: columns.root_instance_id,
            version: columns.version,
        },
        activities: Vec::new(),
        user_tasks: Vec::new(),
        subscriptions: Vec::new(),
        incidents: Vec::new(),
        jobs: Vec::new(),
    })
}

/// Adds a row other than the instance's own to its snapshot.
fn add(snapshot: &mut InstanceSnapshot, part: &Part, large: &LargeValues) -> Result<()> {
    let instance_id = part.instance;
    match part.kind.as_str() {
        "activity" => snapshot.activities.push(read_activity(part, large)?),
        "userTask" => snapshot
            .user_tasks
            .push(parse::<UserTaskRow>(&part.columns, instance_id)?),
        "subscription" => {
            let columns: SubscriptionColumns = parse(&part.columns, instance_id)?;
            snapshot.subscriptions.push(SubscriptionRow {
                id: columns.id,
                instance_id,
                activity_id: columns.activity_id,
                event_type: columns.event_type,
                event_name: columns.event_name,
                node_id: columns.node_id,
                configuration: columns.configuration,
                created_at: columns.created_at,
            });
        }
        "incident" => {
            let columns: IncidentColumns = parse(&part.columns, instance_id)?;
            snapshot.incidents.push(IncidentRow {
                id: columns.id,
                instance_id,
                activity_id: columns.activity_id,
                incident_type: columns.incident_type,
                node_id: columns.node_id,
                configuration: columns.configuration,
                message: columns.message,
                created_at: columns.created_at,
                annotation: columns.annotation,
            });
        }
        "job" => snapshot.jobs.push(parse::<JobRow>(&part.columns, instance_id)?),
        _ => {}
    }
    Ok(())
}

fn read_activity(part: &Part, large: &LargeValues) -> Result<ActivityRow> {
    let columns: ActivityColumns = parse(&part.columns, part.instance)?;
    let kind = ActivityKind::parse(&columns.kind).ok_or_else(|| {
        corrupt(format!(
            "activity {} is of the unknown kind `{}`",
            columns.id, columns.kind
        ))
    })?;
    let variables = part
        .variables
        .as_deref()
        .map(|document| document::read(document, part.instance, large))
        .transpose()?;
    Ok(ActivityRow {
        id: columns.id,
        instance_id: part.instance,
        parent_id: columns.parent_id,
        node_id: columns.node_id,
        activity_type: columns.activity_type,
        activity_name: columns.activity_name,
        kind,
        started_at: columns.started_at,
        variables,
        external_task: columns.topic.map(|topic| ExternalTaskColumns {
            topic,
            priority: columns.priority.unwrap_or_default(),
            retries: columns.retries,
            worker: columns.worker,
            lock_expires: columns.lock_expires,
            lock_token: columns.lock_token,
            error_message: columns.error_message,
            error_details: columns.error_details,
            suspended: columns.task_suspended.unwrap_or_default(),
        }),
        detail: columns.detail,
    })
}

fn parse<T: for<'text> Deserialize<'text>>(columns: &str, instance: Uuid) -> Result<T> {
    serde_json::from_str(columns).map_err(|error| {
        tracing::warn!(%instance, %error, "a row of an instance cannot be read");
        corrupt(format!("a row of instance {instance}"))
    })
}

/// Finds the instances of ids; see [`flowstone_store::Store::locate`].
pub(crate) async fn locate(pool: &PgPool, ids: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // `union`: the id of a token may be asked for twice, and a subscription may share it.
    sqlx::query_as(
        "select id, instance_id from activity where id = any($1) \
         union select id, id from process_instance where id = any($1) \
         union select id, instance_id from event_subscription where id = any($1) \
         union select id, instance_id from incident where id = any($1) \
         union select id, instance_id from job where id = any($1) and instance_id is not null",
    )
    .bind(ids)
    .fetch_all(pool)
    .await
    .map_err(|error| failure("finding the instances of tasks", error))
}

/// Commands applied before; see [`flowstone_store::Store::applied`].
pub(crate) async fn applied(pool: &PgPool, keys: &[String]) -> Result<Vec<AppliedCommand>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let fail = |error| failure("looking up idempotency keys", error);
    let stored: Vec<_> = keys.iter().map(|key| storable(key)).collect();
    sqlx::query("select key, instance_id, at, outcome::text from applied_command where key = any($1)")
        .bind(stored)
        .fetch_all(pool)
        .await
        .map_err(fail)?
        .iter()
        .map(|row| {
            let outcome: String = row.try_get(3).map_err(fail)?;
            Ok(AppliedCommand {
                key: row.try_get(0).map_err(fail)?,
                instance_id: row.try_get(1).map_err(fail)?,
                at: row.try_get(2).map_err(fail)?,
                outcome: serde_json::from_str(&outcome).map_err(|error| corrupt(format!("a stored reply: {error}")))?,
            })
        })
        .collect()
}

/// Forgets idempotency keys; see [`flowstone_store::Store::forget_applied`].
pub(crate) async fn forget_applied(pool: &PgPool, until: DateTime<Utc>) -> Result<u64> {
    sqlx::query("delete from applied_command where at < $1")
        .bind(until)
        .execute(pool)
        .await
        .map(|done| done.rows_affected())
        .map_err(|error| failure("forgetting idempotency keys", error))
}

// Joined through an array, so that every plan takes the instance by its key.
const READY_TASKS: &str = "select a.id, a.instance_id, p.definition_id, p.business_key, p.tenant_id, a.topic, \
    a.priority, a.started_at, a.lock_expires \
    from activity a join process_instance p on p.id = any(array[a.instance_id]) \
    where a.topic = $1 and a.kind = 'externalTask' and not a.task_suspended and not p.suspended \
    and (a.retries is null or a.retries > 0) and (a.lock_expires is null or a.lock_expires < $2) \
    order by a.priority desc, a.id limit $3";

/// Tasks that may be fetched; see [`flowstone_store::Store::ready_tasks`].
pub(crate) async fn ready_tasks(
    pool: &PgPool,
    topic: &str,
    horizon: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<ReadyTask>> {
    let fail = |error| failure("looking for external tasks", error);
    sqlx::query(READY_TASKS)
        .bind(storable(topic))
        .bind(horizon)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await
        .map_err(fail)?
        .iter()
        .map(read_ready)
        .collect::<sqlx::Result<Vec<ReadyTask>>>()
        .map_err(fail)
}

fn read_ready(row: &PgRow) -> sqlx::Result<ReadyTask> {
    Ok(ReadyTask {
        id: row.try_get(0)?,
        instance_id: row.try_get(1)?,
        definition_id: Arc::from(row.try_get::<&str, _>(2)?),
        business_key: row.try_get(3)?,
        tenant_id: row.try_get(4)?,
        topic: row.try_get(5)?,
        priority: row.try_get(6)?,
        created_at: row.try_get(7)?,
        lock_expires: row.try_get(8)?,
    })
}

const DUE_JOBS: &str = "select id, instance_id, definition_id, coalesce(due, created_at), priority from job \
    where retries > 0 and not suspended and coalesce(due, created_at) <= $1 \
    order by coalesce(due, created_at), id limit $2";

const NEXT_DUE: &str = "select coalesce(due, created_at) from job \
    where retries > 0 and not suspended and coalesce(due, created_at) > $1 \
    order by coalesce(due, created_at) limit 1";

/// Jobs that may be executed; see [`flowstone_store::Store::due_jobs`].
pub(crate) async fn due_jobs(pool: &PgPool, now: DateTime<Utc>, limit: u32) -> Result<Vec<DueJob>> {
    let read = |row: &PgRow| {
        Ok(DueJob {
            id: row.try_get(0)?,
            instance_id: row.try_get(1)?,
            definition_id: Arc::from(row.try_get::<&str, _>(2)?),
            due: row.try_get(3)?,
            priority: row.try_get(4)?,
        })
    };
    sqlx::query(DUE_JOBS)
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .map_err(|error| failure("looking for due jobs", error))
}

/// When the next job becomes due; see [`flowstone_store::Store::next_due`].
pub(crate) async fn next_due(pool: &PgPool, after: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar(NEXT_DUE)
        .bind(after)
        .fetch_optional(pool)
        .await
        .map_err(|error| failure("looking for the next due job", error))
}

/// The stored events of an instance; see [`flowstone_store::Store::event_log`].
pub(crate) async fn event_log(pool: &PgPool, instance: Uuid, after: i64, limit: u32) -> Result<Vec<EventLogRow>> {
    sqlx::query(
        "select instance_id, version, at, events from history_event \
         where instance_id = $1 and version > $2 order by version limit $3",
    )
    .bind(instance)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
    .and_then(|rows| rows.iter().map(read_events).collect())
    .map_err(|error| failure("reading the events of an instance", error))
}

fn read_events(row: &PgRow) -> sqlx::Result<EventLogRow> {
    Ok(EventLogRow {
        instance_id: row.try_get(0)?,
        version: row.try_get(1)?,
        at: row.try_get(2)?,
        events: row.try_get(3)?,
    })
}

/// Deletes the history of an ended instance; see
/// [`flowstone_store::Store::delete_historic_instance`].
pub(crate) async fn delete_historic_instance(pool: &PgPool, id: Uuid) -> Result<bool> {
    let mut sql = "with instance as (delete from history_process_instance where id = $1 returning id)".to_owned();
    let others = ["history_activity", "history_event", "history_large_value"];
    for table in others.iter().chain(TABLES) {
        sql.push_str(&format!(
            ", {table}_deleted as (delete from {table} where instance_id = $1 and exists (select from instance))"
        ));
    }
    sql.push_str(" select id from instance");
    // The text is made of constants.
    let deleted: Vec<Uuid> = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(id)
        .fetch_all(pool)
        .await
        .map_err(|error| failure("deleting the history of an instance", error))?;
    Ok(!deleted.is_empty())
}

/// A cheap round trip.
pub(crate) async fn ping(pool: &PgPool) -> Result<()> {
    sqlx::query("select 1")
        .execute(pool)
        .await
        .map(drop)
        .map_err(|error: sqlx::Error| -> Error { failure("reaching Postgres", error) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;
    use crate::{PostgresOptions, PostgresStore};
    use flowstone_tests::postgres::PrivateCluster;
    use sqlx::AssertSqlSafe;

    /// The first jobs must not cost more when more wait behind them, or when many are spent.
    #[tokio::test]
    async fn due_jobs_come_in_the_order_of_an_index() {
        let url = PrivateCluster::shared().create_database().await.unwrap();
        PostgresStore::connect(&url, PostgresOptions::default()).await.unwrap();
        let pool = PgPool::connect(&url).await.unwrap();
        for statement in [
            "insert into job (id, definition_id, definition_key, node_id, job_type, configuration, due, priority, \
             retries, suspended, created_at) \
             select gen_random_uuid(), 'order:1:x', 'order', 'wait', 'timer-transition', '', \
             now() + n * interval '1 minute', 0, n % 2, false, now() from generate_series(-10000, 10000) n",
            "analyze job",
        ] {
            sqlx::query(statement).execute(&pool).await.unwrap();
        }
        for statement in [DUE_JOBS, NEXT_DUE] {
            let bound = statement.replace("$1", "now()").replace("$2", "50");
            let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("explain {bound}")))
                .fetch_all(&pool)
                .await
                .unwrap();
            let plan = plan.join("\n");
            assert!(plan.contains("using job_due"), "{plan}");
            assert!(!plan.contains("Sort") && !plan.contains("Seq Scan"), "{plan}");
        }
    }
}

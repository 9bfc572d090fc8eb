//! Reading what commands need: instances, where a task belongs, what may be fetched.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use flowstone_store::Result;
use flowstone_store::change::AppliedCommand;
use flowstone_store::record::{
    DueJob, IncidentRow, InstanceRow, InstanceSnapshot, JobRow, ReadyTask, SubscriptionRow, UserTaskRow,
};
use flowstone_store::text::storable;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::cells::Cells;
use crate::error::{corrupt, failure};
use crate::rows::{ids, json};
use crate::table::{ACTIVITY, INCIDENT, JOB, SUBSCRIPTION, Table, USER_TASK};

/// Loads instances; see [`flowstone_store::Store::load`]. One transaction reads all tables, hence
/// one moment.
pub(crate) async fn load(pool: &SqlitePool, instances: &[Uuid]) -> Result<Vec<InstanceSnapshot>> {
    if instances.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = ids(instances.iter().copied())?;
    let read = async {
        let mut transaction = pool.begin().await?;
        let mut snapshots: BTreeMap<Uuid, InstanceSnapshot> = sqlx::query(
            "select id, definition_id, business_key, tenant_id, suspended, variables, start_activity_id, \
             start_user_id, started_at, super_instance_id, super_execution_id, root_instance_id, version \
             from process_instance where id in (select value from json_each(?1))",
        )
        .bind(&wanted)
        .fetch_all(&mut *transaction)
        .await?
        .iter()
        .map(|row| read_instance(Cells(row)))
        .collect::<sqlx::Result<_>>()?;
        let connection = &mut *transaction;
        for row in rows_of(connection, &ACTIVITY, &wanted).await? {
            let row = Cells(&row).activity()?;
            if let Some(snapshot) = snapshots.get_mut(&row.instance_id) {
                snapshot.activities.push(row);
            }
        }
        for row in rows_of(connection, &USER_TASK, &wanted).await? {
            let row = read_user_task(Cells(&row))?;
            if let Some(snapshot) = snapshots.get_mut(&row.instance_id) {
                snapshot.user_tasks.push(row);
            }
        }
        for row in rows_of(connection, &SUBSCRIPTION, &wanted).await? {
            let row = read_subscription(Cells(&row))?;
            if let Some(snapshot) = snapshots.get_mut(&row.instance_id) {
                snapshot.subscriptions.push(row);
            }
        }
        for row in rows_of(connection, &INCIDENT, &wanted).await? {
            let row = read_incident(Cells(&row))?;
            if let Some(snapshot) = snapshots.get_mut(&row.instance_id) {
                snapshot.incidents.push(row);
            }
        }
        for row in rows_of(connection, &JOB, &wanted).await? {
            let row = read_job(Cells(&row))?;
            if let Some(snapshot) = row.instance_id.and_then(|id| snapshots.get_mut(&id)) {
                snapshot.jobs.push(row);
            }
        }
        transaction.commit().await?;
        Ok(snapshots)
    };
    let mut snapshots = read.await.map_err(|error| failure("loading instances", error))?;
    for snapshot in snapshots.values_mut() {
        snapshot.activities.sort_unstable_by_key(|row| row.id);
        snapshot.user_tasks.sort_unstable_by_key(|row| row.id);
        snapshot.subscriptions.sort_unstable_by_key(|row| row.id);
        snapshot.incidents.sort_unstable_by_key(|row| row.id);
        snapshot.jobs.sort_unstable_by_key(|row| row.id);
    }
    Ok(snapshots.into_values().collect())
}

async fn rows_of(connection: &mut SqliteConnection, table: &Table, instances: &str) -> sqlx::Result<Vec<SqliteRow>> {
    sqlx::query(AssertSqlSafe(table.select_of_instances()))
        .bind(instances)
        .fetch_all(connection)
        .await
}

fn read_instance(cells: Cells<'_>) -> sqlx::Result<(Uuid, InstanceSnapshot)> {
    let instance = InstanceRow {
        id: cells.id(0)?,
        definition_id: cells.shared(1)?,
        business_key: cells.get(2)?,
        tenant_id: cells.get(3)?,
        suspended: cells.get(4)?,
        variables: cells.document(5)?,
        start_activity_id: cells.get(6)?,
        start_user_id: cells.get(7)?,
        started_at: cells.time(8)?,
        super_instance_id: cells.optional_id(9)?,
        super_execution_id: cells.optional_id(10)?,
        root_instance_id: cells.optional_id(11)?,
        version: cells.get(12)?,
    };
    let snapshot = InstanceSnapshot {
        instance,
        activities: Vec::new(),
        user_tasks: Vec::new(),
        subscriptions: Vec::new(),
        incidents: Vec::new(),
        jobs: Vec::new(),
    };
    Ok((snapshot.instance.id, snapshot))
}

/// Reads a user task in the order of [`USER_TASK`].
pub(crate) fn read_user_task(cells: Cells<'_>) -> sqlx::Result<UserTaskRow> {
    Ok(UserTaskRow {
        id: cells.id(0)?,
        instance_id: cells.id(1)?,
        name: cells.get(2)?,
        description: cells.get(3)?,
        assignee: cells.get(4)?,
        owner: cells.get(5)?,
        delegation_state: cells.get(6)?,
        priority: cells.get(7)?,
        due: cells.optional_time(8)?,
        follow_up: cells.optional_time(9)?,
        candidate_users: cells.document(10)?,
        candidate_groups: cells.document(11)?,
        form_key: cells.get(12)?,
        form_ref: cells.optional_document(13)?,
    })
}

/// Reads a subscription in the order of [`SUBSCRIPTION`].
pub(crate) fn read_subscription(cells: Cells<'_>) -> sqlx::Result<SubscriptionRow> {
    Ok(SubscriptionRow {
        id: cells.id(0)?,
        instance_id: cells.id(1)?,
        activity_id: cells.id(2)?,
        event_type: cells.shared(3)?,
        event_name: cells.get(4)?,
        node_id: cells.shared(5)?,
        created_at: cells.time(6)?,
        configuration: cells.get(7)?,
    })
}

/// Reads an incident in the order of [`INCIDENT`].
pub(crate) fn read_incident(cells: Cells<'_>) -> sqlx::Result<IncidentRow> {
    Ok(IncidentRow {
        id: cells.id(0)?,
        instance_id: cells.id(1)?,
        activity_id: cells.id(2)?,
        incident_type: cells.shared(3)?,
        node_id: cells.shared(4)?,
        configuration: cells.get(5)?,
        message: cells.get(6)?,
        created_at: cells.time(7)?,
        annotation: cells.get(8)?,
    })
}

/// Reads a job in the order of [`JOB`].
pub(crate) fn read_job(cells: Cells<'_>) -> sqlx::Result<JobRow> {
    Ok(JobRow {
        id: cells.id(0)?,
        instance_id: cells.optional_id(1)?,
        execution_id: cells.optional_id(2)?,
        definition_id: cells.shared(3)?,
        definition_key: cells.shared(4)?,
        tenant_id: cells.get(5)?,
        deployment_id: cells.optional_id(6)?,
        job_definition_id: cells.optional_id(7)?,
        node_id: cells.shared(8)?,
        job_type: cells.get(9)?,
        configuration: cells.get(10)?,
        due: cells.optional_time(11)?,
        priority: cells.get(12)?,
        retries: cells.get(13)?,
        suspended: cells.get(14)?,
        exception_message: cells.get(15)?,
        exception_details: cells.get(16)?,
        failed_node_id: cells.get(17)?,
        created_at: cells.time(18)?,
        detail: cells.optional_document(19)?,
    })
}

/// Finds the instances of ids; see [`flowstone_store::Store::locate`].
pub(crate) async fn locate(pool: &SqlitePool, wanted: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    // `union`: the id of a token may be asked for twice, and a subscription may share it.
    sqlx::query(
        "select id, instance_id from activity where id in (select value from json_each(?1)) \
         union select id, id from process_instance where id in (select value from json_each(?1)) \
         union select id, instance_id from event_subscription where id in (select value from json_each(?1)) \
         union select id, instance_id from incident where id in (select value from json_each(?1)) \
         union select id, instance_id from job \
         where id in (select value from json_each(?1)) and instance_id is not null",
    )
    .bind(ids(wanted.iter().copied())?)
    .fetch_all(pool)
    .await
    .and_then(|rows| {
        rows.iter()
            .map(|row| Ok((Cells(row).id(0)?, Cells(row).id(1)?)))
            .collect()
    })
    .map_err(|error| failure("finding the instances of tasks", error))
}

/// Commands applied before; see [`flowstone_store::Store::applied`].
pub(crate) async fn applied(pool: &SqlitePool, keys: &[String]) -> Result<Vec<AppliedCommand>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let fail = |error| failure("looking up idempotency keys", error);
    let wanted: Vec<_> = keys.iter().map(|key| storable(key)).collect();
    sqlx::query(
        "select key, instance_id, at, outcome from applied_command \
         where key in (select value from json_each(?1)) order by key",
    )
    .bind(json(&wanted)?)
    .fetch_all(pool)
    .await
    .map_err(fail)?
    .iter()
    .map(|row| {
        let cells = Cells(row);
        let outcome: &str = cells.get(3).map_err(fail)?;
        Ok(AppliedCommand {
            key: cells.get(0).map_err(fail)?,
            instance_id: cells.id(1).map_err(fail)?,
            at: cells.time(2).map_err(fail)?,
            outcome: serde_json::from_str(outcome).map_err(|error| corrupt(format!("a stored reply: {error}")))?,
        })
    })
    .collect()
}

/// Forgets idempotency keys; see [`flowstone_store::Store::forget_applied`].
pub(crate) async fn forget_applied(pool: &SqlitePool, until: DateTime<Utc>) -> Result<u64> {
    sqlx::query("delete from applied_command where at < ?1")
        .bind(until.timestamp_micros())
        .execute(pool)
        .await
        .map(|done| done.rows_affected())
        .map_err(|error| failure("forgetting idempotency keys", error))
}

const READY_TASKS: &str = "select a.id, a.instance_id, p.definition_id, p.business_key, p.tenant_id, a.topic, \
    a.priority, a.started_at, a.lock_expires from activity a cross join process_instance p on p.id = a.instance_id \
    where a.topic = ?1 and not a.task_suspended and not p.suspended \
    and (a.retries is null or a.retries > 0) and (a.lock_expires is null or a.lock_expires < ?2) \
    order by a.priority desc, a.id limit ?3";

/// Tasks that may be fetched; see [`flowstone_store::Store::ready_tasks`].
pub(crate) async fn ready_tasks(
    pool: &SqlitePool,
    topic: &str,
    horizon: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<ReadyTask>> {
    sqlx::query(READY_TASKS)
        .bind(storable(topic).into_owned())
        .bind(horizon.timestamp_micros())
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await
        .and_then(|rows| read_ready(&rows))
        .map_err(|error| failure("looking for external tasks", error))
}

fn read_ready(rows: &[SqliteRow]) -> sqlx::Result<Vec<ReadyTask>> {
    rows.iter()
        .map(|row| {
            let cells = Cells(row);
            Ok(ReadyTask {
                id: cells.id(0)?,
                instance_id: cells.id(1)?,
                definition_id: cells.shared(2)?,
                business_key: cells.get(3)?,
                tenant_id: cells.get(4)?,
                topic: cells.get(5)?,
                priority: cells.get(6)?,
                created_at: cells.time(7)?,
                lock_expires: cells.optional_time(8)?,
            })
        })
        .collect()
}

const DUE_JOBS: &str = "select id, instance_id, definition_id, coalesce(due, created_at), priority from job \
    where retries > 0 and not suspended and coalesce(due, created_at) <= ?1 \
    order by coalesce(due, created_at), id limit ?2";

const NEXT_DUE: &str = "select coalesce(due, created_at) from job \
    where retries > 0 and not suspended and coalesce(due, created_at) > ?1 \
    order by coalesce(due, created_at) limit 1";

/// Jobs that may be executed; see [`flowstone_store::Store::due_jobs`].
pub(crate) async fn due_jobs(pool: &SqlitePool, now: DateTime<Utc>, limit: u32) -> Result<Vec<DueJob>> {
    let read = |row: &SqliteRow| {
        let cells = Cells(row);
        Ok(DueJob {
            id: cells.id(0)?,
            instance_id: cells.optional_id(1)?,
            definition_id: cells.shared(2)?,
            due: cells.time(3)?,
            priority: cells.get(4)?,
        })
    };
    sqlx::query(DUE_JOBS)
        .bind(now.timestamp_micros())
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await
        .and_then(|rows| rows.iter().map(read).collect())
        .map_err(|error| failure("looking for due jobs", error))
}

/// When the next job becomes due; see [`flowstone_store::Store::next_due`].
pub(crate) async fn next_due(pool: &SqlitePool, after: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    sqlx::query(NEXT_DUE)
        .bind(after.timestamp_micros())
        .fetch_optional(pool)
        .await
        .and_then(|row| row.map(|row| Cells(&row).time(0)).transpose())
        .map_err(|error| failure("looking for the next due job", error))
}

/// A cheap round trip.
pub(crate) async fn ping(pool: &SqlitePool) -> Result<()> {
    sqlx::query("select 1")
        .execute(pool)
        .await
        .map(drop)
        .map_err(|error| failure("reaching the database", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SqliteOptions, SqliteStore};

    /// The first tasks and jobs must not cost more when more wait behind them.
    #[tokio::test]
    async fn what_can_be_done_comes_in_the_order_of_an_index() {
        let store = SqliteStore::open(":memory:", SqliteOptions::default()).await.unwrap();
        for statement in [READY_TASKS, DUE_JOBS, NEXT_DUE] {
            let plan: Vec<String> = sqlx::query(AssertSqlSafe(format!("explain query plan {statement}")))
                .fetch_all(&store.readers)
                .await
                .unwrap()
                .iter()
                .map(|row| Cells(row).get(3).unwrap())
                .collect();
            assert!(plan.iter().all(|step| step.starts_with("SEARCH")), "{plan:?}");
        }
    }
}

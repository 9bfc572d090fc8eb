//! Writing a batch: one transaction, first the checks, then one statement per table.
//!
//! The transaction is `immediate`: from its begin nobody else writes, so what the checks read holds
//! until it ends, and the statements that follow only carry the instances that passed.

use std::collections::{BTreeSet, HashMap};

use flowstone_store::change::{AppliedCommand, Batch, HeaderChange, InstanceChange};
use flowstone_store::history::{HistoryRow, HistoryRows};
use flowstone_store::text::storable;
use flowstone_store::{Committed, Error, Result};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::cells::Cells as Read;
use crate::error::failure;
use crate::history;
use crate::rows::{Cells, Rows, ids, json};
use crate::table::{
    ACTIVITY, HISTORIC_ACTIVITY, HISTORIC_INSTANCE, INCIDENT, INSTANCE, JOB, SUBSCRIPTION, Table, USER_TASK,
    activity_cells, historic_activity_cells, historic_instance_cells, incident_cells, instance_cells, job_cells,
    subscription_cells, user_task_cells,
};

/// Moves instances on; what a change does not mention stays.
const UPDATE_INSTANCES: &str = "update process_instance set version = version + 1, \
    variables = coalesce(r.value ->> 1, variables), suspended = coalesce(r.value ->> 2, suspended) \
    from jsonb_each(?1) r where process_instance.id = r.value ->> 0";

/// Writes a batch; see [`flowstone_store::Store::commit`].
pub(crate) async fn commit(pool: &SqlitePool, batch: Batch) -> Result<Committed> {
    if batch.instances.is_empty() && batch.applied.is_empty() {
        return Ok(Committed::default());
    }
    let pool = pool.clone();
    // In a task of its own: a caller that goes away does not stop a batch halfway.
    tokio::spawn(async move { write(&pool, batch).await })
        .await
        .map_err(|error| {
            tracing::error!(%error, "writing a batch was aborted");
            Error::Unavailable("the server is shutting down".to_owned())
        })?
}

async fn write(pool: &SqlitePool, batch: Batch) -> Result<Committed> {
    let fail = |error| failure("writing a batch", error);
    let mut transaction = pool.begin_with("begin immediate").await.map_err(fail)?;
    let conflicts = conflicts(&mut transaction, &batch).await?;
    if batch.together && !conflicts.is_empty() {
        return Ok(Committed {
            conflicts: conflicts.into_iter().collect(),
        });
    }
    let changes: Vec<&InstanceChange> = batch
        .instances
        .iter()
        .filter(|change| !conflicts.contains(&change.instance_id))
        .collect();
    let mut statements = Statements::default();
    write_headers(&mut statements, &changes)?;
    write_rows(&mut statements, &changes)?;
    write_history(&mut statements, &changes)?;
    let applied = batch
        .applied
        .iter()
        .filter(|command| !conflicts.contains(&command.instance_id));
    write_applied(&mut statements, applied)?;
    statements.execute(&mut transaction).await?;
    transaction.commit().await.map_err(fail)?;
    Ok(Committed {
        conflicts: conflicts.into_iter().collect(),
    })
}

/// The instances that must be left out.
async fn conflicts(connection: &mut SqliteConnection, batch: &Batch) -> Result<BTreeSet<Uuid>> {
    let mut conflicts = claimed_elsewhere(connection, &batch.applied).await?;
    let checked = batch
        .instances
        .iter()
        .filter(|change| !matches!(change.header, HeaderChange::Pass));
    let versions = versions(connection, checked.clone().map(|change| change.instance_id)).await?;
    for change in checked {
        let stored = versions.get(&change.instance_id).copied();
        let expected = match &change.header {
            HeaderChange::Insert(_) | HeaderChange::Pass => None,
            HeaderChange::Update { expected_version, .. } | HeaderChange::Delete { expected_version } => {
                Some(*expected_version)
            }
        };
        if stored != expected {
            conflicts.insert(change.instance_id);
        }
    }
    Ok(conflicts)
}

/// Instances with an idempotency key that was applied before, or that another instance of the batch
/// claims first.
async fn claimed_elsewhere(connection: &mut SqliteConnection, applied: &[AppliedCommand]) -> Result<BTreeSet<Uuid>> {
    if applied.is_empty() {
        return Ok(BTreeSet::new());
    }
    let keys: Vec<_> = applied.iter().map(|command| storable(&command.key)).collect();
    let stored: BTreeSet<String> =
        sqlx::query_scalar("select key from applied_command where key in (select value from json_each(?1))")
            .bind(json(&keys)?)
            .fetch_all(connection)
            .await
            .map_err(|error| failure("looking up idempotency keys", error))?
            .into_iter()
            .collect();
    let mut owners: HashMap<&str, Uuid> = HashMap::new();
    Ok(applied
        .iter()
        .zip(&keys)
        .filter(|(command, key)| {
            let owner = *owners.entry(key).or_insert(command.instance_id);
            owner != command.instance_id || stored.contains(key.as_ref())
        })
        .map(|(command, _)| command.instance_id)
        .collect())
}

async fn versions(
    connection: &mut SqliteConnection,
    instances: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, i64>> {
    sqlx::query("select id, version from process_instance where id in (select value from json_each(?1))")
        .bind(ids(instances)?)
        .fetch_all(connection)
        .await
        .and_then(|rows| rows.iter().map(|row| Ok((Read(row).id(0)?, row.try_get(1)?))).collect())
        .map_err(|error| failure("comparing versions", error))
}

/// Statements that go to the database together: SQLite runs on a thread of its own, and one way there
/// and back costs more than most of them.
#[derive(Default)]
struct Statements {
    sql: String,
    rows: Vec<String>,
}

impl Statements {
    /// Adds a statement with one parameter, `?1`, which means the rows.
    fn add(&mut self, sql: &str, rows: String) {
        // The driver hands out arguments in turn to parameters without a number.
        self.sql.push_str(&sql.replace("?1", "?"));
        self.sql.push_str(";\n");
        self.rows.push(rows);
    }

    async fn execute(self, connection: &mut SqliteConnection) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        // The text is made of constants and values travel as arguments.
        let mut query = sqlx::query(AssertSqlSafe(self.sql));
        for rows in self.rows {
            query = query.bind(rows);
        }
        query
            .execute(connection)
            .await
            .map(drop)
            .map_err(|error| failure("writing a batch", error))
    }
}

fn write_headers(statements: &mut Statements, changes: &[&InstanceChange]) -> Result<()> {
    let (mut inserted, mut updated, mut ended) = (Rows::new(), Rows::new(), Vec::new());
    for change in changes {
        match &change.header {
            HeaderChange::Insert(row) => inserted.add(|cells| instance_cells(cells, row))?,
            HeaderChange::Update {
                variables, suspended, ..
            } => updated.add(|cells| {
                cells.id(change.instance_id);
                cells.variables(variables.as_ref())?;
                cells.optional_boolean(*suspended);
                Ok(())
            })?,
            HeaderChange::Delete { .. } => ended.push(change.instance_id),
            HeaderChange::Pass => {}
        }
    }
    if !inserted.is_empty() {
        statements.add(&INSTANCE.insert(), inserted.finish());
    }
    if !updated.is_empty() {
        statements.add(UPDATE_INSTANCES, updated.finish());
    }
    if !ended.is_empty() {
        let ended = ids(ended)?;
        statements.add(&INSTANCE.delete(), ended.clone());
        statements.add(&ACTIVITY.delete_of_instances(), ended);
    }
    Ok(())
}

/// Rows of instances. An ended instance gets no new ones, but for jobs that start others; its activities are gone.
fn write_rows(statements: &mut Statements, all: &[&InstanceChange]) -> Result<()> {
    let changes: Vec<&InstanceChange> = all
        .iter()
        .copied()
        .filter(|change| matches!(change.header, HeaderChange::Insert(_) | HeaderChange::Update { .. }))
        .collect();
    delete(statements, &ACTIVITY, &changes, |change| &change.activities_deleted)?;
    delete(statements, &USER_TASK, all, |change| &change.user_tasks_deleted)?;
    delete(statements, &SUBSCRIPTION, all, |change| &change.subscriptions_deleted)?;
    delete(statements, &INCIDENT, all, |change| &change.incidents_deleted)?;
    delete(statements, &JOB, all, |change| &change.jobs_deleted)?;
    put(
        statements,
        &ACTIVITY.insert(),
        &changes,
        |change| &change.activities_inserted,
        activity_cells,
    )?;
    put(
        statements,
        &ACTIVITY.update(),
        &changes,
        |change| &change.activities_updated,
        activity_cells,
    )?;
    put(
        statements,
        &USER_TASK.put(),
        &changes,
        |change| &change.user_tasks_put,
        user_task_cells,
    )?;
    put(
        statements,
        &SUBSCRIPTION.insert(),
        &changes,
        |change| &change.subscriptions_inserted,
        subscription_cells,
    )?;
    put(
        statements,
        &INCIDENT.insert(),
        &changes,
        |change| &change.incidents_inserted,
        incident_cells,
    )?;
    put(
        statements,
        &INCIDENT.update(),
        &changes,
        |change| &change.incidents_updated,
        incident_cells,
    )?;
    put(statements, &JOB.put(), &changes, |change| &change.jobs_put, job_cells)?;
    put(statements, &JOB.put(), all, |change| &change.definition_jobs, job_cells)
}

fn write_history(statements: &mut Statements, changes: &[&InstanceChange]) -> Result<()> {
    put(
        statements,
        &HISTORIC_INSTANCE.insert(),
        changes,
        |change| change.historic_instance.as_slice(),
        historic_instance_cells,
    )?;
    put(
        statements,
        &HISTORIC_ACTIVITY.insert(),
        changes,
        |change| &change.historic_activities,
        historic_activity_cells,
    )?;
    append(statements, changes, |rows| &rows.variables)?;
    append(statements, changes, |rows| &rows.tasks)?;
    append(statements, changes, |rows| &rows.external_task_log)?;
    append(statements, changes, |rows| &rows.job_log)?;
    append(statements, changes, |rows| &rows.incidents)?;
    append(statements, changes, |rows| &rows.decisions)?;
    let sql = "insert into history_event (instance_id, version, at, events) \
               select r.value ->> 0, r.value ->> 1, r.value ->> 2, unhex(r.value ->> 3) from jsonb_each(?1) r";
    put(
        statements,
        sql,
        changes,
        |change| change.event_log.as_slice(),
        |cells, row| {
            cells.id(row.instance_id);
            cells.integer(row.version);
            cells.time(row.at);
            cells.bytes(&row.events);
            Ok(())
        },
    )
}

fn write_applied<'batch>(
    statements: &mut Statements,
    applied: impl Iterator<Item = &'batch AppliedCommand>,
) -> Result<()> {
    let mut rows = Rows::new();
    for command in applied {
        rows.add(|cells| {
            cells.text(&command.key)?;
            cells.id(command.instance_id);
            cells.time(command.at);
            cells.document(&command.outcome)
        })?;
    }
    if rows.is_empty() {
        return Ok(());
    }
    // The same instance may bring a key twice; the first outcome counts.
    let sql = "insert into applied_command (key, instance_id, at, outcome) \
               select r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3 from jsonb_each(?1) r where true \
               on conflict (key) do nothing";
    statements.add(sql, rows.finish());
    Ok(())
}

fn delete(
    statements: &mut Statements,
    table: &Table,
    changes: &[&InstanceChange],
    deleted: impl Fn(&InstanceChange) -> &[Uuid],
) -> Result<()> {
    let gone: Vec<Uuid> = changes.iter().flat_map(|change| deleted(change)).copied().collect();
    if gone.is_empty() {
        return Ok(());
    }
    statements.add(&table.delete(), ids(gone)?);
    Ok(())
}

fn put<Row>(
    statements: &mut Statements,
    sql: &str,
    changes: &[&InstanceChange],
    pick: impl Fn(&InstanceChange) -> &[Row],
    cells_of: impl Fn(&mut Cells<'_>, &Row) -> Result<()>,
) -> Result<()> {
    let mut rows = Rows::new();
    for row in changes.iter().flat_map(|change| pick(change)) {
        rows.add(|cells| cells_of(cells, row))?;
    }
    if rows.is_empty() {
        return Ok(());
    }
    statements.add(sql, rows.finish());
    Ok(())
}

/// Appends rows of history.
fn append<Row: HistoryRow>(
    statements: &mut Statements,
    changes: &[&InstanceChange],
    pick: impl Fn(&HistoryRows) -> &[Row],
) -> Result<()> {
    put(
        statements,
        &history::insert::<Row>(),
        changes,
        |change| pick(&change.history),
        |cells, row| row.cells().iter().try_for_each(|cell| cells.cell(cell)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SqliteOptions, SqliteStore};

    /// As tables grow, a statement that walks one would grow with it.
    #[tokio::test]
    async fn rows_are_found_by_key() {
        let store = SqliteStore::open(":memory:", SqliteOptions::default()).await.unwrap();
        let mut statements = vec![UPDATE_INSTANCES.to_owned(), INSTANCE.delete()];
        for table in [ACTIVITY, USER_TASK, SUBSCRIPTION, INCIDENT, JOB] {
            statements.extend([table.delete(), table.delete_of_instances(), table.select_of_instances()]);
        }
        statements.extend([ACTIVITY.update(), INCIDENT.update(), USER_TASK.put(), JOB.put()]);
        for statement in statements {
            let plan: Vec<String> = sqlx::query(AssertSqlSafe(format!("explain query plan {statement}")))
                .bind("[]")
                .fetch_all(&store.writer)
                .await
                .unwrap()
                .iter()
                .map(|row| row.get("detail"))
                .collect();
            let walks = plan
                .iter()
                .any(|step| step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE"));
            assert!(!walks, "{statement}: {plan:?}");
        }
    }
}

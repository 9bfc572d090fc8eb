//! Writing a batch: one statement, one implicit transaction, one wait for the disk.
//!
//! The statement first checks and moves the version of every instance (`created`, `updated`,
//! `deleted`), derives from that which instances are in `conflict`, and writes all other rows of
//! the remaining ones from arrays. Parts that a batch lacks are left out of the text, so that the
//! same few texts come again and again and stay prepared.
//!
//! Rows are found by `key = any(array[r.key])` rather than `key = r.key`: the same lookup, but one
//! that can only be planned as a lookup. After a table was analysed while nearly all of its rows were
//! dead, Postgres takes it for empty and walks whole indexes instead (measured: 20,000 units a second
//! fell to 1,200 until the next analysis).
//!
//! All parts see the snapshot of the statement's begin. A row that another transaction changed
//! meanwhile is waited for and its version compared again (read committed), so of two batches that
//! expect the same version exactly one finds it.

mod history;
mod rows;
mod statement;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use flowstone_store::change::{AppliedCommand, Batch, HeaderChange, InstanceChange};
use flowstone_store::{Committed, Error, Result};
use sqlx::PgPool;
use uuid::Uuid;

use crate::error::{failure, is_race};
use statement::Statement;

/// How often a batch that lost a race (deadlock, the same idempotency key at the same moment) is
/// written again before the caller hears of it.
const ATTEMPTS: u32 = 6;

/// Writes a batch; see [`flowstone_store::Store::commit`].
pub(crate) async fn commit(pool: &PgPool, mut batch: Batch) -> Result<Committed> {
    let mut conflicts = refuse_shared_keys(&mut batch);
    if (batch.instances.is_empty() && batch.applied.is_empty()) || (batch.together && !conflicts.is_empty()) {
        return Ok(Committed {
            conflicts: conflicts.into_iter().collect(),
        });
    }
    // In the order of their ids, so that batches of several nodes wait for each other in one
    // direction instead of deadlocking.
    batch.instances.sort_unstable_by_key(|change| change.instance_id);
    batch.applied.sort_unstable_by(|left, right| left.key.cmp(&right.key));
    let mut attempt = 1;
    loop {
        let statement = write(&batch)?;
        let written = if batch.together {
            fetch_together(pool, statement).await
        } else {
            statement.fetch(pool).await
        };
        match written {
            Ok(found) => {
                conflicts.extend(found);
                return Ok(Committed {
                    conflicts: conflicts.into_iter().collect(),
                });
            }
            Err(error) if is_race(&error) && attempt < ATTEMPTS => {
                tracing::debug!(attempt, %error, "a batch lost a race and is written again");
                // Nodes that collided once must not step in time: spread by what differs between them.
                let spread = u64::from(std::process::id() % 7) + u64::from(attempt) * 3;
                tokio::time::sleep(Duration::from_millis(spread)).await;
                attempt += 1;
            }
            Err(error) => return Err(failure("writing a batch", error)),
        }
    }
}

/// Carries out a statement unless it finds a conflict.
async fn fetch_together(pool: &PgPool, statement: Statement) -> sqlx::Result<Vec<Uuid>> {
    let mut transaction = pool.begin().await?;
    let conflicts = statement.fetch(&mut *transaction).await?;
    if conflicts.is_empty() {
        transaction.commit().await?;
    } else {
        transaction.rollback().await?;
    }
    Ok(conflicts)
}

/// Takes out the instances whose idempotency key another instance of the same batch claims first:
/// the table can hold the key once.
fn refuse_shared_keys(batch: &mut Batch) -> BTreeSet<Uuid> {
    let mut owners: HashMap<&str, Uuid> = HashMap::new();
    let mut refused = BTreeSet::new();
    for command in &batch.applied {
        let owner = *owners.entry(&command.key).or_insert(command.instance_id);
        if owner != command.instance_id {
            refused.insert(command.instance_id);
        }
    }
    let repeated = owners.len() < batch.applied.len();
    if !refused.is_empty() {
        batch.instances.retain(|change| !refused.contains(&change.instance_id));
        batch.applied.retain(|command| !refused.contains(&command.instance_id));
    }
    if repeated {
        let mut seen = BTreeSet::new();
        batch.applied.retain(|command| seen.insert(command.key.clone()));
    }
    refused
}

/// The statement for a batch.
fn write(batch: &Batch) -> Result<Statement> {
    let mut statement = Statement::new();
    let changes = &batch.instances;
    let large = rows::large_values(changes)?;

    check_keys(&mut statement, &batch.applied)?;
    check_versions(&mut statement, changes, &large)?;
    statement.gather_conflicts(changes, &batch.applied)?;

    rows::write_large_values(&mut statement, &large)?;
    rows::write_activities(&mut statement, changes, &large)?;
    rows::write_user_tasks(&mut statement, changes)?;
    rows::write_subscriptions(&mut statement, changes)?;
    rows::write_incidents(&mut statement, changes)?;
    rows::write_jobs(&mut statement, changes)?;
    rows::write_history(&mut statement, changes)?;
    history::write(&mut statement, changes)?;
    rows::write_applied(&mut statement, &batch.applied)?;
    Ok(statement)
}

/// Finds the instances of which a command was applied before.
fn check_keys(statement: &mut Statement, applied: &[AppliedCommand]) -> Result<()> {
    if applied.is_empty() {
        return Ok(());
    }
    let source = statement
        .rows()
        .texts(applied.iter().map(|command| &command.key))?
        .column("uuid", applied.iter().map(|command| command.instance_id))?
        .source();
    statement.part(
        "taken",
        &format!(
            "select distinct w.instance_id from {source} as w (key, instance_id) \
             join applied_command a on a.key = any(array[w.key])"
        ),
    );
    statement.keys_are_checked();
    Ok(())
}

/// Inserts, moves on or deletes the instance rows.
fn check_versions(statement: &mut Statement, changes: &[InstanceChange], large: &rows::Documents) -> Result<()> {
    let created = headers(changes, |header| match header {
        HeaderChange::Insert(row) => Some(row),
        _ => None,
    });
    if !created.is_empty() {
        let rows = || created.iter().map(|(_, row)| *row);
        let source = statement
            .rows()
            .column("uuid", created.iter().map(|(change, _)| change.instance_id))?
            .texts(rows().map(|row| &row.definition_id))?
            .optional_texts(rows().map(|row| row.business_key.as_deref()))?
            .column("bool", rows().map(|row| row.suspended))?
            .column("text", created.iter().map(|(change, _)| large.instance(change)))?
            .optional_texts(rows().map(|row| row.start_activity_id.as_deref()))?
            .column("timestamptz", rows().map(|row| row.started_at))?
            .column("int8", rows().map(|row| row.version))?
            .seldom(|columns| {
                columns
                    .texts(rows().map(|row| row.tenant_id.as_deref()))
                    .texts(rows().map(|row| row.start_user_id.as_deref()))
                    .column("uuid", rows().map(|row| row.super_instance_id))
                    .column("uuid", rows().map(|row| row.super_execution_id))
                    .column("uuid", rows().map(|row| row.root_instance_id))
            })?
            .source();
        let free = statement.free("r.id", "where");
        statement.check(
            "created",
            &format!(
                "insert into process_instance (id, definition_id, business_key, suspended, variables, \
                 start_activity_id, started_at, version, tenant_id, start_user_id, super_instance_id, \
                 super_execution_id, root_instance_id) \
                 select r.id, r.definition_id, r.business_key, r.suspended, r.variables::jsonb, \
                 r.start_activity_id, r.started_at, r.version, r.tenant_id, r.start_user_id, r.super_instance_id, \
                 r.super_execution_id, r.root_instance_id from {source} as r (id, definition_id, business_key, \
                 suspended, variables, start_activity_id, started_at, version, tenant_id, start_user_id, \
                 super_instance_id, super_execution_id, root_instance_id) \
                 {free} on conflict (id) do nothing returning id"
            ),
        );
    }

    let updated = headers(changes, |header| match header {
        HeaderChange::Update {
            expected_version,
            variables,
            suspended,
        } => Some((*expected_version, variables.is_some(), *suspended)),
        _ => None,
    });
    // Most commands touch neither variables nor suspension; then neither is sent.
    let (plain, rich): (Vec<_>, Vec<_>) = updated
        .into_iter()
        .partition(|(_, (_, has_variables, suspended))| !has_variables && suspended.is_none());
    if rich.is_empty() && !plain.is_empty() {
        let source = statement
            .rows()
            .column("uuid", plain.iter().map(|(change, _)| change.instance_id))?
            .column("int8", plain.iter().map(|(_, (version, ..))| *version))?
            .source();
        let free = statement.free("r.id", "and");
        statement.check(
            "updated",
            &format!(
                "update process_instance p set version = p.version + 1 from {source} as r (id, version) \
                 where p.id = any(array[r.id]) and p.version = r.version {free} returning p.id"
            ),
        );
    } else if !rich.is_empty() {
        let mut all = rich;
        all.extend(plain);
        all.sort_unstable_by_key(|(change, _)| change.instance_id);
        let source = statement
            .rows()
            .column("uuid", all.iter().map(|(change, _)| change.instance_id))?
            .column("int8", all.iter().map(|(_, (version, ..))| *version))?
            .column(
                "text",
                all.iter()
                    .map(|(change, (_, has_variables, _))| has_variables.then(|| large.instance(change))),
            )?
            .column("bool", all.iter().map(|(_, (_, _, suspended))| *suspended))?
            .source();
        let free = statement.free("r.id", "and");
        statement.check(
            "updated",
            &format!(
                "update process_instance p set version = p.version + 1, \
                 variables = coalesce(r.variables::jsonb, p.variables), \
                 suspended = coalesce(r.suspended, p.suspended) \
                 from {source} as r (id, version, variables, suspended) \
                 where p.id = any(array[r.id]) and p.version = r.version {free} returning p.id"
            ),
        );
    }

    let deleted = headers(changes, |header| match header {
        HeaderChange::Delete { expected_version } => Some(*expected_version),
        _ => None,
    });
    if !deleted.is_empty() {
        let source = statement
            .rows()
            .column("uuid", deleted.iter().map(|(change, _)| change.instance_id))?
            .column("int8", deleted.iter().map(|(_, version)| *version))?
            .source();
        let free = statement.free("r.id", "and");
        statement.check(
            "deleted",
            &format!(
                "delete from process_instance p using {source} as r (id, version) \
                 where p.id = any(array[r.id]) and p.version = r.version {free} returning p.id"
            ),
        );
        for table in ["activity", "large_value"] {
            statement.part(
                &format!("{table}_ended"),
                &format!("delete from {table} t using deleted d where t.instance_id = any(array[d.id])"),
            );
        }
    }
    Ok(())
}

/// The changes whose header is of one kind, with what that kind holds.
fn headers<'batch, T>(
    changes: &'batch [InstanceChange],
    pick: impl Fn(&'batch HeaderChange) -> Option<T>,
) -> Vec<(&'batch InstanceChange, T)> {
    changes
        .iter()
        .filter_map(|change| pick(&change.header).map(|picked| (change, picked)))
        .collect()
}

/// Whether the change ends an instance that was stored: its rows are then deleted as a whole.
fn ends(change: &InstanceChange) -> bool {
    matches!(change.header, HeaderChange::Delete { .. })
}

/// An error for a value that cannot be sent.
fn unsendable(error: sqlx::error::BoxDynError) -> Error {
    tracing::warn!(%error, "a value of a batch cannot be encoded");
    Error::Failed("a value of the batch cannot be sent to Postgres".to_owned())
}

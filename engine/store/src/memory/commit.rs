//! Writing a batch: first all checks, then all changes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use uuid::Uuid;

use super::{Live, Rows, State};
use crate::change::{Batch, HeaderChange, InstanceChange};
use crate::history::{HistoryRow, HistoryRows};
use crate::record::{InstanceRow, UserTaskRow};
use crate::store::{Committed, Error, Result};
use crate::text::clean_batch;

impl State {
    pub(super) fn commit(&mut self, mut batch: Batch) -> Result<Committed> {
        clean_batch(&mut batch);
        let mut conflicts = self.claimed_elsewhere(&batch);
        for change in &batch.instances {
            if !self.has_expected_version(change) {
                conflicts.insert(change.instance_id);
            }
        }
        if batch.together && !conflicts.is_empty() {
            return Ok(Committed {
                conflicts: conflicts.into_iter().collect(),
            });
        }
        batch
            .instances
            .retain(|change| !conflicts.contains(&change.instance_id));
        batch
            .applied
            .retain(|command| !conflicts.contains(&command.instance_id));
        self.check_unique(&batch.instances)?;

        for change in batch.instances {
            self.write(change);
        }
        for command in batch.applied {
            self.applied.entry(command.key.clone()).or_insert(command);
        }
        Ok(Committed {
            conflicts: conflicts.into_iter().collect(),
        })
    }

    /// Instances with an idempotency key that was applied before, or that another instance of the
    /// batch claims first.
    fn claimed_elsewhere(&self, batch: &Batch) -> BTreeSet<Uuid> {
        let mut owners: HashMap<&str, Uuid> = HashMap::new();
        batch
            .applied
            .iter()
            .filter(|command| {
                let owner = *owners.entry(&command.key).or_insert(command.instance_id);
                owner != command.instance_id || self.applied.contains_key(&command.key)
            })
            .map(|command| command.instance_id)
            .collect()
    }

    fn has_expected_version(&self, change: &InstanceChange) -> bool {
        let stored = self.instances.get(&change.instance_id);
        match &change.header {
            HeaderChange::Insert(_) => stored.is_none(),
            HeaderChange::Update { expected_version, .. } | HeaderChange::Delete { expected_version } => {
                stored.is_some_and(|live| live.instance.version == *expected_version)
            }
            HeaderChange::Pass => true,
        }
    }

    /// The primary keys of the durable stores.
    fn check_unique(&self, changes: &[InstanceChange]) -> Result<()> {
        let activities = changes
            .iter()
            .flat_map(|change| &change.activities_inserted)
            .map(|row| row.id);
        let subscriptions = changes
            .iter()
            .flat_map(|change| &change.subscriptions_inserted)
            .map(|row| row.id);
        let incidents = changes
            .iter()
            .flat_map(|change| &change.incidents_inserted)
            .map(|row| row.id);
        let ended = changes
            .iter()
            .filter_map(|change| change.historic_instance.as_ref())
            .map(|row| row.id);
        let left = changes
            .iter()
            .flat_map(|change| &change.historic_activities)
            .map(|row| (row.instance_id, row.id));
        let events = changes
            .iter()
            .filter_map(|change| change.event_log.as_ref())
            .map(|row| (row.instance_id, row.version));
        unique(activities, |id| self.activity_owners.contains_key(id))?;
        unique(subscriptions, |id| self.subscription_owners.contains_key(id))?;
        unique(incidents, |id| self.incident_owners.contains_key(id))?;
        unique(ended, |id| self.historic_instances.contains_key(id))?;
        unique(keys(changes, |rows| &rows.variables), |key| {
            self.historic_variables.contains_key(key)
        })?;
        unique(keys(changes, |rows| &rows.tasks), |key| {
            self.historic_tasks.contains_key(key)
        })?;
        unique(keys(changes, |rows| &rows.incidents), |key| {
            self.historic_incidents.contains_key(key)
        })?;
        unique(keys(changes, |rows| &rows.job_log), |key| {
            self.job_log.contains_key(key)
        })?;
        unique(keys(changes, |rows| &rows.external_task_log), |key| {
            self.external_task_log.contains_key(key)
        })?;
        unique(keys(changes, |rows| &rows.decisions), |key| {
            self.historic_decisions.contains_key(key)
        })?;
        unique(left, |key| self.historic_activities.contains_key(key))?;
        unique(events, |key| self.events.contains_key(key))
    }

    fn write(&mut self, change: InstanceChange) {
        let id = change.instance_id;
        self.historic_instances
            .extend(change.historic_instance.into_iter().map(|row| (row.id, row)));
        let left = change.historic_activities.into_iter();
        self.historic_activities
            .extend(left.map(|row| ((row.instance_id, row.id), row)));
        append(&mut self.historic_variables, change.history.variables);
        append(&mut self.historic_tasks, change.history.tasks);
        append(&mut self.external_task_log, change.history.external_task_log);
        append(&mut self.job_log, change.history.job_log);
        append(&mut self.historic_incidents, change.history.incidents);
        append(&mut self.historic_decisions, change.history.decisions);
        self.events.extend(
            change
                .event_log
                .into_iter()
                .map(|row| ((row.instance_id, row.version), row)),
        );

        self.definition_jobs
            .extend(change.definition_jobs.into_iter().map(|row| (row.id, row)));

        match change.header {
            HeaderChange::Insert(row) => {
                self.instances.insert(id, Live::new(row));
            }
            HeaderChange::Update {
                variables, suspended, ..
            } => {
                if let Some(live) = self.instances.get_mut(&id) {
                    live.instance.version += 1;
                    if let Some(variables) = variables {
                        live.instance.variables = variables;
                    }
                    live.instance.suspended = suspended.unwrap_or(live.instance.suspended);
                }
            }
            HeaderChange::Delete { .. } => {
                if let Some(live) = self.instances.remove(&id) {
                    for id in live.activities.keys() {
                        self.activity_owners.remove(id);
                    }
                    for id in live.subscriptions.keys() {
                        self.subscription_owners.remove(id);
                    }
                    for id in live.incidents.keys() {
                        self.incident_owners.remove(id);
                    }
                    for id in live.jobs.keys() {
                        self.job_owners.remove(id);
                    }
                }
            }
            HeaderChange::Pass => {}
        }
        let Some(live) = self.instances.get_mut(&id) else {
            return;
        };

        for deleted in &change.activities_deleted {
            live.activities.remove(deleted);
            self.activity_owners.remove(deleted);
        }
        for row in change.activities_inserted {
            self.activity_owners.insert(row.id, id);
            live.activities.insert(row.id, row);
        }
        for row in change.activities_updated {
            live.activities.entry(row.id).and_modify(|stored| *stored = row);
        }
        for deleted in &change.user_tasks_deleted {
            live.user_tasks.remove(deleted);
        }
        live.user_tasks
            .extend(change.user_tasks_put.into_iter().map(|row: UserTaskRow| (row.id, row)));
        for deleted in &change.subscriptions_deleted {
            live.subscriptions.remove(deleted);
            self.subscription_owners.remove(deleted);
        }
        for row in change.subscriptions_inserted {
            self.subscription_owners.insert(row.id, id);
            live.subscriptions.insert(row.id, row);
        }
        for deleted in &change.incidents_deleted {
            live.incidents.remove(deleted);
            self.incident_owners.remove(deleted);
        }
        for row in change.incidents_inserted {
            self.incident_owners.insert(row.id, id);
            live.incidents.insert(row.id, row);
        }
        for row in change.incidents_updated {
            live.incidents.entry(row.id).and_modify(|stored| *stored = row);
        }
        for deleted in &change.jobs_deleted {
            live.jobs.remove(deleted);
            self.job_owners.remove(deleted);
        }
        for row in change.jobs_put {
            self.job_owners.insert(row.id, id);
            live.jobs.insert(row.id, row);
        }
    }
}

impl Live {
    fn new(instance: InstanceRow) -> Self {
        Live {
            instance,
            activities: BTreeMap::new(),
            user_tasks: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            incidents: BTreeMap::new(),
            jobs: BTreeMap::new(),
        }
    }
}

/// The keys of rows of history.
fn keys<Row: HistoryRow>(
    changes: &[InstanceChange],
    pick: impl Fn(&HistoryRows) -> &Vec<Row>,
) -> impl Iterator<Item = (Uuid, Uuid)> {
    changes
        .iter()
        .flat_map(move |change| pick(&change.history).iter().map(HistoryRow::key))
}

fn append<Row: HistoryRow>(rows: &mut Rows<Row>, new: Vec<Row>) {
    rows.extend(new.into_iter().map(|row| (row.key(), row)));
}

/// Refuses keys that are there already or come twice.
fn unique<K: Eq + Hash>(keys: impl Iterator<Item = K>, is_stored: impl Fn(&K) -> bool) -> Result<()> {
    let mut seen = HashSet::new();
    for key in keys {
        if is_stored(&key) || !seen.insert(key) {
            return Err(Error::Failed(
                "writing a batch: a row with the same id exists already".to_owned(),
            ));
        }
    }
    Ok(())
}

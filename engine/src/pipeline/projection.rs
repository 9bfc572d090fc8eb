//! Events to row changes: what a batch did to one instance, as deltas.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_core::{Event, Instance, Removed, Wait};
use flowstone_store::change::{HeaderChange, InstanceChange};
use flowstone_store::history::HistoricDecision;
use flowstone_store::record::{
    EventLogRow, HistoricActivityRow, HistoricExternalTask, HistoricInstanceRow, IncidentRow, JobRow, SubscriptionRow,
};
use uuid::Uuid;

use super::history::Past;
use super::rows::{
    activity_row, changed_incidents, historic_external_task, incident_row, instance_row, job_row, root_variables,
    state_text, subscription_row, user_task_row,
};
use crate::definitions::Definition;
use crate::history::HistoryLevel;

/// What a batch has done to one instance so far.
#[derive(Debug, Default)]
pub(crate) struct Projection {
    inserted: BTreeSet<Uuid>,
    updated: BTreeSet<Uuid>,
    deleted: BTreeSet<Uuid>,
    user_tasks_changed: BTreeSet<Uuid>,
    user_tasks_deleted: Vec<Uuid>,
    subscriptions_inserted: Vec<SubscriptionRow>,
    subscriptions_deleted: Vec<Uuid>,
    incidents_inserted: Vec<IncidentRow>,
    incidents_changed: BTreeSet<Uuid>,
    incidents_deleted: Vec<Uuid>,
    jobs_created: BTreeSet<Uuid>,
    jobs_changed: BTreeSet<Uuid>,
    jobs_deleted: Vec<Uuid>,
    /// Jobs that start other instances.
    starts: Vec<JobRow>,
    suspended: Option<bool>,
    root_variables: bool,
    historic_activities: Vec<HistoricActivityRow>,
    historic_instance: Option<HistoricInstanceRow>,
    ended: bool,
    decisions: Vec<HistoricDecision>,
    events: Vec<Event>,
    removed: Removed,
    /// External tasks that were left and are no history yet.
    left_external_tasks: HashMap<Uuid, HistoricExternalTask>,
    /// External tasks that came, changed or went.
    external_tasks: HashSet<Uuid>,
}

impl Projection {
    /// Whether nothing happened.
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether the instance ended.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// Tokens, scopes and jobs that came to stay.
    pub(crate) fn inserted(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.inserted.iter().chain(&self.jobs_created).copied()
    }

    /// Tokens, scopes and jobs that were stored and are gone.
    pub(crate) fn deleted(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.deleted.iter().chain(&self.jobs_deleted).copied()
    }

    /// External tasks that came, changed or went.
    pub(crate) fn external_tasks(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.external_tasks.iter().copied()
    }

    /// Jobs that came or changed.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.jobs_created.iter().chain(&self.jobs_changed).copied()
    }

    /// Adds a job that starts another instance later.
    pub(crate) fn starts_later(&mut self, job: JobRow) {
        self.starts.push(job);
    }

    /// When the first of the jobs that start other instances may be carried out.
    pub(crate) fn first_start(&self) -> Option<DateTime<Utc>> {
        self.starts.iter().map(|job| job.due.unwrap_or(job.created_at)).min()
    }

    /// Adds decisions that were evaluated for the instance.
    pub(crate) fn decided(&mut self, decisions: Vec<HistoricDecision>) {
        self.decisions.extend(decisions);
    }

    /// Adds the events of one step, and what it took out of the instance.
    pub(crate) fn absorb(&mut self, definition: &Definition, instance: &mut Instance, events: Vec<Event>) {
        let removed = instance.take_removed();
        let left = removed.tokens.iter();
        self.left_external_tasks
            .extend(left.filter_map(|token| Some((token.id, historic_external_task(token)?))));
        self.removed.append(removed);
        for event in &events {
            self.note(definition, instance, event);
        }
        self.events.extend(events);
    }

    fn note(&mut self, definition: &Definition, instance: &Instance, event: &Event) {
        match event {
            Event::InstanceStarted { .. }
            | Event::ErrorUncaught { .. }
            | Event::FormSubmitted { .. }
            | Event::InstanceCalled(_)
            | Event::DecisionAsked(_)
            | Event::CallCanceled { .. }
            | Event::RaisedToCaller { .. }
            | Event::SignalThrown { .. } => {}
            Event::NodePassed {
                id,
                scope,
                node,
                at,
                completes_scope,
                canceled,
            } => self.ended_activity(
                definition,
                instance,
                HistoricActivity {
                    id: *id,
                    parent: *scope,
                    node,
                    started_at: *at,
                    at: *at,
                    canceled: *canceled,
                    completes_scope: *completes_scope,
                    task: None,
                    called: None,
                },
            ),
            Event::ScopeOpened { id, .. } => {
                self.inserted.insert(*id);
            }
            Event::ScopeClosed {
                id,
                parent,
                node,
                started_at,
                at,
                completes_scope,
                canceled,
                kept,
            } => {
                if *kept {
                    self.changed(*id);
                } else {
                    self.gone(*id);
                }
                self.ended_activity(
                    definition,
                    instance,
                    HistoricActivity {
                        id: *id,
                        parent: *parent,
                        node,
                        started_at: *started_at,
                        at: *at,
                        canceled: *canceled,
                        completes_scope: *completes_scope,
                        task: None,
                        called: None,
                    },
                );
            }
            Event::TokenRested(token) => {
                self.inserted.insert(token.id);
                if matches!(token.wait, Wait::ExternalTask(_)) {
                    self.external_tasks.insert(token.id);
                }
            }
            Event::TransitionOpened(token) => {
                self.inserted.insert(token.id);
            }
            Event::CompensationBegan { id, .. } => self.changed(*id),
            Event::TransitionClosed { id } | Event::KeptScopeClosed { id } => {
                self.gone(*id);
            }
            Event::TokenLeft {
                id,
                scope,
                node,
                assignee,
                user_task,
                started_at,
                at,
                completes_scope,
                canceled,
                called,
            } => {
                self.user_tasks_changed.remove(id);
                if self.gone(*id) && *user_task {
                    self.user_tasks_deleted.push(*id);
                }
                self.external_tasks.insert(*id);
                self.ended_activity(
                    definition,
                    instance,
                    HistoricActivity {
                        id: *id,
                        parent: *scope,
                        node,
                        started_at: *started_at,
                        at: *at,
                        canceled: *canceled,
                        completes_scope: *completes_scope,
                        task: user_task.then(|| (*id, assignee.clone())),
                        called: *called,
                    },
                );
            }
            Event::SuspensionSet { suspended } => {
                self.suspended = Some(*suspended);
                // Their rows say whether they may be fetched.
                let tasks = instance
                    .tokens()
                    .filter(|token| matches!(token.wait, Wait::ExternalTask(_)));
                for token in tasks {
                    self.changed(token.id);
                    self.external_tasks.insert(token.id);
                }
            }
            Event::UserTaskChanged { id, .. } => {
                if !self.inserted.contains(id) {
                    self.user_tasks_changed.insert(*id);
                }
            }
            Event::ExternalTaskLocked { id, .. }
            | Event::LockExtended { id, .. }
            | Event::ExternalTaskUnlocked { id }
            | Event::ExternalTaskFailed { id, .. }
            | Event::ExternalTaskRetriesSet { id, .. }
            | Event::ExternalTaskPrioritySet { id, .. } => {
                self.changed(*id);
                self.external_tasks.insert(*id);
            }
            Event::VariableSet { scope, .. }
            | Event::VariablesCreated { scope, .. }
            | Event::VariableRemoved { scope, .. } => {
                if *scope == instance.id {
                    self.root_variables = true;
                } else {
                    self.changed(*scope);
                }
            }
            Event::Subscribed(subscription) => self
                .subscriptions_inserted
                .push(subscription_row(instance, subscription)),
            Event::Unsubscribed { id, .. } => {
                let before = self.subscriptions_inserted.len();
                self.subscriptions_inserted
                    .retain(|subscription| subscription.id != *id);
                if self.subscriptions_inserted.len() == before {
                    self.subscriptions_deleted.push(*id);
                }
            }
            Event::JobCreated(job) => {
                self.jobs_created.insert(job.id);
            }
            Event::JobEnded { id, .. } => {
                self.jobs_changed.remove(id);
                if !self.jobs_created.remove(id) {
                    self.jobs_deleted.push(*id);
                }
            }
            Event::JobFailed { id, .. }
            | Event::JobRetriesSet { id, .. }
            | Event::JobDueSet { id, .. }
            | Event::JobPrioritySet { id, .. }
            | Event::JobSuspensionSet { id, .. } => {
                if !self.jobs_created.contains(id) {
                    self.jobs_changed.insert(*id);
                }
            }
            Event::IncidentRaised(incident) => self.incidents_inserted.push(incident_row(instance, incident)),
            Event::IncidentAnnotated { id, annotation, .. } => {
                match self.incidents_inserted.iter_mut().find(|incident| incident.id == *id) {
                    Some(inserted) => inserted.annotation.clone_from(annotation),
                    None => {
                        self.incidents_changed.insert(*id);
                    }
                }
            }
            Event::IncidentResolved { id, .. } => {
                self.incidents_changed.remove(id);
                let before = self.incidents_inserted.len();
                self.incidents_inserted.retain(|incident| incident.id != *id);
                if self.incidents_inserted.len() == before {
                    self.incidents_deleted.push(*id);
                }
            }
            Event::InstanceEnded {
                at,
                end_node,
                outcome,
                reason,
            } => {
                self.ended = true;
                let record = &definition.record;
                self.historic_instance = Some(HistoricInstanceRow {
                    id: instance.id,
                    definition_id: record.id.clone(),
                    definition_key: record.key.clone(),
                    definition_name: record.name.clone(),
                    definition_version: record.version,
                    business_key: instance.business_key.clone(),
                    tenant_id: instance.tenant_id.clone(),
                    start_activity_id: instance.start_node.as_deref().map(str::to_owned),
                    end_activity_id: end_node.as_deref().map(str::to_owned),
                    start_user_id: instance.start_user.clone(),
                    started_at: instance.started_at,
                    ended_at: *at,
                    state: state_text(*outcome).into(),
                    delete_reason: reason.clone(),
                    super_instance_id: instance.caller.map(|caller| caller.instance),
                    root_instance_id: instance.caller.map(|caller| caller.root),
                });
            }
        }
    }

    /// Notes that a token or scope is gone; answers whether it was stored before the batch.
    fn gone(&mut self, id: Uuid) -> bool {
        self.updated.remove(&id);
        if self.inserted.remove(&id) {
            return false;
        }
        self.deleted.insert(id);
        true
    }

    fn changed(&mut self, id: Uuid) {
        if !self.inserted.contains(&id) {
            self.updated.insert(id);
        }
    }

    fn ended_activity(&mut self, definition: &Definition, instance: &Instance, activity: HistoricActivity<'_>) {
        let Some(node) = definition.executable.node(activity.node) else {
            return;
        };
        let (task_id, assignee) = activity.task.unzip();
        self.historic_activities.push(HistoricActivityRow {
            id: activity.id,
            instance_id: instance.id,
            parent_id: activity.parent,
            definition_id: definition.record.id.clone(),
            definition_key: definition.record.key.clone(),
            tenant_id: instance.tenant_id.clone(),
            node_id: activity.node.clone(),
            activity_type: node.activity_type.clone(),
            activity_name: node.name.clone(),
            task_id,
            assignee: assignee.flatten(),
            started_at: activity.started_at,
            ended_at: activity.at,
            canceled: activity.canceled,
            complete_scope: activity.completes_scope,
            root_instance_id: instance.caller.map(|caller| caller.root),
            called_instance_id: activity.called,
            external_task: self.left_external_tasks.remove(&activity.id),
        });
    }

    /// The rows to write. `version` is the stored version, `None` for a new instance.
    ///
    /// # Errors
    /// A description, when the events cannot be serialised.
    pub(crate) fn change(
        self,
        definition: &Definition,
        instance: &Instance,
        version: Option<i64>,
        now: DateTime<Utc>,
        history: HistoryLevel,
    ) -> Result<InstanceChange, String> {
        let event_log = if history >= HistoryLevel::Full {
            Some(EventLogRow {
                instance_id: instance.id,
                version: version.map_or(1, |version| version + 1),
                at: now,
                events: serde_json::to_vec(&self.events).map_err(|error| error.to_string())?,
            })
        } else {
            None
        };
        let header = match (version, self.ended) {
            (None, true) => HeaderChange::Pass,
            (Some(expected_version), true) => HeaderChange::Delete { expected_version },
            (None, false) => HeaderChange::Insert(instance_row(instance)),
            (Some(expected_version), false) => HeaderChange::Update {
                expected_version,
                variables: self.root_variables.then(|| root_variables(instance)),
                suspended: self.suspended,
            },
        };
        let row = |id: &Uuid| activity_row(definition, instance, *id);
        let tasks = self.inserted.iter().chain(&self.user_tasks_changed);
        let tokens = || tasks.clone().filter_map(|id| instance.token(*id));
        let keep_history = history > HistoryLevel::None;
        let past = Past {
            definition,
            instance,
            events: &self.events,
            removed: &self.removed,
            now,
        };
        let mut rows = past.rows(history);
        if history >= HistoryLevel::Full {
            rows.decisions = self.decisions;
        }
        Ok(InstanceChange {
            instance_id: instance.id,
            header,
            activities_inserted: self.inserted.iter().filter_map(row).collect(),
            activities_updated: self.updated.iter().filter_map(row).collect(),
            user_tasks_put: tokens().filter_map(|token| user_task_row(instance, token)).collect(),
            subscriptions_inserted: self.subscriptions_inserted,
            activities_deleted: self.deleted.into_iter().collect(),
            user_tasks_deleted: self.user_tasks_deleted,
            subscriptions_deleted: self.subscriptions_deleted,
            incidents_inserted: self.incidents_inserted,
            incidents_updated: changed_incidents(instance, &self.incidents_changed),
            incidents_deleted: self.incidents_deleted,
            jobs_put: self
                .jobs_created
                .iter()
                .chain(&self.jobs_changed)
                .filter_map(|id| Some(job_row(definition, instance, instance.job(*id)?)))
                .collect(),
            definition_jobs: self.starts,
            jobs_deleted: self.jobs_deleted,
            historic_instance: self.historic_instance.filter(|_| keep_history),
            historic_activities: if keep_history {
                self.historic_activities
            } else {
                Vec::new()
            },
            history: rows,
            event_log,
        })
    }
}

struct HistoricActivity<'a> {
    id: Uuid,
    parent: Uuid,
    node: &'a Arc<str>,
    started_at: DateTime<Utc>,
    at: DateTime<Utc>,
    canceled: bool,
    completes_scope: bool,
    task: Option<(Uuid, Option<String>)>,
    called: Option<Uuid>,
}

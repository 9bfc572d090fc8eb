//! What a batch appends to history beside process and activity instances.
//!
//! Rows are made of what the core took out of an instance, as it was at last, so that nothing is
//! written while something runs.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use flowstone_core::{Event, IdSource as _, Instance, Job, Removed, Token, UserTask, Wait};
use flowstone_expression::Variables;
use flowstone_store::history::{
    ExternalTaskLogEntry, HistoricIncident, HistoricTask, HistoricVariablesRow, HistoryRows, JobLogEntry,
};
use uuid::Uuid;

use crate::definitions::Definition;
use crate::history::HistoryLevel;
use crate::ids::InstanceIds;

/// What rows of history need to know of their instance.
pub(super) struct Past<'a> {
    pub(super) definition: &'a Definition,
    pub(super) instance: &'a Instance,
    pub(super) events: &'a [Event],
    pub(super) removed: &'a Removed,
    pub(super) now: DateTime<Utc>,
}

impl Past<'_> {
    /// The rows of a level of history.
    pub(super) fn rows(&self, level: HistoryLevel) -> HistoryRows {
        let mut rows = HistoryRows::default();
        if level >= HistoryLevel::Activity {
            rows.tasks = self.tasks();
        }
        if level >= HistoryLevel::Audit {
            rows.variables = self.variables();
        }
        if level >= HistoryLevel::Full {
            rows.incidents = self.incidents();
            rows.job_log = self.job_log();
            rows.external_task_log = self.external_task_log();
        }
        rows
    }

    /// Tokens, scopes and jobs that were given up.
    fn given_up(&self) -> HashSet<Uuid> {
        self.events
            .iter()
            .filter_map(|event| match event {
                Event::TokenLeft { id, canceled: true, .. }
                | Event::ScopeClosed { id, canceled: true, .. }
                | Event::JobEnded {
                    id, executed: false, ..
                } => Some(*id),
                _ => None,
            })
            .collect()
    }

    fn incidents(&self) -> Vec<HistoricIncident> {
        if self.removed.incidents.is_empty() {
            return Vec::new();
        }
        let given_up = self.given_up();
        let record = &self.definition.record;
        let incidents = self.removed.incidents.iter();
        incidents
            .map(|incident| HistoricIncident {
                id: incident.id,
                instance_id: self.instance.id,
                root_instance_id: self.root_instance(),
                execution_id: incident.token,
                incident_type: incident.incident_type.clone(),
                node_id: incident.node.clone(),
                configuration: incident.configuration(),
                message: incident.message.clone(),
                created_at: incident.created_at,
                annotation: incident.annotation.clone(),
                ended_at: Some(self.now),
                state: if given_up.contains(&incident.token) || given_up.contains(&incident.source) {
                    "deleted".into()
                } else {
                    "resolved".into()
                },
                definition_id: record.id.clone(),
                definition_key: record.key.clone(),
                tenant_id: self.instance.tenant_id.clone(),
                job_definition_id: self
                    .job(incident.source)
                    .and_then(|job| self.definition.job_definition(job))
                    .map(|made_from| made_from.id),
            })
            .collect()
    }

    /// Failures; the rest follows from the activity instances.
    fn external_task_log(&self) -> Vec<ExternalTaskLogEntry> {
        let events = self.events.iter();
        events
            .filter_map(|event| match event {
                Event::ExternalTaskFailed {
                    id,
                    error_message,
                    error_details,
                    retries,
                    ..
                } => Some(ExternalTaskLogEntry {
                    retries: Some(*retries),
                    error_message: error_message.clone(),
                    error_details: error_details.clone(),
                    ..self.failed_task_entry(*id)?
                }),
                _ => None,
            })
            .collect()
    }

    fn failed_task_entry(&self, task: Uuid) -> Option<ExternalTaskLogEntry> {
        let removed = || self.removed.tokens.iter().find(|token| token.id == task);
        let token = self.instance.token(task).or_else(removed)?;
        let Wait::ExternalTask(external) = &token.wait else {
            return None;
        };
        let record = &self.definition.record;
        Some(ExternalTaskLogEntry {
            id: InstanceIds::of(self.instance.id, self.now).next_id(),
            instance_id: self.instance.id,
            root_instance_id: self.root_instance(),
            at: self.now,
            state: "failed".into(),
            external_task_id: token.id,
            topic: external.topic.clone(),
            worker: external.worker.clone(),
            priority: external.priority,
            retries: external.retries,
            error_message: None,
            error_details: None,
            node_id: token.node.clone(),
            definition_id: record.id.clone(),
            definition_key: record.key.clone(),
            tenant_id: self.instance.tenant_id.clone(),
        })
    }

    fn job_log(&self) -> Vec<JobLogEntry> {
        let events = self.events.iter();
        events
            .filter_map(|event| match event {
                Event::JobCreated(job) => Some(self.job_entry(job, "created")),
                Event::JobFailed {
                    id,
                    failure,
                    retries,
                    due,
                } => Some(JobLogEntry {
                    due: *due,
                    retries: self.attempts_before(*id, *retries),
                    exception_message: Some(failure.message.clone()),
                    exception_details: failure.details.clone(),
                    failed_node_id: failure.node.as_deref().map(str::to_owned),
                    ..self.job_entry(self.job(*id)?, "failed")
                }),
                Event::JobEnded { id, executed, .. } => {
                    let state = if *executed { "successful" } else { "deleted" };
                    Some(self.job_entry(self.job(*id)?, state))
                }
                _ => None,
            })
            .collect()
    }

    fn job_entry(&self, job: &Job, state: &str) -> JobLogEntry {
        let record = &self.definition.record;
        let made_from = self.definition.job_definition(job);
        JobLogEntry {
            id: InstanceIds::of(self.instance.id, self.now).next_id(),
            instance_id: self.instance.id,
            root_instance_id: self.root_instance(),
            at: self.now,
            state: state.into(),
            job_id: job.id,
            due: job.due,
            retries: job.retries,
            priority: job.priority,
            exception_message: None,
            exception_details: None,
            failed_node_id: None,
            job_definition_id: made_from.as_ref().map(|made_from| made_from.id),
            job_type: made_from
                .as_ref()
                .map_or("", |made_from| made_from.place.job_type)
                .to_owned(),
            configuration: made_from
                .map(|made_from| made_from.place.configuration)
                .unwrap_or_default(),
            node_id: job.node.clone(),
            execution_id: job.owner,
            definition_id: record.id.clone(),
            definition_key: record.key.clone(),
            deployment_id: record.deployment_id,
            tenant_id: self.instance.tenant_id.clone(),
        }
    }

    /// A job that is there or was until now.
    fn job(&self, id: Uuid) -> Option<&Job> {
        let removed = || self.removed.jobs.iter().find(|job| job.id == id);
        self.instance.job(id).or_else(removed)
    }

    /// The attempts that a job had left before one failed. A job without any can be executed by hand; only the last
    /// attempt raises an incident.
    fn attempts_before(&self, id: Uuid, after: i32) -> i32 {
        let raised = |event: &Event| matches!(event, Event::IncidentRaised(incident) if incident.source == id);
        if after > 0 || self.events.iter().any(raised) {
            after + 1
        } else {
            0
        }
    }

    fn tasks(&self) -> Vec<HistoricTask> {
        if !self
            .removed
            .tokens
            .iter()
            .any(|token| matches!(token.wait, Wait::UserTask(_)))
        {
            return Vec::new();
        }
        let given_up = self.given_up();
        let tokens = self.removed.tokens.iter();
        tokens
            .filter_map(|token| match &token.wait {
                Wait::UserTask(task) => Some((token, task)),
                _ => None,
            })
            .map(|(token, task)| self.task_row(token, task, given_up.contains(&token.id)))
            .collect()
    }

    fn task_row(&self, token: &Token, task: &UserTask, given_up: bool) -> HistoricTask {
        let record = &self.definition.record;
        let reason = if given_up {
            self.end_reason().unwrap_or("deleted")
        } else {
            "completed"
        };
        HistoricTask {
            id: token.id,
            instance_id: self.instance.id,
            root_instance_id: self.root_instance(),
            definition_id: record.id.clone(),
            definition_key: record.key.clone(),
            definition_name: record.name.clone(),
            tenant_id: self.instance.tenant_id.clone(),
            business_key: self.instance.business_key.clone(),
            node_id: token.node.clone(),
            name: task.name.clone(),
            description: task.description.clone(),
            assignee: task.assignee.clone(),
            owner: task.owner.clone(),
            priority: task.priority,
            due: task.due,
            follow_up: task.follow_up,
            started_at: token.started_at,
            ended_at: Some(self.now),
            delete_reason: Some(reason.to_owned()),
            candidate_users: task.candidate_users.clone(),
            candidate_groups: task.candidate_groups.clone(),
        }
    }

    /// The reason that was given for the end of the instance.
    fn end_reason(&self) -> Option<&str> {
        self.events.iter().find_map(|event| match event {
            Event::InstanceEnded { reason, .. } => reason.as_deref(),
            _ => None,
        })
    }

    fn variables(&self) -> Vec<HistoricVariablesRow> {
        let ended = self
            .events
            .iter()
            .any(|event| matches!(event, Event::InstanceEnded { .. }));
        let root = self.instance.root().filter(|_| ended);
        let scopes = self.removed.scopes.iter().chain(root);
        let of_scopes = scopes.map(|scope| (scope.id, None, scope.started_at, &scope.variables));
        // Tokens that wait for a job or for the other repetitions are no activity instances: what they hold goes on
        // with the activity, or was kept with it.
        let tokens = self.removed.tokens.iter();
        let of_tokens = tokens
            .filter(|token| !matches!(token.wait, Wait::Job | Wait::Siblings))
            .map(|token| {
                let task = matches!(token.wait, Wait::UserTask(_)).then_some(token.id);
                (token.id, task, token.started_at, &token.variables)
            });
        of_scopes
            .chain(of_tokens)
            .filter(|(.., variables)| !variables.is_empty())
            .map(|(id, task, started_at, variables)| self.variables_row(id, task, started_at, variables))
            .collect()
    }

    fn variables_row(
        &self,
        id: Uuid,
        task_id: Option<Uuid>,
        started_at: DateTime<Utc>,
        variables: &Variables,
    ) -> HistoricVariablesRow {
        HistoricVariablesRow {
            id,
            instance_id: self.instance.id,
            root_instance_id: self.root_instance(),
            task_id,
            definition_id: self.definition.record.id.clone(),
            definition_key: self.definition.record.key.clone(),
            tenant_id: self.instance.tenant_id.clone(),
            started_at,
            ended_at: self.now,
            variables: variables.clone(),
        }
    }

    fn root_instance(&self) -> Option<Uuid> {
        self.instance.caller.map(|caller| caller.root)
    }
}

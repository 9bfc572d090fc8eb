//! What starts instances of deployed processes by itself: messages, signals, conditions and timers.
//!
//! The subscriptions of the latest version of each definition follow from its model; only its timers are stored, as
//! jobs that belong to no instance. So are signals that were thrown to be delivered later.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_core::{EventKind, Executable, JobChange, JobWork, Rejection, repeat};
use flowstone_expression::Variables;
use flowstone_store::query::{JobField, Query, Scalar, Test};
use flowstone_store::record::{DefinitionRecord, JobRow};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::definitions::Definition;
use crate::engine::Engine;
use crate::error::{DeployError, Error};
use crate::request::{Reply, StartRequest};

/// Type of the job of a timer that starts instances.
const TIMER: &str = "timer-start-event";

/// A start event of a deployed process that waits for something.
#[derive(Clone, Debug)]
pub struct StartSubscription {
    /// Id, the same on every node and after every restart.
    pub id: Uuid,
    /// The latest version of the process.
    pub definition: DefinitionRecord,
    /// BPMN id of the start event.
    pub node: Arc<str>,
    /// What it waits for.
    pub kind: EventKind,
    /// Name of the message or signal.
    pub name: Option<String>,
}

impl StartSubscription {
    pub(crate) fn new(definition: &DefinitionRecord, start: &flowstone_core::StartSubscription) -> Self {
        StartSubscription {
            id: id_of(&definition.id, start),
            definition: definition.clone(),
            node: start.node.clone(),
            kind: start.kind,
            name: start.name.clone(),
        }
    }
}

impl Engine {
    /// The start events of all latest versions that wait for a message, a signal or a condition.
    ///
    /// # Errors
    /// [`Error::Store`], or [`Error::UnusableDefinition`].
    pub async fn start_subscriptions(&self) -> Result<Vec<StartSubscription>, Error> {
        self.definitions().start_subscriptions(self.now()).await
    }

    /// Whether a condition that starts instances holds for variables.
    ///
    /// # Errors
    /// [`Error::Rejected`] when the condition cannot be computed; [`Error::UnknownDefinition`].
    pub async fn starts_for(&self, start: &StartSubscription, variables: &Variables) -> Result<bool, Error> {
        let definition = self.definition(&start.definition.id).await?;
        let holds = definition
            .executable
            .starts_for(&start.node, variables, self.now(), &self.evaluation_limits());
        holds.map_err(Error::Rejected)
    }

    /// Starts an instance at a start event.
    ///
    /// # Errors
    /// As [`Engine::start_instance`].
    pub async fn start_at(&self, start: &StartSubscription, request: StartRequest) -> Result<Reply, Error> {
        let request = StartRequest {
            start_node: Some(start.node.clone()),
            ..request
        };
        self.start_instance(&start.definition.id, request).await
    }

    /// Carries out a job that starts an instance: a timer, or a signal that was to be delivered later. What was due
    /// starts one instance, however often and by how many nodes this is called.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such job, or what the start comes to; then the failure is counted.
    pub async fn execute_start_job(&self, job: Uuid) -> Result<Reply, Error> {
        let query = Query::default().with(JobField::Id, Test::Equals(Scalar::Id(job)));
        let row = self.store().jobs(&query).await?.pop();
        let row = row.filter(|row| row.instance_id.is_none()).ok_or(Error::Unknown(job))?;
        let now = self.now();
        let due = row.due.unwrap_or(row.created_at);
        let request = StartRequest {
            start_node: Some(row.node_id.clone()),
            // Whoever stops between the start and the next line finds it started when it comes again.
            idempotency_key: (due <= now).then(|| format!("timer:{job}:{}", due.timestamp_micros())),
            variables: variables_of(&row),
            ..StartRequest::default()
        };
        let started = self.start_instance(&row.definition_id, request).await;
        match &started {
            Ok(_) => {
                let next = match next_of(&row, due, now, self.retry_policy().attempts) {
                    Some(next) => Some(self.as_decided(next).await?),
                    None => None,
                };
                let deleted = if next.is_none() { vec![job] } else { Vec::new() };
                self.store()
                    .write_definition_jobs(next.into_iter().collect(), deleted)
                    .await?;
            }
            Err(Error::SuspendedDefinition(suspended)) if **suspended == *row.definition_id => self.rest(row).await?,
            Err(error) if error.is_lasting() => {
                let node = match error {
                    Error::Rejected(rejection) => rejection.node().map(str::to_owned),
                    _ => None,
                };
                let failed = JobRow {
                    retries: (row.retries - 1).max(0),
                    exception_message: Some(error.to_string()),
                    failed_node_id: node,
                    ..row
                };
                self.store().write_definition_jobs(vec![failed], Vec::new()).await?;
            }
            Err(_) => {}
        }
        self.jobs_changed();
        started
    }

    /// The job of a timer that comes again, as the model and operators want it now.
    async fn as_decided(&self, job: JobRow) -> Result<JobRow, Error> {
        let definition = self.definition(&job.definition_id).await?;
        let timers = definition.executable.start_timers(self.now()).unwrap_or_default();
        let timer = timers.into_iter().find(|timer| timer.node == job.node_id);
        let priority = timer.map_or(job.priority, |timer| timer.priority);
        Ok(definition.obeying(JobRow { priority, ..job }))
    }

    /// When a timer that starts instances fires, set now or when its job was created.
    async fn start_timer_due(&self, job: &JobRow, since_creation: bool) -> Result<DateTime<Utc>, Error> {
        let definition = self.definition(&job.definition_id).await?;
        let since = if since_creation { job.created_at } else { self.now() };
        let timers = definition.executable.start_timers(since).map_err(Error::Rejected)?;
        let timer = timers
            .into_iter()
            .find(|timer| job.job_type == TIMER && timer.node == job.node_id);
        // What else starts instances later brings a signal to them.
        let no_timer = Rejection::NoTimer {
            job: job.id,
            job_type: "event",
        };
        timer.map(|timer| timer.due).ok_or(Error::Rejected(no_timer))
    }

    /// Suspends a job that came due just when its definition was suspended.
    async fn rest(&self, row: JobRow) -> Result<(), Error> {
        let definition = row.definition_id.to_string();
        let job = JobRow { suspended: true, ..row };
        self.store()
            .write_definition_jobs(vec![job.clone()], Vec::new())
            .await?;
        // Whoever activated the definition meanwhile may have passed by the job before it was written.
        let record = self.store().definition(&definition).await?;
        if record.is_some_and(|record| !record.suspended) {
            let job = JobRow {
                suspended: false,
                ..job
            };
            self.store().write_definition_jobs(vec![job], Vec::new()).await?;
        }
        Ok(())
    }

    /// Changes a job that belongs to no instance.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such job, [`Error::Rejected`], [`Error::Store`].
    pub async fn change_start_job(&self, job: Uuid, change: &JobChange) -> Result<(), Error> {
        let query = Query::default().with(JobField::Id, Test::Equals(Scalar::Id(job)));
        let row = self.store().jobs(&query).await?.pop();
        let mut row = row.filter(|row| row.instance_id.is_none()).ok_or(Error::Unknown(job))?;
        match *change {
            JobChange::Retries(retries) => row.retries = retries,
            JobChange::Due(due) => row.due = due,
            JobChange::RecalculateDue { since_creation } => {
                row.due = Some(self.start_timer_due(&row, since_creation).await?);
            }
            JobChange::Priority(priority) => row.priority = priority,
            JobChange::Suspended(suspended) => row.suspended = suspended,
            JobChange::Delete => {
                self.store().write_definition_jobs(Vec::new(), vec![job]).await?;
                return Ok(());
            }
        }
        self.store().write_definition_jobs(vec![row], Vec::new()).await?;
        self.jobs_changed();
        Ok(())
    }

    /// Sets the timers of what became the latest version because a later one was deleted.
    pub(crate) async fn set_start_timers(&self, key: &str, tenant: Option<&str>) -> Result<(), Error> {
        let Some(record) = self.store().latest_definition(key, tenant).await? else {
            return Ok(());
        };
        let definition = self.definition(&record.id).await?;
        let jobs = start_jobs(&definition, self.now(), self.retry_policy().attempts).map_err(Error::Rejected)?;
        if jobs.is_empty() {
            return Ok(());
        }
        let query = Query::default().with(
            JobField::DefinitionId,
            Test::Equals(Scalar::Text(record.id.to_string())),
        );
        let query = query.with(JobField::JobType, Test::Equals(Scalar::Text(TIMER.to_owned())));
        let set = self
            .store()
            .jobs(&query.with(JobField::InstanceId, Test::IsNull))
            .await?;
        if set.is_empty() {
            self.store().write_definition_jobs(jobs, Vec::new()).await?;
            self.jobs_changed();
        }
        Ok(())
    }

    /// Refuses a message that would start two processes (bpmn-semantics 1a, message start).
    pub(crate) async fn check_start_messages(
        &self,
        tenant: Option<&str>,
        new: &[(Arc<str>, Executable)],
    ) -> Result<(), DeployError> {
        let mut names: Vec<(String, Arc<str>)> = Vec::new();
        for (key, executable) in new {
            let waiting = executable
                .start_subscriptions(self.now())
                .map_err(|rejection| DeployError::Start {
                    key: key.to_string(),
                    problem: rejection.to_string(),
                })?;
            let messages = waiting.into_iter().filter(|one| one.kind == EventKind::Message);
            names.extend(messages.filter_map(|one| Some((one.name?, key.clone()))));
        }
        if names.is_empty() {
            return Ok(());
        }
        let deployed = self.start_subscriptions().await.map_err(|error| match error {
            Error::Store(error) => DeployError::Store(error),
            error => DeployError::Start {
                key: names[0].1.to_string(),
                problem: error.to_string(),
            },
        })?;
        let replaced = |key: &str| new.iter().any(|(new, _)| **new == *key);
        let others = deployed.into_iter().filter(|one| {
            one.kind == EventKind::Message
                && one.definition.tenant_id.as_deref() == tenant
                && !replaced(&one.definition.key)
        });
        let mut taken: Vec<String> = others.filter_map(|one| one.name).collect();
        for (name, key) in names {
            if taken.contains(&name) {
                return Err(DeployError::Start {
                    key: key.to_string(),
                    problem: format!(
                        "there already is a message event subscription for the message with name '{name}'."
                    ),
                });
            }
            taken.push(name);
        }
        Ok(())
    }
}

/// The jobs of the timers that start a definition, set now.
pub(crate) fn start_jobs(definition: &Definition, now: DateTime<Utc>, attempts: i32) -> Result<Vec<JobRow>, Rejection> {
    let timers = definition.executable.start_timers(now)?;
    let rows = timers.into_iter().map(|timer| {
        let made_from = definition.start_timer_definition(&timer.node);
        definition.obeying(JobRow {
            job_definition_id: made_from.as_ref().map(|made_from| made_from.id),
            job_type: TIMER.to_owned(),
            configuration: made_from
                .map(|made_from| made_from.place.configuration)
                .unwrap_or_default(),
            due: Some(timer.due),
            priority: timer.priority,
            ..start_job(
                definition,
                timer.node,
                JobWork::Timer { again: timer.again },
                now,
                attempts,
            )
        })
    });
    Ok(rows.collect())
}

/// The job that gives a signal, with its variables, to a start event.
pub(crate) fn start_by_signal(
    definition: &Definition,
    start: &StartSubscription,
    variables: Variables,
    now: DateTime<Utc>,
    attempts: i32,
) -> JobRow {
    let work = JobWork::Deliver {
        subscription: start.id,
        variables,
    };
    start_job(definition, start.node.clone(), work, now, attempts)
}

/// A job that starts an instance at a node as soon as possible.
fn start_job(definition: &Definition, node: Arc<str>, work: JobWork, now: DateTime<Utc>, attempts: i32) -> JobRow {
    let record = &definition.record;
    JobRow {
        id: Uuid::now_v7(),
        instance_id: None,
        execution_id: None,
        definition_id: record.id.clone(),
        definition_key: record.key.clone(),
        tenant_id: record.tenant_id.clone(),
        deployment_id: Some(record.deployment_id),
        job_definition_id: None,
        node_id: node,
        job_type: String::new(),
        configuration: String::new(),
        due: None,
        priority: 0,
        retries: attempts,
        suspended: record.suspended,
        exception_message: None,
        exception_details: None,
        failed_node_id: None,
        created_at: now,
        // Texts and numbers always serialise.
        detail: serde_json::to_value(work).ok(),
    }
}

/// What the job of a start does.
fn work_of(row: &JobRow) -> Option<JobWork> {
    serde_json::from_value(row.detail.clone()?).ok()
}

/// The variables that a job gives to the instance that it starts.
fn variables_of(row: &JobRow) -> Variables {
    match work_of(row) {
        Some(JobWork::Deliver { variables, .. }) => variables,
        _ => Variables::new(),
    }
}

/// The job of a timer that fired, as it comes again.
fn next_of(row: &JobRow, due: DateTime<Utc>, now: DateTime<Utc>, attempts: i32) -> Option<JobRow> {
    let Some(JobWork::Timer { again: Some(again) }) = work_of(row) else {
        return None;
    };
    let (due, again) = repeat(&again, due, now).ok().flatten()?;
    Some(JobRow {
        due: Some(due),
        retries: attempts,
        exception_message: None,
        failed_node_id: None,
        detail: serde_json::to_value(JobWork::Timer { again: Some(again) }).ok(),
        ..row.clone()
    })
}

/// Subscriptions of definitions are not stored, so their ids follow from what they are.
fn id_of(definition_id: &str, start: &flowstone_core::StartSubscription) -> Uuid {
    let mut hash = Sha256::new();
    let name = start.name.as_deref().unwrap_or_default();
    for part in ["start", definition_id, &start.node, start.kind.as_str(), name] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Builder::from_random_bytes(bytes).into_uuid()
}

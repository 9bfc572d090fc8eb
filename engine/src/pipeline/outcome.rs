//! What jobs come to and how their callers are told.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use flowstone_core::{Command, Instance, Rejection, Wait};
use flowstone_store::change::AppliedCommand;
use flowstone_store::{Error as StoreError, like};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::hot::Hot;
use super::job::{Claim, Job, StartJob, SubmitJob};
use crate::error::Error;
use crate::request::{FetchFilter, FetchTopic, LockedTask, Reply};

/// What a job came to, before it is durable.
pub(super) enum Outcome {
    Done(Box<Reply>),
    Rejected(Rejection),
    /// It cannot be carried out for a reason that lies beyond the instance.
    Failed(Error),
    Unknown,
    Locked(Box<LockedTask>),
    Filtered,
    Gone,
}

impl Outcome {
    /// Whether it might differ on a state that another node wrote meanwhile.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Outcome::Rejected(_) | Outcome::Unknown | Outcome::Gone)
    }
}

impl Job {
    /// Id by which the job's instance is found.
    pub(super) fn target(&self) -> Uuid {
        match self {
            Job::Start(job) => job.id,
            Job::Submit(job) => job.target,
            Job::Claim(job) => job.task,
        }
    }

    pub(super) fn start_key(&self) -> Option<String> {
        match self {
            Job::Start(job) => job.idempotency_key.clone(),
            _ => None,
        }
    }

    pub(super) fn submit_key(&self) -> Option<&String> {
        match self {
            Job::Submit(job) => job.idempotency_key.as_ref(),
            _ => None,
        }
    }

    /// The command for the core.
    pub(super) fn command(&self, now: DateTime<Utc>) -> Command {
        match self {
            Job::Start(job) => Command::Start(job.start.clone()),
            Job::Submit(job) => job.command.clone(),
            Job::Claim(job) => Command::LockExternalTask {
                task: job.task,
                worker: job.worker.clone(),
                until: now + TimeDelta::milliseconds(job.topic.lock_duration),
                force: false,
            },
        }
    }

    pub(super) fn answer_error(self, error: Error) {
        match self {
            Job::Start(job) => job.answer(Err(error)),
            Job::Submit(job) => job.answer(Err(error)),
            Job::Claim(job) => {
                let failed = match error {
                    Error::Store(error) => Claim::Failed(error),
                    _ => Claim::Gone,
                };
                // A caller that is gone does not mind.
                let _ = job.reply.send(failed);
            }
        }
    }
}

impl StartJob {
    pub(super) fn answer(self, answer: Result<Reply, Error>) {
        // The caller may have gone; what it asked for is durable all the same.
        let _ = self.reply.send(answer);
    }
}

impl SubmitJob {
    pub(super) fn answer(self, answer: Result<Reply, Error>) {
        // The caller may have gone; what it asked for is durable all the same.
        let _ = self.reply.send(answer);
    }
}

/// Tells all callers that the store failed.
pub(super) fn fail(jobs: impl IntoIterator<Item = Job>, error: &StoreError) {
    for job in jobs {
        job.answer_error(Error::Store(copy(error)));
    }
}

/// The same error for another caller.
pub(super) fn copy(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(text) => StoreError::Unavailable(text.clone()),
        StoreError::Corrupt(text) => StoreError::Corrupt(text.clone()),
        StoreError::Failed(text) => StoreError::Failed(text.clone()),
    }
}

pub(super) fn reply_of(instance: &Instance) -> Reply {
    Reply {
        instance_id: instance.id,
        definition_id: instance.definition_id.clone(),
        business_key: instance.business_key.clone(),
        tenant_id: instance.tenant_id.clone(),
        ended: instance.ended,
        suspended: instance.suspended,
        variables: instance.root().map(|root| root.variables.clone()).unwrap_or_default(),
        repeated: false,
    }
}

/// What is kept of a reply under its idempotency key.
#[derive(Serialize, Deserialize)]
struct Kept {
    definition_id: Arc<str>,
    business_key: Option<String>,
    tenant_id: Option<String>,
    ended: bool,
    suspended: bool,
}

pub(super) fn applied(key: &str, reply: &Reply, at: DateTime<Utc>) -> AppliedCommand {
    let kept = Kept {
        definition_id: reply.definition_id.clone(),
        business_key: reply.business_key.clone(),
        tenant_id: reply.tenant_id.clone(),
        ended: reply.ended,
        suspended: reply.suspended,
    };
    AppliedCommand {
        key: key.to_owned(),
        instance_id: reply.instance_id,
        at,
        // Texts and truth values always serialise.
        outcome: serde_json::to_value(kept).unwrap_or_default(),
    }
}

/// The first reply to a command, given again.
pub(super) fn repeated(before: &AppliedCommand) -> Result<Reply, Error> {
    let kept = Kept::deserialize(&before.outcome)
        .map_err(|error| StoreError::Corrupt(format!("the reply kept under key '{}': {error}", before.key)))?;
    Ok(Reply {
        instance_id: before.instance_id,
        definition_id: kept.definition_id,
        business_key: kept.business_key,
        tenant_id: kept.tenant_id,
        ended: kept.ended,
        suspended: kept.suspended,
        variables: Default::default(),
        repeated: true,
    })
}

/// Whether an instance passes the filter of a fetch (contract 3.4).
pub(super) fn matches(filter: &FetchFilter, hot: &Hot) -> bool {
    let (instance, record) = (&hot.instance, &hot.definition.record);
    let listed = |list: &[String], value: &str| list.is_empty() || list.iter().any(|item| item == value);
    let tenant_passes = if filter.without_tenant {
        instance.tenant_id.is_none()
    } else {
        filter.tenants.is_empty()
            || instance
                .tenant_id
                .as_ref()
                .is_some_and(|tenant| filter.tenants.contains(tenant))
    };
    let key_passes = filter.business_key.is_none() || filter.business_key == instance.business_key;
    let tag_passes = filter
        .version_tag
        .as_ref()
        .is_none_or(|pattern| record.version_tag.as_deref().is_some_and(|tag| like(tag, pattern)));
    let variable_passes = filter.process_variables.is_empty()
        || instance.root().is_some_and(|root| {
            filter
                .process_variables
                .iter()
                .any(|(name, value)| root.variables.get(name) == Some(value))
        });
    tenant_passes
        && key_passes
        && tag_passes
        && listed(&filter.definition_ids, &record.id)
        && listed(&filter.definition_keys, &record.key)
        && variable_passes
}

/// A task just locked, as its worker gets it.
pub(super) fn locked_task(hot: &Hot, task: Uuid, topic: &FetchTopic) -> Option<Box<LockedTask>> {
    let (instance, definition) = (&hot.instance, &hot.definition);
    let token = instance.token(task)?;
    let Wait::ExternalTask(external) = &token.wait else {
        return None;
    };
    let variables = match &topic.variables {
        Some(names) if names.is_empty() => Default::default(),
        wanted => {
            let mut variables = if topic.local_variables {
                token.variables.clone()
            } else {
                instance.visible_variables(task)
            };
            if let Some(names) = wanted {
                variables.retain(|name, _| names.contains(name));
            }
            variables
        }
    };
    let properties = definition
        .executable
        .node(&token.node)
        .filter(|_| topic.extension_properties)
        .map(|node| node.properties.to_vec());
    Some(Box::new(LockedTask {
        id: task,
        instance_id: instance.id,
        activity_id: token.node.clone(),
        definition_id: definition.record.id.clone(),
        definition_key: definition.record.key.clone(),
        version_tag: definition.record.version_tag.clone(),
        tenant_id: instance.tenant_id.clone(),
        business_key: instance.business_key.clone(),
        topic: external.topic.clone(),
        worker: external.worker.clone()?,
        lock_expires: external.lock_expires?,
        lock_token: external.lock_token?,
        created_at: token.started_at,
        retries: external.retries,
        priority: external.priority,
        error_message: external.error_message.clone(),
        error_details: external.error_details.clone(),
        variables,
        extension_properties: properties.unwrap_or_default(),
        deserialize_values: topic.deserialize_values,
    }))
}

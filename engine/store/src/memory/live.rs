//! Reading what commands need: instances, where a task belongs, what may be fetched.

use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use uuid::Uuid;

use super::State;
use crate::change::AppliedCommand;
use crate::record::{DueJob, InstanceSnapshot, JobRow, ReadyTask};

impl State {
    pub(super) fn load(&self, instances: &[Uuid]) -> Vec<InstanceSnapshot> {
        let mut wanted = instances.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
            .iter()
            .filter_map(|id| self.instances.get(id))
            .map(|live| InstanceSnapshot {
                instance: live.instance.clone(),
                activities: live.activities.values().cloned().collect(),
                user_tasks: live.user_tasks.values().cloned().collect(),
                subscriptions: live.subscriptions.values().cloned().collect(),
                incidents: live.incidents.values().cloned().collect(),
                jobs: live.jobs.values().cloned().collect(),
            })
            .collect()
    }

    pub(super) fn locate(&self, ids: &[Uuid]) -> Vec<(Uuid, Uuid)> {
        let mut found: Vec<(Uuid, Uuid)> = ids
            .iter()
            .filter_map(|id| {
                let owner = if self.instances.contains_key(id) {
                    Some(id)
                } else {
                    self.activity_owners
                        .get(id)
                        .or_else(|| self.subscription_owners.get(id))
                        .or_else(|| self.incident_owners.get(id))
                        .or_else(|| self.job_owners.get(id))
                };
                owner.map(|owner| (*id, *owner))
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    pub(super) fn applied_commands(&self, keys: &[String]) -> Vec<AppliedCommand> {
        let mut found: Vec<AppliedCommand> = keys.iter().filter_map(|key| self.applied.get(key)).cloned().collect();
        found.sort_unstable_by(|left, right| left.key.cmp(&right.key));
        found.dedup();
        found
    }

    pub(super) fn forget_applied(&mut self, until: DateTime<Utc>) -> u64 {
        let before = self.applied.len();
        self.applied.retain(|_, command| command.at >= until);
        (before - self.applied.len()) as u64
    }

    pub(super) fn ready_tasks(&self, topic: &str, horizon: DateTime<Utc>, limit: u32) -> Vec<ReadyTask> {
        let mut ready: Vec<ReadyTask> = self
            .instances
            .values()
            .filter(|live| !live.instance.suspended)
            .flat_map(|live| live.activities.values().map(move |activity| (live, activity)))
            .filter_map(|(live, activity)| {
                let task = activity.external_task.as_ref()?;
                let is_ready = !task.suspended
                    && task.retries.is_none_or(|retries| retries > 0)
                    && task.lock_expires.is_none_or(|expires| expires < horizon)
                    && task.topic == topic;
                is_ready.then(|| ReadyTask {
                    id: activity.id,
                    instance_id: activity.instance_id,
                    definition_id: live.instance.definition_id.clone(),
                    business_key: live.instance.business_key.clone(),
                    tenant_id: live.instance.tenant_id.clone(),
                    topic: task.topic.clone(),
                    priority: task.priority,
                    created_at: activity.started_at,
                    lock_expires: task.lock_expires,
                })
            })
            .collect();
        ready.sort_unstable_by_key(|task| (Reverse(task.priority), task.id));
        ready.truncate(limit as usize);
        ready
    }

    pub(super) fn due_jobs(&self, now: DateTime<Utc>, limit: u32) -> Vec<DueJob> {
        let mut due: Vec<DueJob> = self
            .executable_jobs()
            .map(|(due, job)| DueJob {
                id: job.id,
                instance_id: job.instance_id,
                definition_id: job.definition_id.clone(),
                due,
                priority: job.priority,
            })
            .filter(|job| job.due <= now)
            .collect();
        due.sort_unstable_by_key(|job| (job.due, job.id));
        due.truncate(limit as usize);
        due
    }

    pub(super) fn next_due(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.executable_jobs()
            .map(|(due, _)| due)
            .filter(|due| *due > after)
            .min()
    }

    /// Jobs that are executed once they are due, and when that is.
    fn executable_jobs(&self) -> impl Iterator<Item = (DateTime<Utc>, &JobRow)> {
        self.instances
            .values()
            .flat_map(|live| live.jobs.values())
            .chain(self.definition_jobs.values())
            .filter(|job| job.retries > 0 && !job.suspended)
            .map(|job| (job.due.unwrap_or(job.created_at), job))
    }
}

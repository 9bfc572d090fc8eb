//! Writing a round, and what follows: memory, replies, waiters.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use flowstone_store::Error as StoreError;
use flowstone_store::change::Batch;
use uuid::Uuid;

use super::hot::Hot;
use super::job::{Claim, Job};
use super::outcome::{Outcome, copy, fail, repeated};
use super::projection::Projection;
use super::round::Round;
use super::rows::ready_task;
use super::writer::{Left, Writer, fault};
use crate::error::Error;

impl Writer {
    pub(super) async fn commit(&mut self, mut round: Round) -> Left {
        self.set_aside_broken(&mut round);
        self.set_aside_stale_refusals(&mut round);
        let mut batch = Batch {
            together: round.together,
            ..Batch::default()
        };
        let mut effects = HashMap::new();
        for id in &round.order {
            let (Some(touched), Some(hot)) = (round.touched.get_mut(id), self.hot.get(*id)) else {
                continue;
            };
            if touched.projection.is_empty() {
                continue;
            }
            let projection = std::mem::take(&mut touched.projection);
            effects.insert(*id, Effects::of(&projection, hot));
            let version = (!touched.new).then_some(hot.version);
            match projection.change(&hot.definition, &hot.instance, version, round.now, self.shell.history) {
                Ok(change) => batch.instances.push(change),
                Err(problem) => {
                    tracing::error!(instance = %id, problem, "an instance cannot be written");
                    touched.broken = Some(hot.definition.record.id.clone());
                }
            }
            batch.applied.append(&mut touched.applied);
        }
        let written: Vec<Uuid> = batch.instances.iter().map(|change| change.instance_id).collect();
        let conflicts: HashSet<Uuid> = if batch.instances.is_empty() {
            HashSet::new()
        } else {
            match self.shell.store.commit(batch).await {
                // What belongs together is in conflict as a whole.
                Ok(committed) if round.together && !committed.conflicts.is_empty() => written.into_iter().collect(),
                Ok(committed) => committed.conflicts.into_iter().collect(),
                Err(error) => return self.undone(round, written, error),
            }
        };
        self.set_aside_broken(&mut round);
        self.settle(round, effects, &conflicts).await
    }

    /// Nothing was written, or nobody knows: what is in memory may be wrong.
    fn undone(&mut self, round: Round, written: Vec<Uuid>, error: StoreError) -> Left {
        for id in written {
            self.hot.remove(id);
        }
        self.shell.wake.disengage(round.engaged);
        let mut jobs: Vec<Job> = round.again;
        jobs.extend(round.unknown);
        for touched in round.touched.into_values() {
            jobs.extend(touched.jobs.into_iter().map(|(job, _)| job));
        }
        match error {
            StoreError::Failed(_) => Left::Apart(jobs, error),
            error => {
                fail(jobs, &error);
                Left::Again(Vec::new())
            }
        }
    }

    /// Fails the jobs of instances on which the core broke down, which would otherwise be written
    /// half changed.
    fn set_aside_broken(&mut self, round: &mut Round) {
        let broken: Vec<Uuid> = round
            .touched
            .iter()
            .filter(|(_, touched)| touched.broken.is_some())
            .map(|(id, _)| *id)
            .collect();
        for id in broken {
            self.hot.remove(id);
            round.forget_engaged(id);
            let Some(touched) = round.touched.remove(&id) else {
                continue;
            };
            let definition = touched.broken.unwrap_or_default();
            for (job, _) in touched.jobs {
                job.answer_error(fault(&definition));
            }
        }
    }

    /// A refusal that rests on remembered state may be wrong when others write too: such
    /// jobs are repeated on fresh state. Where something is written, the version check tells.
    fn set_aside_stale_refusals(&mut self, round: &mut Round) {
        if !self.shell.is_shared {
            return;
        }
        let mut stale = Vec::new();
        for (id, touched) in &mut round.touched {
            let doubtful = touched.remembered
                && touched.projection.is_empty()
                && touched.jobs.iter().any(|(_, outcome)| outcome.is_refusal());
            if doubtful {
                stale.push(*id);
                round.again.extend(touched.jobs.drain(..).map(|(job, _)| job));
            }
        }
        for id in stale {
            round.touched.remove(&id);
            self.hot.remove(id);
        }
    }

    /// The batch is durable: memory follows, callers get their replies, waiters wake up.
    async fn settle(
        &mut self,
        mut round: Round,
        mut effects: HashMap<Uuid, Effects>,
        conflicts: &HashSet<Uuid>,
    ) -> Left {
        let mut updates = Vec::new();
        let mut refused = Vec::new();
        for id in std::mem::take(&mut round.order) {
            let Some(touched) = round.touched.remove(&id) else {
                continue;
            };
            if conflicts.contains(&id) {
                self.hot.remove(id);
                round.forget_engaged(id);
                round.again.extend(touched.jobs.into_iter().map(|(job, _)| job));
                continue;
            }
            if let Some(effects) = effects.remove(&id) {
                updates.extend(effects.external_tasks);
                if let Some(due) = effects.due {
                    self.shell.alarm.due(due);
                }
                if effects.ended || self.is_outdated(id) {
                    self.hot.remove(id);
                } else {
                    if let Some(hot) = self.hot.get(id) {
                        hot.version += 1;
                    }
                    self.hot.moved(id, effects.inserted, effects.deleted);
                }
            }
            for (job, outcome) in touched.jobs {
                match outcome {
                    outcome if outcome.is_refusal() && job.submit_key().is_some() => refused.push((job, outcome)),
                    outcome => self.answer(job, outcome),
                }
            }
        }
        self.shell.wake.publish(updates, round.now);
        self.shell.wake.deliver(round.engaged);
        refused.extend(round.unknown.into_iter().map(|job| (job, Outcome::Unknown)));
        self.answer_refused(refused).await;
        Left::Again(round.again)
    }

    /// A refused command may be the repetition of one that was applied: then its first reply is
    /// given again.
    async fn answer_refused(&self, refused: Vec<(Job, Outcome)>) {
        let keys: Vec<String> = refused
            .iter()
            .filter_map(|(job, _)| job.submit_key().cloned())
            .collect();
        let known = if keys.is_empty() {
            Ok(Vec::new())
        } else {
            self.shell.store.applied(&keys).await
        };
        for (job, outcome) in refused {
            let before = match &known {
                Ok(known) => job
                    .submit_key()
                    .and_then(|key| known.iter().find(|applied| applied.key == *key)),
                Err(error) => {
                    job.answer_error(Error::Store(copy(error)));
                    continue;
                }
            };
            match (job, before) {
                (Job::Submit(job), Some(before)) => job.answer(repeated(before)),
                (job, _) => self.answer(job, outcome),
            }
        }
    }

    pub(super) fn answer(&self, job: Job, outcome: Outcome) {
        match (job, outcome) {
            (job, Outcome::Failed(error)) => job.answer_error(error),
            (Job::Start(job), Outcome::Done(reply)) => job.answer(Ok(*reply)),
            (Job::Submit(job), Outcome::Done(reply)) => job.answer(Ok(*reply)),
            (Job::Submit(job), Outcome::Rejected(rejection)) => job.answer(Err(Error::Rejected(rejection))),
            (Job::Submit(job), _) => {
                let target = job.target;
                job.answer(Err(Error::Unknown(target)));
            }
            (Job::Claim(job), Outcome::Locked(task)) => {
                let id = task.id;
                if job.reply.send(Claim::Locked(task)).is_err() {
                    self.shell.wake.abandon(id);
                }
            }
            (Job::Claim(job), outcome) => {
                let claim = if matches!(outcome, Outcome::Filtered) {
                    Claim::Filtered
                } else {
                    Claim::Gone
                };
                // A caller that is gone does not mind that it got nothing.
                let _ = job.reply.send(claim);
            }
            (Job::Start(job), Outcome::Rejected(rejection)) => job.answer(Err(Error::Rejected(rejection))),
            (Job::Start(job), _) => {
                let definition = job.definition.record.id.clone();
                job.answer(Err(fault(&definition)));
            }
        }
    }
}

/// What a durable change means for memory and waiters.
struct Effects {
    ended: bool,
    inserted: Vec<Uuid>,
    deleted: Vec<Uuid>,
    external_tasks: Vec<(Uuid, Option<flowstone_store::record::ReadyTask>)>,
    /// When the first of the new and changed jobs is due.
    due: Option<DateTime<Utc>>,
}

impl Effects {
    fn of(projection: &Projection, hot: &Hot) -> Self {
        Effects {
            ended: projection.ended(),
            inserted: projection.inserted().collect(),
            deleted: projection.deleted().collect(),
            due: projection
                .jobs()
                .filter_map(|job| hot.instance.job(job))
                .map(|job| job.due.unwrap_or(job.created_at))
                .chain(projection.first_start())
                .min(),
            external_tasks: projection
                .external_tasks()
                .map(|task| (task, ready_task(&hot.instance, task)))
                .collect(),
        }
    }
}

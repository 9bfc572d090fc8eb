//! Writing a round, and what follows: memory, replies, waiters.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use flowstone_store::change::Batch;
use flowstone_store::{Committed, Error as StoreError, SharedStore};
use uuid::Uuid;

use super::hot::Hot;
use super::job::{Claim, Job};
use super::outcome::{Outcome, copy, fail, repeated};
use super::projection::Projection;
use super::round::Round;
use super::rows::ready_task;
use super::writer::{Left, Writer, fault};
use crate::error::Error;

/// A round that takes no more jobs: what is known of it while it is written.
pub(super) struct Closed {
    round: Round,
    effects: HashMap<Uuid, Effects>,
    written: Vec<Uuid>,
}

impl Closed {
    /// The instances that the round concerns.
    pub(super) fn instances(&self) -> HashSet<Uuid> {
        self.round.order.iter().copied().collect()
    }
}

/// What callers are told after their round.
#[derive(Default)]
pub(super) struct Replies {
    outcomes: Vec<(Job, Outcome)>,
    /// Refused commands with an idempotency key.
    refused: Vec<(Job, Outcome)>,
}

/// Writes a batch, if there is anything to write.
pub(super) async fn write(store: SharedStore, batch: Batch) -> Result<Committed, StoreError> {
    if batch.instances.is_empty() {
        return Ok(Committed::default());
    }
    store.commit(batch).await
}

impl Writer {
    /// Writes a round and tells its callers.
    pub(super) async fn commit(&mut self, round: Round) -> Left {
        let (closed, batch) = self.close(round);
        let written = write(self.shell.store.clone(), batch).await;
        let (left, replies) = self.settle(closed, written);
        self.give(replies).await;
        left
    }

    /// What a round writes.
    pub(super) fn close(&mut self, mut round: Round) -> (Closed, Batch) {
        self.set_aside_broken(&mut round);
        self.set_aside_stale_refusals(&mut round);
        let mut batch = Batch {
            together: round.together,
            ..Batch::default()
        };
        let mut effects = HashMap::new();
        for id in &round.order {
            let Some(touched) = round
                .touched
                .get_mut(id)
                .filter(|touched| !touched.projection.is_empty())
            else {
                continue;
            };
            let Some(hot) = self.hot.get(*id) else {
                // It must not be told as done.
                touched.broken = Some("of an instance that left memory".into());
                continue;
            };
            let projection = std::mem::take(&mut touched.projection);
            effects.insert(*id, Effects::of(&projection, hot));
            let version = (!touched.new).then_some(hot.version);
            match projection.change(&hot.definition, &hot.instance, version, round.now, self.shell.history) {
                Ok(change) => {
                    batch.instances.push(change);
                    batch.applied.append(&mut touched.applied);
                }
                Err(problem) => {
                    tracing::error!(instance = %id, problem, "an instance cannot be written");
                    touched.broken = Some(hot.definition.record.id.clone());
                }
            }
        }
        let closed = Closed {
            round,
            effects,
            written: batch.instances.iter().map(|change| change.instance_id).collect(),
        };
        (closed, batch)
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

    /// Memory and waiters follow what became of a round.
    pub(super) fn settle(&mut self, closed: Closed, written: Result<Committed, StoreError>) -> (Left, Replies) {
        let mut round = closed.round;
        let conflicts: HashSet<Uuid> = match written {
            // What belongs together is in conflict as a whole.
            Ok(committed) if round.together && !committed.conflicts.is_empty() => closed.written.into_iter().collect(),
            Ok(committed) => committed.conflicts.into_iter().collect(),
            Err(error) => return (self.undone(round, closed.written, error), Replies::default()),
        };
        self.set_aside_broken(&mut round);
        let mut effects = closed.effects;
        let mut updates = Vec::new();
        let mut replies = Replies::default();
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
                if outcome.is_refusal() && job.submit_key().is_some() {
                    replies.refused.push((job, outcome));
                } else {
                    replies.outcomes.push((job, outcome));
                }
            }
        }
        self.shell.wake.publish(updates, round.now);
        self.shell.wake.deliver(round.engaged);
        let unknown = round.unknown.into_iter().map(|job| (job, Outcome::Unknown));
        replies.refused.extend(unknown);
        (Left::Again(round.again), replies)
    }

    /// Tells callers what became of their jobs.
    pub(super) async fn give(&self, replies: Replies) {
        for (job, outcome) in replies.outcomes {
            self.answer(job, outcome);
        }
        if !replies.refused.is_empty() {
            self.answer_refused(replies.refused).await;
        }
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

//! Rounds of jobs that concern several instances: together while nothing speaks against it, else each alone.

use std::collections::HashSet;

use flowstone_core::Command;
use flowstone_store::Error as StoreError;
use uuid::Uuid;

use super::across::Failure;
use super::job::Job;
use super::outcome::{Outcome, applied, fail, reply_of};
use super::round::{Round, Touched};
use super::writer::{Left, TRIES, Writer, failed_attempt, failed_job};
use crate::error::Error;
use crate::request::Reply;

impl Writer {
    /// Carries out jobs that concern several instances in one transaction; answers those that have to go alone. One that
    /// fails sends all of them there, so that none suffers from another.
    pub(super) async fn share_round(&mut self, jobs: Vec<Job>) -> Vec<Job> {
        if jobs.len() < 2 {
            return jobs;
        }
        let mut round = Round::new(self.shell.clock.now());
        round.together = true;
        let jobs = self.answer_repeated_starts(jobs).await;
        let mut jobs = self.bring_in(jobs, &mut round, &HashSet::new()).await.into_iter();
        let mut done = Vec::new();
        while let Some((job, target)) = jobs.next() {
            let primary = self.across(&mut round, &job, target).await.ok();
            let reply = primary.and_then(|primary| Some((primary, reply_of(&self.hot.get(primary)?.instance))));
            match reply {
                Some(reply) => done.push((job, reply)),
                None => {
                    self.take_back(&mut round);
                    let all = done.into_iter().map(|(job, _)| job);
                    return all.chain([job]).chain(jobs.map(|(job, _)| job)).collect();
                }
            }
        }
        self.release(&mut round);
        for (job, (primary, reply)) in done {
            note_done(&mut round, job, primary, reply);
        }
        self.hand_over(&mut round);
        match self.commit(round).await {
            Left::Again(jobs) | Left::Apart(jobs, _) => jobs,
        }
    }

    /// Carries out a job that concerns several instances.
    pub(super) async fn process_across(&mut self, job: Job) {
        let mut left = Some(job);
        for _ in 0..TRIES {
            let Some(job) = left.take() else {
                return;
            };
            left = self.round_across(job).await;
        }
        let error = "other nodes change the instances all the time; try again".to_owned();
        fail(left, &StoreError::Unavailable(error));
    }

    /// Tries a job that concerns several instances; answers it when it has to be tried again.
    async fn round_across(&mut self, job: Job) -> Option<Job> {
        let mut round = Round::new(self.shell.clock.now());
        round.together = true;
        let jobs = self.answer_repeated_starts(vec![job]).await;
        let (job, target) = self.bring_in(jobs, &mut round, &HashSet::new()).await.pop()?;
        let remembered = target.is_some_and(|target| !round.fresh.contains(&target));
        let done = self.across(&mut round, &job, target).await;
        match done {
            Ok(_) => self.release(&mut round),
            Err(_) => self.take_back(&mut round),
        }
        match done {
            Ok(primary) => match self.hot.get(primary).map(|hot| reply_of(&hot.instance)) {
                Some(reply) => note_done(&mut round, job, primary, reply),
                None => job.answer_error(Error::Unknown(primary)),
            },
            Err(Failure::Failed(error)) if !error.is_lasting() => {
                job.answer_error(error);
                return None;
            }
            // What is remembered may be stale: the store tells.
            Err(Failure::Refused(_)) if remembered && self.shell.is_shared => {
                if let Some(target) = target {
                    self.hot.remove(target);
                }
                return Some(job);
            }
            Err(Failure::Refused(rejection)) => {
                let failed = failed_job(&job.command(round.now), &rejection);
                let outcome = Outcome::Rejected(rejection);
                self.note_failure(&mut round, job, target, failed, outcome).await;
            }
            Err(Failure::Failed(error)) => {
                let failed = failed_attempt(&job.command(round.now), error.to_string(), None);
                self.note_failure(&mut round, job, target, failed, Outcome::Failed(error))
                    .await;
            }
        }
        self.hand_over(&mut round);
        match self.commit(round).await {
            Left::Again(mut jobs) => jobs.pop(),
            Left::Apart(jobs, error) => {
                fail(jobs, &error);
                None
            }
        }
    }

    /// A failed attempt at a BPMN job is counted; any other failure changes nothing.
    async fn note_failure(
        &mut self,
        round: &mut Round,
        job: Job,
        target: Option<Uuid>,
        failed: Option<Command>,
        outcome: Outcome,
    ) {
        let Some(id) = target.filter(|id| self.hot.contains(*id)) else {
            return self.answer(job, outcome);
        };
        if let Some(failed) = failed {
            match self.count_across(round, id, &failed).await {
                Ok(()) => self.release(round),
                Err(_) => self.take_back(round),
            }
        }
        let touched = round.touch(id, || Touched::new(false, false));
        touched.jobs.push((job, outcome));
    }
}

/// A job that concerns several instances is done, once the round is written.
fn note_done(round: &mut Round, job: Job, primary: Uuid, reply: Reply) {
    let now = round.now;
    let Some(touched) = round.touched.get_mut(&primary) else {
        return job.answer_error(Error::Unknown(primary));
    };
    for key in job.start_key().iter().chain(job.submit_key()) {
        touched.applied.push(applied(key, &reply, now));
    }
    touched.jobs.push((job, Outcome::Done(Box::new(reply))));
}

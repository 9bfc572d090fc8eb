//! One writer: runs jobs through the core; `overlap` decides when, `commit` writes them and replies.

use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use flowstone_core::{Command, JobFailure, Rejection, StepOptions, start, step};
use flowstone_store::{Error as StoreError, SharedStore};
use uuid::Uuid;

use super::across::{concerns_others, may_concern_others};
use super::hot::{Hot, HotInstances};
use super::job::{Job, StartJob};
use super::load;
use super::outcome::{Outcome, applied, fail, locked_task, matches, repeated, reply_of};
use super::round::{Round, Touched};
use super::rows::ready_task;
use crate::clock::Clock;
use crate::definitions::Definitions;
use crate::error::Error;
use crate::executor::Alarm;
use crate::history::HistoryLevel;
use crate::ids::InstanceIds;
use crate::wake::Wake;

/// How many jobs one transaction takes at most.
pub(super) const BATCH: usize = 256;

/// How many jobs that concern several instances share a transaction at most.
const SHARING: usize = 32;

/// How often a job is tried against fresh state. Each try that fails means that another node
/// changed the instance meanwhile, so some node always gets on.
pub(super) const TRIES: usize = 100;

/// What all writers share.
pub(crate) struct Shell {
    pub(crate) store: SharedStore,
    /// Whether others write instances beside one writer: other processes, or other writers of this one.
    pub(crate) is_shared: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) definitions: Definitions,
    pub(crate) wake: Arc<Wake>,
    pub(crate) history: HistoryLevel,
    pub(crate) hot_instance_bytes: usize,
    pub(crate) step_options: StepOptions,
    pub(crate) alarm: Arc<Alarm>,
}

pub(super) struct Writer {
    pub(super) shell: Arc<Shell>,
    pub(super) hot: HotInstances,
    /// Jobs that concern several instances.
    pub(super) across: VecDeque<Job>,
    /// Generation of the definitions that the instances in memory were loaded with.
    generation: u64,
}

/// What a round left to do.
pub(super) enum Left {
    /// These jobs met a change by another node: they go on with fresh state.
    Again(Vec<Job>),
    /// The store refused the batch as such: each job goes alone, so that one bad one cannot spoil
    /// the others.
    Apart(Vec<Job>, StoreError),
}

impl Left {
    pub(super) fn nothing() -> Self {
        Left::Again(Vec::new())
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Left::Again(jobs) if jobs.is_empty())
    }
}

impl Writer {
    pub(super) fn new(shell: Arc<Shell>) -> Self {
        Writer {
            hot: HotInstances::new(shell.hot_instance_bytes),
            across: VecDeque::new(),
            generation: shell.definitions.generation(),
            shell,
        }
    }

    /// Carries out what a round left to do, one transaction after the other.
    pub(super) async fn finish(&mut self, mut left: Left) {
        let mut batches = Vec::new();
        let mut tries = 0;
        loop {
            match left {
                Left::Again(jobs) if jobs.is_empty() => {}
                Left::Again(jobs) if tries < TRIES => {
                    tries += 1;
                    batches.push(jobs);
                }
                Left::Again(jobs) => fail(
                    jobs,
                    &StoreError::Unavailable("other nodes change the instance all the time; try again".to_owned()),
                ),
                Left::Apart(jobs, error) if jobs.len() == 1 => fail(jobs, &error),
                Left::Apart(jobs, _) => batches.extend(jobs.into_iter().rev().map(|job| vec![job])),
            }
            while !self.across.is_empty() {
                let some = self.across.len().min(SHARING);
                let jobs = self.across.drain(..some).collect();
                for job in self.share_round(jobs).await {
                    self.process_across(job).await;
                }
            }
            let Some(jobs) = batches.pop() else {
                return;
            };
            let mut round = Round::new(self.shell.clock.now());
            self.gather(&mut round, jobs, &HashSet::new()).await;
            self.hand_over(&mut round);
            left = self.commit(round).await;
        }
    }

    /// Instances in memory run what operators decided when they were loaded: they are loaded again after a change.
    pub(super) fn follow_definitions(&mut self) {
        if self.is_behind_definitions() {
            self.generation = self.shell.definitions.generation();
            self.hot.clear();
        }
    }

    /// Whether definitions changed since [`Writer::follow_definitions`].
    pub(super) fn is_behind_definitions(&self) -> bool {
        self.shell.definitions.generation() != self.generation
    }

    /// Whether an instance in memory runs what was found out before the last change of definitions, such as one that
    /// was started just then.
    pub(super) fn is_outdated(&mut self, id: Uuid) -> bool {
        let hot = self.hot.get(id);
        hot.is_some_and(|hot| hot.definition.generation < self.generation)
    }

    /// Runs jobs through the core, in memory; answers those that have to wait because their instance is `busy`, being
    /// written at this moment.
    pub(super) async fn gather(&mut self, round: &mut Round, jobs: Vec<Job>, busy: &HashSet<Uuid>) -> Vec<Job> {
        // What an earlier gathering loaded is no longer fresh for the jobs of this one.
        round.fresh.clear();
        let jobs = self.answer_repeated_starts(jobs).await;
        let jobs = self.bring_in(jobs, round, busy).await;
        round.now = self.shell.clock.now();
        let mut waiting = Vec::new();
        for (job, instance) in jobs {
            if instance.is_some_and(|instance| busy.contains(&instance)) {
                waiting.push(job);
            } else {
                self.run_job(round, job, instance);
            }
        }
        waiting
    }

    /// Answers starts whose idempotency key was used before.
    pub(super) async fn answer_repeated_starts(&self, jobs: Vec<Job>) -> Vec<Job> {
        let keys: Vec<String> = jobs.iter().filter_map(Job::start_key).collect();
        if keys.is_empty() {
            return jobs;
        }
        let known = match self.shell.store.applied(&keys).await {
            Ok(known) => known,
            Err(error) => {
                fail(jobs, &error);
                return Vec::new();
            }
        };
        let mut rest = Vec::with_capacity(jobs.len());
        for job in jobs {
            let before = job
                .start_key()
                .and_then(|key| known.iter().find(|applied| applied.key == key));
            match (job, before) {
                (Job::Start(job), Some(before)) => job.answer(repeated(before)),
                (job, _) => rest.push(job),
            }
        }
        rest
    }

    /// Finds the instances that the jobs are about and loads those that are neither in memory nor `busy`.
    pub(super) async fn bring_in(
        &mut self,
        jobs: Vec<Job>,
        round: &mut Round,
        busy: &HashSet<Uuid>,
    ) -> Vec<(Job, Option<Uuid>)> {
        let located = match self.locate(&jobs).await {
            Ok(located) => located,
            Err(error) => {
                fail(jobs, &error);
                return Vec::new();
            }
        };
        let jobs: Vec<(Job, Option<Uuid>)> = jobs
            .into_iter()
            .map(|job| {
                let target = job.target();
                let instance = self.hot.owner(target).or_else(|| located.get(&target).copied());
                (job, instance)
            })
            .collect();
        let missing: HashSet<Uuid> = jobs
            .iter()
            .filter(|(job, _)| !matches!(job, Job::Start(_)))
            .filter_map(|(_, instance)| *instance)
            .filter(|instance| !self.hot.contains(*instance) && !busy.contains(instance))
            .collect();
        if missing.is_empty() {
            return jobs;
        }
        let missing: Vec<Uuid> = missing.into_iter().collect();
        let mut failed = HashMap::new();
        match self.load(missing.clone()).await {
            Ok(loaded) => round.fresh.extend(loaded),
            // One that cannot be read must not spoil the others.
            Err(StoreError::Corrupt(_)) => {
                for id in missing {
                    match self.load(vec![id]).await {
                        Ok(loaded) => round.fresh.extend(loaded),
                        Err(error) => drop(failed.insert(id, error)),
                    }
                }
            }
            Err(error) => {
                fail(jobs.into_iter().map(|(job, _)| job), &error);
                return Vec::new();
            }
        }
        let mut rest = Vec::with_capacity(jobs.len());
        for (job, instance) in jobs {
            match instance.and_then(|instance| failed.get(&instance)) {
                Some(error) => fail([job], error),
                None => rest.push((job, instance)),
            }
        }
        rest
    }

    async fn locate(&self, jobs: &[Job]) -> Result<HashMap<Uuid, Uuid>, StoreError> {
        let mut located = HashMap::new();
        let mut unknown = Vec::new();
        for job in jobs {
            match job {
                Job::Start(_) => {}
                Job::Claim(claim) => {
                    located.insert(claim.task, claim.instance);
                }
                Job::Submit(submit) if self.hot.owner(submit.target).is_none() => unknown.push(submit.target),
                Job::Submit(_) => {}
            }
        }
        if !unknown.is_empty() {
            located.extend(self.shell.store.locate(&unknown).await?);
        }
        Ok(located)
    }

    pub(super) async fn load(&mut self, instances: Vec<Uuid>) -> Result<Vec<Uuid>, StoreError> {
        let mut loaded = Vec::with_capacity(instances.len());
        for snapshot in self.shell.store.load(&instances).await? {
            let (id, version) = (snapshot.instance.id, snapshot.instance.version);
            let definition = match self.shell.definitions.get(&snapshot.instance.definition_id).await {
                Ok(definition) => definition,
                Err(Error::Store(error)) => return Err(error),
                Err(error) => return Err(StoreError::Corrupt(error.to_string())),
            };
            let instance = load::instance(snapshot).map_err(StoreError::Corrupt)?;
            self.hot.insert(Hot {
                instance,
                definition,
                version,
            });
            loaded.push(id);
        }
        Ok(loaded)
    }

    fn run_job(&mut self, round: &mut Round, job: Job, instance: Option<Uuid>) {
        match (job, instance) {
            (Job::Start(job), _) => self.run_start(round, job),
            (job, Some(id)) if self.hot.contains(id) => self.run_on(round, job, id),
            (job, _) => round.unknown.push(job),
        }
    }

    fn run_start(&mut self, round: &mut Round, job: StartJob) {
        // A key that comes twice in one batch waits for the first one's outcome.
        if let Some(key) = &job.idempotency_key
            && !round.keys.insert(key.clone())
        {
            return round.again.push(Job::Start(job));
        }
        let now = round.now;
        let mut ids = InstanceIds::of(job.id, now);
        let started = catch_unwind(AssertUnwindSafe(|| {
            start(
                &job.definition.executable,
                job.id,
                job.definition.record.id.clone(),
                &job.start,
                now,
                &mut ids,
                &self.shell.step_options,
            )
        }));
        let (mut instance, events) = match started {
            Ok(Ok(started)) => started,
            Ok(Err(rejection)) => return job.answer(Err(Error::Rejected(rejection))),
            Err(_) => {
                let definition = job.definition.record.id.clone();
                return job.answer(Err(fault(&definition)));
            }
        };
        if concerns_others(&instance, &events) {
            return self.across.push_back(Job::Start(job));
        }
        let touched = round.touch(job.id, || Touched::new(true, false));
        touched.projection.absorb(&job.definition, &mut instance, events);
        let reply = reply_of(&instance);
        if let Some(key) = &job.idempotency_key {
            touched.applied.push(applied(key, &reply, now));
        }
        self.hot.insert(Hot {
            instance,
            definition: job.definition.clone(),
            version: 0,
        });
        touched.jobs.push((Job::Start(job), Outcome::Done(Box::new(reply))));
    }

    fn run_on(&mut self, round: &mut Round, job: Job, id: Uuid) {
        let Some(hot) = self.hot.get(id) else {
            return round.unknown.push(job);
        };
        let now = round.now;
        let remembered = !round.fresh.contains(&id);
        let touched = round.touch(id, || Touched::new(false, remembered));
        touched.remembered |= remembered && !touched.new;
        if let Job::Claim(claim) = &job
            && !matches(&claim.topic.filter, hot)
        {
            return touched.jobs.push((job, Outcome::Filtered));
        }
        let command = job.command(now);
        let may_concern_others = may_concern_others(hot);
        if may_concern_others {
            hot.instance.hold();
        }
        let mut ids = InstanceIds::of(id, now);
        let stepped = catch_unwind(AssertUnwindSafe(|| {
            step(
                &hot.definition.executable,
                &mut hot.instance,
                &command,
                now,
                &mut ids,
                &self.shell.step_options,
            )
        }));
        let outcome = match stepped {
            Ok(Ok(events)) => {
                if may_concern_others && concerns_others(&hot.instance, &events) {
                    hot.instance.take_back_held();
                    return self.across.push_back(job);
                }
                hot.instance.release();
                touched.projection.absorb(&hot.definition, &mut hot.instance, events);
                let reply = reply_of(&hot.instance);
                if let Some(key) = job.submit_key() {
                    touched.applied.push(applied(key, &reply, now));
                }
                match &job {
                    Job::Claim(claim) => {
                        locked_task(hot, claim.task, &claim.topic).map_or(Outcome::Gone, Outcome::Locked)
                    }
                    _ => Outcome::Done(Box::new(reply)),
                }
            }
            Ok(Err(rejection)) => {
                hot.instance.release();
                if let Some(failed) = failed_job(&command, &rejection) {
                    if may_concern_others {
                        hot.instance.hold();
                    }
                    let options = &self.shell.step_options;
                    let counted = step(
                        &hot.definition.executable,
                        &mut hot.instance,
                        &failed,
                        now,
                        &mut ids,
                        options,
                    );
                    if let Ok(events) = counted {
                        if may_concern_others && concerns_others(&hot.instance, &events) {
                            hot.instance.take_back_held();
                            return self.across.push_back(job);
                        }
                        touched.projection.absorb(&hot.definition, &mut hot.instance, events);
                    }
                    hot.instance.release();
                }
                Outcome::Rejected(rejection)
            }
            Err(_) => {
                touched.broken = Some(hot.definition.record.id.clone());
                Outcome::Gone
            }
        };
        touched.jobs.push((job, outcome));
    }

    /// Locks tasks that this batch creates for polls that wait for them, in the same transaction.
    pub(super) fn hand_over(&mut self, round: &mut Round) {
        if !self.shell.wake.anyone_waits() {
            return;
        }
        // Locks count from here on.
        round.now = self.shell.clock.now();
        for id in round.order.clone() {
            let Some(touched) = round.touched.get_mut(&id) else {
                continue;
            };
            let Some(hot) = self.hot.get(id) else {
                continue;
            };
            let candidates: Vec<_> = touched
                .projection
                .inserted()
                .filter_map(|task| ready_task(&hot.instance, task))
                .filter(|task| task.lock_expires.is_none())
                .collect();
            for task in candidates {
                let engagement = self
                    .shell
                    .wake
                    .engage(&mut round.engaged, &task.topic, |filter| matches(filter, hot));
                let Some(engagement) = engagement else {
                    continue;
                };
                let command = Command::LockExternalTask {
                    task: task.id,
                    worker: engagement.worker,
                    until: round.now + chrono::TimeDelta::milliseconds(engagement.topic.lock_duration),
                    force: false,
                };
                let mut ids = InstanceIds::of(id, round.now);
                let options = &self.shell.step_options;
                let definition = hot.definition.clone();
                let Ok(events) = step(
                    &definition.executable,
                    &mut hot.instance,
                    &command,
                    round.now,
                    &mut ids,
                    options,
                ) else {
                    continue;
                };
                touched.projection.absorb(&definition, &mut hot.instance, events);
                if let Some(locked) = locked_task(hot, task.id, &engagement.topic) {
                    round.engaged[engagement.position].tasks.push(*locked);
                }
            }
        }
    }
}

/// The command that counts a refused attempt at a job; `None` when it was no attempt.
pub(super) fn failed_job(command: &Command, rejection: &Rejection) -> Option<Command> {
    let attempted = !matches!(
        rejection,
        Rejection::UnknownJob { .. } | Rejection::SuspendedInstance { .. } | Rejection::Ended { .. }
    );
    attempted
        .then(|| failed_attempt(command, rejection.to_string(), rejection.node()))
        .flatten()
}

/// The command that counts a failed attempt at a job; `None` when something else failed.
pub(super) fn failed_attempt(command: &Command, message: String, node: Option<&str>) -> Option<Command> {
    let Command::ExecuteJob { job } = command else {
        return None;
    };
    Some(Command::FailJob {
        job: *job,
        failure: JobFailure {
            message,
            details: None,
            node: node.map(Into::into),
        },
    })
}

pub(super) fn fault(definition: &str) -> Error {
    tracing::error!(
        definition,
        "the core broke down on a command; its instance is unchanged"
    );
    Error::UnusableDefinition {
        definition: definition.to_owned(),
        problem: "an internal fault; the instance is unchanged and the log says more".to_owned(),
    }
}

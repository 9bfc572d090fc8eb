//! Jobs: what the engine does later by itself (bpmn-semantics 2.9).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_bpmn::model::{Asynchronous, Catch, NodeIndex, NodeKind, Timer, TimerKind};
use flowstone_expression::{Value, Variables};
use flowstone_schedule::{Cycle, RetryCycle};
use uuid::Uuid;

use crate::command::JobChange;
use crate::context::Place;
use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::{Incident, Job, JobFailure, JobWork, Repetition, Token, Wait};
use crate::step::Step;

/// The type of incidents of jobs.
const INCIDENT_TYPE: &str = "failedJob";

impl Step<'_> {
    /// Where the work on a node is cut into jobs, seen from the scope in which a token comes to it.
    pub(crate) fn asynchronous(&self, scope: Uuid, node: NodeIndex) -> Asynchronous {
        let flow_node = self.model.flow_node(node);
        match &flow_node.multi_instance {
            Some(repeated) if self.is_body_of(scope, node) => repeated.asynchronous,
            _ => flow_node.asynchronous,
        }
    }

    /// A token rests before or after a node until a job goes on with it.
    pub(crate) fn cut(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        work: JobWork,
        variables: Variables,
    ) -> Result<(), Rejection> {
        let id = self.ids.next_id();
        let place = self.cut_at(scope, node);
        self.emit(Event::TransitionOpened(Box::new(Token {
            id,
            scope,
            node: place.clone(),
            started_at: self.now,
            variables,
            wait: Wait::Job,
        })));
        self.create_job(id, node, place, work, None)
    }

    /// The id under which the work on a node is cut: that of the body, when the node as a whole is carried out
    /// several times.
    fn cut_at(&self, scope: Uuid, node: NodeIndex) -> Arc<str> {
        match self.model.body(node) {
            Some(body) if !self.is_body_of(scope, node) => body.clone(),
            _ => self.model.id(node),
        }
    }

    pub(crate) fn create_job(
        &mut self,
        owner: Uuid,
        node: NodeIndex,
        place: Arc<str>,
        work: JobWork,
        due: Option<DateTime<Utc>>,
    ) -> Result<(), Rejection> {
        let mut job = Job {
            id: self.ids.next_id(),
            owner,
            node: place,
            work,
            due,
            priority: 0,
            retries: self.attempts(owner, node),
            suspended: self.instance.suspended,
            failure: None,
            created_at: self.now,
        };
        let decided = self.model.job_override_of(&job);
        job.suspended |= decided.suspended;
        job.priority = match decided.priority {
            Some(priority) => priority,
            None => self.priority(owner, node, &job.node)?,
        };
        self.emit(Event::JobCreated(Box::new(job)));
        Ok(())
    }

    /// The priority that the model gives a job.
    fn priority(&mut self, owner: Uuid, node: NodeIndex, place: &Arc<str>) -> Result<i64, Rejection> {
        let model = self.model;
        // The body of a multi-instance activity is no node of its own and has the priority of the process.
        let own = &model.flow_node(node).jobs.priority;
        let own = own.as_ref().filter(|_| model.body(node) != Some(place));
        match own.or(model.process().job_priority.as_ref()) {
            Some(priority) => {
                let value = self.evaluate(priority, &mut Place::at(owner, node))?;
                self.whole_number(&value, node)
            }
            None => Ok(0),
        }
    }

    /// Gives up the jobs of a token or scope for which `ends` holds.
    pub(crate) fn end_jobs(&mut self, owner: Uuid, ends: impl Fn(&Job) -> bool) {
        let jobs = self.instance.jobs_of(owner);
        let ending: Vec<Uuid> = jobs.filter(|job| ends(job)).map(|job| job.id).collect();
        for id in ending {
            self.end_job(owner, id, false);
        }
    }

    fn end_job(&mut self, owner: Uuid, id: Uuid, executed: bool) {
        self.resolve_incidents_from(owner, id);
        self.emit(Event::JobEnded { id, owner, executed });
    }

    pub(crate) fn execute_job(&mut self, id: Uuid) -> Result<(), Rejection> {
        let job = self.job(id)?;
        if self.instance.suspended {
            return Err(Rejection::SuspendedInstance {
                instance: self.instance.id,
            });
        }
        let (owner, node) = (job.owner, self.model.find(&job.node)?);
        self.end_job(owner, id, true);
        match job.work {
            JobWork::Enter => {
                let (scope, locals) = self.resume(owner)?;
                self.schedule_resumed(scope, node, locals);
                Ok(())
            }
            JobWork::Leave { flow } => self.leave_later(owner, node, flow),
            JobWork::Deliver {
                subscription,
                variables,
            } => {
                if self.instance.subscription(owner, subscription).is_some() {
                    self.set_variables(owner, &variables);
                    self.came(owner, node, Some(subscription))?;
                }
                Ok(())
            }
            JobWork::Timeout { listener, again } => {
                if let Some(again) = again {
                    let work = |again| JobWork::Timeout { listener, again };
                    self.arm_again(owner, node, &again, job.due, work)?;
                }
                self.listen_to_timeout(owner, node, listener)
            }
            JobWork::Timer { again } => {
                if let Some(again) = again {
                    self.arm_again(owner, node, &again, job.due, |again| JobWork::Timer { again })?;
                }
                self.came(owner, node, None)
            }
        }
    }

    /// A token that waited for a job goes on: its scope and variables.
    fn resume(&mut self, id: Uuid) -> Result<(Uuid, Variables), Rejection> {
        let Some(token) = self.instance.token(id) else {
            return Err(Rejection::UnknownExecution { execution: id });
        };
        let (scope, locals) = (token.scope, token.variables.clone());
        self.resolve_incidents(id);
        self.emit(Event::TransitionClosed { id });
        Ok((scope, locals))
    }

    fn leave_later(&mut self, token: Uuid, node: NodeIndex, flow: Option<usize>) -> Result<(), Rejection> {
        let scope = self.surrounding(token)?;
        if self.is_body_of(scope, node) {
            let done = self.count_completed(scope, token, node)?;
            let kept = self.kept(token, node).filter(|_| !done);
            self.resume(token)?;
            if let Some(variables) = kept {
                self.keep_repetition(scope, node, variables);
            }
            return self.after_repetition(scope, node, done);
        }
        self.resume(token)?;
        let flows = &self.model.flow_node(node).outgoing;
        match flow.and_then(|position| flows.get(position)) {
            Some(flow) => {
                self.listen_to_flow(*flow, scope)?;
                self.schedule(scope, self.model.process().flow(*flow).target);
                Ok(())
            }
            None => self.end_path(scope, node),
        }
    }

    /// Sets the timer of an event.
    pub(crate) fn set_timer(&mut self, owner: Uuid, event: NodeIndex, timer: &Timer) -> Result<(), Rejection> {
        let Repeated { due, cycle } = self.due(owner, event, timer)?;
        // A timer among others that must all come is set again with them.
        let is_parallel = self.model.flow_node(event).kind.catch().is_some_and(Catch::is_parallel);
        let again = cycle.filter(|_| self.comes_again(event) && !is_parallel);
        let again = again.map(|cycle| Repetition { cycle, count: 1 });
        self.create_job(owner, event, self.model.id(event), JobWork::Timer { again }, Some(due))
    }

    /// Sets the timer of a listener of a user task.
    pub(crate) fn set_timeout(
        &mut self,
        token: Uuid,
        node: NodeIndex,
        listener: usize,
        timer: &Timer,
    ) -> Result<(), Rejection> {
        let Repeated { due, cycle } = self.due(token, node, timer)?;
        let again = cycle.map(|cycle| Repetition { cycle, count: 1 });
        let work = JobWork::Timeout { listener, again };
        self.create_job(token, node, self.model.id(node), work, Some(due))
    }

    /// When a timer fires that is set now, and how it comes again.
    fn due(&mut self, owner: Uuid, node: NodeIndex, timer: &Timer) -> Result<Repeated, Rejection> {
        self.due_since(owner, node, timer, self.now)
    }

    /// When a timer fires that is set at a moment, and how it comes again.
    pub(crate) fn due_since(
        &mut self,
        owner: Uuid,
        node: NodeIndex,
        timer: &Timer,
        since: DateTime<Utc>,
    ) -> Result<Repeated, Rejection> {
        let value = self.evaluate(&timer.expression, &mut Place::at(owner, node))?;
        timer_due(timer.kind, &value, since).map_err(|problem| self.unfit(node, &problem))
    }

    /// Only events that leave running what they stand at can come again.
    pub(crate) fn comes_again(&self, event: NodeIndex) -> bool {
        match &self.model.flow_node(event).kind {
            NodeKind::BoundaryEvent(event) => !event.interrupting,
            NodeKind::StartEvent(event) => event.trigger.as_ref().is_some_and(|trigger| !trigger.interrupting),
            _ => false,
        }
    }

    fn arm_again(
        &mut self,
        owner: Uuid,
        event: NodeIndex,
        again: &Repetition,
        previous: Option<DateTime<Utc>>,
        work: impl FnOnce(Option<Repetition>) -> JobWork,
    ) -> Result<(), Rejection> {
        let next = repeat(again, previous.unwrap_or(self.now), self.now);
        let Some((due, again)) = next.map_err(|problem| self.unfit(event, &problem))? else {
            return Ok(());
        };
        let work = work(Some(again));
        self.create_job(owner, event, self.model.id(event), work, Some(due))
    }

    /// Suspends the instance with its jobs, or activates both.
    pub(crate) fn suspend(&mut self, suspended: bool) {
        self.emit(Event::SuspensionSet { suspended });
        let jobs: Vec<Uuid> = self.instance.jobs().map(|job| job.id).collect();
        for id in jobs {
            self.emit(Event::JobSuspensionSet { id, suspended });
        }
    }

    /// An attempt at a job failed: what it did is taken back already.
    pub(crate) fn fail_job(&mut self, id: Uuid, failure: &JobFailure) -> Result<(), Rejection> {
        let job = self.job(id)?;
        let node = self.model.find(&job.node)?;
        let (retries, due) = self.next_attempt(&job, node);
        self.emit(Event::JobFailed {
            id,
            failure: failure.clone(),
            retries,
            due,
        });
        if retries == 0 && job.retries > 0 {
            self.raise_job_incident(job.owner, id, job.node, Some(failure.message.clone()));
        }
        Ok(())
    }

    /// How many attempts a failed job has left and when the next one is. A retry cycle that cannot be read does not
    /// keep the failure from being counted.
    fn next_attempt(&mut self, job: &Job, node: NodeIndex) -> (i32, Option<DateTime<Utc>>) {
        let retries = (job.retries - 1).max(0);
        let Some(cycle) = self.retry_cycle(job.owner, node) else {
            let policy = self.options.retries;
            if policy.pause.is_zero() {
                return (retries, job.due);
            }
            let failures = u32::try_from(policy.attempts - retries).unwrap_or(1);
            return (retries, Some(self.now + policy.pause_after(failures)));
        };
        let all = i32::try_from(cycle.retries()).unwrap_or(i32::MAX);
        let failures = u32::try_from(all - retries).unwrap_or(1);
        let due = cycle
            .interval(failures)
            .and_then(|interval| interval.added_to(self.now));
        (retries, due.or(job.due))
    }

    /// How often a new job is tried.
    fn attempts(&mut self, owner: Uuid, node: NodeIndex) -> i32 {
        let cycle = self.retry_cycle(owner, node);
        let attempts = cycle.and_then(|cycle| i32::try_from(cycle.retries()).ok());
        attempts.unwrap_or(self.options.retries.attempts)
    }

    pub(crate) fn retry_cycle(&mut self, owner: Uuid, node: NodeIndex) -> Option<RetryCycle> {
        let model = self.model;
        let cycle = model.flow_node(node).jobs.retry_cycle.as_ref()?;
        let text = self.text(cycle, &mut Place::at(owner, node)).ok().flatten()?;
        RetryCycle::parse(&text).ok()
    }

    pub(crate) fn change_job(&mut self, id: Uuid, change: &JobChange) -> Result<(), Rejection> {
        let job = self.job(id)?;
        match *change {
            JobChange::Retries(retries) => {
                self.emit(Event::JobRetriesSet { id, retries });
                if retries > 0 {
                    self.resolve_incidents_from(job.owner, id);
                } else if job.retries > 0 {
                    let message = job.failure.map(|failure| failure.message);
                    self.raise_job_incident(job.owner, id, job.node, message);
                }
            }
            JobChange::Due(due) => self.emit(Event::JobDueSet { id, due }),
            JobChange::RecalculateDue { since_creation } => self.recalculate_due(&job, since_creation)?,
            JobChange::Priority(priority) => self.emit(Event::JobPrioritySet { id, priority }),
            // What belongs to a suspended instance would be tried in vain; it is activated with the instance.
            JobChange::Suspended(false) if self.instance.suspended => {}
            JobChange::Suspended(suspended) => self.emit(Event::JobSuspensionSet { id, suspended }),
            JobChange::Delete => self.end_job(job.owner, id, false),
        }
        Ok(())
    }

    fn job(&self, id: Uuid) -> Result<Job, Rejection> {
        self.instance.job(id).cloned().ok_or(Rejection::UnknownJob { job: id })
    }

    fn raise_job_incident(&mut self, owner: Uuid, job: Uuid, node: Arc<str>, message: Option<String>) {
        let incident = Incident {
            id: self.ids.next_id(),
            incident_type: INCIDENT_TYPE.into(),
            token: owner,
            source: job,
            configuration: None,
            node,
            message,
            created_at: self.now,
            annotation: None,
        };
        self.emit(Event::IncidentRaised(Box::new(incident)));
    }

    /// Resolves the incidents of a token or scope that one of its jobs, an incident of an instance that it called, or
    /// itself is the source of.
    pub(crate) fn resolve_incidents_from(&mut self, owner: Uuid, source: Uuid) {
        let incidents = self.instance.incidents_of(owner);
        let open: Vec<Uuid> = incidents
            .filter(|incident| incident.source == source && Incident::is_of_the_engine(&incident.incident_type))
            .map(|incident| incident.id)
            .collect();
        for id in open {
            self.emit(Event::IncidentResolved { id, token: owner });
        }
    }
}

/// When a timer fires first, and its cycle if it has one.
pub(crate) struct Repeated {
    pub(crate) due: DateTime<Utc>,
    pub(crate) cycle: Option<String>,
}

/// Reads what a timer is set to. The error says what is wrong and what to write.
pub(crate) fn timer_due(kind: TimerKind, value: &Value, now: DateTime<Utc>) -> Result<Repeated, String> {
    let once = |due| Repeated { due, cycle: None };
    let Value::String(text) = value else {
        return value.to_date().map(once).map_err(|error| error.to_string());
    };
    let text = text.trim();
    let too_late = || "the timer never fires; give a moment that lies ahead".to_owned();
    match kind {
        TimerKind::Date => flowstone_schedule::due_date(text, now)
            .map(once)
            .map_err(|error| error.to_string()),
        TimerKind::Duration => flowstone_schedule::after_duration(text, now)
            .map_err(|error| error.to_string())?
            .map(once)
            .ok_or_else(too_late),
        TimerKind::Cycle => {
            let cycle = Cycle::parse(text).map_err(|error| error.to_string())?;
            Ok(Repeated {
                due: cycle.first_due(now).ok_or_else(too_late)?,
                cycle: Some(text.to_owned()),
            })
        }
    }
}

/// When a timer that fired comes again; `None` when that was the last time.
///
/// # Errors
/// When its cycle cannot be read.
pub fn repeat(
    again: &Repetition,
    previous: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<(DateTime<Utc>, Repetition)>, String> {
    let cycle = Cycle::parse(&again.cycle).map_err(|error| error.to_string())?;
    // What is executed ahead of its time by hand comes at that time all the same.
    let ahead = previous > now;
    let next = if ahead {
        Some(previous)
    } else {
        cycle.next_due(previous, again.count, now)
    };
    Ok(next.map(|due| {
        let count = again.count.saturating_add(u32::from(!ahead));
        (due, Repetition { count, ..again.clone() })
    }))
}

//! External tasks: work that waits for workers (contract 3.4 and 3.5).

use chrono::{DateTime, Utc};
use flowstone_bpmn::model::{self, NodeIndex};
use flowstone_expression::Variables;
use uuid::Uuid;

use crate::apply::is_locked;
use crate::command::Holder;
use crate::context::Place;
use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::{ExternalTask, Incident, Wait};
use crate::step::Step;

/// The longest error message that is kept, in characters (contract 3.5).
const ERROR_MESSAGE_CHARACTERS: usize = 666;

/// Type of the incident of a task without retries.
const INCIDENT_TYPE: &str = "failedExternalTask";

impl Step<'_> {
    /// A token arrives at a node that a worker carries out.
    pub(crate) fn enter_external_task(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        task: &model::ExternalTask,
    ) -> Result<(), Rejection> {
        let mut entry = self.prepare(scope, node)?;
        let topic = self.text(&task.topic, &mut Place::entering(&mut entry))?;
        let topic = topic.ok_or_else(|| self.unfit(node, "the topic is null; give it a text"))?;
        let priority = match &task.priority {
            None => 0,
            Some(priority) => {
                let value = self.evaluate(priority, &mut Place::entering(&mut entry))?;
                self.whole_number(&value, node)?
            }
        };
        self.wait(
            entry,
            Wait::ExternalTask(ExternalTask {
                topic,
                priority,
                retries: None,
                worker: None,
                lock_expires: None,
                lock_token: None,
                error_message: None,
                error_details: None,
            }),
        )
    }

    pub(crate) fn lock_external_task(
        &mut self,
        id: Uuid,
        worker: &str,
        until: DateTime<Utc>,
        force: bool,
    ) -> Result<(), Rejection> {
        let task = self.external_task(id)?;
        let locked = is_locked(task, self.now);
        if force {
            if locked && task.worker.as_deref() != Some(worker) {
                return Err(wrong_worker(id, worker, task));
            }
        } else if locked || self.instance.suspended || !has_retries(task) {
            return Err(Rejection::NotFetchable { task: id });
        }
        let lock_token = self.ids.next_id();
        self.emit(Event::ExternalTaskLocked {
            id,
            worker: worker.to_owned(),
            until,
            lock_token,
        });
        Ok(())
    }

    pub(crate) fn complete_external_task(
        &mut self,
        holder: &Holder,
        variables: &Variables,
        local_variables: &Variables,
    ) -> Result<(), Rejection> {
        self.check_holder(holder)?;
        self.set_variables(holder.task, variables);
        self.set_local_variables(holder.task, local_variables);
        if self.throws_reported_error(holder.task)? {
            return Ok(());
        }
        self.complete(holder.task)
    }

    /// Throws the first business error whose condition holds for what a worker reported; answers whether there was
    /// one (bpmn-semantics 1b `errorEventDefinition`).
    fn throws_reported_error(&mut self, token: Uuid) -> Result<bool, Rejection> {
        let model = self.model;
        let Some((_, node)) = self.place_of(token)? else {
            return Ok(false);
        };
        let Some(task) = model.flow_node(node).kind.external_task() else {
            return Ok(false);
        };
        for reported in &task.errors {
            let mut place = Place::at(token, node);
            if self.holds(Some(&reported.condition), &mut place)? {
                let message = match &reported.error.message {
                    Some(message) => self.text(message, &mut place)?,
                    None => None,
                };
                self.throw_from_token(token, &reported.error.code, message.as_deref())?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(crate) fn fail_external_task(
        &mut self,
        id: Uuid,
        error_message: Option<&str>,
        error_details: Option<&str>,
        retries: Option<i32>,
        retry_at: Option<DateTime<Utc>>,
    ) -> Result<(), Rejection> {
        let (retries, retry_at) = self.next_try(id, retries, retry_at)?;
        let task = self.external_task(id)?;
        let had_retries = has_retries(task);
        // Details that are not given leave those of the last failure.
        let error_details = error_details.map(str::to_owned).or_else(|| task.error_details.clone());
        self.emit(Event::ExternalTaskFailed {
            id,
            error_message: error_message.map(|text| text.chars().take(ERROR_MESSAGE_CHARACTERS).collect()),
            error_details,
            retries,
            retry_at,
        });
        if self.throws_reported_error(id)? {
            return Ok(());
        }
        self.manage_incident(id, had_retries)
    }

    /// What a worker did not say of the next try, the retry cycle of the model does (bpmn-semantics 2.9).
    fn next_try(
        &mut self,
        id: Uuid,
        retries: Option<i32>,
        retry_at: Option<DateTime<Utc>>,
    ) -> Result<(i32, DateTime<Utc>), Rejection> {
        let before = self.external_task(id)?.retries;
        if let Some(retries) = retries {
            return Ok((retries, retry_at.unwrap_or(self.now)));
        }
        let cycle = match self.place_of(id)? {
            Some((_, node)) => self.retry_cycle(id, node),
            None => None,
        };
        let Some(cycle) = cycle else {
            return Ok((0, retry_at.unwrap_or(self.now)));
        };
        let all = i32::try_from(cycle.retries()).unwrap_or(i32::MAX);
        let left = (before.unwrap_or(all) - 1).max(0);
        let failures = u32::try_from(all - left).unwrap_or(1);
        let pause = cycle.interval(failures).and_then(|pause| pause.added_to(self.now));
        Ok((left, retry_at.or(pause).unwrap_or(self.now)))
    }

    /// A business error (bpmn-semantics 2.5).
    pub(crate) fn throw_external_task_error(
        &mut self,
        holder: &Holder,
        error_code: &str,
        error_message: Option<&str>,
        variables: &Variables,
    ) -> Result<(), Rejection> {
        self.check_holder(holder)?;
        self.set_variables(holder.task, variables);
        self.throw_from_token(holder.task, error_code, error_message)
    }

    pub(crate) fn extend_lock(&mut self, holder: &Holder, until: DateTime<Utc>) -> Result<(), Rejection> {
        self.check_holder(holder)?;
        if !is_locked(self.external_task(holder.task)?, self.now) {
            return Err(Rejection::LockExpired {
                task: holder.task,
                now: self.now,
            });
        }
        self.emit(Event::LockExtended { id: holder.task, until });
        Ok(())
    }

    pub(crate) fn unlock(&mut self, id: Uuid) -> Result<(), Rejection> {
        self.external_task(id)?;
        self.emit(Event::ExternalTaskUnlocked { id });
        Ok(())
    }

    pub(crate) fn set_external_task_retries(&mut self, id: Uuid, retries: i32) -> Result<(), Rejection> {
        let had_retries = has_retries(self.external_task(id)?);
        self.emit(Event::ExternalTaskRetriesSet { id, retries });
        self.manage_incident(id, had_retries)
    }

    pub(crate) fn set_external_task_priority(&mut self, id: Uuid, priority: i64) -> Result<(), Rejection> {
        self.external_task(id)?;
        self.emit(Event::ExternalTaskPrioritySet { id, priority });
        Ok(())
    }

    /// Whether this worker may report on its task. An expired lock does not matter as long as nobody else took the task
    /// (contract 3.5).
    pub(crate) fn check_holder(&self, holder: &Holder) -> Result<(), Rejection> {
        let task = self.external_task(holder.task)?;
        if task.worker.as_deref() != Some(holder.worker.as_str()) {
            return Err(wrong_worker(holder.task, &holder.worker, task));
        }
        if holder.lock_token.is_some() && holder.lock_token != task.lock_token {
            return Err(Rejection::StaleLock { task: holder.task });
        }
        if self.instance.suspended {
            return Err(Rejection::Suspended { task: holder.task });
        }
        Ok(())
    }

    /// Resolves all incidents of a token.
    pub(crate) fn resolve_incidents(&mut self, token: Uuid) {
        let open: Vec<Uuid> = self.instance.incidents_of(token).map(|incident| incident.id).collect();
        for id in open {
            self.emit(Event::IncidentResolved { id, token });
        }
    }

    fn external_task(&self, id: Uuid) -> Result<&ExternalTask, Rejection> {
        match self.instance.token(id).map(|token| &token.wait) {
            Some(Wait::ExternalTask(task)) => Ok(task),
            _ => Err(Rejection::UnknownExternalTask { task: id }),
        }
    }

    /// Raises the incident of a task that ran out of retries and resolves that of one that got new ones.
    fn manage_incident(&mut self, id: Uuid, had_retries: bool) -> Result<(), Rejection> {
        let task = self.external_task(id)?;
        let message = task.error_message.clone();
        match (had_retries, has_retries(task)) {
            (true, false) => {
                let Some(node) = self.instance.token(id).map(|token| token.node.clone()) else {
                    return Err(Rejection::UnknownExternalTask { task: id });
                };
                let incident = Incident {
                    id: self.ids.next_id(),
                    incident_type: INCIDENT_TYPE.into(),
                    token: id,
                    source: id,
                    configuration: None,
                    node,
                    message,
                    created_at: self.now,
                    annotation: None,
                };
                self.emit(Event::IncidentRaised(Box::new(incident)));
            }
            (_, true) => self.resolve_incidents_from(id, id),
            (false, false) => {}
        }
        Ok(())
    }
}

/// Retries that were never set count as left.
fn has_retries(task: &ExternalTask) -> bool {
    task.retries.is_none_or(|retries| retries > 0)
}

fn wrong_worker(id: Uuid, worker: &str, task: &ExternalTask) -> Rejection {
    Rejection::WrongWorker {
        task: id,
        worker: worker.to_owned(),
        holder: task.worker.clone(),
    }
}

//! Commands on a running instance.

use chrono::{DateTime, Utc};
use flowstone_expression::Variables;
use uuid::Uuid;

use crate::apply::is_locked;
use crate::command::{Command, Holder, Trigger};
use crate::event::{Event, Outcome};
use crate::rejection::Rejection;
use crate::state::{ExternalTask, Incident, Wait};
use crate::step::Step;

/// How much of an error message is kept, in characters (contract 3.5).
const ERROR_MESSAGE_CHARACTERS: usize = 666;

impl Step<'_> {
    pub(crate) fn command(&mut self, command: &Command) -> Result<(), Rejection> {
        match command {
            Command::Start(_) => Err(Rejection::AlreadyStarted {
                instance: self.instance.id,
            }),
            Command::LockExternalTask {
                task,
                worker,
                until,
                force,
            } => self.lock(*task, worker, *until, *force),
            Command::CompleteExternalTask {
                holder,
                variables,
                local_variables,
            } => {
                self.held(holder)?;
                self.set_all(holder.task, variables, local_variables);
                self.leave(holder.task)
            }
            Command::FailExternalTask {
                holder,
                error_message,
                error_details,
                retries,
                retry_at,
                variables,
                local_variables,
            } => {
                self.held(holder)?;
                self.set_all(holder.task, variables, local_variables);
                let error_message = error_message
                    .as_ref()
                    .map(|message| message.chars().take(ERROR_MESSAGE_CHARACTERS).collect::<String>());
                self.emit(Event::ExternalTaskFailed {
                    id: holder.task,
                    error_message: error_message.clone(),
                    error_details: error_details.clone(),
                    retries: *retries,
                    retry_at: *retry_at,
                });
                self.follow_retries(holder.task, *retries, error_message);
                Ok(())
            }
            Command::ThrowExternalTaskError {
                holder,
                error_code,
                error_message,
                variables,
            } => {
                self.held(holder)?;
                self.set_all(holder.task, variables, &Variables::new());
                self.emit(Event::ErrorUncaught {
                    id: holder.task,
                    error_code: error_code.clone(),
                    error_message: error_message.clone(),
                });
                self.end_at(holder.task)
            }
            Command::ExtendLock { holder, until } => {
                let task = self.held(holder)?;
                if !is_locked(task, self.now) {
                    return Err(Rejection::LockExpired {
                        task: holder.task,
                        now: self.now,
                    });
                }
                self.emit(Event::LockExtended {
                    id: holder.task,
                    until: *until,
                });
                Ok(())
            }
            Command::Unlock { task } => {
                self.external(*task)?;
                self.emit(Event::ExternalTaskUnlocked { id: *task });
                Ok(())
            }
            Command::SetExternalTaskRetries { task, retries } => {
                let message = self.external(*task)?.error_message.clone();
                self.emit(Event::ExternalTaskRetriesSet {
                    id: *task,
                    retries: *retries,
                });
                self.follow_retries(*task, *retries, message);
                Ok(())
            }
            Command::SetExternalTaskPriority { task, priority } => {
                self.external(*task)?;
                self.emit(Event::ExternalTaskPrioritySet {
                    id: *task,
                    priority: *priority,
                });
                Ok(())
            }
            Command::CompleteUserTask { task, variables } => {
                let waits = self.instance.token(*task).map(|token| &token.wait);
                if !matches!(waits, Some(Wait::UserTask(_))) {
                    return Err(Rejection::UnknownTask { task: *task });
                }
                self.set_all(*task, variables, &Variables::new());
                self.leave(*task)
            }
            Command::Trigger(trigger) => self.trigger(trigger),
            Command::ModifyVariables {
                scope,
                local,
                set,
                remove,
            } => self.modify_variables(*scope, *local, set, remove),
            Command::Cancel {
                reason,
                skip_output_mappings,
            } => {
                self.cancel_inside(self.instance.id, *skip_output_mappings)?;
                self.emit(Event::InstanceEnded {
                    at: self.now,
                    end_node: None,
                    outcome: Outcome::ExternallyTerminated,
                    reason: reason.clone(),
                });
                Ok(())
            }
        }
    }

    fn external(&self, task: Uuid) -> Result<&ExternalTask, Rejection> {
        match self.instance.token(task).map(|token| &token.wait) {
            Some(Wait::ExternalTask(external)) => Ok(external),
            _ => Err(Rejection::UnknownExternalTask { task }),
        }
    }

    /// The task, when the reporting worker holds it. Whether the lock has expired does not
    /// matter as long as nobody else took it (contract 3.5).
    fn held(&self, holder: &Holder) -> Result<&ExternalTask, Rejection> {
        let task = self.external(holder.task)?;
        if task.worker.as_deref() != Some(&*holder.worker) {
            return Err(Rejection::WrongWorker {
                task: holder.task,
                worker: holder.worker.clone(),
                holder: task.worker.clone(),
            });
        }
        if holder.lock_token.is_some() && holder.lock_token != task.lock_token {
            return Err(Rejection::StaleLock { task: holder.task });
        }
        if self.instance.suspended {
            return Err(Rejection::Suspended { task: holder.task });
        }
        Ok(task)
    }

    fn lock(&mut self, id: Uuid, worker: &str, until: DateTime<Utc>, force: bool) -> Result<(), Rejection> {
        let task = self.external(id)?;
        let locked = is_locked(task, self.now) && task.worker.is_some();
        if force {
            if locked && task.worker.as_deref() != Some(worker) {
                return Err(Rejection::WrongWorker {
                    task: id,
                    worker: worker.to_owned(),
                    holder: task.worker.clone(),
                });
            }
        } else {
            let exhausted = task.retries.is_some_and(|retries| retries <= 0);
            if is_locked(task, self.now) || exhausted || self.instance.suspended {
                return Err(Rejection::NotFetchable { task: id });
            }
        }
        let lock_token = self.new_id();
        self.emit(Event::ExternalTaskLocked {
            id,
            worker: worker.to_owned(),
            until,
            lock_token,
        });
        Ok(())
    }

    /// An incident is open exactly while there are no retries left.
    fn follow_retries(&mut self, token: Uuid, retries: i32, message: Option<String>) {
        if retries > 0 {
            return self.resolve_incidents(token);
        }
        if self.instance.incidents_of(token).next().is_some() {
            return;
        }
        let Some(node) = self.instance.token(token).map(|token| token.node.clone()) else {
            return;
        };
        let id = self.new_id();
        self.emit(Event::IncidentRaised(Box::new(Incident {
            id,
            incident_type: "failedExternalTask".into(),
            token,
            node,
            message,
            created_at: self.now,
        })));
    }

    fn set_all(&mut self, token: Uuid, variables: &Variables, local: &Variables) {
        for (name, value) in local {
            self.emit(Event::VariableSet {
                scope: token,
                name: name.clone(),
                value: value.clone(),
            });
        }
        for (name, value) in variables {
            self.set_variable(token, name.clone(), value.clone());
        }
    }

    fn trigger(&mut self, trigger: &Trigger) -> Result<(), Rejection> {
        let fits = |wait: &Wait| match (&trigger.message, wait) {
            (Some(name), Wait::Message { name: awaited }) => name == awaited,
            (None, Wait::Message { .. } | Wait::Signal) => true,
            _ => false,
        };
        let token = if trigger.execution == self.instance.id {
            let mut waiting = self.instance.tokens().filter(|token| fits(&token.wait));
            let only = waiting.next().map(|token| token.id);
            only.filter(|_| waiting.next().is_none())
        } else {
            let token = self.instance.token(trigger.execution);
            if token.is_none() && self.instance.scope(trigger.execution).is_none() {
                return Err(Rejection::UnknownExecution {
                    execution: trigger.execution,
                });
            }
            token.filter(|token| fits(&token.wait)).map(|token| token.id)
        };
        let token = token.ok_or_else(|| Rejection::NotWaiting {
            execution: trigger.execution,
            awaited: trigger
                .message
                .as_ref()
                .map_or("a signal".to_owned(), |name| format!("message '{name}'")),
        })?;
        self.set_all(token, &trigger.variables, &trigger.local_variables);
        self.leave(token)
    }

    fn modify_variables(
        &mut self,
        scope: Uuid,
        local: bool,
        set: &Variables,
        remove: &[String],
    ) -> Result<(), Rejection> {
        if self.instance.scope(scope).is_none() && self.instance.token(scope).is_none() {
            return Err(Rejection::UnknownExecution { execution: scope });
        }
        for (name, value) in set {
            if local {
                self.emit(Event::VariableSet {
                    scope,
                    name: name.clone(),
                    value: value.clone(),
                });
            } else {
                self.set_variable(scope, name.clone(), value.clone());
            }
        }
        for name in remove {
            let holder = self
                .instance
                .variable_holders(scope)
                .find(|(holder, variables)| variables.contains_key(name) && (!local || *holder == scope))
                .map(|(holder, _)| holder);
            if let Some(holder) = holder {
                self.emit(Event::VariableRemoved {
                    scope: holder,
                    name: name.clone(),
                });
            }
        }
        Ok(())
    }
}

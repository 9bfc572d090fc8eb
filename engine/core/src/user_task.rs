//! User tasks.

use chrono::{DateTime, Utc};
use flowstone_bpmn::model::{self, FormBinding, NodeIndex, TaskEvent};
use flowstone_expression::{Expression, Value, Variables, temporal};
use uuid::Uuid;

use crate::command::{Candidate, TaskAttributes, UserTaskChange};
use crate::context::{Entry, Place};
use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::{Delegation, FormReference, UserTask, Wait};
use crate::step::Step;

/// Priority of a task that names none.
const DEFAULT_PRIORITY: i32 = 50;

impl Step<'_> {
    /// A token arrives at a user task.
    pub(crate) fn enter_user_task(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        model: &model::UserTask,
    ) -> Result<(), Rejection> {
        let mut entry = self.prepare(scope, node)?;
        entry.task = Some(UserTask {
            priority: DEFAULT_PRIORITY,
            ..UserTask::default()
        });
        // Each attribute is stored at once: the next one may ask `task` for it.
        let name = self.optional_text(model.name.as_ref(), &mut entry)?;
        change(&mut entry, |task| task.name = name);
        let description = self.optional_text(model.description.as_ref(), &mut entry)?;
        change(&mut entry, |task| task.description = description);
        let assignee = self.optional_text(model.assignee.as_ref(), &mut entry)?;
        change(&mut entry, |task| task.assignee = assignee);
        let users = self.candidates(&model.candidate_users, &mut entry)?;
        change(&mut entry, |task| task.candidate_users = users);
        let groups = self.candidates(&model.candidate_groups, &mut entry)?;
        change(&mut entry, |task| task.candidate_groups = groups);
        let due = self.date(model.due_date.as_ref(), &mut entry)?;
        change(&mut entry, |task| task.due = due);
        let follow_up = self.date(model.follow_up_date.as_ref(), &mut entry)?;
        change(&mut entry, |task| task.follow_up = follow_up);
        let priority = self.user_task_priority(model.priority.as_ref(), &mut entry)?;
        change(&mut entry, |task| task.priority = priority);
        let form_key = self.optional_text(model.form_key.as_ref(), &mut entry)?;
        change(&mut entry, |task| task.form_key = form_key);
        let form_ref = self.form_reference(model.form.as_ref(), &mut entry)?;
        change(&mut entry, |task| task.form_ref = form_ref);
        self.listen_to_new_task(TaskEvent::Create, &mut entry)?;
        if entry.task.as_ref().is_some_and(|task| task.assignee.is_some()) {
            self.listen_to_new_task(TaskEvent::Assignment, &mut entry)?;
        }
        let task = entry.task.take().unwrap_or_default();
        let token = entry.id;
        self.wait(entry, Wait::UserTask(task))?;
        for (listener, timeout) in model.timeouts.iter().enumerate() {
            self.set_timeout(token, node, listener, &timeout.timer)?;
        }
        Ok(())
    }

    /// A person completed a user task.
    pub(crate) fn complete_user_task(&mut self, task: Uuid, variables: &Variables) -> Result<(), Rejection> {
        if self.user_task(task)?.delegation == Some(Delegation::Pending) {
            return Err(Rejection::Delegated { task });
        }
        self.set_variables(task, variables);
        self.listen_to_task(TaskEvent::Complete, task)?;
        self.complete(task)
    }

    /// A person changes a user task.
    pub(crate) fn change_user_task(&mut self, id: Uuid, change: &UserTaskChange) -> Result<(), Rejection> {
        let before = self.user_task(id)?.clone();
        let mut task = before.clone();
        match change {
            UserTaskChange::Claim(user) => {
                if before.assignee.is_some() && before.assignee != *user {
                    return Err(Rejection::AlreadyClaimed { task: id });
                }
                task.assignee.clone_from(user);
            }
            UserTaskChange::Assign(user) => task.assignee.clone_from(user),
            UserTaskChange::Delegate(user) => {
                task.delegation = Some(Delegation::Pending);
                task.owner = task.owner.or(task.assignee.take());
                task.assignee.clone_from(user);
            }
            UserTaskChange::Resolve(variables) => {
                self.set_variables(id, variables);
                task.delegation = Some(Delegation::Resolved);
                task.assignee.clone_from(&task.owner);
            }
            UserTaskChange::Update(attributes) => {
                let TaskAttributes {
                    name,
                    description,
                    assignee,
                    owner,
                    delegation,
                    priority,
                    due,
                    follow_up,
                } = (**attributes).clone();
                task = UserTask {
                    name,
                    description,
                    assignee,
                    owner,
                    delegation,
                    priority,
                    due,
                    follow_up,
                    ..task
                };
            }
            UserTaskChange::AddCandidate(candidate) => {
                let (list, name) = candidates_of(&mut task, candidate);
                if !list.contains(name) {
                    list.push(name.clone());
                }
            }
            UserTaskChange::RemoveCandidate(candidate) => {
                let (list, name) = candidates_of(&mut task, candidate);
                list.retain(|known| known != name);
            }
            UserTaskChange::Own(owner) => task.owner.clone_from(owner),
        }
        let assigned = task.assignee != before.assignee;
        self.emit(Event::UserTaskChanged {
            id,
            task: Box::new(task),
        });
        self.listen_to_task(TaskEvent::Update, id)?;
        if assigned {
            self.listen_to_task(TaskEvent::Assignment, id)?;
        }
        Ok(())
    }

    pub(crate) fn user_task(&self, id: Uuid) -> Result<&UserTask, Rejection> {
        match self.instance.token(id).map(|token| &token.wait) {
            Some(Wait::UserTask(task)) => Ok(task),
            _ => Err(Rejection::UnknownTask { task: id }),
        }
    }

    fn optional_text(
        &mut self,
        expression: Option<&Expression>,
        entry: &mut Entry,
    ) -> Result<Option<String>, Rejection> {
        expression.map_or(Ok(None), |expression| {
            self.text(expression, &mut Place::entering(entry))
        })
    }

    /// Candidates: a list gives one each, a text may name several between commas.
    fn candidates(&mut self, expressions: &[Expression], entry: &mut Entry) -> Result<Vec<String>, Rejection> {
        let node = entry.node;
        let mut names = Vec::new();
        for expression in expressions {
            let value = self.evaluate(expression, &mut Place::entering(entry))?;
            if value.is_null() {
                continue;
            }
            let items = value.as_list().unwrap_or(std::slice::from_ref(&value));
            for item in items {
                let text = item.to_text().map_err(|error| self.failed(node, error))?;
                let several = text.split(',').map(str::trim).filter(|name| !name.is_empty());
                names.extend(several.map(str::to_owned));
            }
        }
        Ok(names)
    }

    fn date(&mut self, expression: Option<&Expression>, entry: &mut Entry) -> Result<Option<DateTime<Utc>>, Rejection> {
        let Some(expression) = expression else {
            return Ok(None);
        };
        let node = entry.node;
        match self.evaluate(expression, &mut Place::entering(entry))? {
            Value::Null => Ok(None),
            Value::String(text) => {
                let date = temporal::parse_due_date(&text, self.now);
                Ok(Some(date.map_err(|error| self.unfit(node, &error.to_string()))?))
            }
            other => Ok(Some(other.to_date().map_err(|error| self.failed(node, error))?)),
        }
    }

    fn user_task_priority(&mut self, expression: Option<&Expression>, entry: &mut Entry) -> Result<i32, Rejection> {
        let Some(expression) = expression else {
            return Ok(DEFAULT_PRIORITY);
        };
        let node = entry.node;
        let value = self.evaluate(expression, &mut Place::entering(entry))?;
        if value.is_null() {
            return Ok(DEFAULT_PRIORITY);
        }
        let number = self.whole_number(&value, node)?;
        i32::try_from(number).map_err(|_| self.unfit(node, "the priority does not fit 32 bits; give a smaller number"))
    }

    fn form_reference(
        &mut self,
        form: Option<&model::FormReference>,
        entry: &mut Entry,
    ) -> Result<Option<FormReference>, Rejection> {
        let Some(form) = form else {
            return Ok(None);
        };
        let Some(key) = self.text(&form.key, &mut Place::entering(entry))? else {
            return Ok(None);
        };
        let (binding, version) = match &form.binding {
            FormBinding::Latest => ("latest", None),
            FormBinding::Deployment => ("deployment", None),
            FormBinding::Version(version) => ("version", self.text(version, &mut Place::entering(entry))?),
        };
        Ok(Some(FormReference {
            key,
            binding: binding.to_owned(),
            version,
        }))
    }
}

fn candidates_of<'t, 'c>(task: &'t mut UserTask, candidate: &'c Candidate) -> (&'t mut Vec<String>, &'c String) {
    match candidate {
        Candidate::User(user) => (&mut task.candidate_users, user),
        Candidate::Group(group) => (&mut task.candidate_groups, group),
    }
}

fn change(entry: &mut Entry, change: impl FnOnce(&mut UserTask)) {
    if let Some(task) = &mut entry.task {
        change(task);
    }
}

//! What tokens come to wait for: workers, people, messages.

use chrono::{DateTime, Utc};
use flowstone_bpmn::model;
use flowstone_expression::temporal::parse_due_date;
use flowstone_expression::{Expression, Value};

use crate::evaluation::Site;
use crate::rejection::Rejection;
use crate::state::{ExternalTask, FormReference, UserTask, Wait};
use crate::step::Step;

/// Priority of a user task whose model gives none.
const USER_TASK_PRIORITY: i32 = 50;

impl Step<'_> {
    pub(crate) fn external_task(&mut self, site: Site<'_>, task: &model::ExternalTask) -> Result<Wait, Rejection> {
        let topic = self.text(site, &task.topic)?;
        let topic = topic.ok_or_else(|| self.wrong_value(site.node, "the topic must not be null".to_owned()))?;
        let priority = match &task.priority {
            Some(priority) => self.number(site, priority)?,
            None => 0,
        };
        Ok(Wait::ExternalTask(ExternalTask {
            topic,
            priority,
            retries: None,
            worker: None,
            lock_expires: None,
            lock_token: None,
            error_message: None,
            error_details: None,
        }))
    }

    pub(crate) fn receive_task(&mut self, site: Site<'_>, task: &model::ReceiveTask) -> Result<Wait, Rejection> {
        let Some(name) = task.message.as_ref().and_then(|message| message.name.as_ref()) else {
            return Ok(Wait::Signal);
        };
        let name = self.text(site, name)?;
        let name = name.ok_or_else(|| self.wrong_value(site.node, "the message name must not be null".to_owned()))?;
        Ok(Wait::Message { name })
    }

    pub(crate) fn user_task(&mut self, site: Site<'_>, model: &model::UserTask) -> Result<Wait, Rejection> {
        let mut task = UserTask {
            priority: USER_TASK_PRIORITY,
            ..UserTask::default()
        };
        task.name = self.task_text(site, &task, model.name.as_ref())?;
        task.description = self.task_text(site, &task, model.description.as_ref())?;
        task.due = self.task_date(site, &task, model.due_date.as_ref())?;
        task.follow_up = self.task_date(site, &task, model.follow_up_date.as_ref())?;
        if let Some(priority) = &model.priority {
            let priority = self.number(site, priority)?;
            task.priority = i32::try_from(priority)
                .map_err(|_| self.wrong_value(site.node, format!("the priority {priority} is out of range")))?;
        }
        task.form_key = self.task_text(site, &task, model.form_key.as_ref())?;
        if let Some(form) = &model.form {
            let version = match &form.binding {
                model::FormBinding::Version(version) => self.text(site, version)?,
                _ => None,
            };
            let binding = match &form.binding {
                model::FormBinding::Latest => "latest",
                model::FormBinding::Deployment => "deployment",
                model::FormBinding::Version(_) => "version",
            };
            let key = self.text(site, &form.key)?.unwrap_or_default();
            task.form_ref = Some(FormReference {
                key,
                binding: binding.to_owned(),
                version,
            });
        }
        task.assignee = self.task_text(site, &task, model.assignee.as_ref())?;
        task.candidate_users = self.candidates(site, &task, &model.candidate_users)?;
        task.candidate_groups = self.candidates(site, &task, &model.candidate_groups)?;
        Ok(Wait::UserTask(task))
    }

    fn task_text(
        &mut self,
        site: Site<'_>,
        task: &UserTask,
        expression: Option<&Expression>,
    ) -> Result<Option<String>, Rejection> {
        let Some(expression) = expression else {
            return Ok(None);
        };
        let value = self.evaluate_for_task(site, task, expression)?;
        self.text_of(site.node, &value)
    }

    fn task_date(
        &mut self,
        site: Site<'_>,
        task: &UserTask,
        expression: Option<&Expression>,
    ) -> Result<Option<DateTime<Utc>>, Rejection> {
        let Some(expression) = expression else {
            return Ok(None);
        };
        match self.evaluate_for_task(site, task, expression)? {
            Value::Null => Ok(None),
            Value::String(text) => parse_due_date(&text, self.now)
                .map(Some)
                .map_err(|error| self.wrong_value(site.node, error.to_string())),
            value => value.to_date().map(Some).map_err(|error| self.failed(site.node, error)),
        }
    }

    /// Candidates: each entry is one name, or an expression that gives a name or a list of names.
    fn candidates(
        &mut self,
        site: Site<'_>,
        task: &UserTask,
        expressions: &[Expression],
    ) -> Result<Vec<String>, Rejection> {
        let mut names = Vec::new();
        for expression in expressions {
            let value = self.evaluate_for_task(site, task, expression)?;
            match value.as_list() {
                Some(items) => {
                    for item in items {
                        names.extend(self.text_of(site.node, item)?);
                    }
                }
                None => {
                    let text = self.text_of(site.node, &value)?.unwrap_or_default();
                    names.extend(
                        text.split(',')
                            .map(str::trim)
                            .filter(|name| !name.is_empty())
                            .map(str::to_owned),
                    );
                }
            }
        }
        Ok(names)
    }
}

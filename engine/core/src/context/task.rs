//! What expressions and scripts change of a user task.

use flowstone_expression::{EvaluationError, Value, temporal};

use super::InstanceContext;

impl InstanceContext<'_, '_> {
    /// Changes the user task; `false` when there is no such change.
    pub(super) fn change_task(&mut self, method: &str, value: &Value) -> Result<bool, EvaluationError> {
        let Some(mut task) = self.task().cloned() else {
            return Ok(false);
        };
        let text = || match value {
            Value::Null => Ok(None),
            other => other.to_text().map(Some),
        };
        let names = || {
            let items = value.as_list().unwrap_or(std::slice::from_ref(value));
            items.iter().map(Value::to_text).collect::<Result<Vec<String>, _>>()
        };
        let date = || match value {
            Value::Null => Ok(None),
            Value::String(text) => temporal::parse_due_date(text, self.now)
                .map(Some)
                .map_err(|error| EvaluationError::failed(error.to_string())),
            other => other.to_date().map(Some),
        };
        match method {
            "setName" => task.name = text()?,
            "setDescription" => task.description = text()?,
            "setAssignee" => task.assignee = text()?,
            "setOwner" => task.owner = text()?,
            "setPriority" => {
                let number = value.to_text()?.trim().parse();
                task.priority = number.map_err(|_| EvaluationError::failed("a priority is a whole number"))?;
            }
            "setDueDate" => task.due = date()?,
            "setFollowUpDate" => task.follow_up = date()?,
            "addCandidateUser" | "addCandidateUsers" => add(&mut task.candidate_users, names()?),
            "addCandidateGroup" | "addCandidateGroups" => add(&mut task.candidate_groups, names()?),
            "deleteCandidateUser" => {
                let gone = names()?;
                task.candidate_users.retain(|user| !gone.contains(user));
            }
            "deleteCandidateGroup" => {
                let gone = names()?;
                task.candidate_groups.retain(|group| !gone.contains(group));
            }
            _ => return Ok(false),
        }
        self.changed_task = Some(task);
        Ok(true)
    }
}

fn add(list: &mut Vec<String>, names: Vec<String>) {
    for name in names {
        if !list.contains(&name) {
            list.push(name);
        }
    }
}

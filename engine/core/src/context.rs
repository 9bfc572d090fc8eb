//! What expressions of a model see of an instance.

mod task;
mod variables;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use flowstone_bpmn::model::NodeIndex;
use flowstone_expression::{Bean, Context, EvaluationError, Expression, Value, Variables};
use flowstone_script::{Limits, Script};
use uuid::Uuid;

use crate::compile::Executable;
use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::{Delegation, ExternalTask, Instance, UserTask, Wait};
use crate::step::Step;
use variables::{Written, map};

/// An activity that was entered and has not come to rest: its token is not part of the instance yet.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: Uuid,
    pub(crate) scope: Uuid,
    pub(crate) node: NodeIndex,
    pub(crate) locals: Variables,
    /// The user task as far as its attributes are known.
    pub(crate) task: Option<UserTask>,
}

/// Where an expression is evaluated.
#[derive(Debug)]
pub(crate) enum Place<'e> {
    /// In a scope or a token of the instance.
    Execution { id: Uuid, node: NodeIndex },
    /// In an activity being entered.
    Entering(&'e mut Entry),
}

impl<'e> Place<'e> {
    pub(crate) fn at(id: Uuid, node: NodeIndex) -> Self {
        Place::Execution { id, node }
    }

    pub(crate) fn entering(entry: &'e mut Entry) -> Self {
        Place::Entering(entry)
    }

    pub(crate) fn node(&self) -> NodeIndex {
        match self {
            Place::Execution { node, .. } => *node,
            Place::Entering(entry) => entry.node,
        }
    }

    fn id(&self) -> Uuid {
        match self {
            Place::Execution { id, .. } => *id,
            Place::Entering(entry) => entry.id,
        }
    }
}

impl Step<'_> {
    /// Computes an expression. Variables that it sets are set when it is done.
    pub(crate) fn evaluate(&mut self, expression: &Expression, place: &mut Place<'_>) -> Result<Value, Rejection> {
        if let Some(text) = expression.literal() {
            return Ok(Value::from(text));
        }
        let limits = self.options.evaluation.expression;
        self.within(place, |context| expression.evaluate(context, &limits))
    }

    /// Computes an expression or script. Variables that it sets are set when it is done.
    pub(crate) fn compute(&mut self, script: &Script, place: &mut Place<'_>) -> Result<Value, Rejection> {
        if let Some(expression) = script.uel() {
            return self.evaluate(expression, place);
        }
        let limits = self.options.evaluation;
        self.within(place, |context| script.evaluate(context, &limits))
    }

    fn within(
        &mut self,
        place: &mut Place<'_>,
        compute: impl FnOnce(&mut dyn Context) -> Result<Value, EvaluationError>,
    ) -> Result<Value, Rejection> {
        let mut context = InstanceContext {
            model: self.model,
            instance: self.instance,
            place,
            written: Vec::new(),
            changed_task: None,
            now: self.now,
            user: self.user.as_deref(),
            event_name: self.event_name,
        };
        let result = compute(&mut context);
        let InstanceContext {
            written, changed_task, ..
        } = context;
        let node = place.node();
        let value = result.map_err(|error| self.failed(node, error))?;
        for Written { holder, name, value } in written {
            match (&mut *place, value) {
                (Place::Entering(entry), Some(value)) if entry.id == holder => drop(entry.locals.insert(name, value)),
                (Place::Entering(entry), None) if entry.id == holder => drop(entry.locals.remove(&name)),
                (_, Some(value)) => self.set_local_variable(holder, &name, value),
                (_, None) => self.emit(Event::VariableRemoved { scope: holder, name }),
            }
        }
        match (place, changed_task) {
            (Place::Entering(entry), Some(task)) => entry.task = Some(task),
            (Place::Execution { id, .. }, Some(task)) => self.emit(Event::UserTaskChanged {
                id: *id,
                task: Box::new(task),
            }),
            (_, None) => {}
        }
        Ok(value)
    }

    /// Whether a condition holds; a flow without condition always does.
    pub(crate) fn holds(&mut self, condition: Option<&Script>, place: &mut Place<'_>) -> Result<bool, Rejection> {
        let Some(condition) = condition else {
            return Ok(true);
        };
        let node = place.node();
        let value = self.compute(condition, place)?;
        value.as_condition().map_err(|error| self.failed(node, error))
    }

    /// Computes a text; `None` for null.
    pub(crate) fn text(&mut self, expression: &Expression, place: &mut Place<'_>) -> Result<Option<String>, Rejection> {
        let node = place.node();
        let value = self.evaluate(expression, place)?;
        if value.is_null() {
            return Ok(None);
        }
        value.to_text().map(Some).map_err(|error| self.failed(node, error))
    }

    /// A whole number, also when it is given as text.
    pub(crate) fn whole_number(&self, value: &Value, node: NodeIndex) -> Result<i64, Rejection> {
        let number = match value {
            Value::Short(number) => Some(i64::from(*number)),
            Value::Integer(number) => Some(i64::from(*number)),
            Value::Long(number) => Some(*number),
            // As integral conversions do, digits behind the point are cut off.
            Value::Double(number) if number.is_finite() => Some(*number as i64),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| self.unfit(node, "the priority is not a whole number; give one, for example 50"))
    }

    pub(crate) fn failed(&self, node: NodeIndex, error: EvaluationError) -> Rejection {
        Rejection::Expression {
            node: self.model.id(node).to_string(),
            error,
        }
    }

    pub(crate) fn unfit(&self, node: NodeIndex, problem: &str) -> Rejection {
        Rejection::Value {
            node: self.model.id(node).to_string(),
            problem: problem.to_owned(),
        }
    }
}

impl Executable {
    /// Computes an expression at an execution of a committed state; variables that it sets are lost.
    pub(crate) fn compute_at(
        &self,
        instance: &Instance,
        execution: Uuid,
        node: NodeIndex,
        expression: &Expression,
        now: DateTime<Utc>,
        limits: &Limits,
    ) -> Result<Value, Rejection> {
        let place = Place::at(execution, node);
        let mut context = InstanceContext {
            model: self,
            instance,
            place: &place,
            written: Vec::new(),
            changed_task: None,
            now,
            user: None,
            event_name: None,
        };
        let value = expression.evaluate(&mut context, &limits.expression);
        value.map_err(|error| Rejection::Expression {
            node: self.id(node).to_string(),
            error,
        })
    }
}

struct InstanceContext<'a, 'e> {
    model: &'a Executable,
    instance: &'a Instance,
    place: &'a Place<'e>,
    written: Vec<Written>,
    /// The user task as this evaluation changed it.
    changed_task: Option<UserTask>,
    now: DateTime<Utc>,
    user: Option<&'a str>,
    event_name: Option<&'static str>,
}

impl InstanceContext<'_, '_> {
    fn parent(&self) -> Option<Uuid> {
        match self.place {
            Place::Entering(entry) => Some(entry.scope),
            Place::Execution { id, .. } => match self.instance.token(*id) {
                Some(token) => Some(token.scope),
                None => self.instance.scope(*id)?.parent,
            },
        }
    }

    fn task(&self) -> Option<&UserTask> {
        if self.changed_task.is_some() {
            return self.changed_task.as_ref();
        }
        match self.place {
            Place::Entering(entry) => entry.task.as_ref(),
            Place::Execution { id, .. } => match &self.instance.token(*id)?.wait {
                Wait::UserTask(task) => Some(task),
                _ => None,
            },
        }
    }

    fn external_task(&self) -> Option<&ExternalTask> {
        match self.place {
            Place::Execution { id, .. } => match &self.instance.token(*id)?.wait {
                Wait::ExternalTask(task) => Some(task),
                _ => None,
            },
            Place::Entering(_) => None,
        }
    }

    fn external_task_property(&self, property: &str) -> Option<Value> {
        let task = self.external_task()?;
        Some(match property {
            "id" | "executionId" => id_value(self.place.id()),
            "topicName" => Value::from(&*task.topic),
            "workerId" => Value::from(task.worker.clone()),
            "errorMessage" => Value::from(task.error_message.clone()),
            "errorDetails" => Value::from(task.error_details.clone()),
            "retries" => task.retries.map_or(Value::Null, Value::from),
            "priority" => Value::from(task.priority),
            "lockExpirationTime" => Value::from(task.lock_expires),
            "activityId" => Value::from(&*self.model.info(self.place.node()).id),
            "activityInstanceId" => id_value(self.place.id()),
            "businessKey" => Value::from(self.instance.business_key.clone()),
            "processInstanceId" | "processDefinitionId" | "tenantId" => {
                return self.execution_property(property);
            }
            _ => return None,
        })
    }

    fn execution_property(&self, property: &str) -> Option<Value> {
        let node = self.model.info(self.place.node());
        Some(match property {
            "id" | "activityInstanceId" => id_value(self.place.id()),
            "processInstanceId" => id_value(self.instance.id),
            "processDefinitionId" => Value::from(&*self.instance.definition_id),
            "processBusinessKey" | "businessKey" => Value::from(self.instance.business_key.clone()),
            "currentActivityId" => Value::from(&*node.id),
            "currentActivityName" => Value::from(node.name.as_deref()),
            "tenantId" => Value::from(self.instance.tenant_id.clone()),
            "eventName" => Value::from(self.event_name),
            "parentId" => self.parent().map_or(Value::Null, id_value),
            "variables" => map(self.all(false)),
            "variablesLocal" => map(self.all(true)),
            "variableNames" => self.names(false),
            "variableNamesLocal" => self.names(true),
            _ => return None,
        })
    }

    fn task_property(&self, property: &str) -> Option<Value> {
        let task = self.task()?;
        Some(match property {
            "id" | "executionId" => id_value(self.place.id()),
            "name" => Value::from(task.name.clone()),
            "description" => Value::from(task.description.clone()),
            "assignee" => Value::from(task.assignee.clone()),
            "owner" => Value::from(task.owner.clone()),
            "priority" => Value::from(task.priority),
            "dueDate" => Value::from(task.due),
            "followUpDate" => Value::from(task.follow_up),
            "taskDefinitionKey" => Value::from(&*self.model.info(self.place.node()).id),
            "eventName" => Value::from(self.event_name),
            "execution" => Value::Bean(Bean::Execution),
            "delegationState" => Value::from(task.delegation.map(Delegation::as_str)),
            "createTime" => Value::from(self.created_at()),
            "processInstanceId"
            | "processDefinitionId"
            | "tenantId"
            | "variables"
            | "variablesLocal"
            | "variableNames"
            | "variableNamesLocal" => {
                return self.execution_property(property);
            }
            _ => return None,
        })
    }

    /// When the activity began.
    fn created_at(&self) -> DateTime<Utc> {
        let token = self.instance.token(self.place.id());
        token.map_or(self.now, |token| token.started_at)
    }
}

impl Context for InstanceContext<'_, '_> {
    fn variable(&mut self, name: &str) -> Option<Value> {
        self.find(name).map(|(_, value)| Value::from(value))
    }

    fn variable_names(&mut self) -> Vec<String> {
        let mut names: BTreeSet<&str> = self.written.iter().map(|written| written.name.as_str()).collect();
        names.extend(
            self.holders()
                .flat_map(|(_, variables)| variables.keys().map(String::as_str)),
        );
        let there = names.into_iter().filter(|name| self.find(name).is_some());
        there.map(str::to_owned).collect()
    }

    fn has_bean(&self, bean: Bean) -> bool {
        match bean {
            Bean::Execution => true,
            Bean::Task => self.task().is_some(),
            Bean::ExternalTask => self.external_task().is_some(),
        }
    }

    fn bean_property(&mut self, bean: Bean, property: &str) -> Result<Value, EvaluationError> {
        let value = match bean {
            Bean::Execution => self.execution_property(property),
            Bean::Task => self.task_property(property),
            Bean::ExternalTask => self.external_task_property(property),
        };
        value.ok_or_else(|| EvaluationError::unknown_property(property, bean.name()))
    }

    fn call_bean(&mut self, bean: Bean, method: &str, arguments: &[Value]) -> Result<Value, EvaluationError> {
        let unknown = || EvaluationError::unknown_method(method, arguments.len(), bean.name());
        // `getName()` is another way to write `name`.
        if let (Some(property), []) = (getter(method), arguments) {
            return self.bean_property(bean, &property).map_err(|_| unknown());
        }
        let Some(first) = arguments.first() else {
            return match method {
                "hasVariables" => Ok(Value::from(!self.all(false).is_empty())),
                "hasVariablesLocal" => Ok(Value::from(!self.all(true).is_empty())),
                // Both mean the variables of the execution itself.
                "removeVariables" | "removeVariablesLocal" => {
                    for name in self.all(true).into_keys() {
                        self.remove(&name, true);
                    }
                    Ok(Value::Null)
                }
                _ => Err(unknown()),
            };
        };
        if bean == Bean::Task && arguments.len() == 1 && self.change_task(method, first)? {
            return Ok(Value::Null);
        }
        if let ("setVariables" | "setVariablesLocal", [Value::Map(values)]) = (method, arguments) {
            for (name, value) in values.entries() {
                match method {
                    "setVariables" => self.set(name, value)?,
                    _ => self.write(self.place.id(), name, value)?,
                };
            }
            return Ok(Value::Null);
        }
        let name = first.to_text()?;
        match (method, arguments) {
            ("getVariable", [_]) => Ok(self.variable(&name).unwrap_or(Value::Null)),
            ("getVariableLocal", [_]) => Ok(self.find_local(&name).map_or(Value::Null, Value::from)),
            ("hasVariable", [_]) => Ok(Value::from(self.find(&name).is_some())),
            ("hasVariableLocal", [_]) => Ok(Value::from(self.find_local(&name).is_some())),
            ("setVariable", [_, value]) => self.set(&name, value),
            ("removeVariable", [_]) => Ok(self.remove(&name, false)),
            ("removeVariableLocal", [_]) => Ok(self.remove(&name, true)),
            ("setVariableLocal", [_, value]) => self.write(self.place.id(), &name, value),
            _ => Err(unknown()),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.now
    }

    fn current_user(&self) -> Option<String> {
        self.user.map(str::to_owned)
    }
}

/// The property that a method without arguments reads.
fn getter(method: &str) -> Option<String> {
    let name = method.strip_prefix("get")?;
    let mut characters = name.chars();
    let first = characters.next()?;
    Some(first.to_lowercase().chain(characters).collect())
}

fn id_value(id: Uuid) -> Value {
    Value::from(id.to_string())
}

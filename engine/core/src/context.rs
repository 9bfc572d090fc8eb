//! What expressions of the model see of an instance.

use chrono::{DateTime, Utc};
use flowstone_expression::{Bean, Context, EvaluationError, TypedValue, Value, Variables};
use uuid::Uuid;

use crate::state::{Instance, UserTask};

/// The surroundings of one evaluation. Variables that an expression sets are collected; the step
/// turns them into events when the evaluation is over.
pub(crate) struct Surroundings<'a> {
    instance: &'a Instance,
    /// Token or scope whose variables are seen.
    execution: Uuid,
    /// Variables of a token that is about to come to rest; they hide the others.
    locals: Option<&'a Variables>,
    node: &'a str,
    node_name: Option<&'a str>,
    task: Option<&'a UserTask>,
    now: DateTime<Utc>,
    /// Variables to set: name, value, and whether local to the execution.
    pub(crate) set: Vec<(String, TypedValue, bool)>,
}

impl<'a> Surroundings<'a> {
    pub(crate) fn new(
        instance: &'a Instance,
        execution: Uuid,
        locals: Option<&'a Variables>,
        node: &'a str,
        node_name: Option<&'a str>,
        now: DateTime<Utc>,
    ) -> Self {
        Surroundings {
            instance,
            execution,
            locals,
            node,
            node_name,
            task: None,
            now,
            set: Vec::new(),
        }
    }

    pub(crate) fn with_task(mut self, task: &'a UserTask) -> Self {
        self.task = Some(task);
        self
    }

    fn find(&self, name: &str) -> Option<Value> {
        let set_here = self.set.iter().rev().find(|(known, _, _)| known == name);
        set_here
            .map(|(_, value, _)| value)
            .or_else(|| self.locals.and_then(|locals| locals.get(name)))
            .or_else(|| self.instance.variable(self.execution, name))
            .map(Value::from)
    }

    fn local(&self, name: &str) -> Option<Value> {
        if let Some(locals) = self.locals {
            return locals.get(name).map(Value::from);
        }
        let (holder, variables) = self.instance.variable_holders(self.execution).next()?;
        (holder == self.execution)
            .then(|| variables.get(name).map(Value::from))
            .flatten()
    }

    fn execution_property(&self, property: &str) -> Result<Value, EvaluationError> {
        let instance = self.instance;
        let text = |text: &str| Value::from(&TypedValue::String(text.to_owned()));
        let optional = |value: Option<&str>| value.map_or(Value::Null, text);
        Ok(match property {
            "id" | "activityInstanceId" => text(&self.execution.to_string()),
            "processInstanceId" | "rootProcessInstanceId" => text(&instance.id.to_string()),
            "processDefinitionId" => text(&instance.definition_id),
            "processBusinessKey" | "businessKey" => optional(instance.business_key.as_deref()),
            "tenantId" => optional(instance.tenant_id.as_deref()),
            "currentActivityId" => text(self.node),
            "currentActivityName" => optional(self.node_name),
            "variables" => {
                let visible = instance.visible_variables(self.execution);
                let entries: serde_json::Map<String, serde_json::Value> = visible
                    .iter()
                    .map(|(name, value)| {
                        let json = serde_json::to_value(Value::from(value)).unwrap_or_default();
                        (name.clone(), json)
                    })
                    .collect();
                Value::from(&TypedValue::from_untyped_json(&serde_json::Value::Object(entries)))
            }
            _ => return Err(EvaluationError::unknown_property(property, "execution")),
        })
    }
}

impl Context for Surroundings<'_> {
    fn variable(&mut self, name: &str) -> Option<Value> {
        self.find(name)
    }

    fn has_bean(&self, bean: Bean) -> bool {
        match bean {
            Bean::Execution => true,
            Bean::Task => self.task.is_some(),
            Bean::ExternalTask => false,
        }
    }

    fn bean_property(&mut self, bean: Bean, property: &str) -> Result<Value, EvaluationError> {
        let Some(task) = self.task.filter(|_| bean == Bean::Task) else {
            return self.execution_property(property);
        };
        let optional = |value: &Option<String>| {
            value
                .clone()
                .map_or(Value::Null, |text| Value::from(&TypedValue::String(text)))
        };
        match property {
            "name" => Ok(optional(&task.name)),
            "assignee" => Ok(optional(&task.assignee)),
            "description" => Ok(optional(&task.description)),
            "taskDefinitionKey" => Ok(Value::from(&TypedValue::String(self.node.to_owned()))),
            "id" | "processInstanceId" | "processDefinitionId" | "tenantId" => self.execution_property(property),
            _ => Err(EvaluationError::unknown_property(property, "task")),
        }
    }

    fn call_bean(&mut self, bean: Bean, method: &str, arguments: &[Value]) -> Result<Value, EvaluationError> {
        let name = arguments.first().and_then(Value::as_str).map(str::to_owned);
        match (method, name, arguments) {
            ("getVariable", Some(name), [_]) => Ok(self.find(&name).unwrap_or(Value::Null)),
            ("hasVariable", Some(name), [_]) => Ok(Value::Boolean(self.find(&name).is_some())),
            ("getVariableLocal", Some(name), [_]) => Ok(self.local(&name).unwrap_or(Value::Null)),
            ("hasVariableLocal", Some(name), [_]) => Ok(Value::Boolean(self.local(&name).is_some())),
            ("setVariable" | "setVariableLocal", Some(name), [_, value]) => {
                let local = method == "setVariableLocal";
                self.set.push((name, value.clone().into_typed()?, local));
                Ok(Value::Null)
            }
            _ => Err(EvaluationError::unknown_method(method, arguments.len(), bean.name())),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.now
    }
}

//! Which messages an instance takes by what they carry (BPMN 2.0, 8.4.2 context-based correlation).

use chrono::{DateTime, Utc};
use flowstone_bpmn::model::{Catch, CorrelatedMessage, CorrelatedProperty, NodeKind};
use flowstone_expression::{EvaluationError, Expression, MapContext, Value, Variables};
use flowstone_script::{Limits, Script};
use uuid::Uuid;

use crate::compile::Executable;
use crate::rejection::Rejection;
use crate::state::Instance;

/// A message on its way, with all that is needed to judge it.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// Name of the message.
    pub name: &'a str,
    /// Variables that come with it.
    pub variables: &'a Variables,
    /// The moment that expressions see.
    pub now: DateTime<Utc>,
    /// What one expression may cost.
    pub limits: &'a Limits,
}

impl Executable {
    /// Whether instances of the process take some messages only when they carry what the instance holds.
    pub fn correlates_by_context(&self) -> bool {
        !self.process().correlated_messages.is_empty()
    }

    /// Whether a message is for an execution that waits for it at a node. A value that is missing on one side, or
    /// cannot be computed of the instance, agrees with nothing.
    ///
    /// # Errors
    /// When a value cannot be computed of the message, or the process has no such node.
    pub fn takes(
        &self,
        instance: &Instance,
        execution: Uuid,
        node: &str,
        message: Incoming<'_>,
    ) -> Result<bool, Rejection> {
        let kind = &self.flow_node(self.find(node)?).kind;
        let awaited = |name: &Expression| {
            let by_task = matches!(kind, NodeKind::ReceiveTask(task)
                if task.message.as_ref().and_then(|message| message.name.as_ref()) == Some(name));
            let is_it = |catch: &Catch| matches!(catch, Catch::Message { name: other } if other == name);
            by_task || kind.catches().iter().any(is_it)
        };
        let named = |one: &&CorrelatedMessage| {
            let literal = one.name.literal();
            literal.is_none_or(|literal| literal == message.name) && awaited(&one.name)
        };
        let mut correlated = self.process().correlated_messages.iter().filter(named).peekable();
        if correlated.peek().is_none() {
            return Ok(true);
        }
        let seen = instance.visible_variables(execution);
        for one in correlated {
            if self.agrees(&one.properties, node, &seen, message)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn agrees(
        &self,
        properties: &[CorrelatedProperty],
        node: &str,
        seen: &Variables,
        message: Incoming<'_>,
    ) -> Result<bool, Rejection> {
        let computed = |path: &Script, variables: &Variables| {
            let mut context = MapContext::new(variables.clone(), message.now);
            match path.evaluate(&mut context, message.limits) {
                Err(EvaluationError::UnknownIdentifier { .. }) => Ok(Value::Null),
                other => other,
            }
        };
        for property in properties {
            let carried = computed(&property.in_message, message.variables).map_err(|error| Rejection::Expression {
                node: node.to_owned(),
                error,
            })?;
            let held = computed(&property.in_instance, seen).unwrap_or(Value::Null);
            let same = !carried.is_null() && carried.equals(&held).unwrap_or(false);
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

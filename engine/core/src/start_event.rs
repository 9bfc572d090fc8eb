//! Start events that something other than a client's start sets off (BPMN 2.0, 13.2): what a deployed process waits
//! for.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_bpmn::model::{Catch, Condition, FlowNode, NodeIndex, NodeKind, Timer};
use flowstone_expression::{EvaluationError, Expression, MapContext, Value, Variables};

use crate::compile::Executable;
use crate::condition::condition_in;
use crate::job::{Repeated, timer_due};
use crate::rejection::Rejection;
use crate::state::{EventKind, Repetition};
use flowstone_script::Limits;

/// An event that starts instances of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartSubscription {
    /// BPMN id of the start event.
    pub node: Arc<str>,
    /// What it waits for.
    pub kind: EventKind,
    /// Name of the message or signal.
    pub name: Option<String>,
}

/// A timer that starts instances of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartTimer {
    /// BPMN id of the start event.
    pub node: Arc<str>,
    /// When it fires first.
    pub due: DateTime<Utc>,
    /// How it comes again.
    pub again: Option<Repetition>,
    /// Priority of its job.
    pub priority: i64,
}

impl Executable {
    /// The messages, signals and conditions that start the process.
    ///
    /// # Errors
    /// When the name of a signal cannot be computed without an instance.
    pub fn start_subscriptions(&self, now: DateTime<Utc>) -> Result<Vec<StartSubscription>, Rejection> {
        let mut found = Vec::new();
        for (index, catch) in self.started_by() {
            let (kind, name) = match &*catch {
                Catch::Message { name } => (EventKind::Message, Some(name)),
                Catch::Signal { name } => (EventKind::Signal, Some(name)),
                Catch::Conditional(_) => (EventKind::Conditional, None),
                _ => continue,
            };
            let name = name
                .map(|name| self.text_without_instance(index, name, now))
                .transpose()?;
            found.push(StartSubscription {
                node: self.id(index),
                kind,
                name,
            });
        }
        Ok(found)
    }

    /// The timers that start the process, set now.
    ///
    /// # Errors
    /// When a timer cannot be computed without an instance, or never fires.
    pub fn start_timers(&self, now: DateTime<Utc>) -> Result<Vec<StartTimer>, Rejection> {
        let mut found = Vec::new();
        for (index, catch) in self.started_by() {
            if let Catch::Timer(timer) = &*catch {
                found.push(self.start_timer(index, timer, now)?);
            }
        }
        Ok(found)
    }

    fn start_timer(&self, index: NodeIndex, timer: &Timer, now: DateTime<Utc>) -> Result<StartTimer, Rejection> {
        let value = self.without_instance(index, &timer.expression, now)?;
        let Repeated { due, cycle } = timer_due(timer.kind, &value, now).map_err(|problem| Rejection::Value {
            node: self.id(index).to_string(),
            problem,
        })?;
        let own = self.flow_node(index).jobs.priority.as_ref();
        let priority = match own.or(self.process().job_priority.as_ref()) {
            Some(priority) => {
                let text = self.text_without_instance(index, priority, now)?;
                text.trim().parse().unwrap_or_default()
            }
            None => 0,
        };
        Ok(StartTimer {
            node: self.id(index),
            due,
            again: cycle.map(|cycle| Repetition { cycle, count: 1 }),
            priority,
        })
    }

    /// Whether the condition of a start event holds for the variables that an instance would begin with. An unknown
    /// variable makes nothing true (bpmn-semantics 2.8).
    ///
    /// # Errors
    /// When the condition cannot be computed.
    pub fn starts_for(
        &self,
        node: &str,
        variables: &Variables,
        now: DateTime<Utc>,
        limits: &Limits,
    ) -> Result<bool, Rejection> {
        let index = self.find(node)?;
        let Some(condition) = condition_in(&self.flow_node(index).kind) else {
            return Ok(false);
        };
        if !may_matter(condition, variables) {
            return Ok(false);
        }
        let mut context = MapContext::new(variables.clone(), now);
        let result = condition
            .condition
            .evaluate(&mut context, limits)
            .and_then(|value| value.as_condition());
        match result {
            Ok(holds) => Ok(holds),
            Err(EvaluationError::UnknownIdentifier { .. } | EvaluationError::ConditionIsNull) => Ok(false),
            Err(error) => Err(self.failed(index, error)),
        }
    }

    /// What starts instances of the process, and where they begin then: start events that have a trigger, receive
    /// tasks and the events behind gateways that say `instantiate` (BPMN 2.0, 13.2).
    fn started_by(&self) -> impl Iterator<Item = (NodeIndex, Cow<'_, Catch>)> {
        let begins = |(index, node): (NodeIndex, &FlowNode)| match &node.kind {
            NodeKind::StartEvent(_) => vec![index],
            NodeKind::ReceiveTask(task) if task.instantiate => vec![index],
            NodeKind::EventBasedGateway(gateway) if gateway.instantiate => {
                self.outgoing(index).map(|flow| flow.target).collect()
            }
            _ => Vec::new(),
        };
        let catches = |index: NodeIndex| match &self.flow_node(index).kind {
            NodeKind::ReceiveTask(task) => {
                let name = task.message.as_ref().and_then(|message| message.name.clone());
                name.map(|name| Cow::Owned(Catch::Message { name }))
                    .into_iter()
                    .collect()
            }
            other => other.catches().iter().map(Cow::Borrowed).collect::<Vec<_>>(),
        };
        self.process()
            .children(None)
            .flat_map(begins)
            .flat_map(move |index| catches(index).into_iter().map(move |catch| (index, catch)))
    }

    fn text_without_instance(
        &self,
        index: NodeIndex,
        expression: &Expression,
        now: DateTime<Utc>,
    ) -> Result<String, Rejection> {
        let value = self.without_instance(index, expression, now)?;
        value.to_text().map_err(|error| self.failed(index, error))
    }

    /// Computes an expression where there is no instance yet.
    pub(crate) fn without_instance(
        &self,
        index: NodeIndex,
        expression: &Expression,
        now: DateTime<Utc>,
    ) -> Result<Value, Rejection> {
        if let Some(text) = expression.literal() {
            return Ok(Value::from(text));
        }
        let mut context = MapContext::new(Variables::new(), now);
        expression
            .evaluate(&mut context, &Limits::default().expression)
            .map_err(|error| self.failed(index, error))
    }

    fn failed(&self, index: NodeIndex, error: EvaluationError) -> Rejection {
        Rejection::Expression {
            node: self.id(index).to_string(),
            error,
        }
    }
}

/// A condition that names its variable is asked only when that one is given.
fn may_matter(condition: &Condition, variables: &Variables) -> bool {
    condition
        .variable_name
        .as_ref()
        .is_none_or(|name| variables.contains_key(name))
}

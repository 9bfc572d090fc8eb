//! What jobs a process can have: one job definition for each place that makes some (bpmn-semantics 6).

use std::collections::HashMap;
use std::sync::Arc;

use flowstone_bpmn::model::{Asynchronous, Catch, FlowNode, NodeIndex, NodeKind, TimeoutListener, Timer};

use crate::compile::Executable;
use crate::state::{Job, JobWork};

/// A place in a process that makes jobs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JobDefinition {
    /// BPMN id of the node, or of the body of a multi-instance activity.
    pub node: Arc<str>,
    /// `async-continuation`, `timer-transition`, `timer-intermediate-transition`, `timer-start-event` or
    /// `timer-start-event-subprocess`.
    pub job_type: &'static str,
    /// `async-before`, `async-after`, or the kind of timer with its text: `DURATION: PT10S`.
    pub configuration: String,
}

/// What an operator decided for the jobs that a place makes from then on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobOverride {
    /// Whether they are made suspended.
    pub suspended: bool,
    /// Their priority, in place of what the model says.
    pub priority: Option<i64>,
}

impl Executable {
    /// Lets the jobs that some places make obey an operator rather than the model; jobs of all others are as the
    /// model says.
    #[must_use]
    pub fn with_job_overrides(mut self, overrides: HashMap<JobDefinition, JobOverride>) -> Self {
        self.job_overrides = overrides;
        self
    }

    /// What was decided for the jobs of a place.
    pub fn job_override(&self, place: &JobDefinition) -> JobOverride {
        self.job_overrides.get(place).copied().unwrap_or_default()
    }

    /// What was decided for jobs like this one.
    pub(crate) fn job_override_of(&self, job: &Job) -> JobOverride {
        // Next to no process has any, and its jobs need not be looked at.
        if self.job_overrides.is_empty() {
            return JobOverride::default();
        }
        let place = self.job_definition(job);
        place.map_or_else(JobOverride::default, |place| self.job_override(&place))
    }

    /// All job definitions of the process, in document order.
    pub fn job_definitions(&self) -> Vec<JobDefinition> {
        let mut definitions = Vec::new();
        for (index, node) in self.process().indexed_nodes() {
            let outer = self.body(index).cloned().unwrap_or_else(|| self.id(index));
            continuations(&mut definitions, &outer, node.asynchronous);
            if let Some(repeated) = &node.multi_instance {
                continuations(&mut definitions, &self.id(index), repeated.asynchronous);
            }
            definitions.extend(self.timer_definition(index, node));
            if let NodeKind::UserTask(task) = &node.kind {
                let timeouts = task.timeouts.iter();
                definitions.extend(timeouts.map(|timeout| timeout_definition(&self.id(index), timeout)));
            }
        }
        definitions
    }

    /// The job definition that a job was made from.
    pub fn job_definition(&self, job: &Job) -> Option<JobDefinition> {
        let index = self.find(&job.node).ok()?;
        match job.work {
            JobWork::Enter => Some(continuation(&job.node, "async-before")),
            JobWork::Leave { .. } => Some(continuation(&job.node, "async-after")),
            // The model says nothing of it: it comes from who throws.
            JobWork::Deliver { .. } => None,
            JobWork::Timeout { listener, .. } => match &self.flow_node(index).kind {
                NodeKind::UserTask(task) => {
                    let timeout = task.timeouts.get(listener)?;
                    Some(timeout_definition(&job.node, timeout))
                }
                _ => None,
            },
            JobWork::Timer { .. } => self.timer_definition(index, self.flow_node(index)),
        }
    }

    fn timer_definition(&self, index: NodeIndex, node: &FlowNode) -> Option<JobDefinition> {
        let timer = node.kind.catches().iter().find_map(|catch| match catch {
            Catch::Timer(timer) => Some(timer),
            _ => None,
        })?;
        let job_type = match &node.kind {
            NodeKind::BoundaryEvent(_) => "timer-transition",
            NodeKind::StartEvent(_) if node.parent.is_some() => "timer-start-event-subprocess",
            NodeKind::StartEvent(_) => "timer-start-event",
            _ => "timer-intermediate-transition",
        };
        Some(JobDefinition {
            node: self.id(index),
            job_type,
            configuration: timer_configuration(timer),
        })
    }
}

fn continuations(definitions: &mut Vec<JobDefinition>, node: &Arc<str>, asynchronous: Asynchronous) {
    if asynchronous.before {
        definitions.push(continuation(node, "async-before"));
    }
    if asynchronous.after {
        definitions.push(continuation(node, "async-after"));
    }
}

fn continuation(node: &Arc<str>, configuration: &str) -> JobDefinition {
    JobDefinition {
        node: node.clone(),
        job_type: "async-continuation",
        configuration: configuration.to_owned(),
    }
}

fn timeout_definition(node: &Arc<str>, timeout: &TimeoutListener) -> JobDefinition {
    JobDefinition {
        node: node.clone(),
        job_type: "timer-task-listener",
        configuration: timer_configuration(&timeout.timer),
    }
}

fn timer_configuration(timer: &Timer) -> String {
    format!("{}: {}", timer.kind.as_str(), timer.text)
}

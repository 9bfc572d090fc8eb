//! The due date of a timer, computed once more.

use flowstone_bpmn::model::{Catch, FlowNode, NodeKind, Timer};

use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::{Job, JobWork};
use crate::step::Step;

impl Step<'_> {
    /// Sets when a timer fires as if it was set now, or, `since_creation`, when its job was created, with what its
    /// expression says now. How it comes again stays.
    pub(crate) fn recalculate_due(&mut self, job: &Job, since_creation: bool) -> Result<(), Rejection> {
        let node = self.model.find(&job.node)?;
        let timer = timer_of(job, self.model.flow_node(node))?;
        let since = if since_creation { job.created_at } else { self.now };
        let repeated = self.due_since(job.owner, node, timer, since)?;
        self.emit(Event::JobDueSet {
            id: job.id,
            due: Some(repeated.due),
        });
        Ok(())
    }
}

/// The timer that a job waits for.
fn timer_of<'model>(job: &Job, node: &'model FlowNode) -> Result<&'model Timer, Rejection> {
    let no_timer = |job_type| Rejection::NoTimer { job: job.id, job_type };
    match &job.work {
        JobWork::Enter | JobWork::Leave { .. } => Err(no_timer("async-continuation")),
        JobWork::Deliver { .. } => Err(no_timer("event")),
        JobWork::Timeout { listener, .. } => match &node.kind {
            NodeKind::UserTask(task) => task.timeouts.get(*listener).map(|timeout| &timeout.timer),
            _ => None,
        }
        .ok_or_else(|| no_timer("timer-task-listener")),
        JobWork::Timer { .. } => {
            let mut timers = node.kind.catches().iter().filter_map(|catch| match catch {
                Catch::Timer(timer) => Some(timer),
                _ => None,
            });
            match (timers.next(), timers.next()) {
                (Some(timer), None) => Ok(timer),
                _ => Err(Rejection::Value {
                    node: node.id.clone(),
                    problem: "several timers stand here and the job does not say which is its own; set its due date"
                        .to_owned(),
                }),
            }
        }
    }
}

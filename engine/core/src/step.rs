//! Deciding: commands to events.
//!
//! Work inside a step is an explicit stack, so branches run depth first in the order of the
//! model (bpmn-semantics 2.13) and no model can exhaust the call stack.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_bpmn::model::NodeIndex;
use flowstone_expression::Limits;
use uuid::Uuid;

use crate::apply::{apply, begin};
use crate::command::{Command, Start};
use crate::compile::Executable;
use crate::event::{Event, Outcome};
use crate::ids::IdSource;
use crate::rejection::Rejection;
use crate::state::Instance;

/// Bounds of one step.
#[derive(Clone, Debug)]
pub struct StepOptions {
    /// Nodes that one command may enter before coming to rest.
    pub step_limit: usize,
    /// Bounds of one evaluation.
    pub evaluation: Limits,
}

impl Default for StepOptions {
    fn default() -> Self {
        StepOptions {
            step_limit: 10_000,
            evaluation: Limits::default(),
        }
    }
}

/// Begins an instance at its none start event (BPMN 2.0, 13.2).
///
/// # Errors
/// [`Rejection`], when the model cannot be started so or fails before it comes to rest.
pub fn start(
    model: &Executable,
    id: Uuid,
    definition_id: Arc<str>,
    start: &Start,
    now: DateTime<Utc>,
    ids: &mut dyn IdSource,
    options: &StepOptions,
) -> Result<(Instance, Vec<Event>), Rejection> {
    let no_start = || Rejection::NoNoneStart {
        definition: definition_id.to_string(),
    };
    let first = model.start_of(None).ok_or_else(no_start)?;
    let started = Event::InstanceStarted {
        id,
        definition_id: definition_id.clone(),
        business_key: start.business_key.clone(),
        tenant_id: start.tenant_id.clone(),
        start_node: model.id(first).clone(),
        user: start.user.clone(),
        at: now,
    };
    let mut instance = begin(&started).ok_or_else(no_start)?;
    let mut step = Step::new(model, &mut instance, now, ids, options);
    step.events.push(started);
    if !start.variables.is_empty() {
        step.emit(Event::VariablesCreated {
            scope: id,
            variables: start.variables.clone(),
        });
    }
    step.push(id, first);
    step.run()?;
    let events = step.events;
    Ok((instance, events))
}

/// Decides a command on a running instance and applies what it decides. A rejected command leaves
/// the instance exactly as it was.
///
/// # Errors
/// [`Rejection`], with the reason for the caller.
pub fn step(
    model: &Executable,
    instance: &mut Instance,
    command: &Command,
    now: DateTime<Utc>,
    ids: &mut dyn IdSource,
    options: &StepOptions,
) -> Result<Vec<Event>, Rejection> {
    if instance.ended {
        return Err(Rejection::Ended { instance: instance.id });
    }
    instance.begin();
    let mut step = Step::new(model, instance, now, ids, options);
    let outcome = step.command(command).and_then(|()| step.run());
    let events = std::mem::take(&mut step.events);
    match outcome {
        Ok(()) => {
            instance.keep();
            Ok(events)
        }
        Err(rejection) => {
            instance.take_back();
            Err(rejection)
        }
    }
}

/// A node to enter.
pub(crate) struct Work {
    pub(crate) scope: Uuid,
    pub(crate) node: NodeIndex,
}

/// One step under way.
pub(crate) struct Step<'a> {
    pub(crate) model: &'a Executable,
    pub(crate) instance: &'a mut Instance,
    pub(crate) now: DateTime<Utc>,
    pub(crate) options: &'a StepOptions,
    pub(crate) events: Vec<Event>,
    ids: &'a mut dyn IdSource,
    stack: Vec<Work>,
    /// Work on the stack, by scope: a scope with work is not over.
    pending: HashMap<Uuid, usize>,
    taken: usize,
}

impl<'a> Step<'a> {
    fn new(
        model: &'a Executable,
        instance: &'a mut Instance,
        now: DateTime<Utc>,
        ids: &'a mut dyn IdSource,
        options: &'a StepOptions,
    ) -> Self {
        Step {
            model,
            instance,
            now,
            options,
            events: Vec::new(),
            ids,
            stack: Vec::new(),
            pending: HashMap::new(),
            taken: 0,
        }
    }

    /// Applies and keeps an event.
    pub(crate) fn emit(&mut self, event: Event) {
        apply(self.instance, &event);
        self.events.push(event);
    }

    pub(crate) fn new_id(&mut self) -> Uuid {
        self.ids.next_id()
    }

    /// Puts a node on the stack; what is pushed last is entered first.
    pub(crate) fn push(&mut self, scope: Uuid, node: NodeIndex) {
        *self.pending.entry(scope).or_default() += 1;
        self.stack.push(Work { scope, node });
    }

    /// Drops the work of a scope that is interrupted.
    pub(crate) fn drop_work(&mut self, scope: Uuid) {
        if self.pending.remove(&scope).is_some() {
            self.stack.retain(|work| work.scope != scope);
        }
    }

    fn run(&mut self) -> Result<(), Rejection> {
        while let Some(work) = self.stack.pop() {
            if let Some(pending) = self.pending.get_mut(&work.scope) {
                *pending -= 1;
                if *pending == 0 {
                    self.pending.remove(&work.scope);
                }
            }
            self.taken += 1;
            if self.taken > self.options.step_limit + self.stack.len() {
                return Err(Rejection::StepLimit {
                    limit: self.options.step_limit,
                    node: self.model.id(work.node).to_string(),
                });
            }
            self.enter(work)?;
        }
        Ok(())
    }

    /// A path ended at a node: when nothing is left in the scope, the scope is over.
    pub(crate) fn path_ended(&mut self, scope: Uuid, node: &Arc<str>) -> Result<(), Rejection> {
        let (mut scope, mut node) = (scope, node.clone());
        loop {
            let over = !self.pending.contains_key(&scope)
                && self
                    .instance
                    .scope(scope)
                    .is_some_and(|scope| scope.children.is_empty());
            if !over {
                return Ok(());
            }
            let Some(parent) = self.instance.scope(scope).and_then(|scope| scope.parent) else {
                self.emit(Event::InstanceEnded {
                    at: self.now,
                    end_node: Some(node),
                    outcome: Outcome::Completed,
                    reason: None,
                });
                return Ok(());
            };
            // Leaving a sub-process may end the path of its parent too: a loop, not a recursion.
            match self.close_scope(scope, parent)? {
                Some(ended_at) => (scope, node) = (parent, ended_at),
                None => return Ok(()),
            }
        }
    }
}

//! One command, from decision to rest.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use flowstone_bpmn::model::{ExecutionEvent, NodeIndex, NodeKind};
use flowstone_expression::{TypedValue, Variables};
use flowstone_script::Limits;
use uuid::Uuid;

use crate::apply::{apply, begin};
use crate::command::{Command, Start};
use crate::compile::Executable;
use crate::condition::Changed;
use crate::event::Event;
use crate::form::business_key;
use crate::ids::IdSource;
use crate::modification::first_node;
use crate::rejection::Rejection;
use crate::scope::Skip;
use crate::state::Instance;

/// Bounds of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepOptions {
    /// How many nodes one step may enter before it is refused as a loop.
    pub step_limit: usize,
    /// What one evaluation of an expression or script may cost.
    pub evaluation: Limits,
    /// How jobs are tried again whose model says nothing about it.
    pub retries: RetryPolicy,
}

/// How often and when a failed job is tried again (bpmn-semantics 2.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, at least 1.
    pub attempts: i32,
    /// How long the first failure puts off the next attempt.
    pub pause: Duration,
    /// By how much each further failure multiplies the pause; 1: it stays.
    pub growth: u32,
}

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

impl RetryPolicy {
    /// How long to wait after so many failures; at most a day.
    pub fn pause_after(&self, failures: u32) -> Duration {
        let growth = self.growth.checked_pow(failures.saturating_sub(1));
        let pause = growth.and_then(|growth| self.pause.checked_mul(growth));
        pause.unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE)
    }
}

impl Default for RetryPolicy {
    /// Three attempts without pause.
    fn default() -> Self {
        Self {
            attempts: 3,
            pause: Duration::ZERO,
            growth: 1,
        }
    }
}

impl Default for StepOptions {
    /// 10,000 nodes.
    fn default() -> Self {
        Self {
            step_limit: 10_000,
            evaluation: Limits::default(),
            retries: RetryPolicy::default(),
        }
    }
}

/// Begins an instance at a start event of the process and runs it until it rests or ends (BPMN 2.0, 13.2).
///
/// # Errors
/// [`Rejection::NoNoneStart`], or whatever stops the way to the first rest.
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
    let node = match (&start.node, &start.modification) {
        (Some(node), _) => model.find(node)?,
        (None, Some(modification)) => first_node(model, modification)?.ok_or_else(no_start)?,
        (None, None) => model.start_in(None).ok_or_else(no_start)?,
    };
    let first = Event::InstanceStarted {
        id,
        definition_id: definition_id.clone(),
        business_key: business_key(model, node, start),
        tenant_id: start.tenant_id.clone(),
        start_node: model.id(node),
        user: start.user.clone(),
        caller: start.caller,
        at: now,
    };
    let mut instance = begin(&first).ok_or_else(no_start)?;
    let mut step = Step::new(model, &mut instance, now, ids, options);
    step.user.clone_from(&start.user);
    step.events.push(first);
    let mut variables = step.start_variables(node, start)?;
    if let NodeKind::StartEvent(event) = &model.flow_node(node).kind
        && let Some(initiator) = &event.initiator
    {
        variables
            .entry(initiator.clone())
            .or_insert_with(|| TypedValue::from(start.user.clone()));
    }
    if !variables.is_empty() {
        step.emit(Event::VariablesCreated { scope: id, variables });
    }
    let names = step
        .instance
        .root()
        .map_or_else(Vec::new, |root| root.variables.keys().cloned().collect());
    step.listen_to_instance(ExecutionEvent::Start, node)?;
    step.watch_scope(id, None)?;
    // To those who wait, the variables of the start come after the scope (bpmn-semantics 2.8).
    step.note_created(id, names);
    match &start.modification {
        Some(modification) => step.modify(modification)?,
        None => step.begin_at(id, node)?,
    }
    step.run()?;
    let events = step.events;
    Ok((instance, events))
}

/// Carries out a command and runs the instance until it rests or ends.
///
/// # Errors
/// The reason of the refusal; then the instance is exactly as before.
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
    let result = step.carry_out(command).and_then(|()| step.run());
    let events = step.events;
    match result {
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

/// A step under way. Its files each add the methods of one concept.
pub(crate) struct Step<'a> {
    pub(crate) model: &'a Executable,
    pub(crate) instance: &'a mut Instance,
    pub(crate) now: DateTime<Utc>,
    pub(crate) ids: &'a mut dyn IdSource,
    pub(crate) options: &'a StepOptions,
    /// User who acts, where the command tells.
    pub(crate) user: Option<String>,
    /// The event whose listeners are being computed.
    pub(crate) event_name: Option<&'static str>,
    /// What is left out for the whole step.
    pub(crate) skip: Skip,
    /// Whether the root stays open when nothing is active in it any more.
    pub(crate) root_is_held: bool,
    /// Where the root would have ended, were it not held open.
    pub(crate) ended_at: Option<NodeIndex>,
    /// Variables that the activity being entered begins with.
    pub(crate) locals: Variables,
    /// Changes of variables that conditions have not been looked at for.
    pub(crate) changes: VecDeque<Changed>,
    /// Owners and ids of subscriptions to conditions that have not been looked at yet.
    pub(crate) conditions: Vec<(Uuid, Uuid)>,
    events: Vec<Event>,
    /// Nodes still to enter, the next one last: branches run depth-first in document order.
    work: Vec<Arrival>,
    /// Number of entries of `work` per scope and node, so that nobody needs to search them.
    pending: HashMap<Uuid, HashMap<NodeIndex, usize>>,
}

/// A token on its way into a node.
#[derive(Debug)]
struct Arrival {
    scope: Uuid,
    node: NodeIndex,
    /// Variables of one instance of a multi-instance activity; `None` for all other tokens.
    repetition: Option<Variables>,
    /// Whether a job lets it enter.
    resumed: bool,
    /// The token that rests in the node already and is to leave it.
    leaving: Option<Uuid>,
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
            ids,
            options,
            user: None,
            event_name: None,
            skip: Skip::default(),
            root_is_held: false,
            ended_at: None,
            locals: Variables::new(),
            changes: VecDeque::new(),
            conditions: Vec::new(),
            events: Vec::new(),
            work: Vec::new(),
            pending: HashMap::new(),
        }
    }

    fn carry_out(&mut self, command: &Command) -> Result<(), Rejection> {
        let goes_on = matches!(
            command,
            Command::CompleteUserTask { .. }
                | Command::SubmitTaskForm { .. }
                | Command::ChangeUserTask { .. }
                | Command::Trigger(_)
                | Command::ThrowTaskError { .. }
                | Command::ThrowTaskEscalation { .. }
        );
        if goes_on && self.instance.suspended {
            return Err(Rejection::SuspendedInstance {
                instance: self.instance.id,
            });
        }
        match command {
            Command::Start(_) => Err(Rejection::NotWaiting {
                execution: self.instance.id,
                awaited: "a start; it runs already".to_owned(),
            }),
            Command::LockExternalTask {
                task,
                worker,
                until,
                force,
            } => self.lock_external_task(*task, worker, *until, *force),
            Command::CompleteExternalTask {
                holder,
                variables,
                local_variables,
            } => self.complete_external_task(holder, variables, local_variables),
            Command::FailExternalTask {
                holder,
                error_message,
                error_details,
                retries,
                retry_at,
                variables,
                local_variables,
            } => {
                self.check_holder(holder)?;
                self.set_variables(holder.task, variables);
                self.set_local_variables(holder.task, local_variables);
                self.fail_external_task(
                    holder.task,
                    error_message.as_deref(),
                    error_details.as_deref(),
                    *retries,
                    *retry_at,
                )
            }
            Command::ThrowExternalTaskError {
                holder,
                error_code,
                error_message,
                variables,
            } => self.throw_external_task_error(holder, error_code, error_message.as_deref(), variables),
            Command::ExtendLock { holder, until } => self.extend_lock(holder, *until),
            Command::Unlock { task } => self.unlock(*task),
            Command::SetExternalTaskRetries { task, retries } => self.set_external_task_retries(*task, *retries),
            Command::SetExternalTaskPriority { task, priority } => self.set_external_task_priority(*task, *priority),
            Command::CompleteUserTask { task, variables } => self.complete_user_task(*task, variables),
            Command::SubmitTaskForm { task, variables } => self.submit_task_form(*task, variables),
            Command::ChangeUserTask { task, change } => self.change_user_task(*task, change),
            Command::Trigger(trigger) => self.trigger(trigger),
            Command::ThrowTaskError {
                task,
                error_code,
                error_message,
                variables,
            } => self.throw_task_error(*task, error_code, error_message.as_deref(), variables),
            Command::ThrowTaskEscalation {
                task,
                escalation_code,
                variables,
            } => self.throw_task_escalation(*task, escalation_code, variables),
            Command::ModifyVariables {
                scope,
                local,
                set,
                remove,
            } => self.modify_variables(*scope, *local, set, remove),
            Command::RaiseIncident(new) => self.raise_incident(new),
            Command::AnnotateIncident { incident, annotation } => {
                self.annotate_incident(*incident, annotation.as_deref())
            }
            Command::ResolveIncident { incident } => self.resolve_incident(*incident),
            Command::Suspend(suspended) => {
                self.suspend(*suspended);
                Ok(())
            }
            Command::ExecuteJob { job } => self.execute_job(*job),
            Command::FailJob { job, failure } => self.fail_job(*job, failure),
            Command::ChangeJob { job, change } => self.change_job(*job, change),
            Command::DeliverLater {
                execution,
                name,
                variables,
            } => self.deliver_later(*execution, name, variables),
            Command::Decided { token, rows } => self.decided(*token, rows),
            Command::FromCalled { token, what, variables } => self.hear_from_called(*token, what, variables),
            Command::GoOnAfterRaising { token, raised } => self.go_on_after_raising(*token, raised),
            Command::Abandon => self.abandon_instance(),
            Command::Modify(modification) => self.modify(modification),
            Command::Cancel {
                reason,
                skip_output_mappings,
                skip_listeners,
            } => {
                let skip = Skip {
                    mappings: *skip_output_mappings,
                    listeners: *skip_listeners,
                };
                self.cancel_instance(reason.as_deref(), skip)
            }
        }
    }

    /// Applies an event the moment it is decided, so that all that follows sees it.
    pub(crate) fn emit(&mut self, event: Event) {
        if self.instance.conditions().next().is_some() {
            self.note_change(&event);
        }
        apply(self.instance, &event);
        self.events.push(event);
    }

    /// Queues a token for a node; the token queued last goes first.
    pub(crate) fn schedule(&mut self, scope: Uuid, node: NodeIndex) {
        self.push(scope, node, None, false);
    }

    /// Queues a token that a job lets enter its node.
    pub(crate) fn schedule_resumed(&mut self, scope: Uuid, node: NodeIndex, locals: Variables) {
        let repetition = (self.is_body_of(scope, node) || !locals.is_empty()).then_some(locals);
        self.push(scope, node, repetition, true);
    }

    /// Queues a token that brings variables of its own into its node.
    pub(crate) fn schedule_with(&mut self, scope: Uuid, node: NodeIndex, locals: Variables) {
        self.push(scope, node, (!locals.is_empty()).then_some(locals), false);
    }

    /// Queues one instance of a multi-instance activity, with its own variables.
    pub(crate) fn schedule_repetition(&mut self, body: Uuid, node: NodeIndex, locals: Variables) {
        self.push(body, node, Some(locals), false);
    }

    fn push(&mut self, scope: Uuid, node: NodeIndex, repetition: Option<Variables>, resumed: bool) {
        *self.pending.entry(scope).or_default().entry(node).or_insert(0) += 1;
        self.work.push(Arrival {
            scope,
            node,
            repetition,
            resumed,
            leaving: None,
        });
    }

    /// Queues a resting token that leaves its node after what is queued from now on, unless that interrupts it.
    pub(crate) fn schedule_completion(&mut self, scope: Uuid, node: NodeIndex, token: Uuid) {
        self.push(scope, node, None, true);
        if let Some(arrival) = self.work.last_mut() {
            arrival.leaving = Some(token);
        }
    }

    /// Drops all queued tokens of the scopes that `is_gone` names.
    pub(crate) fn drop_scheduled(&mut self, is_gone: impl Fn(Uuid) -> bool) {
        self.work.retain(|arrival| !is_gone(arrival.scope));
        self.pending.retain(|scope, _| !is_gone(*scope));
    }

    /// Whether nothing is active in a scope any more.
    pub(crate) fn is_empty(&self, scope: Uuid) -> bool {
        !self.is_scheduled(scope, |_| true)
            && self
                .instance
                .scope(scope)
                .is_some_and(|scope| scope.children.is_empty())
    }

    /// Whether a token is on its way to a node of a scope that `wanted` names.
    pub(crate) fn is_scheduled(&self, scope: Uuid, wanted: impl Fn(NodeIndex) -> bool) -> bool {
        let pending = self.pending.get(&scope);
        pending.is_some_and(|pending| pending.keys().any(|node| wanted(*node)))
    }

    /// The next token on its way, and that it has arrived.
    fn next_arrival(&mut self) -> Option<Arrival> {
        let arrival = self.work.pop()?;
        if let Some(pending) = self.pending.get_mut(&arrival.scope)
            && let Some(count) = pending.get_mut(&arrival.node)
        {
            *count -= 1;
            if *count == 0 {
                pending.remove(&arrival.node);
            }
        }
        Some(arrival)
    }

    pub(crate) fn run(&mut self) -> Result<(), Rejection> {
        let mut entered = 0;
        self.check_conditions()?;
        loop {
            let Some(Arrival {
                scope,
                node,
                repetition,
                resumed,
                leaving,
            }) = self.next_arrival()
            else {
                if self.fire_forsaken_gateway()? {
                    self.check_conditions()?;
                    continue;
                }
                return Ok(());
            };
            // What one activity is carried out for is bounded by its collection, not by the length of the way.
            let is_bounded = repetition.is_some() && !self.is_loop(node);
            entered += usize::from(!is_bounded);
            if entered > self.options.step_limit {
                return Err(Rejection::StepLimit {
                    limit: self.options.step_limit,
                    node: self.model.id(node).to_string(),
                });
            }
            self.locals = repetition.unwrap_or_default();
            match leaving {
                Some(token) if self.instance.token(token).is_some() => self.complete(token)?,
                Some(_) => {}
                None => self.arrive(scope, node, resumed)?,
            }
            self.locals.clear();
            self.check_conditions()?;
        }
    }
}

//! The only code that changes an instance.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::event::Event;
use crate::state::{ExternalTask, Header, Instance, Scope, ScopePhase, Wait};

/// Applies one event. Events come from [`crate::step`] (or from the log of what it emitted
/// earlier) and always fit the state that they were decided on.
pub fn apply(instance: &mut Instance, event: &Event) {
    match event {
        // The state that begins is made by `begin`; passing a node leaves no trace in it.
        Event::InstanceStarted { .. }
        | Event::NodePassed { .. }
        | Event::ErrorUncaught { .. }
        | Event::FormSubmitted { .. } => {}
        // They concern other instances.
        Event::InstanceCalled(_)
        | Event::DecisionAsked(_)
        | Event::CallCanceled { .. }
        | Event::RaisedToCaller { .. }
        | Event::SignalThrown { .. } => {}
        Event::ScopeOpened { id, parent, node, at } => instance.insert_scope(Scope {
            id: *id,
            parent: Some(*parent),
            node: Some(node.clone()),
            started_at: *at,
            phase: ScopePhase::Open,
            variables: Default::default(),
            kept: Default::default(),
            children: Default::default(),
            occupied: Default::default(),
        }),
        Event::ScopeClosed { id, kept: true, .. } => instance.change_phase(*id, ScopePhase::Kept, None),
        Event::CompensationBegan { id, parent } => {
            instance.change_phase(*id, ScopePhase::Compensating, Some(*parent));
        }
        Event::ScopeClosed { id, .. } | Event::KeptScopeClosed { id } => instance.remove_scope(*id),
        Event::TokenRested(token) | Event::TransitionOpened(token) => instance.insert_token((**token).clone()),
        Event::TokenLeft { id, .. } | Event::TransitionClosed { id } => instance.remove_token(*id),
        Event::SuspensionSet { suspended } => instance.set_suspended(*suspended),
        Event::UserTaskChanged { id, task } => {
            instance.change_wait(*id, |wait| *wait = Wait::UserTask((**task).clone()));
        }
        Event::ExternalTaskLocked {
            id,
            worker,
            until,
            lock_token,
        } => change(instance, *id, |task| {
            task.worker = Some(worker.clone());
            task.lock_expires = Some(*until);
            task.lock_token = Some(*lock_token);
        }),
        Event::LockExtended { id, until } => change(instance, *id, |task| task.lock_expires = Some(*until)),
        Event::ExternalTaskUnlocked { id } => change(instance, *id, |task| {
            task.worker = None;
            task.lock_expires = None;
            task.lock_token = None;
        }),
        Event::ExternalTaskFailed {
            id,
            error_message,
            error_details,
            retries,
            retry_at,
        } => change(instance, *id, |task| {
            task.error_message.clone_from(error_message);
            task.error_details.clone_from(error_details);
            task.retries = Some(*retries);
            // The worker stays: it may still complete the task (contract 3.5).
            task.lock_expires = Some(*retry_at);
        }),
        Event::ExternalTaskRetriesSet { id, retries } => change(instance, *id, |task| task.retries = Some(*retries)),
        Event::ExternalTaskPrioritySet { id, priority } => change(instance, *id, |task| task.priority = *priority),
        Event::VariableSet { scope, name, value } => instance.set_variable(*scope, name, Some(value.clone())),
        Event::VariablesCreated { scope, variables } => {
            for (name, value) in variables {
                instance.set_variable(*scope, name, Some(value.clone()));
            }
        }
        Event::VariableRemoved { scope, name } => instance.set_variable(*scope, name, None),
        Event::Subscribed(subscription) => instance.insert_subscription((**subscription).clone()),
        Event::Unsubscribed { id, owner } => instance.remove_subscription(*owner, *id),
        Event::JobCreated(job) => instance.insert_job((**job).clone()),
        Event::JobEnded { id, owner, .. } => instance.remove_job(*owner, *id),
        Event::JobFailed {
            id,
            failure,
            retries,
            due,
        } => instance.change_job(*id, |job| {
            job.failure = Some(failure.clone());
            job.retries = *retries;
            job.due = *due;
        }),
        Event::JobRetriesSet { id, retries } => instance.change_job(*id, |job| job.retries = *retries),
        Event::JobDueSet { id, due } => instance.change_job(*id, |job| job.due = *due),
        Event::JobPrioritySet { id, priority } => instance.change_job(*id, |job| job.priority = *priority),
        Event::JobSuspensionSet { id, suspended } => instance.change_job(*id, |job| job.suspended = *suspended),
        Event::IncidentRaised(incident) => instance.insert_incident((**incident).clone()),
        Event::IncidentAnnotated { id, token, annotation } => {
            instance.annotate_incident(*token, *id, annotation.clone());
        }
        Event::IncidentResolved { id, token } => instance.remove_incident(*token, *id),
        Event::InstanceEnded { .. } => instance.set_ended(),
    }
}

fn change(instance: &mut Instance, token: Uuid, change: impl FnOnce(&mut ExternalTask)) {
    instance.change_wait(token, |wait| {
        if let Wait::ExternalTask(task) = wait {
            change(task);
        }
    });
}

/// The state of an instance right after its first event; `None` when that event does not begin
/// an instance.
pub fn begin(first: &Event) -> Option<Instance> {
    let Event::InstanceStarted {
        id,
        definition_id,
        business_key,
        tenant_id,
        start_node,
        user,
        caller,
        at,
    } = first
    else {
        return None;
    };
    Some(Instance::new(Header {
        id: *id,
        definition_id: definition_id.clone(),
        business_key: business_key.clone(),
        tenant_id: tenant_id.clone(),
        start_node: Some(start_node.clone()),
        start_user: user.clone(),
        started_at: *at,
        caller: *caller,
        suspended: false,
    }))
}

/// The state that a whole event list leads to; `None`
/// when the list does not begin an instance.
pub fn replay<'a>(events: impl IntoIterator<Item = &'a Event>) -> Option<Instance> {
    let mut events = events.into_iter();
    let mut instance = begin(events.next()?)?;
    for event in events {
        apply(&mut instance, event);
    }
    Some(instance)
}

/// The moment that a fetch or completion compares lock expiry with: a lock holds up to, not
/// including, its end.
pub(crate) fn is_locked(task: &ExternalTask, now: DateTime<Utc>) -> bool {
    task.lock_expires.is_some_and(|until| until > now)
}

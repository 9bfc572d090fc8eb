//! Stored rows to the state of an instance.

use std::collections::HashMap;

use flowstone_core::{
    Caller, Delegation, EventKind, ExternalTask, Header, Incident, Instance, Job, JobFailure, JobWork, ScopePhase,
    Subscription, Token, UserTask, Wait,
};
use flowstone_store::record::{
    ActivityKind, ActivityRow, IncidentRow, InstanceRow, InstanceSnapshot, JobRow, SubscriptionRow, UserTaskRow,
};
use uuid::Uuid;

/// Rebuilds the state that the rows were projected from.
///
/// # Errors
/// A description, when the rows contradict each other.
pub(crate) fn instance(snapshot: InstanceSnapshot) -> Result<Instance, String> {
    let InstanceSnapshot {
        instance: row,
        mut activities,
        user_tasks,
        subscriptions,
        incidents,
        jobs,
    } = snapshot;
    sort_outside_in(&mut activities);
    let caller = caller(&row);
    let mut parts = flowstone_core::Parts::new(Header {
        id: row.id,
        definition_id: row.definition_id,
        business_key: row.business_key,
        tenant_id: row.tenant_id,
        start_node: row.start_activity_id.map(Into::into),
        start_user: row.start_user_id,
        started_at: row.started_at,
        caller,
        suspended: row.suspended,
    });
    parts.variables(row.variables);
    let mut user_tasks: HashMap<_, _> = user_tasks.into_iter().map(|task| (task.id, task)).collect();
    for activity in activities {
        let id = activity.id;
        if let Some(phase) = phase(activity.kind) {
            parts.scope(
                id,
                activity.parent_id,
                activity.node_id,
                phase,
                activity.started_at,
                activity.variables.unwrap_or_default(),
            );
        } else {
            parts.token(token(activity, user_tasks.remove(&id))?);
        }
    }
    for row in subscriptions {
        parts.subscription(subscription(row)?);
    }
    for row in jobs {
        parts.job(job(row)?);
    }
    for incident in incidents {
        parts.incident(Incident {
            id: incident.id,
            source: source(&incident)?,
            configuration: incident
                .configuration
                .filter(|_| !Incident::is_of_the_engine(&incident.incident_type)),
            incident_type: incident.incident_type,
            token: incident.activity_id,
            node: incident.node_id,
            message: incident.message,
            created_at: incident.created_at,
            annotation: incident.annotation,
        });
    }
    Ok(parts.finish())
}

fn token(activity: ActivityRow, user_task: Option<UserTaskRow>) -> Result<Token, String> {
    let missing = |what: &str| format!("activity {} has no {what}", activity.id);
    let wait = match activity.kind {
        ActivityKind::ExternalTask => {
            let task = activity.external_task.ok_or_else(|| missing("external task"))?;
            Wait::ExternalTask(ExternalTask {
                topic: task.topic,
                priority: task.priority,
                retries: task.retries,
                worker: task.worker,
                lock_expires: task.lock_expires,
                lock_token: task.lock_token,
                error_message: task.error_message,
                error_details: task.error_details,
            })
        }
        ActivityKind::UserTask => Wait::UserTask(from_row(user_task.ok_or_else(|| missing("user task"))?)?),
        ActivityKind::Receive => Wait::Signal,
        ActivityKind::Join => Wait::Join,
        ActivityKind::Ended => Wait::Siblings,
        ActivityKind::Job => Wait::Job,
        ActivityKind::Call => {
            let called = activity
                .detail
                .as_ref()
                .and_then(|detail| detail.get("called")?.as_str());
            let called = called.and_then(|called| Uuid::parse_str(called).ok());
            Wait::Call {
                instance: called.ok_or_else(|| missing("called instance"))?,
            }
        }
        ActivityKind::Scope | ActivityKind::EventScope | ActivityKind::Compensation => {
            return Err(missing("wait state"));
        }
    };
    Ok(Token {
        id: activity.id,
        scope: activity.parent_id,
        node: activity.node_id,
        started_at: activity.started_at,
        variables: activity.variables.unwrap_or_default(),
        wait,
    })
}

fn caller(row: &InstanceRow) -> Option<Caller> {
    let instance = row.super_instance_id?;
    Some(Caller {
        instance,
        token: row.super_execution_id?,
        root: row.root_instance_id.unwrap_or(instance),
    })
}

/// Scopes come before what is inside them. Ids grow with time, which is almost that order: but a completed scope
/// that is compensated goes on inside of a younger one.
fn sort_outside_in(activities: &mut [ActivityRow]) {
    let parents: HashMap<Uuid, Uuid> = activities.iter().map(|row| (row.id, row.parent_id)).collect();
    let depth = |id: Uuid| {
        let outwards = std::iter::successors(Some(id), |id| parents.get(id).copied());
        // Rows that contradict each other must not lead around for ever.
        outwards.take(parents.len() + 1).count()
    };
    activities.sort_by_cached_key(|row| (depth(row.id), row.id));
}

fn phase(kind: ActivityKind) -> Option<ScopePhase> {
    match kind {
        ActivityKind::Scope => Some(ScopePhase::Open),
        ActivityKind::EventScope => Some(ScopePhase::Kept),
        ActivityKind::Compensation => Some(ScopePhase::Compensating),
        _ => None,
    }
}

/// What failed, so that the incident is resolved with it.
fn source(incident: &IncidentRow) -> Result<Uuid, String> {
    // Whoever raises an incident says about what in words of their own.
    let of_the_engine = Incident::is_of_the_engine(&incident.incident_type);
    let configuration = incident.configuration.as_deref().filter(|_| of_the_engine);
    let configuration = configuration.map(Uuid::parse_str);
    configuration
        .unwrap_or(Ok(incident.activity_id))
        .map_err(|error| format!("incident {} concerns something without an id: {error}", incident.id))
}

fn job(row: JobRow) -> Result<Job, String> {
    let missing = |what: &str| format!("job {} has no {what}", row.id);
    let work = row.detail.clone().ok_or_else(|| missing("detail"))?;
    let work: JobWork = serde_json::from_value(work).map_err(|error| format!("detail of job {}: {error}", row.id))?;
    Ok(Job {
        id: row.id,
        owner: row.execution_id.ok_or_else(|| missing("execution"))?,
        node: row.node_id,
        work,
        due: row.due,
        priority: row.priority,
        retries: row.retries,
        suspended: row.suspended,
        failure: row.exception_message.map(|message| JobFailure {
            message,
            details: row.exception_details,
            node: row.failed_node_id.map(Into::into),
        }),
        created_at: row.created_at,
    })
}

fn subscription(row: SubscriptionRow) -> Result<Subscription, String> {
    let kind = EventKind::parse(&row.event_type);
    let kept = row.configuration.as_deref().map(Uuid::parse_str).transpose();
    Ok(Subscription {
        id: row.id,
        kept: kept.map_err(|error| format!("subscription {} compensates nothing: {error}", row.id))?,
        owner: row.activity_id,
        node: row.node_id,
        kind: kind.ok_or_else(|| format!("subscription {} is of the unknown type '{}'", row.id, row.event_type))?,
        name: row.event_name,
        created_at: row.created_at,
    })
}

fn from_row(row: UserTaskRow) -> Result<UserTask, String> {
    let form_ref = row.form_ref.map(serde_json::from_value).transpose();
    Ok(UserTask {
        name: row.name,
        description: row.description,
        assignee: row.assignee,
        owner: row.owner,
        delegation: row.delegation_state.as_deref().and_then(Delegation::parse),
        priority: row.priority,
        due: row.due,
        follow_up: row.follow_up,
        candidate_users: row.candidate_users,
        candidate_groups: row.candidate_groups,
        form_key: row.form_key,
        form_ref: form_ref.map_err(|error| format!("form reference of task {}: {error}", row.id))?,
    })
}

//! Stored rows to the state of an instance.

use flowstone_core::{EventKind, ExternalTask, Header, Incident, Instance, Subscription, Token, UserTask, Wait};
use flowstone_store::record::{ActivityKind, ActivityRow, InstanceSnapshot, SubscriptionRow, UserTaskRow};

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
        jobs: _,
    } = snapshot;
    // Ids grow with time, so scopes come before what is inside them.
    activities.sort_by_key(|activity| activity.id);
    let mut parts = flowstone_core::Parts::new(Header {
        id: row.id,
        definition_id: row.definition_id,
        business_key: row.business_key,
        tenant_id: row.tenant_id,
        start_node: row.start_activity_id.map(Into::into),
        start_user: row.start_user_id,
        started_at: row.started_at,
        suspended: row.suspended,
    });
    parts.variables(row.variables);
    let mut user_tasks: std::collections::HashMap<_, _> = user_tasks.into_iter().map(|task| (task.id, task)).collect();
    for activity in activities {
        let id = activity.id;
        if activity.kind == ActivityKind::Scope {
            parts.scope(
                id,
                activity.parent_id,
                activity.node_id,
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
    for incident in incidents {
        parts.incident(Incident {
            id: incident.id,
            incident_type: incident.incident_type,
            token: incident.activity_id,
            node: incident.node_id,
            message: incident.message,
            created_at: incident.created_at,
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
        ActivityKind::Scope => return Err(missing("wait state")),
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

fn subscription(row: SubscriptionRow) -> Result<Subscription, String> {
    let kind = EventKind::parse(&row.event_type);
    Ok(Subscription {
        id: row.id,
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
        priority: row.priority,
        due: row.due,
        follow_up: row.follow_up,
        candidate_users: row.candidate_users,
        candidate_groups: row.candidate_groups,
        form_key: row.form_key,
        form_ref: form_ref.map_err(|error| format!("form reference of task {}: {error}", row.id))?,
    })
}

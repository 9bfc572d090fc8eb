//! An instance, and what is in it, as rows.

use std::collections::BTreeSet;

use flowstone_core::{Incident, Instance, Job, Outcome, ScopePhase, Subscription, Token, Wait};
use flowstone_store::record::{
    ActivityKind, ActivityRow, ExternalTaskColumns, HistoricExternalTask, IncidentRow, InstanceRow, JobRow, ReadyTask,
    SubscriptionRow, UserTaskRow,
};
use uuid::Uuid;

use crate::definitions::Definition;

/// What history keeps of a token that was an external task.
pub(super) fn historic_external_task(token: &Token) -> Option<HistoricExternalTask> {
    let Wait::ExternalTask(task) = &token.wait else {
        return None;
    };
    Some(HistoricExternalTask {
        topic: task.topic.clone(),
        worker: task.worker.clone(),
        priority: task.priority,
        retries: task.retries,
    })
}

pub(super) fn state_text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "COMPLETED",
        Outcome::ExternallyTerminated => "EXTERNALLY_TERMINATED",
        Outcome::InternallyTerminated => "INTERNALLY_TERMINATED",
    }
}

pub(super) fn root_variables(instance: &Instance) -> flowstone_expression::Variables {
    instance.root().map(|root| root.variables.clone()).unwrap_or_default()
}

pub(super) fn instance_row(instance: &Instance) -> InstanceRow {
    InstanceRow {
        id: instance.id,
        definition_id: instance.definition_id.clone(),
        business_key: instance.business_key.clone(),
        tenant_id: instance.tenant_id.clone(),
        suspended: instance.suspended,
        variables: root_variables(instance),
        start_activity_id: instance.start_node.as_deref().map(str::to_owned),
        start_user_id: instance.start_user.clone(),
        started_at: instance.started_at,
        super_instance_id: instance.caller.map(|caller| caller.instance),
        super_execution_id: instance.caller.map(|caller| caller.token),
        root_instance_id: instance.caller.map(|caller| caller.root),
        version: 1,
    }
}

pub(super) fn activity_row(definition: &Definition, instance: &Instance, id: Uuid) -> Option<ActivityRow> {
    let token = instance.token(id);
    let scope = instance.scope(id);
    let node_id = token
        .map(|token| token.node.clone())
        .or_else(|| scope.and_then(|scope| scope.node.clone()))?;
    let node = definition.executable.node(&node_id)?;
    let (kind, external_task) = match token.map(|token| &token.wait) {
        None => (scope_kind(scope?.phase), None),
        Some(Wait::ExternalTask(task)) => (
            ActivityKind::ExternalTask,
            Some(ExternalTaskColumns {
                topic: task.topic.clone(),
                priority: task.priority,
                retries: task.retries,
                worker: task.worker.clone(),
                lock_expires: task.lock_expires,
                lock_token: task.lock_token,
                error_message: task.error_message.clone(),
                error_details: task.error_details.clone(),
                suspended: instance.suspended,
            }),
        ),
        Some(Wait::UserTask(_)) => (ActivityKind::UserTask, None),
        Some(Wait::Signal) => (ActivityKind::Receive, None),
        Some(Wait::Join) => (ActivityKind::Join, None),
        Some(Wait::Siblings) => (ActivityKind::Ended, None),
        Some(Wait::Job) => (ActivityKind::Job, None),
        Some(Wait::Call { .. }) => (ActivityKind::Call, None),
    };
    let variables = token
        .map(|token| &token.variables)
        .or(scope.map(|scope| &scope.variables))?;
    Some(ActivityRow {
        id,
        instance_id: instance.id,
        parent_id: token
            .map(|token| token.scope)
            .or(scope.and_then(|scope| scope.parent))?,
        node_id,
        activity_type: node.activity_type.clone(),
        activity_name: node.name.clone(),
        kind,
        started_at: token
            .map(|token| token.started_at)
            .or(scope.map(|scope| scope.started_at))?,
        variables: (!variables.is_empty()).then(|| variables.clone()),
        external_task,
        detail: token.and_then(detail),
    })
}

/// What has no column of its own.
fn detail(token: &Token) -> Option<serde_json::Value> {
    match token.wait {
        Wait::Call { instance } => Some(serde_json::json!({ "called": instance })),
        _ => None,
    }
}

fn scope_kind(phase: ScopePhase) -> ActivityKind {
    match phase {
        ScopePhase::Open => ActivityKind::Scope,
        ScopePhase::Kept => ActivityKind::EventScope,
        ScopePhase::Compensating => ActivityKind::Compensation,
    }
}

pub(super) fn user_task_row(instance: &Instance, token: &Token) -> Option<UserTaskRow> {
    let Wait::UserTask(task) = &token.wait else {
        return None;
    };
    Some(UserTaskRow {
        id: token.id,
        instance_id: instance.id,
        name: task.name.clone(),
        description: task.description.clone(),
        assignee: task.assignee.clone(),
        owner: task.owner.clone(),
        delegation_state: task.delegation.map(|delegation| delegation.as_str().to_owned()),
        priority: task.priority,
        due: task.due,
        follow_up: task.follow_up,
        candidate_users: task.candidate_users.clone(),
        candidate_groups: task.candidate_groups.clone(),
        form_key: task.form_key.clone(),
        // A form reference holds three texts, which always serialise.
        form_ref: task.form_ref.as_ref().and_then(|form| serde_json::to_value(form).ok()),
    })
}

pub(super) fn job_row(definition: &Definition, instance: &Instance, job: &Job) -> JobRow {
    let record = &definition.record;
    let made_from = definition.job_definition(job);
    let failure = job.failure.as_ref();
    JobRow {
        id: job.id,
        instance_id: Some(instance.id),
        execution_id: Some(job.owner),
        definition_id: record.id.clone(),
        definition_key: record.key.clone(),
        tenant_id: record.tenant_id.clone(),
        deployment_id: Some(record.deployment_id),
        job_definition_id: made_from.as_ref().map(|made_from| made_from.id),
        node_id: job.node.clone(),
        job_type: made_from
            .as_ref()
            .map_or("", |made_from| made_from.place.job_type)
            .to_owned(),
        configuration: made_from
            .map(|made_from| made_from.place.configuration)
            .unwrap_or_default(),
        due: job.due,
        priority: job.priority,
        retries: job.retries,
        suspended: job.suspended,
        exception_message: failure.map(|failure| failure.message.clone()),
        exception_details: failure.and_then(|failure| failure.details.clone()),
        failed_node_id: failure.and_then(|failure| failure.node.as_deref().map(str::to_owned)),
        created_at: job.created_at,
        // Texts and numbers always serialise.
        detail: serde_json::to_value(&job.work).ok(),
    }
}

pub(super) fn changed_incidents(instance: &Instance, changed: &BTreeSet<Uuid>) -> Vec<IncidentRow> {
    // There may be many, and next to no step changes any.
    if changed.is_empty() {
        return Vec::new();
    }
    let incidents = instance.incidents().filter(|incident| changed.contains(&incident.id));
    incidents.map(|incident| incident_row(instance, incident)).collect()
}

pub(super) fn incident_row(instance: &Instance, incident: &Incident) -> IncidentRow {
    IncidentRow {
        id: incident.id,
        instance_id: instance.id,
        activity_id: incident.token,
        incident_type: incident.incident_type.clone(),
        node_id: incident.node.clone(),
        configuration: incident.configuration(),
        message: incident.message.clone(),
        created_at: incident.created_at,
        annotation: incident.annotation.clone(),
    }
}

pub(super) fn subscription_row(instance: &Instance, subscription: &Subscription) -> SubscriptionRow {
    SubscriptionRow {
        id: subscription.id,
        instance_id: instance.id,
        activity_id: subscription.owner,
        event_type: subscription.kind.as_str().into(),
        event_name: subscription.name.clone(),
        node_id: subscription.node.clone(),
        configuration: subscription.kept.map(|kept| kept.to_string()),
        created_at: subscription.created_at,
    }
}

/// What a fetch needs to know of an external task; `None` when the token is none, or has no
/// retries left or belongs to a suspended instance.
pub(super) fn ready_task(instance: &Instance, id: Uuid) -> Option<ReadyTask> {
    let token = instance.token(id)?;
    let Wait::ExternalTask(task) = &token.wait else {
        return None;
    };
    if instance.suspended || task.retries.is_some_and(|retries| retries <= 0) {
        return None;
    }
    Some(ReadyTask {
        id,
        instance_id: instance.id,
        definition_id: instance.definition_id.clone(),
        business_key: instance.business_key.clone(),
        tenant_id: instance.tenant_id.clone(),
        topic: task.topic.clone(),
        priority: task.priority,
        created_at: token.started_at,
        lock_expires: task.lock_expires,
    })
}

//! Small instances and the changes that carry them through their life.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;

use crate::SharedStore;
use crate::change::{AppliedCommand, Batch, HeaderChange, InstanceChange};
use crate::history::{
    ExternalTaskLogEntry, HistoricDecision, HistoricIncident, HistoricTask, HistoricVariablesRow, HistoryRows,
    JobLogEntry,
};
use crate::record::{
    ActivityKind, ActivityRow, DefinitionRecord, DeploymentRecord, EventLogRow, ExternalTaskColumns,
    HistoricActivityRow, HistoricInstanceRow, IncidentRow, InstanceRow, InstanceSnapshot, JobRow, NewDeployment,
    ResourceRecord, SubscriptionRow, UserTaskRow,
};

/// Now, in the precision that stores keep.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(Utc::now().timestamp_micros()).unwrap()
}

pub fn variables<const COUNT: usize>(values: [(&str, TypedValue); COUNT]) -> Variables {
    values
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

pub fn batch(instances: impl IntoIterator<Item = InstanceChange>) -> Batch {
    Batch {
        together: false,
        instances: instances.into_iter().collect(),
        applied: Vec::new(),
    }
}

/// Commits changes that nothing stands against.
pub async fn commit(store: &SharedStore, instances: impl IntoIterator<Item = InstanceChange>) {
    let committed = store.commit(batch(instances)).await.unwrap();
    assert!(committed.conflicts.is_empty(), "{committed:?}");
}

/// The instance as it is stored.
pub async fn load(store: &SharedStore, instance: Uuid) -> InstanceSnapshot {
    store.load(&[instance]).await.unwrap().remove(0)
}

pub fn applied(key: &str, instance_id: Uuid) -> AppliedCommand {
    AppliedCommand {
        key: key.to_owned(),
        instance_id,
        at: now(),
        outcome: serde_json::json!({"done": [key, null, 1.5]}),
    }
}

/// A change with nothing but its header.
pub fn change(instance_id: Uuid, header: HeaderChange) -> InstanceChange {
    InstanceChange {
        instance_id,
        header,
        activities_inserted: Vec::new(),
        activities_updated: Vec::new(),
        activities_deleted: Vec::new(),
        user_tasks_put: Vec::new(),
        user_tasks_deleted: Vec::new(),
        subscriptions_inserted: Vec::new(),
        subscriptions_deleted: Vec::new(),
        incidents_inserted: Vec::new(),
        incidents_updated: Vec::new(),
        incidents_deleted: Vec::new(),
        jobs_put: Vec::new(),
        definition_jobs: Vec::new(),
        jobs_deleted: Vec::new(),
        historic_instance: None,
        historic_activities: Vec::new(),
        history: HistoryRows::default(),
        event_log: None,
    }
}

/// A change of nothing but the version.
pub fn touch(instance: Uuid, expected_version: i64) -> InstanceChange {
    change(
        instance,
        HeaderChange::Update {
            expected_version,
            variables: None,
            suspended: None,
        },
    )
}

/// An instance that waits in one external task.
pub struct Waiting {
    pub instance: InstanceRow,
    pub task: ActivityRow,
}

/// An instance of a definition.
pub fn waiting(definition_id: &str) -> Waiting {
    let started_at = now();
    let id = Uuid::now_v7();
    Waiting {
        instance: InstanceRow {
            id,
            definition_id: definition_id.into(),
            business_key: Some(format!("order-{id}")),
            tenant_id: None,
            suspended: false,
            variables: Variables::new(),
            start_activity_id: Some("start".to_owned()),
            start_user_id: None,
            started_at,
            super_instance_id: None,
            super_execution_id: None,
            root_instance_id: None,
            version: 1,
        },
        task: activity(id, "charge", ActivityKind::ExternalTask),
    }
}

pub fn activity(instance_id: Uuid, node: &str, kind: ActivityKind) -> ActivityRow {
    ActivityRow {
        id: Uuid::now_v7(),
        instance_id,
        parent_id: instance_id,
        node_id: node.into(),
        activity_type: "serviceTask".into(),
        activity_name: None,
        kind,
        started_at: now(),
        variables: None,
        external_task: (kind == ActivityKind::ExternalTask).then(|| ExternalTaskColumns {
            topic: "payment".to_owned(),
            priority: 0,
            retries: None,
            worker: None,
            lock_expires: None,
            lock_token: None,
            error_message: None,
            error_details: None,
            suspended: false,
        }),
        detail: None,
    }
}

pub fn user_task(activity: &ActivityRow) -> UserTaskRow {
    UserTaskRow {
        id: activity.id,
        instance_id: activity.instance_id,
        name: None,
        description: None,
        assignee: None,
        owner: None,
        delegation_state: None,
        priority: 50,
        due: None,
        follow_up: None,
        candidate_users: Vec::new(),
        candidate_groups: Vec::new(),
        form_key: None,
        form_ref: None,
    }
}

/// A completed user task with as little as can be.
pub fn left_task(activity: &ActivityRow) -> HistoricTask {
    HistoricTask {
        id: activity.id,
        instance_id: activity.instance_id,
        root_instance_id: None,
        definition_id: "order:1:x".into(),
        definition_key: "order".into(),
        definition_name: None,
        tenant_id: None,
        business_key: None,
        node_id: activity.node_id.clone(),
        name: None,
        description: None,
        assignee: None,
        owner: None,
        priority: 50,
        due: None,
        follow_up: None,
        started_at: activity.started_at,
        ended_at: Some(activity.started_at + TimeDelta::milliseconds(3)),
        delete_reason: Some("completed".to_owned()),
        candidate_users: Vec::new(),
        candidate_groups: Vec::new(),
    }
}

pub fn subscription(activity: &ActivityRow) -> SubscriptionRow {
    SubscriptionRow {
        id: Uuid::now_v7(),
        instance_id: activity.instance_id,
        activity_id: activity.id,
        event_type: "message".into(),
        event_name: Some("paid".to_owned()),
        node_id: activity.node_id.clone(),
        configuration: None,
        created_at: now(),
    }
}

pub fn incident(activity: &ActivityRow) -> IncidentRow {
    IncidentRow {
        id: Uuid::now_v7(),
        instance_id: activity.instance_id,
        activity_id: activity.id,
        incident_type: "failedExternalTask".into(),
        node_id: activity.node_id.clone(),
        configuration: Some(activity.id.to_string()),
        message: Some("declined".to_owned()),
        created_at: now(),
        annotation: None,
    }
}

/// An incident that was resolved, with as little as can be.
pub fn closed_incident(incident: &IncidentRow) -> HistoricIncident {
    HistoricIncident {
        id: incident.id,
        instance_id: incident.instance_id,
        root_instance_id: None,
        execution_id: incident.activity_id,
        incident_type: incident.incident_type.clone(),
        node_id: incident.node_id.clone(),
        configuration: None,
        message: None,
        created_at: incident.created_at,
        ended_at: Some(incident.created_at + TimeDelta::seconds(1)),
        state: "resolved".into(),
        definition_id: "order:1:x".into(),
        definition_key: "order".into(),
        tenant_id: None,
        job_definition_id: None,
        annotation: None,
    }
}

/// A timer that interrupts an activity in an hour.
pub fn job(activity: &ActivityRow) -> JobRow {
    JobRow {
        id: Uuid::now_v7(),
        instance_id: Some(activity.instance_id),
        execution_id: Some(activity.id),
        definition_id: "order:1:x".into(),
        definition_key: "order".into(),
        tenant_id: None,
        deployment_id: None,
        job_definition_id: None,
        node_id: activity.node_id.clone(),
        job_type: "timer-transition".to_owned(),
        configuration: "DURATION: PT1H".to_owned(),
        due: Some(now() + TimeDelta::hours(1)),
        priority: 0,
        retries: 3,
        suspended: false,
        exception_message: None,
        exception_details: None,
        failed_node_id: None,
        created_at: now(),
        detail: None,
    }
}

/// That a job was created, with as little as can be.
pub fn job_created(job: &JobRow, instance_id: Uuid) -> JobLogEntry {
    JobLogEntry {
        id: Uuid::now_v7(),
        instance_id,
        root_instance_id: None,
        at: job.created_at,
        state: "created".into(),
        job_id: job.id,
        due: None,
        retries: job.retries,
        priority: job.priority,
        exception_message: None,
        failed_node_id: None,
        job_definition_id: None,
        job_type: job.job_type.clone(),
        configuration: job.configuration.clone(),
        node_id: job.node_id.clone(),
        execution_id: instance_id,
        definition_id: job.definition_id.clone(),
        definition_key: job.definition_key.clone(),
        deployment_id: Uuid::nil(),
        tenant_id: None,
        exception_details: None,
    }
}

/// That an external task failed, with as little as can be.
pub fn task_failed(task: &ActivityRow) -> ExternalTaskLogEntry {
    ExternalTaskLogEntry {
        id: Uuid::now_v7(),
        instance_id: task.instance_id,
        root_instance_id: None,
        at: now(),
        state: "failed".into(),
        external_task_id: task.id,
        topic: "payment".to_owned(),
        worker: None,
        priority: 0,
        retries: None,
        error_message: None,
        node_id: task.node_id.clone(),
        definition_id: "order:1:x".into(),
        definition_key: "order".into(),
        tenant_id: None,
        error_details: None,
    }
}

/// That a decision was evaluated for an instance, with as little as can be.
pub fn decided(instance_id: Uuid) -> HistoricDecision {
    let id = Uuid::now_v7();
    HistoricDecision {
        id,
        instance_id,
        process_instance_id: None,
        root_instance_id: None,
        at: now(),
        decision_id: "tier:1:x".into(),
        decision_key: "tier".into(),
        decision_name: None,
        required: false,
        root_decision_instance_id: id,
        definition_id: None,
        definition_key: None,
        node_id: None,
        activity_instance_id: None,
        tenant_id: None,
        inputs: Vec::new(),
        outputs: Vec::new(),
        collected: None,
    }
}

impl Waiting {
    pub fn with(mut self, variables: Variables) -> Self {
        self.instance.variables = variables;
        self
    }

    pub fn id(&self) -> Uuid {
        self.instance.id
    }

    /// Changes the attributes of the task.
    pub fn task_with(mut self, change: impl FnOnce(&mut ExternalTaskColumns)) -> Self {
        change(self.task.external_task.as_mut().unwrap());
        self
    }

    pub fn start(&self) -> InstanceChange {
        InstanceChange {
            activities_inserted: vec![self.task.clone()],
            historic_activities: vec![self.left("start", "noneStartEvent", Uuid::now_v7())],
            ..change(self.instance.id, HeaderChange::Insert(self.instance.clone()))
        }
    }

    pub fn lock(&self, expected_version: i64, worker: &str) -> InstanceChange {
        let mut task = self.task.clone();
        let columns = task.external_task.as_mut().unwrap();
        columns.worker = Some(worker.to_owned());
        columns.lock_expires = Some(now() + TimeDelta::minutes(1));
        columns.lock_token = Some(Uuid::new_v4());
        InstanceChange {
            activities_updated: vec![task],
            ..touch(self.instance.id, expected_version)
        }
    }

    pub fn complete(&self, expected_version: i64) -> InstanceChange {
        InstanceChange {
            activities_deleted: vec![self.task.id],
            historic_instance: Some(self.ended()),
            historic_activities: vec![
                self.left("charge", "serviceTask", self.task.id),
                self.left("end", "noneEndEvent", Uuid::now_v7()),
            ],
            ..change(self.instance.id, HeaderChange::Delete { expected_version })
        }
    }

    pub fn ended(&self) -> HistoricInstanceRow {
        HistoricInstanceRow {
            id: self.instance.id,
            definition_id: self.instance.definition_id.clone(),
            definition_key: "order".into(),
            definition_name: None,
            definition_version: 1,
            business_key: self.instance.business_key.clone(),
            tenant_id: self.instance.tenant_id.clone(),
            start_activity_id: self.instance.start_activity_id.clone(),
            end_activity_id: Some("end".to_owned()),
            start_user_id: self.instance.start_user_id.clone(),
            started_at: self.instance.started_at,
            ended_at: now() + TimeDelta::milliseconds(7),
            state: "COMPLETED".into(),
            delete_reason: None,
            super_instance_id: self.instance.super_instance_id,
            root_instance_id: self.instance.root_instance_id,
        }
    }

    pub fn left(&self, node: &str, activity_type: &str, id: Uuid) -> HistoricActivityRow {
        HistoricActivityRow {
            id,
            instance_id: self.instance.id,
            parent_id: self.instance.id,
            definition_id: self.instance.definition_id.clone(),
            definition_key: "order".into(),
            tenant_id: self.instance.tenant_id.clone(),
            node_id: node.into(),
            activity_type: activity_type.into(),
            activity_name: None,
            task_id: None,
            assignee: None,
            started_at: self.instance.started_at,
            ended_at: now() + TimeDelta::milliseconds(3),
            canceled: false,
            complete_scope: false,
            root_instance_id: None,
            called_instance_id: None,
            external_task: None,
        }
    }

    /// The variables of the root scope at the end.
    pub fn left_variables(&self, variables: Variables) -> HistoricVariablesRow {
        HistoricVariablesRow {
            id: self.instance.id,
            instance_id: self.instance.id,
            root_instance_id: self.instance.root_instance_id,
            task_id: None,
            definition_id: self.instance.definition_id.clone(),
            definition_key: "order".into(),
            tenant_id: self.instance.tenant_id.clone(),
            started_at: self.instance.started_at,
            ended_at: now() + TimeDelta::milliseconds(7),
            variables,
        }
    }

    pub fn events(&self, version: i64, events: &[u8]) -> EventLogRow {
        EventLogRow {
            instance_id: self.instance.id,
            version,
            at: now(),
            events: events.to_vec(),
        }
    }
}

/// A deployment of one definition.
pub fn deployment(key: &str, tenant: Option<&str>) -> NewDeployment {
    let deployment = DeploymentRecord {
        id: Uuid::now_v7(),
        name: Some("orders".to_owned()),
        source: None,
        tenant_id: tenant.map(str::to_owned),
        deployed_at: now(),
    };
    NewDeployment {
        resources: vec![ResourceRecord {
            id: Uuid::now_v7(),
            deployment_id: deployment.id,
            name: "order.bpmn".to_owned(),
            bytes: Arc::from(&b"\x00\xff<xml/>"[..]),
        }],
        start_jobs: Vec::new(),
        decisions: Vec::new(),
        definitions: vec![DefinitionRecord {
            id: Uuid::now_v7().to_string().into(),
            key: key.into(),
            category: None,
            description: None,
            name: Some("Order".into()),
            version: 0,
            resource_name: "order.bpmn".to_owned(),
            deployment_id: deployment.id,
            deployed_at: deployment.deployed_at,
            diagram: None,
            suspended: false,
            tenant_id: deployment.tenant_id.clone(),
            version_tag: None,
            history_time_to_live: Some(30),
            startable_in_tasklist: true,
        }],
        deployment,
    }
}

pub async fn deploy(store: &SharedStore, key: &str, tenant: Option<&str>) -> DefinitionRecord {
    store
        .deploy(deployment(key, tenant))
        .await
        .unwrap()
        .definitions
        .remove(0)
}

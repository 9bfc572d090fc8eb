//! Small instances and the changes that carry them through their life.

#![allow(dead_code, reason = "each suite uses a part of it")]

use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression::{TypedValue, Variables};
use flowstone_store::change::{AppliedCommand, Batch, HeaderChange, InstanceChange};
use flowstone_store::history::HistoryRows;
use flowstone_store::record::{
    ActivityKind, ActivityRow, ExternalTaskColumns, HistoricActivityRow, HistoricInstanceRow, InstanceRow,
};
use flowstone_store_postgres::{PostgresOptions, PostgresStore};
use flowstone_tests::postgres::PrivateCluster;
use uuid::Uuid;

/// A store on a fresh database, and the URL of that database.
pub async fn fresh_store() -> (PostgresStore, String) {
    let url = PrivateCluster::shared()
        .create_database()
        .await
        .expect("a database for the test");
    (
        PostgresStore::connect(&url, PostgresOptions::default())
            .await
            .expect("a store on it"),
        url,
    )
}

/// Now, in the precision that Postgres keeps.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(Utc::now().timestamp_micros()).expect("the present is in range")
}

pub fn variables(values: &[(&str, TypedValue)]) -> Variables {
    values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

/// An instance that waits in one external task.
pub struct Fixture {
    pub instance: InstanceRow,
    pub task: ActivityRow,
}

pub fn waiting(definition_id: &str, variables: Variables) -> Fixture {
    let started_at = now();
    let id = Uuid::now_v7();
    Fixture {
        instance: InstanceRow {
            id,
            definition_id: Arc::from(definition_id),
            business_key: Some(format!("order-{id}")),
            tenant_id: None,
            suspended: false,
            variables,
            start_activity_id: Some("start".to_owned()),
            start_user_id: None,
            started_at,
            super_instance_id: None,
            super_execution_id: None,
            root_instance_id: None,
            version: 1,
        },
        task: ActivityRow {
            id: Uuid::now_v7(),
            instance_id: id,
            parent_id: id,
            node_id: Arc::from("charge"),
            activity_type: Arc::from("serviceTask"),
            activity_name: Some(Arc::from("Charge the card")),
            kind: ActivityKind::ExternalTask,
            started_at,
            variables: None,
            external_task: Some(ExternalTaskColumns {
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
        },
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

pub fn batch(instances: Vec<InstanceChange>) -> Batch {
    Batch {
        together: false,
        instances,
        applied: Vec::new(),
    }
}

pub fn applied(key: &str, instance_id: Uuid) -> AppliedCommand {
    AppliedCommand {
        key: key.to_owned(),
        instance_id,
        at: now(),
        outcome: serde_json::json!({"done": true}),
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

impl Fixture {
    pub fn start(&self) -> InstanceChange {
        InstanceChange {
            activities_inserted: vec![self.task.clone()],
            historic_activities: vec![self.ended("start", "noneStartEvent", Uuid::now_v7())],
            ..change(self.instance.id, HeaderChange::Insert(self.instance.clone()))
        }
    }

    pub fn lock(&self, expected_version: i64, worker: &str) -> InstanceChange {
        let mut task = self.task.clone();
        let columns = task.external_task.as_mut().expect("an external task");
        columns.worker = Some(worker.to_owned());
        columns.lock_expires = Some(now() + chrono::TimeDelta::minutes(1));
        columns.lock_token = Some(Uuid::new_v4());
        InstanceChange {
            activities_updated: vec![task],
            ..touch(self.instance.id, expected_version)
        }
    }

    pub fn complete(&self, expected_version: i64) -> InstanceChange {
        let at = now();
        InstanceChange {
            activities_deleted: vec![self.task.id],
            historic_instance: Some(HistoricInstanceRow {
                id: self.instance.id,
                definition_id: self.instance.definition_id.clone(),
                definition_key: Arc::from("order"),
                definition_name: None,
                definition_version: 1,
                business_key: self.instance.business_key.clone(),
                tenant_id: None,
                start_activity_id: self.instance.start_activity_id.clone(),
                end_activity_id: Some("end".to_owned()),
                start_user_id: None,
                started_at: self.instance.started_at,
                ended_at: at,
                state: Arc::from("COMPLETED"),
                delete_reason: None,
                super_instance_id: None,
                root_instance_id: None,
            }),
            historic_activities: vec![
                self.ended("charge", "serviceTask", self.task.id),
                self.ended("end", "noneEndEvent", Uuid::now_v7()),
            ],
            ..change(self.instance.id, HeaderChange::Delete { expected_version })
        }
    }

    pub fn ended(&self, node: &str, activity_type: &str, id: Uuid) -> HistoricActivityRow {
        HistoricActivityRow {
            id,
            instance_id: self.instance.id,
            parent_id: self.instance.id,
            definition_id: self.instance.definition_id.clone(),
            definition_key: Arc::from("order"),
            tenant_id: None,
            node_id: Arc::from(node),
            activity_type: Arc::from(activity_type),
            activity_name: None,
            task_id: None,
            assignee: None,
            started_at: self.instance.started_at,
            ended_at: now(),
            canceled: false,
            complete_scope: false,
            root_instance_id: None,
            called_instance_id: None,
            external_task: None,
        }
    }
}

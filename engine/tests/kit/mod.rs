//! An engine in memory with a clock of its own, and short words for what tests do with it.

#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "these are tests, and each file uses a part"
)]

pub mod line;

use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use flowstone_core::{Command, Holder};
use flowstone_engine::{
    DeployRequest, Engine, Error, FetchFilter, FetchRequest, FetchTopic, LockedTask, ManualClock, NewResource, Options,
    Reply, StartRequest, Submission,
};
use flowstone_expression::Variables;
use flowstone_store::MemoryStore;
use uuid::Uuid;

/// How long locks of the tests last.
pub const LOCK: TimeDelta = TimeDelta::seconds(60);

/// An engine, its clock and its store.
pub struct Kit {
    pub engine: Engine,
    pub clock: Arc<ManualClock>,
    pub store: Arc<MemoryStore>,
}

impl Kit {
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let clock = Arc::new(ManualClock::new(Utc::now()));
        let options = Options {
            clock: clock.clone(),
            ..options
        };
        let store = Arc::new(MemoryStore::new());
        Kit {
            engine: Engine::start(store.clone(), options).await.unwrap(),
            clock,
            store,
        }
    }

    /// Deploys a process whose content is given; answers the id of its definition.
    pub async fn deploy(&self, key: &str, content: &str) -> String {
        let process = format!(r#"<process id="{key}" isExecutable="true">{content}</process>"#);
        self.deploy_file(key, &process).await
    }

    /// Deploys a file whose definitions are given; answers the id of the first.
    pub async fn deploy_file(&self, key: &str, content: &str) -> String {
        let model = format!(
            r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
                 xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">{content}</definitions>"#
        );
        let resource = NewResource {
            name: format!("{key}.bpmn"),
            bytes: model.into_bytes().into(),
        };
        let request = DeployRequest {
            resources: vec![resource],
            ..DeployRequest::default()
        };
        let deployed = self.engine.deploy(request).await.unwrap();
        deployed.definitions[0].id.to_string()
    }

    /// Start, one external task, end.
    pub async fn deploy_one_task(&self, topic: &str, priority: &str) -> String {
        let content = format!(
            r#"<startEvent id="start"/><sequenceFlow id="a" sourceRef="start" targetRef="work"/>
               <serviceTask id="work" camunda:type="external" camunda:topic="{topic}" {priority}/>
               <sequenceFlow id="b" sourceRef="work" targetRef="end"/><endEvent id="end"/>"#
        );
        self.deploy("one-task", &content).await
    }

    /// A fork into external tasks, and their join.
    pub async fn deploy_wide(&self, topic: &str, width: usize) -> String {
        let branches: String = (0..width)
            .map(|number| {
                format!(
                    r#"<sequenceFlow id="i{number}" sourceRef="fork" targetRef="t{number}"/>
                       <serviceTask id="t{number}" camunda:type="external" camunda:topic="{topic}"/>
                       <sequenceFlow id="o{number}" sourceRef="t{number}" targetRef="join"/>"#
                )
            })
            .collect();
        let content = format!(
            r#"<startEvent id="start"/><sequenceFlow id="s" sourceRef="start" targetRef="fork"/>
               <parallelGateway id="fork"/>{branches}<parallelGateway id="join"/>
               <sequenceFlow id="e" sourceRef="join" targetRef="end"/><endEvent id="end"/>"#
        );
        self.deploy("wide", &content).await
    }

    pub async fn start(&self, definition: &str) -> Reply {
        self.start_with(definition, StartRequest::default()).await.unwrap()
    }

    pub async fn start_with(&self, definition: &str, request: StartRequest) -> Result<Reply, Error> {
        self.engine.start_instance(definition, request).await
    }

    pub async fn fetch(&self, worker: &str, topic: &str, count: usize) -> Vec<LockedTask> {
        self.engine
            .fetch_and_lock(request(worker, topic, count, None))
            .await
            .unwrap()
    }

    /// Fetches one task and waits for it.
    pub async fn poll(&self, worker: &str, topic: &str) -> Vec<LockedTask> {
        let wait = Some(Duration::from_secs(20));
        self.engine
            .fetch_and_lock(request(worker, topic, 1, wait))
            .await
            .unwrap()
    }

    pub async fn complete(&self, task: &LockedTask) -> Result<Reply, Error> {
        self.engine.submit(completion(task)).await
    }

    /// Moves the clock and tells the engine.
    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
        self.engine.clock_moved();
    }

    pub async fn is_running(&self, instance: Uuid) -> bool {
        self.engine.view(instance).await.unwrap().is_some()
    }
}

pub fn request(worker: &str, topic: &str, count: usize, wait: Option<Duration>) -> FetchRequest {
    FetchRequest {
        worker: worker.to_owned(),
        max_tasks: count,
        use_priority: true,
        create_time: None,
        topics: vec![FetchTopic {
            topic: topic.to_owned(),
            lock_duration: LOCK.num_milliseconds(),
            filter: FetchFilter::default(),
            variables: None,
            local_variables: false,
            extension_properties: false,
            deserialize_values: false,
        }],
        wait,
    }
}

pub fn completion(task: &LockedTask) -> Submission {
    Submission::new(
        task.id,
        Command::CompleteExternalTask {
            holder: Holder {
                task: task.id,
                worker: task.worker.clone(),
                lock_token: None,
            },
            variables: Variables::new(),
            local_variables: Variables::new(),
        },
    )
}

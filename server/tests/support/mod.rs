//! A server over an empty in-memory store and a client for it.

#![allow(dead_code, reason = "each suite uses its own part of this")]

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use flowstone_engine::{ManualClock, Options};
use flowstone_server::LocalServer;
use flowstone_store::MemoryStore;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method};
use serde_json::{Value, json};

pub struct Api {
    pub server: LocalServer,
    pub clock: Arc<ManualClock>,
    pub client: Client,
    pub base: String,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{} is not JSON: {:?}", self.status, self.text))
    }

    /// The body of a reply that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    #[track_caller]
    pub fn expect_error(self, status: u16, kind: &str, message: &str) {
        let body = self.expect(status);
        assert_eq!(body["type"], kind, "{body}");
        assert_eq!(body["message"], message);
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// The present moment of the manual clock of every [`Api`].
pub fn start_of_time() -> DateTime<Utc> {
    "2026-01-31T09:30:00Z".parse().unwrap()
}

impl Api {
    pub async fn start() -> Api {
        Self::with(Options::default()).await
    }

    pub async fn start_without_job_execution() -> Api {
        Self::with(Options {
            job_execution: false,
            ..Options::default()
        })
        .await
    }

    pub async fn with(options: Options) -> Api {
        let clock = Arc::new(ManualClock::new(start_of_time()));
        let options = Options {
            clock: clock.clone(),
            ..options
        };
        let server = LocalServer::start(Arc::new(MemoryStore::new()), options).await.unwrap();
        Api {
            base: server.api_url(),
            client: Client::new(),
            server,
            clock,
        }
    }

    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
        self.server.engine().clock_moved();
    }

    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let method: Method = method.parse().unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        answer(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, Some(&body)).await
    }

    pub async fn deploy_form(&self, form: Form) -> Answer {
        let request = self
            .client
            .post(format!("{}/deployment/create", self.base))
            .multipart(form);
        answer(request.send().await.unwrap()).await
    }

    /// Deploys a file; the reply.
    pub async fn deploy(&self, name: &str, content: &str) -> Value {
        let part = Part::text(content.to_owned()).file_name(name.to_owned());
        let form = Form::new().text("deployment-name", "test").part("data", part);
        self.deploy_form(form).await.expect(200)
    }

    /// Starts an instance of the latest version; its id.
    pub async fn start_instance(&self, key: &str, body: Value) -> String {
        let started = self
            .post(&format!("/process-definition/key/{key}/start"), body)
            .await
            .expect(200);
        started["id"].as_str().unwrap().to_owned()
    }

    pub async fn fetch(&self, worker: &str, topic: &str) -> Vec<Value> {
        let body =
            json!({"workerId": worker, "maxTasks": 10, "topics": [{"topicName": topic, "lockDuration": 60_000}]});
        let tasks = self.post("/external-task/fetchAndLock", body).await.expect(200);
        tasks.as_array().unwrap().clone()
    }

    /// A new instance of [`ORDER`] whose task `worker` has locked: the task.
    pub async fn locked_task(&self, worker: &str) -> Value {
        self.deploy("order.bpmn", ORDER).await;
        self.start_instance("order", json!({"businessKey": "b-1"})).await;
        self.fetch(worker, "pack").await.remove(0)
    }
}

pub async fn answer(response: reqwest::Response) -> Answer {
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}

/// One external task of topic `pack`.
pub const ORDER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="http://flowstone/test">
  <bpmn:process id="order" name="Order" isExecutable="true" camunda:versionTag="v1">
    <bpmn:startEvent id="start" />
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="pack" />
    <bpmn:serviceTask id="pack" name="Pack" camunda:type="external" camunda:topic="pack">
      <bpmn:extensionElements>
        <camunda:properties><camunda:property name="shelf" value="A7" /></camunda:properties>
      </bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="pack" targetRef="end" />
    <bpmn:endEvent id="end" />
  </bpmn:process>
</bpmn:definitions>
"#;

/// A receive task that waits for the message `paid`.
pub const PAYMENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="http://flowstone/test">
  <bpmn:message id="m" name="paid" />
  <bpmn:process id="payment" isExecutable="true">
    <bpmn:startEvent id="start" />
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="wait" />
    <bpmn:receiveTask id="wait" messageRef="m" />
    <bpmn:sequenceFlow id="f2" sourceRef="wait" targetRef="end" />
    <bpmn:endEvent id="end" />
  </bpmn:process>
</bpmn:definitions>
"#;

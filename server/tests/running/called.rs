//! An instance that another one called, and what tests of history ask of it.

use serde_json::{Value, json};

use crate::support::Api;

/// A user task, then an external task of topic `pay`, in a process that another one calls.
const PART: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
    targetNamespace="http://example.com">
  <process id="whole" isExecutable="true">
    <startEvent id="begin"/>
    <sequenceFlow id="w1" sourceRef="begin" targetRef="call"/>
    <callActivity id="call" calledElement="part">
      <extensionElements><camunda:in variables="all"/></extensionElements>
    </callActivity>
    <sequenceFlow id="w2" sourceRef="call" targetRef="done"/>
    <endEvent id="done"/>
  </process>
  <process id="part" name="Part" isExecutable="true">
    <startEvent id="start"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="approve"/>
    <userTask id="approve" name="Approve" camunda:assignee="anna" camunda:candidateGroups="sales,board"/>
    <sequenceFlow id="f2" sourceRef="approve" targetRef="pay"/>
    <serviceTask id="pay" camunda:type="external" camunda:topic="pay">
      <extensionElements>
        <camunda:inputOutput><camunda:inputParameter name="due">${amount}</camunda:inputParameter></camunda:inputOutput>
      </extensionElements>
    </serviceTask>
    <sequenceFlow id="f3" sourceRef="pay" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"#;

/// An instance of `whole`, and the instance of `part` that it called.
pub struct Called {
    pub api: Api,
    pub whole: String,
    pub part: String,
}

impl Called {
    pub async fn start() -> Called {
        let api = Api::start().await;
        api.deploy("part.bpmn", PART).await;
        let variables = json!({"amount": {"value": 5, "type": "Integer"}});
        let whole = api.start_instance("whole", json!({"variables": variables})).await;
        let called = api
            .get(&format!("/process-instance?superProcessInstance={whole}"))
            .await;
        let part = called.expect(200)[0]["id"].as_str().unwrap().to_owned();
        Called { api, whole, part }
    }

    /// Completes the user task, which a person gave a note of its own and the instance a city.
    pub async fn approve(&self) -> String {
        let task = self.list("/task").await[0]["id"].as_str().unwrap().to_owned();
        let note = json!({"value": "fine"});
        let local = format!("/task/{task}/localVariables/note");
        self.api.put(&local, note).await.expect(204);
        let variables = json!({"variables": {"city": {"value": "Bonn"}}});
        self.api
            .post(&format!("/task/{task}/complete"), variables)
            .await
            .expect(204);
        task
    }

    /// Fetches and completes the external task.
    pub async fn pay(&self) -> String {
        let task = self.api.fetch("w", "pay").await.remove(0)["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let body = json!({"workerId": "w"});
        self.api
            .post(&format!("/external-task/{task}/complete"), body)
            .await
            .expect(204);
        task
    }

    pub async fn selects(&self, path: &str, name: &str, value: &str, expected: usize) {
        selects(&self.api, path, name, value, expected).await;
    }

    pub async fn list(&self, path: &str) -> Vec<Value> {
        list(&self.api, path).await
    }
}

pub async fn list(api: &Api, path: &str) -> Vec<Value> {
    api.get(path).await.expect(200).as_array().unwrap().clone()
}

/// A filter selects so many, as a parameter and in a body, listed and counted.
pub async fn selects(api: &Api, path: &str, name: &str, value: &str, expected: usize) {
    let encoded = value.replace('%', "%25").replace('+', "%2B");
    let listed = list(api, &format!("{path}?{name}={encoded}")).await;
    assert_eq!(listed.len(), expected, "{path} {name}={value}: {listed:?}");
    let body = match value {
        "true" => json!({name: true}),
        _ if name.ends_with("In") => json!({name: value.split(',').collect::<Vec<_>>()}),
        _ => json!({name: value}),
    };
    let queried = api.post(path, body.clone()).await.expect(200);
    assert_eq!(queried, Value::Array(listed), "{path} {body}");
    for counted in [
        api.get(&format!("{path}/count?{name}={encoded}")).await,
        api.post(&format!("{path}/count"), body).await,
    ] {
        assert_eq!(counted.expect(200), json!({"count": expected}), "{path} {name}={value}");
    }
}

pub fn each(list: &[Value], field: &str) -> Vec<Value> {
    list.iter().map(|record| record[field].clone()).collect()
}

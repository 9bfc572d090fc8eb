//! An instance at rest in every kind of wait state.

use serde_json::{Value, json};

use crate::support::Api;

pub const NOWHERE: &str = "01990000-0000-7000-8000-000000000000";

/// Four branches, each at rest in another kind of wait state; `pack` lies in a sub-process.
pub const ORDER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
    targetNamespace="http://example.com">
  <message id="Paid" name="paid"/>
  <process id="order" name="Order" isExecutable="true">
    <startEvent id="start"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="fork"/>
    <parallelGateway id="fork"/>
    <sequenceFlow id="f2" sourceRef="fork" targetRef="review"/>
    <sequenceFlow id="f3" sourceRef="fork" targetRef="shipping"/>
    <sequenceFlow id="f4" sourceRef="fork" targetRef="payment"/>
    <sequenceFlow id="f5" sourceRef="fork" targetRef="nudge"/>
    <userTask id="review" name="Review" camunda:assignee="anna" camunda:formKey="review.html"/>
    <subProcess id="shipping" name="Shipping">
      <startEvent id="shippingStart"/>
      <sequenceFlow id="s1" sourceRef="shippingStart" targetRef="pack"/>
      <serviceTask id="pack" name="Pack" camunda:type="external" camunda:topic="pack">
        <extensionElements>
          <camunda:inputOutput><camunda:inputParameter name="box">small</camunda:inputParameter></camunda:inputOutput>
        </extensionElements>
      </serviceTask>
      <sequenceFlow id="s2" sourceRef="pack" targetRef="shippingEnd"/>
      <endEvent id="shippingEnd"/>
    </subProcess>
    <receiveTask id="payment" name="Payment" messageRef="Paid"/>
    <receiveTask id="nudge"/>
    <sequenceFlow id="f6" sourceRef="review" targetRef="join"/>
    <sequenceFlow id="f7" sourceRef="shipping" targetRef="join"/>
    <sequenceFlow id="f8" sourceRef="payment" targetRef="join"/>
    <sequenceFlow id="f9" sourceRef="nudge" targetRef="join"/>
    <parallelGateway id="join"/>
    <sequenceFlow id="f10" sourceRef="join" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"#;

pub struct Order {
    pub api: Api,
    pub id: String,
}

impl Order {
    /// A started order with the business key `bk` and the variables `amount` = 5 and `city` = `Bonn`.
    pub async fn start() -> Order {
        let api = Api::start().await;
        api.deploy("order.bpmn", ORDER).await;
        let variables = json!({"amount": {"value": 5, "type": "Integer"}, "city": {"value": "Bonn"}});
        let start = json!({"businessKey": "bk", "variables": variables});
        let id = api.start_instance("order", start).await;
        Order { api, id }
    }

    pub async fn list(&self, path: &str) -> Vec<Value> {
        let answer = self.api.get(path).await.expect(200);
        answer.as_array().unwrap_or_else(|| panic!("{path}: {answer}")).clone()
    }

    /// The only record of a list.
    pub async fn only(&self, path: &str) -> Value {
        let list = self.list(path).await;
        assert_eq!(list.len(), 1, "{path}: {list:?}");
        list[0].clone()
    }

    pub async fn only_id(&self, path: &str) -> String {
        self.only(path).await["id"].as_str().unwrap().to_owned()
    }

    pub async fn execution_of(&self, activity: &str) -> String {
        self.only_id(&format!("/execution?activityId={activity}")).await
    }

    /// Fails the external task for good, which raises an incident.
    pub async fn fail_packing(&self) {
        let topics = json!([{"topicName": "pack", "lockDuration": 1000}]);
        let fetch = json!({"workerId": "w", "maxTasks": 1, "topics": topics});
        let fetched = self.api.post("/external-task/fetchAndLock", fetch).await.expect(200);
        let failure = json!({"workerId": "w", "errorMessage": "no box", "retries": 0, "retryTimeout": 0});
        let path = format!("/external-task/{}/failure", fetched[0]["id"].as_str().unwrap());
        self.api.post(&path, failure).await.expect(204);
    }

    pub async fn count(&self, path: &str) -> u64 {
        self.api.get(path).await.expect(200)["count"].as_u64().unwrap()
    }
}

pub fn keys(record: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

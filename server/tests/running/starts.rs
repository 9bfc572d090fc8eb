//! Processes that messages, signals, conditions and timers start.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::Api;

/// A process that waits in `u` once `trigger` has started it.
fn model(key: &str, trigger: &str) -> String {
    format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">
             <message id="m" name="paid"/><signal id="g" name="alarm"/>
             <process id="{key}" isExecutable="true"><startEvent id="s">{trigger}</startEvent>
             <sequenceFlow id="f" sourceRef="s" targetRef="u"/><userTask id="u"/></process></definitions>"#
    )
}

const BY_MESSAGE: &str = r#"<messageEventDefinition messageRef="m"/>"#;

async fn with(trigger: &str) -> Api {
    let api = Api::start_without_job_execution().await;
    api.deploy("p.bpmn", &model("p", trigger)).await;
    api
}

async fn instances(api: &Api) -> usize {
    let list = api.get("/process-instance").await.expect(200);
    list.as_array().unwrap().len()
}

#[tokio::test]
async fn a_message_starts_an_instance_with_its_variables() {
    let api = with(BY_MESSAGE).await;
    let waiting = api.get("/event-subscription").await.expect(200);
    assert_eq!(waiting[0]["eventName"], "paid");
    assert_eq!(
        (&waiting[0]["activityId"], &waiting[0]["executionId"]),
        (&json!("s"), &Value::Null)
    );
    let message = json!({"messageName": "paid", "businessKey": "bk", "resultEnabled": true,
        "processVariables": {"amount": {"value": 5, "type": "Integer"}}});
    let result = api.post("/message", message).await.expect(200);
    assert_eq!(result[0]["resultType"], "ProcessDefinition");
    let started = &result[0]["processInstance"];
    assert_eq!(started["businessKey"], "bk");
    let id = started["id"].as_str().unwrap();
    let amount = api
        .get(&format!("/process-instance/{id}/variables/amount"))
        .await
        .expect(200);
    assert_eq!(amount["value"], 5);
    let by_key = api.post("/process-definition/key/p/start", json!({})).await;
    assert_eq!(by_key.status, 200, "there is only one start event");
}

#[tokio::test]
async fn only_the_latest_version_is_started() {
    let api = with(BY_MESSAGE).await;
    api.deploy("p.bpmn", &model("p", r#"<signalEventDefinition signalRef="g"/>"#))
        .await;
    api.post("/message", json!({"messageName": "paid"})).await.expect(400);
    api.post("/signal", json!({"name": "alarm"})).await.expect(204);
    assert_eq!(instances(&api).await, 1);
    assert_eq!(
        api.get("/event-subscription/count").await.expect(200),
        json!({"count": 1})
    );
}

#[tokio::test]
async fn one_message_starts_one_process() {
    let api = with(BY_MESSAGE).await;
    let form = reqwest::multipart::Form::new().part(
        "q.bpmn",
        reqwest::multipart::Part::text(model("q", BY_MESSAGE)).file_name("q.bpmn"),
    );
    let refused = api.deploy_form(form).await.expect(500);
    assert!(refused["message"].as_str().unwrap().contains("'paid'"), "{refused}");
}

#[tokio::test]
async fn a_signal_starts_every_process_that_waits_for_it() {
    let signal = r#"<signalEventDefinition signalRef="g"/>"#;
    let api = with(signal).await;
    api.deploy("q.bpmn", &model("q", signal)).await;
    let thrown = json!({"name": "alarm", "variables": {"why": {"value": "fire"}}});
    api.post("/signal", thrown).await.expect(204);
    assert_eq!(instances(&api).await, 2);
    let variables = api.get("/variable-instance?variableName=why").await.expect(200);
    assert_eq!(variables.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_condition_that_holds_starts_an_instance() {
    let condition = "<conditionalEventDefinition><condition>${amount > 3}</condition></conditionalEventDefinition>";
    let api = with(condition).await;
    for (variables, count) in [
        (json!({"amount": {"value": 2}}), 0),
        (json!({"other": {"value": 9}}), 0),
        (json!({"amount": {"value": 4}}), 1),
    ] {
        let started = api
            .post("/condition", json!({"variables": variables}))
            .await
            .expect(200);
        assert_eq!(started.as_array().unwrap().len(), count);
    }
    assert_eq!(instances(&api).await, 1);
}

#[tokio::test]
async fn a_timer_starts_instances_as_often_as_it_says() {
    let timer = "<timerEventDefinition><timeCycle>R2/PT1H</timeCycle></timerEventDefinition>";
    let api = Api::start().await;
    api.deploy("p.bpmn", &model("p", timer)).await;
    let job = api.get("/job").await.expect(200)[0].clone();
    assert_eq!(job["processInstanceId"], Value::Null);
    let places = api.get("/job-definition").await.expect(200);
    assert_eq!(places[0]["jobType"], "timer-start-event");
    assert_eq!(places[0]["id"], job["jobDefinitionId"]);
    for count in 1..=2 {
        api.advance(TimeDelta::minutes(61));
        for _ in 0..200 {
            if instances(&api).await == count {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(instances(&api).await, count);
    }
    api.advance(TimeDelta::minutes(61));
    assert_eq!(api.get("/job/count").await.expect(200), json!({"count": 0}));
}

#[tokio::test]
async fn timers_that_start_can_be_driven_and_follow_the_latest_version() {
    let timer = "<timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition>";
    let api = with(timer).await;
    let id = |jobs: Value| jobs[0]["id"].as_str().unwrap().to_owned();
    let first = id(api.get("/job").await.expect(200));
    api.post(&format!("/job/{first}/execute"), json!({})).await.expect(204);
    assert_eq!(instances(&api).await, 1);
    api.put(&format!("/job/{first}/retries"), json!({"retries": 7}))
        .await
        .expect(204);
    assert_eq!(api.get(&format!("/job/{first}")).await.expect(200)["retries"], 7);

    let second = api.deploy("p.bpmn", &model("p", timer)).await;
    assert_eq!(api.get("/job/count").await.expect(200), json!({"count": 1}));
    api.post(&format!("/job/{first}/execute"), json!({})).await.expect(404);
    let deployment = second["id"].as_str().unwrap();
    api.delete(&format!("/deployment/{deployment}?cascade=true"))
        .await
        .expect(204);
    let restored = api.get("/job").await.expect(200);
    assert_eq!(
        restored.as_array().unwrap().len(),
        1,
        "the earlier version is the latest again"
    );
    api.delete(&format!("/job/{}", id(restored))).await.expect(204);
    assert_eq!(api.get("/job/count").await.expect(200), json!({"count": 0}));
}

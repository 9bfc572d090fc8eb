//! Who works on user tasks, and what is changed of them.

use serde_json::{Value, json};

use crate::support::Api;

const MODEL: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t"><process id="p" isExecutable="true">
    <startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="u"/>
    <userTask id="u" camunda:candidateGroups="sales"/><sequenceFlow id="g" sourceRef="u" targetRef="e"/>
    <endEvent id="e"/></process></definitions>"#;

async fn started() -> (Api, String) {
    let api = Api::start().await;
    api.deploy("p.bpmn", MODEL).await;
    api.start_instance("p", json!({})).await;
    let task = api.get("/task").await.expect(200)[0]["id"].as_str().unwrap().to_owned();
    (api, task)
}

async fn task(api: &Api, id: &str) -> Value {
    api.get(&format!("/task/{id}")).await.expect(200)
}

async fn give(api: &Api, id: &str, what: &str, user: Option<&str>) -> u16 {
    api.post(&format!("/task/{id}/{what}"), json!({"userId": user}))
        .await
        .status
}

#[tokio::test]
async fn a_task_is_claimed_by_one() {
    let (api, id) = started().await;
    assert_eq!(give(&api, &id, "claim", Some("mary")).await, 204);
    assert_eq!(give(&api, &id, "claim", Some("mary")).await, 204);
    let refused = api
        .post(&format!("/task/{id}/claim"), json!({"userId": "bob"}))
        .await
        .expect(500);
    assert_eq!(refused["type"], "TaskAlreadyClaimedException");
    assert_eq!(task(&api, &id).await["assignee"], "mary");
    assert_eq!(give(&api, &id, "unclaim", None).await, 204);
    assert_eq!(task(&api, &id).await["assignee"], Value::Null);
    assert_eq!(give(&api, &id, "assignee", Some("bob")).await, 204);
    assert_eq!(task(&api, &id).await["assignee"], "bob");
    assert_eq!(give(&api, "nonsense", "claim", Some("mary")).await, 404);
}

#[tokio::test]
async fn a_delegated_task_comes_back_to_its_owner() {
    let (api, id) = started().await;
    give(&api, &id, "assignee", Some("mary")).await;
    assert_eq!(give(&api, &id, "delegate", Some("bob")).await, 204);
    let delegated = task(&api, &id).await;
    assert_eq!(delegated["delegationState"], "PENDING");
    assert_eq!(
        (&delegated["owner"], &delegated["assignee"]),
        (&json!("mary"), &json!("bob"))
    );
    api.post(&format!("/task/{id}/complete"), json!({})).await.expect(500);
    let result = json!({"variables": {"done": {"value": true}}});
    api.post(&format!("/task/{id}/resolve"), result).await.expect(204);
    let resolved = task(&api, &id).await;
    assert_eq!(resolved["delegationState"], "RESOLVED");
    assert_eq!(resolved["assignee"], "mary");
    assert_eq!(
        api.get("/variable-instance?variableName=done").await.expect(200)[0]["value"],
        true
    );
    api.post(&format!("/task/{id}/complete"), json!({})).await.expect(204);
}

#[tokio::test]
async fn attributes_are_replaced() {
    let (api, id) = started().await;
    let due = "2026-03-01T10:00:00.000+0000";
    let update = json!({"name": "Look", "description": "closely", "owner": "kim", "priority": 70, "due": due});
    api.put(&format!("/task/{id}"), update).await.expect(204);
    let changed = task(&api, &id).await;
    assert_eq!((&changed["name"], &changed["owner"]), (&json!("Look"), &json!("kim")));
    assert_eq!((&changed["priority"], &changed["due"]), (&json!(70), &json!(due)));
    for (wrong, status) in [
        (json!({"due": "soon"}), 400),
        (json!({"delegationState": "LOST"}), 400),
        (json!({"parentTaskId": "x"}), 501),
    ] {
        api.put(&format!("/task/{id}"), wrong).await.expect(status);
    }
}

#[tokio::test]
async fn candidates_come_and_go() {
    let (api, id) = started().await;
    let links = format!("/task/{id}/identity-links");
    let sales = json!({"userId": null, "groupId": "sales", "type": "candidate"});
    let kim = json!({"userId": "kim", "groupId": null, "type": "candidate"});
    assert_eq!(api.get(&links).await.expect(200), json!([sales]));
    api.post(&links, kim.clone()).await.expect(204);
    api.post(&links, json!({"userId": "ada", "type": "owner"}))
        .await
        .expect(204);
    assert_eq!(
        api.get(&format!("{links}?type=candidate")).await.expect(200),
        json!([kim, sales])
    );
    assert_eq!(
        api.get("/task/count?candidateUser=kim").await.expect(200),
        json!({"count": 1})
    );
    api.post(&format!("{links}/delete"), kim).await.expect(204);
    assert_eq!(
        api.get("/task/count?candidateUser=kim").await.expect(200),
        json!({"count": 0})
    );
    api.post(&links, json!({"userId": "a", "groupId": "b"}))
        .await
        .expect(400);
    api.post(&links, json!({"userId": "a", "type": "fan"}))
        .await
        .expect(501);
}

#[tokio::test]
async fn nothing_goes_on_in_a_suspended_instance() {
    let (api, id) = started().await;
    let instance = task(&api, &id).await["processInstanceId"].as_str().unwrap().to_owned();
    let suspended = format!("/process-instance/{instance}/suspended");
    api.put(&suspended, json!({"suspended": true})).await.expect(204);
    assert_eq!(task(&api, &id).await["suspended"], true);
    assert_eq!(
        api.get("/process-instance?suspended=true").await.expect(200)[0]["id"],
        instance.as_str()
    );
    let refused = api.post(&format!("/task/{id}/complete"), json!({})).await.expect(500);
    assert!(refused["message"].as_str().unwrap().contains("suspended"), "{refused}");
    assert_eq!(give(&api, &id, "claim", Some("mary")).await, 500);
    api.put(&suspended, json!({})).await.expect(400);
    api.put(&suspended, json!({"suspended": false})).await.expect(204);
    api.post(&format!("/task/{id}/complete"), json!({})).await.expect(204);
    api.put(&suspended, json!({"suspended": true})).await.expect(404);
}

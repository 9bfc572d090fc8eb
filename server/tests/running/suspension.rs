//! Definitions, instances and jobs that operators suspend and activate.

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

/// Deploys a process; its definition id.
async fn deploy(api: &Api, key: &str, trigger: &str) -> String {
    let deployed = api.deploy(&format!("{key}.bpmn"), &model(key, trigger)).await;
    let definitions = deployed["deployedProcessDefinitions"].as_object().unwrap();
    definitions.keys().next().unwrap().clone()
}

async fn instances(api: &Api) -> u64 {
    api.get("/process-instance/count").await.expect(200)["count"]
        .as_u64()
        .unwrap()
}

/// The ids of the suspended definitions.
async fn suspended(api: &Api) -> Vec<String> {
    let list = api
        .get("/process-definition?suspended=true&sortBy=id&sortOrder=asc")
        .await
        .expect(200);
    let ids = list
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned());
    ids.collect()
}

async fn set(api: &Api, path: &str, suspended: bool) {
    api.put(path, json!({ "suspended": suspended })).await.expect(204);
}

#[tokio::test]
async fn a_suspended_definition_starts_nothing_until_it_is_activated() {
    let api = Api::start().await;
    let id = deploy(&api, "p", "").await;
    let by_id = format!("/process-definition/{id}/start");
    let running = api.start_instance("p", json!({})).await;
    set(&api, &format!("/process-definition/{id}/suspended"), true).await;
    assert_eq!(
        api.get(&format!("/process-definition/{id}")).await.expect(200)["suspended"],
        true
    );
    for path in [by_id.as_str(), "/process-definition/key/p/start"] {
        let refused = api.post(path, json!({})).await.expect(500);
        assert!(refused["message"].as_str().unwrap().contains("suspended"), "{refused}");
    }
    let instance = api.get(&format!("/process-instance/{running}")).await.expect(200);
    assert_eq!(instance["suspended"], false, "only its definition is");
    set(&api, "/process-definition/key/p/suspended", false).await;
    api.post(&by_id, json!({})).await.expect(200);
    assert_eq!(instances(&api).await, 2);
}

#[tokio::test]
async fn events_do_not_start_a_suspended_definition() {
    let trigger = |name: &str| {
        let (message, signal) = (
            r#"<messageEventDefinition messageRef="m"/>"#,
            r#"<signalEventDefinition signalRef="g"/>"#,
        );
        let condition = "<conditionalEventDefinition><condition>${x == 1}</condition></conditionalEventDefinition>";
        match name {
            "message" => message.to_owned(),
            "signal" => signal.to_owned(),
            _ => condition.to_owned(),
        }
    };
    let x = json!({"x": {"value": 1, "type": "Integer"}});
    for (name, path, body, status) in [
        ("message", "/message", json!({"messageName": "paid"}), (400, 204)),
        ("signal", "/signal", json!({"name": "alarm"}), (204, 204)),
        ("condition", "/condition", json!({ "variables": x }), (200, 200)),
    ] {
        let api = Api::start().await;
        let id = deploy(&api, "p", &trigger(name)).await;
        let suspension = format!("/process-definition/{id}/suspended");
        set(&api, &suspension, true).await;
        api.post(path, body.clone()).await.expect(status.0);
        assert_eq!(instances(&api).await, 0, "{name}");
        set(&api, &suspension, false).await;
        api.post(path, body).await.expect(status.1);
        assert_eq!(instances(&api).await, 1, "{name}");
    }
}

#[tokio::test]
async fn the_timers_of_a_suspended_definition_rest() {
    let api = Api::start().await;
    let hourly = "<timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition>";
    let id = deploy(&api, "p", hourly).await;
    let suspension = format!("/process-definition/{id}/suspended");
    set(&api, &suspension, true).await;
    let job = api.get("/job").await.expect(200)[0].clone();
    assert_eq!(job["suspended"], true);
    let execute = format!("/job/{}/execute", job["id"].as_str().unwrap());
    assert_eq!(api.post(&execute, json!({})).await.status, 400);
    api.advance(TimeDelta::minutes(90));
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(instances(&api).await, 0);
    set(&api, &suspension, false).await;
    assert_eq!(api.get("/job").await.expect(200)[0]["suspended"], false);
    for _ in 0..100 {
        if instances(&api).await == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the timer, long due, started nothing after its definition was activated");
}

#[tokio::test]
async fn a_version_that_is_the_latest_again_keeps_its_state() {
    let api = Api::start_without_job_execution().await;
    let hourly = "<timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition>";
    let first = deploy(&api, "p", hourly).await;
    set(&api, &format!("/process-definition/{first}/suspended"), true).await;
    let second = deploy(&api, "p", hourly).await;
    assert_eq!(suspended(&api).await, [first.as_str()], "a new version is active");
    assert_eq!(api.get("/job").await.expect(200)[0]["suspended"], false);
    api.delete(&format!("/process-definition/{second}")).await.expect(200);
    let job = api.get("/job").await.expect(200)[0].clone();
    assert_eq!(
        (&job["processDefinitionId"], &job["suspended"]),
        (&json!(first), &json!(true))
    );
}

#[tokio::test]
async fn instances_are_suspended_with_their_definition_when_asked_to() {
    let api = Api::start().await;
    let id = deploy(&api, "p", "").await;
    deploy(&api, "q", "").await;
    for key in ["p", "p", "q"] {
        api.start_instance(key, json!({})).await;
    }
    let both = |suspended: bool| json!({"suspended": suspended, "includeProcessInstances": true});
    let path = format!("/process-definition/{id}/suspended");
    let count = async || api.get("/process-instance/count?suspended=true").await.expect(200)["count"].clone();
    api.put(&path, both(true)).await.expect(204);
    assert_eq!(count().await, 2);
    set(&api, &path, false).await;
    assert_eq!(count().await, 2, "the instances are not mentioned");
    api.put(&path, both(false)).await.expect(204);
    assert_eq!(count().await, 0);
}

#[tokio::test]
async fn keys_mean_the_latest_version_or_all() {
    let api = Api::start().await;
    let tenanted = async || {
        let part = reqwest::multipart::Part::text(model("p", "")).file_name("p.bpmn");
        let form = reqwest::multipart::Form::new()
            .text("tenant-id", "acme")
            .part("data", part);
        let deployed = api.deploy_form(form).await.expect(200);
        let definitions = deployed["deployedProcessDefinitions"].as_object().unwrap();
        definitions.keys().next().unwrap().clone()
    };
    let (first, second) = (deploy(&api, "p", "").await, deploy(&api, "p", "").await);
    let foreign = tenanted().await;
    let all = [&first, &second, &foreign];
    let bulk = "/process-definition/suspended";
    let key = |more: Value| {
        let mut body = json!({"processDefinitionKey": "p", "suspended": true});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let one = json!({"suspended": true});
    for (path, body, expected) in [
        ("/process-definition/key/p/suspended", one.clone(), vec![&second]),
        (
            "/process-definition/key/p/tenant-id/acme/suspended",
            one,
            vec![&foreign],
        ),
        (bulk, key(json!({})), all.to_vec()),
        (bulk, key(json!({"processDefinitionTenantId": "acme"})), vec![&foreign]),
        (
            bulk,
            key(json!({"processDefinitionWithoutTenantId": true})),
            vec![&first, &second],
        ),
    ] {
        api.put(path, body.clone()).await.expect(204);
        let mut expected: Vec<String> = expected.into_iter().cloned().collect();
        expected.sort();
        let mut found = suspended(&api).await;
        found.sort();
        assert_eq!(found, expected, "{path} {body}");
        api.put(bulk, json!({"processDefinitionKey": "p", "suspended": false}))
            .await
            .expect(204);
        assert_eq!(suspended(&api).await, [""; 0]);
    }
}

#[tokio::test]
async fn what_names_no_definition_or_no_state_is_refused() {
    let api = Api::start().await;
    let id = deploy(&api, "p", "").await;
    let (own, bulk) = (
        format!("/process-definition/{id}/suspended"),
        "/process-definition/suspended".to_owned(),
    );
    let yes = json!({"suspended": true});
    for (path, body, status) in [
        (own.clone(), json!({}), 400),
        (
            own.clone(),
            json!({"suspended": true, "executionDate": "2030-01-31T09:30:00.000+0000"}),
            501,
        ),
        (
            own.clone(),
            json!({"suspended": true, "processDefinitionKey": "p"}),
            400,
        ),
        (bulk.clone(), yes.clone(), 400),
        (bulk.clone(), json!({"suspended": true, "processDefinitionId": id}), 400),
        (
            bulk.clone(),
            json!({"suspended": true, "processDefinitionKey": "other"}),
            404,
        ),
        (
            bulk,
            json!({"suspended": true, "processDefinitionKey": "p", "processDefinitionTenantId": "acme"}),
            404,
        ),
        ("/process-definition/other/suspended".to_owned(), yes.clone(), 404),
        ("/process-definition/key/other/suspended".to_owned(), yes.clone(), 404),
        (
            "/process-definition/key/p/tenant-id/acme/suspended".to_owned(),
            yes,
            404,
        ),
    ] {
        let refused = api.put(&path, body.clone()).await;
        assert_eq!(refused.status, status, "{path} {body} {}", refused.text);
    }
    assert_eq!(suspended(&api).await, [""; 0]);
    api.put(&own, json!({"suspended": true, "executionDate": null}))
        .await
        .expect(204);
}

//! What operators do to several instances and jobs at once, and incidents that they raise and resolve.

use serde_json::{Value, json};

use crate::support::{Api, ORDER};

/// A process whose job waits for an hour before `u`.
fn hourly(key: &str) -> String {
    format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">
             <process id="{key}" isExecutable="true"><startEvent id="s"/>
             <sequenceFlow id="f" sourceRef="s" targetRef="c"/><intermediateCatchEvent id="c"><timerEventDefinition>
             <timeDuration>PT1H</timeDuration></timerEventDefinition></intermediateCatchEvent>
             <sequenceFlow id="g" sourceRef="c" targetRef="u"/><userTask id="u"/></process></definitions>"#
    )
}

/// A process that starts by itself every hour.
const CLOCKWORK: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">
    <process id="clockwork" isExecutable="true"><startEvent id="s"><timerEventDefinition>
    <timeCycle>R/PT1H</timeCycle></timerEventDefinition></startEvent></process></definitions>"#;

/// Two instances of `p` and one of `q`, each with a job.
async fn three() -> (Api, Vec<String>) {
    let api = Api::start_without_job_execution().await;
    let mut ids = Vec::new();
    for key in ["p", "q"] {
        api.deploy(&format!("{key}.bpmn"), &hourly(key)).await;
    }
    for (key, business_key) in [("p", "one"), ("p", "two"), ("q", "three")] {
        ids.push(api.start_instance(key, json!({ "businessKey": business_key })).await);
    }
    (api, ids)
}

/// The field `name` of all records of a list, sorted.
async fn all(api: &Api, path: &str, name: &str) -> Vec<String> {
    let list = api.get(path).await.expect(200);
    let values = list.as_array().unwrap().iter();
    let mut values: Vec<String> = values
        .map(|one| one[name].as_str().unwrap_or_default().to_owned())
        .collect();
    values.sort();
    values
}

/// `body` with `suspended`.
fn with(mut body: Value, suspended: bool) -> Value {
    body["suspended"] = json!(suspended);
    body
}

#[tokio::test]
async fn instances_are_suspended_by_what_names_them() {
    let (api, ids) = three().await;
    let definition = api.get("/process-definition/key/p").await.expect(200)["id"].clone();
    for (body, expected) in [
        (json!({ "processInstanceIds": [ids[0], ids[2]] }), vec!["one", "three"]),
        (json!({ "processDefinitionId": definition }), vec!["one", "two"]),
        (json!({"processDefinitionKey": "q"}), vec!["three"]),
        (
            json!({"processDefinitionKey": "q", "processDefinitionWithoutTenantId": true}),
            vec!["three"],
        ),
        (
            json!({"processDefinitionKey": "q", "processDefinitionTenantId": "acme"}),
            vec![],
        ),
        (
            json!({"processInstanceQuery": {"businessKeyLike": "t%"}}),
            vec!["three", "two"],
        ),
        (
            json!({"processInstanceIds": [ids[0]], "processInstanceQuery": {"businessKey": "two"}}),
            vec!["one", "two"],
        ),
        (
            json!({"historicProcessInstanceQuery": {"processInstanceBusinessKey": "three"}}),
            vec!["three"],
        ),
        (
            json!({"processInstanceIds": ["nobody"], "processInstanceQuery": {"businessKey": "one"}}),
            vec!["one"],
        ),
    ] {
        let path = "/process-instance/suspended";
        api.put(path, with(body.clone(), true)).await.expect(204);
        let found = all(&api, "/process-instance?suspended=true", "businessKey").await;
        assert_eq!(found, expected, "{body}");
        api.put(path, with(json!({"processInstanceQuery": {}}), false))
            .await
            .expect(204);
        assert_eq!(all(&api, "/process-instance?suspended=true", "id").await, [""; 0]);
    }
}

#[tokio::test]
async fn requests_to_suspend_that_are_not_clear_are_refused() {
    let (api, ids) = three().await;
    let (instances, jobs) = ("/process-instance/suspended", "/job/suspended");
    for (path, body) in [
        (instances, json!({"suspended": true})),
        (instances, json!({"processDefinitionKey": "p"})),
        (
            instances,
            json!({"suspended": true, "processDefinitionKey": "p", "processInstanceIds": [ids[0]]}),
        ),
        (
            instances,
            json!({"suspended": true, "processDefinitionKey": "p", "processDefinitionId": "p"}),
        ),
        (instances, json!({"suspended": true, "processInstanceIds": []})),
        (jobs, json!({"suspended": true})),
        (jobs, json!({"processInstanceId": ids[0]})),
        (jobs, json!({"suspended": true, "jobId": ids[0]})),
        (
            jobs,
            json!({"suspended": true, "processInstanceId": ids[0], "processDefinitionKey": "p"}),
        ),
    ] {
        let refused = api.put(path, body.clone()).await;
        assert_eq!(refused.status, 400, "{path} {body} {}", refused.text);
    }
    let unknown = json!({"suspended": true, "processInstanceQuery": {"rootProcessInstances": true}});
    api.put(instances, unknown).await.expect(501);
    assert_eq!(all(&api, "/process-instance?suspended=true", "id").await, [""; 0]);
    assert_eq!(all(&api, "/job?suspended=true", "id").await, [""; 0]);
}

#[tokio::test]
async fn jobs_are_suspended_by_what_made_them() {
    let (api, ids) = three().await;
    api.deploy("clockwork.bpmn", CLOCKWORK).await;
    let definition = api.get("/process-definition/key/p").await.expect(200)["id"].clone();
    let place = api.get("/job-definition?processDefinitionKey=q").await.expect(200)[0]["id"].clone();
    for (body, expected) in [
        (json!({ "jobDefinitionId": place }), vec!["q"]),
        (json!({ "processInstanceId": ids[0] }), vec!["p"]),
        (json!({ "processDefinitionId": definition }), vec!["p", "p"]),
        (json!({"processDefinitionKey": "p"}), vec!["p", "p"]),
        (
            json!({"processDefinitionKey": "p", "processDefinitionTenantId": "acme"}),
            vec![],
        ),
        (json!({"processDefinitionKey": "clockwork"}), vec!["clockwork"]),
        (json!({"processDefinitionKey": "other"}), vec![]),
        (json!({"processInstanceId": "nobody"}), vec![]),
    ] {
        api.put("/job/suspended", with(body.clone(), true)).await.expect(204);
        let found = all(&api, "/job?suspended=true", "processDefinitionKey").await;
        assert_eq!(found, expected, "{body}");
        api.put("/job/suspended", with(body, false)).await.expect(204);
        assert_eq!(all(&api, "/job?suspended=true", "id").await, [""; 0]);
    }
    assert_eq!(all(&api, "/process-instance?suspended=true", "id").await, [""; 0]);
}

#[tokio::test]
async fn failed_jobs_of_a_place_get_new_retries() {
    let (api, ids) = three().await;
    for id in &ids[..2] {
        let job = api.get(&format!("/job?processInstanceId={id}")).await.expect(200)[0]["id"].clone();
        let path = format!("/job/{}/retries", job.as_str().unwrap());
        let retries = if *id == ids[0] { 0 } else { 2 };
        api.put(&path, json!({ "retries": retries })).await.expect(204);
    }
    let incidents = async || all(&api, "/incident", "processInstanceId").await;
    assert_eq!(incidents().await, [ids[0].clone()]);
    let places = all(&api, "/job-definition", "id").await;
    let place = api.get("/job-definition?processDefinitionKey=p").await.expect(200)[0]["id"].clone();
    let place = place.as_str().unwrap();
    let other = places.iter().find(|one| *one != place).unwrap();
    let due = "2030-01-31T09:30:00.000+0000";
    let body = json!({"retries": 5, "dueDate": due});
    api.put(&format!("/job-definition/{other}/retries"), body.clone())
        .await
        .expect(204);
    assert_eq!(incidents().await.len(), 1, "it is of another place");
    api.put(&format!("/job-definition/{place}/retries"), body)
        .await
        .expect(204);
    assert_eq!(incidents().await, [""; 0]);
    let jobs = api.get("/job?processDefinitionKey=p").await.expect(200);
    let mut jobs: Vec<_> = jobs
        .as_array()
        .unwrap()
        .iter()
        .map(|job| (job["retries"].as_i64().unwrap(), job["dueDate"] == due))
        .collect();
    jobs.sort_unstable();
    assert_eq!(jobs, [(2, false), (5, true)], "only what has failed");
    for (path, body, status) in [
        (format!("/job-definition/{place}/retries"), json!({}), 400),
        (format!("/job-definition/{place}/retries"), json!({"retries": -1}), 500),
        (
            format!("/job-definition/{place}/retries"),
            json!({"retries": 1, "dueDate": "soon"}),
            400,
        ),
        ("/job-definition/nothing/retries".to_owned(), json!({"retries": 1}), 404),
    ] {
        assert_eq!(api.put(&path, body.clone()).await.status, status, "{path} {body}");
    }
}

#[tokio::test]
async fn the_topics_of_waiting_tasks_are_listed() {
    let api = Api::start().await;
    assert_eq!(api.get("/external-task/topic-names").await.expect(200), json!([]));
    api.deploy("order.bpmn", ORDER).await;
    let ship = ORDER
        .replace(r#"id="order""#, r#"id="shipping""#)
        .replace(r#"topic="pack""#, r#"topic="Ship""#);
    api.deploy("shipping.bpmn", &ship).await;
    for key in ["order", "order", "shipping"] {
        api.start_instance(key, json!({})).await;
    }
    let locked = api.fetch("w", "Ship").await;
    let task = locked[0]["id"].as_str().unwrap();
    for (query, expected) in [
        ("", json!(["Ship", "pack"])),
        ("?withLockedTasks=true", json!(["Ship"])),
        ("?withUnlockedTasks=true", json!(["pack"])),
        ("?withLockedTasks=true&withUnlockedTasks=true", json!([])),
        ("?withRetriesLeft=true", json!(["Ship", "pack"])),
    ] {
        let path = format!("/external-task/topic-names{query}");
        assert_eq!(api.get(&path).await.expect(200), expected, "{query}");
    }
    let retries = format!("/external-task/{task}/retries");
    api.put(&retries, json!({"retries": 0})).await.expect(204);
    let left = api
        .get("/external-task/topic-names?withRetriesLeft=true")
        .await
        .expect(200);
    assert_eq!(left, json!(["pack"]));
}

#[tokio::test]
async fn an_incident_is_raised_and_resolved_by_hand() {
    let api = Api::start().await;
    let task = api.locked_task("w").await;
    let (execution, instance) = (task["executionId"].as_str().unwrap(), &task["processInstanceId"]);
    let path = format!("/execution/{execution}/create-incident");
    let body = json!({"incidentType": "late", "configuration": "order 7", "message": "nobody packs"});
    let raised = api.post(&path, body).await.expect(200);
    for (name, expected) in [
        ("incidentType", json!("late")),
        ("configuration", json!("order 7")),
        ("incidentMessage", json!("nobody packs")),
        ("executionId", json!(execution)),
        ("processInstanceId", instance.clone()),
        ("activityId", json!("pack")),
    ] {
        assert_eq!(raised[name], expected, "{name}");
    }
    let own = format!("/incident/{}", raised["id"].as_str().unwrap());
    assert_eq!(api.get(&own).await.expect(200), raised);
    // It is nothing that retries cure.
    let retries = format!("/external-task/{execution}/retries");
    api.put(&retries, json!({"retries": 0})).await.expect(204);
    api.put(&retries, json!({"retries": 1})).await.expect(204);
    assert_eq!(all(&api, "/incident", "incidentType").await, ["late"]);
    api.delete(&own).await.expect(204);
    api.delete(&own).await.expect(404);
    assert_eq!(all(&api, "/incident", "incidentType").await, [""; 0]);
    let past = "/history/incident?incidentType=late";
    let past = api.get(past).await.expect(200)[0].clone();
    assert_eq!(
        (&past["resolved"], &past["configuration"]),
        (&json!(true), &json!("order 7"))
    );

    // An instance with one execution means that one; an incident goes with it.
    let path = format!("/execution/{}/create-incident", instance.as_str().unwrap());
    let raised = api.post(&path, json!({"incidentType": "late"})).await.expect(200);
    assert_eq!(
        (&raised["activityId"], &raised["configuration"]),
        (&json!("pack"), &Value::Null)
    );
    let complete = format!("/external-task/{execution}/complete");
    api.post(&complete, json!({"workerId": "w"})).await.expect(204);
    assert_eq!(all(&api, "/incident", "incidentType").await, [""; 0]);
}

#[tokio::test]
async fn incidents_that_cannot_be_raised_or_resolved_by_hand_are_refused() {
    let api = Api::start().await;
    let task = api.locked_task("w").await;
    let execution = task["executionId"].as_str().unwrap();
    let path = format!("/execution/{execution}/create-incident");
    for (path, body) in [
        (path.as_str(), json!({})),
        (path.as_str(), json!({"incidentType": "failedJob"})),
        ("/execution/nobody/create-incident", json!({"incidentType": "late"})),
        (
            "/execution/018f3a00-0000-7000-8000-000000000001/create-incident",
            json!({"incidentType": "late"}),
        ),
    ] {
        let refused = api.post(path, body.clone()).await;
        assert_eq!(refused.status, 400, "{path} {body} {}", refused.text);
    }
    let retries = format!("/external-task/{execution}/retries");
    api.put(&retries, json!({"retries": 0})).await.expect(204);
    let failed = all(&api, "/incident", "id").await;
    let refused = api.delete(&format!("/incident/{}", failed[0])).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(
        refused
            .text
            .contains("Cannot resolve an incident of type failedExternalTask"),
        "{}",
        refused.text
    );
    api.delete("/incident/nothing").await.expect(404);
    assert_eq!(all(&api, "/incident", "id").await, failed);
}

#[tokio::test]
async fn operators_write_to_incidents() {
    let api = Api::start().await;
    let task = api.locked_task("w").await;
    let task = task["id"].as_str().unwrap();
    let retries = format!("/external-task/{task}/retries");
    api.put(&retries, json!({"retries": 0})).await.expect(204);
    let incident = api.get("/incident").await.expect(200)[0].clone();
    assert_eq!(incident["annotation"], Value::Null);
    let own = format!("/incident/{}/annotation", incident["id"].as_str().unwrap());
    let shown = async || {
        let mut shown = Vec::new();
        for list in ["/incident", "/history/incident"] {
            let list = api.get(list).await.expect(200);
            assert_eq!(list.as_array().unwrap().len(), usize::from(!list[0].is_null()));
            shown.push(list[0]["annotation"].clone());
        }
        shown
    };
    for text in ["who packs?", "Ada \u{1f4e6}"] {
        api.put(&own, json!({ "annotation": text })).await.expect(204);
        assert_eq!(shown().await, [text, text]);
    }
    api.delete(&own).await.expect(204);
    assert_eq!(shown().await, [Value::Null, Value::Null]);
    api.put(&own, json!({"annotation": "packed"})).await.expect(204);
    api.put(&own, json!({"annotation": null})).await.expect(204);
    assert_eq!(shown().await, [Value::Null, Value::Null]);
    api.put(&own, json!({"annotation": "packed"})).await.expect(204);
    api.put(&retries, json!({"retries": 1})).await.expect(204);
    assert_eq!(shown().await, [Value::Null, json!("packed")], "history keeps it");
    for path in [own.as_str(), "/incident/other/annotation"] {
        for refused in [api.put(path, json!({"annotation": "x"})).await, api.delete(path).await] {
            assert_eq!(refused.status, 400, "{path} {}", refused.text);
        }
    }
}

#[tokio::test]
async fn how_long_history_is_wanted_is_set_by_id_and_key() {
    const DECISION: &str = r#"<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d"
        namespace="t"><decision id="rate" name="rate"><variable name="rate"/>
        <literalExpression><text>1</text></literalExpression></decision></definitions>"#;
    let api = Api::start().await;
    api.deploy("p.bpmn", &hourly("p")).await;
    api.deploy("rate.dmn", DECISION).await;
    for (kind, key) in [("process", "p"), ("decision", "rate")] {
        let by_key = format!("/{kind}-definition/key/{key}");
        let id = api.get(&by_key).await.expect(200)["id"].as_str().unwrap().to_owned();
        let by_id = format!("/{kind}-definition/{id}");
        for (path, days) in [
            (&by_id, json!(5)),
            (&by_key, json!(0)),
            (&by_key, Value::Null),
            (&by_id, json!(9)),
        ] {
            let body = json!({ "historyTimeToLive": days });
            api.put(&format!("{path}/history-time-to-live"), body).await.expect(204);
            for path in [&by_id, &by_key] {
                assert_eq!(api.get(path).await.expect(200)["historyTimeToLive"], days, "{path}");
            }
        }
        for (path, days, status) in [
            (by_id.clone(), -1, 400),
            (format!("/{kind}-definition/other"), 1, 404),
            (format!("/{kind}-definition/key/other"), 1, 404),
            (format!("{by_key}/tenant-id/acme"), 1, 404),
        ] {
            let path = format!("{path}/history-time-to-live");
            let refused = api.put(&path, json!({ "historyTimeToLive": days })).await;
            assert_eq!(refused.status, status, "{path} {}", refused.text);
        }
        assert_eq!(api.get(&by_id).await.expect(200)["historyTimeToLive"], 9);
    }
}

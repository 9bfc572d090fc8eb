//! Jobs and job definitions.

use serde_json::{Value, json};

use crate::support::Api;

const MODEL: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t"><process id="p" isExecutable="true">
    <startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>
    <serviceTask id="t" camunda:asyncBefore="true" camunda:jobPriority="7" camunda:expression="${ready}"/>
    <sequenceFlow id="g" sourceRef="t" targetRef="c"/>
    <intermediateCatchEvent id="c"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>
    </intermediateCatchEvent><sequenceFlow id="h" sourceRef="c" targetRef="e"/><endEvent id="e"/>
    </process></definitions>"#;

/// A server that leaves jobs to its clients, with one instance.
async fn started(variables: Value) -> (Api, String) {
    let api = Api::start_without_job_execution().await;
    api.deploy("p.bpmn", MODEL).await;
    let instance = api.start_instance("p", json!({ "variables": variables })).await;
    (api, instance)
}

async fn only_job(api: &Api) -> Value {
    let jobs = api.get("/job").await.expect(200);
    let jobs = jobs.as_array().unwrap();
    assert_eq!(jobs.len(), 1);
    jobs[0].clone()
}

#[tokio::test]
async fn jobs_are_shown_and_executed() {
    let (api, instance) = started(json!({"ready": {"value": true}})).await;
    let job = only_job(&api).await;
    assert_eq!(job["processInstanceId"], instance.as_str());
    assert_eq!(job["processDefinitionKey"], "p");
    assert_eq!((&job["retries"], &job["priority"]), (&json!(3), &json!(7)));
    assert_eq!((&job["dueDate"], &job["suspended"]), (&Value::Null, &json!(false)));
    let tree = api
        .get(&format!("/process-instance/{instance}/activity-instances"))
        .await
        .expect(200);
    assert_eq!(tree["childTransitionInstances"][0]["activityId"], "t");
    let id = job["id"].as_str().unwrap();
    assert_eq!(api.get(&format!("/job/{id}")).await.expect(200), job);
    api.post(&format!("/job/{id}/execute"), json!({})).await.expect(204);
    let timer = only_job(&api).await;
    assert!(timer["dueDate"].is_string());
    let places = api
        .get("/job-definition?sortBy=activityId&sortOrder=asc")
        .await
        .expect(200);
    assert_eq!(places[0]["activityId"], "c");
    assert_eq!(places[0]["jobType"], "timer-intermediate-transition");
    assert_eq!(places[0]["jobConfiguration"], "DURATION: PT1H");
    assert_eq!(places[0]["id"], timer["jobDefinitionId"]);
    let place = places[0]["id"].as_str().unwrap();
    assert_eq!(
        api.get(&format!("/job-definition/{place}")).await.expect(200),
        places[0]
    );
    let id = timer["id"].as_str().unwrap();
    api.post(&format!("/job/{id}/execute"), json!({})).await.expect(204);
    api.post(&format!("/job/{id}/execute"), json!({})).await.expect(404);
    api.get(&format!("/process-instance/{instance}")).await.expect(404);
}

#[tokio::test]
async fn a_failing_job_counts_down_to_an_incident() {
    let (api, instance) = started(json!({})).await;
    let id = only_job(&api).await["id"].as_str().unwrap().to_owned();
    for left in [2, 1, 0] {
        api.post(&format!("/job/{id}/execute"), json!({})).await.expect(500);
        assert_eq!(only_job(&api).await["retries"], left);
    }
    let job = only_job(&api).await;
    assert!(job["exceptionMessage"].as_str().unwrap().contains("ready"));
    assert_eq!(job["failedActivityId"], "t");
    let incident = api.get("/incident").await.expect(200)[0].clone();
    assert_eq!(incident["incidentType"], "failedJob");
    assert_eq!(incident["configuration"], id.as_str());
    assert_eq!(incident["processInstanceId"], instance.as_str());
    let tree = api
        .get(&format!("/process-instance/{instance}/activity-instances"))
        .await
        .expect(200);
    assert_eq!(tree["childTransitionInstances"][0]["incidentIds"][0], incident["id"]);
    let details = api.get(&format!("/job/{id}/stacktrace")).await.text;
    assert!(details.contains("ready"), "{details}");
    let retries = json!({"retries": 1});
    api.put(&format!("/job/{id}/retries"), retries).await.expect(204);
    assert_eq!(api.get("/incident").await.expect(200), json!([]));
}

#[tokio::test]
async fn jobs_are_changed_and_deleted() {
    let (api, _) = started(json!({})).await;
    let id = only_job(&api).await["id"].as_str().unwrap().to_owned();
    let due = "2030-01-31T09:30:00.000+0000";
    for (what, body) in [
        ("duedate", json!({"duedate": due})),
        ("priority", json!({"priority": 9})),
        ("suspended", json!({"suspended": true})),
    ] {
        api.put(&format!("/job/{id}/{what}"), body).await.expect(204);
    }
    let job = only_job(&api).await;
    assert_eq!(job["dueDate"], due);
    assert_eq!((&job["priority"], &job["suspended"]), (&json!(9), &json!(true)));
    api.delete(&format!("/job/{id}")).await.expect(204);
    api.delete(&format!("/job/{id}")).await.expect(404);
    assert_eq!(api.get("/job/count").await.expect(200), json!({"count": 0}));
}

#[tokio::test]
async fn jobs_are_found_by_what_they_are() {
    let (api, instance) = started(json!({})).await;
    for (query, count) in [
        (format!("processInstanceId={instance}"), 1),
        ("activityId=t&messages=true".to_owned(), 1),
        ("timers=true".to_owned(), 0),
        ("executable=true&active=true&withRetriesLeft=true".to_owned(), 1),
        ("withException=true".to_owned(), 0),
        ("priorityHigherThanOrEquals=8".to_owned(), 0),
        ("createTimes=gt_2020-01-31T09:30:00.000%2B0000".to_owned(), 1),
        ("createTimes=lt_2020-01-31T09:30:00.000%2B0000".to_owned(), 0),
    ] {
        let found = api.get(&format!("/job/count?{query}")).await.expect(200);
        assert_eq!(found, json!({"count": count}), "{query}");
    }
    for (body, count) in [
        (
            json!({"dueDates": [{"operator": "lt", "value": "2020-01-31T09:30:00.000+0000"}]}),
            0,
        ),
        (json!({"sorting": [{"sortBy": "jobPriority", "sortOrder": "desc"}]}), 1),
    ] {
        let found = api.post("/job", body).await.expect(200);
        assert_eq!(found.as_array().unwrap().len(), count);
    }
}

#[tokio::test]
async fn wrong_parameters_of_jobs_are_refused() {
    let api = Api::start().await;
    for entity in ["job", "job-definition"] {
        api.get(&format!("/{entity}?sortBy=x&sortOrder=asc")).await.expect(400);
        api.get(&format!("/{entity}?active=maybe")).await.expect(400);
    }
    api.get("/job?dueDates=soon").await.expect(400);
    let retries = |body: Value| api.put("/job/X/retries", body);
    retries(json!({"retries": 1, "dueDate": null})).await.expect_error(
        500,
        "InvalidRequestException",
        "No job found with id 'X'.",
    );
    retries(json!({}))
        .await
        .expect_error(400, "InvalidRequestException", "The number of retries cannot be null.");
}

#[tokio::test]
async fn jobs_and_external_tasks_of_a_suspended_instance_rest() {
    let (api, instance) = started(json!({"ready": {"value": true}})).await;
    let id = only_job(&api).await["id"].as_str().unwrap().to_owned();
    let suspended = format!("/process-instance/{instance}/suspended");
    api.put(&suspended, json!({"suspended": true})).await.expect(204);
    assert_eq!(only_job(&api).await["suspended"], true);
    api.post(&format!("/job/{id}/execute"), json!({})).await.expect(500);
    assert_eq!(only_job(&api).await["retries"], 3, "that was no attempt");
    api.put(&suspended, json!({"suspended": false})).await.expect(204);
    api.post(&format!("/job/{id}/execute"), json!({})).await.expect(204);
}

#[tokio::test]
async fn scripts_that_want_too_much_end_in_incidents_and_the_server_keeps_serving() {
    let api = Api::start_without_job_execution().await;
    for (key, script) in [
        ("loop", "for (;;) {}"),
        ("bomb", "var a = []; for (;;) a.push('x'.repeat(1000))"),
    ] {
        let model = format!(
            r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
            xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t"><process id="{key}" isExecutable="true">
            <startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>
            <scriptTask id="t" camunda:asyncBefore="true" scriptFormat="javascript"><extensionElements>
            <camunda:failedJobRetryTimeCycle>R1/PT1M</camunda:failedJobRetryTimeCycle></extensionElements>
            <script><![CDATA[{script}]]></script></scriptTask>
            <sequenceFlow id="g" sourceRef="t" targetRef="e"/><endEvent id="e"/></process></definitions>"#
        );
        api.deploy(&format!("{key}.bpmn"), &model).await;
        let instance = api.start_instance(key, json!({})).await;
        let jobs = api.get(&format!("/job?processInstanceId={instance}")).await.expect(200);
        let id = jobs[0]["id"].as_str().unwrap();
        api.post(&format!("/job/{id}/execute"), json!({})).await.expect(500);
        let incidents = api
            .get(&format!("/incident?processInstanceId={instance}"))
            .await
            .expect(200);
        assert_eq!(incidents[0]["incidentType"], "failedJob");
        let message = incidents[0]["incidentMessage"].as_str().unwrap();
        assert!(message.contains("than one script may"), "{message}");
    }
    api.get("/process-instance/count").await.expect(200);
}

/// The moment of the only timer at an activity, after a change of its job.
async fn recalculated(api: &Api, query: &str) -> Value {
    let job = only_job(api).await;
    let path = format!("/job/{}/duedate/recalculate{query}", job["id"].as_str().unwrap());
    let answer = api.send("POST", &path, None).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    only_job(api).await["dueDate"].clone()
}

#[tokio::test]
async fn the_due_dates_of_timers_are_recalculated() {
    let api = Api::start_without_job_execution().await;
    let model = MODEL
        .replace("PT1H", "${pause}")
        .replace("camunda:asyncBefore=\"true\"", "");
    api.deploy("p.bpmn", &model).await;
    let variables = |pause: &str| json!({"ready": {"value": true}, "pause": {"value": pause}});
    let instance = api.start_instance("p", json!({ "variables": variables("PT1H") })).await;
    let path = format!("/process-instance/{instance}/variables");
    api.post(&path, json!({ "modifications": variables("PT2H") }))
        .await
        .expect(204);
    api.advance(chrono::TimeDelta::minutes(5));
    for (query, expected) in [
        ("?creationDateBased=false", "2026-01-31T11:35:00.000+0000"),
        ("?creationDateBased=true", "2026-01-31T11:30:00.000+0000"),
        ("?creationDateBased=false", "2026-01-31T11:35:00.000+0000"),
        ("", "2026-01-31T11:30:00.000+0000"),
    ] {
        assert_eq!(recalculated(&api, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn the_due_dates_of_timers_that_start_instances_are_recalculated() {
    let api = Api::start_without_job_execution().await;
    let model = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">
        <process id="p" isExecutable="true"><startEvent id="s"><timerEventDefinition>
        <timeCycle>R/PT1H</timeCycle></timerEventDefinition></startEvent></process></definitions>"#;
    api.deploy("p.bpmn", model).await;
    api.advance(chrono::TimeDelta::minutes(5));
    let now = recalculated(&api, "?creationDateBased=false").await;
    assert_eq!(now, "2026-01-31T10:35:00.000+0000");
    assert_eq!(recalculated(&api, "").await, "2026-01-31T10:30:00.000+0000");
}

#[tokio::test]
async fn what_is_no_timer_is_not_recalculated() {
    let (api, _) = started(json!({"ready": {"value": true}})).await;
    let id = only_job(&api).await["id"].as_str().unwrap().to_owned();
    let path = |id: &str| format!("/job/{id}/duedate/recalculate");
    api.send("POST", &path(&id), None).await.expect_error(
        500,
        "InvalidRequestException",
        &format!("Only timer jobs can be recalculated, but the job with id '{id}' is of type 'async-continuation'."),
    );
    for id in ["other", "0198c0de-0000-7000-8000-000000000000"] {
        let message = format!("No job found with id '{id}'");
        let refused = api.send("POST", &path(id), None).await;
        refused.expect_error(404, "InvalidRequestException", &message);
    }
}

//! Job definitions that operators suspend, activate and give priorities: the jobs that come obey.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::Api;

/// `first` and `second` are entered by a job each, of priority 5 and of the process's 2, `first` with a timer at it.
fn model(key: &str) -> String {
    format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"
             xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
             <process id="{key}" isExecutable="true" camunda:jobPriority="2"><startEvent id="s"/>
             <sequenceFlow id="f" sourceRef="s" targetRef="first"/>
             <userTask id="first" camunda:asyncBefore="true" camunda:jobPriority="5"/>
             <boundaryEvent id="b" attachedToRef="first" cancelActivity="false"><timerEventDefinition>
             <timeCycle>R/PT1H</timeCycle></timerEventDefinition></boundaryEvent>
             <sequenceFlow id="g" sourceRef="first" targetRef="second"/>
             <userTask id="second" camunda:asyncBefore="true"/></process></definitions>"#
    )
}

const CLOCKWORK: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn"><process id="clockwork" isExecutable="true"
    camunda:jobPriority="3"><startEvent id="s"><timerEventDefinition><timeCycle>R/PT1H</timeCycle>
    </timerEventDefinition></startEvent></process></definitions>"#;

/// A server on which jobs run only by hand, with `p`; its definition id.
async fn server() -> (Api, String) {
    let api = Api::start_without_job_execution().await;
    let deployed = api.deploy("p.bpmn", &model("p")).await;
    let definitions = deployed["deployedProcessDefinitions"].as_object().unwrap();
    let id = definitions.keys().next().unwrap().clone();
    (api, id)
}

async fn list(api: &Api, path: &str) -> Vec<Value> {
    api.get(path).await.expect(200).as_array().unwrap().clone()
}

/// The path of the job definition at an activity.
async fn place(api: &Api, activity: &str) -> String {
    let found = list(api, &format!("/job-definition?activityIdIn={activity}")).await;
    format!("/job-definition/{}", found[0]["id"].as_str().unwrap())
}

/// Activities, suspension and priorities of all jobs, in order.
async fn jobs(api: &Api) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for place in list(api, "/job-definition").await {
        let id = place["id"].as_str().unwrap();
        for job in list(api, &format!("/job?jobDefinitionId={id}")).await {
            let state = if job["suspended"] == true {
                "suspended"
            } else {
                "active"
            };
            found.push(format!(
                "{} {state} {}",
                place["activityId"].as_str().unwrap(),
                job["priority"]
            ));
        }
    }
    found.sort();
    found
}

/// Carries out the only job that can be, whether suspended or not.
async fn execute(api: &Api, activity: &str) {
    let id = place(api, activity).await;
    let id = id.rsplit('/').next().unwrap();
    let job = list(api, &format!("/job?jobDefinitionId={id}")).await.remove(0);
    let path = format!("/job/{}/execute", job["id"].as_str().unwrap());
    api.post(&path, json!({})).await.expect(204);
}

#[tokio::test]
async fn jobs_are_made_suspended_where_their_job_definition_is() {
    let (api, _) = server().await;
    api.start_instance("p", json!({})).await;
    let first = place(&api, "first").await;
    api.put(&format!("{first}/suspended"), json!({"suspended": true}))
        .await
        .expect(204);
    assert_eq!(jobs(&api).await, ["first active 5"], "what there is stays");
    api.start_instance("p", json!({})).await;
    assert_eq!(jobs(&api).await, ["first active 5", "first suspended 5"]);
    assert_eq!(api.get(&first).await.expect(200)["suspended"], true);

    let with_jobs = |suspended: bool| json!({"suspended": suspended, "includeJobs": true});
    api.put(&format!("{first}/suspended"), with_jobs(true))
        .await
        .expect(204);
    assert_eq!(jobs(&api).await, ["first suspended 5"; 2]);
    api.put(&format!("{first}/suspended"), with_jobs(false))
        .await
        .expect(204);
    assert_eq!(jobs(&api).await, ["first active 5"; 2]);
    api.start_instance("p", json!({})).await;
    assert_eq!(jobs(&api).await, ["first active 5"; 3]);
}

#[tokio::test]
async fn a_running_instance_obeys_what_is_decided_later() {
    let (api, _) = server().await;
    api.start_instance("p", json!({})).await;
    let timer = place(&api, "b").await;
    api.put(&format!("{timer}/suspended"), json!({"suspended": true}))
        .await
        .expect(204);
    api.put(&format!("{timer}/jobPriority"), json!({"priority": 9}))
        .await
        .expect(204);
    execute(&api, "first").await;
    assert_eq!(jobs(&api).await, ["b suspended 9"]);
    api.put(&format!("{timer}/suspended"), json!({"suspended": false}))
        .await
        .expect(204);
    api.put(&format!("{timer}/jobPriority"), json!({"priority": null}))
        .await
        .expect(204);
    assert_eq!(jobs(&api).await, ["b suspended 9"], "what there is stays");
    api.advance(TimeDelta::minutes(90));
    execute(&api, "b").await;
    assert_eq!(jobs(&api).await, ["b active 2"], "the timer comes again");
}

#[tokio::test]
async fn a_priority_goes_before_that_of_the_model_until_it_is_reset() {
    let (api, _) = server().await;
    api.start_instance("p", json!({})).await;
    let path = place(&api, "first").await;
    let priority = format!("{path}/jobPriority");
    api.put(&priority, json!({"priority": -4_000_000_000_i64}))
        .await
        .expect(204);
    api.start_instance("p", json!({})).await;
    assert_eq!(jobs(&api).await, ["first active -4000000000", "first active 5"]);
    assert_eq!(
        api.get(&path).await.expect(200)["overridingJobPriority"],
        -4_000_000_000_i64
    );
    api.put(&priority, json!({"priority": 8, "includeJobs": true}))
        .await
        .expect(204);
    assert_eq!(jobs(&api).await, ["first active 8"; 2]);
    api.put(&priority, json!({})).await.expect(204);
    assert_eq!(api.get(&path).await.expect(200)["overridingJobPriority"], Value::Null);
    api.start_instance("p", json!({})).await;
    assert_eq!(jobs(&api).await, ["first active 5", "first active 8", "first active 8"]);
}

#[tokio::test]
async fn job_definitions_are_asked_for_by_what_was_decided() {
    let (api, _) = server().await;
    let (first, second) = (place(&api, "first").await, place(&api, "second").await);
    api.put(&format!("{first}/suspended"), json!({"suspended": true}))
        .await
        .expect(204);
    api.put(&format!("{second}/jobPriority"), json!({"priority": 0}))
        .await
        .expect(204);
    for (filter, expected) in [
        ("", vec!["b", "first", "second"]),
        ("active=true", vec!["b", "second"]),
        ("suspended=true", vec!["first"]),
        ("active=true&suspended=true", vec![]),
        ("withOverridingJobPriority=true", vec!["second"]),
        ("withOverridingJobPriority=true&active=true", vec!["second"]),
    ] {
        let found = list(
            &api,
            &format!("/job-definition?sortBy=activityId&sortOrder=asc&{filter}"),
        )
        .await;
        let found: Vec<_> = found.iter().map(|one| one["activityId"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{filter}");
        let count = api.get(&format!("/job-definition/count?{filter}")).await.expect(200);
        assert_eq!(count["count"], expected.len(), "{filter}");
    }
    let body = json!({"suspended": true, "processDefinitionKey": "p"});
    assert_eq!(api.post("/job-definition/count", body).await.expect(200)["count"], 1);
}

#[tokio::test]
async fn the_job_definitions_of_process_definitions_are_suspended_together() {
    let (api, id) = server().await;
    api.deploy("q.bpmn", &model("q")).await;
    let second_version = model("p").replace("PT1H", "PT2H");
    api.deploy("p.bpmn", &second_version).await;
    let suspended = async || {
        let found = list(&api, "/job-definition?suspended=true").await;
        let mut found: Vec<_> = found
            .iter()
            .map(|one| {
                one["processDefinitionId"]
                    .as_str()
                    .unwrap()
                    .split(':')
                    .take(2)
                    .collect::<Vec<_>>()
                    .join(":")
            })
            .collect();
        found.sort();
        found.dedup();
        found
    };
    let bulk = "/job-definition/suspended";
    for (names, expected) in [
        (json!({ "processDefinitionId": id }), vec!["p:1"]),
        (json!({"processDefinitionKey": "p"}), vec!["p:1", "p:2"]),
        (
            json!({"processDefinitionKey": "q", "processDefinitionWithoutTenantId": true}),
            vec!["q:1"],
        ),
        (
            json!({"processDefinitionKey": "q", "processDefinitionTenantId": "acme"}),
            vec![],
        ),
    ] {
        for (state, expected) in [(true, expected), (false, vec![])] {
            let mut body = names.clone();
            body["suspended"] = json!(state);
            api.put(bulk, body.clone()).await.expect(204);
            assert_eq!(suspended().await, expected, "{body}");
        }
    }
}

#[tokio::test]
async fn job_definitions_follow_their_process_definition_and_leave_it() {
    let (api, id) = server().await;
    api.start_instance("p", json!({})).await;
    let suspended = async || list(&api, "/job-definition?suspended=true").await.len();
    let (first, definition) = (
        place(&api, "first").await,
        format!("/process-definition/{id}/suspended"),
    );
    api.put(&definition, json!({"suspended": true})).await.expect(204);
    assert_eq!(suspended().await, 3);
    api.put(&format!("{first}/suspended"), json!({"suspended": false}))
        .await
        .expect(204);
    assert_eq!(suspended().await, 2);
    execute(&api, "first").await;
    assert_eq!(
        jobs(&api).await,
        ["b suspended 2"],
        "the instance runs, its new jobs rest"
    );
    api.put(&definition, json!({"suspended": true})).await.expect(204);
    assert_eq!(suspended().await, 3);
    api.put(&definition, json!({"suspended": false})).await.expect(204);
    assert_eq!(suspended().await, 0);
    assert_eq!(jobs(&api).await, ["b suspended 2"]);
    let all = json!({"suspended": false, "processDefinitionId": id, "includeJobs": true});
    api.put("/job-definition/suspended", all).await.expect(204);
    assert_eq!(jobs(&api).await, ["b active 2"]);
}

#[tokio::test]
async fn a_timer_that_starts_instances_comes_again_as_decided() {
    let api = Api::start_without_job_execution().await;
    api.deploy("clockwork.bpmn", CLOCKWORK).await;
    let timer = place(&api, "s").await;
    assert_eq!(jobs(&api).await, ["s active 3"]);
    api.put(&format!("{timer}/jobPriority"), json!({"priority": 7}))
        .await
        .expect(204);
    api.put(&format!("{timer}/suspended"), json!({"suspended": true}))
        .await
        .expect(204);
    assert_eq!(jobs(&api).await, ["s active 3"]);
    api.advance(TimeDelta::minutes(61));
    execute(&api, "s").await;
    assert_eq!(jobs(&api).await, ["s suspended 7"]);
    api.put(&format!("{timer}/jobPriority"), json!({"priority": null}))
        .await
        .expect(204);
    let activate = json!({"suspended": false, "includeJobs": true});
    api.put(&format!("{timer}/suspended"), activate).await.expect(204);
    assert_eq!(jobs(&api).await, ["s active 7"]);
    api.advance(TimeDelta::minutes(61));
    execute(&api, "s").await;
    assert_eq!(jobs(&api).await, ["s active 3"]);
}

#[tokio::test]
async fn jobs_of_a_suspended_instance_rest_until_it_is_activated() {
    let (api, _) = server().await;
    let instance = api.start_instance("p", json!({})).await;
    let suspension = format!("/process-instance/{instance}/suspended");
    api.put(&suspension, json!({"suspended": true})).await.expect(204);
    let first = place(&api, "first").await;
    let activate = json!({"suspended": false, "includeJobs": true});
    api.put(&format!("{first}/suspended"), activate).await.expect(204);
    assert_eq!(jobs(&api).await, ["first suspended 5"]);
    api.put(&suspension, json!({"suspended": false})).await.expect(204);
    assert_eq!(jobs(&api).await, ["first active 5"]);
}

#[tokio::test]
async fn what_names_no_job_definition_or_decides_nothing_is_refused() {
    let (api, id) = server().await;
    let first = place(&api, "first").await;
    let (own, priority, bulk) = (
        format!("{first}/suspended"),
        format!("{first}/jobPriority"),
        "/job-definition/suspended".to_owned(),
    );
    let yes = json!({"suspended": true});
    for (path, body, status) in [
        (own.clone(), json!({}), 400),
        (
            own.clone(),
            json!({"suspended": true, "processDefinitionKey": "p"}),
            400,
        ),
        (
            own.clone(),
            json!({"suspended": true, "executionDate": "2030-01-31T09:30:00.000+0000"}),
            501,
        ),
        ("/job-definition/other/suspended".to_owned(), yes.clone(), 404),
        (bulk.clone(), yes, 400),
        (bulk.clone(), json!({"suspended": true, "jobDefinitionId": "x"}), 400),
        (
            bulk.clone(),
            json!({"suspended": true, "processDefinitionKey": "p", "processDefinitionId": id}),
            400,
        ),
        (bulk, json!({"processDefinitionKey": "p"}), 400),
        (priority, json!({"priority": null, "includeJobs": true}), 400),
        (
            "/job-definition/other/jobPriority".to_owned(),
            json!({"priority": 1}),
            404,
        ),
    ] {
        let refused = api.put(&path, body.clone()).await;
        assert_eq!(refused.status, status, "{path} {body} {}", refused.text);
    }
    assert_eq!(list(&api, "/job-definition?suspended=true").await.len(), 0);
    assert_eq!(
        list(&api, "/job-definition?withOverridingJobPriority=true").await.len(),
        0
    );
}

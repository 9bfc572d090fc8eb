//! The main job, end to end, over HTTP, on both durable stores: deploy, start, fetch, complete,
//! with crashes, with many at once and with two servers.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::collections::HashSet;
use std::time::{Duration, Instant};

use flowstone_tests::models::{one_task, wide};
use flowstone_tests::postgres::PrivateCluster;
use flowstone_tests::server::Server;
use serde_json::{Value, json};
use tempfile::TempDir;

async fn postgres() -> String {
    PrivateCluster::shared().create_database().await.unwrap()
}

fn sqlite(directory: &TempDir) -> String {
    format!("sqlite://{}", directory.path().join("flowstone.db").display())
}

async fn fetch(server: &Server, topic: &str, count: usize, wait: u64) -> anyhow::Result<Vec<Value>> {
    let body = json!({"workerId": "w", "maxTasks": count, "asyncResponseTimeout": wait,
        "topics": [{"topicName": topic, "lockDuration": 60_000}]});
    let tasks = server.post("/external-task/fetchAndLock", &body).await?;
    Ok(tasks.as_array().cloned().unwrap_or_default())
}

fn id(task: &Value) -> String {
    task["id"].as_str().unwrap().to_owned()
}

async fn runs_to_the_end(url: &str) {
    let server = Server::start(url).await.unwrap();
    let (status, deployed) = server.deploy("one.bpmn", one_task("work")).await.unwrap();
    assert_eq!(status, 200, "{deployed}");
    let variables = json!({"variables": {"amount": {"value": 7, "type": "Integer"}}, "businessKey": "order-1"});
    let started = server
        .post("/process-definition/key/one-task/start", &variables)
        .await
        .unwrap();
    let tasks = fetch(&server, "work", 10, 5_000).await.unwrap();
    assert_eq!(tasks.len(), 1);
    assert_eq!(
        tasks[0]["variables"]["amount"],
        json!({"type": "Integer", "value": 7, "valueInfo": {}})
    );
    assert_eq!(tasks[0]["businessKey"], "order-1");
    let complete = json!({"workerId": "w", "variables": {"done": {"value": true}}});
    server
        .post(&format!("/external-task/{}/complete", id(&tasks[0])), &complete)
        .await
        .unwrap();
    let instance = started["id"].as_str().unwrap();
    let history = server
        .get(&format!("/history/process-instance/{instance}"))
        .await
        .unwrap();
    assert_eq!(history["state"], "COMPLETED");
    assert_eq!(
        server.get("/process-instance/count").await.unwrap(),
        json!({"count": 0})
    );
}

#[tokio::test]
async fn an_instance_runs_to_its_end_on_sqlite() {
    let directory = TempDir::new().unwrap();
    runs_to_the_end(&sqlite(&directory)).await;
}

#[tokio::test]
async fn an_instance_runs_to_its_end_on_postgres() {
    runs_to_the_end(&postgres().await).await;
}

/// Starts and completes with crashes in between: what was acknowledged holds.
async fn survives_crashes(url: &str) {
    let mut server = Server::start(url).await.unwrap();
    server.deploy("one.bpmn", one_task("work")).await.unwrap();
    let mut started = HashSet::new();
    let mut completed = HashSet::new();
    for round in 0..4 {
        let work = async {
            for _ in 0..25 {
                if let Ok(answer) = server.post("/process-definition/key/one-task/start", &json!({})).await {
                    started.insert(answer["id"].as_str().unwrap().to_owned());
                }
                for task in fetch(&server, "work", 2, 0).await.unwrap_or_default() {
                    assert!(!completed.contains(&id(&task)), "a completed task was handed out again");
                    let path = format!("/external-task/{}/complete", id(&task));
                    if server.post(&path, &json!({"workerId": "w"})).await.is_ok() {
                        completed.insert(id(&task));
                    }
                }
            }
        };
        // Somewhere in the middle of the work the process is killed.
        let _ = tokio::time::timeout(Duration::from_millis(40 + 37 * round), work).await;
        server.crash_and_restart().await.unwrap();
    }
    // Locks of the killed conversations are released, then the rest is worked off.
    let open = server.get("/external-task").await.unwrap();
    for task in open.as_array().unwrap() {
        assert!(!completed.contains(&id(task)), "an acknowledged completion was lost");
        server
            .post(&format!("/external-task/{}/unlock", id(task)), &json!({}))
            .await
            .unwrap();
    }
    loop {
        let tasks = fetch(&server, "work", 50, 0).await.unwrap();
        if tasks.is_empty() {
            break;
        }
        for task in tasks {
            let path = format!("/external-task/{}/complete", id(&task));
            server.post(&path, &json!({"workerId": "w"})).await.unwrap();
        }
    }
    let history = server.get("/history/process-instance?finished=true").await.unwrap();
    let ended: Vec<String> = history.as_array().unwrap().iter().map(id).collect();
    let distinct: HashSet<&String> = ended.iter().collect();
    assert_eq!(distinct.len(), ended.len(), "an instance ended twice");
    assert!(!started.is_empty());
    for instance in &started {
        assert!(distinct.contains(instance), "an acknowledged start is missing");
    }
    assert_eq!(
        server.get("/process-instance/count").await.unwrap(),
        json!({"count": 0})
    );
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_in_crashes_on_sqlite() {
    let directory = TempDir::new().unwrap();
    survives_crashes(&sqlite(&directory)).await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_in_crashes_on_postgres() {
    survives_crashes(&postgres().await).await;
}

/// Completions and variable updates on one instance at once: nobody sees a conflict.
async fn many_on_one_instance(servers: &[&Server]) {
    servers[0].deploy("wide.bpmn", wide("wide", 20)).await.unwrap();
    let started = servers[0]
        .post("/process-definition/key/wide/start", &json!({}))
        .await
        .unwrap();
    let instance = started["id"].as_str().unwrap();
    let tasks = fetch(servers[0], "wide", 20, 0).await.unwrap();
    assert_eq!(tasks.len(), 20);
    let requests = tasks.iter().enumerate().map(|(number, task)| async move {
        let server = servers[number % servers.len()];
        let variable = format!("/process-instance/{instance}/variables/v{number}");
        // The last completion ends the instance, so the update comes first.
        let update = server
            .send("PUT", &variable, Some(&json!({"value": number})))
            .await
            .unwrap();
        assert_eq!(update.0, 204, "{update:?}");
        let complete = format!("/external-task/{}/complete", id(task));
        server
            .send("POST", &complete, Some(&json!({"workerId": "w"})))
            .await
            .unwrap()
    });
    for answer in futures::future::join_all(requests).await {
        assert_eq!(answer.0, 204, "{answer:?}");
    }
    let history = servers[0]
        .get(&format!("/history/process-instance/{instance}"))
        .await
        .unwrap();
    assert_eq!(history["state"], "COMPLETED");
}

#[tokio::test]
async fn twenty_at_once_on_one_instance_all_succeed() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&sqlite(&directory)).await.unwrap();
    many_on_one_instance(&[&server]).await;
}

#[tokio::test]
async fn two_servers_share_one_database() {
    let url = postgres().await;
    let (first, second) = (Server::start(&url).await.unwrap(), Server::start(&url).await.unwrap());
    many_on_one_instance(&[&first, &second]).await;

    // A worker that waits at one server gets what is started at the other, long before its poll
    // runs out and before any sweep.
    second.deploy("one.bpmn", one_task("far")).await.unwrap();
    for _ in 0..5 {
        let waiting = async { fetch(&first, "far", 1, 20_000).await.unwrap() };
        let starting = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let begun = Instant::now();
            second
                .post("/process-definition/key/one-task/start", &json!({}))
                .await
                .unwrap();
            begun
        };
        let (tasks, begun) = tokio::join!(waiting, starting);
        assert_eq!(tasks.len(), 1);
        assert!(begun.elapsed() < Duration::from_secs(3), "only the sweep found it");
        let complete = format!("/external-task/{}/complete", id(&tasks[0]));
        second.post(&complete, &json!({"workerId": "w"})).await.unwrap();
    }
}

#[tokio::test]
async fn a_definition_that_one_server_suspends_rests_on_all() {
    let url = postgres().await;
    let (one, other) = (Server::start(&url).await.unwrap(), Server::start(&url).await.unwrap());
    one.deploy("one.bpmn", one_task("work")).await.unwrap();
    let by_key = "/process-definition/key/one-task/start";
    // Both remember the definition from here on.
    for server in [&one, &other] {
        server.post(by_key, &json!({})).await.unwrap();
    }
    let definition = one.get("/process-definition/key/one-task").await.unwrap();
    let suspension = format!("/process-definition/{}/suspended", id(&definition));
    let by_id = format!("/process-definition/{}/start", id(&definition));
    for (suspended, expected) in [(true, 500), (false, 200)] {
        let body = json!({ "suspended": suspended });
        let (status, refused) = one.send("PUT", &suspension, Some(&body)).await.unwrap();
        assert_eq!(status, 204, "{refused}");
        let (status, reply) = other.send("POST", by_key, Some(&json!({}))).await.unwrap();
        assert_eq!(status, expected, "by key, at once: {reply}");
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let (status, reply) = other.send("POST", &by_id, Some(&json!({}))).await.unwrap();
            if status == expected {
                break;
            }
            assert!(Instant::now() < deadline, "by id: {status} {reply}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn instances_in_memory_of_one_server_obey_what_the_other_decides_for_jobs() {
    const MODEL: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"
        xmlns:camunda="http://camunda.org/schema/1.0/bpmn"><process id="p" isExecutable="true"><startEvent id="s"/>
        <sequenceFlow id="f" sourceRef="s" targetRef="u"/><userTask id="u"/>
        <sequenceFlow id="g" sourceRef="u" targetRef="t"/><task id="t" camunda:asyncBefore="true"/></process>
        </definitions>"#;
    let url = postgres().await;
    let (one, other) = (Server::start(&url).await.unwrap(), Server::start(&url).await.unwrap());
    one.deploy("p.bpmn", MODEL.to_owned()).await.unwrap();
    for _ in 0..100 {
        other.post("/process-definition/key/p/start", &json!({})).await.unwrap();
    }
    let place = id(&one.get("/job-definition").await.unwrap()[0]);
    let body = json!({"suspended": true});
    let path = format!("/job-definition/{place}/suspended");
    let (status, refused) = one.send("PUT", &path, Some(&body)).await.unwrap();
    assert_eq!(status, 204, "{refused}");
    let shown = other.get(&format!("/job-definition/{place}")).await.unwrap();
    assert_eq!(shown["suspended"], true, "at once");
    let tasks = other.get("/task").await.unwrap();
    for task in tasks.as_array().unwrap() {
        let complete = format!("/task/{}/complete", id(task));
        other.post(&complete, &json!({})).await.unwrap();
        if other.get("/job/count?suspended=true").await.unwrap()["count"] == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the other server goes on making jobs that are not suspended");
}

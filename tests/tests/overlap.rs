//! What comes while a transaction is under way: the transaction is held up by a lock in the database.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use flowstone_tests::models::one_task;
use flowstone_tests::postgres::PrivateCluster;
use flowstone_tests::server::Server;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use tokio::task::JoinHandle;

/// Long enough for a command to arrive and to be carried out, if nothing keeps it.
const A_WHILE: Duration = Duration::from_millis(300);

/// A server, and a session that holds up what it writes.
struct World {
    url: String,
    server: Arc<Server>,
    session: PgConnection,
}

impl World {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[&str]) -> Self {
        let url = PrivateCluster::shared().create_database().await.unwrap();
        let server = Server::start_with(&url, settings).await.unwrap();
        let (status, body) = server.deploy("one-task.bpmn", one_task("work")).await.unwrap();
        assert_eq!(status, 200, "{body}");
        let session = PgConnection::connect(&url).await.unwrap();
        World {
            url,
            server: Arc::new(server),
            session,
        }
    }

    async fn start(&self) -> String {
        id(&self.server.post(START, &json!({})).await.unwrap())
    }

    /// From now on transactions of the server wait.
    async fn hold(&mut self) {
        let lock = "begin; lock table process_instance in exclusive mode";
        sqlx::raw_sql(lock).execute(&mut self.session).await.unwrap();
    }

    /// From now on transactions that write this instance wait.
    async fn hold_instance(&mut self, instance: &str) {
        sqlx::raw_sql("begin").execute(&mut self.session).await.unwrap();
        let lock = sqlx::query("select from process_instance where id = $1::uuid for update").bind(instance);
        lock.execute(&mut self.session).await.unwrap();
    }

    /// From now on deployments wait.
    async fn hold_definitions(&mut self) {
        let lock = "begin; lock table process_definition in exclusive mode";
        sqlx::raw_sql(lock).execute(&mut self.session).await.unwrap();
    }

    async fn let_go(&mut self) {
        sqlx::raw_sql("rollback").execute(&mut self.session).await.unwrap();
    }

    /// The backends of the server that wait.
    async fn held(&mut self) -> Vec<i32> {
        let waiting = "select pid from pg_stat_activity \
                       where datname = current_database() and wait_event_type = 'Lock'";
        sqlx::query_scalar(waiting).fetch_all(&mut self.session).await.unwrap()
    }

    /// Waits until a transaction of the server is held up; answers its backend.
    async fn until_held(&mut self) -> i32 {
        let begun = Instant::now();
        loop {
            if let [backend] = self.held().await[..] {
                return backend;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "nothing is written");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends a request; its answer comes when it comes.
    fn send(&self, method: &'static str, path: String, body: Value) -> JoinHandle<(u16, Value)> {
        let server = self.server.clone();
        tokio::spawn(async move { server.send(method, &path, Some(&body)).await.unwrap() })
    }

    fn set(&self, instance: &str, name: &str) -> JoinHandle<(u16, Value)> {
        let path = format!("/process-instance/{instance}/variables/{name}");
        self.send("PUT", path, json!({ "value": name }))
    }

    async fn variables(&self, instance: &str) -> Vec<String> {
        let path = format!("/process-instance/{instance}/variables");
        let found = self.server.get(&path).await.unwrap();
        found.as_object().unwrap().keys().cloned().collect()
    }
}

const START: &str = "/process-definition/key/one-task/start";

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_meanwhile_is_carried_out_after_it() {
    let mut world = World::new().await;
    let instance = world.start().await;
    world.hold().await;
    let first = world.set(&instance, "first");
    world.until_held().await;
    let others = [
        world.set(&instance, "second"),
        world.set(&instance, "third"),
        world.send("POST", START.to_owned(), json!({})),
    ];
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(
        world.held().await.len(),
        1,
        "the transactions of a writer never overlap"
    );
    assert!(!first.is_finished() && others.iter().all(|other| !other.is_finished()));

    world.let_go().await;
    assert_eq!(first.await.unwrap().0, 204);
    let [second, third, started] = others;
    assert_eq!((second.await.unwrap().0, third.await.unwrap().0), (204, 204));
    assert_eq!(world.variables(&instance).await, ["first", "second", "third"]);
    let started = id(&started.await.unwrap().1);

    // What was begun meanwhile goes on like any other.
    let fetch = json!({ "workerId": "w", "maxTasks": 9, "topics": [{ "topicName": "work", "lockDuration": 60_000 }] });
    let tasks = world.server.post("/external-task/fetchAndLock", &fetch).await.unwrap();
    let mut of: Vec<&str> = tasks
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["processInstanceId"].as_str().unwrap())
        .collect();
    of.sort_unstable();
    assert_eq!(of, [instance.as_str(), started.as_str()]);
    for task in tasks.as_array().unwrap() {
        let complete = format!("/external-task/{}/complete", id(task));
        world.server.post(&complete, &json!({ "workerId": "w" })).await.unwrap();
    }
    assert_eq!(world.server.get("/process-instance/count").await.unwrap()["count"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_read_meanwhile_refuses_nobody_after_another_server_changed_it() {
    let mut world = World::with(&["--instance-memory", "0"]).await;
    let other = Server::start(&world.url).await.unwrap();
    let (slow, contested) = (world.start().await, world.start().await);
    let fetch = |worker: &str| json!({ "workerId": worker, "maxTasks": 9, "topics": [{ "topicName": "work", "lockDuration": 60_000 }] });
    let tasks = other
        .post("/external-task/fetchAndLock", &fetch("first"))
        .await
        .unwrap();
    let mut tasks = tasks.as_array().unwrap().iter();
    let task = id(tasks
        .find(|task| task["processInstanceId"] == contested.as_str())
        .unwrap());
    let complete = |world: &World, worker: &str| {
        let path = format!("/external-task/{task}/complete");
        world.send("POST", path, json!({ "workerId": worker }))
    };

    world.hold_instance(&slow).await;
    let held = world.set(&slow, "held");
    world.until_held().await;
    // This one is refused, which nobody knows yet.
    let stranger = complete(&world, "stranger");
    tokio::time::sleep(A_WHILE).await;
    other
        .post(&format!("/external-task/{task}/unlock"), &json!({}))
        .await
        .unwrap();
    other
        .post("/external-task/fetchAndLock", &fetch("second"))
        .await
        .unwrap();
    let second = complete(&world, "second");
    tokio::time::sleep(A_WHILE).await;

    world.let_go().await;
    assert_eq!(held.await.unwrap().0, 204);
    assert_eq!(stranger.await.unwrap().0, 400);
    let (status, body) = second.await.unwrap();
    assert_eq!(status, 204, "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_breaks_takes_nothing_with_it() {
    let mut world = World::new().await;
    let instance = world.start().await;
    world.hold().await;
    let broken = world.set(&instance, "broken");
    let backend = world.until_held().await;
    let others = [
        world.set(&instance, "kept"),
        world.send("POST", START.to_owned(), json!({})),
    ];
    tokio::time::sleep(A_WHILE).await;
    let terminate = sqlx::query("select pg_terminate_backend($1)").bind(backend);
    terminate.execute(&mut world.session).await.unwrap();
    let (status, body) = broken.await.unwrap();
    assert!(status >= 500, "{status}: {body}");
    assert!(others.iter().all(|other| !other.is_finished()));

    world.let_go().await;
    let [kept, started] = others;
    assert_eq!(kept.await.unwrap().0, 204);
    assert_eq!(started.await.unwrap().0, 200);
    assert_eq!(world.variables(&instance).await, ["kept"]);
    assert_eq!(world.server.get("/process-instance/count").await.unwrap()["count"], 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_goes_on_when_its_client_goes_away() {
    let mut world = World::new().await;
    world.hold_definitions().await;
    let server = world.server.clone();
    let deployment = tokio::spawn(async move { server.deploy("one-task.bpmn", one_task("other")).await.map(drop) });
    world.until_held().await;
    deployment.abort();
    tokio::time::sleep(A_WHILE).await;
    world.let_go().await;

    let begun = Instant::now();
    while world.server.get("/process-definition/count").await.unwrap()["count"] != 2 {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "the deployment went away, too"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(A_WHILE).await;
    let started = world.server.post(START, &json!({})).await.unwrap();
    assert!(
        started["definitionId"].as_str().unwrap().starts_with("one-task:2:"),
        "{started}"
    );
}

//! A server that speaks as much of the wire as a worker hears (contract sections 3.4 and 3.5), on
//! a runtime of its own so that a test can pull the plug.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// A server with its tasks and what it was told.
pub struct Server {
    world: Arc<World>,
    address: SocketAddr,
    runtime: Option<Runtime>,
}

#[derive(Default)]
struct World {
    state: Mutex<Tables>,
    changed: Notify,
}

#[derive(Default)]
struct Tables {
    tasks: BTreeMap<String, Task>,
    calls: Vec<Call>,
    /// Answers to give instead of the real ones, by operation.
    faults: Vec<(&'static str, Fault)>,
    headers: Vec<HeaderMap>,
    next_token: u64,
    fencing: bool,
}

struct Task {
    topic: String,
    fields: Value,
    owner: Option<(String, Instant)>,
    token: u64,
    retries: Option<i64>,
}

/// One call as it arrived.
#[derive(Clone, Debug)]
pub struct Call {
    /// `fetchAndLock`, `complete`, `failure`, `bpmnError`, `extendLock`, `unlock`.
    pub operation: String,
    pub task: String,
    pub body: Value,
}

/// What can go wrong on the way.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// The call is refused with this status and has no effect.
    Refuse(u16),
    /// The call has its effect, but the answer is replaced by a bad gateway.
    LoseAnswer,
}

impl Server {
    pub fn start() -> Self {
        Server::on("127.0.0.1:0".parse().unwrap(), Arc::default())
    }

    /// Hands out lock tokens and insists on them.
    pub fn with_fencing(self) -> Self {
        self.tables().fencing = true;
        self
    }

    fn on(address: SocketAddr, world: Arc<World>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let guard = runtime.enter();
        let listener = std::net::TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new()
            .route("/external-task/fetchAndLock", post(fetch_and_lock))
            .route("/external-task/{id}/{operation}", post(operate))
            .route("/process-instance/{id}/variables/{name}/data", get(download))
            .layer(from_fn_with_state(Arc::clone(&world), keep_headers))
            .with_state(Arc::clone(&world));
        let app = Router::new().nest("/engine-rest", routes);
        drop(guard);
        runtime.spawn(async move { axum::serve(listener, app).await });
        Server {
            world,
            address,
            runtime: Some(runtime),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts all connections. The tasks stay, as in a database.
    pub fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// Comes back on the same address.
    pub fn restart(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while std::net::TcpListener::bind(self.address).is_err() {
            assert!(Instant::now() < deadline, "the address did not become free");
            std::thread::sleep(Duration::from_millis(5));
        }
        let again = Server::on(self.address, Arc::clone(&self.world));
        *self = again;
    }

    /// A task that waits for a worker.
    pub fn add(&self, id: &str, topic: &str, variables: Value) {
        self.add_with(id, topic, json!({ "variables": variables }));
    }

    /// A task with fields of its own beside the usual ones.
    pub fn add_with(&self, id: &str, topic: &str, fields: Value) {
        let retries = fields["retries"].as_i64();
        let task = Task {
            topic: topic.to_owned(),
            fields,
            owner: None,
            token: 0,
            retries,
        };
        self.tables().tasks.insert(id.to_owned(), task);
        self.world.changed.notify_waiters();
    }

    /// The task is gone, as when its process is cancelled.
    pub fn remove(&self, id: &str) {
        self.tables().tasks.remove(id);
    }

    /// Another worker gets the task.
    pub fn steal(&self, id: &str) {
        let mut tables = self.tables();
        let token = tables.take_token();
        let task = tables.tasks.get_mut(id).unwrap();
        task.owner = Some(("thief".to_owned(), Instant::now() + Duration::from_secs(60)));
        task.token = token;
    }

    /// The lock is over, although nobody has taken the task.
    pub fn expire(&self, id: &str) {
        self.tables().tasks.get_mut(id).unwrap().owner = None;
        self.world.changed.notify_waiters();
    }

    /// The next calls of `operation` go wrong in this way.
    pub fn fault(&self, operation: &'static str, times: usize, fault: Fault) {
        self.tables()
            .faults
            .extend(std::iter::repeat_n((operation, fault), times));
    }

    pub fn calls(&self, operation: &str) -> Vec<Call> {
        self.tables()
            .calls
            .iter()
            .filter(|call| call.operation == operation)
            .cloned()
            .collect()
    }

    /// Waits until `operation` has been called `count` times and returns the calls.
    #[track_caller]
    pub fn expect(&self, operation: &'static str, count: usize) -> impl Future<Output = Vec<Call>> {
        let caller = std::panic::Location::caller();
        async move {
            let deadline = Instant::now() + Duration::from_secs(5);
            loop {
                let calls = self.calls(operation);
                if calls.len() >= count {
                    return calls;
                }
                assert!(
                    Instant::now() < deadline,
                    "{caller}: {operation} was called {} of {count} times",
                    calls.len()
                );
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }

    pub fn last_headers(&self) -> HeaderMap {
        self.tables().headers.last().cloned().unwrap()
    }

    pub fn owner(&self, id: &str) -> Option<String> {
        self.tables().tasks[id].owner.as_ref().map(|(worker, _)| worker.clone())
    }

    pub fn has(&self, id: &str) -> bool {
        self.tables().tasks.contains_key(id)
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.world.state.lock().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Tables {
    fn take_token(&mut self) -> u64 {
        self.next_token += 1;
        self.next_token
    }

    fn fault(&mut self, operation: &str) -> Option<Fault> {
        let position = self.faults.iter().position(|(faulty, _)| *faulty == operation)?;
        Some(self.faults.remove(position).1)
    }

    /// Locks what the request may have.
    fn claim(&mut self, body: &Value) -> Vec<Value> {
        let worker = body["workerId"].as_str().unwrap();
        let limit = usize::try_from(body["maxTasks"].as_u64().unwrap()).unwrap();
        let now = Instant::now();
        let fencing = self.fencing;
        let mut claimed = Vec::new();
        for (id, task) in &mut self.tasks {
            let Some(topic) = body["topics"]
                .as_array()
                .unwrap()
                .iter()
                .find(|t| t["topicName"] == task.topic.as_str())
            else {
                continue;
            };
            let free = task.owner.as_ref().is_none_or(|(_, ends)| *ends <= now);
            if claimed.len() == limit || !free || task.retries == Some(0) {
                continue;
            }
            self.next_token += 1;
            task.token = self.next_token;
            let duration = Duration::from_millis(topic["lockDuration"].as_u64().unwrap());
            task.owner = Some((worker.to_owned(), now + duration));
            let mut item = json!({
                "id": id, "topicName": task.topic, "workerId": worker, "activityId": "charge", "activityInstanceId": "charge:1",
                "executionId": "execution", "processInstanceId": "instance", "processDefinitionId": "order:1:d",
                "processDefinitionKey": "order", "processDefinitionVersionTag": null, "tenantId": null,
                "businessKey": null, "retries": task.retries, "priority": 0, "suspended": false, "errorMessage": null,
                "errorDetails": null, "createTime": "2026-01-31T09:30:00.000+0000",
                "lockExpirationTime": "2026-01-31T09:30:10.000+0000", "variables": {}, "extensionProperties": {},
            });
            if fencing {
                item["lockToken"] = json!(task.token.to_string());
            }
            for (name, value) in task.fields.as_object().unwrap() {
                item[name] = value.clone();
            }
            item["retries"] = json!(task.retries);
            claimed.push(item);
        }
        claimed
    }

    fn operate(&mut self, id: &str, operation: &str, body: &Value) -> Response {
        let fencing = self.fencing;
        let Some(task) = self.tasks.get_mut(id) else {
            return refuse(404, &format!("External task with id {id} does not exist"));
        };
        if operation == "unlock" {
            task.owner = None;
            return StatusCode::NO_CONTENT.into_response();
        }
        let owner = task.owner.as_ref().map(|(worker, _)| worker.as_str());
        let locked = format!("External Task {id} is locked by worker '{}'.", owner.unwrap_or("null"));
        if fencing && body["lockToken"] != task.token.to_string().as_str() {
            let stale = json!({ "type": "RestException", "message": locked, "code": 20_001 });
            return json_response(400, &stale);
        }
        if owner != body["workerId"].as_str() {
            return refuse(400, &locked);
        }
        match operation {
            "complete" | "bpmnError" => {
                self.tasks.remove(id);
            }
            "failure" => {
                task.retries = Some(body["retries"].as_i64().unwrap_or(0));
                let pause = Duration::from_millis(body["retryTimeout"].as_u64().unwrap_or(0));
                task.owner = task.owner.take().map(|(worker, _)| (worker, Instant::now() + pause));
            }
            "extendLock" => {
                let duration = Duration::from_millis(body["newDuration"].as_u64().unwrap());
                task.owner = task.owner.take().map(|(worker, _)| (worker, Instant::now() + duration));
            }
            other => return refuse(404, &format!("no operation {other}")),
        }
        StatusCode::NO_CONTENT.into_response()
    }
}

async fn keep_headers(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    world.state.lock().unwrap().headers.push(request.headers().clone());
    next.run(request).await
}

async fn fetch_and_lock(State(world): State<Arc<World>>, body: String) -> Response {
    let body: Value = serde_json::from_str(&body).unwrap();
    {
        let mut tables = world.state.lock().unwrap();
        tables.calls.push(Call {
            operation: "fetchAndLock".into(),
            task: String::new(),
            body: body.clone(),
        });
        if let Some(Fault::Refuse(status)) = tables.fault("fetchAndLock") {
            return refuse(status, "At the moment the server has to handle too many requests");
        }
    }
    let deadline = Instant::now() + Duration::from_millis(body["asyncResponseTimeout"].as_u64().unwrap_or(0));
    loop {
        let changed = world.changed.notified();
        let claimed = world.state.lock().unwrap().claim(&body);
        let left = deadline.saturating_duration_since(Instant::now());
        if !claimed.is_empty() || left.is_zero() {
            return json_response(200, &Value::from(claimed));
        }
        // Locks also end without anybody saying so.
        let _ = tokio::time::timeout(left.min(Duration::from_millis(10)), changed).await;
    }
}

async fn operate(
    State(world): State<Arc<World>>,
    Path((id, operation)): Path<(String, String)>,
    body: String,
) -> Response {
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    let mut tables = world.state.lock().unwrap();
    tables.calls.push(Call {
        operation: operation.clone(),
        task: id.clone(),
        body: body.clone(),
    });
    match tables.fault(&operation) {
        Some(Fault::Refuse(status)) => refuse(status, "refused by the test"),
        Some(Fault::LoseAnswer) => {
            tables.operate(&id, &operation, &body);
            StatusCode::BAD_GATEWAY.into_response()
        }
        None => {
            let answer = tables.operate(&id, &operation, &body);
            world.changed.notify_waiters();
            answer
        }
    }
}

async fn download(Path((id, name)): Path<(String, String)>) -> String {
    format!("content of {name} at {id}")
}

fn refuse(status: u16, message: &str) -> Response {
    json_response(
        status,
        &json!({ "type": "RestException", "message": message, "code": 0 }),
    )
}

fn json_response(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}

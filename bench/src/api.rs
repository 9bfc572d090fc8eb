//! The calls of the REST API that the programs make.

use anyhow::{Context, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::http::{Connection, Target};

/// Deploys one model.
///
/// # Errors
/// When nobody answers or the model is refused.
pub async fn deploy(target: &Target, model: &str) -> anyhow::Result<()> {
    let body = format!(
        "--x\r\ncontent-disposition: form-data; name=\"deployment-name\"\r\n\r\nbench\r\n\
         --x\r\ncontent-disposition: form-data; name=\"deploy-changed-only\"\r\n\r\ntrue\r\n\
         --x\r\ncontent-disposition: form-data; name=\"data\"; filename=\"bench.bpmn\"\r\n\r\n{model}\r\n--x--\r\n"
    );
    let mut connection = Connection::open(target).await.context("no server answers")?;
    let answer = connection
        .post_as("/deployment/create", "multipart/form-data; boundary=x", body.as_bytes())
        .await?;
    expect(200, answer, "deployment").map(drop)
}

/// Starts an instance and answers its id.
///
/// # Errors
/// When the connection breaks or the start is refused.
pub async fn start(connection: &mut Connection, key: &str) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct Started {
        id: String,
    }
    let answer = connection
        .post(&format!("/process-definition/key/{key}/start"), b"{}")
        .await?;
    Ok(read::<Started>(answer, "start")?.id)
}

/// A task that was locked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// Its id.
    pub id: String,
    /// Its instance.
    pub process_instance_id: String,
}

/// Fetches and locks up to `count` tasks of a topic, waiting up to `patience` milliseconds.
///
/// # Errors
/// When the connection breaks or the fetch is refused.
pub async fn fetch(
    connection: &mut Connection,
    topic: &str,
    worker: &str,
    count: usize,
    patience: u64,
) -> anyhow::Result<Vec<Task>> {
    let body = format!(
        r#"{{"workerId":"{worker}","maxTasks":{count},"asyncResponseTimeout":{patience},"topics":[{{"topicName":"{topic}","lockDuration":60000}}]}}"#
    );
    let answer = connection.post("/external-task/fetchAndLock", body.as_bytes()).await?;
    read(answer, "fetch")
}

/// Completes a task.
///
/// # Errors
/// When the connection breaks or the completion is refused.
pub async fn complete(connection: &mut Connection, task: &str, worker: &str) -> anyhow::Result<()> {
    let body = format!(r#"{{"workerId":"{worker}"}}"#);
    let path = format!("/external-task/{task}/complete");
    let answer = connection.post(&path, body.as_bytes()).await?;
    expect(204, answer, "completion").map(drop)
}

/// Reads a resource.
///
/// # Errors
/// When the connection breaks, the request is refused or the answer is something else.
pub async fn get<T: DeserializeOwned>(connection: &mut Connection, path: &str) -> anyhow::Result<T> {
    read(connection.get(path).await?, path)
}

fn read<T: DeserializeOwned>(answer: (u16, Vec<u8>), what: &str) -> anyhow::Result<T> {
    Ok(serde_json::from_slice(&expect(200, answer, what)?)?)
}

fn expect(status: u16, answer: (u16, Vec<u8>), what: &str) -> anyhow::Result<Vec<u8>> {
    if answer.0 != status {
        bail!(
            "{what} was refused with {}: {}",
            answer.0,
            String::from_utf8_lossy(&answer.1)
        );
    }
    Ok(answer.1)
}

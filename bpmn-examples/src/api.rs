//! Calls of the REST API beside those of workers: history and user tasks.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use flowstone_worker::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// How long to pause between two looks at the server.
const PAUSE: Duration = Duration::from_millis(50);

/// A server, seen by a client of the examples.
#[derive(Clone, Debug)]
pub struct Api {
    /// Deploys and starts.
    pub processes: Client,
    base: String,
    http: reqwest::Client,
}

/// An instance in history.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// Instance id.
    pub id: String,
    /// `ACTIVE`, `COMPLETED`, …
    pub state: String,
    /// Business key.
    pub business_key: Option<String>,
    /// How long it took, in milliseconds; `None` while it runs.
    pub duration_in_millis: Option<i64>,
}

/// A task in somebody's list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserTask {
    /// Task id.
    pub id: String,
    /// What the list shows.
    pub name: Option<String>,
    /// Instance that waits for it.
    pub process_instance_id: String,
}

impl Api {
    /// A client of the server at `url`, with or without `/engine-rest`.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let processes = Client::new(url)?;
        Ok(Api {
            base: processes.base_url().trim_end_matches('/').to_owned(),
            processes,
            http: reqwest::Client::new(),
        })
    }

    /// An instance in history.
    ///
    /// # Errors
    /// When the server does not know it or does not answer.
    pub async fn history(&self, instance: &str) -> anyhow::Result<Ended> {
        self.get(&format!("/history/process-instance/{instance}"), &[]).await
    }

    /// Instances with a business key, running and ended.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn history_of(&self, business_key: &str) -> anyhow::Result<Vec<Ended>> {
        let query = [("processInstanceBusinessKey", business_key)];
        self.get("/history/process-instance", &query).await
    }

    /// Waits until an instance has ended.
    ///
    /// # Errors
    /// When it has not within `patience`.
    pub async fn until_ended(&self, instance: &str, patience: Duration) -> anyhow::Result<Ended> {
        let deadline = Instant::now() + patience;
        loop {
            let history = self.history(instance).await?;
            if history.state != "ACTIVE" {
                return Ok(history);
            }
            if Instant::now() > deadline {
                bail!("instance {instance} still runs after {patience:?}; is its worker running?");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until an instance has a user task.
    ///
    /// # Errors
    /// When it has none within `patience`.
    pub async fn until_task(&self, instance: &str, patience: Duration) -> anyhow::Result<UserTask> {
        let deadline = Instant::now() + patience;
        loop {
            let tasks: Vec<UserTask> = self.get("/task", &[("processInstanceId", instance)]).await?;
            if let Some(task) = tasks.into_iter().next() {
                return Ok(task);
            }
            if Instant::now() > deadline {
                bail!("instance {instance} has no user task after {patience:?}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Completes a user task.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn complete_task(&self, task: &str) -> anyhow::Result<()> {
        let url = format!("{}/task/{task}/complete", self.base);
        let answer = self.http.post(&url).json(&json!({})).send().await?;
        if !answer.status().is_success() {
            bail!("{url} answered {}: {}", answer.status(), answer.text().await?);
        }
        Ok(())
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<T> {
        let mut url = reqwest::Url::parse(&format!("{}{path}", self.base))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let answer = self.http.get(url).send().await?.error_for_status()?;
        answer.json().await.with_context(|| format!("the answer to {path}"))
    }
}

//! External tasks: fetch, report, keep and give back (contract sections 3.4 and 3.5).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{CALL_TIMEOUT, Client, retry_after};
use crate::variable::WireValue;
use crate::{Error, Variables};

/// What to fetch.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FetchRequest {
    /// Worker that will hold the locks.
    pub worker_id: String,
    /// How many tasks at most.
    pub max_tasks: usize,
    /// Higher priorities first.
    pub use_priority: bool,
    /// How long the server may hold the request while there is nothing; `None` answers at once.
    #[serde(rename = "asyncResponseTimeout", serialize_with = "optional_milliseconds")]
    pub wait: Option<Duration>,
    /// Topics to fetch from.
    pub topics: Vec<FetchTopic>,
}

/// One topic of a fetch, with its filters; all that are set must hold.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FetchTopic {
    /// Name of the topic.
    pub topic_name: String,
    /// How long the lock lasts.
    #[serde(serialize_with = "milliseconds")]
    pub lock_duration: Duration,
    /// Variables to bring along: `None` all that are visible.
    pub variables: Option<Vec<String>>,
    /// Only tasks of instances with this business key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_key: Option<String>,
    /// Only tasks of these processes.
    #[serde(rename = "processDefinitionKeyIn", skip_serializing_if = "Vec::is_empty")]
    pub process_definition_keys: Vec<String>,
    /// Only tasks of these tenants.
    #[serde(rename = "tenantIdIn", skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<String>,
    /// Only tasks without tenant.
    pub without_tenant_id: bool,
    /// Bring along the extension properties of the activity.
    pub include_extension_properties: bool,
}

/// The answer to a fetch.
#[derive(Debug)]
pub struct Fetched {
    /// The tasks, locked for the caller.
    pub tasks: Vec<LockedTask>,
    /// How long a busy server asks to wait before the next fetch.
    pub retry_after: Option<Duration>,
}

/// An external task as the server hands it out.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LockedTask {
    /// Id of the task.
    pub id: String,
    /// Topic it was fetched from.
    pub topic_name: String,
    /// Worker that holds it.
    pub worker_id: String,
    /// BPMN id of the activity.
    pub activity_id: String,
    /// Execution that waits in the activity.
    pub execution_id: String,
    /// Process instance.
    pub process_instance_id: String,
    /// Process definition.
    pub process_definition_id: String,
    /// Key of the process definition.
    pub process_definition_key: Option<String>,
    /// Version tag of the process definition.
    #[serde(default)]
    pub process_definition_version_tag: Option<String>,
    /// Tenant.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// Business key of the process instance.
    #[serde(default)]
    pub business_key: Option<String>,
    /// Attempts left; `None` until a first failure or an operator sets it.
    #[serde(default)]
    pub retries: Option<i32>,
    /// Higher is more urgent.
    #[serde(default)]
    pub priority: i64,
    /// Message of the last failure.
    #[serde(default)]
    pub error_message: Option<String>,
    /// Details of the last failure.
    #[serde(default)]
    pub error_details: Option<String>,
    /// End of the lock, on the clock of the server (contract section 3.3).
    #[serde(default)]
    pub lock_expiration_time: Option<crate::Date>,
    /// Creation of the task.
    #[serde(default)]
    pub create_time: Option<crate::Date>,
    /// `camunda:properties` of the activity.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub extension_properties: BTreeMap<String, String>,
    /// Variables that were asked for.
    #[serde(default, deserialize_with = "variables")]
    pub variables: Variables,
    /// Names this very lock, where the server supports fencing (contract section 5, item 1).
    #[serde(default)]
    pub(crate) lock_token: Option<Value>,
}

impl LockedTask {
    /// The lock, as needed to report on the task.
    pub fn lock(&self) -> Lock {
        Lock {
            task_id: self.id.clone(),
            worker_id: self.worker_id.clone(),
            token: self.lock_token.clone(),
        }
    }
}

/// The right to report on a task: who holds it and, where the server supports fencing, under
/// which lock.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    /// Id of the task.
    pub task_id: String,
    /// Worker that holds it.
    pub worker_id: String,
    /// Token of the lock; a report with the token of an earlier lock is refused.
    pub token: Option<Value>,
}

impl Lock {
    /// The fields every report starts with.
    fn body(&self) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("workerId".into(), Value::from(self.worker_id.as_str()));
        if let Some(token) = &self.token {
            body.insert("lockToken".into(), token.clone());
        }
        body
    }

    fn path<'a>(&'a self, operation: &'a str) -> [&'a str; 3] {
        ["external-task", &self.task_id, operation]
    }
}

/// A failed attempt.
#[derive(Clone, Debug, Default)]
pub struct FailureReport {
    /// Short text for the operator; the server keeps 666 characters.
    pub message: String,
    /// Longer text.
    pub details: Option<String>,
    /// Attempts left; 0 raises an incident.
    pub retries: u32,
    /// Time before the next attempt.
    pub retry_after: Duration,
    /// Variables to set.
    pub variables: Variables,
}

impl Client {
    /// Locks tasks and brings them along; waits for some as long as the request says.
    pub async fn fetch_and_lock(&self, request: &FetchRequest) -> Result<Fetched, Error> {
        let patience = CALL_TIMEOUT + request.wait.unwrap_or_default();
        let call = self.post(&["external-task", "fetchAndLock"], request).timeout(patience);
        let response = self.send(call).await?;
        let retry_after = retry_after(&response);
        Ok(Fetched {
            tasks: self.body(response).await?,
            retry_after,
        })
    }

    /// Reports success; the process goes on with the variables. `local` ones stay with the activity.
    pub async fn complete(&self, lock: &Lock, variables: &Variables, local: &Variables) -> Result<(), Error> {
        let mut body = lock.body();
        insert_variables(&mut body, "variables", variables);
        insert_variables(&mut body, "localVariables", local);
        self.report(lock, "complete", body).await
    }

    /// Reports a failed attempt.
    pub async fn fail(&self, lock: &Lock, failure: &FailureReport) -> Result<(), Error> {
        let mut body = lock.body();
        body.insert("errorMessage".into(), json!(failure.message));
        body.insert("errorDetails".into(), json!(failure.details));
        body.insert("retries".into(), json!(failure.retries));
        body.insert("retryTimeout".into(), json!(whole_milliseconds(failure.retry_after)));
        insert_variables(&mut body, "variables", &failure.variables);
        self.report(lock, "failure", body).await
    }

    /// Throws a BPMN error in the activity.
    pub async fn throw_bpmn_error(
        &self,
        lock: &Lock,
        code: &str,
        message: &str,
        variables: &Variables,
    ) -> Result<(), Error> {
        let mut body = lock.body();
        body.insert("errorCode".into(), json!(code));
        body.insert("errorMessage".into(), json!(message));
        insert_variables(&mut body, "variables", variables);
        self.report(lock, "bpmnError", body).await
    }

    /// Lets the lock end `duration` from now.
    pub async fn extend_lock(&self, lock: &Lock, duration: Duration) -> Result<(), Error> {
        let mut body = lock.body();
        body.insert("newDuration".into(), json!(whole_milliseconds(duration)));
        self.report(lock, "extendLock", body).await
    }

    /// Gives the task back so that another worker can have it at once.
    pub async fn unlock(&self, lock: &Lock) -> Result<(), Error> {
        self.report(lock, "unlock", lock.body()).await
    }

    /// The content of a file or bytes variable.
    pub async fn download(&self, execution_id: &str, variable: &str) -> Result<Vec<u8>, Error> {
        let call = self.request(
            reqwest::Method::GET,
            &["process-instance", execution_id, "variables", variable, "data"],
        );
        let response = self.send(call).await?;
        let content = response.bytes().await.map_err(|source| self.connection(source))?;
        Ok(content.to_vec())
    }

    async fn report(&self, lock: &Lock, operation: &str, body: Map<String, Value>) -> Result<(), Error> {
        self.send(self.post(&lock.path(operation), &body)).await.map(drop)
    }
}

/// Empty maps are left out: nothing to set.
fn insert_variables(body: &mut Map<String, Value>, field: &str, variables: &Variables) {
    if !variables.is_empty() {
        body.insert(field.into(), json!(variables.to_wire()));
    }
}

/// Durations travel in whole milliseconds.
pub(crate) fn whole_milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn milliseconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(whole_milliseconds(*duration))
}

fn optional_milliseconds<S: serde::Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration.map(whole_milliseconds).serialize(serializer)
}

fn null_is_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn variables<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Variables, D::Error> {
    let wire: Option<BTreeMap<String, WireValue>> = Option::deserialize(deserializer)?;
    Ok(Variables::from_wire(wire.unwrap_or_default()))
}

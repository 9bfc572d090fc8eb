//! Deployments, process instances and messages (contract sections 3.7 to 3.11).

use std::collections::BTreeMap;
use std::path::Path;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Client;
use crate::variable::WireValue;
use crate::{Error, Variables};

/// Models and resources to deploy together.
#[derive(Clone, Debug)]
pub struct Deployment {
    name: String,
    tenant: Option<String>,
    keep_unchanged: bool,
    files: Vec<(String, Vec<u8>)>,
}

impl Deployment {
    /// An empty deployment with a name for the operator.
    ///
    /// Files that are the same as in the last deployment of this name are left out, so an
    /// application may deploy at every start without piling up versions.
    pub fn new(name: &str) -> Self {
        Deployment {
            name: name.to_owned(),
            tenant: None,
            keep_unchanged: true,
            files: Vec::new(),
        }
    }

    /// Adds a file from memory. The suffix of the name says what it is (`.bpmn`, `.dmn`, `.form`).
    pub fn resource(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.to_owned(), content.into()));
        self
    }

    /// Adds a file from disk under its own name.
    pub fn file(self, path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let content = std::fs::read(path).map_err(|source| Error::File {
            path: path.display().to_string(),
            source,
        })?;
        let name = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned();
        Ok(self.resource(&name, content))
    }

    /// Deploys for a tenant.
    pub fn tenant(mut self, tenant: &str) -> Self {
        self.tenant = Some(tenant.to_owned());
        self
    }

    /// Makes new versions even of files that have not changed.
    pub fn redeploy_unchanged(mut self) -> Self {
        self.keep_unchanged = false;
        self
    }
}

/// What a deployment brought.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeploymentReceipt {
    /// Id of the deployment; that of the last one when nothing had changed.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Ids of the new process definitions (`key:version:id`); empty when nothing had changed.
    #[serde(rename = "deployedProcessDefinitions", default, deserialize_with = "keys")]
    pub process_definition_ids: Vec<String>,
}

/// A process instance.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProcessInstance {
    /// Id of the instance.
    pub id: String,
    /// Id of its process definition.
    pub definition_id: String,
    /// Business key.
    #[serde(default)]
    pub business_key: Option<String>,
    /// Tenant.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// Whether it has already run to its end.
    #[serde(default)]
    pub ended: bool,
    /// Whether it is suspended.
    #[serde(default)]
    pub suspended: bool,
}

/// A process to start, by its key, in the latest version.
#[derive(Clone, Debug)]
pub struct ProcessStart {
    key: String,
    tenant: Option<String>,
    business_key: Option<String>,
    variables: Variables,
}

impl ProcessStart {
    /// Starts the latest version of the process with this key.
    pub fn new(key: &str) -> Self {
        ProcessStart {
            key: key.to_owned(),
            tenant: None,
            business_key: None,
            variables: Variables::new(),
        }
    }

    /// The version of a tenant.
    pub fn tenant(mut self, tenant: &str) -> Self {
        self.tenant = Some(tenant.to_owned());
        self
    }

    /// Gives the instance a business key.
    pub fn business_key(mut self, key: &str) -> Self {
        self.business_key = Some(key.to_owned());
        self
    }

    /// Gives the instance variables, typed as by [`Variables::of`].
    pub fn variables<T: Serialize>(mut self, variables: T) -> Result<Self, Error> {
        self.variables = Variables::of(&variables)?;
        Ok(self)
    }
}

/// A message and whom it is for.
#[derive(Clone, Debug)]
pub struct MessageCorrelation {
    name: String,
    business_key: Option<String>,
    process_instance_id: Option<String>,
    correlation_keys: Variables,
    variables: Variables,
}

impl MessageCorrelation {
    /// A message by its name in the model.
    pub fn new(name: &str) -> Self {
        MessageCorrelation {
            name: name.to_owned(),
            business_key: None,
            process_instance_id: None,
            correlation_keys: Variables::new(),
            variables: Variables::new(),
        }
    }

    /// Only for the instance with this business key; a started instance gets it.
    pub fn business_key(mut self, key: &str) -> Self {
        self.business_key = Some(key.to_owned());
        self
    }

    /// Only for this instance.
    pub fn process_instance(mut self, id: &str) -> Self {
        self.process_instance_id = Some(id.to_owned());
        self
    }

    /// Only for an instance where this variable has this value.
    pub fn correlation_key<T: Serialize>(mut self, name: &str, value: T) -> Result<Self, Error> {
        self.correlation_keys.set(name, value)?;
        Ok(self)
    }

    /// Variables to set in the process that receives the message, typed as by [`Variables::of`].
    pub fn variables<T: Serialize>(mut self, variables: T) -> Result<Self, Error> {
        self.variables = Variables::of(&variables)?;
        Ok(self)
    }
}

impl Client {
    /// Deploys models. A model that cannot run is refused with all its problems.
    pub async fn deploy(&self, deployment: Deployment) -> Result<DeploymentReceipt, Error> {
        let mut form = Form::new().text("deployment-name", deployment.name);
        if deployment.keep_unchanged {
            form = form.text("deploy-changed-only", "true");
        }
        if let Some(tenant) = deployment.tenant {
            form = form.text("tenant-id", tenant);
        }
        for (index, (name, content)) in deployment.files.into_iter().enumerate() {
            // Parts of the same name would replace each other.
            form = form.part(format!("resource-{index}"), Part::bytes(content).file_name(name));
        }
        self.read(self.request(Method::POST, &["deployment", "create"]).multipart(form))
            .await
    }

    /// Starts the latest version of a process; the variables are typed as by [`Variables::of`].
    pub async fn start_process<T: Serialize>(
        &self,
        key: &str,
        variables: T,
        business_key: Option<&str>,
    ) -> Result<ProcessInstance, Error> {
        let mut start = ProcessStart::new(key).variables(variables)?;
        start.business_key = business_key.map(str::to_owned);
        self.start(start).await
    }

    /// Starts a process with all that a start can say.
    pub async fn start(&self, start: ProcessStart) -> Result<ProcessInstance, Error> {
        let body = json!({ "businessKey": start.business_key, "variables": start.variables.to_wire() });
        let path = ["process-definition", "key", &start.key];
        let call = match &start.tenant {
            None => self.post(&[&path[..], &["start"]].concat(), &body),
            Some(tenant) => self.post(&[&path[..], &["tenant-id", tenant, "start"]].concat(), &body),
        };
        self.read(call).await
    }

    /// A running instance; `None` when it has ended or never was.
    pub async fn process_instance(&self, id: &str) -> Result<Option<ProcessInstance>, Error> {
        match self.read(self.request(Method::GET, &["process-instance", id])).await {
            Err(error) if error.is_not_found() => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// The variables of a running instance.
    pub async fn variables(&self, process_instance_id: &str) -> Result<Variables, Error> {
        let path = ["process-instance", process_instance_id, "variables"];
        let call = self.request_with(Method::GET, &path, Some("deserializeValues=false"));
        let wire: BTreeMap<String, WireValue> = self.read(call).await?;
        Ok(Variables::from_wire(wire))
    }

    /// Sets variables of a running instance, typed as by [`Variables::of`].
    pub async fn set_variables<T: Serialize>(&self, process_instance_id: &str, variables: T) -> Result<(), Error> {
        let body = json!({ "modifications": Variables::of(&variables)?.to_wire() });
        let path = ["process-instance", process_instance_id, "variables"];
        self.send(self.post(&path, &body)).await.map(drop)
    }

    /// Ends a running instance without completing it.
    pub async fn delete_process_instance(&self, id: &str) -> Result<(), Error> {
        self.send(self.request(Method::DELETE, &["process-instance", id]))
            .await
            .map(drop)
    }

    /// Delivers a message to the one instance that waits for it, or starts the one process that
    /// begins with it. Refused when none or several match.
    pub async fn correlate_message(&self, message: MessageCorrelation) -> Result<(), Error> {
        let mut body = Map::new();
        body.insert("messageName".into(), Value::from(message.name));
        if let Some(key) = message.business_key {
            body.insert("businessKey".into(), Value::from(key));
        }
        if let Some(id) = message.process_instance_id {
            body.insert("processInstanceId".into(), Value::from(id));
        }
        body.insert("correlationKeys".into(), json!(message.correlation_keys.to_wire()));
        body.insert("processVariables".into(), json!(message.variables.to_wire()));
        self.send(self.post(&["message"], &body)).await.map(drop)
    }

    /// Broadcasts a signal; the variables are typed as by [`Variables::of`].
    pub async fn signal<T: Serialize>(&self, name: &str, variables: T) -> Result<(), Error> {
        let body = json!({ "name": name, "variables": Variables::of(&variables)?.to_wire() });
        self.send(self.post(&["signal"], &body)).await.map(drop)
    }
}

fn keys<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let definitions: Option<Map<String, Value>> = Option::deserialize(deserializer)?;
    Ok(definitions.unwrap_or_default().into_iter().map(|(id, _)| id).collect())
}

//! `flowstone deploy` and `flowstone start`, through the API like any client.

use std::path::PathBuf;

use anyhow::{Context, bail};
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value, json};

/// Deploys files together and prints what was defined.
pub(super) async fn deploy(
    url: &str,
    files: &[PathBuf],
    name: String,
    tenant: Option<String>,
    changed_only: bool,
) -> anyhow::Result<()> {
    let mut form = Form::new()
        .text("deployment-name", name)
        .text("deployment-source", "flowstone deploy");
    if let Some(tenant) = tenant {
        form = form.text("tenant-id", tenant);
    }
    if changed_only {
        form = form.text("deploy-changed-only", "true");
    }
    for (number, file) in files.iter().enumerate() {
        let bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let file_name = file
            .file_name()
            .unwrap_or(file.as_os_str())
            .to_string_lossy()
            .into_owned();
        form = form.part(format!("file{number}"), Part::bytes(bytes).file_name(file_name));
    }
    let request = reqwest::Client::new()
        .post(format!("{}/deployment/create", url.trim_end_matches('/')))
        .multipart(form);
    let answer = send(url, request).await?;
    println!("deployment {}", text(&answer, "id"));
    match answer.get("deployedProcessDefinitions").and_then(Value::as_object) {
        Some(definitions) => {
            for (id, definition) in definitions {
                let version = definition.get("version").and_then(Value::as_i64).unwrap_or(0);
                println!("  {} version {version}: {id}", text(definition, "key"));
            }
        }
        None => println!("  nothing changed"),
    }
    Ok(())
}

/// Starts an instance and prints its id.
pub(super) async fn start(
    url: &str,
    key: &str,
    variables: &[String],
    business_key: Option<String>,
) -> anyhow::Result<()> {
    let mut typed = Map::new();
    for variable in variables {
        let Some((name, value)) = variable.split_once('=') else {
            bail!("the variable '{variable}' must have the form name=json");
        };
        let value: Value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        let variable = if value.is_object() || value.is_array() {
            json!({"type": "Json", "value": value.to_string()})
        } else {
            json!({"value": value})
        };
        typed.insert(name.to_owned(), variable);
    }
    let path = format!("{}/process-definition/key/{key}/start", url.trim_end_matches('/'));
    let body = json!({"businessKey": business_key, "variables": typed});
    let answer = send(url, reqwest::Client::new().post(path).json(&body)).await?;
    println!("{}", text(&answer, "id"));
    Ok(())
}

async fn send(url: &str, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
    let response = request.send().await.with_context(|| {
        format!("no server answers at {url}; start one with 'flowstone serve' or name it with --url")
    })?;
    let status = response.status();
    let body = response.text().await?;
    let answer: Value = serde_json::from_str(&body).unwrap_or_default();
    if !status.is_success() {
        let message = answer.get("message").and_then(Value::as_str).unwrap_or(&body);
        bail!("the server refused it ({status}): {message}");
    }
    Ok(answer)
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or("")
}

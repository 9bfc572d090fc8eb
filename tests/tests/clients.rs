//! Unmodified clients of other languages work off the order example, on both durable stores.
//!
//! `scripts/test` installs them: the npm package `camunda-external-task-client-js` in two versions
//! and the Python package `camunda-external-task-client-python3`.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use flowstone_tests::postgres::PrivateCluster;
use flowstone_tests::server::{Server, binaries};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

fn clients() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// A worker of another language, started against a server.
fn worker(client: &str, server: &Server) -> Child {
    let directory = clients().join(client);
    let installed = |path: PathBuf| {
        assert!(
            path.exists(),
            "{} is missing; run scripts/test, which installs the clients",
            path.display()
        );
        path
    };
    let mut command = if client == "python" {
        let target = binaries().join("..").join("clients/python/bin/python");
        let mut command = Command::new(installed(target));
        command.arg(directory.join("worker.py"));
        command
    } else {
        installed(directory.join("node_modules/camunda-external-task-client-js"));
        let mut command = Command::new("node");
        command.arg(directory.join("worker.js"));
        command
    };
    command
        .arg(server.url())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

async fn place_orders(server: &Server) -> String {
    let client = Path::new(&binaries()).join("order-client");
    let run = Command::new(client).arg(server.root()).kill_on_drop(true).output();
    let output = tokio::time::timeout(Duration::from_secs(120), run)
        .await
        .unwrap()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{out}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    out
}

async fn works_off_the_orders(client: &str, server: &Server) {
    let mut worker = worker(client, server);
    let out = place_orders(server).await;
    assert!(out.contains("all orders shipped"), "{client}: {out}");
    assert!(worker.try_wait().unwrap().is_none(), "{client} gave up");
    worker.kill().await.unwrap();

    let history = server
        .get("/history/activity-instance?activityType=serviceTask&sortBy=startTime&sortOrder=asc")
        .await
        .unwrap();
    let done = |node: &str| {
        let all = history.as_array().unwrap();
        all.iter()
            .filter(|activity| activity["activityId"] == node && activity["endTime"] != Value::Null)
            .count()
    };
    assert_eq!((done("ship-order"), done("charge-card")), (4, 4), "{client}");
    // Only the order of 500 screws had to be reordered: the client's Boolean decided.
    assert_eq!(done("reorder-goods"), 1, "{client}");
}

async fn on_sqlite(client: &str) {
    let directory = TempDir::new().unwrap();
    let url = format!("sqlite://{}", directory.path().join("flowstone.db").display());
    works_off_the_orders(client, &Server::start(&url).await.unwrap()).await;
}

async fn on_postgres(client: &str) {
    let url = PrivateCluster::shared().create_database().await.unwrap();
    works_off_the_orders(client, &Server::start(&url).await.unwrap()).await;
}

#[tokio::test]
async fn the_javascript_client_3_1_runs_the_order_example_on_sqlite() {
    on_sqlite("javascript-3.1").await;
}

#[tokio::test]
async fn the_javascript_client_3_1_runs_the_order_example_on_postgres() {
    on_postgres("javascript-3.1").await;
}

#[tokio::test]
async fn the_javascript_client_2_3_runs_the_order_example_on_sqlite() {
    on_sqlite("javascript-2.3").await;
}

#[tokio::test]
async fn the_javascript_client_2_3_runs_the_order_example_on_postgres() {
    on_postgres("javascript-2.3").await;
}

#[tokio::test]
async fn the_python_client_runs_the_order_example_on_sqlite() {
    on_sqlite("python").await;
}

#[tokio::test]
async fn the_python_client_runs_the_order_example_on_postgres() {
    on_postgres("python").await;
}

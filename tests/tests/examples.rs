//! The examples run to their end by their own scripts, on both durable stores.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::path::PathBuf;

use flowstone_tests::postgres::PrivateCluster;
use flowstone_tests::server::{Server, binaries};
use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;

/// Runs the script of an example and answers what it printed.
async fn run(example: &str, url: Option<&str>) -> String {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../bpmn-examples/{example}/run"));
    let output = Command::new(&script)
        .args(url)
        .env("EXAMPLE_BINARIES", binaries())
        .output()
        .await
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(output.status.success(), "{}: {out}\n{err}", script.display());
    out
}

/// Both examples against one server: the server agrees with what the scripts say.
async fn examples_end(server: &Server) {
    let order = run("order", Some(&server.root())).await;
    assert!(order.contains("all orders shipped"), "{order}");
    let tasks = run("tasks", Some(&server.root())).await;
    assert!(tasks.contains("all workflows ended"), "{tasks}");

    let history = server.get("/history/process-instance").await.unwrap();
    let states: Vec<&str> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|instance| instance["state"].as_str().unwrap())
        .collect();
    // Four orders, one parent and the workflows of two of its three tasks.
    assert_eq!(states, ["COMPLETED"; 7]);
    // Only the order of 500 screws had to be reordered.
    let reordered = server
        .get("/history/activity-instance/count?activityId=reorder-goods")
        .await
        .unwrap();
    assert_eq!(reordered, json!({"count": 1}));
    let reported = server
        .get("/history/activity-instance/count?activityId=task-done&finished=true")
        .await
        .unwrap();
    assert_eq!(reported, json!({"count": 2}));
}

#[tokio::test]
async fn the_examples_run_to_their_end_on_sqlite() {
    let directory = TempDir::new().unwrap();
    let url = format!("sqlite://{}", directory.path().join("flowstone.db").display());
    examples_end(&Server::start(&url).await.unwrap()).await;
}

#[tokio::test]
async fn the_examples_run_to_their_end_on_postgres() {
    let url = PrivateCluster::shared().create_database().await.unwrap();
    examples_end(&Server::start(&url).await.unwrap()).await;
}

#[tokio::test]
async fn the_first_command_of_the_readme_needs_no_server() {
    let readme = include_str!("../../README.md");
    assert!(readme.contains("bpmn-examples/order/run"));
    let out = run("order", None).await;
    assert!(out.contains("all orders shipped"), "{out}");
}

//! Recorded behaviour of the reference engine, replayed; and files that must be refused.
//!
//! The recordings stand beside the project. Where they are absent there is nothing to compare
//! with, and the suite says so.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::path::PathBuf;
use std::process::Command;

use flowstone_tests::postgres::PrivateCluster;
use flowstone_tests::server::Server;
use serde_json::{Value, json};
use tempfile::TempDir;

fn recordings() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/scenarios");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} does not exist", folder.display());
    None
}

/// Recordings that are not followed; `docs/differences.md` says why.
const DIFFERENT: [&str; 6] = [
    "compensate/CompensateEventTest.testCompensateActivityRefMiActivity.bpmn20.xml",
    "compensate/CompensateEventTest.testCompensateSubprocessInsideSubprocess.bpmn20.xml",
    "compensation/nestedMultiInstanceCompensationThrowOuterProcess.bpmn20.xml",
    "compensation/parallelMultiInstanceCompensationDefaultHandlerProcess.bpmn20.xml",
    "compensation/parallelMultiInstanceCompensationSubProcessHandlerProcess.bpmn20.xml",
    "job/asyncBeforeParallelMultiInstanceTask.bpmn20.xml",
];

fn differs(file: &str) -> bool {
    DIFFERENT.contains(&file)
}

async fn replay(url: &str, settings: &[&str]) {
    let Some(folder) = recordings() else {
        return;
    };
    let server = Server::start_with(url, settings).await.unwrap();
    let output = Command::new("python3")
        .current_dir(&folder)
        .args(["-B", "replay.py", &server.url(), "walks.jsonl", "models"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    // A model with an element that is not executed yet is refused by name; every other walk must
    // go as recorded.
    let wrong: Vec<&Value> = report["failures"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|failure| !failure["fail"].as_str().unwrap().starts_with("deploy 400"))
        .filter(|failure| !differs(failure["files"][0].as_str().unwrap()))
        .collect();
    println!("{}: {}", server.url(), report["total"]);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(
        report["total"]["okWalks"].as_u64().unwrap() >= 606,
        "{}",
        report["total"]
    );
}

#[tokio::test]
async fn recorded_walks_go_as_recorded_on_sqlite() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("flowstone.db");
    replay(&format!("sqlite://{}", path.display()), &[]).await;
}

#[tokio::test]
async fn recorded_walks_go_as_recorded_in_memory() {
    replay("memory:", &[]).await;
}

#[tokio::test]
async fn recorded_walks_go_as_recorded_when_instances_are_saved_and_loaded_between_all_steps() {
    replay("memory:", &["--instance-memory", "0"]).await;
}

#[tokio::test]
async fn recorded_walks_go_as_recorded_on_postgres() {
    replay(&PrivateCluster::shared().create_database().await.unwrap(), &[]).await;
}

#[tokio::test]
async fn hostile_and_wrong_files_are_refused_and_nothing_is_stored() {
    let server = Server::start("memory:").await.unwrap();
    let mut files = vec![
        (
            "random.bpmn".to_owned(),
            (0..10_000u32)
                .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
                .collect(),
        ),
        ("nested.bpmn".to_owned(), "<a>".repeat(100_000).into_bytes()),
        (
            "laughs.bpmn".to_owned(),
            br#"<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>"#.to_vec(),
        ),
        ("empty.bpmn".to_owned(), Vec::new()),
    ];
    if let Some(folder) = recordings() {
        for file in std::fs::read_dir(folder.join("rejected")).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name != "expected.json" {
                files.push((name, std::fs::read(path).unwrap()));
            }
        }
    }
    for (name, bytes) in files {
        let (status, answer) = server.deploy(&name, bytes).await.unwrap();
        assert_eq!(status, 400, "{name}: {answer}");
        let errors = &answer["details"][&name]["errors"];
        assert!(
            errors[0]["line"].is_u64() && errors[0]["column"].is_u64(),
            "{name}: {answer}"
        );
    }
    assert_eq!(server.get("/deployment/count").await.unwrap(), json!({"count": 0}));
}

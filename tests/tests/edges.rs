//! The rooms know of each other in one direction only.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::process::Command;

use serde_json::Value;

/// Every crate of ours with the crates of ours that its shipped code may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("flowstone-expression", &[]),
    ("flowstone-script", &["flowstone-expression", "flowstone-feel"]),
    ("flowstone-bpmn", &["flowstone-expression", "flowstone-script"]),
    ("flowstone-schedule", &["flowstone-expression"]),
    ("flowstone-feel", &[]),
    (
        "flowstone-decision",
        &["flowstone-expression", "flowstone-feel", "flowstone-script"],
    ),
    (
        "flowstone-core",
        &[
            "flowstone-bpmn",
            "flowstone-expression",
            "flowstone-schedule",
            "flowstone-script",
        ],
    ),
    ("flowstone-store", &["flowstone-core", "flowstone-expression"]),
    (
        "flowstone-store-postgres",
        &["flowstone-core", "flowstone-expression", "flowstone-store"],
    ),
    (
        "flowstone-store-sqlite",
        &["flowstone-core", "flowstone-expression", "flowstone-store"],
    ),
    (
        "flowstone-engine",
        &[
            "flowstone-bpmn",
            "flowstone-core",
            "flowstone-decision",
            "flowstone-expression",
            "flowstone-feel",
            "flowstone-script",
            "flowstone-store",
        ],
    ),
    (
        "flowstone-server",
        &[
            "flowstone-bpmn",
            "flowstone-core",
            "flowstone-engine",
            "flowstone-expression",
            "flowstone-store",
            "flowstone-store-postgres",
            "flowstone-store-sqlite",
        ],
    ),
    ("flowstone-worker", &[]),
    ("flowstone-tests", &[]),
    (
        "flowstone-fuzz",
        &[
            "flowstone-bpmn",
            "flowstone-core",
            "flowstone-decision",
            "flowstone-expression",
            "flowstone-feel",
            "flowstone-schedule",
            "flowstone-script",
        ],
    ),
];

/// Crates that the pure rooms must never use.
const WORLD: &[&str] = &["tokio", "sqlx", "reqwest", "axum", "rand"];

#[test]
fn rooms_use_only_what_they_may() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--manifest-path",
            manifest,
        ])
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    for (name, allowed) in ALLOWED {
        let package = packages.iter().find(|package| package["name"] == *name).unwrap();
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let used: Vec<&str> = dependencies
            .filter(|dependency| dependency["kind"].is_null() && dependency["optional"] == false)
            .map(|dependency| dependency["name"].as_str().unwrap())
            .collect();
        for dependency in &used {
            let ours = dependency.starts_with("flowstone-");
            assert!(
                !ours || allowed.contains(dependency),
                "{name} must not use {dependency}"
            );
        }
        if [
            "flowstone-expression",
            "flowstone-bpmn",
            "flowstone-core",
            "flowstone-schedule",
            "flowstone-feel",
            "flowstone-decision",
            "flowstone-script",
        ]
        .contains(name)
        {
            for dependency in WORLD {
                assert!(
                    !used.contains(dependency),
                    "{name} is pure and must not use {dependency}"
                );
            }
        }
    }
}

//! The SQLite store keeps the contract, in a file.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::sync::Arc;

use flowstone_store::SharedStore;
use flowstone_store_sqlite::{SqliteOptions, SqliteStore};
use tempfile::TempDir;

async fn fresh() -> (SharedStore, TempDir) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("data").join("flowstone.db");
    let store = SqliteStore::open(path, SqliteOptions::default()).await.unwrap();
    (Arc::new(store), directory)
}

flowstone_store::conformance_tests!(fresh);

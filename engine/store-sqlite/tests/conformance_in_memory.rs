//! The SQLite store keeps the contract, in memory.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::path::Path;
use std::sync::Arc;

use flowstone_store::SharedStore;
use flowstone_store_sqlite::{SqliteOptions, SqliteStore};

async fn fresh() -> (SharedStore, ()) {
    let store = SqliteStore::open(Path::new(":memory:"), SqliteOptions::default())
        .await
        .unwrap();
    (Arc::new(store), ())
}

flowstone_store::conformance_tests!(fresh);

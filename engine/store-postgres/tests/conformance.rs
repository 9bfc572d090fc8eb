//! The Postgres store keeps the contract.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::sync::Arc;

use flowstone_store::SharedStore;
use flowstone_store_postgres::{PostgresOptions, PostgresStore};
use flowstone_tests::postgres::PrivateCluster;

async fn fresh() -> (SharedStore, ()) {
    let url = PrivateCluster::shared().create_database().await.unwrap();
    let store = PostgresStore::connect(&url, PostgresOptions::default()).await.unwrap();
    (Arc::new(store), ())
}

flowstone_store::conformance_tests!(fresh);

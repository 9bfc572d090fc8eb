//! The in-memory store keeps the contract.

use std::sync::Arc;

use flowstone_store::{MemoryStore, SharedStore};

async fn fresh() -> (SharedStore, ()) {
    (Arc::new(MemoryStore::new()), ())
}

flowstone_store::conformance_tests!(fresh);

//! What workers see of external tasks (contract 3.4 to 3.6).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod fetches;
mod lists;
mod reports;
#[path = "../support/mod.rs"]
mod support;

use serde_json::Value;

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("no text {field} in {value}"))
}

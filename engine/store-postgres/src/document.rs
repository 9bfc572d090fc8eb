//! Variables as the JSON document of their scope.
//!
//! A value is stored as `{"type":"Integer","value":5}`. A value whose stored form is larger than
//! [`INLINE_LIMIT`], or that holds the character U+0000, which `jsonb` cannot, leaves the document:
//! its place is taken by `{"type":"String","large":"<sha256>"}` and its stored form lies in
//! `large_value` under that hash.

use std::collections::{BTreeMap, HashMap};

use flowstone_expression::{TypedValue, Variables};
use flowstone_store::{Error, Result};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::error::corrupt;

/// Largest stored form of a value, in bytes, that stays in the document of its scope.
pub(crate) const INLINE_LIMIT: usize = 16 * 1024;

/// Member of a document entry that refers to a value outside.
const REFERENCE: &str = "large";

/// A value outside the document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LargeValue {
    pub(crate) hash: String,
    pub(crate) content: String,
}

/// The document of a scope; values too large for it are added to `large`.
pub(crate) fn write(variables: &Variables, large: &mut Vec<LargeValue>) -> Result<String> {
    let mut document = String::with_capacity(2 + variables.len() * 48);
    document.push('{');
    for (name, value) in variables {
        if document.len() > 1 {
            document.push(',');
        }
        document.push_str(&encode(&crate::text::storable(name))?);
        document.push(':');
        let (stored, outside) = write_value(value)?;
        document.push_str(&stored);
        large.extend(outside);
    }
    document.push('}');
    Ok(document)
}

/// The entry of one value and, if it lies outside, its content.
pub(crate) fn write_value(value: &TypedValue) -> Result<(String, Option<LargeValue>)> {
    let stored = encode(value)?;
    if stored.len() <= INLINE_LIMIT && !stored.contains("\\u0000") {
        return Ok((stored, None));
    }
    let hash = Sha256::digest(stored.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    let entry = format!(r#"{{"type":"{}","{REFERENCE}":"{hash}"}}"#, value.type_name());
    Ok((entry, Some(LargeValue { hash, content: stored })))
}

fn encode(value: &(impl serde::Serialize + ?Sized)) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Failed(format!("a variable cannot be stored: {error}")))
}

/// The contents of large values by instance and hash.
pub(crate) type LargeValues = HashMap<(Uuid, String), String>;

/// Whether a document may refer to values outside. May be wrong for a text that looks like one.
pub(crate) fn may_refer(document: &str) -> bool {
    document.contains("\"large\"")
}

/// The variables of a document.
pub(crate) fn read(document: &str, instance: Uuid, large: &LargeValues) -> Result<Variables> {
    if !may_refer(document) {
        return serde_json::from_str(document).map_err(|error| unreadable(instance, &error));
    }
    let entries: BTreeMap<String, Value> =
        serde_json::from_str(document).map_err(|error| unreadable(instance, &error))?;
    entries
        .into_iter()
        .map(|(name, entry)| Ok((name, read_value(entry, instance, large)?)))
        .collect()
}

/// The value of one entry of a document.
pub(crate) fn read_value(entry: Value, instance: Uuid, large: &LargeValues) -> Result<TypedValue> {
    match entry.get(REFERENCE).and_then(Value::as_str) {
        Some(hash) => {
            let content = large
                .get(&(instance, hash.to_owned()))
                .ok_or_else(|| corrupt(format!("a large variable of instance {instance} is missing")))?;
            serde_json::from_str(content).map_err(|error| unreadable(instance, &error))
        }
        None => serde_json::from_value(entry).map_err(|error| unreadable(instance, &error)),
    }
}

fn unreadable(instance: Uuid, error: &serde_json::Error) -> Error {
    tracing::warn!(%instance, %error, "the variables of an instance cannot be read");
    corrupt(format!("the variables of instance {instance}"))
}

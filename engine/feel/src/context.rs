//! Contexts: ordered maps from names to values.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::Value;

/// An ordered map from names to values. Entries keep the order in which they were first set.
#[derive(Clone, Debug, Default)]
pub struct Context {
    entries: IndexMap<Arc<str>, Value>,
    depth: u16,
}

impl Context {
    /// A context without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// This context with one entry more, or with another value for an entry it has.
    #[must_use]
    pub fn with(mut self, name: impl Into<Arc<str>>, value: impl Into<Value>) -> Self {
        self.insert(name, value);
        self
    }

    /// Sets an entry. A new entry comes last; a known one keeps its place.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, value: impl Into<Value>) {
        let value = value.into();
        self.depth = self.depth.max(value.depth());
        self.entries.insert(name.into(), value);
    }

    /// The value of an entry.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries.get(name)
    }

    /// Whether there is an entry of this name, be it null.
    pub fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Arc<str>, &Value)> {
        self.entries.iter()
    }

    /// How deep values lie in each other here; a context of plain values has depth 1.
    pub(crate) fn depth(&self) -> u16 {
        self.depth.saturating_add(1)
    }
}

impl<N: Into<Arc<str>>, V: Into<Value>> FromIterator<(N, V)> for Context {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(entries: I) -> Self {
        let mut context = Self::new();
        for (name, value) in entries {
            context.insert(name, value);
        }
        context
    }
}

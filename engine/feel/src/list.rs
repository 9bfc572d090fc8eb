//! Lists.

use std::ops::Deref;

use crate::Value;

/// An ordered list of values. It dereferences to a slice.
#[derive(Clone, Debug, Default)]
pub struct List {
    items: Vec<Value>,
    depth: u16,
}

impl List {
    /// A list of these items.
    pub fn new(items: Vec<Value>) -> Self {
        let depth = items.iter().map(Value::depth).max().unwrap_or(0).saturating_add(1);
        Self { items, depth }
    }

    /// The items, in order.
    pub fn as_slice(&self) -> &[Value] {
        &self.items
    }

    /// The items themselves.
    pub fn into_vec(self) -> Vec<Value> {
        self.items
    }

    pub(crate) fn push(&mut self, item: Value) {
        self.depth = self.depth.max(item.depth().saturating_add(1));
        self.items.push(item);
    }

    /// How deep values lie in each other here; a list of plain values has depth 1.
    pub(crate) fn depth(&self) -> u16 {
        self.depth
    }
}

impl Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.items
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Self::new(items.into_iter().collect())
    }
}

//! The values of names where an expression is evaluated.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use crate::{Context, Value};

/// Names and their values, in layers: an inner layer hides the outer ones. Cheap to clone and to extend.
#[derive(Clone, Default)]
pub struct Scope {
    top: Option<Arc<Layer>>,
}

struct Layer {
    outer: Scope,
    bindings: Bindings,
    depth: u16,
}

enum Bindings {
    One(Arc<str>, Value),
    Many(Arc<Context>),
}

impl Scope {
    /// A scope without names.
    pub fn new() -> Self {
        Self::default()
    }

    /// This scope with one name more, which hides an outer one.
    #[must_use]
    pub fn with(&self, name: impl Into<Arc<str>>, value: impl Into<Value>) -> Self {
        self.layer(Bindings::One(name.into(), value.into()))
    }

    /// This scope with all entries of a context as names, which hide outer ones.
    #[must_use]
    pub fn with_context(&self, context: Arc<Context>) -> Self {
        self.layer(Bindings::Many(context))
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let mut scope = self;
        while let Some(layer) = &scope.top {
            let found = match &layer.bindings {
                Bindings::One(own, value) => (**own == *name).then_some(value),
                Bindings::Many(context) => context.get(name),
            };
            if found.is_some() {
                return found;
            }
            scope = &layer.outer;
        }
        None
    }

    /// All names that have a value, each once, the innermost first.
    pub fn names(&self) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = Vec::new();
        let mut seen = HashSet::new();
        let mut scope = self;
        while let Some(layer) = &scope.top {
            match &layer.bindings {
                Bindings::One(name, _) => names.extend(seen.insert(name.clone()).then(|| name.clone())),
                Bindings::Many(context) => {
                    let new = context.iter().map(|(name, _)| name);
                    names.extend(new.filter(|name| seen.insert(Arc::clone(name))).cloned());
                }
            }
            scope = &layer.outer;
        }
        names
    }

    /// How deep values lie in each other here.
    pub(crate) fn depth(&self) -> u16 {
        self.top.as_ref().map_or(0, |layer| layer.depth)
    }

    fn layer(&self, bindings: Bindings) -> Self {
        let own = match &bindings {
            Bindings::One(_, value) => value.depth(),
            Bindings::Many(context) => context.depth(),
        };
        let depth = self.depth().saturating_add(1).max(own.saturating_add(1));
        Self {
            top: Some(Arc::new(Layer {
                outer: self.clone(),
                bindings,
                depth,
            })),
        }
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = formatter.debug_map();
        let mut scope = self;
        while let Some(layer) = &scope.top {
            match &layer.bindings {
                Bindings::One(name, value) => {
                    map.entry(name, value);
                }
                Bindings::Many(context) => {
                    map.entries(context.iter());
                }
            }
            scope = &layer.outer;
        }
        map.finish()
    }
}

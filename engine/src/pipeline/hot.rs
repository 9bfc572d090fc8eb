//! Instances in memory, as last written by this process.

use std::collections::HashMap;
use std::sync::Arc;

use flowstone_core::Instance;
use uuid::Uuid;

use crate::cache::Cache;
use crate::definitions::Definition;

/// An instance in memory. Its version is checked when it is written, so that a change by another
/// process is noticed.
#[derive(Debug)]
pub(super) struct Hot {
    pub(super) instance: Instance,
    pub(super) definition: Arc<Definition>,
    pub(super) version: i64,
}

/// A bounded set of instances, with the way from the ids inside them.
#[derive(Debug)]
pub(super) struct HotInstances {
    instances: Cache<Uuid, Hot>,
    owners: HashMap<Uuid, Uuid>,
}

impl HotInstances {
    pub(super) fn new(bound: usize) -> Self {
        HotInstances {
            instances: Cache::new(bound),
            owners: HashMap::new(),
        }
    }

    /// The instance in memory that an id belongs to.
    pub(super) fn owner(&self, id: Uuid) -> Option<Uuid> {
        if self.instances.contains(&id) {
            return Some(id);
        }
        self.owners.get(&id).copied()
    }

    pub(super) fn contains(&self, id: Uuid) -> bool {
        self.instances.contains(&id)
    }

    pub(super) fn get(&mut self, id: Uuid) -> Option<&mut Hot> {
        self.instances.get(&id)
    }

    pub(super) fn insert(&mut self, hot: Hot) {
        let id = hot.instance.id;
        for token in hot.instance.tokens() {
            self.owners.insert(token.id, id);
        }
        for scope in hot.instance.scopes() {
            self.owners.insert(scope.id, id);
        }
        for job in hot.instance.jobs() {
            self.owners.insert(job.id, id);
        }
        let weight = hot.instance.estimated_size();
        self.instances.insert(id, hot, weight);
    }

    pub(super) fn remove(&mut self, id: Uuid) {
        if let Some(hot) = self.instances.remove(&id) {
            self.disown(&hot);
        }
    }

    /// Follows what a batch did to an instance that stays.
    pub(super) fn moved(
        &mut self,
        id: Uuid,
        inserted: impl IntoIterator<Item = Uuid>,
        deleted: impl IntoIterator<Item = Uuid>,
    ) {
        for token in deleted {
            self.owners.remove(&token);
        }
        for token in inserted {
            self.owners.insert(token, id);
        }
        if let Some(weight) = self.get(id).map(|hot| hot.instance.estimated_size()) {
            self.instances.reweigh(&id, weight);
        }
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.instances.clear();
        self.owners.clear();
    }

    pub(super) fn shrink(&mut self) {
        for hot in self.instances.shrink() {
            self.disown(&hot);
        }
    }

    fn disown(&mut self, hot: &Hot) {
        for token in hot.instance.tokens() {
            self.owners.remove(&token.id);
        }
        for scope in hot.instance.scopes() {
            self.owners.remove(&scope.id);
        }
        for job in hot.instance.jobs() {
            self.owners.remove(&job.id);
        }
    }
}

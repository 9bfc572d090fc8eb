//! Instances in memory, as last written by this process.

use std::collections::{HashMap, HashSet};
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
    /// The ids that lead to each instance: those of what has left it since are forgotten with it, too.
    owned: HashMap<Uuid, HashSet<Uuid>>,
}

impl HotInstances {
    pub(super) fn new(bound: usize) -> Self {
        HotInstances {
            instances: Cache::new(bound),
            owners: HashMap::new(),
            owned: HashMap::new(),
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
        self.remove(id);
        let tokens = hot.instance.tokens().map(|token| token.id);
        let scopes = hot.instance.scopes().map(|scope| scope.id);
        let jobs = hot.instance.jobs().map(|job| job.id);
        self.own(id, tokens.chain(scopes).chain(jobs));
        let weight = hot.instance.estimated_size();
        self.instances.insert(id, hot, weight);
    }

    pub(super) fn remove(&mut self, id: Uuid) {
        self.instances.remove(&id);
        self.disown(id);
    }

    /// Follows what a batch did to an instance that stays.
    pub(super) fn moved(
        &mut self,
        id: Uuid,
        inserted: impl IntoIterator<Item = Uuid>,
        deleted: impl IntoIterator<Item = Uuid>,
    ) {
        let Some(owned) = self.owned.get_mut(&id) else {
            return;
        };
        for part in deleted {
            owned.remove(&part);
            self.owners.remove(&part);
        }
        self.own(id, inserted);
        if let Some(weight) = self.get(id).map(|hot| hot.instance.estimated_size()) {
            self.instances.reweigh(&id, weight);
        }
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.instances.clear();
        self.owners.clear();
        self.owned.clear();
    }

    pub(super) fn shrink(&mut self) {
        for hot in self.instances.shrink() {
            self.disown(hot.instance.id);
        }
    }

    fn own(&mut self, id: Uuid, parts: impl IntoIterator<Item = Uuid>) {
        let owned = self.owned.entry(id).or_default();
        for part in parts {
            owned.insert(part);
            self.owners.insert(part, id);
        }
    }

    fn disown(&mut self, id: Uuid) {
        for part in self.owned.remove(&id).into_iter().flatten() {
            self.owners.remove(&part);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use chrono::Utc;
    use flowstone_bpmn::{Limits, parse};
    use flowstone_core::{Command, CountingIds, Start, StepOptions, compile, start, step};
    use flowstone_expression::Variables;
    use flowstone_store::record::DefinitionRecord;

    use super::*;

    const ONE_TASK: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="test">
        <process id="p" isExecutable="true"><startEvent id="s"/><userTask id="t"/>
        <sequenceFlow id="f" sourceRef="s" targetRef="t"/></process></definitions>"#;

    fn definition() -> Arc<Definition> {
        let document = parse("p.bpmn", ONE_TASK.as_bytes(), &Limits::default())
            .document
            .unwrap();
        let record = DefinitionRecord {
            id: "p:1".into(),
            key: "p".into(),
            category: None,
            description: None,
            name: None,
            version: 1,
            resource_name: "p.bpmn".to_owned(),
            deployment_id: Uuid::nil(),
            deployed_at: Utc::now(),
            diagram: None,
            suspended: false,
            tenant_id: None,
            version_tag: None,
            history_time_to_live: None,
            startable_in_tasklist: true,
        };
        Arc::new(Definition {
            record,
            executable: compile(&document.processes[0]),
            generation: 0,
        })
    }

    #[test]
    fn what_left_an_instance_is_forgotten_with_it() {
        let (definition, mut ids, now) = (definition(), CountingIds::default(), Utc::now());
        let (executable, options) = (&definition.executable, StepOptions::default());
        let key = definition.record.id.clone();
        let begin = Start::default();
        let (instance, _) = start(executable, Uuid::from_u128(7), key, &begin, now, &mut ids, &options).unwrap();
        let (id, task) = (instance.id, instance.tokens().next().unwrap().id);
        let mut hot = HotInstances::new(1 << 20);
        hot.insert(Hot {
            instance,
            definition: definition.clone(),
            version: 0,
        });
        assert_eq!(hot.owner(task), Some(id));
        let complete = Command::CompleteUserTask {
            task,
            variables: Variables::new(),
        };
        let instance = &mut hot.get(id).unwrap().instance;
        step(executable, instance, &complete, now, &mut ids, &options).unwrap();
        assert!(instance.ended);
        hot.remove(id);
        assert_eq!(hot.owner(task), None);
        assert!(hot.owners.is_empty() && hot.owned.is_empty());
    }
}

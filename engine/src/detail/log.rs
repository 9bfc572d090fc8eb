//! The log of one instance, read from its beginning.

use std::collections::{HashMap, HashSet};

use flowstone_core::{Event, Wait};
use flowstone_expression::TypedValue;
use flowstone_store::Error as StoreError;
use flowstone_store::record::{EventLogRow, HistoricInstanceRecord};
use uuid::Uuid;

use super::{DetailKind, HistoricDetail};

/// Reads the commits of an instance in their order.
pub(super) struct LogReader {
    instance: HistoricInstanceRecord,
    /// How often each variable of a scope was written.
    written: HashMap<Uuid, HashMap<String, i32>>,
    user_tasks: HashSet<Uuid>,
    /// Whether nothing happened yet but the start.
    begins: bool,
}

impl LogReader {
    pub(super) fn new(instance: HistoricInstanceRecord) -> Self {
        LogReader {
            instance,
            written: HashMap::new(),
            user_tasks: HashSet::new(),
            begins: true,
        }
    }

    /// What the next commit tells.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be read.
    pub(super) fn read(&mut self, commit: &EventLogRow) -> Result<Vec<HistoricDetail>, StoreError> {
        let events: Vec<Event> = serde_json::from_slice(&commit.events).map_err(|error| {
            StoreError::Corrupt(format!(
                "the events of version {} of instance {}: {error}",
                commit.version, commit.instance_id
            ))
        })?;
        let mut details = Vec::new();
        for (position, event) in events.into_iter().enumerate() {
            let told = self.told_by(event);
            details.extend(
                told.into_iter()
                    .enumerate()
                    .map(|(part, (scope, kind))| HistoricDetail {
                        id: format!("{}:{}:{position}.{part}", self.instance.id, commit.version),
                        instance_id: self.instance.id,
                        root_instance_id: self.instance.root_instance_id,
                        definition_id: self.instance.definition_id.clone(),
                        definition_key: self.instance.definition_key.clone(),
                        tenant_id: self.instance.tenant_id.clone(),
                        scope_id: scope,
                        task_id: self.user_tasks.contains(&scope).then_some(scope),
                        at: commit.at,
                        kind,
                    }),
            );
        }
        Ok(details)
    }

    /// What an event tells of variables and forms, each with its scope.
    fn told_by(&mut self, event: Event) -> Vec<(Uuid, DetailKind)> {
        match event {
            Event::VariablesCreated { scope, variables } => {
                let initial = self.begins && scope == self.instance.id;
                self.begins &= !initial;
                let created = variables.into_iter();
                created
                    .map(|(name, value)| self.update(scope, name, value, initial))
                    .collect()
            }
            Event::TokenRested(token) => {
                if matches!(token.wait, Wait::UserTask(_)) {
                    self.user_tasks.insert(token.id);
                }
                let created = token.variables.into_iter();
                created
                    .map(|(name, value)| self.update(token.id, name, value, false))
                    .collect()
            }
            Event::VariableSet { scope, name, value } => vec![self.update(scope, name, value, false)],
            Event::VariableRemoved { scope, name } => vec![self.update(scope, name, TypedValue::Null, false)],
            Event::FormSubmitted { task, fields } => {
                let scope = task.unwrap_or(self.instance.id);
                let fields = fields.into_iter();
                fields
                    .map(|(field, value)| (scope, DetailKind::FormField { field, value }))
                    .collect()
            }
            Event::TokenLeft { id, .. } => {
                self.written.remove(&id);
                self.user_tasks.remove(&id);
                Vec::new()
            }
            Event::InstanceStarted { .. } => Vec::new(),
            _ => {
                self.begins = false;
                Vec::new()
            }
        }
    }

    fn update(&mut self, scope: Uuid, name: String, value: TypedValue, initial: bool) -> (Uuid, DetailKind) {
        let written = self.written.entry(scope).or_default().entry(name.clone()).or_insert(0);
        let revision = *written;
        *written += 1;
        let kind = DetailKind::Variable {
            name,
            value,
            revision,
            initial,
        };
        (scope, kind)
    }
}

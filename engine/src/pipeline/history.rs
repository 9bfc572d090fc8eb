//! What a batch appends to history beside process and activity instances.
//!
//! Rows are made of what the core took out of an instance, as it was at last, so that nothing is
//! written while something runs.

use chrono::{DateTime, Utc};
use flowstone_core::{Event, Instance, Removed, Wait};
use flowstone_expression::Variables;
use flowstone_store::history::{HistoricVariablesRow, HistoryRows};
use uuid::Uuid;

use crate::definitions::Definition;
use crate::history::HistoryLevel;

/// What rows of history need to know of their instance.
pub(super) struct Past<'a> {
    pub(super) definition: &'a Definition,
    pub(super) instance: &'a Instance,
    pub(super) events: &'a [Event],
    pub(super) removed: &'a Removed,
    pub(super) now: DateTime<Utc>,
}

impl Past<'_> {
    /// The rows of a level of history.
    pub(super) fn rows(&self, level: HistoryLevel) -> HistoryRows {
        let mut rows = HistoryRows::default();
        if level >= HistoryLevel::Audit {
            rows.variables = self.variables();
        }
        rows
    }

    fn variables(&self) -> Vec<HistoricVariablesRow> {
        let ended = self
            .events
            .iter()
            .any(|event| matches!(event, Event::InstanceEnded { .. }));
        let root = self.instance.root().filter(|_| ended);
        let scopes = self.removed.scopes.iter().chain(root);
        let of_scopes = scopes.map(|scope| (scope.id, None, scope.started_at, &scope.variables));
        // Tokens that wait for a job or for the other repetitions are no activity instances: what they hold goes on
        // with the activity, or was kept with it.
        let tokens = self.removed.tokens.iter();
        let of_tokens = tokens
            .filter(|token| !matches!(token.wait, Wait::Job | Wait::Siblings))
            .map(|token| {
                let task = matches!(token.wait, Wait::UserTask(_)).then_some(token.id);
                (token.id, task, token.started_at, &token.variables)
            });
        of_scopes
            .chain(of_tokens)
            .filter(|(.., variables)| !variables.is_empty())
            .map(|(id, task, started_at, variables)| self.variables_row(id, task, started_at, variables))
            .collect()
    }

    fn variables_row(
        &self,
        id: Uuid,
        task_id: Option<Uuid>,
        started_at: DateTime<Utc>,
        variables: &Variables,
    ) -> HistoricVariablesRow {
        HistoricVariablesRow {
            id,
            instance_id: self.instance.id,
            root_instance_id: self.root_instance(),
            task_id,
            definition_id: self.definition.record.id.clone(),
            definition_key: self.definition.record.key.clone(),
            tenant_id: self.instance.tenant_id.clone(),
            started_at,
            ended_at: self.now,
            variables: variables.clone(),
        }
    }

    fn root_instance(&self) -> Option<Uuid> {
        self.instance.caller.map(|caller| caller.root)
    }
}

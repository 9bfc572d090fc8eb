//! What operators decide for all jobs of a job definition.

use std::collections::HashMap;
use std::sync::Arc;

use flowstone_core::{JobChange, JobOverride};
use flowstone_store::query::{JobField, Query, Scalar, Test};
use flowstone_store::record::JobRow;
use flowstone_store::{JobOverrideChange, JobOverrideRow};
use uuid::Uuid;

use crate::definitions::Definition;
use crate::engine::Engine;
use crate::error::Error;
use crate::job_definition::JobDefinition;

impl Engine {
    /// Decides something for the jobs that job definitions make from now on, and with `include_jobs` for those that
    /// there are. Other nodes follow within milliseconds.
    ///
    /// A priority that is taken back changes no jobs that there are.
    ///
    /// # Errors
    /// [`Error::Store`]; what was changed until then stays.
    pub async fn override_jobs(
        &self,
        job_definitions: &[JobDefinition],
        change: JobOverrideChange,
        include_jobs: bool,
    ) -> Result<(), Error> {
        let places: Vec<_> = job_definitions
            .iter()
            .map(|one| (one.id, one.definition_id.clone()))
            .collect();
        let ids = places.iter().map(|(id, _)| Scalar::Id(*id)).collect();
        self.to_the_end(move |engine| async move {
            engine.store().override_jobs(&places, change).await?;
            engine.definitions_changed().await;
            Ok::<_, Error>(())
        })
        .await?;
        let jobs = Query::default().with(JobField::JobDefinitionId, Test::In(ids));
        match change {
            JobOverrideChange::Suspended(suspended) if include_jobs => {
                let others = jobs.with(JobField::Suspended, Test::Equals(Scalar::Boolean(!suspended)));
                self.change_jobs(others, JobChange::Suspended(suspended)).await
            }
            JobOverrideChange::Priority(Some(priority)) if include_jobs => {
                let others = jobs.with(JobField::Priority, Test::NotEquals(Scalar::Integer(priority)));
                self.change_jobs(others, JobChange::Priority(priority)).await
            }
            JobOverrideChange::Suspended(_) | JobOverrideChange::Priority(_) => Ok(()),
        }
    }

    /// What was decided for the jobs of process definitions, by job definition id.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn job_overrides(&self, definitions: &[Arc<str>]) -> Result<HashMap<Uuid, JobOverrideRow>, Error> {
        let rows = self.store().job_overrides(definitions).await?;
        Ok(rows.into_iter().map(|row| (row.job_definition_id, row)).collect())
    }
}

impl Definition {
    /// The definition with what operators decided for its jobs. All job definitions are suspended with their process
    /// definition, unless something else was decided after it.
    pub(crate) fn overridden(mut self, rows: &[JobOverrideRow]) -> Self {
        let suspended = self.record.suspended;
        if !suspended && rows.is_empty() {
            return self;
        }
        let overrides = self.job_definitions().into_iter().map(|definition| {
            let row = rows.iter().find(|row| row.job_definition_id == definition.id);
            let decided = JobOverride {
                suspended: row.and_then(|row| row.suspended).unwrap_or(suspended),
                priority: row.and_then(|row| row.priority),
            };
            (definition.place, decided)
        });
        let overrides = overrides.collect();
        self.executable = self.executable.with_job_overrides(overrides);
        self
    }

    /// A job of a timer that starts instances, as operators decided for those that are made from now on.
    pub(crate) fn obeying(&self, job: JobRow) -> JobRow {
        let Some(made_from) = self.start_timer_definition(&job.node_id) else {
            return job;
        };
        let decided = self.executable.job_override(&made_from.place);
        JobRow {
            suspended: job.suspended || decided.suspended,
            priority: decided.priority.unwrap_or(job.priority),
            ..job
        }
    }
}

//! Changes of jobs by operators, whether they belong to an instance or to a definition.

use flowstone_core::{Command, JobChange, Rejection};
use flowstone_store::query::{Direction, JobField, Query, Scalar, Test};
use futures::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use crate::engine::Engine;
use crate::error::Error;
use crate::request::Submission;

/// How many jobs are read, and changed at the same time, so that they share transactions.
const AT_A_TIME: usize = 200;

impl Engine {
    /// Changes a job.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is none with this id, or what the core rejects.
    pub async fn change_job(&self, job: Uuid, change: JobChange) -> Result<(), Error> {
        let command = Command::ChangeJob {
            job,
            change: change.clone(),
        };
        match self.submit(Submission::new(job, command)).await {
            Ok(_) => Ok(()),
            // It may belong to a definition, not to an instance.
            Err(Error::Unknown(_)) => self.change_start_job(job, &change).await,
            Err(Error::Rejected(Rejection::UnknownJob { .. } | Rejection::Ended { .. })) => Err(Error::Unknown(job)),
            Err(error) => Err(error),
        }
    }

    /// Changes all jobs that a query finds, each in a transaction of its own; its order and page are not looked at.
    ///
    /// # Errors
    /// [`Error::Store`]; what was changed until then stays.
    pub async fn change_jobs(&self, query: Query<JobField>, change: JobChange) -> Result<(), Error> {
        let mut pending = query;
        pending.order = vec![(JobField::Id, Direction::Ascending)];
        pending.first = 0;
        pending.max = Some(AT_A_TIME as u64);
        let mut page = pending.clone();
        loop {
            let found = self.store().jobs(&page).await?;
            let Some(last) = found.last().map(|last| last.id) else {
                return Ok(());
            };
            let changes = stream::iter(found).map(Ok);
            changes
                .try_for_each_concurrent(AT_A_TIME, |job| {
                    let change = change.clone();
                    async move {
                        match self.change_job(job.id, change).await {
                            // It may have been carried out meanwhile.
                            Ok(()) | Err(Error::Unknown(_)) => Ok(()),
                            Err(error) => Err(error),
                        }
                    }
                })
                .await?;
            page = pending.clone().with(JobField::Id, Test::Greater(Scalar::Id(last)));
        }
    }
}

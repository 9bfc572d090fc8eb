//! Operators suspend what runs, and activate it again.

use flowstone_core::{Command, Rejection};
use flowstone_store::query::{Direction, ProcessInstanceField as Field, Query, Scalar, Test};
use futures::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use crate::engine::Engine;
use crate::error::Error;
use crate::request::Submission;

/// How many instances are read, and changed at the same time, so that they share transactions.
const AT_A_TIME: usize = 200;

impl Engine {
    /// Suspends or activates process definitions, and the instances of them when asked to; answers how many of the
    /// definitions there are.
    ///
    /// Nothing starts an instance of a suspended definition: not a request, a message, a signal, a condition, a timer
    /// or a call. All definitions change in one transaction, the instances in others after it.
    ///
    /// # Errors
    /// [`Error::Store`]; what was changed until then stays.
    pub async fn suspend_definitions(
        &self,
        definitions: &[String],
        suspended: bool,
        with_instances: bool,
    ) -> Result<u64, Error> {
        let ids = definitions.to_vec();
        let changed = self.to_the_end(move |engine| async move {
            let found = engine.store().suspend_definitions(&ids, suspended).await?;
            engine.definitions_changed().await;
            Ok::<_, Error>(found)
        });
        let found = changed.await?;
        if with_instances {
            let ids = definitions.iter().cloned().map(Scalar::Text).collect();
            let of_definitions = Query::default().with(Field::DefinitionId, Test::In(ids));
            self.suspend_instances(of_definitions, suspended).await?;
        }
        Ok(found)
    }

    /// Suspends or activates all instances that a query finds, each in a transaction of its own; its order and page
    /// are not looked at.
    ///
    /// # Errors
    /// [`Error::Store`]; what was changed until then stays.
    pub async fn suspend_instances(&self, query: Query<Field>, suspended: bool) -> Result<(), Error> {
        let mut pending = query.with(Field::Suspended, Test::Equals(Scalar::Boolean(!suspended)));
        pending.order = vec![(Field::Id, Direction::Ascending)];
        pending.first = 0;
        pending.max = Some(AT_A_TIME as u64);
        let mut page = pending.clone();
        loop {
            let found = self.store().process_instances(&page).await?;
            let Some(last) = found.last().map(|last| last.id) else {
                return Ok(());
            };
            let changes = stream::iter(found).map(Ok);
            changes
                .try_for_each_concurrent(AT_A_TIME, |instance| self.suspend_instance(instance.id, suspended))
                .await?;
            page = pending.clone().with(Field::Id, Test::Greater(Scalar::Id(last)));
        }
    }

    async fn suspend_instance(&self, instance: Uuid, suspended: bool) -> Result<(), Error> {
        let command = Command::Suspend(suspended);
        match self.submit(Submission::new(instance, command)).await {
            // It may have ended by itself meanwhile.
            Ok(_) | Err(Error::Unknown(_) | Error::Rejected(Rejection::Ended { .. })) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

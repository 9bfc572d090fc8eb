//! How long history of what is deployed is wanted.

use flowstone_store::Versioned;

use crate::engine::Engine;
use crate::error::Error;

impl Engine {
    /// Sets how many days history of a process definition or decision is wanted; `false` when there is none with this
    /// id.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn set_history_time_to_live(&self, of: Versioned, id: &str, days: Option<i32>) -> Result<bool, Error> {
        let id = id.to_owned();
        self.to_the_end(move |engine| async move {
            let found = engine.store().set_history_time_to_live(of, &id, days).await?;
            engine.definitions_changed().await;
            Ok(found)
        })
        .await
    }
}

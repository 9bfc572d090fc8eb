//! Which of those who wait for a message it is for, when that depends on what they hold.

use flowstone_core::Incoming;
use flowstone_expression::Variables;
use flowstone_store::record::SubscriptionRecord;

use crate::engine::Engine;
use crate::error::Error;

impl Engine {
    /// Whether a message, by the variables that come with it, is for one who waits for it: what a correlation
    /// subscription of the process binds must be the same on both sides (BPMN 2.0, 8.4.2). Who has ended meanwhile
    /// takes nothing.
    ///
    /// # Errors
    /// [`Error::Rejected`] when a value cannot be computed of the message, [`Error::Store`],
    /// [`Error::UnusableDefinition`].
    pub async fn takes_message(
        &self,
        receiver: &SubscriptionRecord,
        name: &str,
        variables: &Variables,
    ) -> Result<bool, Error> {
        let definition = self.definition(&receiver.definition_id).await?;
        if !definition.executable.correlates_by_context() {
            return Ok(true);
        }
        let waiting = &receiver.subscription;
        let Some(view) = self.view(waiting.instance_id).await? else {
            return Ok(false);
        };
        let limits = self.evaluation_limits();
        let message = Incoming {
            name,
            variables,
            now: self.now(),
            limits: &limits,
        };
        definition
            .executable
            .takes(&view.instance, waiting.activity_id, &waiting.node_id, message)
            .map_err(Error::Rejected)
    }
}

//! Incidents that somebody raises by hand.

use flowstone_core::{Command, IdSource as _, NewIncident};
use uuid::Uuid;

use crate::engine::Engine;
use crate::error::Error;
use crate::ids::InstanceIds;
use crate::request::Submission;

impl Engine {
    /// Raises an incident of an execution; answers its id.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is no such execution, or what the core rejects.
    pub async fn raise_incident(
        &self,
        execution: Uuid,
        incident_type: String,
        configuration: Option<String>,
        message: Option<String>,
    ) -> Result<Uuid, Error> {
        let id = InstanceIds::of(execution, self.now()).next_id();
        let command = Command::RaiseIncident(NewIncident {
            id,
            execution,
            incident_type,
            configuration,
            message,
        });
        self.submit(Submission::new(execution, command)).await?;
        Ok(id)
    }
}

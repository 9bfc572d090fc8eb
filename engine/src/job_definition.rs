//! Job definitions as clients see them: derived from the model of each process definition.

use std::sync::Arc;

use flowstone_core::Job;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::definitions::Definition;

/// A place in a process definition that makes jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobDefinition {
    /// Id, the same on every node and after every restart.
    pub id: Uuid,
    /// Process definition id.
    pub definition_id: Arc<str>,
    /// Process definition key.
    pub definition_key: Arc<str>,
    /// Deployment of the process definition.
    pub deployment_id: Uuid,
    /// Tenant of the process definition.
    pub tenant_id: Option<String>,
    /// What makes the jobs.
    pub place: flowstone_core::JobDefinition,
}

impl Definition {
    /// The job definitions of this process definition, in document order.
    pub fn job_definitions(&self) -> Vec<JobDefinition> {
        let places = self.executable.job_definitions();
        places.into_iter().map(|place| self.job_definition_at(place)).collect()
    }

    /// The job definition that a job was made from.
    pub(crate) fn job_definition(&self, job: &Job) -> Option<JobDefinition> {
        let place = self.executable.job_definition(job)?;
        Some(self.job_definition_at(place))
    }

    /// The id of the job definition of a start timer of a definition.
    pub(crate) fn start_timer_definition(&self, node: &str) -> Option<JobDefinition> {
        let mut definitions = self.job_definitions().into_iter();
        definitions.find(|one| *one.place.node == *node && one.place.job_type == "timer-start-event")
    }

    fn job_definition_at(&self, place: flowstone_core::JobDefinition) -> JobDefinition {
        let record = &self.record;
        JobDefinition {
            id: id_of(&record.id, &place),
            definition_id: record.id.clone(),
            definition_key: record.key.clone(),
            deployment_id: record.deployment_id,
            tenant_id: record.tenant_id.clone(),
            place,
        }
    }
}

/// Job definitions are not stored, so their ids follow from what they are.
fn id_of(definition_id: &str, place: &flowstone_core::JobDefinition) -> Uuid {
    let mut hash = Sha256::new();
    // The last part of a definition id is known before its version is.
    let unique = definition_id.rsplit(':').next().unwrap_or_default();
    for part in [unique, &place.node, place.job_type, &place.configuration] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Builder::from_random_bytes(bytes).into_uuid()
}

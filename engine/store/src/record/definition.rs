//! What deployments hold: resources, definitions, decisions.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::JobRow;

/// A deployment without its resources.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentRecord {
    /// Deployment id.
    pub id: Uuid,
    /// Name.
    pub name: Option<String>,
    /// Source, such as `Camunda Modeler`.
    pub source: Option<String>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// When it was made.
    pub deployed_at: DateTime<Utc>,
}

/// A resource of a deployment, its bytes exactly as uploaded.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceRecord {
    /// Resource id.
    pub id: Uuid,
    /// Deployment that it came with.
    pub deployment_id: Uuid,
    /// File name as uploaded.
    pub name: String,
    /// The uploaded bytes; empty in lists, filled by [`crate::Store::resource`].
    pub bytes: Arc<[u8]>,
}

/// A deployed process.
#[derive(Clone, Debug, PartialEq)]
pub struct DefinitionRecord {
    /// `key:version:uuid`, or a bare uuid when that would exceed 64 characters.
    pub id: Arc<str>,
    /// BPMN id of the process.
    pub key: Arc<str>,
    /// Target namespace of the file.
    pub category: Option<String>,
    /// Documentation of the process.
    pub description: Option<String>,
    /// Name of the process.
    pub name: Option<Arc<str>>,
    /// 1 for the first, counted per key and tenant.
    pub version: i32,
    /// Name of the resource that holds it.
    pub resource_name: String,
    /// Deployment that it came with.
    pub deployment_id: Uuid,
    /// When that deployment was made.
    pub deployed_at: DateTime<Utc>,
    /// Name of the diagram resource, if one was uploaded beside it.
    pub diagram: Option<String>,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// `camunda:versionTag`.
    pub version_tag: Option<String>,
    /// History time to live in days.
    pub history_time_to_live: Option<i32>,
    /// `camunda:isStartableInTasklist`.
    pub startable_in_tasklist: bool,
}

/// Longest id of a definition that clients can be expected to keep, in characters.
const DEFINITION_ID_LIMIT: usize = 64;

impl DefinitionRecord {
    /// The id of a definition in a [`NewDeployment`] once its version is known: `id` holds the uuid
    /// that ends it.
    pub fn final_id(&self) -> Arc<str> {
        definition_id(&self.key, self.version, &self.id)
    }
}

fn definition_id(key: &str, version: i32, uuid: &Arc<str>) -> Arc<str> {
    let id = format!("{key}:{version}:{uuid}");
    if id.chars().count() > DEFINITION_ID_LIMIT {
        uuid.clone()
    } else {
        id.into()
    }
}

/// A deployed decision.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRecord {
    /// `key:version:uuid`, or a bare uuid when that would exceed 64 characters.
    pub id: Arc<str>,
    /// Id of the decision in its file.
    pub key: Arc<str>,
    /// Namespace of the file.
    pub category: Option<String>,
    /// Name of the decision.
    pub name: Option<String>,
    /// 1 for the first, counted per key and tenant.
    pub version: i32,
    /// Name of the resource that holds it.
    pub resource_name: String,
    /// Deployment that it came with.
    pub deployment_id: Uuid,
    /// When that deployment was made.
    pub deployed_at: DateTime<Utc>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// `camunda:versionTag`.
    pub version_tag: Option<String>,
    /// History time to live in days.
    pub history_time_to_live: Option<i32>,
    /// The graph that it belongs to, when its file holds several decisions.
    pub requirements: Option<Requirements>,
}

/// The graph of decisions that a decision belongs to: its file.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirements {
    /// As [`DecisionRecord::id`].
    pub id: Arc<str>,
    /// Id of the file's `definitions`.
    pub key: Arc<str>,
    /// Name of the file's `definitions`.
    pub name: Option<String>,
    /// 1 for the first, counted per key and tenant.
    pub version: i32,
}

impl Requirements {
    /// As the `version` of its key.
    #[must_use]
    pub fn numbered(self, version: i32) -> Self {
        Requirements {
            id: definition_id(&self.key, version, &self.id),
            version,
            ..self
        }
    }
}

/// A deployed graph of decisions; it follows from the records of its decisions.
#[derive(Clone, Debug, PartialEq)]
pub struct RequirementsRecord {
    /// What its decisions tell of it.
    pub requirements: Requirements,
    /// Namespace of the file.
    pub category: Option<String>,
    /// Name of the resource.
    pub resource_name: String,
    /// Deployment that it came with.
    pub deployment_id: Uuid,
    /// Tenant.
    pub tenant_id: Option<String>,
}

impl DecisionRecord {
    /// The graph of its file as decisions of the same deployment tell it that have been stored already.
    pub fn shared_requirements(&self, stored: &[DecisionRecord]) -> Option<Requirements> {
        let same = stored.iter().find(|one| one.resource_name == self.resource_name);
        same.and_then(|one| one.requirements.clone())
    }

    /// The graph that it belongs to, as a record of its own.
    pub fn requirements_record(&self) -> Option<RequirementsRecord> {
        self.requirements.clone().map(|requirements| RequirementsRecord {
            requirements,
            category: self.category.clone(),
            resource_name: self.resource_name.clone(),
            deployment_id: self.deployment_id,
            tenant_id: self.tenant_id.clone(),
        })
    }

    /// As [`DefinitionRecord::final_id`].
    pub fn final_id(&self) -> Arc<str> {
        definition_id(&self.key, self.version, &self.id)
    }
}

/// What a deployment writes: all of it or nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDeployment {
    /// The deployment.
    pub deployment: DeploymentRecord,
    /// Its resources with their bytes.
    pub resources: Vec<ResourceRecord>,
    /// Its process definitions; `id` and `version` are assigned by the store under a lock, as the
    /// next version of the key within the tenant (`DefinitionRecord::id` arrives holding only the
    /// uuid text that ends the final id).
    pub definitions: Vec<DefinitionRecord>,
    /// Its decisions; `id` and `version` are assigned in the same way.
    pub decisions: Vec<DecisionRecord>,
    /// Timers that start instances of them. Their `definition_id` is the uuid text of one of the definitions; the
    /// store puts its final id there. Those of earlier versions of the same key and tenant go.
    pub start_jobs: Vec<JobRow>,
}

/// What a deployment brought, as it is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deployed {
    /// Process definitions, in the order in which they were given.
    pub definitions: Vec<DefinitionRecord>,
    /// Decisions, in the order in which they were given.
    pub decisions: Vec<DecisionRecord>,
}

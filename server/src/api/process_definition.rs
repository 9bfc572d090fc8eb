//! `/process-definition` (contract 3.8).

mod delete;
mod form;
mod read;
mod start;
mod suspension;
mod time_to_live;

use flowstone_store::query::DefinitionField;
use flowstone_store::record::DefinitionRecord;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::AppState;
use super::definition;
use super::error::ApiError;
use super::filter::{self, Table, When};

pub use start::StartedInstance;

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(read::routes())
        .merge(start::routes())
        .merge(delete::routes())
        .merge(form::routes())
        .merge(suspension::routes())
        .merge(time_to_live::routes())
}

use DefinitionField as Field;

static DEFINITIONS: Table<DefinitionField> = Table {
    entity: "process definition",
    filters: &[
        filter::text("processDefinitionId", Field::Id),
        filter::text_in("processDefinitionIdIn", Field::Id),
        filter::text("name", Field::Name),
        filter::like("nameLike", Field::Name),
        filter::id("deploymentId", Field::DeploymentId),
        filter::time("deployedAt", Field::DeployedAt),
        filter::time_after("deployedAfter", Field::DeployedAt),
        filter::text("key", Field::Key),
        filter::text_in("keysIn", Field::Key),
        filter::like("keyLike", Field::Key),
        filter::text("category", Field::Category),
        filter::like("categoryLike", Field::Category),
        filter::integer("version", Field::Version),
        filter::when("latestVersion", Field::Latest, When::True),
        filter::text("resourceName", Field::ResourceName),
        filter::like("resourceNameLike", Field::ResourceName),
        filter::when("active", Field::Suspended, When::False),
        filter::when("suspended", Field::Suspended, When::True),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
        filter::text("versionTag", Field::VersionTag),
        filter::like("versionTagLike", Field::VersionTag),
        filter::when("withoutVersionTag", Field::VersionTag, When::Absent),
        filter::when("startableInTasklist", Field::StartableInTasklist, When::True),
        filter::when("notStartableInTasklist", Field::StartableInTasklist, When::False),
    ],
    sorts: &[
        ("category", Field::Category),
        ("key", Field::Key),
        ("id", Field::Id),
        ("version", Field::Version),
        ("name", Field::Name),
        ("deploymentId", Field::DeploymentId),
        ("deployTime", Field::DeployedAt),
        ("tenantId", Field::TenantId),
        ("versionTag", Field::VersionTag),
    ],
    unsupported: &[
        "startableBy",
        "startablePermissionCheck",
        "incidentId",
        "incidentType",
        "incidentMessage",
        "incidentMessageLike",
    ],
    unsupported_sorts: &[],
    or_queries: false,
};

/// A process definition.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessDefinition {
    id: String,
    key: String,
    category: Option<String>,
    description: Option<String>,
    name: Option<String>,
    version: i32,
    resource: String,
    deployment_id: String,
    diagram: Option<String>,
    suspended: bool,
    tenant_id: Option<String>,
    version_tag: Option<String>,
    history_time_to_live: Option<i32>,
    startable_in_tasklist: bool,
}

impl ProcessDefinition {
    /// Definition id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl From<DefinitionRecord> for ProcessDefinition {
    fn from(record: DefinitionRecord) -> Self {
        ProcessDefinition {
            id: record.id.to_string(),
            key: record.key.to_string(),
            category: record.category,
            description: record.description,
            name: record.name.as_deref().map(str::to_owned),
            version: record.version,
            resource: record.resource_name,
            deployment_id: record.deployment_id.to_string(),
            diagram: record.diagram,
            suspended: record.suspended,
            tenant_id: record.tenant_id,
            version_tag: record.version_tag,
            history_time_to_live: record.history_time_to_live,
            startable_in_tasklist: record.startable_in_tasklist,
        }
    }
}

/// How a request names a definition.
enum Reference {
    /// By its id.
    Id(String),
    /// The latest version of a key within a tenant, or without tenant.
    Key(String, Option<String>),
}

/// The definition that a key means.
///
/// # Errors
/// 404 with the text that clients know.
async fn latest(state: &AppState, key: &str, tenant: Option<&str>) -> Result<DefinitionRecord, ApiError> {
    let found = state.engine().latest_definition(key, tenant).await?;
    found.ok_or_else(|| unknown_key(key, tenant))
}

fn unknown_key(key: &str, tenant: Option<&str>) -> ApiError {
    definition::unknown_key("process definition", key, tenant)
}

//! `/decision-definition` (contract 2 "Decision Definition").

mod evaluate;
mod read;
mod time_to_live;

use flowstone_store::query::DecisionField;
use flowstone_store::record::DecisionRecord;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::AppState;
use super::definition;
use super::error::ApiError;
use super::filter::{self, Table, When};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(read::routes())
        .merge(evaluate::routes())
        .merge(time_to_live::routes())
}

use DecisionField as Field;

static DECISIONS: Table<DecisionField> = Table {
    entity: "decision definition",
    filters: &[
        filter::text("decisionDefinitionId", Field::Id),
        filter::text_in("decisionDefinitionIdIn", Field::Id),
        filter::text("name", Field::Name),
        filter::like("nameLike", Field::Name),
        filter::id("deploymentId", Field::DeploymentId),
        filter::time("deployedAt", Field::DeployedAt),
        filter::time_after("deployedAfter", Field::DeployedAt),
        filter::text("key", Field::Key),
        filter::like("keyLike", Field::Key),
        filter::text("category", Field::Category),
        filter::like("categoryLike", Field::Category),
        filter::integer("version", Field::Version),
        filter::when("latestVersion", Field::Latest, When::True),
        filter::text("resourceName", Field::ResourceName),
        filter::like("resourceNameLike", Field::ResourceName),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
        filter::text("versionTag", Field::VersionTag),
        filter::like("versionTagLike", Field::VersionTag),
        filter::text("decisionRequirementsDefinitionId", Field::RequirementsId),
        filter::text("decisionRequirementsDefinitionKey", Field::RequirementsKey),
        filter::when(
            "withoutDecisionRequirementsDefinition",
            Field::RequirementsId,
            When::Absent,
        ),
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
        ("decisionRequirementsDefinitionKey", Field::RequirementsKey),
    ],
    unsupported: &[],
    unsupported_sorts: &[],
    or_queries: false,
};

/// A decision definition.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionDefinition {
    id: String,
    key: String,
    category: Option<String>,
    name: Option<String>,
    version: i32,
    resource: String,
    deployment_id: String,
    tenant_id: Option<String>,
    /// The graph that it belongs to; null when its file holds no other decision.
    decision_requirements_definition_id: Option<String>,
    decision_requirements_definition_key: Option<String>,
    history_time_to_live: Option<i32>,
    version_tag: Option<String>,
}

impl DecisionDefinition {
    /// Definition id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl From<DecisionRecord> for DecisionDefinition {
    fn from(record: DecisionRecord) -> Self {
        let (requirements_id, requirements_key) = record
            .requirements
            .map(|graph| (graph.id.to_string(), graph.key.to_string()))
            .unzip();
        DecisionDefinition {
            id: record.id.to_string(),
            key: record.key.to_string(),
            category: record.category,
            name: record.name,
            version: record.version,
            resource: record.resource_name,
            deployment_id: record.deployment_id.to_string(),
            tenant_id: record.tenant_id,
            decision_requirements_definition_id: requirements_id,
            decision_requirements_definition_key: requirements_key,
            history_time_to_live: record.history_time_to_live,
            version_tag: record.version_tag,
        }
    }
}

/// How a request names a decision.
enum Reference {
    /// By its id.
    Id(String),
    /// The latest version of a key within a tenant, or without tenant.
    Key(String, Option<String>),
}

/// The decision that a request means.
///
/// # Errors
/// 404 with the text that clients know.
async fn find(state: &AppState, reference: Reference) -> Result<DecisionRecord, ApiError> {
    match reference {
        Reference::Key(key, tenant) => {
            let found = state.engine().latest_decision(&key, tenant.as_deref()).await?;
            found.ok_or_else(|| definition::unknown_key("decision definition", &key, tenant.as_deref()))
        }
        Reference::Id(id) => {
            let found = state.store().decision(&id).await?;
            let message = format!("no deployed decision definition found with id '{id}': decisionDefinition is null");
            found.ok_or_else(|| ApiError::not_found(message))
        }
    }
}

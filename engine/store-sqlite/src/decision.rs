//! Decisions.

use flowstone_store::Result;
use flowstone_store::record::{DecisionRecord, Requirements, RequirementsRecord};
use flowstone_store::text::storable;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool};

use crate::cells::Cells;
use crate::error::failure;

/// Columns of a decision, in the order of [`read_decision`]; the table is called `d`.
pub(crate) const DECISION_COLUMNS: &str = "d.id, d.key, d.category, d.name, d.version, d.resource_name, \
    d.deployment_id, d.deployed_at, d.tenant_id, d.version_tag, d.history_time_to_live, d.requirements_id, \
    d.requirements_key, d.requirements_name, d.requirements_version";

/// Stores a decision as the next version of its key, within the transaction of its deployment, which has `stored` others
/// already.
pub(crate) async fn put_decision(
    connection: &mut SqliteConnection,
    decision: &mut DecisionRecord,
    stored: &[DecisionRecord],
) -> sqlx::Result<()> {
    decision.version = sqlx::query_scalar(
        "select coalesce(max(version), 0) + 1 from decision_definition where key = ?1 and tenant_id is ?2",
    )
    .bind(&*decision.key)
    .bind(&decision.tenant_id)
    .fetch_one(&mut *connection)
    .await?;
    decision.id = decision.final_id();
    decision.requirements = match (decision.shared_requirements(stored), decision.requirements.take()) {
        (Some(shared), _) => Some(shared),
        (None, Some(own)) => {
            let version = next_requirements_version(connection, &own.key, decision.tenant_id.as_deref()).await?;
            Some(own.numbered(version))
        }
        (None, None) => None,
    };
    let requirements = decision.requirements.as_ref();
    sqlx::query(
        "insert into decision_definition (id, key, category, name, version, resource_name, deployment_id, \
         deployed_at, tenant_id, version_tag, history_time_to_live, requirements_id, requirements_key, \
         requirements_name, requirements_version) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )
    .bind(&*decision.id)
    .bind(&*decision.key)
    .bind(&decision.category)
    .bind(&decision.name)
    .bind(decision.version)
    .bind(&decision.resource_name)
    .bind(decision.deployment_id.to_string())
    .bind(decision.deployed_at.timestamp_micros())
    .bind(&decision.tenant_id)
    .bind(&decision.version_tag)
    .bind(decision.history_time_to_live)
    .bind(requirements.map(|one| &*one.id))
    .bind(requirements.map(|one| &*one.key))
    .bind(requirements.and_then(|one| one.name.as_deref()))
    .bind(requirements.map(|one| one.version))
    .execute(connection)
    .await
    .map(drop)
}

async fn next_requirements_version(
    connection: &mut SqliteConnection,
    key: &str,
    tenant: Option<&str>,
) -> sqlx::Result<i32> {
    sqlx::query_scalar(
        "select coalesce(max(requirements_version), 0) + 1 from decision_definition \
         where requirements_key = ?1 and tenant_id is ?2",
    )
    .bind(key)
    .bind(tenant)
    .fetch_one(connection)
    .await
}

/// Columns of a graph of decisions, in the order of [`read_requirements`]; the table is called `g`.
pub(crate) const REQUIREMENTS_COLUMNS: &str = "g.requirements_id, g.requirements_key, g.requirements_name, \
    g.requirements_version, g.category, g.resource_name, g.deployment_id, g.tenant_id";

/// Reads a graph of decisions selected by [`REQUIREMENTS_COLUMNS`].
pub(crate) fn read_requirements(row: &SqliteRow) -> sqlx::Result<RequirementsRecord> {
    let cells = Cells(row);
    Ok(RequirementsRecord {
        requirements: Requirements {
            id: cells.shared(0)?,
            key: cells.shared(1)?,
            name: cells.get(2)?,
            version: cells.get(3)?,
        },
        category: cells.get(4)?,
        resource_name: cells.get(5)?,
        deployment_id: cells.id(6)?,
        tenant_id: cells.get(7)?,
    })
}

/// Reads a decision selected by [`DECISION_COLUMNS`].
pub(crate) fn read_decision(row: &SqliteRow) -> sqlx::Result<DecisionRecord> {
    let cells = Cells(row);
    let requirements = match cells.optional_shared(11)? {
        None => None,
        Some(id) => Some(Requirements {
            id,
            key: cells.shared(12)?,
            name: cells.get(13)?,
            version: cells.get(14)?,
        }),
    };
    Ok(DecisionRecord {
        id: cells.shared(0)?,
        key: cells.shared(1)?,
        category: cells.get(2)?,
        name: cells.get(3)?,
        version: cells.get(4)?,
        resource_name: cells.get(5)?,
        deployment_id: cells.id(6)?,
        deployed_at: cells.time(7)?,
        tenant_id: cells.get(8)?,
        version_tag: cells.get(9)?,
        history_time_to_live: cells.get(10)?,
        requirements,
    })
}

/// Decision by id; see [`flowstone_store::Store::decision`].
pub(crate) async fn decision(pool: &SqlitePool, id: &str) -> Result<Option<DecisionRecord>> {
    let sql = format!("select {DECISION_COLUMNS} from decision_definition d where d.id = ?1");
    sqlx::query(AssertSqlSafe(sql))
        .bind(storable(id).into_owned())
        .fetch_optional(pool)
        .await
        .and_then(|row| row.as_ref().map(read_decision).transpose())
        .map_err(|error| failure("reading a decision", error))
}

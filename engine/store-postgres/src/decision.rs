//! Decisions.

use std::sync::Arc;

use flowstone_store::Result;
use flowstone_store::record::{DecisionRecord, Requirements, RequirementsRecord};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Row as _};

use crate::error::failure;
use crate::text::{storable, storable_option};

/// Columns of a decision, in the order of [`read_decision`]; the table is called `d`.
pub(crate) const DECISION_COLUMNS: &str = "d.id, d.key, d.category, d.name, d.version, d.resource_name, \
    d.deployment_id, d.deployed_at, d.tenant_id, d.version_tag, d.history_time_to_live, d.requirements_id, \
    d.requirements_key, d.requirements_name, d.requirements_version";

/// Stores a decision as the next version of its key, within the transaction of its deployment, which holds the lock
/// of the key and has `stored` others already.
pub(crate) async fn put_decision(
    connection: &mut PgConnection,
    decision: &mut DecisionRecord,
    stored: &[DecisionRecord],
) -> sqlx::Result<()> {
    decision.version = sqlx::query_scalar(
        "select coalesce(max(version), 0) + 1 from decision_definition \
         where key = $1 and tenant_id is not distinct from $2",
    )
    .bind(storable(&decision.key))
    .bind(storable_option(&decision.tenant_id))
    .fetch_one(&mut *connection)
    .await?;
    decision.id = decision.final_id();
    decision.requirements = match (decision.shared_requirements(stored), decision.requirements.take()) {
        (Some(shared), _) => Some(shared),
        (None, Some(own)) => {
            let version = next_requirements_version(connection, &own.key, &decision.tenant_id).await?;
            Some(own.numbered(version))
        }
        (None, None) => None,
    };
    let requirements = decision.requirements.as_ref();
    sqlx::query(
        "insert into decision_definition (id, key, category, name, version, resource_name, deployment_id, \
         deployed_at, tenant_id, version_tag, history_time_to_live, requirements_id, requirements_key, \
         requirements_name, requirements_version) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(storable(&decision.id))
    .bind(storable(&decision.key))
    .bind(storable_option(&decision.category))
    .bind(storable_option(&decision.name))
    .bind(decision.version)
    .bind(storable(&decision.resource_name))
    .bind(decision.deployment_id)
    .bind(decision.deployed_at)
    .bind(storable_option(&decision.tenant_id))
    .bind(storable_option(&decision.version_tag))
    .bind(decision.history_time_to_live)
    .bind(requirements.map(|one| storable(&one.id)))
    .bind(requirements.map(|one| storable(&one.key)))
    .bind(requirements.and_then(|one| one.name.as_deref()).map(storable))
    .bind(requirements.map(|one| one.version))
    .execute(connection)
    .await
    .map(drop)
}

async fn next_requirements_version(
    connection: &mut PgConnection,
    key: &str,
    tenant: &Option<String>,
) -> sqlx::Result<i32> {
    sqlx::query_scalar(
        "select coalesce(max(requirements_version), 0) + 1 from decision_definition \
         where requirements_key = $1 and tenant_id is not distinct from $2",
    )
    .bind(storable(key))
    .bind(storable_option(tenant))
    .fetch_one(connection)
    .await
}

/// Columns of a graph of decisions, in the order of [`read_requirements`]; the table is called `g`.
pub(crate) const REQUIREMENTS_COLUMNS: &str = "g.requirements_id, g.requirements_key, g.requirements_name, \
    g.requirements_version, g.category, g.resource_name, g.deployment_id, g.tenant_id";

/// Reads a graph of decisions selected by [`REQUIREMENTS_COLUMNS`].
pub(crate) fn read_requirements(row: &PgRow) -> sqlx::Result<RequirementsRecord> {
    Ok(RequirementsRecord {
        requirements: Requirements {
            id: Arc::from(row.try_get::<&str, _>(0)?),
            key: Arc::from(row.try_get::<&str, _>(1)?),
            name: row.try_get(2)?,
            version: row.try_get(3)?,
        },
        category: row.try_get(4)?,
        resource_name: row.try_get(5)?,
        deployment_id: row.try_get(6)?,
        tenant_id: row.try_get(7)?,
    })
}

/// Reads a decision selected by [`DECISION_COLUMNS`].
pub(crate) fn read_decision(row: &PgRow) -> sqlx::Result<DecisionRecord> {
    let requirements = match row.try_get::<Option<&str>, _>(11)? {
        None => None,
        Some(id) => Some(Requirements {
            id: Arc::from(id),
            key: Arc::from(row.try_get::<&str, _>(12)?),
            name: row.try_get(13)?,
            version: row.try_get(14)?,
        }),
    };
    Ok(DecisionRecord {
        id: Arc::from(row.try_get::<&str, _>(0)?),
        key: Arc::from(row.try_get::<&str, _>(1)?),
        category: row.try_get(2)?,
        name: row.try_get(3)?,
        version: row.try_get(4)?,
        resource_name: row.try_get(5)?,
        deployment_id: row.try_get(6)?,
        deployed_at: row.try_get(7)?,
        tenant_id: row.try_get(8)?,
        version_tag: row.try_get(9)?,
        history_time_to_live: row.try_get(10)?,
        requirements,
    })
}

/// Decision by id; see [`flowstone_store::Store::decision`].
pub(crate) async fn decision(pool: &PgPool, id: &str) -> Result<Option<DecisionRecord>> {
    let sql = format!("select {DECISION_COLUMNS} from decision_definition d where d.id = $1");
    sqlx::query(AssertSqlSafe(sql))
        .bind(storable(id))
        .fetch_optional(pool)
        .await
        .and_then(|row| row.as_ref().map(read_decision).transpose())
        .map_err(|error| failure("reading a decision", error))
}

//! Decisions.

use std::sync::Arc;

use flowstone_store::Result;
use flowstone_store::record::DecisionRecord;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Row as _};

use crate::error::failure;
use crate::text::{storable, storable_option};

/// Columns of a decision, in the order of [`read_decision`]; the table is called `d`.
pub(crate) const DECISION_COLUMNS: &str = "d.id, d.key, d.category, d.name, d.version, d.resource_name, \
    d.deployment_id, d.deployed_at, d.tenant_id, d.version_tag, d.history_time_to_live";

/// Stores a decision as the next version of its key, within the transaction of its deployment, which holds the lock
/// of the key.
pub(crate) async fn put_decision(connection: &mut PgConnection, decision: &mut DecisionRecord) -> sqlx::Result<()> {
    decision.version = sqlx::query_scalar(
        "select coalesce(max(version), 0) + 1 from decision_definition \
         where key = $1 and tenant_id is not distinct from $2",
    )
    .bind(storable(&decision.key))
    .bind(storable_option(&decision.tenant_id))
    .fetch_one(&mut *connection)
    .await?;
    decision.id = decision.final_id();
    sqlx::query(
        "insert into decision_definition (id, key, category, name, version, resource_name, deployment_id, \
         deployed_at, tenant_id, version_tag, history_time_to_live) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
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
    .execute(connection)
    .await
    .map(drop)
}

/// Reads a decision selected by [`DECISION_COLUMNS`].
pub(crate) fn read_decision(row: &PgRow) -> sqlx::Result<DecisionRecord> {
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

//! Decisions.

use flowstone_store::Result;
use flowstone_store::record::DecisionRecord;
use flowstone_store::text::storable;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool};

use crate::cells::Cells;
use crate::error::failure;

/// Columns of a decision, in the order of [`read_decision`]; the table is called `d`.
pub(crate) const DECISION_COLUMNS: &str = "d.id, d.key, d.category, d.name, d.version, d.resource_name, \
    d.deployment_id, d.deployed_at, d.tenant_id, d.version_tag, d.history_time_to_live";

/// Stores a decision as the next version of its key, within the transaction of its deployment.
pub(crate) async fn put_decision(connection: &mut SqliteConnection, decision: &mut DecisionRecord) -> sqlx::Result<()> {
    decision.version = sqlx::query_scalar(
        "select coalesce(max(version), 0) + 1 from decision_definition where key = ?1 and tenant_id is ?2",
    )
    .bind(&*decision.key)
    .bind(&decision.tenant_id)
    .fetch_one(&mut *connection)
    .await?;
    decision.id = decision.final_id();
    sqlx::query(
        "insert into decision_definition (id, key, category, name, version, resource_name, deployment_id, \
         deployed_at, tenant_id, version_tag, history_time_to_live) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
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
    .execute(connection)
    .await
    .map(drop)
}

/// Reads a decision selected by [`DECISION_COLUMNS`].
pub(crate) fn read_decision(row: &SqliteRow) -> sqlx::Result<DecisionRecord> {
    let cells = Cells(row);
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

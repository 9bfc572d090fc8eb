//! The events of instances, and forgetting what has ended.

use flowstone_store::Result;
use flowstone_store::history::{HistoryRow, TABLES};
use flowstone_store::record::EventLogRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::cells::Cells;
use crate::error::failure;
use crate::rows::json;

/// The stored events of an instance; see [`flowstone_store::Store::event_log`].
pub(crate) async fn event_log(pool: &SqlitePool, instance: Uuid, after: i64, limit: u32) -> Result<Vec<EventLogRow>> {
    sqlx::query(
        "select instance_id, version, at, events from history_event \
         where instance_id = ?1 and version > ?2 order by version limit ?3",
    )
    .bind(instance.to_string())
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
    .and_then(|rows| rows.iter().map(read_events).collect())
    .map_err(|error| failure("reading the events of an instance", error))
}

fn read_events(row: &SqliteRow) -> sqlx::Result<EventLogRow> {
    let cells = Cells(row);
    Ok(EventLogRow {
        instance_id: cells.id(0)?,
        version: cells.get(1)?,
        at: cells.time(2)?,
        events: cells.get(3)?,
    })
}

/// Deletes the history of an ended instance; see
/// [`flowstone_store::Store::delete_historic_instance`].
pub(crate) async fn delete_historic_instance(pool: &SqlitePool, id: Uuid) -> Result<bool> {
    let id = id.to_string();
    let delete = async {
        let mut transaction = pool.begin_with("begin immediate").await?;
        let done = sqlx::query("delete from history_process_instance where id = ?1")
            .bind(&id)
            .execute(&mut *transaction)
            .await?;
        let existed = done.rows_affected() > 0;
        if existed {
            for sql in [
                "delete from history_activity where instance_id = ?1",
                "delete from history_event where instance_id = ?1",
            ] {
                sqlx::query(sql).bind(&id).execute(&mut *transaction).await?;
            }
            for table in TABLES {
                // The name is a constant.
                let sql = AssertSqlSafe(format!("delete from {table} where instance_id = ?1"));
                sqlx::query(sql).bind(&id).execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await?;
        Ok(existed)
    };
    delete
        .await
        .map_err(|error| failure("deleting the history of an instance", error))
}

/// Deletes the history of all instances of definitions.
pub(crate) async fn delete_of_definitions(connection: &mut SqliteConnection, definitions: &[String]) -> Result<()> {
    let definitions = json(definitions)?;
    let described = TABLES
        .iter()
        .map(|table| format!("delete from {table} where definition_id in (select value from json_each(?1))"));
    let others = [
        "delete from history_event where instance_id in (select id from history_process_instance \
         where definition_id in (select value from json_each(?1)))",
        "delete from history_activity where definition_id in (select value from json_each(?1))",
        "delete from history_process_instance where definition_id in (select value from json_each(?1))",
    ];
    for sql in described.chain(others.map(str::to_owned)) {
        // The text is made of constants.
        sqlx::query(AssertSqlSafe(sql))
            .bind(&definitions)
            .execute(&mut *connection)
            .await
            .map_err(|error| failure("deleting the history of a definition", error))?;
    }
    Ok(())
}

/// Appends rows to the table of a kind of row.
pub(crate) fn insert<Row: HistoryRow>() -> String {
    let columns: Vec<&str> = Row::COLUMNS.iter().map(|(column, _)| *column).collect();
    let cells: Vec<String> = (0..columns.len()).map(|cell| format!("r.value ->> {cell}")).collect();
    format!(
        "insert into {} ({}) select {} from jsonb_each(?1) r",
        Row::TABLE,
        columns.join(", "),
        cells.join(", ")
    )
}

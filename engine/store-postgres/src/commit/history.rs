//! Rows of history that are described by their columns.

use chrono::{DateTime, Utc};
use flowstone_store::Result;
use flowstone_store::cell::{Cell, Kind};
use flowstone_store::change::InstanceChange;
use flowstone_store::history::{HistoryRow, HistoryRows};
use uuid::Uuid;

use super::statement::Statement;
use crate::document::{self, LargeValue};

pub(super) fn write(statement: &mut Statement, changes: &[InstanceChange]) -> Result<()> {
    append(statement, changes, |rows| &rows.variables)?;
    append(statement, changes, |rows| &rows.external_task_log)?;
    append(statement, changes, |rows| &rows.job_log)?;
    append(statement, changes, |rows| &rows.incidents)?;
    append(statement, changes, |rows| &rows.decisions)?;
    append(statement, changes, |rows| &rows.tasks)
}

/// Appends rows, those of instances in conflict left out.
fn append<Row: HistoryRow>(
    statement: &mut Statement,
    changes: &[InstanceChange],
    pick: impl Fn(&HistoryRows) -> &[Row],
) -> Result<()> {
    let rows: Vec<&Row> = changes.iter().flat_map(|change| pick(&change.history)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut large = Vec::new();
    let mut columns: Vec<Vec<Cell>> = Row::COLUMNS.iter().map(|_| Vec::with_capacity(rows.len())).collect();
    for row in &rows {
        for (column, cell) in columns.iter_mut().zip(row.cells()) {
            column.push(match cell {
                Cell::Variables(variables) => {
                    let mut outside = Vec::new();
                    let written = document::write(&variables, &mut outside)?;
                    large.extend(outside.into_iter().map(|value| (row.key().0, value)));
                    Cell::Document(Some(written))
                }
                cell => cell,
            });
        }
    }
    write_large_values(statement, large)?;

    let mut source = statement.rows();
    for ((_, kind), cells) in Row::COLUMNS.iter().zip(columns) {
        let cells = cells.into_iter();
        source = match kind {
            Kind::Text | Kind::Document | Kind::Variables => source.column("text", cells.map(text))?,
            Kind::Id => source.column("uuid", cells.map(id))?,
            Kind::Integer => source.column("int8", cells.map(integer))?,
            Kind::Boolean => source.column("bool", cells.map(boolean))?,
            Kind::Time => source.column("timestamptz", cells.map(time))?,
        };
    }
    let source = source.source();
    let names: Vec<&str> = Row::COLUMNS.iter().map(|(name, _)| *name).collect();
    let values: Vec<String> = Row::COLUMNS
        .iter()
        .map(|(name, kind)| match kind {
            Kind::Document => format!("{name}::json"),
            Kind::Variables => format!("{name}::jsonb"),
            _ => (*name).to_owned(),
        })
        .collect();
    let (table, names, values) = (Row::TABLE, names.join(", "), values.join(", "));
    let condition = statement.unless_conflict("r.instance_id", "where");
    statement.part(
        &format!("{table}_inserted"),
        &format!("insert into {table} ({names}) select {values} from {source} as r ({names}) {condition}"),
    );
    Ok(())
}

/// Values outside of the documents of history. Several scopes of an instance may hold the same one.
fn write_large_values(statement: &mut Statement, mut values: Vec<(Uuid, LargeValue)>) -> Result<()> {
    if values.is_empty() {
        return Ok(());
    }
    values.sort_unstable_by(|left, right| (left.0, &left.1.hash).cmp(&(right.0, &right.1.hash)));
    values.dedup();
    let source = statement
        .rows()
        .column("uuid", values.iter().map(|(instance, _)| *instance))?
        .column("text", values.iter().map(|(_, value)| value.hash.as_str()))?
        .column("text", values.iter().map(|(_, value)| value.content.as_str()))?
        .source();
    let condition = statement.unless_conflict("r.instance_id", "where");
    statement.part(
        "history_large_value_inserted",
        &format!(
            "insert into history_large_value (instance_id, hash, content) \
             select * from {source} as r (instance_id, hash, content) {condition} on conflict do nothing"
        ),
    );
    Ok(())
}

fn text(cell: Cell) -> Option<String> {
    match cell {
        Cell::Text(text) | Cell::Document(text) => text,
        _ => None,
    }
}

fn id(cell: Cell) -> Option<Uuid> {
    match cell {
        Cell::Id(id) => id,
        _ => None,
    }
}

fn integer(cell: Cell) -> Option<i64> {
    match cell {
        Cell::Integer(number) => number,
        _ => None,
    }
}

fn boolean(cell: Cell) -> Option<bool> {
    match cell {
        Cell::Boolean(truth) => truth,
        _ => None,
    }
}

fn time(cell: Cell) -> Option<DateTime<Utc>> {
    match cell {
        Cell::Time(time) => time,
        _ => None,
    }
}

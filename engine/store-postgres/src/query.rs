//! Queries: from a closed set of fields to SQL.
//!
//! Every entity has one table of its fields and their columns ([`entity`]); the compiler here knows
//! none of them. Texts of this crate make the statement, values of the query are arguments only.

mod condition;
mod entity;
mod historic_variable;
mod history;
mod history_record;
mod job;
mod variable;

use flowstone_store::Result;
use flowstone_store::query::{Condition, Direction, Query};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Postgres, QueryBuilder, Row as _};

use crate::error::failure;

/// How values of a column are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Id,
    Integer,
    Boolean,
    Time,
}

/// Where the value of a field is found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// Expression over the entity's tables.
    sql: &'static str,
    kind: Kind,
    /// For fields with several values: the rows that hold them, up to the condition on one.
    among: Option<&'static str>,
}

impl Column {
    const fn new(kind: Kind, sql: &'static str) -> Self {
        Column { sql, kind, among: None }
    }

    const fn among(kind: Kind, rows: &'static str, sql: &'static str) -> Self {
        Column {
            sql,
            kind,
            among: Some(rows),
        }
    }
}

/// A kind of record that can be asked for.
pub(crate) trait Entity: Sized {
    /// Its fields.
    type Field: Copy;
    /// What [`Entity::read`] reads, in that order.
    const COLUMNS: &'static str;
    /// Tables with their joins.
    const FROM: &'static str;
    /// Unique column that ends every order.
    const ID: &'static str;
    /// Variables of the root scope of the record's process instance.
    const VARIABLES: Option<&'static str>;

    fn column(field: Self::Field) -> Column;

    fn read(row: &PgRow) -> sqlx::Result<Self>;
}

/// The page of records that a query asks for.
pub(crate) async fn find<E: Entity>(pool: &PgPool, query: &Query<E::Field>) -> Result<Vec<E>> {
    if query.max == Some(0) {
        return Ok(Vec::new());
    }
    let mut builder = begin::<E>(E::COLUMNS, &query.conditions)?;
    builder.push(" order by ");
    for (field, direction) in &query.order {
        let column = E::column(*field);
        if column.among.is_some() {
            // Several values have no order.
            continue;
        }
        builder.push(column.sql).push(match direction {
            Direction::Ascending => " asc nulls last, ",
            Direction::Descending => " desc nulls first, ",
        });
    }
    builder.push(E::ID);
    if let Some(max) = query.max {
        builder.push(" limit ").push_bind(clamped(max));
    }
    if query.first > 0 {
        builder.push(" offset ").push_bind(clamped(query.first));
    }
    builder
        .build()
        .fetch_all(pool)
        .await
        .and_then(|rows| rows.iter().map(E::read).collect())
        .map_err(|error| failure("answering a query", error))
}

/// How many records pass the conditions of a query.
pub(crate) async fn count<E: Entity>(pool: &PgPool, query: &Query<E::Field>) -> Result<u64> {
    let number: i64 = begin::<E>("count(*)", &query.conditions)?
        .build()
        .fetch_one(pool)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(|error| failure("counting the answers to a query", error))?;
    Ok(u64::try_from(number).unwrap_or_default())
}

fn begin<E: Entity>(columns: &str, conditions: &[Condition<E::Field>]) -> Result<QueryBuilder<Postgres>> {
    let mut builder = QueryBuilder::new("select ");
    builder.push(columns).push(" from ").push(E::FROM).push(" where ");
    condition::all::<E>(&mut builder, conditions)?;
    Ok(builder)
}

fn clamped(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

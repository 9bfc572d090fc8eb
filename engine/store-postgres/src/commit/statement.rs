//! The text and the arguments of the one statement that writes a batch.

use std::fmt::Write as _;

use flowstone_store::Result;
use flowstone_store::change::{AppliedCommand, HeaderChange, InstanceChange};
use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, AssertSqlSafe, Encode, PgExecutor, Postgres, Type};
use uuid::Uuid;

use super::unsendable;
use crate::text::storable;

/// A statement in the making: `with part as (…), part as (…) select id from conflict`.
///
/// Its text consists of literals of this crate and placeholders; every value is an argument.
pub(super) struct Statement {
    text: String,
    arguments: PgArguments,
    placeholders: usize,
    /// Parts whose answer are the instances that were in order.
    checks: Vec<&'static str>,
    has_keys: bool,
    has_conflicts: bool,
}

impl Statement {
    pub(super) fn new() -> Self {
        Statement {
            text: String::with_capacity(4096),
            arguments: PgArguments::default(),
            placeholders: 0,
            checks: Vec::new(),
            has_keys: false,
            has_conflicts: false,
        }
    }

    /// Begins a row source of one array per column.
    pub(super) fn rows(&mut self) -> Rows<'_> {
        Rows {
            statement: self,
            source: String::from("unnest("),
        }
    }

    /// Adds a part.
    pub(super) fn part(&mut self, name: &str, sql: &str) {
        self.text.push_str(if self.text.is_empty() { "with " } else { ", " });
        self.text.push_str(name);
        // Parts that are read more than once must not run more than once.
        self.text.push_str(if sql.starts_with("select") {
            " as materialized ("
        } else {
            " as ("
        });
        self.text.push_str(sql);
        self.text.push(')');
    }

    /// Adds a part that answers the ids of the instances whose version was as expected.
    pub(super) fn check(&mut self, name: &'static str, sql: &str) {
        self.part(name, sql);
        self.checks.push(name);
    }

    /// There is a part `taken` with the instances whose idempotency keys exist.
    pub(super) fn keys_are_checked(&mut self) {
        self.has_keys = true;
    }

    /// A condition that holds for instances without a key that exists.
    pub(super) fn free(&self, column: &str, conjunction: &str) -> String {
        if self.has_keys {
            format!("{conjunction} {column} not in (select instance_id from taken)")
        } else {
            String::new()
        }
    }

    /// A condition that holds for instances that are not in conflict. `not in` over a set that is
    /// nearly always empty is a lookup in an empty hash table.
    pub(super) fn unless_conflict(&self, column: &str, conjunction: &str) -> String {
        if self.has_conflicts {
            format!("{conjunction} {column} not in (select id from conflict)")
        } else {
            String::new()
        }
    }

    /// Adds the part `conflict`: the instances of which nothing may be written.
    pub(super) fn gather_conflicts(&mut self, changes: &[InstanceChange], applied: &[AppliedCommand]) -> Result<()> {
        let checked: Vec<Uuid> = changes
            .iter()
            .filter(|change| !matches!(change.header, HeaderChange::Pass))
            .map(|change| change.instance_id)
            .collect();
        if checked.is_empty() && applied.is_empty() {
            return Ok(());
        }
        let mut sql = String::new();
        if !checked.is_empty() {
            let source = self.rows().column("uuid", checked.into_iter())?.source();
            let found = self
                .checks
                .iter()
                .map(|name| format!("select id from {name}"))
                .collect::<Vec<_>>();
            write!(
                sql,
                "select c.id from {source} as c (id) where c.id not in ({})",
                found.join(" union all ")
            )
            .map_err(|error| unsendable(error.into()))?;
        }
        if self.has_keys {
            if !sql.is_empty() {
                sql.push_str(" union ");
            }
            sql.push_str("select instance_id as id from taken");
        }
        self.part("conflict", &sql);
        self.has_conflicts = true;
        Ok(())
    }

    /// Runs the statement; answers the instances in conflict.
    pub(super) async fn fetch(mut self, executor: impl PgExecutor<'_>) -> sqlx::Result<Vec<Uuid>> {
        self.text.push_str(if self.has_conflicts {
            " select id from conflict"
        } else {
            " select null::uuid where false"
        });
        sqlx::query_scalar_with(AssertSqlSafe(self.text), self.arguments)
            .fetch_all(executor)
            .await
    }
}

/// A row source in the making: `unnest($1::uuid[], $2::text[], …)`.
pub(super) struct Rows<'statement> {
    statement: &'statement mut Statement,
    source: String,
}

impl Rows<'_> {
    /// Adds a column of the given SQL type.
    pub(super) fn column<'value, T>(mut self, sql_type: &'static str, values: impl Iterator<Item = T>) -> Result<Self>
    where
        Vec<T>: Encode<'value, Postgres> + Type<Postgres>,
    {
        if self.statement.placeholders > 0 && !self.source.ends_with('(') {
            self.source.push_str(", ");
        }
        self.statement.placeholders += 1;
        write!(self.source, "${}::{sql_type}[]", self.statement.placeholders)
            .map_err(|error| unsendable(error.into()))?;
        self.statement
            .arguments
            .add(values.collect::<Vec<T>>())
            .map_err(unsendable)?;
        Ok(self)
    }

    /// Adds a column of texts.
    pub(super) fn texts<'batch, T>(self, values: impl Iterator<Item = &'batch T>) -> Result<Self>
    where
        T: AsRef<str> + 'batch,
    {
        self.column("text", values.map(|value| storable(value.as_ref())))
    }

    /// Adds a column of texts that may be absent.
    pub(super) fn optional_texts<'batch>(self, values: impl Iterator<Item = Option<&'batch str>>) -> Result<Self> {
        self.column("text", values.map(|value| value.map(storable)))
    }

    /// The source, to stand after `from`.
    pub(super) fn source(mut self) -> String {
        self.source.push(')');
        self.source
    }
}

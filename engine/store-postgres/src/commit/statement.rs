//! The text and the arguments of the one statement that writes a batch.

use std::fmt::{Arguments, Write as _};

use flowstone_store::Result;
use flowstone_store::change::{AppliedCommand, HeaderChange, InstanceChange};
use sqlx::error::BoxDynError;
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
            arrays: String::new(),
            sent: String::new(),
            columns: String::new(),
            count: 0,
            is_whole: true,
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
    /// The arguments of `unnest`.
    arrays: String,
    /// The names of the columns that are sent.
    sent: String,
    /// All columns in their order: the name of one that is sent, a null in place of one that is not.
    columns: String,
    count: usize,
    is_whole: bool,
}

impl Rows<'_> {
    /// Adds a column of the given SQL type.
    pub(super) fn column<'value, T>(mut self, sql_type: &'static str, values: impl Iterator<Item = T>) -> Result<Self>
    where
        Vec<T>: Encode<'value, Postgres> + Type<Postgres>,
    {
        let values: Vec<T> = values.collect();
        self.send(sql_type, |arguments| arguments.add(values))?;
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

    /// Adds columns that are absent in most rows. They are sent all together or, when none of them holds a value, not
    /// at all: an array of nulls costs Postgres as much as one of values. They share one fate to keep texts few.
    pub(super) fn seldom<'batch>(
        mut self,
        columns: impl FnOnce(SeldomColumns<'batch>) -> SeldomColumns<'batch>,
    ) -> Result<Self> {
        let SeldomColumns { columns, is_used } = columns(SeldomColumns::default());
        for (sql_type, send) in columns {
            if is_used {
                self.send(sql_type, send)?;
            } else {
                self.is_whole = false;
                self.name(format_args!("null::{sql_type}"))?;
            }
        }
        Ok(self)
    }

    /// The source, to stand after `from`.
    pub(super) fn source(self) -> String {
        let Rows {
            arrays, sent, columns, ..
        } = self;
        if self.is_whole {
            format!("unnest({arrays})")
        } else {
            format!("(select {columns} from unnest({arrays}) as sent ({sent}))")
        }
    }

    fn send(
        &mut self,
        sql_type: &'static str,
        add: impl FnOnce(&mut PgArguments) -> std::result::Result<(), BoxDynError>,
    ) -> Result<()> {
        add(&mut self.statement.arguments).map_err(unsendable)?;
        self.statement.placeholders += 1;
        let (placeholder, separator) = (
            self.statement.placeholders,
            if self.sent.is_empty() { "" } else { ", " },
        );
        write!(self.arrays, "{separator}${placeholder}::{sql_type}[]").map_err(|error| unsendable(error.into()))?;
        let column = self.count;
        write!(self.sent, "{separator}c{column}").map_err(|error| unsendable(error.into()))?;
        self.name(format_args!("c{column}"))
    }

    fn name(&mut self, name: Arguments<'_>) -> Result<()> {
        let separator = if self.count == 0 { "" } else { ", " };
        self.count += 1;
        write!(self.columns, "{separator}{name}").map_err(|error| unsendable(error.into()))
    }
}

type Send<'batch> = Box<dyn FnOnce(&mut PgArguments) -> std::result::Result<(), BoxDynError> + 'batch>;

/// Columns that are sent when any of them holds a value; see [`Rows::seldom`].
#[derive(Default)]
pub(super) struct SeldomColumns<'batch> {
    columns: Vec<(&'static str, Send<'batch>)>,
    is_used: bool,
}

impl<'batch> SeldomColumns<'batch> {
    /// Adds a column of the given SQL type.
    pub(super) fn column<T>(mut self, sql_type: &'static str, values: impl Iterator<Item = Option<T>>) -> Self
    where
        T: 'batch,
        Vec<Option<T>>: Encode<'batch, Postgres> + Type<Postgres>,
    {
        let values: Vec<Option<T>> = values.collect();
        self.is_used |= values.iter().any(Option::is_some);
        self.columns
            .push((sql_type, Box::new(move |arguments| arguments.add(values))));
        self
    }

    /// Adds a column of texts.
    pub(super) fn texts(self, values: impl Iterator<Item = Option<&'batch str>>) -> Self {
        self.column("text", values.map(|value| value.map(storable)))
    }
}

//! Conditions on fields.

use flowstone_store::Result;
use flowstone_store::query::{Condition, Scalar, Test};
use flowstone_store::text::storable;
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use super::{Column, Entity, Kind, variable};
use crate::rows::json;

/// Pushes a condition that holds when all of `conditions` do.
pub(super) fn all<E: Entity>(builder: &mut QueryBuilder<Sqlite>, conditions: &[Condition<E::Field>]) -> Result<()> {
    joined::<E>(builder, conditions, " and ", "true")
}

fn joined<E: Entity>(
    builder: &mut QueryBuilder<Sqlite>,
    conditions: &[Condition<E::Field>],
    conjunction: &str,
    empty: &str,
) -> Result<()> {
    if conditions.is_empty() {
        builder.push(empty);
        return Ok(());
    }
    builder.push("(");
    for (position, condition) in conditions.iter().enumerate() {
        if position > 0 {
            builder.push(conjunction);
        }
        match condition {
            Condition::Field(field, test) => push_test(builder, E::column(*field), test)?,
            Condition::Variable(test) => match E::VARIABLES {
                Some(document) => variable::push(builder, document, test)?,
                // Deployments and definitions have no variables.
                None => push_never(builder),
            },
            Condition::Any(inner) => joined::<E>(builder, inner, " or ", "false")?,
            Condition::All(inner) => joined::<E>(builder, inner, " and ", "true")?,
        }
    }
    builder.push(")");
    Ok(())
}

fn push_never(builder: &mut QueryBuilder<Sqlite>) {
    builder.push("false");
}

fn push_test(builder: &mut QueryBuilder<Sqlite>, column: Column, test: &Test) -> Result<()> {
    match column.among {
        None => push_one(builder, column, test),
        Some(rows) => {
            builder.push("exists (").push(rows).push(" and ");
            push_one(builder, column, test)?;
            builder.push(")");
            Ok(())
        }
    }
}

fn push_one(builder: &mut QueryBuilder<Sqlite>, column: Column, test: &Test) -> Result<()> {
    let sql = column.sql;
    match test {
        Test::Equals(value) => push_comparison(builder, column, " = ", value),
        Test::NotEquals(value) => match argument(column.kind, value) {
            Some(_) => push_comparison(builder, column, " <> ", value),
            // A value of another kind differs from every value that is there.
            None => drop(builder.push(sql).push(" is not null")),
        },
        Test::Less(value) => push_comparison(builder, column, " < ", value),
        Test::AtMost(value) => push_comparison(builder, column, " <= ", value),
        Test::Greater(value) => push_comparison(builder, column, " > ", value),
        Test::AtLeast(value) => push_comparison(builder, column, " >= ", value),
        Test::In(values) => {
            builder.push(sql).push(" in (select value from json_each(");
            builder.push_bind(array(column.kind, values)?).push("))");
        }
        Test::NotIn(values) => {
            builder.push("(").push(sql).push(" is null or ").push(sql);
            builder.push(" not in (select value from json_each(");
            builder.push_bind(array(column.kind, values)?).push(")))");
        }
        Test::Like(pattern) => match column.kind {
            Kind::Text | Kind::Id | Kind::Integer => {
                builder.push(sql).push(" like ").push_bind(like_pattern(pattern));
                builder.push(r" escape '\'");
            }
            Kind::Boolean | Kind::Time => push_never(builder),
        },
        Test::IsNull => drop(builder.push(sql).push(" is null")),
        Test::IsNotNull => drop(builder.push(sql).push(" is not null")),
        Test::Never => push_never(builder),
    }
    Ok(())
}

/// A pattern as SQLite takes it: a single backslash at the end stands for itself.
pub(super) fn like_pattern(pattern: &str) -> String {
    let mut pattern = storable(pattern).into_owned();
    let backslashes = pattern.chars().rev().take_while(|character| *character == '\\').count();
    if backslashes % 2 == 1 {
        pattern.push('\\');
    }
    pattern
}

/// A value in the form of its column.
enum Argument {
    Text(String),
    Integer(i64),
}

/// The value to compare a column with; `None` when no value of the column can equal it.
fn argument(kind: Kind, value: &Scalar) -> Option<Argument> {
    match (kind, value) {
        (Kind::Text, Scalar::Text(text)) => Some(Argument::Text(storable(text).into_owned())),
        (Kind::Text | Kind::Id, Scalar::Id(id)) => Some(Argument::Text(id.to_string())),
        (Kind::Id, Scalar::Text(text)) => Uuid::parse_str(text).ok().map(|id| Argument::Text(id.to_string())),
        (Kind::Integer, Scalar::Integer(number)) => Some(Argument::Integer(*number)),
        (Kind::Boolean, Scalar::Boolean(truth)) => Some(Argument::Integer(i64::from(*truth))),
        (Kind::Time, Scalar::Time(time)) => Some(Argument::Integer(time.timestamp_micros())),
        _ => None,
    }
}

fn push_comparison(builder: &mut QueryBuilder<Sqlite>, column: Column, operator: &str, value: &Scalar) {
    let Some(argument) = argument(column.kind, value) else {
        return push_never(builder);
    };
    builder.push(column.sql).push(operator);
    match argument {
        Argument::Text(text) => builder.push_bind(text),
        Argument::Integer(number) => builder.push_bind(number),
    };
}

/// The values as a JSON array.
fn array(kind: Kind, values: &[Scalar]) -> Result<String> {
    let values: Vec<serde_json::Value> = values
        .iter()
        .filter_map(|value| argument(kind, value))
        .map(|argument| match argument {
            Argument::Text(text) => text.into(),
            Argument::Integer(number) => number.into(),
        })
        .collect();
    json(&values)
}

//! Conditions on fields.

use flowstone_store::Result;
use flowstone_store::query::{Condition, Scalar, Test};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Column, Entity, Kind, variable};
use crate::text::storable;

/// Pushes a condition that holds when all of `conditions` do.
pub(super) fn all<E: Entity>(builder: &mut QueryBuilder<Postgres>, conditions: &[Condition<E::Field>]) -> Result<()> {
    joined::<E>(builder, conditions, " and ", "true")
}

fn joined<E: Entity>(
    builder: &mut QueryBuilder<Postgres>,
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
            Condition::Field(field, test) => push_test(builder, E::column(*field), test),
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

fn push_never(builder: &mut QueryBuilder<Postgres>) {
    builder.push("false");
}

fn push_test(builder: &mut QueryBuilder<Postgres>, column: Column, test: &Test) {
    match column.among {
        None => push_one(builder, column, test),
        Some(rows) => {
            builder.push("exists (").push(rows).push(" and ");
            push_one(builder, column, test);
            builder.push(")");
        }
    }
}

fn push_one(builder: &mut QueryBuilder<Postgres>, column: Column, test: &Test) {
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
            builder.push(sql).push(" = any(");
            push_array(builder, column.kind, values);
            builder.push(")");
        }
        Test::NotIn(values) => {
            builder
                .push("(")
                .push(sql)
                .push(" is null or ")
                .push(sql)
                .push(" <> all(");
            push_array(builder, column.kind, values);
            builder.push("))");
        }
        Test::Like(pattern) => {
            builder.push(sql);
            if column.kind != Kind::Text {
                builder.push("::text");
            }
            builder
                .push(" like ")
                .push_bind(like_pattern(pattern))
                .push(r" escape '\'");
        }
        Test::IsNull => drop(builder.push(sql).push(" is null")),
        Test::IsNotNull => drop(builder.push(sql).push(" is not null")),
        Test::Never => push_never(builder),
    }
}

/// A pattern as Postgres takes it: a single backslash at the end stands for itself.
pub(super) fn like_pattern(pattern: &str) -> String {
    let mut pattern = storable(pattern).into_owned();
    let backslashes = pattern.chars().rev().take_while(|character| *character == '\\').count();
    if backslashes % 2 == 1 {
        pattern.push('\\');
    }
    pattern
}

/// A value in the type of its column.
enum Argument {
    Text(String),
    Id(Uuid),
    Integer(i64),
    Boolean(bool),
    Time(chrono::DateTime<chrono::Utc>),
}

/// The value to compare a column with; `None` when no value of the column can equal it.
fn argument(kind: Kind, value: &Scalar) -> Option<Argument> {
    match (kind, value) {
        (Kind::Text, Scalar::Text(text)) => Some(Argument::Text(storable(text).into_owned())),
        (Kind::Text, Scalar::Id(id)) => Some(Argument::Text(id.to_string())),
        (Kind::Id, Scalar::Id(id)) => Some(Argument::Id(*id)),
        (Kind::Id, Scalar::Text(text)) => Uuid::parse_str(text).ok().map(Argument::Id),
        (Kind::Integer, Scalar::Integer(number)) => Some(Argument::Integer(*number)),
        (Kind::Boolean, Scalar::Boolean(truth)) => Some(Argument::Boolean(*truth)),
        (Kind::Time, Scalar::Time(time)) => Some(Argument::Time(*time)),
        _ => None,
    }
}

fn push_comparison(builder: &mut QueryBuilder<Postgres>, column: Column, operator: &str, value: &Scalar) {
    let Some(argument) = argument(column.kind, value) else {
        return push_never(builder);
    };
    builder.push(column.sql).push(operator);
    match argument {
        Argument::Text(text) => builder.push_bind(text),
        Argument::Id(id) => builder.push_bind(id),
        Argument::Integer(number) => builder.push_bind(number),
        Argument::Boolean(truth) => builder.push_bind(truth),
        Argument::Time(time) => builder.push_bind(time),
    };
}

fn push_array(builder: &mut QueryBuilder<Postgres>, kind: Kind, values: &[Scalar]) {
    let (mut texts, mut ids, mut integers, mut truths, mut times) = (vec![], vec![], vec![], vec![], vec![]);
    for argument in values.iter().filter_map(|value| argument(kind, value)) {
        match argument {
            Argument::Text(text) => texts.push(text),
            Argument::Id(id) => ids.push(id),
            Argument::Integer(number) => integers.push(number),
            Argument::Boolean(truth) => truths.push(truth),
            Argument::Time(time) => times.push(time),
        }
    }
    match kind {
        Kind::Text => builder.push_bind(texts),
        Kind::Id => builder.push_bind(ids),
        Kind::Integer => builder.push_bind(integers),
        Kind::Boolean => builder.push_bind(truths),
        Kind::Time => builder.push_bind(times),
    };
}

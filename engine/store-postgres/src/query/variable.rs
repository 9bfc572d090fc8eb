//! Conditions on variables of a process instance.
//!
//! A document is `{"name":{"type":"Integer","value":5},…}`. Equality is written as containment, so
//! that the index on the documents finds the instances; everything else looks into the entry.

use flowstone_expression::TypedValue;
use flowstone_store::Result;
use flowstone_store::query::{VariableOperator, VariableTest};
use serde_json::json;
use sqlx::{Postgres, QueryBuilder};

use super::condition::like_pattern;
use crate::document;
use crate::text::storable;

/// Types whose values compare with each other.
const NUMBERS: &str = "('Short', 'Integer', 'Long', 'Double')";

/// Pushes a test of a variable of `document`, an expression of type jsonb.
pub(super) fn push(builder: &mut QueryBuilder<Postgres>, document: &str, test: &VariableTest) -> Result<()> {
    if test.ignore_name_case {
        builder
            .push("exists (select from jsonb_each(")
            .push(document)
            .push(") as e (name, entry) where lower(e.name) = lower(");
        builder.push_bind(storable(&test.name).into_owned()).push(") and ");
        push_entry(builder, "e.entry", test)?;
        builder.push(")");
        return Ok(());
    }
    if test.operator == VariableOperator::Equals && !test.ignore_value_case {
        return push_containment(builder, document, test);
    }
    // The entry is looked up once; without the variable there is no row and the test fails.
    builder.push("exists (select from (select ").push(document).push(" -> ");
    builder.push_bind(storable(&test.name).into_owned());
    builder.push(") as e (entry) where e.entry is not null and ");
    push_entry(builder, "e.entry", test)?;
    builder.push(")");
    Ok(())
}

/// Equality of a variable by name: the form that the index on documents serves.
fn push_containment(builder: &mut QueryBuilder<Postgres>, document: &str, test: &VariableTest) -> Result<()> {
    let name = storable(&test.name).into_owned();
    let Some(entry) = entry_of(&test.value)? else {
        builder.push("false");
        return Ok(());
    };
    // The index leaves out empty documents, and only says so to a query that does, too.
    builder
        .push("(")
        .push(document)
        .push(" <> '{}' and ")
        .push(document)
        .push(" @> ");
    builder.push_bind(json!({ name.as_str(): entry }));
    if is_number(&test.value) {
        builder
            .push(" and ")
            .push(document)
            .push(" -> ")
            .push_bind(name)
            .push(" ->> 'type' in ")
            .push(NUMBERS);
    }
    builder.push(")");
    Ok(())
}

/// The entry, or for numbers the part of it, that a variable of this value has.
fn entry_of(value: &TypedValue) -> Result<Option<serde_json::Value>> {
    let stored = document::write_value(value)?.0;
    let entry: serde_json::Value = serde_json::from_str(&stored)
        .map_err(|error| flowstone_store::Error::Failed(format!("a variable cannot be compared: {error}")))?;
    Ok(match value {
        // Equal to nothing, not even itself.
        TypedValue::Double(number) if number.is_nan() => None,
        TypedValue::Double(0.0) => Some(json!({ "value": 0 })),
        TypedValue::Short(_) | TypedValue::Integer(_) | TypedValue::Long(_) | TypedValue::Double(_) => {
            Some(json!({ "value": entry.get("value") }))
        }
        _ => Some(entry),
    })
}

fn is_number(value: &TypedValue) -> bool {
    matches!(
        value,
        TypedValue::Short(_) | TypedValue::Integer(_) | TypedValue::Long(_) | TypedValue::Double(_)
    )
}

/// Pushes a test of an entry that is there.
fn push_entry(builder: &mut QueryBuilder<Postgres>, entry: &str, test: &VariableTest) -> Result<()> {
    match test.operator {
        VariableOperator::Equals => push_equality(builder, entry, test),
        VariableOperator::NotEquals => {
            builder.push("not (");
            push_equality(builder, entry, test)?;
            builder.push(")");
            Ok(())
        }
        VariableOperator::Greater => push_order(builder, entry, " > ", test),
        VariableOperator::AtLeast => push_order(builder, entry, " >= ", test),
        VariableOperator::Less => push_order(builder, entry, " < ", test),
        VariableOperator::AtMost => push_order(builder, entry, " <= ", test),
        VariableOperator::Like => push_like(builder, entry, "like", test),
        VariableOperator::NotLike => push_like(builder, entry, "not like", test),
    }
}

fn push_equality(builder: &mut QueryBuilder<Postgres>, entry: &str, test: &VariableTest) -> Result<()> {
    if let (TypedValue::String(text), true) = (&test.value, test.ignore_value_case) {
        push_typed(builder, entry, "('String')", "text", true);
        builder
            .push(" is not distinct from lower(")
            .push_bind(storable(text).into_owned())
            .push(")");
        return Ok(());
    }
    match entry_of(&test.value)? {
        None => builder.push("false"),
        Some(value) => {
            builder.push("(").push(entry).push(" @> ").push_bind(value);
            if is_number(&test.value) {
                builder.push(" and ").push(entry).push(" ->> 'type' in ").push(NUMBERS);
            }
            builder.push(")")
        }
    };
    Ok(())
}

fn push_order(builder: &mut QueryBuilder<Postgres>, entry: &str, operator: &str, test: &VariableTest) -> Result<()> {
    match &test.value {
        TypedValue::String(text) => {
            push_typed(builder, entry, "('String')", "text", test.ignore_value_case);
            builder.push(operator);
            push_text(builder, storable(text).into_owned(), test.ignore_value_case);
        }
        TypedValue::Date(time) => {
            push_typed(builder, entry, "('Date')", "timestamptz", false);
            builder.push(operator).push_bind(*time);
        }
        TypedValue::Boolean(truth) => {
            push_typed(builder, entry, "('Boolean')", "boolean", false);
            builder.push(operator).push_bind(*truth);
        }
        TypedValue::Short(number) => push_number(builder, entry, operator, number.to_string()),
        TypedValue::Integer(number) => push_number(builder, entry, operator, number.to_string()),
        TypedValue::Long(number) => push_number(builder, entry, operator, number.to_string()),
        TypedValue::Double(number) if !number.is_nan() => {
            push_number(builder, entry, operator, number.to_string().replace("inf", "Infinity"));
        }
        _ => drop(builder.push("false")),
    }
    Ok(())
}

fn push_number(builder: &mut QueryBuilder<Postgres>, entry: &str, operator: &str, number: String) {
    push_typed(builder, entry, NUMBERS, "numeric", false);
    builder.push(operator).push_bind(number).push("::text::numeric");
}

fn push_like(builder: &mut QueryBuilder<Postgres>, entry: &str, operator: &str, test: &VariableTest) -> Result<()> {
    let TypedValue::String(pattern) = &test.value else {
        builder.push("false");
        return Ok(());
    };
    push_typed(builder, entry, "('String')", "text", test.ignore_value_case);
    builder.push(" ").push(operator).push(" ");
    push_text(builder, like_pattern(pattern), test.ignore_value_case);
    builder.push(r" escape '\'");
    Ok(())
}

fn push_text(builder: &mut QueryBuilder<Postgres>, text: String, ignore_case: bool) {
    if ignore_case {
        builder.push("lower(").push_bind(text).push(")");
    } else {
        builder.push_bind(text);
    }
}

/// Pushes the value of an entry of one of `types`, null for all others: `case` keeps values of other
/// types away from the conversion.
fn push_typed(builder: &mut QueryBuilder<Postgres>, entry: &str, types: &str, sql_type: &str, ignore_case: bool) {
    builder.push(if ignore_case { "lower(" } else { "(" });
    builder
        .push("case when ")
        .push(entry)
        .push(" ->> 'type' in ")
        .push(types)
        .push(" then ");
    // `NaN` is a number that no comparison holds for.
    builder.push("nullif(").push(entry).push(" ->> 'value', ");
    builder.push(if sql_type == "numeric" { "'NaN'" } else { "null" });
    builder.push(")::").push(sql_type).push(" end)");
    if sql_type == "text" {
        builder.push(" collate \"C\"");
    }
}

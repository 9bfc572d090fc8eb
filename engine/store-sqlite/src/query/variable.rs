//! Conditions on variables of a process instance.
//!
//! A document is `{"name":{"type":"Integer","value":5},…}`; a test looks into the entry of the name.

use flowstone_expression::TypedValue;
use flowstone_store::Result;
use flowstone_store::query::{VariableOperator, VariableTest};
use sqlx::{QueryBuilder, Sqlite};

use super::condition::like_pattern;
use crate::pool::ANY_CASE;
use crate::rows::json;

/// The number of an entry, null when it holds none: doubles that JSON cannot express are texts.
const NUMBER: &str = "(case when e.value ->> 'type' in ('Short', 'Integer', 'Long', 'Double') then \
    case e.value ->> 'value' when 'NaN' then null when 'Infinity' then 9e999 when '-Infinity' then -9e999 \
    when '-0.0' then 0.0 else e.value ->> 'value' end end)";

const TEXT: &str = "(case when e.value ->> 'type' = 'String' then e.value ->> 'value' end)";

const BOOLEAN: &str = "(case when e.value ->> 'type' = 'Boolean' then e.value ->> 'value' end)";

/// Times are texts of one form, apart from the length of their fraction: without the `Z` at their
/// end they sort by time.
const TIME: &str = "(case when e.value ->> 'type' = 'Date' then rtrim(e.value ->> 'value', 'Z') end)";

/// Pushes a test of a variable of `document`.
pub(super) fn push(builder: &mut QueryBuilder<Sqlite>, document: &str, test: &VariableTest) -> Result<()> {
    builder
        .push("exists (select 1 from json_each(")
        .push(document)
        .push(") e where e.key = ")
        .push_bind(test.name.clone());
    if test.ignore_name_case {
        builder.push(" collate ").push(ANY_CASE);
    }
    builder.push(" and ");
    match test.operator {
        VariableOperator::Equals => push_equality(builder, test)?,
        VariableOperator::NotEquals => {
            builder.push("not ");
            push_equality(builder, test)?;
        }
        VariableOperator::Greater => push_order(builder, " > ", test),
        VariableOperator::AtLeast => push_order(builder, " >= ", test),
        VariableOperator::Less => push_order(builder, " < ", test),
        VariableOperator::AtMost => push_order(builder, " <= ", test),
        VariableOperator::Like => push_like(builder, " like ", test),
        VariableOperator::NotLike => push_like(builder, " not like ", test),
    }
    builder.push(")");
    Ok(())
}

/// What a value is compared with, and the part of the entry that it is compared to.
enum Operand {
    Text(&'static str, String),
    Integer(&'static str, i64),
    Real(f64),
}

impl Operand {
    /// `None` for types without an order, and for `NaN`.
    fn of(value: &TypedValue) -> Option<Self> {
        match value {
            TypedValue::String(text) => Some(Operand::Text(TEXT, text.clone())),
            TypedValue::Date(_) => {
                let stored = serde_json::to_value(value).ok()?;
                let time = stored.get("value")?.as_str()?.trim_end_matches('Z').to_owned();
                Some(Operand::Text(TIME, time))
            }
            TypedValue::Boolean(truth) => Some(Operand::Integer(BOOLEAN, i64::from(*truth))),
            TypedValue::Short(number) => Some(Operand::Integer(NUMBER, i64::from(*number))),
            TypedValue::Integer(number) => Some(Operand::Integer(NUMBER, i64::from(*number))),
            TypedValue::Long(number) => Some(Operand::Integer(NUMBER, *number)),
            TypedValue::Double(number) if !number.is_nan() => Some(Operand::Real(*number)),
            _ => None,
        }
    }

    fn push(self, builder: &mut QueryBuilder<Sqlite>, operator: &str, any_case: bool) {
        match self {
            Operand::Text(entry, text) => builder.push(entry).push(operator).push_bind(text),
            Operand::Integer(entry, number) => builder.push(entry).push(operator).push_bind(number),
            Operand::Real(number) => builder.push(NUMBER).push(operator).push_bind(number),
        };
        if any_case {
            builder.push(" collate ").push(ANY_CASE);
        }
    }
}

/// Whether case is without regard: only that of texts is.
fn any_case(test: &VariableTest) -> bool {
    test.ignore_value_case && matches!(test.value, TypedValue::String(_))
}

/// Pushes a condition that is never null.
fn push_equality(builder: &mut QueryBuilder<Sqlite>, test: &VariableTest) -> Result<()> {
    builder.push("(");
    match (Operand::of(&test.value), &test.value) {
        (Some(operand), _) => operand.push(builder, " is ", any_case(test)),
        // Equal to nothing, not even itself.
        (None, TypedValue::Double(_)) => drop(builder.push("false")),
        (None, value) => {
            builder.push("json(e.value) is json(").push_bind(json(value)?).push(")");
        }
    }
    builder.push(")");
    Ok(())
}

fn push_order(builder: &mut QueryBuilder<Sqlite>, operator: &str, test: &VariableTest) {
    match Operand::of(&test.value) {
        Some(operand) => operand.push(builder, operator, any_case(test)),
        None => drop(builder.push("false")),
    }
}

fn push_like(builder: &mut QueryBuilder<Sqlite>, operator: &str, test: &VariableTest) {
    let TypedValue::String(pattern) = &test.value else {
        builder.push("false");
        return;
    };
    if test.ignore_value_case {
        builder.push("lower(").push(TEXT).push(")").push(operator);
        builder.push("lower(").push_bind(like_pattern(pattern)).push(")");
    } else {
        builder.push(TEXT).push(operator).push_bind(like_pattern(pattern));
    }
    builder.push(r" escape '\'");
}

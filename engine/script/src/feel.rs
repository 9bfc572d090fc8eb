//! FEEL over process variables, and the values of both worlds.

use chrono::{TimeZone, Utc};
use flowstone_expression::{Context, EvaluationError, ExceededLimit, Map, Value};
use flowstone_feel as feel;
use flowstone_feel::{Evaluation, Expression, Names, Scope};

use crate::script::{Limits, ScriptProblem};

/// Parses an expression. Names with spaces and operators are known only when it is evaluated.
pub(crate) fn parse(source: &str) -> Result<Expression, ScriptProblem> {
    Expression::parse(source, &Names::new()).map_err(|error| ScriptProblem {
        line: error.line,
        column: error.column,
        message: error.message,
    })
}

/// Computes an expression against the variables that it can name.
pub(crate) fn evaluate(
    expression: &Expression,
    context: &mut dyn Context,
    limits: &Limits,
) -> Result<Value, EvaluationError> {
    let source = expression.source();
    let mut names = context.variable_names();
    names.retain(|name| source.contains(name.as_str()));
    let mut variables = feel::Context::new();
    for name in &names {
        if let Some(value) = context.variable(name) {
            variables.insert(name.as_str(), feel_value(&value));
        }
    }
    // A variable may have a name that is no plain word.
    let is_plain = |name: &String| name.chars().all(|one| one.is_alphanumeric() || one == '_');
    let renamed = if names.iter().all(is_plain) {
        None
    } else {
        Expression::parse(source, &Names::from_iter(names)).ok()
    };
    let mut evaluation = Evaluation::new(&limits.feel(), context.now().fixed_offset());
    let scope = Scope::new().with_context(variables.into());
    let value = evaluation
        .evaluate(renamed.as_ref().unwrap_or(expression), &scope)
        .map_err(|error| EvaluationError::LimitExceeded {
            expression: source.to_owned(),
            limit: match error.limit() {
                Some(feel::ExceededLimit::StringBytes) => ExceededLimit::StringBytes,
                Some(feel::ExceededLimit::ListItems) => ExceededLimit::ListItems,
                _ => ExceededLimit::Fuel,
            },
            offset: 0,
        })?;
    from_feel_value(&value).map_err(|error| match error {
        EvaluationError::Failed { cause, offset, .. } => EvaluationError::Failed {
            expression: source.to_owned(),
            cause,
            offset,
        },
        other => other,
    })
}

/// The value as FEEL has it: whole and floating-point numbers are decimal ones, an instant is a date and time in UTC.
/// Bytes and files, which FEEL cannot look into, are null.
pub fn feel_value(value: &Value) -> feel::Value {
    match value {
        Value::Boolean(value) => (*value).into(),
        Value::Short(number) => i32::from(*number).into(),
        Value::Integer(number) => (*number).into(),
        Value::Long(number) => (*number).into(),
        Value::Double(number) => feel::Number::from_f64(*number).into(),
        Value::String(text) => text.as_str().into(),
        Value::Date(instant) => feel::temporal::DateTime::from(*instant).into(),
        Value::List(list) => feel::Value::list(list.items().iter().map(feel_value)),
        Value::Map(map) => map
            .entries()
            .iter()
            .map(|(name, value)| (name.as_str(), feel_value(value)))
            .collect::<feel::Context>()
            .into(),
        Value::Opaque(_) => match value.to_text() {
            Ok(text) if !text.is_empty() => text.into(),
            _ => feel::Value::Null,
        },
        Value::Null | Value::Bean(_) => feel::Value::Null,
    }
}

/// The value as process variables have it: whole numbers are `Long`, others `Double`, dates with a time are instants,
/// and other dates, times and durations are their ISO 8601 texts.
///
/// # Errors
/// [`EvaluationError::Failed`] for ranges and functions.
pub fn from_feel_value(value: &feel::Value) -> Result<Value, EvaluationError> {
    Ok(match value {
        feel::Value::Null => Value::Null,
        feel::Value::Boolean(value) => Value::Boolean(*value),
        feel::Value::Number(number) => match number.to_i64().filter(|_| number.is_integer()) {
            Some(whole) => Value::Long(whole),
            None => Value::Double(number.to_f64()),
        },
        feel::Value::String(text) => Value::String(text.to_string()),
        feel::Value::DateTime(moment) => match instant(moment) {
            Some(instant) => Value::Date(instant),
            None => Value::String(moment.to_string()),
        },
        feel::Value::Date(date) => Value::String(date.to_string()),
        feel::Value::Time(time) => Value::String(time.to_string()),
        feel::Value::DaysAndTimeDuration(duration) => Value::String(duration.to_string()),
        feel::Value::YearsAndMonthsDuration(duration) => Value::String(duration.to_string()),
        feel::Value::List(list) => {
            let items: Result<Vec<Value>, EvaluationError> = list.iter().map(from_feel_value).collect();
            Value::from(items?)
        }
        feel::Value::Context(context) => {
            let mut entries = Vec::with_capacity(context.len());
            for (name, value) in context.iter() {
                entries.push((name.to_string(), from_feel_value(value)?));
            }
            Value::from(Map::from(entries))
        }
        feel::Value::Range(_) | feel::Value::Function(_) => {
            return Err(EvaluationError::failed(format!(
                "the result is {}, which no variable can hold",
                value.kind_name()
            )));
        }
    })
}

/// The instant of a date and time; one without a zone is taken as UTC.
fn instant(moment: &feel::temporal::DateTime) -> Option<chrono::DateTime<Utc>> {
    let (date, time) = (moment.date(), moment.time());
    let local = chrono::NaiveDate::from_ymd_opt(date.year(), date.month().into(), date.day().into())?
        .and_hms_nano_opt(
            time.hour().into(),
            time.minute().into(),
            time.second().into(),
            time.nanosecond(),
        )?;
    let offset = chrono::FixedOffset::east_opt(moment.offset_seconds().unwrap_or(0))?;
    let moment = offset.from_local_datetime(&local).single()?;
    Some(moment.with_timezone(&Utc))
}

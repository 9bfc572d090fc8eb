//! Values of the engine as values of JavaScript, and back.

use flowstone_expression::{EvaluationError, Value};
use rquickjs::{Ctx, Function, Object, Result, Type};

/// The value as JavaScript has it. Lists and maps become new arrays and objects; bytes and files become null.
pub(super) fn to_javascript<'js>(ctx: &Ctx<'js>, value: &Value) -> Result<rquickjs::Value<'js>> {
    let new = |number: f64| rquickjs::Value::new_number(ctx.clone(), number);
    Ok(match value {
        Value::Null | Value::Bean(_) => rquickjs::Value::new_null(ctx.clone()),
        Value::Boolean(value) => rquickjs::Value::new_bool(ctx.clone(), *value),
        Value::Short(number) => rquickjs::Value::new_int(ctx.clone(), (*number).into()),
        Value::Integer(number) => rquickjs::Value::new_int(ctx.clone(), *number),
        // Beyond 53 bits the language has no exact whole numbers that scripts expect.
        Value::Long(number) => new(*number as f64),
        Value::Double(number) => new(*number),
        Value::String(text) => rquickjs::String::from_str(ctx.clone(), text)?.into_value(),
        Value::Date(instant) => {
            let date: Function<'js> = ctx.globals().get("Date")?;
            let construct: Function<'js> = ctx.globals().get::<_, Object<'js>>("Reflect")?.get("construct")?;
            construct.call((date, vec![instant.timestamp_millis() as f64]))?
        }
        Value::List(_) | Value::Map(_) => match value.to_text() {
            Ok(text) => ctx.json_parse(text)?,
            Err(_) => rquickjs::Value::new_null(ctx.clone()),
        },
        Value::Opaque(_) => match value.to_text() {
            Ok(text) if !text.is_empty() => rquickjs::String::from_str(ctx.clone(), &text)?.into_value(),
            _ => rquickjs::Value::new_null(ctx.clone()),
        },
    })
}

/// Why a value could not be taken over.
pub(super) enum Untaken {
    /// The script threw, or ran into a limit, while the value was read.
    Thrown,
    /// No variable can hold it.
    Unfit(EvaluationError),
}

impl From<rquickjs::Error> for Untaken {
    fn from(_: rquickjs::Error) -> Self {
        Self::Thrown
    }
}

/// The value as variables have it: whole numbers are `Integer` when they fit and `Long` otherwise, arrays are lists,
/// objects are maps, a date is an instant, and what is not defined is null.
pub(super) fn from_javascript<'js>(
    ctx: &Ctx<'js>,
    value: &rquickjs::Value<'js>,
) -> std::result::Result<Value, Untaken> {
    /// Whole numbers up to here are exact.
    const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
    let unfit = |kind: &str| {
        let cause = format!("the value is {kind}, which no variable can hold; make it a text, a number or an object");
        Untaken::Unfit(EvaluationError::failed(cause))
    };
    Ok(match value.type_of() {
        Type::Undefined | Type::Null | Type::Uninitialized => Value::Null,
        Type::Bool => Value::Boolean(value.as_bool().unwrap_or_default()),
        Type::Int => Value::Integer(value.as_int().unwrap_or_default()),
        Type::Float => {
            let number = value.as_float().unwrap_or_default();
            if number.fract() != 0.0 || number.abs() > LARGEST_EXACT || number.is_nan() {
                Value::Double(number)
            } else if let Ok(small) = i32::try_from(number as i64) {
                Value::Integer(small)
            } else {
                Value::Long(number as i64)
            }
        }
        Type::BigInt => {
            let big = value.as_big_int().and_then(|big| big.clone().to_i64().ok());
            Value::Long(big.ok_or_else(|| unfit("a whole number of more than 64 bits"))?)
        }
        Type::String => {
            let text = value.as_string().map(rquickjs::String::to_string).transpose()?;
            Value::String(text.unwrap_or_default())
        }
        Type::Symbol => return Err(unfit("a symbol")),
        Type::Function | Type::Constructor => return Err(unfit("a function")),
        Type::Promise => return Err(unfit("a promise")),
        _ => {
            if let Some(instant) = date(ctx, value)? {
                return Ok(Value::Date(instant));
            }
            let json = ctx.json_stringify(value.clone())?;
            let text = json.map(|text| text.to_string()).transpose()?;
            let parsed = text.and_then(|text| serde_json::from_str(&text).ok());
            parsed.ok_or_else(|| unfit("no data"))?
        }
    })
}

/// The instant of a date object.
fn date<'js>(ctx: &Ctx<'js>, value: &rquickjs::Value<'js>) -> Result<Option<chrono::DateTime<chrono::Utc>>> {
    let Some(object) = value.as_object() else {
        return Ok(None);
    };
    let date: rquickjs::Value<'js> = ctx.globals().get("Date")?;
    if !object.is_instance_of(&date) {
        return Ok(None);
    }
    let time: Function<'js> = object.get("getTime")?;
    let milliseconds: f64 = time.call((rquickjs::function::This(object.clone()),))?;
    Ok(chrono::DateTime::from_timestamp_millis(milliseconds as i64))
}

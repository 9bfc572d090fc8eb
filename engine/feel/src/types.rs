//! Types, and which values belong to them.

use std::sync::Arc;

use crate::temporal::DateTime;
use crate::{Endpoint, Names, ParseError, Value};

/// A FEEL type.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Every value.
    Any,
    /// Only null.
    Null,
    /// Numbers.
    Number,
    /// Texts.
    String,
    /// True and false.
    Boolean,
    /// Dates.
    Date,
    /// Times of day.
    Time,
    /// Dates with a time of day.
    DateTime,
    /// Durations of days, hours, minutes and seconds.
    DaysAndTimeDuration,
    /// Durations of years and months.
    YearsAndMonthsDuration,
    /// Lists whose items belong to a type.
    List(Arc<Type>),
    /// Ranges whose ends belong to a type.
    Range(Arc<Type>),
    /// Contexts that have these entries, and perhaps others.
    Context(Arc<[(Arc<str>, Type)]>),
    /// Functions with parameters and a result of these types.
    Function(Arc<[Type]>, Arc<Type>),
    /// All functions.
    AnyFunction,
}

impl Type {
    /// A list of items of this type.
    pub fn list(items: Self) -> Self {
        Self::List(Arc::new(items))
    }

    /// Reads a type: `number`, `date and time`, `list<number>`, `context<a: string>`, `function<number> -> string`, or
    /// one that `names` defines.
    ///
    /// # Errors
    /// [`ParseError`] when the text is not a type, or names a type that `names` does not define.
    pub fn parse(source: &str, names: &Names) -> Result<Self, ParseError> {
        crate::syntax::parse_type(source, names)
    }

    /// A type of the language by its name.
    pub(crate) fn built_in(name: &str) -> Option<Self> {
        Some(match name {
            "Any" => Self::Any,
            "Null" | "null" => Self::Null,
            "number" => Self::Number,
            "string" => Self::String,
            "boolean" => Self::Boolean,
            "date" => Self::Date,
            "time" => Self::Time,
            "date and time" | "dateTime" => Self::DateTime,
            "days and time duration" | "dayTimeDuration" => Self::DaysAndTimeDuration,
            "years and months duration" | "yearMonthDuration" => Self::YearsAndMonthsDuration,
            "list" => Self::list(Self::Any),
            "range" => Self::Range(Arc::new(Self::Any)),
            "function" => Self::AnyFunction,
            "context" => Self::Context(Arc::from([])),
            _ => return None,
        })
    }

    /// Whether a value belongs to this type. Null belongs to every type, as an absent value does.
    pub fn conforms(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _) | (_, Value::Null) => true,
            (Self::Number, Value::Number(_))
            | (Self::String, Value::String(_))
            | (Self::Boolean, Value::Boolean(_))
            | (Self::Date, Value::Date(_))
            | (Self::Time, Value::Time(_))
            | (Self::DateTime, Value::DateTime(_))
            | (Self::DaysAndTimeDuration, Value::DaysAndTimeDuration(_))
            | (Self::YearsAndMonthsDuration, Value::YearsAndMonthsDuration(_))
            | (Self::AnyFunction, Value::Function(_)) => true,
            (Self::List(items), Value::List(list)) => list.iter().all(|item| items.conforms(item)),
            (Self::Range(ends), Value::Range(range)) => [&range.start, &range.end]
                .into_iter()
                .filter_map(Endpoint::value)
                .all(|end| ends.conforms(end)),
            (Self::Context(entries), Value::Context(context)) => entries
                .iter()
                .all(|(name, expected)| context.get(name).is_some_and(|value| expected.conforms(value))),
            (Self::Function(parameters, result), Value::Function(function)) => {
                function.has_signature(parameters, result)
            }
            _ => false,
        }
    }

    /// The result of `value instance of type`: as [`Type::conforms`], but null is an instance of nothing except of the
    /// type of null.
    pub fn is_instance(&self, value: &Value) -> bool {
        match value {
            Value::Null => *self == Self::Null,
            value => self.conforms(value),
        }
    }

    /// Whether every value of this type belongs to the other one too.
    pub fn is_subtype_of(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Any) | (Self::Null, _) | (Self::Function(..), Self::AnyFunction) => true,
            (Self::List(own), Self::List(items)) => own.is_subtype_of(items),
            (Self::Range(own), Self::Range(ends)) => own.is_subtype_of(ends),
            (Self::Context(own), Self::Context(entries)) => entries.iter().all(|(name, expected)| {
                own.iter()
                    .any(|(own_name, own_type)| own_name == name && own_type.is_subtype_of(expected))
            }),
            (Self::Function(own, own_result), Self::Function(parameters, result)) => {
                own.len() == parameters.len()
                    && parameters
                        .iter()
                        .zip(own.iter())
                        .all(|(given, own)| given.is_subtype_of(own))
                    && own_result.is_subtype_of(result)
            }
            _ => self == other,
        }
    }

    /// The value as this type (DMN 10.3.2.9.4): itself when it conforms; the only item of a list; a list of the value;
    /// a date as the date and time of its UTC midnight; otherwise null.
    pub fn coerce(&self, value: Value) -> Value {
        if self.conforms(&value) {
            return value;
        }
        match (self, &value) {
            (Self::DateTime, Value::Date(date)) => DateTime::utc_midnight(*date).into(),
            (Self::List(items), Value::List(list)) => {
                // Items of a list are dates where dates with times are wanted.
                let coerced: Vec<Value> = list.iter().map(|item| items.coerce(item.clone())).collect();
                let lost = coerced
                    .iter()
                    .zip(list.iter())
                    .any(|(after, before)| after.is_null() && !before.is_null());
                if lost { Value::Null } else { Value::from(coerced) }
            }
            (Self::List(items), single) => match items.coerce(single.clone()) {
                Value::Null => Value::Null,
                item => Value::from(vec![item]),
            },
            (_, Value::List(list)) => match list.as_slice() {
                [single] => self.coerce(single.clone()),
                _ => Value::Null,
            },
            (Self::Context(entries), Value::Context(context)) => {
                let mut coerced = (**context).clone();
                for (name, expected) in entries.iter() {
                    let Some(value) = context.get(name) else {
                        return Value::Null;
                    };
                    let after = expected.coerce(value.clone());
                    if after.is_null() && !value.is_null() {
                        return Value::Null;
                    }
                    coerced.insert(name.clone(), after);
                }
                coerced.into()
            }
            _ => Value::Null,
        }
    }
}

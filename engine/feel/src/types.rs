//! Types, and which values belong to them.

use std::sync::Arc;

use crate::{Names, ParseError, Value};

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
}

impl Type {
    /// A list of items of this type.
    pub fn list(items: Self) -> Self {
        Self::List(Arc::new(items))
    }

    /// Reads a type: `number`, `date and time`, `list<number>`, `context<a: string>`, `function<number> -> string`.
    ///
    /// # Errors
    /// [`ParseError`] when the text is not a type, or names a type that `names` does not define.
    pub fn parse(source: &str, _names: &Names) -> Result<Self, ParseError> {
        Err(ParseError::at(source, 0, "this is not a type"))
    }

    /// Whether a value belongs to this type. Null belongs to every type, as an absent value does.
    pub fn conforms(&self, _value: &Value) -> bool {
        true
    }

    /// The result of `value instance of type`: as [`Type::conforms`], but null is an instance of nothing except of the
    /// type of null.
    pub fn is_instance(&self, value: &Value) -> bool {
        self.conforms(value)
    }

    /// The value as this type (DMN 10.3.2.9.4): itself when it conforms; the only item of a list; a list of the value;
    /// a date as the date and time of its UTC midnight; otherwise null.
    pub fn coerce(&self, value: Value) -> Value {
        value
    }
}

//! FEEL values.

mod comparison;
mod text;

use std::sync::Arc;

pub(crate) use text::{duration_from_text, temporal_from_text};

use crate::temporal::{Date, DateTime, DaysAndTimeDuration, Time, YearsAndMonthsDuration};
use crate::{Context, Function, List, Number, Range};

/// A FEEL value. Cheap to clone.
///
/// `==` is equality of the language for values of one kind, and false for values of different kinds; `null == null`.
/// Functions are equal only to themselves.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// No value.
    #[default]
    Null,
    /// True or false.
    Boolean(bool),
    /// A decimal number of up to 34 digits.
    Number(Number),
    /// A text of Unicode code points.
    String(Arc<str>),
    /// A date.
    Date(Date),
    /// A time of day, perhaps with an offset or zone.
    Time(Time),
    /// A date with a time of day, perhaps with an offset or zone.
    DateTime(DateTime),
    /// A duration of days, hours, minutes and seconds.
    DaysAndTimeDuration(DaysAndTimeDuration),
    /// A duration of years and months.
    YearsAndMonthsDuration(YearsAndMonthsDuration),
    /// A list.
    List(Arc<List>),
    /// A context.
    Context(Arc<Context>),
    /// A range.
    Range(Arc<Range>),
    /// A function.
    Function(Function),
}

impl Value {
    /// A list of these items.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(Arc::new(items.into_iter().collect()))
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether this is true; everything but true is not.
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Boolean(true))
    }

    /// How deep values lie in each other here; 0 for plain values.
    pub(crate) fn depth(&self) -> u16 {
        match self {
            Self::List(list) => list.depth(),
            Self::Context(context) => context.depth(),
            Self::Function(function) => function.depth(),
            _ => 0,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Self {
        Self::Number(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Number(value.into())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value.into())
    }
}

impl From<Arc<str>> for Value {
    fn from(value: Arc<str>) -> Self {
        Self::String(value)
    }
}

impl From<Context> for Value {
    fn from(value: Context) -> Self {
        Self::Context(Arc::new(value))
    }
}

impl From<List> for Value {
    fn from(value: List) -> Self {
        Self::List(Arc::new(value))
    }
}

impl From<Vec<Value>> for Value {
    fn from(value: Vec<Value>) -> Self {
        Self::List(Arc::new(List::new(value)))
    }
}

impl From<Range> for Value {
    fn from(value: Range) -> Self {
        Self::Range(Arc::new(value))
    }
}

impl From<Function> for Value {
    fn from(value: Function) -> Self {
        Self::Function(value)
    }
}

impl From<Date> for Value {
    fn from(value: Date) -> Self {
        Self::Date(value)
    }
}

impl From<Time> for Value {
    fn from(value: Time) -> Self {
        Self::Time(value)
    }
}

impl From<DateTime> for Value {
    fn from(value: DateTime) -> Self {
        Self::DateTime(value)
    }
}

impl From<DaysAndTimeDuration> for Value {
    fn from(value: DaysAndTimeDuration) -> Self {
        Self::DaysAndTimeDuration(value)
    }
}

impl From<YearsAndMonthsDuration> for Value {
    fn from(value: YearsAndMonthsDuration) -> Self {
        Self::YearsAndMonthsDuration(value)
    }
}

impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Value {
    /// What kind of value this is, for messages.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Date(_) => "a date",
            Self::Time(_) => "a time",
            Self::DateTime(_) => "a date and time",
            Self::DaysAndTimeDuration(_) => "a days and time duration",
            Self::YearsAndMonthsDuration(_) => "a years and months duration",
            Self::List(_) => "a list",
            Self::Context(_) => "a context",
            Self::Range(_) => "a range",
            Self::Function(_) => "a function",
        }
    }

    /// About how many units of work it is to look at the whole value, with all that lies in it. Values that are used
    /// several times count as often, so this stops counting at a bound beyond every limit.
    pub(crate) fn weight(&self) -> u64 {
        let mut budget = MAXIMUM_WEIGHT;
        self.weigh(&mut budget);
        MAXIMUM_WEIGHT - budget
    }

    fn weigh(&self, budget: &mut u64) {
        let own = match self {
            Self::String(text) => 1 + text.len() as u64 / 64,
            _ => 1,
        };
        *budget = budget.saturating_sub(own);
        match self {
            Self::List(list) => {
                for item in list.iter() {
                    if *budget == 0 {
                        return;
                    }
                    item.weigh(budget);
                }
            }
            Self::Context(context) => {
                for (_, value) in context.iter() {
                    if *budget == 0 {
                        return;
                    }
                    value.weigh(budget);
                }
            }
            _ => {}
        }
    }
}

/// Where weighing a value stops.
const MAXIMUM_WEIGHT: u64 = 10_000_000;

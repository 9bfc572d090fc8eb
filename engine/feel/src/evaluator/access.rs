//! Paths and filters.

use std::sync::Arc;

use super::Evaluated;
use crate::syntax::ast::Node;
use crate::temporal::{DaysAndTimeDuration, Zone};
use crate::{Endpoint, Evaluation, EvaluationError, List, Number, Range, Scope, Value};

impl Evaluation {
    pub(super) fn path(&mut self, base: &Node, name: &Arc<str>, scope: &Scope) -> Evaluated {
        let base = self.node(base, scope)?;
        self.property(&base, name)
    }

    /// An entry of a context or a property of another value; of a list, that of every item.
    fn property(&mut self, base: &Value, name: &str) -> Evaluated {
        self.spend(1)?;
        let found = match base {
            Value::List(list) => {
                self.reserve_list(list.len())?;
                let mut values = Vec::with_capacity(list.len());
                for item in list.iter() {
                    // Lists in lists have depth, but not more than values may have.
                    values.push(self.property(item, name)?);
                }
                return self.list(values);
            }
            Value::Context(context) => context.get(name).cloned(),
            Value::Null => return Ok(Value::Null),
            other => property_of(other, name),
        };
        match found {
            Some(value) => Ok(value),
            None => self.null(format!("{} has no property '{name}'", base.kind_name())),
        }
    }

    pub(super) fn filter(&mut self, base: &Node, condition: &Node, scope: &Scope) -> Evaluated {
        let base = self.node(base, scope)?;
        let list = match base {
            Value::Null => return Ok(Value::Null),
            Value::List(list) => list,
            single => Arc::new(List::new(vec![single])),
        };
        let mut kept = Vec::new();
        if list.is_empty() {
            // The condition may still be an index.
            return Ok(match self.node(condition, scope)? {
                Value::Number(_) => Value::Null,
                _ => Value::List(list),
            });
        }
        for item in list.iter() {
            self.spend(1)?;
            let inner = item_scope(scope, item);
            match self.node(condition, &inner)? {
                Value::Boolean(true) => {
                    self.reserve_item(kept.len())?;
                    kept.push(item.clone());
                }
                Value::Number(index) => return self.item_at(&list, &index),
                _ => {}
            }
        }
        self.finished_list(Arc::new(List::new(kept)))
    }

    /// The item at an index from 1, or from the end if it is negative.
    fn item_at(&mut self, list: &List, index: &Number) -> Result<Value, EvaluationError> {
        let position = index.to_i64().and_then(|index| match index {
            1.. => usize::try_from(index - 1).ok(),
            0 => None,
            _ => list.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
        });
        match position.and_then(|position| list.get(position)) {
            Some(item) => Ok(item.clone()),
            None => self.null(format!("a list of {} items has no item {index}", list.len())),
        }
    }
}

/// Where the condition of a filter is computed: `item` and the entries of the item are names.
fn item_scope(scope: &Scope, item: &Value) -> Scope {
    let inner = scope.with("item", item.clone());
    match item {
        Value::Context(context) => inner.with_context(context.clone()),
        _ => inner,
    }
}

fn property_of(value: &Value, name: &str) -> Option<Value> {
    match value {
        Value::Date(date) => match name {
            "year" => Some(date.year().into()),
            "month" => Some(i32::from(date.month()).into()),
            "day" => Some(i32::from(date.day()).into()),
            "weekday" => Some(i32::from(date.weekday()).into()),
            _ => None,
        },
        Value::DateTime(moment) => match name {
            "time offset" => Some(offset(moment.offset_seconds())),
            _ => property_of(&moment.date().into(), name).or_else(|| property_of(&moment.time().into(), name)),
        },
        Value::Time(time) => match name {
            "hour" => Some(i32::from(time.hour()).into()),
            "minute" => Some(i32::from(time.minute()).into()),
            "second" => Some(i32::from(time.second()).into()),
            "time offset" => Some(offset(time.offset_seconds())),
            "timezone" => Some(time.zone().as_ref().and_then(Zone::name).into()),
            _ => None,
        },
        Value::DaysAndTimeDuration(duration) => match name {
            "days" => Some(duration.days().into()),
            "hours" => Some(duration.hours().into()),
            "minutes" => Some(duration.minutes().into()),
            "seconds" => Some(duration.seconds().into()),
            _ => None,
        },
        Value::YearsAndMonthsDuration(duration) => match name {
            "years" => Some(duration.years().into()),
            "months" => Some(duration.months().into()),
            _ => None,
        },
        Value::Range(range) => range_property(range, name),
        _ => None,
    }
}

fn offset(seconds: Option<i32>) -> Value {
    seconds
        .and_then(|seconds| DaysAndTimeDuration::from_seconds(i64::from(seconds)))
        .into()
}

fn range_property(range: &Range, name: &str) -> Option<Value> {
    let value = |end: &Endpoint| end.value().cloned().unwrap_or_default();
    match name {
        "start" => Some(value(&range.start)),
        "end" => Some(value(&range.end)),
        "start included" => Some(range.start.is_included().into()),
        "end included" => Some(range.end.is_included().into()),
        _ => None,
    }
}

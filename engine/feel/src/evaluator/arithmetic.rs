//! Arithmetic on numbers, texts, dates, times and durations (DMN 10.3.2.3, tables 54 to 57).

use super::Evaluated;
use crate::syntax::ast::{ArithmeticOperator, Node};
use crate::temporal::{Date, DateTime, DaysAndTimeDuration, Time, YearsAndMonthsDuration};
use crate::{Evaluation, Number, Scope, Value};

impl Evaluation {
    pub(super) fn arithmetic(&mut self, first: &Node, rest: &[(ArithmeticOperator, Node)], scope: &Scope) -> Evaluated {
        let mut result = self.node(first, scope)?;
        for (operator, operand) in rest {
            let operand = self.node(operand, scope)?;
            self.spend(1)?;
            result = self.operation(*operator, result, operand)?;
        }
        Ok(result)
    }

    fn operation(&mut self, operator: ArithmeticOperator, left: Value, right: Value) -> Evaluated {
        if let (ArithmeticOperator::Add, Value::String(left), Value::String(right)) = (operator, &left, &right) {
            self.reserve_text(left.len() + right.len())?;
            return Ok(Value::from([&**left, &**right].concat()));
        }
        let result = match operator {
            ArithmeticOperator::Add => sum(&left, &right),
            ArithmeticOperator::Subtract => difference(&left, &right),
            ArithmeticOperator::Multiply => product(&left, &right),
            ArithmeticOperator::Divide => quotient(&left, &right),
            ArithmeticOperator::Power => {
                // Powers take as long as a hundred other steps.
                self.spend(100)?;
                power(&left, &right)
            }
        };
        match result {
            Some(value) => Ok(value),
            None if left.is_null() || right.is_null() => Ok(Value::Null),
            None => self.null(format!(
                "{} {} {} has no value",
                left.kind_name(),
                symbol(operator),
                right.kind_name()
            )),
        }
    }

    pub(super) fn negation(&mut self, operand: &Node, scope: &Scope) -> Evaluated {
        Ok(match self.node(operand, scope)? {
            Value::Number(number) => (-number).into(),
            Value::DaysAndTimeDuration(duration) => {
                DaysAndTimeDuration::from_nanoseconds(-duration.total_nanoseconds()).into()
            }
            Value::YearsAndMonthsDuration(duration) => {
                YearsAndMonthsDuration::from_months(duration.total_months().saturating_neg()).into()
            }
            Value::Null => Value::Null,
            other => return self.null(format!("{} cannot be negated", other.kind_name())),
        })
    }
}

fn symbol(operator: ArithmeticOperator) -> &'static str {
    match operator {
        ArithmeticOperator::Add => "+",
        ArithmeticOperator::Subtract => "-",
        ArithmeticOperator::Multiply => "*",
        ArithmeticOperator::Divide => "/",
        ArithmeticOperator::Power => "**",
    }
}

fn sum(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.checked_add(right).map(Value::from),
        (Value::DaysAndTimeDuration(left), Value::DaysAndTimeDuration(right)) => {
            days_and_time(left.total_nanoseconds() + right.total_nanoseconds())
        }
        (Value::YearsAndMonthsDuration(left), Value::YearsAndMonthsDuration(right)) => {
            years_and_months(left.total_months().checked_add(right.total_months())?)
        }
        (_, Value::DaysAndTimeDuration(duration)) => later(left, duration.total_nanoseconds()),
        (Value::DaysAndTimeDuration(duration), _) => later(right, duration.total_nanoseconds()),
        (_, Value::YearsAndMonthsDuration(duration)) => months_later(left, duration.total_months()),
        (Value::YearsAndMonthsDuration(duration), _) => months_later(right, duration.total_months()),
        _ => None,
    }
}

fn difference(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.checked_sub(right).map(Value::from),
        (Value::DaysAndTimeDuration(left), Value::DaysAndTimeDuration(right)) => {
            days_and_time(left.total_nanoseconds() - right.total_nanoseconds())
        }
        (Value::YearsAndMonthsDuration(left), Value::YearsAndMonthsDuration(right)) => {
            years_and_months(left.total_months().checked_sub(right.total_months())?)
        }
        (_, Value::DaysAndTimeDuration(duration)) => later(left, -duration.total_nanoseconds()),
        (_, Value::YearsAndMonthsDuration(duration)) => months_later(left, duration.total_months().checked_neg()?),
        (Value::Time(left), Value::Time(right)) => time_difference(left, right),
        _ => moment_difference(&moment(left)?, &moment(right)?),
    }
}

fn product(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.checked_mul(right).map(Value::from),
        (Value::DaysAndTimeDuration(duration), Value::Number(factor))
        | (Value::Number(factor), Value::DaysAndTimeDuration(duration)) => {
            days_and_time(nanoseconds(duration)?.checked_mul(factor)?.truncated()?)
        }
        (Value::YearsAndMonthsDuration(duration), Value::Number(factor))
        | (Value::Number(factor), Value::YearsAndMonthsDuration(duration)) => {
            let months = Number::from(duration.total_months()).checked_mul(factor)?;
            years_and_months(i64::try_from(months.truncated()?).ok()?)
        }
        _ => None,
    }
}

fn quotient(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.checked_div(right).map(Value::from),
        (Value::DaysAndTimeDuration(duration), Value::Number(divisor)) => {
            days_and_time(nanoseconds(duration)?.checked_div(divisor)?.truncated()?)
        }
        (Value::YearsAndMonthsDuration(duration), Value::Number(divisor)) => {
            let months = Number::from(duration.total_months()).checked_div(divisor)?;
            years_and_months(i64::try_from(months.truncated()?).ok()?)
        }
        (Value::DaysAndTimeDuration(left), Value::DaysAndTimeDuration(right)) => {
            nanoseconds(left)?.checked_div(&nanoseconds(right)?).map(Value::from)
        }
        (Value::YearsAndMonthsDuration(left), Value::YearsAndMonthsDuration(right)) => {
            Number::from(left.total_months())
                .checked_div(&Number::from(right.total_months()))
                .map(Value::from)
        }
        _ => None,
    }
}

fn power(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Number(base), Value::Number(exponent)) => base.checked_pow(exponent).map(Value::from),
        _ => None,
    }
}

fn nanoseconds(duration: &DaysAndTimeDuration) -> Option<Number> {
    let total = duration.total_nanoseconds();
    Number::from_parts(total < 0, total.unsigned_abs(), 0)
}

fn days_and_time(nanoseconds: i128) -> Option<Value> {
    DaysAndTimeDuration::from_nanoseconds(nanoseconds).map(Value::from)
}

fn years_and_months(months: i64) -> Option<Value> {
    Some(YearsAndMonthsDuration::from_months(months).into())
}

fn later(start: &Value, nanoseconds: i128) -> Option<Value> {
    Some(match start {
        Value::Date(date) => DateTime::new(*date, Time::MIDNIGHT)
            .plus_nanoseconds(nanoseconds)?
            .date()
            .into(),
        Value::DateTime(moment) => moment.plus_nanoseconds(nanoseconds)?.into(),
        Value::Time(time) => time.plus_nanoseconds(nanoseconds).into(),
        _ => return None,
    })
}

fn months_later(start: &Value, months: i64) -> Option<Value> {
    Some(match start {
        Value::Date(date) => date.plus_months(months)?.into(),
        Value::DateTime(moment) => moment.plus_months(months)?.into(),
        _ => return None,
    })
}

/// What dates and moments are subtracted as.
enum Moment {
    Date(Date),
    DateTime(DateTime),
}

fn moment(value: &Value) -> Option<Moment> {
    match value {
        Value::Date(date) => Some(Moment::Date(*date)),
        Value::DateTime(moment) => Some(Moment::DateTime(*moment)),
        _ => None,
    }
}

fn moment_difference(left: &Moment, right: &Moment) -> Option<Value> {
    let as_date_time = |moment: &Moment| match moment {
        Moment::Date(date) => DateTime::utc_midnight(*date),
        Moment::DateTime(moment) => *moment,
    };
    let (left_zoned, left) = as_date_time(left).comparable();
    let (right_zoned, right) = as_date_time(right).comparable();
    if left_zoned != right_zoned {
        return None;
    }
    days_and_time(left - right)
}

fn time_difference(left: &Time, right: &Time) -> Option<Value> {
    let ((left_zoned, left), (right_zoned, right)) = (left.comparable(), right.comparable());
    if left_zoned != right_zoned {
        return None;
    }
    days_and_time(left - right)
}

//! Functions that make one value of many: sums, extremes and statistics.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Builtin, Evaluated, function, variadic};
use crate::temporal::{DaysAndTimeDuration, YearsAndMonthsDuration};
use crate::{Evaluation, EvaluationError, List, Number, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("min", &[variadic(&["list"], min)]),
    function("max", &[variadic(&["list"], max)]),
    function("sum", &[variadic(&["list"], sum)]),
    function("mean", &[variadic(&["list"], mean)]),
    function("product", &[variadic(&["list"], product)]),
    function("median", &[variadic(&["list"], median)]),
    function("stddev", &[variadic(&["list"], stddev)]),
    function("mode", &[variadic(&["list"], mode)]),
];

/// The items that the arguments give: those of the only list, or the arguments themselves.
fn items(evaluation: &mut Evaluation, arguments: &[Value]) -> Result<Arc<List>, EvaluationError> {
    let list = match arguments {
        [Value::List(list)] => list.clone(),
        many => Arc::new(List::new(many.to_vec())),
    };
    evaluation.spend(list.len() as u64)?;
    Ok(list)
}

/// The items as numbers; `None` when one is none.
fn numbers(evaluation: &mut Evaluation, arguments: &[Value]) -> Result<Option<Vec<Number>>, EvaluationError> {
    let list = items(evaluation, arguments)?;
    let numbers = list
        .iter()
        .map(|item| match item {
            Value::Number(number) => Some(*number),
            _ => None,
        })
        .collect::<Option<Vec<Number>>>();
    if numbers.is_none() {
        evaluation.warn("a list of numbers holds something else");
    }
    Ok(numbers)
}

fn min(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    extreme(evaluation, arguments, Ordering::Less)
}

fn max(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    extreme(evaluation, arguments, Ordering::Greater)
}

fn extreme(evaluation: &mut Evaluation, arguments: &[Value], wanted: Ordering) -> Evaluated {
    let list = items(evaluation, arguments)?;
    let mut items = list.iter();
    let Some(mut best) = items.next() else {
        return Ok(Value::Null);
    };
    if best.compare(best).is_none() {
        return evaluation.unfit("min and max", best);
    }
    for item in items {
        match item.compare(best) {
            Some(order) if order == wanted => best = item,
            Some(_) => {}
            None => return evaluation.null("the items of a list have no common order"),
        }
    }
    Ok(best.clone())
}

/// The sum of numbers, or of durations of one kind.
fn sum(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let list = items(evaluation, arguments)?;
    let total = match list.first() {
        None => return Ok(Value::Null),
        Some(Value::DaysAndTimeDuration(_)) => list
            .iter()
            .try_fold(0i128, |total, item| match item {
                Value::DaysAndTimeDuration(duration) => total.checked_add(duration.total_nanoseconds()),
                _ => None,
            })
            .and_then(DaysAndTimeDuration::from_nanoseconds)
            .map(Value::from),
        Some(Value::YearsAndMonthsDuration(_)) => list
            .iter()
            .try_fold(0i64, |total, item| match item {
                Value::YearsAndMonthsDuration(duration) => total.checked_add(duration.total_months()),
                _ => None,
            })
            .map(|months| YearsAndMonthsDuration::from_months(months).into()),
        Some(_) => list
            .iter()
            .try_fold(Number::ZERO, |total, item| match item {
                Value::Number(number) => total.checked_add(number),
                _ => None,
            })
            .map(Value::from),
    };
    match total {
        Some(total) => Ok(total),
        None => evaluation.null("a list of numbers or durations holds something else"),
    }
}

fn mean(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    Ok(numbers(evaluation, arguments)?
        .and_then(|numbers| mean_of(&numbers))
        .into())
}

fn count_of(numbers: &[Number]) -> Number {
    Number::from(numbers.len() as u64)
}

fn mean_of(numbers: &[Number]) -> Option<Number> {
    let total = numbers
        .iter()
        .try_fold(Number::ZERO, |total, number| total.checked_add(number))?;
    total.checked_div(&count_of(numbers))
}

fn product(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let numbers = numbers(evaluation, arguments)?.filter(|numbers| !numbers.is_empty());
    Ok(numbers
        .and_then(|numbers| {
            numbers
                .iter()
                .try_fold(Number::ONE, |product, number| product.checked_mul(number))
        })
        .into())
}

fn median(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Some(mut numbers) = numbers(evaluation, arguments)? else {
        return Ok(Value::Null);
    };
    numbers.sort();
    let middle = numbers.len() / 2;
    Ok(match numbers.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(numbers[middle]),
        _ => mean_of(&numbers[middle - 1..=middle]),
    }
    .into())
}

/// The standard deviation of a sample: it needs two numbers at least.
fn stddev(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let numbers = numbers(evaluation, arguments)?.filter(|numbers| numbers.len() >= 2);
    Ok(numbers
        .and_then(|numbers| {
            let mean = mean_of(&numbers)?;
            let squares = numbers.iter().try_fold(Number::ZERO, |total, number| {
                let deviation = number.checked_sub(&mean)?;
                total.checked_add(&deviation.checked_mul(&deviation)?)
            })?;
            squares
                .checked_div(&count_of(&numbers).checked_sub(&Number::ONE)?)?
                .sqrt()
        })
        .into())
}

/// The most frequent numbers, in ascending order.
fn mode(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    let Some(mut numbers) = numbers(evaluation, arguments)? else {
        return Ok(Value::Null);
    };
    numbers.sort();
    let runs: Vec<&[Number]> = numbers.chunk_by(|left, right| left == right).collect();
    let most = runs.iter().map(|run| run.len()).max().unwrap_or(0);
    let modes = runs
        .iter()
        .filter(|run| run.len() == most)
        .map(|run| Value::from(run[0]))
        .collect();
    evaluation.list(modes)
}

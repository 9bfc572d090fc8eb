//! Functions on numbers.

use super::{Builtin, Evaluated, fixed, function, optional};
use crate::temporal::{DaysAndTimeDuration, YearsAndMonthsDuration};
use crate::{Evaluation, Number, Rounding, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("decimal", &[fixed(&["n", "scale"], decimal)]),
    function("floor", &[optional(&["n", "scale"], 1, floor)]),
    function("ceiling", &[optional(&["n", "scale"], 1, ceiling)]),
    function("round up", &[fixed(&["n", "scale"], round_up)]),
    function("round down", &[fixed(&["n", "scale"], round_down)]),
    function("round half up", &[fixed(&["n", "scale"], round_half_up)]),
    function("round half down", &[fixed(&["n", "scale"], round_half_down)]),
    function("abs", &[fixed(&["n"], abs)]),
    function("modulo", &[fixed(&["dividend", "divisor"], modulo)]),
    function("sqrt", &[fixed(&["number"], sqrt)]),
    function("log", &[fixed(&["number"], log)]),
    function("exp", &[fixed(&["number"], exp)]),
    function("odd", &[fixed(&["number"], odd)]),
    function("even", &[fixed(&["number"], even)]),
];

/// The digits behind the point that a number may be rounded to.
const SCALES: std::ops::RangeInclusive<i128> = -6111..=6176;
/// What exponential and logarithm cost, in steps.
const TRANSCENDENTAL_COST: u64 = 100;

fn decimal(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    round("decimal", evaluation, arguments, Rounding::HalfEven)
}

fn floor(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    round("floor", evaluation, arguments, Rounding::Floor)
}

fn ceiling(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    round("ceiling", evaluation, arguments, Rounding::Ceiling)
}

fn round_up(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    round("round up", evaluation, arguments, Rounding::Up)
}

fn round_down(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    round("round down", evaluation, arguments, Rounding::Down)
}

fn round_half_up(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    round("round half up", evaluation, arguments, Rounding::HalfUp)
}

fn round_half_down(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    round("round half down", evaluation, arguments, Rounding::HalfDown)
}

fn round(function: &str, evaluation: &mut Evaluation, arguments: &[Value], mode: Rounding) -> Evaluated {
    let Value::Number(number) = &arguments[0] else {
        return evaluation.unfit(function, &arguments[0]);
    };
    let scale = match arguments.get(1) {
        None => 0,
        Some(Value::Number(scale)) => match scale.truncated().filter(|scale| SCALES.contains(scale)) {
            Some(scale) => scale as i32,
            None => return evaluation.null(format!("{function} takes a scale between -6111 and 6176")),
        },
        Some(other) => return evaluation.unfit(function, other),
    };
    Ok(number.round_to(scale, mode).into())
}

fn abs(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    Ok(match &arguments[0] {
        Value::Number(number) => number.abs().into(),
        Value::DaysAndTimeDuration(duration) => {
            DaysAndTimeDuration::from_nanoseconds(duration.total_nanoseconds().abs()).into()
        }
        Value::YearsAndMonthsDuration(duration) => {
            YearsAndMonthsDuration::from_months(duration.total_months().saturating_abs()).into()
        }
        other => return evaluation.unfit("abs", other),
    })
}

fn modulo(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    match arguments {
        [Value::Number(dividend), Value::Number(divisor)] => match dividend.checked_modulo(divisor) {
            Some(remainder) => Ok(remainder.into()),
            None => evaluation.null("there is no remainder of a division by zero"),
        },
        [Value::Number(_), other] | [other, ..] => evaluation.unfit("modulo", other),
        [] => Ok(Value::Null),
    }
}

/// A function of one number that does not exist for all.
fn partial(
    function: &str,
    evaluation: &mut Evaluation,
    arguments: &[Value],
    compute: fn(&Number) -> Option<Number>,
) -> Evaluated {
    evaluation.spend(TRANSCENDENTAL_COST)?;
    match &arguments[0] {
        Value::Number(number) => match compute(number) {
            Some(result) => Ok(result.into()),
            None => evaluation.null(format!("{function} of {number} has no value")),
        },
        other => evaluation.unfit(function, other),
    }
}

fn sqrt(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    partial("sqrt", evaluation, arguments, Number::sqrt)
}

fn log(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    partial("log", evaluation, arguments, Number::ln)
}

fn exp(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    partial("exp", evaluation, arguments, Number::exp)
}

fn odd(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    parity("odd", evaluation, arguments, Number::ONE)
}

fn even(evaluation: &mut Evaluation, arguments: &[Value]) -> Evaluated {
    parity("even", evaluation, arguments, Number::ZERO)
}

fn parity(function: &str, evaluation: &mut Evaluation, arguments: &[Value], remainder: Number) -> Evaluated {
    match &arguments[0] {
        Value::Number(number) => Ok((number.checked_modulo(&Number::small(2)) == Some(remainder)).into()),
        other => evaluation.unfit(function, other),
    }
}

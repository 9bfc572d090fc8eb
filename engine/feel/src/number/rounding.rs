//! Rounding: to the digits a number holds, and to a scale.

use super::{COEFFICIENT_BOUND, DIGITS, MAXIMUM_EXPONENT, MINIMUM_EXPONENT, Number, digit_count};

/// Which of two neighbours a number between them becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// The nearer one; the even one from the middle.
    HalfEven,
    /// The nearer one; from the middle, away from zero.
    HalfUp,
    /// The nearer one; from the middle, towards zero.
    HalfDown,
    /// The one away from zero.
    Up,
    /// The one towards zero.
    Down,
    /// The lesser one.
    Floor,
    /// The greater one.
    Ceiling,
}

/// What was cut off, compared with one unit of the last digit that stays.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    None,
    BelowHalf,
    Half,
    AboveHalf,
}

impl Rest {
    /// `sticky` says that something more follows behind the remainder.
    fn new(remainder: u128, unit: u128, sticky: bool) -> Self {
        let half = unit / 2;
        match (remainder.cmp(&half), sticky) {
            _ if remainder == 0 && !sticky => Self::None,
            (std::cmp::Ordering::Less, _) => Self::BelowHalf,
            (std::cmp::Ordering::Equal, false) => Self::Half,
            _ => Self::AboveHalf,
        }
    }
}

impl Rounding {
    fn increments(self, negative: bool, odd: bool, rest: Rest) -> bool {
        match self {
            _ if rest == Rest::None => false,
            Self::HalfEven => rest == Rest::AboveHalf || (rest == Rest::Half && odd),
            Self::HalfUp => rest != Rest::BelowHalf,
            Self::HalfDown => rest == Rest::AboveHalf,
            Self::Up => true,
            Self::Down => false,
            Self::Floor => negative,
            Self::Ceiling => !negative,
        }
    }
}

/// Cuts the last digits off.
fn drop_digits(coefficient: u128, dropped: u32, sticky: bool, negative: bool, mode: Rounding) -> u128 {
    if dropped == 0 {
        return coefficient;
    }
    let (kept, rest) = match 10u128.checked_pow(dropped) {
        Some(unit) => {
            let remainder = coefficient % unit;
            (coefficient / unit, Rest::new(remainder, unit, sticky))
        }
        None if coefficient == 0 && !sticky => (0, Rest::None),
        // 10^39 and more is above twice any coefficient.
        None => (0, Rest::BelowHalf),
    };
    kept + u128::from(mode.increments(negative, kept % 2 == 1, rest))
}

/// A number of any digits, rounded to what a number holds; `None` when it is too large.
///
/// `sticky` says that digits other than zero follow; then the coefficient must have more than 34 digits.
pub(super) fn round(negative: bool, coefficient: u128, exponent: i32, sticky: bool) -> Option<Number> {
    let mut coefficient = coefficient;
    let mut exponent = exponent;
    let excess = digit_count(coefficient).saturating_sub(DIGITS);
    let below_minimum = MINIMUM_EXPONENT.saturating_sub(exponent).max(0).unsigned_abs();
    let dropped = excess.max(below_minimum);
    if dropped > 0 {
        coefficient = drop_digits(coefficient, dropped, sticky, negative, Rounding::HalfEven);
        exponent = exponent.saturating_add_unsigned(dropped);
        if coefficient == COEFFICIENT_BOUND {
            coefficient /= 10;
            exponent += 1;
        }
    }
    if coefficient == 0 {
        return Some(Number {
            negative: false,
            coefficient: 0,
            exponent: exponent.clamp(MINIMUM_EXPONENT, 0),
        });
    }
    if exponent > MAXIMUM_EXPONENT {
        let shift = exponent.saturating_sub(MAXIMUM_EXPONENT).unsigned_abs();
        if digit_count(coefficient) + shift.min(DIGITS) > DIGITS {
            return None;
        }
        coefficient *= 10u128.pow(shift);
        exponent = MAXIMUM_EXPONENT;
    }
    Some(Number {
        negative,
        coefficient,
        exponent,
    })
}

impl Number {
    /// The number with `scale` digits behind the decimal point at most; a negative scale rounds to tens, hundreds and
    /// so on. `None` when the result is too large.
    pub fn round_to(&self, scale: i32, mode: Rounding) -> Option<Self> {
        let dropped = (-scale).saturating_sub(self.exponent);
        if dropped <= 0 {
            return Some(*self);
        }
        let coefficient = drop_digits(self.coefficient, dropped.unsigned_abs(), false, self.negative, mode);
        round(self.negative, coefficient, -scale, false)
    }

    /// The greatest integer that is not above this number.
    #[must_use]
    pub fn floor(&self) -> Self {
        // At scale 0 a number of 34 digits cannot overflow.
        self.round_to(0, Rounding::Floor).unwrap_or(*self)
    }
}

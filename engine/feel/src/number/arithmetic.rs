//! Addition, multiplication, division and remainder.

use super::rounding::round;
use super::{COEFFICIENT_BOUND, DIGITS, Number, digit_count};

/// Half of the digits of a coefficient, as a base in which products fit.
const HALF_BASE: u128 = 10u128.pow(DIGITS / 2);

/// A coefficient of up to 68 digits: `high * 10^34 + low`.
#[derive(Clone, Copy)]
struct Wide {
    high: u128,
    low: u128,
}

impl Wide {
    fn product(left: u128, right: u128) -> Self {
        let (left_high, left_low) = (left / HALF_BASE, left % HALF_BASE);
        let (right_high, right_low) = (right / HALF_BASE, right % HALF_BASE);
        let middle = left_high * right_low + left_low * right_high;
        let low = left_low * right_low + (middle % HALF_BASE) * HALF_BASE;
        Self {
            high: left_high * right_high + middle / HALF_BASE + low / COEFFICIENT_BOUND,
            low: low % COEFFICIENT_BOUND,
        }
    }

    fn plus(self, other: Self) -> Self {
        let low = self.low + other.low;
        Self {
            high: self.high + other.high + low / COEFFICIENT_BOUND,
            low: low % COEFFICIENT_BOUND,
        }
    }

    /// The difference; `other` must not be greater.
    fn minus(self, other: Self) -> Self {
        if self.low >= other.low {
            Self {
                high: self.high - other.high,
                low: self.low - other.low,
            }
        } else {
            Self {
                high: self.high - other.high - 1,
                low: self.low + COEFFICIENT_BOUND - other.low,
            }
        }
    }

    fn rounded(self, negative: bool, exponent: i32, sticky: bool) -> Option<Number> {
        if self.high == 0 {
            return round(negative, self.low, exponent, sticky);
        }
        // Three digits beyond the 34 that stay, and whether anything follows them.
        let excess = digit_count(self.high);
        let guard = excess.min(3);
        let dropped = excess - guard;
        let unit = 10u128.pow(dropped);
        let coefficient = self.high * 10u128.pow(DIGITS - dropped) + self.low / unit;
        round(
            negative,
            coefficient,
            exponent.saturating_add_unsigned(dropped),
            sticky || !self.low.is_multiple_of(unit),
        )
    }
}

impl Number {
    /// The sum.
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        if other.coefficient == 0 {
            return Some(*self);
        }
        if self.coefficient == 0 {
            return Some(*other);
        }
        let (upper, lower) = if self.exponent >= other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        let difference = (upper.exponent - lower.exponent).unsigned_abs();
        let aligned = 10u128
            .checked_pow(difference)
            .and_then(|scale| upper.coefficient.checked_mul(scale))
            .filter(|aligned| *aligned < u128::MAX / 4);
        match aligned {
            Some(aligned) => {
                let (negative, coefficient) = if upper.negative == lower.negative {
                    (upper.negative, aligned + lower.coefficient)
                } else if aligned >= lower.coefficient {
                    (upper.negative, aligned - lower.coefficient)
                } else {
                    (lower.negative, lower.coefficient - aligned)
                };
                round(negative, coefficient, lower.exponent, false)
            }
            None => Self::add_far(upper, lower),
        }
    }

    /// The sum where the last digits lie so far apart that `upper` is the greater one by magnitude.
    fn add_far(upper: &Self, lower: &Self) -> Option<Self> {
        let padding = DIGITS - digit_count(upper.coefficient);
        let coefficient = upper.coefficient * 10u128.pow(padding);
        let exponent = upper.exponent - padding as i32;
        let unit_exponent = exponent - DIGITS as i32;
        let shift = lower.exponent - unit_exponent;
        let (addend, sticky) = if shift >= 0 {
            (
                Wide::product(lower.coefficient, 10u128.pow(shift.unsigned_abs())),
                false,
            )
        } else {
            let unit = 10u128.checked_pow(shift.unsigned_abs());
            let kept = unit.map_or(0, |unit| lower.coefficient / unit);
            let exact = unit.is_some_and(|unit| lower.coefficient.is_multiple_of(unit));
            (Wide { high: 0, low: kept }, !exact)
        };
        let base = Wide {
            high: coefficient,
            low: 0,
        };
        let sum = if upper.negative == lower.negative {
            base.plus(addend)
        } else if sticky {
            // What follows the addend takes a little more away: one unit less, and something behind it.
            base.minus(addend.plus(Wide { high: 0, low: 1 }))
        } else {
            base.minus(addend)
        };
        sum.rounded(upper.negative, unit_exponent, sticky)
    }

    /// The difference.
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        self.checked_add(&-*other)
    }

    /// The product.
    pub fn checked_mul(&self, other: &Self) -> Option<Self> {
        let negative = self.negative != other.negative;
        let exponent = self.exponent + other.exponent;
        match self.coefficient.checked_mul(other.coefficient) {
            Some(coefficient) => round(negative, coefficient, exponent, false),
            None => Wide::product(self.coefficient, other.coefficient).rounded(negative, exponent, false),
        }
    }

    /// The quotient; `None` when the divisor is zero.
    pub fn checked_div(&self, divisor: &Self) -> Option<Self> {
        if divisor.coefficient == 0 {
            return None;
        }
        let ideal_exponent = self.exponent - divisor.exponent;
        let mut exponent = ideal_exponent;
        let mut quotient = self.coefficient / divisor.coefficient;
        let mut remainder = self.coefficient % divisor.coefficient;
        while remainder != 0 && quotient < COEFFICIENT_BOUND {
            // Four digits at once while they fit: remainder < 10^34 and 10^38 < 2^127.
            let (digits, scale) = if quotient < COEFFICIENT_BOUND / 1000 {
                (4, 10_000)
            } else {
                (1, 10)
            };
            remainder *= scale;
            quotient = quotient * scale + remainder / divisor.coefficient;
            remainder %= divisor.coefficient;
            exponent -= digits;
        }
        if remainder == 0 {
            while exponent < ideal_exponent && quotient.is_multiple_of(10) {
                quotient /= 10;
                exponent += 1;
            }
        }
        round(self.negative != divisor.negative, quotient, exponent, remainder != 0)
    }

    /// The remainder with the sign of the divisor: `dividend - divisor * floor(dividend / divisor)`; `None` when the
    /// divisor is zero.
    pub fn checked_modulo(&self, divisor: &Self) -> Option<Self> {
        if divisor.coefficient == 0 {
            return None;
        }
        let remainder = self.remainder_of_magnitudes(divisor)?;
        let remainder = Self {
            negative: self.negative,
            ..remainder
        };
        if remainder.coefficient != 0 && self.negative != divisor.negative {
            remainder.checked_add(divisor)
        } else {
            Some(remainder)
        }
    }

    /// `|self| mod |divisor|`, exact.
    fn remainder_of_magnitudes(&self, divisor: &Self) -> Option<Self> {
        let exponent = self.exponent.min(divisor.exponent);
        let divisor_shift = (divisor.exponent - exponent).unsigned_abs();
        let Some(modulus) = 10u128
            .checked_pow(divisor_shift)
            .and_then(|scale| divisor.coefficient.checked_mul(scale))
        else {
            // The divisor is above any dividend whose last digit stands so far below it.
            return Some(self.abs());
        };
        let mut remainder = self.coefficient % modulus;
        // self * 10^shift mod modulus, with as few steps as there are spare digits.
        let mut shift = (self.exponent - exponent).unsigned_abs();
        while shift > 0 && remainder != 0 {
            let spare = (u128::MAX / modulus).checked_ilog10().unwrap_or(0).min(shift);
            if spare == 0 {
                return None;
            }
            remainder = (remainder * 10u128.pow(spare)) % modulus;
            shift -= spare;
        }
        round(false, remainder, exponent, false)
    }
}

impl std::ops::Neg for Number {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            negative: !self.negative && self.coefficient != 0,
            ..self
        }
    }
}

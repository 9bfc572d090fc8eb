//! Decimal numbers as FEEL wants them: 34 significant digits, as IEEE 754 decimal128.

mod arithmetic;
mod format;
mod power;
mod rounding;

use std::cmp::Ordering;

pub use format::ParseNumberError;
pub use rounding::Rounding;

/// The significant digits of a number.
pub(crate) const DIGITS: u32 = 34;
/// The smallest number with more than [`DIGITS`] digits.
const COEFFICIENT_BOUND: u128 = 10u128.pow(DIGITS);
/// The largest power of ten that the last digit may stand for.
const MAXIMUM_EXPONENT: i32 = 6111;
/// The smallest power of ten that the last digit may stand for.
const MINIMUM_EXPONENT: i32 = -6176;

/// A decimal number: up to 34 digits times a power of ten between -6176 and 6111, with a sign.
///
/// Operations round half to even, as decimal128 does, and give `None` where there is no finite result. Trailing zeros
/// do not matter: `1.0 == 1`, and both are written `1`.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    negative: bool,
    coefficient: u128,
    exponent: i32,
}

impl Number {
    /// Zero.
    pub const ZERO: Self = Self::small(0);
    /// One.
    pub const ONE: Self = Self::small(1);

    pub(crate) const fn small(value: u32) -> Self {
        Self {
            negative: false,
            coefficient: value as u128,
            exponent: 0,
        }
    }

    /// Digits times a power of ten, rounded to what a number holds.
    pub(crate) fn from_parts(negative: bool, coefficient: u128, exponent: i32) -> Option<Self> {
        rounding::round(negative, coefficient, exponent, false)
    }

    /// The number that a double is nearest to, in its shortest notation; `None` for NaN and the infinities.
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        format!("{value:e}").parse().ok()
    }

    /// The nearest double.
    pub fn to_f64(&self) -> f64 {
        format!(
            "{}{}e{}",
            if self.negative { "-" } else { "" },
            self.coefficient,
            self.exponent
        )
        .parse()
        .unwrap_or(f64::NAN)
    }

    /// The number as an integer, if it is one of that size.
    pub fn to_i64(&self) -> Option<i64> {
        self.to_i128().and_then(|integer| i64::try_from(integer).ok())
    }

    /// The number as an integer, if it is one of that size.
    pub fn to_i128(&self) -> Option<i128> {
        self.is_integer().then(|| self.truncated()).flatten()
    }

    /// The integer part, if it is of that size.
    pub(crate) fn truncated(&self) -> Option<i128> {
        let magnitude = if self.exponent >= 0 {
            let power = 10u128.checked_pow(self.exponent.unsigned_abs());
            if self.coefficient == 0 {
                0
            } else {
                self.coefficient.checked_mul(power?)?
            }
        } else {
            10u128
                .checked_pow(self.exponent.unsigned_abs())
                .map_or(0, |power| self.coefficient / power)
        };
        let magnitude = i128::try_from(magnitude).ok()?;
        Some(if self.negative { -magnitude } else { magnitude })
    }

    /// Whether there is nothing behind the decimal point.
    pub fn is_integer(&self) -> bool {
        self.exponent >= 0
            || self.coefficient == 0
            || 10u128
                .checked_pow(self.exponent.unsigned_abs())
                .is_some_and(|power| self.coefficient.is_multiple_of(power))
    }

    /// Whether this is zero.
    pub fn is_zero(&self) -> bool {
        self.coefficient == 0
    }

    /// Whether this is less than zero.
    pub fn is_negative(&self) -> bool {
        self.negative && self.coefficient != 0
    }

    /// The number without its sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        Self {
            negative: false,
            ..*self
        }
    }

    /// The position of the first digit, as a power of ten.
    fn magnitude(&self) -> i32 {
        digit_count(self.coefficient) as i32 + self.exponent
    }

    fn compare_magnitudes(&self, other: &Self) -> Ordering {
        match (self.coefficient == 0, other.coefficient == 0) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        self.magnitude().cmp(&other.magnitude()).then_with(|| {
            // The first digits stand at the same place, so aligning the last ones adds no digit beyond 34.
            let difference = self.exponent - other.exponent;
            let scale = 10u128.pow(difference.unsigned_abs());
            if difference >= 0 {
                (self.coefficient * scale).cmp(&other.coefficient)
            } else {
                self.coefficient.cmp(&(other.coefficient * scale))
            }
        })
    }
}

/// How many decimal digits a number has; 0 for zero.
fn digit_count(value: u128) -> u32 {
    value.checked_ilog10().map_or(0, |log| log + 1)
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative(), other.is_negative()) {
            (false, false) => self.compare_magnitudes(other),
            (true, true) => other.compare_magnitudes(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Number {
            fn from(value: $integer) -> Self {
                let value = i128::from(value);
                Self {
                    negative: value < 0,
                    coefficient: value.unsigned_abs(),
                    exponent: 0,
                }
            }
        }
    )*};
}

from_integers!(i8, i16, i32, i64, u8, u16, u32, u64);

//! Powers, roots, exponential and logarithm.
//!
//! They are computed with whole numbers of any size, as fractions of a power of ten that has more digits than a number
//! keeps, and rounded once at the end.

use num_bigint::{BigInt, BigUint, Sign};

use super::rounding::round;
use super::{DIGITS, Number, digit_count};

/// Digits behind the point of the fixed-point fractions that the series work with.
const WORKING_DIGITS: u32 = 60;
/// Above this, `exp` overflows (6145 * ln 10), and below its negation it is zero (6177 * ln 10).
const MAXIMUM_EXPONENTIAL: u32 = 14_500;

/// A number of more digits than [`Number`] keeps: `mantissa * 10^exponent`.
#[derive(Clone)]
struct Extended {
    mantissa: BigInt,
    exponent: i64,
}

impl Extended {
    fn times(&self, other: &Self) -> Self {
        Self {
            mantissa: &self.mantissa * &other.mantissa,
            exponent: self.exponent + other.exponent,
        }
        .trimmed()
    }

    /// Cuts digits that no result depends on.
    fn trimmed(mut self) -> Self {
        let digits = decimal_digits(self.mantissa.magnitude());
        let excess = digits.saturating_sub(WORKING_DIGITS + 10);
        if excess > 0 {
            self.mantissa /= power_of_ten(excess);
            self.exponent += i64::from(excess);
        }
        self
    }

    fn reciprocal(&self) -> Option<Self> {
        if self.mantissa.sign() == Sign::NoSign {
            return None;
        }
        let scale = decimal_digits(self.mantissa.magnitude()) + WORKING_DIGITS + 10;
        Some(Self {
            mantissa: power_of_ten(scale) / &self.mantissa,
            exponent: -self.exponent - i64::from(scale),
        })
    }

    fn rounded(&self) -> Option<Number> {
        let magnitude = self.mantissa.magnitude();
        let excess = decimal_digits(magnitude).saturating_sub(DIGITS + 3);
        let unit = power_of_ten(excess).magnitude().clone();
        let kept = magnitude / &unit;
        let sticky = &kept * &unit != *magnitude;
        let exponent = (self.exponent + i64::from(excess)).clamp(-100_000, 100_000) as i32;
        round(
            self.mantissa.sign() == Sign::Minus,
            u128::try_from(kept).ok()?,
            exponent,
            sticky,
        )
    }
}

impl From<&Number> for Extended {
    fn from(number: &Number) -> Self {
        let mantissa = BigInt::from(number.coefficient);
        Self {
            mantissa: if number.negative { -mantissa } else { mantissa },
            exponent: i64::from(number.exponent),
        }
    }
}

fn power_of_ten(exponent: u32) -> BigInt {
    BigInt::from(10u8).pow(exponent)
}

/// How many decimal digits a number has, or one more.
fn decimal_digits(value: &BigUint) -> u32 {
    // One digit has log2(10) = 3.3219... bits; the integers give a little more than their quotient.
    (value.bits() * 30_103 / 100_000 + 1) as u32
}

impl Number {
    /// The square root; `None` of a negative number.
    pub fn sqrt(&self) -> Option<Self> {
        if self.is_negative() {
            return None;
        }
        // Twice the digits of the result, and an even exponent.
        let mut shift = 2 * DIGITS + 6 - digit_count(self.coefficient);
        if (self.exponent - shift as i32) % 2 != 0 {
            shift += 1;
        }
        let radicand = BigUint::from(self.coefficient) * BigUint::from(10u8).pow(shift);
        let root = radicand.sqrt();
        let exact = &root * &root == radicand;
        let exponent = (self.exponent - shift as i32) / 2;
        let root = u128::try_from(root).ok()?;
        let result = round(false, root, exponent, !exact)?;
        Some(if exact { result.stripped() } else { result })
    }

    /// e to the power of this number; `None` when that is too large.
    pub fn exp(&self) -> Option<Self> {
        let bound = Self::small(MAXIMUM_EXPONENTIAL);
        if *self > bound {
            return None;
        }
        if *self < -bound {
            return Some(Self::ZERO);
        }
        exponential(&fixed_point(&Extended::from(self)))
            .rounded()
            .map(|result| result.stripped())
    }

    /// The natural logarithm; `None` of zero and of negative numbers.
    pub fn ln(&self) -> Option<Self> {
        if self.is_zero() || self.is_negative() {
            return None;
        }
        let logarithm = Extended {
            mantissa: logarithm(self),
            exponent: -i64::from(WORKING_DIGITS),
        };
        logarithm.rounded().map(|result| result.stripped())
    }

    /// This number to a power; `None` where that is not a finite real number.
    pub fn checked_pow(&self, exponent: &Self) -> Option<Self> {
        if exponent.is_zero() {
            return Some(Self::ONE);
        }
        if self.is_zero() {
            return (!exponent.is_negative()).then_some(Self::ZERO);
        }
        let integer = exponent.to_i64().filter(|integer| integer.unsigned_abs() <= 1 << 31);
        if let Some(integer) = integer {
            return self.integer_power(integer);
        }
        let odd = exponent.to_i128().is_some_and(|integer| integer % 2 != 0);
        if self.is_negative() && !exponent.is_integer() {
            return None;
        }
        let logarithm = Extended {
            mantissa: logarithm(&self.abs()),
            exponent: -i64::from(WORKING_DIGITS),
        };
        let product = logarithm.times(&Extended::from(exponent));
        let magnitude = match product.rounded()? {
            rounded if rounded > Self::small(MAXIMUM_EXPONENTIAL) => return None,
            rounded if rounded < -Self::small(MAXIMUM_EXPONENTIAL) => Self::ZERO,
            _ => exponential(&fixed_point(&product)).rounded()?.stripped(),
        };
        Some(if self.is_negative() && odd {
            -magnitude
        } else {
            magnitude
        })
    }

    fn integer_power(&self, exponent: i64) -> Option<Self> {
        let mut rest = exponent.unsigned_abs();
        let mut square = Extended::from(self);
        let mut result = Extended {
            mantissa: BigInt::from(1u8),
            exponent: 0,
        };
        while rest > 0 {
            if rest % 2 == 1 {
                result = result.times(&square);
            }
            rest /= 2;
            if rest > 0 {
                square = square.times(&square);
                if square.exponent.abs() > 1_000_000 {
                    // Far beyond what a number holds, whichever way.
                    let grows = (square.exponent > 0) == (exponent > 0);
                    return if grows { None } else { Some(Self::ZERO) };
                }
            }
        }
        if exponent < 0 {
            result = result.reciprocal()?;
        }
        let rounded = result.rounded()?;
        Some(if exponent < 0 { rounded.stripped() } else { rounded })
    }

    /// The same number without trailing zeros behind the point.
    fn stripped(mut self) -> Self {
        while self.exponent < 0 && self.coefficient != 0 && self.coefficient.is_multiple_of(10) {
            self.coefficient /= 10;
            self.exponent += 1;
        }
        self
    }
}

/// The number in units of 10^-60.
fn fixed_point(number: &Extended) -> BigInt {
    let shift = number.exponent + i64::from(WORKING_DIGITS);
    let magnitude = shift.unsigned_abs().min(100_000) as u32;
    if shift >= 0 {
        &number.mantissa * power_of_ten(magnitude)
    } else {
        &number.mantissa / power_of_ten(magnitude)
    }
}

/// e to a power that is given in units of 10^-60.
fn exponential(power: &BigInt) -> Extended {
    // e^x = 10^k * e^r with k = round(x / ln 10), so that the series runs for a small r.
    let one = power_of_ten(WORKING_DIGITS);
    let ln_ten = ln_ten();
    let tens = power / &ln_ten;
    let rest = power - &tens * &ln_ten;
    // r / 2^8 converges quickly; eight squarings undo it.
    const HALVINGS: u32 = 8;
    let small = rest >> HALVINGS;
    let mut term = one.clone();
    let mut sum = one.clone();
    let mut index = 1u32;
    while term.sign() != Sign::NoSign {
        term = term * &small / &one / index;
        sum += &term;
        index += 1;
    }
    for _ in 0..HALVINGS {
        sum = &sum * &sum / &one;
    }
    Extended {
        mantissa: sum,
        exponent: i64::try_from(&tens).unwrap_or(0) - i64::from(WORKING_DIGITS),
    }
}

/// The natural logarithm of a positive number in units of 10^-60.
fn logarithm(number: &Number) -> BigInt {
    // x = m * 10^k with 0.1 <= m < 1; then m is brought near 1 by doubling.
    let digits = digit_count(number.coefficient);
    let tens = i64::from(number.exponent) + i64::from(digits);
    let one = power_of_ten(WORKING_DIGITS);
    let mut mantissa = BigInt::from(number.coefficient) * power_of_ten(WORKING_DIGITS - digits);
    let mut doublings = 0;
    while &mantissa * 3 < &one * 2 {
        mantissa *= 2;
        doublings += 1;
    }
    near_one_logarithm(&mantissa) + ln_ten() * tens - ln_two() * doublings
}

/// ln(x) = 2 artanh((x - 1) / (x + 1)), all in units of 10^-60; quick for x between 2/3 and 4/3.
fn near_one_logarithm(value: &BigInt) -> BigInt {
    let one = power_of_ten(WORKING_DIGITS);
    let ratio = (value - &one) * &one / (value + &one);
    let square = &ratio * &ratio / &one;
    let mut power = ratio.clone();
    let mut sum = ratio;
    let mut index = 3u32;
    while power.sign() != Sign::NoSign {
        power = power * &square / &one;
        sum += &power / index;
        index += 2;
    }
    sum * 2
}

fn ln_two() -> BigInt {
    // ln 2 = -ln(1/2) = -(ln(3/4) + ln(2/3))
    let one = power_of_ten(WORKING_DIGITS);
    -(near_one_logarithm(&(&one * 3 / 4)) + near_one_logarithm(&(&one * 2 / 3)))
}

fn ln_ten() -> BigInt {
    // ln 10 = 3 ln 2 + ln(5/4)
    let one = power_of_ten(WORKING_DIGITS);
    ln_two() * 3 + near_one_logarithm(&(&one * 5 / 4))
}

//! Numbers as text.

use std::fmt;
use std::str::FromStr;

use super::Number;
use super::rounding::round;

/// A text that is not a number, or one that is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number such as -12.5 or 3e10")]
pub struct ParseNumberError;

/// Digits that are collected before the rest only counts as "something follows".
const COLLECTED_DIGITS: u32 = 37;

impl FromStr for Number {
    type Err = ParseNumberError;

    /// Reads `12`, `-0.5`, `.5`, `1e10`; more than 34 digits are rounded.
    fn from_str(text: &str) -> Result<Self, ParseNumberError> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() || mantissa.ends_with('.') {
            return Err(ParseNumberError);
        }
        let mut coefficient: u128 = 0;
        let mut collected = 0;
        let mut dropped: i64 = 0;
        let mut sticky = false;
        for digit in whole.bytes().chain(fraction.bytes()) {
            if !digit.is_ascii_digit() {
                return Err(ParseNumberError);
            }
            let digit = digit - b'0';
            if collected < COLLECTED_DIGITS {
                coefficient = coefficient * 10 + u128::from(digit);
                collected += u32::from(coefficient != 0);
            } else {
                dropped += 1;
                sticky |= digit != 0;
            }
        }
        let exponent = exponent + dropped - fraction.len() as i64;
        let exponent = exponent.clamp(-100_000, 100_000) as i32;
        round(negative, coefficient, exponent, sticky).ok_or(ParseNumberError)
    }
}

fn parse_exponent(text: &str) -> Result<i64, ParseNumberError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseNumberError);
    }
    let magnitude: i64 = digits.parse().unwrap_or(i64::from(u32::MAX)).min(i64::from(u32::MAX));
    Ok(if text.starts_with('-') { -magnitude } else { magnitude })
}

impl fmt::Display for Number {
    /// Writes the number in full, without an exponent and without trailing zeros.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut coefficient = self.coefficient;
        let mut exponent = self.exponent;
        while exponent < 0 && coefficient.is_multiple_of(10) && coefficient != 0 {
            coefficient /= 10;
            exponent += 1;
        }
        if coefficient == 0 {
            return formatter.pad_integral(true, "", "0");
        }
        let mut digits = coefficient.to_string();
        if exponent >= 0 {
            digits.extend(std::iter::repeat_n('0', exponent.unsigned_abs() as usize));
        } else {
            let behind = exponent.unsigned_abs() as usize;
            if digits.len() <= behind {
                digits.insert_str(0, &"0".repeat(behind + 1 - digits.len()));
            }
            digits.insert(digits.len() - behind, '.');
        }
        formatter.pad_integral(!self.negative, "", &digits)
    }
}

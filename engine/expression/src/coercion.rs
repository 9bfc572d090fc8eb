//! The conversions that operators and method arguments apply, as UEL defines them.

use std::cmp::Ordering;

use crate::{EvaluationError, Value, temporal};

impl Value {
    /// The truth of an operand of `!`, `&&`, `||` and `?:`: null and an empty text are false, a text is true when it
    /// reads `true`. Conditions of the model are stricter, see [`as_condition`](Value::as_condition).
    pub(crate) fn coerce_boolean(&self) -> Result<bool, EvaluationError> {
        match self {
            Self::Null => Ok(false),
            Self::Boolean(value) => Ok(*value),
            _ => match self.document_or_text()? {
                Some(text) => Ok(text.eq_ignore_ascii_case("true")),
                None => Err(self.not_coercible("java.lang.Boolean")),
            },
        }
    }

    /// The whole number; null and an empty text are zero, a double loses its fraction.
    pub(crate) fn coerce_long(&self) -> Result<i64, EvaluationError> {
        match self {
            Self::Null => Ok(0),
            Self::Short(value) => Ok(i64::from(*value)),
            Self::Integer(value) => Ok(i64::from(*value)),
            Self::Long(value) => Ok(*value),
            // `as` saturates and makes NaN zero, as Java's narrowing does.
            Self::Double(value) => Ok(*value as i64),
            _ => match self.document_or_text()? {
                Some(text) if text.is_empty() => Ok(0),
                Some(text) => text.parse().map_err(|_| self.not_coercible("java.lang.Long")),
                None => Err(self.not_coercible("java.lang.Long")),
            },
        }
    }

    /// The floating-point number; null and an empty text are zero.
    pub(crate) fn coerce_double(&self) -> Result<f64, EvaluationError> {
        match self {
            Self::Double(value) => Ok(*value),
            Self::Null | Self::Short(_) | Self::Integer(_) | Self::Long(_) => Ok(self.coerce_long()? as f64),
            _ => match self.document_or_text()? {
                Some(text) if text.is_empty() => Ok(0.0),
                Some(text) => parse_double(text.trim()).ok_or_else(|| self.not_coercible("java.lang.Double")),
                None => Err(self.not_coercible("java.lang.Double")),
            },
        }
    }

    /// The text of a text-like value, `None` for everything that is not text.
    fn document_or_text(&self) -> Result<Option<String>, EvaluationError> {
        match self {
            Self::String(text) => Ok(Some(text.clone())),
            Self::Opaque(_) => self.to_text().map(Some),
            _ => Ok(None),
        }
    }

    /// Whether arithmetic with this operand is done in floating point.
    pub(crate) fn is_floating(&self) -> bool {
        match self {
            Self::Double(_) => true,
            Self::String(text) => text.contains(['.', 'e', 'E']),
            Self::Opaque(_) => self.to_text().is_ok_and(|text| text.contains(['.', 'e', 'E'])),
            _ => false,
        }
    }

    /// Whether `empty` holds.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::String(text) => text.is_empty(),
            Self::List(list) => list.is_empty(),
            Self::Map(map) => map.entries().is_empty(),
            _ => false,
        }
    }

    fn not_coercible(&self, target: &str) -> EvaluationError {
        let shown: String = self.to_text().unwrap_or_default().chars().take(100).collect();
        EvaluationError::failed(format!("Cannot coerce '{shown}' of {} to {target}", self.class_name()))
    }

    /// `==`: null equals only null; a number makes the other operand a number, a Boolean a Boolean, a text a text. A
    /// date and a text that reads as a date are compared as instants.
    ///
    /// # Errors
    /// When one operand cannot be made what the other is.
    pub fn equals(&self, other: &Self) -> Result<bool, EvaluationError> {
        if matches!((self, other), (Self::Null, Self::Null)) {
            return Ok(true);
        }
        if self.is_null() || other.is_null() {
            return Ok(false);
        }
        if matches!(self, Self::Double(_)) || matches!(other, Self::Double(_)) {
            return Ok(self.coerce_double()? == other.coerce_double()?);
        }
        if self.whole().is_some() || other.whole().is_some() {
            return Ok(self.coerce_long()? == other.coerce_long()?);
        }
        if matches!(self, Self::Boolean(_)) || matches!(other, Self::Boolean(_)) {
            return Ok(self.coerce_boolean()? == other.coerce_boolean()?);
        }
        if let Some(ordering) = compare_dates(self, other) {
            return Ok(ordering == Ordering::Equal);
        }
        if matches!(self, Self::String(_)) || matches!(other, Self::String(_)) {
            return Ok(self.to_text()? == other.to_text()?);
        }
        Ok(self == other)
    }

    /// The order for `<`, `<=`, `>` and `>=`. `None` when one operand is null or not a number, which makes all four
    /// false.
    pub(crate) fn compare(&self, other: &Self) -> Result<Option<Ordering>, EvaluationError> {
        if self.is_null() || other.is_null() {
            // Null equals itself, so that `null <= null` holds.
            return Ok((self.is_null() && other.is_null()).then_some(Ordering::Equal));
        }
        if matches!(self, Self::Double(_)) || matches!(other, Self::Double(_)) {
            return Ok(self.coerce_double()?.partial_cmp(&other.coerce_double()?));
        }
        if self.whole().is_some() || other.whole().is_some() {
            return Ok(Some(self.coerce_long()?.cmp(&other.coerce_long()?)));
        }
        if let Some(ordering) = compare_dates(self, other) {
            return Ok(Some(ordering));
        }
        if matches!(self, Self::String(_)) || matches!(other, Self::String(_)) {
            return Ok(Some(self.to_text()?.cmp(&other.to_text()?)));
        }
        if let (Self::Boolean(left), Self::Boolean(right)) = (self, other) {
            return Ok(Some(left.cmp(right)));
        }
        let (left, right) = (self.class_name(), other.class_name());
        Err(EvaluationError::failed(format!("Cannot compare {left} with {right}")))
    }
}

/// The order of two dates, or of a date and a text that reads as one.
fn compare_dates(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::String(right)) => Some(left.cmp(&temporal::parse_date(right).ok()?)),
        (Value::String(left), Value::Date(right)) => Some(temporal::parse_date(left).ok()?.cmp(right)),
        _ => None,
    }
}

/// Reads decimal notation, `NaN` and `Infinity`, but not the other words that Rust accepts.
fn parse_double(text: &str) -> Option<f64> {
    let figures = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    (figures || matches!(text, "NaN" | "Infinity" | "-Infinity"))
        .then(|| text.parse().ok())
        .flatten()
}

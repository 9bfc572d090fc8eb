//! Reading fixed forms of digits from the front of a text.

/// The rest of a text that is being read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes this character if it comes next.
    pub(super) fn take(&mut self, expected: char) -> bool {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes all digits that come next.
    pub(super) fn digits(&mut self) -> &'a str {
        let end = self
            .rest
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits
    }

    /// Takes exactly two digits.
    pub(super) fn two_digits(&mut self) -> Option<u8> {
        let digits = self.rest.get(..2)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.rest = &self.rest[2..];
        digits.parse().ok()
    }

    /// Takes a decimal point and digits, as nanoseconds; what is finer than a nanosecond is cut off. `None` when the
    /// point comes without digits.
    pub(super) fn fraction(&mut self) -> Option<u32> {
        if !self.take('.') {
            return Some(0);
        }
        let digits = self.digits();
        (!digits.is_empty()).then(|| nanoseconds(digits))
    }
}

/// The digits behind a decimal point of seconds, as nanoseconds.
pub(super) fn nanoseconds(digits: &str) -> u32 {
    digits
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(9)
        .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
}

/// Writes nanoseconds as the shortest decimal fraction, with its point; nothing for zero.
pub(super) fn write_fraction(formatter: &mut std::fmt::Formatter<'_>, nanosecond: u32) -> std::fmt::Result {
    if nanosecond == 0 {
        return Ok(());
    }
    let digits = format!("{nanosecond:09}");
    write!(formatter, ".{}", digits.trim_end_matches('0'))
}

//! Text that Postgres can hold.

use std::borrow::Cow;

/// The text with U+0000, which no column of Postgres can hold, replaced by U+FFFD: one command with
/// such a text, typically a worker's error message, must not fail the whole batch it travels in.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// [`storable`] of an optional text.
pub(crate) fn storable_option<T: AsRef<str>>(text: &Option<T>) -> Option<Cow<'_, str>> {
    text.as_ref().map(|text| storable(text.as_ref()))
}

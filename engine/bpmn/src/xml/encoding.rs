//! Bytes to text.

use std::borrow::Cow;

/// Why bytes are not text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// The bytes are not valid in the encoding that their mark or the XML declaration names.
    #[error("the bytes are not valid {encoding} (at byte {offset})")]
    Invalid {
        /// The encoding.
        encoding: &'static str,
        /// The first byte at fault.
        offset: usize,
    },
    /// The XML declaration names an encoding that is not supported.
    #[error("the encoding '{0}' is not supported")]
    Unsupported(String),
}

/// The text of an XML file, without byte order mark: UTF-8, UTF-16 with a byte order mark, or ISO-8859-1 where the XML
/// declaration says so. Spans of [`Diagnostic`](crate::Diagnostic)s are offsets into this text.
///
/// # Errors
/// [`EncodingError`] when the bytes are not valid in their encoding, or the encoding is none of these.
pub fn source_text(bytes: &[u8]) -> Result<Cow<'_, str>, EncodingError> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => match declared_encoding(bytes) {
            None => utf8(bytes),
            Some(name) => match name.to_ascii_lowercase().as_str() {
                "utf-8" | "utf8" | "us-ascii" | "ascii" => utf8(bytes),
                "iso-8859-1" | "latin1" => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
                _ => Err(EncodingError::Unsupported(name.to_owned())),
            },
        },
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, EncodingError> {
    std::str::from_utf8(bytes)
        .map(Cow::Borrowed)
        .map_err(|error| EncodingError::Invalid {
            encoding: "UTF-8",
            offset: error.valid_up_to(),
        })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, EncodingError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let invalid = |offset| EncodingError::Invalid {
        encoding: "UTF-16",
        offset,
    };
    if !rest.is_empty() {
        return Err(invalid(bytes.len()));
    }
    let units = pairs.iter().map(|pair| unit(*pair));
    let mut offset = 2;
    let mut text = String::with_capacity(pairs.len());
    for character in char::decode_utf16(units) {
        let character = character.map_err(|_| invalid(offset))?;
        offset += character.len_utf16() * 2;
        text.push(character);
    }
    Ok(Cow::Owned(text))
}

/// What `encoding="…"` of an XML declaration says, read byte by byte because the encoding is not known yet.
fn declared_encoding(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(200)];
    let declaration = head.strip_prefix(b"<?xml")?;
    let end = declaration.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(&declaration[..end]).ok()?;
    let value = declaration
        .split_once("encoding")?
        .1
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split_once(quote).map(|(name, _)| name)
}

//! Places in a source text.

use serde::Serialize;

/// A place in a source text as an editor shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Location {
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

/// Turns byte offsets of a text into lines and columns.
#[derive(Clone, Debug)]
pub struct SourceIndex<'source> {
    text: &'source str,
    line_starts: Vec<usize>,
}

impl<'source> SourceIndex<'source> {
    /// Finds the line breaks of a text: line feed, or carriage return with or without one.
    pub fn new(text: &'source str) -> Self {
        let bytes = text.as_bytes();
        let line_starts = std::iter::once(0)
            .chain(bytes.iter().enumerate().filter_map(|(offset, byte)| match byte {
                b'\n' => Some(offset + 1),
                b'\r' if bytes.get(offset + 1) != Some(&b'\n') => Some(offset + 1),
                _ => None,
            }))
            .collect();
        Self { text, line_starts }
    }

    /// The line and column of a byte offset; an offset past the end means the end.
    pub fn location(&self, offset: usize) -> Location {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let column = self.text[self.line_starts[line - 1]..offset].chars().count() + 1;
        // Texts are at most a few megabytes long; saturation only keeps the conversion total.
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Location {
            line: narrow(line),
            column: narrow(column),
        }
    }

    /// The text of a line, counted from 1, without its line break.
    pub fn line(&self, line: u32) -> Option<&'source str> {
        let start = *self.line_starts.get((line as usize).checked_sub(1)?)?;
        let end = self.line_starts.get(line as usize).copied().unwrap_or(self.text.len());
        Some(self.text[start..end].trim_end_matches(['\r', '\n']))
    }
}

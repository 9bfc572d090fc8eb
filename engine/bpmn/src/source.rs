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

/// Turns byte offsets of a text into lines and columns, each in constant time whatever the length of the lines.
#[derive(Clone, Debug)]
pub struct SourceIndex<'source> {
    text: &'source str,
    line_starts: Vec<usize>,
    /// How many characters begin before each multiple of [`BLOCK`] bytes.
    characters_before_block: Vec<usize>,
}

/// How many bytes are counted anew for each question; more make the index smaller.
const BLOCK: usize = 1024;

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
        let characters_before_block = bytes
            .chunks(BLOCK)
            .scan(0, |before, block| {
                let here = *before;
                *before += count_characters(block);
                Some(here)
            })
            .collect();
        Self {
            text,
            line_starts,
            characters_before_block,
        }
    }

    /// The line and column of a byte offset; an offset past the end means the end.
    pub fn location(&self, offset: usize) -> Location {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let column = self.characters_before(offset) - self.characters_before(self.line_starts[line - 1]) + 1;
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

    fn characters_before(&self, offset: usize) -> usize {
        let block = (offset / BLOCK).min(self.characters_before_block.len().saturating_sub(1));
        let before = self.characters_before_block.get(block).copied().unwrap_or(0);
        before + count_characters(&self.text.as_bytes()[block * BLOCK..offset])
    }
}

/// How many characters begin in these bytes of a UTF-8 text.
fn count_characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

//! What a file may cost.

/// Bounds on a BPMN file; beyond any of them it is refused before more of it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the file in bytes.
    pub bytes: usize,
    /// How deep elements may nest.
    pub depth: usize,
    /// How many XML elements the file may have, the diagram included.
    pub elements: usize,
    /// How many attributes one XML element may have, namespace declarations included.
    pub attributes: usize,
    /// How many problems are reported; the rest is only counted.
    pub diagnostics: usize,
}

impl Default for Limits {
    /// 16 MiB, 256 levels, half a million elements, 256 attributes, 500 problems.
    fn default() -> Self {
        Self {
            bytes: 16 * 1024 * 1024,
            depth: 256,
            elements: 500_000,
            attributes: 256,
            diagnostics: 500,
        }
    }
}

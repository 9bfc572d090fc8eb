//! How much one evaluation may cost.

/// Bounds of one evaluation. The defaults leave room for any sensible condition or mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Units of work: one per operator, access or call, and one per 64 bytes read from a variable or written to a
    /// new text.
    pub fuel: u64,
    /// The longest text that an expression may build, in bytes. Reading a longer variable is no violation.
    pub string_bytes: usize,
    /// The longest list that an expression may build, in items. Reading a longer variable is no violation.
    pub list_items: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 2_000_000,
            string_bytes: 4 * 1024 * 1024,
            list_items: 100_000,
        }
    }
}

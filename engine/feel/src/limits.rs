//! How much one evaluation may cost.

use std::time::Duration;

/// How many computations in other languages may take all of their time within one evaluation.
pub const OUTSIDE_COMPUTATIONS: u32 = 5;

/// Bounds of one evaluation. The defaults leave room for any sensible decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Units of work: one per operator, access, call, iteration and item looked at, and one per 64 bytes of text read
    /// or written.
    pub fuel: u64,
    /// The longest text that an evaluation may build, in bytes.
    pub string_bytes: usize,
    /// The longest list that an evaluation may build, in items.
    pub list_items: usize,
    /// About how many bytes all values together may take that the evaluation builds. What is dropped in between still
    /// counts.
    pub memory_bytes: usize,
    /// How deep calls of functions may nest.
    pub call_depth: usize,
    /// How long something may take that the caller computes in another language within the evaluation. All that it
    /// computes so may take [`OUTSIDE_COMPUTATIONS`] times as long together.
    pub outside_time: Duration,
    /// How many bytes of memory each such computation may take.
    pub outside_memory_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 2_000_000,
            string_bytes: 4 * 1024 * 1024,
            list_items: 100_000,
            memory_bytes: 64 * 1024 * 1024,
            call_depth: 64,
            outside_time: Duration::from_secs(1),
            outside_memory_bytes: 16 * 1024 * 1024,
        }
    }
}

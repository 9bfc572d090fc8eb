//! Ids as an input, so that a step with the same inputs gives the same events.

use uuid::Uuid;

/// Source of new ids. Ids must grow: the order of ids is the order of creation.
pub trait IdSource {
    /// A new id, greater than every one before.
    fn next_id(&mut self) -> Uuid;
}

/// Ids that count upwards, for tests, simulation and replay.
#[derive(Clone, Debug, Default)]
pub struct CountingIds(u128);

impl IdSource for CountingIds {
    fn next_id(&mut self) -> Uuid {
        self.0 += 1;
        Uuid::from_u128(self.0)
    }
}

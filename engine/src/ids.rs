//! New ids: UUIDv7, growing within the process, with the place of their instance in them.
//!
//! The last 16 bits of every id are those of the instance it belongs to, so that any id of an
//! instance (task, execution, the instance itself) leads to the writer that owns it without a
//! look-up.

use std::sync::atomic::{AtomicU64, Ordering};

use flowstone_core::IdSource;
use uuid::Uuid;

/// The last milliseconds and the counter within them, as `milliseconds << COUNTER_BITS | counter`.
static LAST: AtomicU64 = AtomicU64::new(0);

const COUNTER_BITS: u32 = 20;

/// Ids of one instance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InstanceIds {
    place: u16,
    milliseconds: u64,
}

impl InstanceIds {
    /// Ids for the instance that `id` belongs to, made at the given time.
    pub(crate) fn of(id: Uuid, now: chrono::DateTime<chrono::Utc>) -> Self {
        InstanceIds {
            place: place(id),
            milliseconds: u64::try_from(now.timestamp_millis()).unwrap_or(0),
        }
    }
}

impl IdSource for InstanceIds {
    fn next_id(&mut self) -> Uuid {
        let next = next(self.milliseconds);
        let (milliseconds, counter) = (next >> COUNTER_BITS, next & ((1 << COUNTER_BITS) - 1));
        let random = Uuid::new_v4().as_u128();
        // 48 bits of time, version, 12 high bits of the counter, variant, 8 low bits of the
        // counter, 38 random bits, 16 bits of place.
        let value = (u128::from(milliseconds) & 0xffff_ffff_ffff) << 80
            | 0x7 << 76
            | u128::from(counter >> 8) << 64
            | 0b10 << 62
            | u128::from(counter & 0xff) << 54
            | (random & 0x3f_ffff_ffff) << 16
            | u128::from(self.place);
        Uuid::from_u128(value)
    }
}

/// A new instance id with a place of its own.
pub(crate) fn new_instance_id(now: chrono::DateTime<chrono::Utc>) -> Uuid {
    InstanceIds::of(Uuid::new_v4(), now).next_id()
}

/// The place that an id carries.
pub(crate) fn place(id: Uuid) -> u16 {
    let bytes = id.as_bytes();
    u16::from_be_bytes([bytes[14], bytes[15]])
}

fn next(milliseconds: u64) -> u64 {
    let fresh = milliseconds << COUNTER_BITS;
    let update = |last: u64| Some(fresh.max(last + 1));
    match LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, update) {
        Ok(last) | Err(last) => fresh.max(last + 1),
    }
}

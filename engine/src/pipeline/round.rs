//! The work of one transaction, as it gathers.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_store::change::AppliedCommand;
use uuid::Uuid;

use super::job::Job;
use super::outcome::Outcome;
use super::projection::Projection;
use crate::wake::Engaged;

/// One instance in a batch.
pub(super) struct Touched {
    pub(super) projection: Projection,
    pub(super) jobs: Vec<(Job, Outcome)>,
    pub(super) applied: Vec<AppliedCommand>,
    /// Whether the instance did not exist before the batch.
    pub(super) new: bool,
    /// Whether its state was in memory before the batch, so that another node may have changed it.
    pub(super) remembered: bool,
    /// Definition on which the core broke down.
    pub(super) broken: Option<Arc<str>>,
}

impl Touched {
    pub(super) fn new(new: bool, remembered: bool) -> Self {
        Touched {
            projection: Projection::default(),
            jobs: Vec::new(),
            applied: Vec::new(),
            new,
            remembered,
            broken: None,
        }
    }
}

/// Whether an instance was there before the round.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    There,
    New,
}

/// The work of one transaction.
pub(super) struct Round {
    /// The moment of what happens in it; it moves on with the jobs that come.
    pub(super) now: DateTime<Utc>,
    pub(super) touched: HashMap<Uuid, Touched>,
    /// Instances in the order in which they came.
    pub(super) order: Vec<Uuid>,
    /// Polls that get tasks of this batch.
    pub(super) engaged: Vec<Engaged>,
    /// Instances that were loaded for this batch.
    pub(super) fresh: HashSet<Uuid>,
    /// Idempotency keys of starts in this batch.
    pub(super) keys: HashSet<String>,
    /// Jobs whose instance does not run.
    pub(super) unknown: Vec<Job>,
    /// Jobs for the next round.
    pub(super) again: Vec<Job>,
    /// Whether all of it is written or nothing.
    pub(super) together: bool,
    /// The instances that commands concerned which may have to be taken back.
    pub(super) before: HashMap<Uuid, Before>,
}

impl Round {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Round {
            now,
            touched: HashMap::new(),
            order: Vec::new(),
            engaged: Vec::new(),
            fresh: HashSet::new(),
            keys: HashSet::new(),
            unknown: Vec::new(),
            again: Vec::new(),
            together: false,
            before: HashMap::new(),
        }
    }

    /// Whether nobody waits for what it does.
    pub(super) fn is_empty(&self) -> bool {
        self.order.is_empty() && self.unknown.is_empty() && self.again.is_empty()
    }

    pub(super) fn touch(&mut self, id: Uuid, first: impl FnOnce() -> Touched) -> &mut Touched {
        self.touched.entry(id).or_insert_with(|| {
            self.order.push(id);
            first()
        })
    }

    /// Takes back what polls were to get of an instance that is not written.
    pub(super) fn forget_engaged(&mut self, instance: Uuid) {
        for engaged in &mut self.engaged {
            engaged.tasks.retain(|task| task.instance_id != instance);
        }
    }
}

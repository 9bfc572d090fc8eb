//! External tasks that can be fetched now, by topic and in order, and those that can be later.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use flowstone_store::query::Direction;
use flowstone_store::record::ReadyTask;
use tokio::time::Instant;
use uuid::Uuid;

use super::READY_TASKS_PER_TOPIC;
use super::poll::{Candidate, Fetch};
use crate::request::FetchFilter;

#[derive(Default)]
pub(super) struct ReadyTasks {
    tasks: HashMap<Uuid, ReadyTask>,
    topics: HashMap<String, Topic>,
    delayed: BTreeSet<(DateTime<Utc>, Uuid)>,
}

#[derive(Default)]
struct Topic {
    /// Ready tasks, oldest first (ids grow with time).
    by_age: BTreeSet<Uuid>,
    /// Ready tasks, highest priority and then oldest first.
    by_priority: BTreeSet<(Reverse<i64>, Uuid)>,
    /// When the store was last asked for the topic; `None` when it must be asked again.
    looked: Option<Instant>,
    /// From this rank on ready tasks may be in the store and not in memory. What is in memory
    /// ranks before it, so that nothing overtakes a task that is not.
    beyond: Option<Rank>,
    /// First of the tasks that were left to the store since the last look began, which may not
    /// have seen them.
    left: Option<Rank>,
    /// Whether locks of tasks that are not in memory may run out.
    blind: bool,
}

/// Highest priority first, then oldest.
type Rank = (Reverse<i64>, Uuid);

/// What the store was asked for and whether it had more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Looked {
    /// When it was asked.
    pub(crate) at: Instant,
    /// Whether it holds more ready tasks than it was asked for.
    pub(crate) more: bool,
    /// Whether it holds more locked tasks than it was asked for.
    pub(crate) blind: bool,
}

impl ReadyTasks {
    pub(super) fn knows(&self, id: Uuid) -> bool {
        self.tasks.contains_key(&id)
    }

    pub(super) fn any_ready(&self, topic: &str) -> bool {
        self.topics.get(topic).is_some_and(|topic| !topic.by_age.is_empty())
    }

    /// Adds a task that can be fetched now.
    pub(super) fn insert(&mut self, task: ReadyTask) {
        let rank = (Reverse(task.priority), task.id);
        let topic = self.topics.entry(task.topic.clone()).or_default();
        if topic.beyond.is_some_and(|beyond| beyond <= rank) {
            topic.left = first(topic.left, Some(rank));
            return;
        }
        topic.by_age.insert(task.id);
        topic.by_priority.insert(rank);
        self.tasks.insert(task.id, task);
        if topic.by_age.len() > READY_TASKS_PER_TOPIC
            && let Some(last) = topic.by_priority.pop_last()
        {
            topic.beyond = Some(last);
            topic.left = first(topic.left, Some(last));
            topic.by_age.remove(&last.1);
            self.tasks.remove(&last.1);
        }
    }

    /// Adds a task that can be fetched when its lock or pause has run out; answers whether it is
    /// the next of all.
    pub(super) fn insert_delayed(&mut self, task: ReadyTask) -> bool {
        let Some(until) = task.lock_expires else {
            self.insert(task);
            return false;
        };
        let next = self.delayed.first().is_none_or(|(first, _)| until < *first);
        self.delayed.insert((until, task.id));
        self.tasks.insert(task.id, task);
        next
    }

    pub(super) fn remove(&mut self, id: Uuid) -> Option<ReadyTask> {
        let task = self.tasks.remove(&id)?;
        if let Some(topic) = self.topics.get_mut(&task.topic) {
            topic.by_age.remove(&id);
            topic.by_priority.remove(&(Reverse(task.priority), id));
        }
        if let Some(until) = task.lock_expires {
            self.delayed.remove(&(until, id));
        }
        Some(task)
    }

    /// Makes ready what waited until now; answers the topics, one entry per task.
    pub(super) fn promote(&mut self, now: DateTime<Utc>) -> Vec<String> {
        let mut topics = Vec::new();
        while let Some((until, id)) = self.delayed.first().copied() {
            if until > now {
                break;
            }
            self.delayed.pop_first();
            if let Some(mut task) = self.tasks.remove(&id) {
                task.lock_expires = None;
                topics.push(task.topic.clone());
                self.insert(task);
            }
        }
        topics
    }

    pub(super) fn next_delayed(&self) -> Option<DateTime<Utc>> {
        self.delayed.first().map(|(until, _)| *until)
    }

    /// Notes that the store was asked for a topic.
    pub(super) fn looked(&mut self, topic: &str, looked: Looked, last: Option<Rank>) {
        let topic = self.topics.entry(topic.to_owned()).or_default();
        topic.looked = Some(looked.at);
        topic.blind |= looked.blind;
        let more = last.filter(|_| looked.more);
        topic.beyond = first(first(topic.beyond, more), topic.left.take());
    }

    /// The store is about to be asked for a topic.
    pub(super) fn look_begins(&mut self, topic: &str) {
        if let Some(topic) = self.topics.get_mut(topic) {
            topic.left = None;
        }
    }

    /// Lets in what a look found, whatever its rank: [`ReadyTasks::looked`] says what it lacks.
    pub(super) fn let_in(&mut self, topic: &str) {
        if let Some(topic) = self.topics.get_mut(topic) {
            topic.beyond = None;
        }
    }

    /// Topics with locks that memory does not see run out.
    pub(super) fn is_blind(&self, topic: &str) -> bool {
        self.topics.get(topic).is_some_and(|topic| topic.blind)
    }

    /// Whether the store was never asked for a topic.
    pub(super) fn is_new(&self, topic: &str) -> bool {
        self.topics.get(topic).is_none_or(|topic| topic.looked.is_none())
    }

    pub(super) fn doubt(&mut self, topic: &str) {
        if let Some(topic) = self.topics.get_mut(topic) {
            topic.looked = None;
        }
    }

    /// Whether the store should be asked for a topic: when that was never done or is in doubt,
    /// when memory ran dry while the store may hold more, or, if `not_since` is given, when
    /// memory is empty and the last look is older than that.
    pub(super) fn must_look(&self, topic: &str, not_since: Option<Instant>) -> bool {
        let Some(topic) = self.topics.get(topic) else {
            return true;
        };
        let Some(looked) = topic.looked else {
            return true;
        };
        let may_hold_more = topic.beyond.is_some() || topic.blind;
        topic.by_age.is_empty() && (may_hold_more || not_since.is_some_and(|since| looked < since))
    }

    pub(super) fn has_any(&self, fetch: &Fetch, tried: &BTreeSet<Uuid>) -> bool {
        fetch.topics.iter().any(|(name, wanted)| {
            self.topics.get(name).is_some_and(|topic| {
                topic
                    .by_age
                    .iter()
                    .any(|id| !tried.contains(id) && self.tasks.get(id).is_some_and(|task| fits(&wanted.filter, task)))
            })
        })
    }

    pub(super) fn take(&mut self, fetch: &Fetch, tried: &BTreeSet<Uuid>) -> Vec<Candidate> {
        let mut found: Vec<(Reverse<i64>, Uuid)> = Vec::new();
        for (name, wanted) in &fetch.topics {
            let Some(topic) = self.topics.get(name) else {
                continue;
            };
            let fits =
                |id: &Uuid| !tried.contains(id) && self.tasks.get(id).is_some_and(|task| fits(&wanted.filter, task));
            let of = |id: Uuid| (Reverse(self.tasks.get(&id).map_or(0, |task| task.priority)), id);
            let descending = fetch.create_time == Some(Direction::Descending);
            if fetch.use_priority && !descending {
                let ids = topic.by_priority.iter().filter(|(_, id)| fits(id));
                found.extend(ids.take(fetch.max_tasks));
            } else if fetch.use_priority {
                // Within a priority the youngest first: rare, so all are looked at.
                found.extend(topic.by_priority.iter().filter(|(_, id)| fits(id)));
            } else if descending {
                let ids = topic.by_age.iter().rev().copied().filter(|id| fits(id));
                found.extend(ids.take(fetch.max_tasks).map(of));
            } else {
                let ids = topic.by_age.iter().copied().filter(|id| fits(id));
                found.extend(ids.take(fetch.max_tasks).map(of));
            }
        }
        let descending = fetch.create_time == Some(Direction::Descending);
        found.sort_by_key(|(priority, id)| {
            let age = id.as_u128();
            (
                fetch.use_priority.then_some(*priority),
                if descending { u128::MAX - age } else { age },
            )
        });
        found.truncate(fetch.max_tasks);
        found
            .into_iter()
            .filter_map(|(_, id)| {
                let task = self.remove(id)?;
                let topic = fetch.topics.get(&task.topic)?.clone();
                Some(Candidate { task, topic })
            })
            .collect()
    }
}

fn first(one: Option<Rank>, other: Option<Rank>) -> Option<Rank> {
    one.into_iter().chain(other).min()
}

/// The part of a filter that memory can decide; the rest is decided on the instance.
fn fits(filter: &FetchFilter, task: &ReadyTask) -> bool {
    let key = task.definition_id.split_once(':').map(|(key, _)| key);
    let key_fits = filter.definition_keys.is_empty()
        || key.is_none_or(|key| filter.definition_keys.iter().any(|wanted| wanted == key));
    let id_fits = filter.definition_ids.is_empty()
        || filter
            .definition_ids
            .iter()
            .any(|wanted| **wanted == *task.definition_id);
    let business_key_fits = filter.business_key.is_none() || filter.business_key == task.business_key;
    let tenant_fits = if filter.without_tenant {
        task.tenant_id.is_none()
    } else {
        filter.tenants.is_empty()
            || task
                .tenant_id
                .as_ref()
                .is_some_and(|tenant| filter.tenants.contains(tenant))
    };
    key_fits && id_fits && business_key_fits && tenant_fits
}

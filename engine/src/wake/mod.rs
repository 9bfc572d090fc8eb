//! Who waits and what for: ready external tasks by topic, polls that wait for them, locks and
//! pauses that run out, and hints between nodes.
//!
//! Everything here is a memory of what the store holds, filled by what this node commits, by
//! hints and by looking; it decides nothing. A task is claimed by a command on its instance, so a
//! wrong memory costs a vain attempt, never a wrong lock.

mod poll;
mod ready;
mod watch;

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, Utc};
use flowstone_store::record::ReadyTask;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use uuid::Uuid;

pub(crate) use poll::{Candidate, Engaged, Fetch, Message, Parked};
pub(crate) use watch::Watch;

use crate::lock::lock;
use crate::request::FetchFilter;
use poll::{Engagement, Poll};
pub(crate) use ready::Looked;
use ready::ReadyTasks;

/// How many tasks of one topic are kept in memory; more stay in the store until these are gone.
pub(crate) const READY_TASKS_PER_TOPIC: usize = 20_000;

/// The memory of who waits and what for.
pub(crate) struct Wake {
    state: Mutex<State>,
    waiting: AtomicUsize,
    /// Tells the watch that something begins to wait for time, or that the clock was moved.
    pub(crate) time: Notify,
    /// Tells the watch that other nodes should hear of something.
    pub(crate) news: Notify,
    abandoned: mpsc::UnboundedSender<Uuid>,
    shared: bool,
}

#[derive(Default)]
struct State {
    ready: ReadyTasks,
    polls: HashMap<u64, Poll>,
    /// Polls by topic, the longest waiting first.
    waiting: HashMap<String, BTreeSet<u64>>,
    polls_so_far: u64,
    /// Topics of which other nodes should hear.
    news: BTreeSet<String>,
    closed: bool,
}

impl Wake {
    /// An empty memory, and the tasks whose receivers were gone when they got them.
    pub(crate) fn new(shared: bool) -> (Self, mpsc::UnboundedReceiver<Uuid>) {
        let (abandoned, receiver) = mpsc::unbounded_channel();
        let wake = Wake {
            state: Mutex::default(),
            waiting: AtomicUsize::new(0),
            time: Notify::new(),
            news: Notify::new(),
            abandoned,
            shared,
        };
        (wake, receiver)
    }

    /// Whether any poll waits.
    pub(crate) fn anyone_waits(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Topics that polls wait for.
    pub(crate) fn awaited_topics(&self) -> Vec<String> {
        self.lock().waiting.keys().cloned().collect()
    }

    /// Takes tasks for a fetch out of the memory, in the order that it asks for. `tried` holds
    /// those that it has tried in vain.
    pub(crate) fn take(&self, fetch: &Fetch, tried: &BTreeSet<Uuid>, now: DateTime<Utc>) -> Vec<Candidate> {
        let mut state = self.lock();
        state.promote(now);
        self.waiting.store(state.polls.len(), Ordering::Relaxed);
        state.ready.take(fetch, tried)
    }

    /// Puts back a task that was taken and not locked.
    pub(crate) fn put_back(&self, task: ReadyTask) {
        let mut state = self.lock();
        state.ready.insert(task);
    }

    /// Parks a poll, unless there is something for it to try or the engine stops.
    pub(crate) fn park(self: &Arc<Self>, fetch: &Arc<Fetch>, tried: &BTreeSet<Uuid>) -> Option<Parked> {
        let mut state = self.lock();
        if state.closed || state.ready.has_any(fetch, tried) {
            return None;
        }
        state.polls_so_far += 1;
        let id = state.polls_so_far;
        let (poll, receiver) = Poll::new(fetch.clone());
        for topic in fetch.topics.keys() {
            state.waiting.entry(topic.clone()).or_default().insert(id);
        }
        state.polls.insert(id, poll);
        self.waiting.store(state.polls.len(), Ordering::Relaxed);
        let topics = fetch.topics.keys().cloned().collect();
        Some(Parked::new(self.clone(), id, topics, receiver))
    }

    /// Whether the engine stops: no poll may wait any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Takes a poll out; `false` when it is no longer parked because a message is on its way.
    pub(crate) fn withdraw(&self, id: u64) -> bool {
        let mut state = self.lock();
        let parked = state.unpark(id).is_some();
        self.waiting.store(state.polls.len(), Ordering::Relaxed);
        parked
    }

    /// Finds a poll for a task that is being created, among those engaged by the same batch and
    /// then those that wait.
    pub(crate) fn engage(
        &self,
        engaged: &mut Vec<Engaged>,
        topic: &str,
        matches: impl Fn(&FetchFilter) -> bool,
    ) -> Option<Engagement> {
        if let Some(engagement) = Engaged::with_room(engaged, topic, &matches) {
            return Some(engagement);
        }
        let mut state = self.lock();
        loop {
            let id = state.waiting.get(topic)?.iter().copied().find(|id| {
                state
                    .polls
                    .get(id)
                    .and_then(|poll| poll.fetch.topics.get(topic))
                    .is_some_and(|topic| matches(&topic.filter))
            })?;
            let poll = state.unpark(id);
            self.waiting.store(state.polls.len(), Ordering::Relaxed);
            // A caller that is gone must get nothing (contract 5, item 3).
            if let Some(poll) = poll.filter(|poll| !poll.is_gone()) {
                engaged.push(Engaged::new(poll));
                return Engaged::with_room(engaged, topic, &matches);
            }
        }
    }

    /// Gives engaged polls their tasks. A poll that lost all of its tasks looks again.
    pub(crate) fn deliver(&self, engaged: Vec<Engaged>) {
        for Engaged { poll, tasks } in engaged {
            if tasks.is_empty() {
                poll.send(Message::Look);
                continue;
            }
            for task in poll.deliver(tasks) {
                self.abandon(task.id);
            }
        }
    }

    /// Lets engaged polls look again, because their batch was not written.
    pub(crate) fn disengage(&self, engaged: Vec<Engaged>) {
        for Engaged { poll, .. } in engaged {
            poll.send(Message::Look);
        }
    }

    /// Releases a task that was locked for a caller that is gone.
    pub(crate) fn abandon(&self, task: Uuid) {
        if self.abandoned.send(task).is_err() {
            tracing::debug!(%task, "a lock for a caller that is gone stays until it expires: the engine stops");
        }
    }

    /// Notes what a commit did to external tasks: `None` for those that nobody can fetch any more.
    pub(crate) fn publish(&self, updates: Vec<(Uuid, Option<ReadyTask>)>, now: DateTime<Utc>) {
        if updates.is_empty() {
            return;
        }
        let mut state = self.lock();
        let (mut news, mut earlier) = (false, false);
        for (id, task) in updates {
            state.ready.remove(id);
            let Some(task) = task else {
                continue;
            };
            let topic = task.topic.clone();
            if task.lock_expires.is_some_and(|until| until > now) {
                earlier |= state.ready.insert_delayed(task);
                continue;
            }
            state.ready.insert(task);
            if self.shared {
                news |= state.news.insert(topic.clone());
            }
            state.rouse(&topic);
        }
        self.waiting.store(state.polls.len(), Ordering::Relaxed);
        drop(state);
        if news {
            self.news.notify_one();
        }
        if earlier {
            self.time.notify_one();
        }
    }

    /// The store is about to be asked for a topic.
    pub(crate) fn look_begins(&self, topic: &str) {
        self.lock().ready.look_begins(topic);
    }

    /// Adds what was found in the store of a topic.
    pub(crate) fn found(&self, topic: &str, tasks: Vec<ReadyTask>, now: DateTime<Utc>, looked: Looked) {
        let mut state = self.lock();
        state.ready.let_in(topic);
        let mut earlier = false;
        let last = tasks.last().map(|task| (Reverse(task.priority), task.id));
        for task in tasks {
            if state.ready.knows(task.id) {
                continue;
            }
            if task.lock_expires.is_some_and(|until| until > now) {
                earlier |= state.ready.insert_delayed(task);
            } else {
                state.ready.insert(task);
                state.rouse(topic);
            }
        }
        state.ready.looked(topic, looked, last);
        self.waiting.store(state.polls.len(), Ordering::Relaxed);
        drop(state);
        if earlier {
            self.time.notify_one();
        }
    }

    /// Whether the store should be asked for the tasks of a topic before a fetch is answered.
    pub(crate) fn must_look(&self, topic: &str, not_since: Instant) -> bool {
        let state = self.lock();
        state.ready.must_look(topic, self.shared.then_some(not_since))
    }

    /// Makes tasks whose lock or pause ran out ready; answers the next moment to look at.
    pub(crate) fn promote(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut state = self.lock();
        state.promote(now);
        self.waiting.store(state.polls.len(), Ordering::Relaxed);
        state.ready.next_delayed()
    }

    /// Whether the store was never asked for a topic.
    pub(crate) fn is_new(&self, topic: &str) -> bool {
        self.lock().ready.is_new(topic)
    }

    /// Whether locks of a topic may run out that memory does not know of.
    pub(crate) fn is_blind(&self, topic: &str) -> bool {
        self.lock().ready.is_blind(topic)
    }

    /// Topics of which other nodes have not heard yet.
    pub(crate) fn take_news(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().news).into_iter().collect()
    }

    /// Forgets what is known of topics, so that the next fetch asks the store.
    pub(crate) fn doubt(&self, topics: &[String]) {
        let mut state = self.lock();
        for topic in topics {
            state.ready.doubt(topic);
        }
    }

    /// Wakes polls for tasks of these topics that are ready, after a roused poll did not look.
    pub(crate) fn rouse_again(&self, topics: impl Iterator<Item = String>) {
        let mut state = self.lock();
        for topic in topics {
            if state.ready.any_ready(&topic) {
                state.rouse(&topic);
            }
        }
        self.waiting.store(state.polls.len(), Ordering::Relaxed);
    }

    /// Ends all waiting: parked polls look once more and find the engine closed.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.waiting.clear();
        let polls = std::mem::take(&mut state.polls);
        self.waiting.store(0, Ordering::Relaxed);
        drop(state);
        for poll in polls.into_values() {
            poll.send(Message::Look);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change leaves the memory usable, and it decides nothing.
        lock(&self.state)
    }
}

impl State {
    fn unpark(&mut self, id: u64) -> Option<Poll> {
        let poll = self.polls.remove(&id)?;
        for topic in poll.fetch.topics.keys() {
            if let Some(waiting) = self.waiting.get_mut(topic) {
                waiting.remove(&id);
                if waiting.is_empty() {
                    self.waiting.remove(topic);
                }
            }
        }
        Some(poll)
    }

    fn promote(&mut self, now: DateTime<Utc>) {
        for topic in self.ready.promote(now) {
            self.rouse(&topic);
        }
    }

    /// Lets the poll that waits longest for a topic look. Its filter may not fit; then it parks
    /// again behind the others and the next one was roused by it.
    fn rouse(&mut self, topic: &str) {
        while let Some(id) = self.waiting.get(topic).and_then(|waiting| waiting.first().copied()) {
            if self.unpark(id).is_some_and(|poll| poll.send(Message::Look)) {
                break;
            }
        }
    }
}

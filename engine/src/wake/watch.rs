//! The background work of waking: time that passes, news for and from other nodes, locks of
//! callers that are gone.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use flowstone_store::{Error as StoreError, Hint, SharedStore};
use tokio::time::Instant;

use super::{Looked, READY_TASKS_PER_TOPIC, Wake};
use crate::clock::Clock;

/// News for other nodes go out at once after a pause, then at most once in this time.
const NEWS_PAUSE: Duration = Duration::from_millis(5);

/// How often awaited topics are looked up in a shared store in case a hint was lost.
const SWEEP: Duration = Duration::from_secs(5);

/// Tasks asked for at once: as many as memory takes.
const AT_ONCE: u32 = READY_TASKS_PER_TOPIC as u32;

/// What the background work needs.
#[derive(Clone)]
pub(crate) struct Watch {
    pub(crate) wake: Arc<Wake>,
    pub(crate) store: SharedStore,
    pub(crate) clock: Arc<dyn Clock>,
    /// One look at a time: those who wait for it share what it finds.
    pub(crate) looking: Arc<tokio::sync::Mutex<()>>,
}

impl Watch {
    /// Makes tasks ready when their lock or pause runs out.
    pub(crate) async fn time(self) {
        loop {
            let now = self.clock.now();
            let next = self.wake.promote(now);
            let moved = self.wake.time.notified();
            match next {
                None => moved.await,
                Some(next) => {
                    // A millisecond more, so that the moment has certainly come.
                    let wait = (next - now).to_std().unwrap_or_default() + Duration::from_millis(1);
                    tokio::select! {
                        () = moved => {}
                        () = tokio::time::sleep(wait) => {}
                    }
                }
            }
        }
    }

    /// Tells other nodes what became available here.
    pub(crate) async fn send_news(self) {
        loop {
            self.wake.news.notified().await;
            let topics = self.wake.take_news();
            if !topics.is_empty()
                && let Err(error) = self.store.send_hint(Hint::Topics(topics)).await
            {
                tracing::debug!(%error, "other nodes were not told; their sweep will find it");
            }
            tokio::time::sleep(NEWS_PAUSE).await;
        }
    }

    /// Looks up awaited topics now and then, because hints may be lost and other nodes may die
    /// with what they hold.
    pub(crate) async fn sweep(self) {
        loop {
            tokio::time::sleep(SWEEP).await;
            let mut topics = self.wake.awaited_topics();
            topics.retain(|topic| self.store.is_shared() || self.wake.is_blind(topic));
            self.look_for_awaited(&topics).await;
        }
    }

    /// Follows a hint about topics.
    pub(crate) async fn heard(&self, topics: Vec<String>) {
        self.wake.doubt(&topics);
        let awaited: Vec<String> = self
            .wake
            .awaited_topics()
            .into_iter()
            .filter(|topic| topics.contains(topic))
            .collect();
        self.look_for_awaited(&awaited).await;
    }

    async fn look_for_awaited(&self, topics: &[String]) {
        for topic in topics {
            if let Err(error) = self.look(topic).await {
                tracing::warn!(%error, topic, "waiting polls could not be served from the store; trying again later");
            }
        }
    }

    /// Brings a topic's tasks from the store into memory.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn look(&self, topic: &str) -> Result<(), StoreError> {
        // In a store of one's own, all locks are known from the first look on; in a shared one
        // other nodes may extend them, so only what is free now counts and the sweep finds the rest.
        if !self.store.is_shared() && self.wake.is_new(topic) {
            self.wake.look_begins(topic);
            let at = Instant::now();
            let for_ever = self.clock.now() + TimeDelta::days(36_500);
            let tasks = self.store.ready_tasks(topic, for_ever, AT_ONCE).await?;
            let full = tasks.len() >= AT_ONCE as usize;
            let locked = tasks.into_iter().filter(|task| task.lock_expires.is_some()).collect();
            let looked = Looked {
                at,
                more: false,
                blind: full,
            };
            self.wake.found(topic, locked, self.clock.now(), looked);
        }
        self.wake.look_begins(topic);
        let at = Instant::now();
        let horizon = self.clock.now() + TimeDelta::milliseconds(1);
        let tasks = self.store.ready_tasks(topic, horizon, AT_ONCE).await?;
        let looked = Looked {
            at,
            more: tasks.len() >= AT_ONCE as usize,
            blind: false,
        };
        self.wake.found(topic, tasks, self.clock.now(), looked);
        Ok(())
    }

    /// Looks a fetch's topics up where memory may lack something.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn look_if_needed<'a>(
        &self,
        topics: impl Iterator<Item = &'a String>,
        not_since: Instant,
    ) -> Result<(), StoreError> {
        for topic in topics {
            if !self.wake.must_look(topic, not_since) {
                continue;
            }
            let _alone = self.looking.lock().await;
            if self.wake.must_look(topic, not_since) {
                self.look(topic).await?;
            }
        }
        Ok(())
    }
}

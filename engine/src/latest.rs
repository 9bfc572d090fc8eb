//! The latest versions of what is deployed, by key and tenant.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;
use crate::lock::lock;

/// How long an answer of a store that other processes share is trusted. Whoever changes definitions there waits for
/// this long before saying so: once it is said, no node answers what was known before. Until then, one node may know
/// what another does not.
pub(crate) const TRUSTED_FOR: Duration = Duration::from_millis(10);

type KeyAndTenant = (String, Option<String>);
type Slot<R> = Arc<tokio::sync::Mutex<Option<Answer<R>>>>;

/// What the store answered, and when it was asked.
struct Answer<R> {
    asked_at: Instant,
    record: R,
}

/// Remembered latest versions of one kind of definition. They are forgotten whenever something is deployed or deleted
/// here or on another node.
pub(crate) struct LatestVersions<R> {
    slots: Mutex<HashMap<KeyAndTenant, Slot<R>>>,
}

impl<R> Default for LatestVersions<R> {
    fn default() -> Self {
        LatestVersions {
            slots: Mutex::default(),
        }
    }
}

impl<R: Clone> LatestVersions<R> {
    pub(crate) fn forget(&self) {
        lock(&self.slots).clear();
    }

    /// The latest version of a key within a tenant. When other processes may deploy (`shared`), the store is asked
    /// again once its answer is older than [`TRUSTED_FOR`]; callers that come meanwhile share the next one.
    pub(crate) async fn get<Asking>(
        &self,
        key: &str,
        tenant: Option<&str>,
        shared: bool,
        ask: impl FnOnce() -> Asking,
    ) -> Result<Option<R>, Error>
    where
        Asking: Future<Output = Result<Option<R>, Error>>,
    {
        let arrived = Instant::now();
        let place = (key.to_owned(), tenant.map(str::to_owned));
        let slot = lock(&self.slots).entry(place.clone()).or_default().clone();
        let mut answer = slot.lock().await;
        if let Some(known) = &*answer
            && (!shared || known.asked_at + TRUSTED_FOR >= arrived)
        {
            return Ok(Some(known.record.clone()));
        }
        let asked_at = Instant::now();
        let record = ask().await?;
        *answer = record.clone().map(|record| Answer { asked_at, record });
        if record.is_none() {
            // An unknown key is not remembered, or clients could fill the memory with names.
            lock(&self.slots).remove(&place);
        }
        Ok(record)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    async fn ask(latest: &LatestVersions<&'static str>, shared: bool, asked: &AtomicUsize) -> Option<&'static str> {
        let answer = latest.get("key", None, shared, async || {
            asked.fetch_add(1, Ordering::SeqCst);
            Ok(Some("record"))
        });
        answer.await.unwrap()
    }

    #[tokio::test]
    async fn a_store_of_its_own_is_asked_once_until_everything_is_forgotten() {
        let (latest, asked) = (LatestVersions::default(), AtomicUsize::new(0));
        assert_eq!(ask(&latest, false, &asked).await, Some("record"));
        assert_eq!(ask(&latest, false, &asked).await, Some("record"));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        latest.forget();
        ask(&latest, false, &asked).await;
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_shared_store_is_asked_again_after_a_while_and_an_unknown_key_is_not_remembered() {
        let (latest, asked) = (LatestVersions::default(), AtomicUsize::new(0));
        for _ in 0..1000 {
            ask(&latest, true, &asked).await;
        }
        let shared = asked.load(Ordering::SeqCst);
        assert!(shared < 1000, "callers of the same moment share an answer");
        tokio::time::sleep(TRUSTED_FOR * 2).await;
        ask(&latest, true, &asked).await;
        assert_eq!(asked.load(Ordering::SeqCst), shared + 1);
        let unknown = latest.get("other", Some("tenant"), false, async || Ok(None));
        assert_eq!(unknown.await.unwrap(), None);
        assert_eq!(lock(&latest.slots).len(), 1);
    }
}

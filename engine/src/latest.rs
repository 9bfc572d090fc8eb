//! The latest versions of what is deployed, by key and tenant.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use crate::error::Error;
use crate::lock::lock;

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

    /// The latest version of a key within a tenant. When other processes may deploy (`shared`), the store is asked, but
    /// callers that come while a question is under way share the answer to the next one.
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
            && (!shared || known.asked_at >= arrived)
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
    async fn a_shared_store_is_asked_again_and_an_unknown_key_is_not_remembered() {
        let (latest, asked) = (LatestVersions::default(), AtomicUsize::new(0));
        ask(&latest, true, &asked).await;
        ask(&latest, true, &asked).await;
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        let unknown = latest.get("other", Some("tenant"), false, async || Ok(None));
        assert_eq!(unknown.await.unwrap(), None);
        assert_eq!(lock(&latest.slots).len(), 1);
    }
}

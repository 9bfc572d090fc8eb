//! Conflicts, keys, and failures: all of an instance or nothing, all of a batch or nothing.

use std::time::Duration;

use chrono::TimeDelta;
use uuid::Uuid;

use super::fixture::{Waiting, applied, batch, commit, load, now, touch, waiting};
use crate::change::Batch;
use crate::query::Query;
use crate::{Error, SharedStore};

pub async fn a_conflict_leaves_out_its_instance_and_nothing_else(store: SharedStore) {
    let (stale, current) = (waiting("order:1:x"), waiting("order:1:x"));
    commit(&store, [stale.start(), current.start()]).await;
    let missing = Uuid::now_v7();
    let committed = store
        .commit(Batch {
            together: false,
            instances: vec![stale.complete(7), current.complete(1), touch(missing, 1)],
            applied: vec![applied("stale", stale.id()), applied("current", current.id())],
        })
        .await
        .unwrap();
    let mut conflicts = committed.conflicts;
    conflicts.sort();
    let mut expected = vec![stale.id(), missing];
    expected.sort();
    assert_eq!(conflicts, expected);

    let left = store.load(&[stale.id(), current.id()]).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].instance, stale.instance);
    assert_eq!(left[0].activities, std::slice::from_ref(&stale.task));
    let known = store
        .applied(&["stale".to_owned(), "current".to_owned()])
        .await
        .unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].key, "current");
    // The stale one runs still, and only its start was left.
    assert_eq!(store.count_historic_instances(&Query::default()).await.unwrap(), 2);
    assert_eq!(
        store.count_historic_activities(&Query::default()).await.unwrap(),
        1 + 1 + 3
    );
}

pub async fn an_instance_is_not_inserted_twice(store: SharedStore) {
    let fixture = waiting("order:1:x");
    commit(&store, [fixture.start()]).await;
    let mut again = waiting("order:2:x");
    again.instance.id = fixture.id();
    let committed = store.commit(batch([again.start()])).await.unwrap();
    assert_eq!(committed.conflicts, [fixture.id()]);
    assert_eq!(load(&store, fixture.id()).await.instance, fixture.instance);
}

pub async fn a_violated_constraint_leaves_nothing_of_its_batch(store: SharedStore) {
    let stored = waiting("order:1:x");
    let ended = waiting("order:1:x");
    commit(&store, [stored.start(), ended.start()]).await;
    commit(&store, [ended.complete(1)]).await;

    let breaking: [fn(&Waiting, &Waiting, &mut crate::change::InstanceChange); 3] = [
        // The id of an activity of another instance.
        |stored, _, change| change.activities_inserted.push(stored.task.clone()),
        // An instance that ended before.
        |_, ended, change| change.historic_instance = Some(ended.ended()),
        // An activity that ended before.
        |_, ended, change| {
            change
                .historic_activities
                .push(ended.left("charge", "serviceTask", ended.task.id));
        },
    ];
    for breaks in breaking {
        let (first, last) = (waiting("order:1:x"), waiting("order:1:x"));
        let mut change = last.start();
        breaks(&stored, &ended, &mut change);
        let outcome = store
            .commit(Batch {
                together: false,
                instances: vec![first.start(), stored.lock(1, "w"), change],
                applied: vec![applied("key", first.id())],
            })
            .await;
        assert!(matches!(outcome, Err(Error::Failed(_))), "{outcome:?}");
        let left = store.load(&[first.id(), last.id(), stored.id()]).await.unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].instance, stored.instance);
        assert_eq!(left[0].activities, std::slice::from_ref(&stored.task));
        assert!(store.applied(&["key".to_owned()]).await.unwrap().is_empty());
        assert_eq!(
            store.count_historic_activities(&Query::default()).await.unwrap(),
            1 + 1 + 3
        );
    }
    commit(&store, [stored.complete(1)]).await;
}

pub async fn a_key_is_applied_once(store: SharedStore) {
    let fixture = waiting("order:1:x");
    let first = applied("key", fixture.id());
    let outcome = store
        .commit(Batch {
            together: false,
            instances: vec![fixture.start()],
            applied: vec![first.clone()],
        })
        .await
        .unwrap();
    assert!(outcome.conflicts.is_empty());
    assert_eq!(
        store.applied(&["other".to_owned(), "key".to_owned()]).await.unwrap(),
        std::slice::from_ref(&first),
        "the reply is given again as it was"
    );

    let (again, bystander) = (waiting("order:1:x"), waiting("order:1:x"));
    for (change, instance) in [(again.start(), again.id()), (fixture.lock(1, "w"), fixture.id())] {
        let extra = waiting("order:1:x");
        let committed = store
            .commit(Batch {
                together: false,
                instances: vec![change, extra.start()],
                applied: vec![applied("key", instance)],
            })
            .await
            .unwrap();
        assert_eq!(committed.conflicts, [instance]);
        assert_eq!(store.load(&[extra.id()]).await.unwrap().len(), 1);
    }
    assert!(store.load(&[again.id(), bystander.id()]).await.unwrap().is_empty());
    assert_eq!(load(&store, fixture.id()).await.instance.version, 1);
    assert_eq!(store.applied(&["key".to_owned()]).await.unwrap(), [first]);
}

pub async fn a_key_of_two_instances_goes_to_the_first(store: SharedStore) {
    let (first, second) = (waiting("order:1:x"), waiting("order:1:x"));
    let committed = store
        .commit(Batch {
            together: false,
            instances: vec![first.start(), second.start()],
            applied: vec![applied("key", first.id()), applied("key", second.id())],
        })
        .await
        .unwrap();
    assert_eq!(committed.conflicts, [second.id()]);
    let stored = store.load(&[first.id(), second.id()]).await.unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].instance.id, first.id());
}

pub async fn keys_are_forgotten_by_age(store: SharedStore) {
    let fixture = waiting("order:1:x");
    let mut old = applied("old", fixture.id());
    old.at -= TimeDelta::hours(2);
    let recent = applied("recent", fixture.id());
    let committed = store
        .commit(Batch {
            together: false,
            instances: vec![fixture.start()],
            applied: vec![old, recent.clone()],
        })
        .await
        .unwrap();
    assert!(committed.conflicts.is_empty());
    assert_eq!(store.forget_applied(now() - TimeDelta::hours(1)).await.unwrap(), 1);
    let known = store.applied(&["old".to_owned(), "recent".to_owned()]).await.unwrap();
    assert_eq!(known, [recent]);
}

pub async fn of_changes_at_once_exactly_one_wins_each_version(store: SharedStore) {
    const WRITERS: i64 = 8;
    let fixture = std::sync::Arc::new(waiting("order:1:x"));
    let id = fixture.id();
    commit(&store, [fixture.start()]).await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let (store, fixture) = (store.clone(), fixture.clone());
            tokio::spawn(async move {
                let worker = format!("worker-{number}");
                // Each writes three times, however often it must repeat.
                for _ in 0..3 {
                    loop {
                        let version = load(&store, id).await.instance.version;
                        let mut change = fixture.lock(version, &worker);
                        change.event_log = Some(fixture.events(version + 1, worker.as_bytes()));
                        if store.commit(batch([change])).await.unwrap().conflicts.is_empty() {
                            break;
                        }
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let snapshot = load(&store, id).await;
    assert_eq!(snapshot.instance.version, 1 + 3 * WRITERS);
    let log = store.event_log(id, 0, u32::MAX).await.unwrap();
    assert_eq!(log.len() as i64, 3 * WRITERS);
    let last = snapshot.activities[0].external_task.as_ref().unwrap().worker.clone();
    assert_eq!(
        log.last().map(|row| row.events.as_slice()),
        last.as_ref().map(|worker| worker.as_bytes())
    );
}

pub async fn a_key_used_at_once_is_applied_once(store: SharedStore) {
    for round in 0..10 {
        let fixtures: Vec<Waiting> = (0..4).map(|_| waiting("order:1:x")).collect();
        let key = format!("key-{round}");
        let commits: Vec<_> = fixtures
            .iter()
            .map(|fixture| {
                let batch = Batch {
                    together: false,
                    instances: vec![fixture.start()],
                    applied: vec![applied(&key, fixture.id())],
                };
                let store = store.clone();
                tokio::spawn(async move { store.commit(batch).await.unwrap().conflicts })
            })
            .collect();
        let mut refused = Vec::new();
        for commit in commits {
            refused.extend(commit.await.unwrap());
        }
        assert_eq!(refused.len(), 3);
        let ids: Vec<Uuid> = fixtures.iter().map(Waiting::id).collect();
        let stored = store.load(&ids).await.unwrap();
        assert_eq!(stored.len(), 1);
        let known = store.applied(&[key]).await.unwrap();
        assert_eq!(known.len(), 1);
        assert_eq!(known[0].instance_id, stored[0].instance.id);
        assert!(!refused.contains(&known[0].instance_id));
    }
}

pub async fn an_abandoned_commit_is_written_wholly_or_not_at_all(store: SharedStore) {
    let survivor = waiting("order:1:x");
    commit(&store, [survivor.start()]).await;
    for round in 0..30u64 {
        let fixtures: Vec<Waiting> = (0..20).map(|_| waiting("order:1:x")).collect();
        let ids: Vec<Uuid> = fixtures.iter().map(Waiting::id).collect();
        let changes = batch(fixtures.iter().map(Waiting::start));
        // A little later each round, so that every phase of the commit is met.
        let patience = Duration::from_micros(round * 100);
        let outcome = tokio::time::timeout(patience, store.commit(changes)).await;
        // A commit that follows is served, and waits for what is still being written.
        commit(&store, [touch(survivor.id(), round as i64 + 1)]).await;
        let stored = store.load(&ids).await.unwrap();
        if outcome.is_ok() {
            assert_eq!(stored.len(), ids.len());
        }
        assert!(
            stored.is_empty() || stored.len() == ids.len(),
            "{} of {}",
            stored.len(),
            ids.len()
        );
        assert!(stored.iter().all(|snapshot| snapshot.activities.len() == 1));
    }
}

//! What happens when nodes collide, connections die and others look on.

mod support;

use std::time::{Duration, Instant};

use flowstone_expression::TypedValue;
use flowstone_store::change::{Batch, HeaderChange};
use flowstone_store::query::{HistoricActivityField, HistoricInstanceField, Query, Scalar, Test};
use flowstone_store::{Error, Hint, Store as _};
use flowstone_store_postgres::{PostgresOptions, PostgresStore};
use sqlx::{Connection as _, Executor as _, PgConnection};
use support::{applied, batch, change, fresh_store, touch, variables, waiting};
use uuid::Uuid;

#[tokio::test]
async fn an_instance_lives_from_its_start_to_history() {
    let (store, _) = fresh_store().await;
    let fixture = waiting("order:1:x", variables(&[("amount", TypedValue::Integer(5))]));
    let id = fixture.instance.id;

    assert!(
        store
            .commit(batch(vec![fixture.start()]))
            .await
            .unwrap()
            .conflicts
            .is_empty()
    );
    let loaded = store.load(&[id, Uuid::now_v7()]).await.unwrap();
    assert_eq!(loaded.len(), 1);
    assert_eq!(loaded[0].instance, fixture.instance);
    assert_eq!(loaded[0].activities, std::slice::from_ref(&fixture.task));
    assert_eq!(store.locate(&[fixture.task.id]).await.unwrap(), [(fixture.task.id, id)]);
    let ready = store.ready_tasks("payment", support::now(), 10).await.unwrap();
    assert_eq!(ready.iter().map(|task| task.id).collect::<Vec<_>>(), [fixture.task.id]);

    assert!(
        store
            .commit(batch(vec![fixture.lock(1, "w")]))
            .await
            .unwrap()
            .conflicts
            .is_empty()
    );
    assert!(
        store
            .ready_tasks("payment", support::now(), 10)
            .await
            .unwrap()
            .is_empty()
    );

    assert!(
        store
            .commit(batch(vec![fixture.complete(2)]))
            .await
            .unwrap()
            .conflicts
            .is_empty()
    );
    assert!(store.load(&[id]).await.unwrap().is_empty());
    assert!(store.locate(&[fixture.task.id]).await.unwrap().is_empty());
    let ended = store.historic_instances(&Query::default()).await.unwrap();
    assert_eq!(ended.len(), 1);
    assert_eq!(&*ended[0].state, "COMPLETED");
    assert_eq!(store.count_historic_activities(&Query::default()).await.unwrap(), 3);
}

#[tokio::test]
async fn of_two_nodes_that_expect_the_same_version_exactly_one_wins() {
    let (first, url) = fresh_store().await;
    let second = PostgresStore::connect(&url, PostgresOptions::default()).await.unwrap();
    let fixtures: Vec<_> = (0..20).map(|_| waiting("order:1:x", variables(&[]))).collect();
    first
        .commit(batch(fixtures.iter().map(support::Fixture::start).collect()))
        .await
        .unwrap();

    for version in 1..30 {
        let change_all =
            |worker: &'static str| batch(fixtures.iter().map(|fixture| fixture.lock(version, worker)).collect());
        let (left, right) = tokio::join!(first.commit(change_all("left")), second.commit(change_all("right")));
        let (left, right) = (left.unwrap().conflicts, right.unwrap().conflicts);
        assert_eq!(
            left.len() + right.len(),
            fixtures.len(),
            "each instance is refused to exactly one node"
        );
        let snapshots = first
            .load(&fixtures.iter().map(|fixture| fixture.instance.id).collect::<Vec<_>>())
            .await
            .unwrap();
        for snapshot in snapshots {
            let id = snapshot.instance.id;
            let winner = if left.contains(&id) { "right" } else { "left" };
            assert_eq!(snapshot.instance.version, version + 1);
            let task = snapshot.activities[0].external_task.as_ref().unwrap();
            assert_eq!(
                task.worker.as_deref(),
                Some(winner),
                "the task shows the change of the node that won"
            );
        }
    }
}

#[tokio::test]
async fn an_idempotency_key_is_applied_once_even_by_two_nodes_at_once() {
    let (first, url) = fresh_store().await;
    let second = PostgresStore::connect(&url, PostgresOptions::default()).await.unwrap();
    for round in 0..30 {
        let key = format!("key-{round}");
        let start = |fixture: &support::Fixture| Batch {
            together: false,
            instances: vec![fixture.start()],
            applied: vec![applied(&key, fixture.instance.id)],
        };
        let (one, other) = (
            waiting("order:1:x", variables(&[])),
            waiting("order:1:x", variables(&[])),
        );
        let (left, right) = tokio::join!(first.commit(start(&one)), second.commit(start(&other)));
        let refused: Vec<Uuid> = [left.unwrap().conflicts, right.unwrap().conflicts].concat();
        assert_eq!(refused.len(), 1);
        let known = first.applied(std::slice::from_ref(&key)).await.unwrap();
        assert_eq!(known.len(), 1);
        assert_ne!(known[0].instance_id, refused[0]);
        assert!(
            first.load(&refused).await.unwrap().is_empty(),
            "nothing of the refused instance is written"
        );
    }
}

#[tokio::test]
async fn nodes_that_touch_the_same_instances_in_opposite_ways_do_not_block_each_other_for_good() {
    let (first, url) = fresh_store().await;
    let second = PostgresStore::connect(&url, PostgresOptions::default()).await.unwrap();
    let pair = [
        waiting("order:1:x", variables(&[])),
        waiting("order:1:x", variables(&[])),
    ];
    first
        .commit(batch(pair.iter().map(support::Fixture::start).collect()))
        .await
        .unwrap();
    let (left, right) = tokio::join!(
        first.commit(batch(vec![pair[0].lock(1, "left"), pair[1].complete(1)])),
        second.commit(batch(vec![pair[1].lock(1, "right"), pair[0].complete(1)])),
    );
    let refused = left.unwrap().conflicts.len() + right.unwrap().conflicts.len();
    assert_eq!(refused, 2, "each of the two instances goes to one node");
}

#[tokio::test]
async fn a_connection_killed_while_it_writes_leaves_all_or_nothing() {
    let (store, url) = fresh_store().await;
    let mut killer = PgConnection::connect(&url).await.unwrap();
    let mut lost = 0;
    for round in 0..40u64 {
        let fixtures: Vec<_> = (0..30).map(|_| waiting("order:1:x", variables(&[]))).collect();
        let ids: Vec<Uuid> = fixtures.iter().map(|fixture| fixture.instance.id).collect();
        let writer = store.clone();
        let changes = batch(fixtures.iter().map(support::Fixture::start).collect());
        let write = tokio::spawn(async move { writer.commit(changes).await });
        // A little later each round, so that the kills fall on every phase of the statement.
        tokio::time::sleep(Duration::from_micros(150 * round)).await;
        killer
            .execute(
                "select pg_terminate_backend(pid) from pg_stat_activity \
                 where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'",
            )
            .await
            .unwrap();
        let outcome = write.await.unwrap();
        let loaded = loop {
            // The connections that died idle are noticed when they are used next.
            match store.load(&ids).await {
                Ok(loaded) => break loaded,
                Err(error) => assert!(matches!(error, Error::Unavailable(_)), "{error}"),
            }
        };
        match outcome {
            Ok(committed) => {
                assert!(committed.conflicts.is_empty());
                assert_eq!(loaded.len(), ids.len(), "an acknowledged batch is there");
            }
            Err(error) => {
                assert!(matches!(error, Error::Unavailable(_)), "{error}");
                lost += 1;
                assert!(
                    loaded.is_empty() || loaded.len() == ids.len(),
                    "a batch is written wholly or not at all"
                );
            }
        }
        let activities: usize = loaded.iter().map(|snapshot| snapshot.activities.len()).sum();
        assert_eq!(activities, loaded.len(), "every instance has its task");
        let history = Query::default().with(
            HistoricActivityField::InstanceId,
            Test::In(ids.iter().copied().map(Scalar::Id).collect()),
        );
        let recorded = loop {
            match store.count_historic_activities(&history).await {
                Ok(count) => break count,
                Err(error) => assert!(matches!(error, Error::Unavailable(_)), "{error}"),
            }
        };
        // The open task and the start event of each.
        assert_eq!(recorded, 2 * loaded.len() as u64, "history is written with the state");
    }
    assert!(lost > 0, "no kill met a batch in flight: the test proves nothing");
}

#[tokio::test]
async fn a_session_with_an_old_snapshot_does_not_slow_commits() {
    let (store, url) = fresh_store().await;
    let mut reporter = PgConnection::connect(&url).await.unwrap();
    let cycle = async |rounds: usize| {
        let fixture = waiting("order:1:x", variables(&[]));
        store.commit(batch(vec![fixture.start()])).await.unwrap();
        let mut times = Vec::new();
        for version in 1..=rounds as i64 {
            let began = Instant::now();
            assert!(
                store
                    .commit(batch(vec![fixture.lock(version, "w")]))
                    .await
                    .unwrap()
                    .conflicts
                    .is_empty()
            );
            times.push(began.elapsed());
        }
        times.sort();
        times[times.len() / 2]
    };
    cycle(100).await;
    let before = cycle(300).await;
    reporter
        .execute("begin isolation level repeatable read; select count(*) from process_instance")
        .await
        .unwrap();
    // Dead rows that cannot be removed while the reporter looks on.
    cycle(1500).await;
    let after = cycle(300).await;
    reporter.execute("rollback").await.unwrap();
    assert!(
        after < before * 4 + Duration::from_millis(3),
        "{before:?} became {after:?}"
    );
}

#[tokio::test]
async fn a_text_with_a_zero_character_does_not_fail_its_batch() {
    let (store, _) = fresh_store().await;
    let mut fixture = waiting(
        "order:1:x",
        variables(&[("raw", TypedValue::String("a\0b".to_owned()))]),
    );
    fixture.task.external_task.as_mut().unwrap().error_message = Some("broken\0pipe".to_owned());
    assert!(
        store
            .commit(batch(vec![fixture.start()]))
            .await
            .unwrap()
            .conflicts
            .is_empty()
    );
    let loaded = store.load(&[fixture.instance.id]).await.unwrap();
    assert_eq!(
        loaded[0].instance.variables["raw"],
        TypedValue::String("a\0b".to_owned())
    );
    let task = loaded[0].activities[0].external_task.as_ref().unwrap();
    assert_eq!(task.error_message.as_deref(), Some("broken\u{fffd}pipe"));
}

#[tokio::test]
async fn large_values_leave_the_document_and_go_with_their_instance() {
    let (store, url) = fresh_store().await;
    let large = TypedValue::String("x".repeat(100_000));
    let fixture = waiting("order:1:x", variables(&[("small", 1.into()), ("large", large.clone())]));
    store.commit(batch(vec![fixture.start()])).await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let widths = async |connection: &mut PgConnection| -> (Option<i32>, i64) {
        sqlx::query_as(
            "select (select max(length(variables::text)) from process_instance), (select count(*) from large_value)",
        )
        .fetch_one(connection)
        .await
        .unwrap()
    };
    let (document, outside) = widths(&mut connection).await;
    assert!(document.unwrap() < 1000);
    assert_eq!(outside, 1);
    assert_eq!(
        store.load(&[fixture.instance.id]).await.unwrap()[0].instance.variables["large"],
        large
    );
    let found = store.variables(&Query::default()).await.unwrap();
    assert!(
        found
            .iter()
            .any(|variable| variable.name == "large" && variable.value == large)
    );

    store.commit(batch(vec![fixture.complete(1)])).await.unwrap();
    assert_eq!(widths(&mut connection).await, (None, 0));
}

#[tokio::test]
async fn history_of_this_month_lies_in_its_own_partition() {
    let (store, url) = fresh_store().await;
    let fixture = waiting("order:1:x", variables(&[]));
    store.commit(batch(vec![fixture.start()])).await.unwrap();
    store.commit(batch(vec![fixture.complete(1)])).await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let (rest, all): (i64, i64) =
        sqlx::query_as("select (select count(*) from history_activity_rest), (select count(*) from history_activity)")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!((rest, all), (0, 3));
    let by_state = Query::default().with(
        HistoricInstanceField::State,
        Test::Equals(Scalar::Text("COMPLETED".to_owned())),
    );
    assert_eq!(store.count_historic_instances(&by_state).await.unwrap(), 1);
}

#[tokio::test]
async fn an_instance_that_passes_within_a_batch_is_only_history() {
    let (store, _) = fresh_store().await;
    let fixture = waiting("order:1:x", variables(&[]));
    let mut passed = fixture.complete(0);
    passed.header = HeaderChange::Pass;
    passed.activities_deleted.clear();
    assert!(store.commit(batch(vec![passed])).await.unwrap().conflicts.is_empty());
    assert!(store.load(&[fixture.instance.id]).await.unwrap().is_empty());
    assert_eq!(store.count_historic_instances(&Query::default()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_conflict_leaves_out_its_instance_and_nothing_else() {
    let (store, _) = fresh_store().await;
    let (stale, current) = (
        waiting("order:1:x", variables(&[])),
        waiting("order:1:x", variables(&[])),
    );
    store.commit(batch(vec![stale.start(), current.start()])).await.unwrap();
    let missing = Uuid::now_v7();
    let committed = store
        .commit(Batch {
            together: false,
            instances: vec![stale.complete(7), current.complete(1), touch(missing, 1)],
            applied: vec![
                applied("stale", stale.instance.id),
                applied("current", current.instance.id),
            ],
        })
        .await
        .unwrap();
    let mut expected = vec![stale.instance.id, missing];
    expected.sort();
    assert_eq!(committed.conflicts, expected);
    let left = store.load(&[stale.instance.id, current.instance.id]).await.unwrap();
    assert_eq!(
        left.iter().map(|snapshot| snapshot.instance.id).collect::<Vec<_>>(),
        [stale.instance.id]
    );
    assert_eq!(left[0].activities.len(), 1);
    let known = store
        .applied(&["stale".to_owned(), "current".to_owned()])
        .await
        .unwrap();
    assert_eq!(
        known.iter().map(|command| command.key.as_str()).collect::<Vec<_>>(),
        ["current"]
    );
    assert_eq!(store.count_historic_instances(&Query::default()).await.unwrap(), 2);
}

#[tokio::test]
async fn hints_reach_the_other_nodes_and_outlive_a_lost_connection() {
    let (first, url) = fresh_store().await;
    let second = PostgresStore::connect(&url, PostgresOptions::default()).await.unwrap();
    let mut own = first.hints().await.unwrap().unwrap();
    let mut heard = second.hints().await.unwrap().unwrap();
    let topics = Hint::Topics(vec!["payment".to_owned()]);
    first.send_hint(topics.clone()).await.unwrap();
    assert_eq!(heard.recv().await, Some(topics.clone()));

    let mut killer = PgConnection::connect(&url).await.unwrap();
    killer
        .execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() \
             and pid <> pg_backend_pid() and query like 'LISTEN%'",
        )
        .await
        .unwrap();
    // What was missed meanwhile is made good by a look at the definitions.
    assert_eq!(heard.recv().await, Some(Hint::Definitions));
    first.send_hint(topics.clone()).await.unwrap();
    assert_eq!(heard.recv().await, Some(topics));
    assert_eq!(
        own.recv().await,
        Some(Hint::Definitions),
        "the only hint of its own is that of the new connection"
    );
    assert!(own.try_recv().is_err(), "a node does not hear itself");
}

#[tokio::test]
async fn a_fresh_database_tells_what_would_be_migrated() {
    let url = flowstone_tests::postgres::PrivateCluster::shared()
        .create_database()
        .await
        .unwrap();
    let options = PostgresOptions {
        migrate: false,
        ..PostgresOptions::default()
    };
    let store = PostgresStore::connect(&url, options).await.unwrap();
    let pending = store.pending_migrations().await.unwrap();
    assert!(pending[0].name.starts_with("0001"));
    assert!(pending[0].sql.contains("create table process_instance"));
    // Two nodes may start at once.
    let other = PostgresStore::connect(&url, PostgresOptions::default());
    let (this, other) = tokio::join!(store.migrate(), other);
    this.unwrap();
    other.unwrap();
    assert!(store.pending_migrations().await.unwrap().is_empty());
    store.maintain().await.unwrap();
}

#[tokio::test]
async fn a_server_out_of_reach_is_an_error_without_secrets() {
    let options = PostgresOptions {
        acquire_timeout: Duration::from_secs(2),
        ..PostgresOptions::default()
    };
    let error = PostgresStore::connect("postgres://user:hunter2@127.0.0.1:1/none", options)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)));
    assert!(!error.to_string().contains("hunter2"));
    let error = PostgresStore::connect("not a url with hunter2", PostgresOptions::default())
        .await
        .unwrap_err();
    assert!(!error.to_string().contains("hunter2"));
}

#[tokio::test]
async fn suspension_and_variables_change_only_when_sent() {
    let (store, _) = fresh_store().await;
    let fixture = waiting("order:1:x", variables(&[("a", 1.into())]));
    let id = fixture.instance.id;
    store.commit(batch(vec![fixture.start()])).await.unwrap();
    let update = |expected_version, variables, suspended| {
        batch(vec![change(
            id,
            HeaderChange::Update {
                expected_version,
                variables,
                suspended,
            },
        )])
    };
    store.commit(update(1, None, Some(true))).await.unwrap();
    let loaded = &store.load(&[id]).await.unwrap()[0].instance;
    assert!(loaded.suspended);
    assert_eq!(loaded.variables, fixture.instance.variables);
    let changed = variables(&[("b", 2.into())]);
    store.commit(update(2, Some(changed.clone()), None)).await.unwrap();
    let loaded = &store.load(&[id]).await.unwrap()[0].instance;
    assert!(loaded.suspended);
    assert_eq!(loaded.variables, changed);
}

#[tokio::test]
async fn statistics_of_an_empty_moment_do_not_make_commits_walk_the_tables() {
    const DEAD: usize = 4000;
    let (store, url) = fresh_store().await;
    // Dead index entries stay as long as somebody might see their rows.
    let mut reporter = PgConnection::connect(&url).await.unwrap();
    reporter
        .execute("begin isolation level repeatable read; select count(*) from process_instance")
        .await
        .unwrap();
    for _ in 0..DEAD / 500 {
        let fixtures: Vec<_> = (0..500).map(|_| waiting("order:1:x", variables(&[]))).collect();
        store
            .commit(batch(fixtures.iter().map(support::Fixture::start).collect()))
            .await
            .unwrap();
        store
            .commit(batch(fixtures.iter().map(|fixture| fixture.complete(1)).collect()))
            .await
            .unwrap();
    }
    let mut observer = PgConnection::connect(&url).await.unwrap();
    observer
        .execute("analyze process_instance; analyze activity")
        .await
        .unwrap();
    let entries_read = async |observer: &mut PgConnection| -> i64 {
        sqlx::query_scalar("select sum(idx_tup_read)::bigint from pg_stat_user_indexes where relname in ('process_instance', 'activity')")
            .fetch_one(observer)
            .await
            .unwrap()
    };
    // Connections report what they did when they close.
    store.close().await;
    observer.execute("select pg_sleep(0.3)").await.unwrap();
    let before = entries_read(&mut observer).await;

    let store = PostgresStore::connect(&url, PostgresOptions::default()).await.unwrap();
    let fixtures: Vec<_> = (0..10).map(|_| waiting("order:1:x", variables(&[]))).collect();
    for fixture in &fixtures {
        store.commit(batch(vec![fixture.start()])).await.unwrap();
    }
    for fixture in &fixtures {
        store.commit(batch(vec![fixture.lock(1, "w")])).await.unwrap();
        store.load(&[fixture.instance.id]).await.unwrap();
        store.commit(batch(vec![fixture.complete(2)])).await.unwrap();
    }
    store.close().await;
    observer.execute("select pg_sleep(0.3)").await.unwrap();
    let read = entries_read(&mut observer).await - before;
    assert!(
        read < DEAD as i64,
        "{read} index entries were read for 40 changes of single rows"
    );
    reporter.execute("rollback").await.unwrap();
}

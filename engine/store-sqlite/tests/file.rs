//! The file: who may open it, what it holds after an unclean end, how its schema comes about.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::sync::Arc;

use flowstone_store::conformance::fixture::{batch, commit, touch, variables, waiting};
use flowstone_store::query::Query;
use flowstone_store::{Error, SharedStore, Store as _};
use flowstone_store_sqlite::{SqliteOptions, SqliteStore};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;
use uuid::Uuid;

async fn open(path: &std::path::Path) -> Result<SqliteStore, Error> {
    SqliteStore::open(path, SqliteOptions::default()).await
}

#[tokio::test]
async fn a_file_belongs_to_one_server_at_a_time() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("flowstone.db");
    let first = open(&path).await.unwrap();
    let refused = open(&path).await.map(drop);
    let Err(Error::Unavailable(reason)) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        reason.contains("another server") && reason.contains("flowstone.db"),
        "{reason}"
    );
    first.close().await;
    drop(first);
    open(&path).await.unwrap();
}

#[tokio::test]
async fn a_path_that_cannot_be_used_is_named() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "no directory").unwrap();
    let refused = open(&file.join("flowstone.db")).await.map(drop);
    assert!(
        matches!(&refused, Err(Error::Unavailable(reason)) if reason.contains("file")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("flowstone.db");
    std::fs::write(
        &path,
        "this is text, and long enough to be taken for the head of a database. ".repeat(9),
    )
    .unwrap();
    let refused = open(&path).await.map(drop);
    assert!(matches!(refused, Err(Error::Corrupt(_))), "{refused:?}");
}

#[tokio::test]
async fn what_was_committed_outlives_a_server_that_is_not_closed() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("flowstone.db");
    let fixture = waiting("order:1:x").with(variables([("amount", 5.into())]));
    let store: SharedStore = Arc::new(open(&path).await.unwrap());
    commit(&store, [fixture.start()]).await;
    for version in 1..50 {
        commit(&store, [touch(fixture.id(), version)]).await;
    }

    // What a crash leaves: the files as they are now, with the write-ahead log not yet merged.
    let copy = directory.path().join("copy.db");
    for suffix in ["", "-wal"] {
        let name = |base: &str| directory.path().join(format!("{base}.db{suffix}"));
        std::fs::copy(name("flowstone"), name("copy")).unwrap();
    }
    let recovered = open(&copy).await.unwrap();
    let snapshot = recovered.load(&[fixture.id()]).await.unwrap().remove(0);
    assert_eq!(snapshot.instance.version, 50);
    assert_eq!(snapshot.activities, [fixture.task]);
}

#[tokio::test]
async fn a_log_torn_by_a_crash_loses_nothing_that_came_before() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("flowstone.db");
    let store: SharedStore = Arc::new(open(&path).await.unwrap());
    let log = |base: &str| directory.path().join(format!("{base}.db-wal"));
    let fixtures: Vec<_> = (0..20).map(|_| waiting("order:1:x")).collect();
    let mut ends = Vec::new();
    for fixture in &fixtures {
        commit(&store, [fixture.start()]).await;
        ends.push(std::fs::metadata(log("flowstone")).unwrap().len());
    }
    for (torn_at, survive) in [(ends[9], 10), (ends[9] + 17, 10), (ends[10] - 1, 10), (ends[10], 11)] {
        let copy = directory.path().join(format!("torn-{torn_at}.db"));
        std::fs::copy(&path, &copy).unwrap();
        let whole = std::fs::read(log("flowstone")).unwrap();
        std::fs::write(log(&format!("torn-{torn_at}")), &whole[..torn_at as usize]).unwrap();
        let recovered = open(&copy).await.unwrap();
        let ids: Vec<_> = fixtures.iter().map(|fixture| fixture.id()).collect();
        let found = recovered.load(&ids).await.unwrap();
        assert_eq!(found.len(), survive, "torn at {torn_at}");
        assert!(found.iter().all(|snapshot| snapshot.activities.len() == 1));
    }
}

#[tokio::test]
async fn readers_are_not_held_up_by_a_writer() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(open(&directory.path().join("flowstone.db")).await.unwrap());
    let fixture = waiting("order:1:x");
    store.commit(batch([fixture.start()])).await.unwrap();
    let large: Vec<_> = (0..2000).map(|_| waiting("order:1:x")).collect();
    let writer = store.clone();
    let changes = batch(large.iter().map(|fixture| fixture.start()));
    let write = tokio::spawn(async move { writer.commit(changes).await });
    let mut reads = 0;
    while !write.is_finished() {
        assert_eq!(store.load(&[fixture.id()]).await.unwrap().len(), 1);
        reads += 1;
    }
    assert!(write.await.unwrap().unwrap().conflicts.is_empty());
    assert!(reads > 1, "{reads} reads beside the writer");
}

#[tokio::test]
async fn a_fresh_file_tells_what_would_be_migrated() {
    let directory = TempDir::new().unwrap();
    let options = SqliteOptions {
        migrate: false,
        ..SqliteOptions::default()
    };
    let store = SqliteStore::open(directory.path().join("flowstone.db"), options)
        .await
        .unwrap();
    let pending = store.pending_migrations().await.unwrap();
    assert_eq!(pending[0].name, "0001 instances definitions history");
    assert!(pending[0].sql.contains("create table process_instance"));
    store.migrate().await.unwrap();
    assert!(store.pending_migrations().await.unwrap().is_empty());
}

#[tokio::test]
async fn files_from_before_migrations_still_open() {
    for last in ["0004", "0005", "0007", "0008"] {
        a_file_still_opens_after(last).await;
    }
}

/// Makes a file with the migrations up to one, and opens it.
async fn a_file_still_opens_after(last: &str) {
    let directory = TempDir::new().unwrap();
    let (older, path) = (directory.path().join("older"), directory.path().join("flowstone.db"));
    std::fs::create_dir(&older).unwrap();
    for migration in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite")).unwrap() {
        let file = migration.unwrap();
        let name = file.file_name().into_string().unwrap();
        if ("0001"..=last).contains(&&name[..4]) {
            std::fs::copy(file.path(), older.join(name)).unwrap();
        }
    }
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    Migrator::new(older.as_path())
        .await
        .unwrap()
        .run(&mut connection)
        .await
        .unwrap();
    let (running, ended, left) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "insert into process_instance (id, definition_id, suspended, variables, started_at, version) \
            values ('{running}', 'order:1:x', 0, '{{\"amount\":{{\"type\":\"Integer\",\"value\":5}}}}', 0, 3); \
         insert into history_process_instance (id, definition_id, definition_key, definition_version, started_at, \
            ended_at, state) values ('{ended}', 'order:1:x', 'order', 1, 0, 7000, 'COMPLETED'); \
         insert into history_activity (id, instance_id, parent_id, definition_id, definition_key, node_id, \
            activity_type, started_at, ended_at, canceled, complete_scope) values ('{left}', '{ended}', '{ended}', \
            'order:1:x', 'order', 'charge', 'serviceTask', 0, 7000, 0, 0)"
    )))
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();

    let store: SharedStore = Arc::new(open(&path).await.unwrap());
    assert_eq!(store.load(&[running]).await.unwrap()[0].instance.version, 3);
    let activities = store.historic_activities(&Query::default()).await.unwrap();
    assert_eq!((activities.len(), activities[0].called_instance_id), (1, None));
    assert_eq!(
        store.historic_variables(&Query::default()).await.unwrap()[0].instance_id,
        running
    );
    assert!(store.external_task_log(&Query::default()).await.unwrap().is_empty());
    let fixture = waiting("order:1:x");
    commit(&store, [fixture.start()]).await;
    commit(&store, [fixture.complete(1)]).await;
    assert_eq!(store.count_historic_instances(&Query::default()).await.unwrap(), 3);
}

/// The schema after all migrations is written down beside them, so that what a migration does to it
/// shows as a difference.
#[tokio::test]
async fn the_snapshot_shows_the_migrated_schema() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("flowstone.db");
    let store = open(&path).await.unwrap();
    let mut connection = SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
    let statements: Vec<String> = sqlx::query_scalar(
        "select sql from sqlite_schema where sql is not null and name not like '\\_sqlx%' escape '\\' \
         order by tbl_name, type desc, name",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    store.close().await;
    let described = format!(
        "-- The schema after all migrations, for reading and for reviewing changes; nothing runs this file.\n\n{};\n",
        statements.join(";\n\n")
    );
    let snapshot = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite/schema.sql");
    if std::env::var_os("UPDATE_SNAPSHOT").is_some() {
        std::fs::write(snapshot, &described).unwrap();
    }
    let committed = std::fs::read_to_string(snapshot).unwrap();
    assert!(
        committed == described,
        "migrations/sqlite/schema.sql is out of date; run this test with UPDATE_SNAPSHOT=1\n{described}"
    );
}

//! The committed snapshot of the schema is what the migrations make.
//!
//! After adding a migration run with `UPDATE_SNAPSHOT=1` and look at the difference.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use flowstone_store::Store as _;
use flowstone_store::query::Query;
use flowstone_store_postgres::{PostgresOptions, PostgresStore};
use sqlx::migrate::Migrator;
use sqlx::{Connection as _, PgConnection};
use support::{batch, fresh_store, waiting};
use uuid::Uuid;

/// Tables with columns, options and indexes, partitions left out: their months move on.
const DESCRIBE: &str = "\
    select 'create table ' || c.relname || E' (\\n' || columns.list || E'\\n)' \
        || coalesce(' partition by ' || pg_get_partkeydef(c.oid), '') \
        || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') || E';\\n' \
        || coalesce(indexes.list, '') \
    from pg_class c \
    cross join lateral (select string_agg('    ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) \
            || case when l.collname <> 'default' then ' collate \"' || l.collname || '\"' else '' end \
            || case when a.attnotnull then ' not null' else '' end, E',\\n' order by a.attnum) as list \
        from pg_attribute a left join pg_collation l on l.oid = a.attcollation \
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) columns \
    cross join lateral (select string_agg(pg_get_indexdef(i.indexrelid) || ';', E'\\n' \
            order by i.indexrelid::regclass::text) || E'\\n' as list from pg_index i where i.indrelid = c.oid) indexes \
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition \
        and c.relname <> '_sqlx_migrations' \
    order by c.relname";

#[tokio::test]
async fn the_snapshot_shows_the_migrated_schema() {
    let (_store, url) = fresh_store().await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(DESCRIBE).fetch_all(&mut connection).await.unwrap();
    let described = format!(
        "-- The schema after all migrations, for reading and for reviewing changes; nothing runs this file.\n\
         -- Monthly partitions of the history tables are not shown.\n\n{}",
        tables.join("\n")
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres/schema.sql");
    if std::env::var_os("UPDATE_SNAPSHOT").is_some() {
        std::fs::write(path, &described).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(
        committed == described,
        "migrations/postgres/schema.sql is out of date; run this test with UPDATE_SNAPSHOT=1\n{described}"
    );
}

#[tokio::test]
async fn databases_from_before_migrations_still_open() {
    for last in ["0004", "0005", "0007", "0008"] {
        a_database_still_opens_after(last).await;
    }
}

/// Makes a database with the migrations up to one, and opens it.
async fn a_database_still_opens_after(last: &str) {
    let url = flowstone_tests::postgres::PrivateCluster::shared()
        .create_database()
        .await
        .unwrap();
    let older = std::env::temp_dir().join(format!("flowstone-older-{}", Uuid::now_v7()));
    std::fs::create_dir(&older).unwrap();
    for migration in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres")).unwrap() {
        let file = migration.unwrap();
        let name = file.file_name().into_string().unwrap();
        if ("0001"..=last).contains(&&name[..4]) {
            std::fs::copy(file.path(), older.join(name)).unwrap();
        }
    }
    let migrator = Migrator::new(older.as_path()).await.unwrap();
    std::fs::remove_dir_all(&older).unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    migrator.run(&mut connection).await.unwrap();
    let (running, ended, left) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "insert into process_instance (id, definition_id, suspended, variables, started_at, version) \
            values ('{running}', 'order:1:x', false, '{{\"amount\":{{\"type\":\"Integer\",\"value\":5}}}}', now(), 3); \
         insert into history_process_instance (id, definition_id, definition_key, definition_version, started_at, \
            ended_at, state) values ('{ended}', 'order:1:x', 'order', 1, now(), now(), 'COMPLETED'); \
         insert into history_activity (id, instance_id, parent_id, definition_id, definition_key, node_id, \
            activity_type, started_at, ended_at, canceled, complete_scope) values ('{left}', '{ended}', '{ended}', \
            'order:1:x', 'order', 'charge', 'serviceTask', now(), now(), false, false)"
    )))
    .execute(&mut connection)
    .await
    .unwrap();

    let store = PostgresStore::connect(&url, PostgresOptions::default()).await.unwrap();
    assert_eq!(store.load(&[running]).await.unwrap()[0].instance.version, 3);
    let activities = store.historic_activities(&Query::default()).await.unwrap();
    assert_eq!((activities.len(), activities[0].called_instance_id), (1, None));
    assert_eq!(
        store.historic_variables(&Query::default()).await.unwrap()[0].instance_id,
        running
    );
    assert!(store.external_task_log(&Query::default()).await.unwrap().is_empty());
    let fixture = waiting("order:1:x", Default::default());
    store.commit(batch(vec![fixture.start()])).await.unwrap();
    store.commit(batch(vec![fixture.complete(1)])).await.unwrap();
    assert_eq!(store.count_historic_instances(&Query::default()).await.unwrap(), 3);
}

//! The committed snapshot of the schema is what the migrations make.
//!
//! After adding a migration run with `UPDATE_SNAPSHOT=1` and look at the difference.

mod support;

use sqlx::{Connection as _, PgConnection};
use support::fresh_store;

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

//! Connections: a pool for the hot path, a smaller one for everything else.

use std::str::FromStr as _;
use std::time::Duration;

use flowstone_store::{Error, Result};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, Executor as _, PgPool};

use crate::error::failure;

/// Settings of hot connections. Their statements find rows by key; a plan made while the tables
/// were small must not scan them once they are large, and neither compiling such a plan nor starting
/// parallel workers for it ever pays.
const HOT_SETTINGS: &str = "\
    set enable_seqscan = off; set enable_bitmapscan = off; set max_parallel_workers_per_gather = 0; set jit = off; \
    set plan_cache_mode = force_generic_plan; set default_transaction_isolation = 'read committed'; \
    set timezone = 'UTC'; set datestyle = 'ISO'";

/// Settings of the other connections. Queries are planned for their values: a rare state or a rare
/// topic is found by another way than a common one. A report that takes longer than the limit would
/// keep dead rows alive.
const QUERY_SETTINGS: &str = "\
    set jit = off; set plan_cache_mode = force_custom_plan; set default_transaction_isolation = 'read committed'; \
    set timezone = 'UTC'; set datestyle = 'ISO'; set statement_timeout = '60s'; \
    set idle_in_transaction_session_timeout = '60s'";

/// Prepared statements kept per connection. Commits have some dozens of shapes; queries have as many
/// as clients can think of.
const HOT_STATEMENTS: usize = 512;
const QUERY_STATEMENTS: usize = 64;

/// A connection that was unused for this long is tried before it carries a command.
const STALE_AFTER: Duration = Duration::from_secs(2);

/// How a [`crate::PostgresStore`] connects.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Connections for commits and loads. More than two per writer are no use: one is writing
    /// while the other loads for the next batch.
    pub max_connections: u32,
    /// Connections for queries, deployments and hints.
    pub max_query_connections: u32,
    /// Whether to migrate the schema and create partitions when connecting.
    pub migrate: bool,
    /// How long to wait for a connection.
    pub acquire_timeout: Duration,
    /// Name that `pg_stat_activity` shows.
    pub application_name: String,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        PostgresOptions {
            max_connections: 8,
            max_query_connections: 6,
            migrate: true,
            acquire_timeout: Duration::from_secs(10),
            application_name: "flowstone".to_owned(),
        }
    }
}

/// Opens both pools; answers (hot, queries).
pub(crate) async fn open(url: &str, options: &PostgresOptions) -> Result<(PgPool, PgPool)> {
    let connect = PgConnectOptions::from_str(url)
        .map_err(|error| {
            // The text of the error may repeat the URL and with it the password.
            tracing::debug!(%error, "the database URL cannot be read");
            Error::Failed("the database URL is not of the form postgres://user:password@host:port/database".to_owned())
        })?
        .application_name(&options.application_name);
    let hot = pool(options, options.max_connections, HOT_SETTINGS)
        .connect_with(connect.clone().statement_cache_capacity(HOT_STATEMENTS))
        .await
        .map_err(|error| failure("connecting to Postgres", error))?;
    let queries = pool(options, options.max_query_connections, QUERY_SETTINGS)
        .connect_lazy_with(connect.statement_cache_capacity(QUERY_STATEMENTS));
    warn_if_not_durable(&hot).await?;
    Ok((hot, queries))
}

fn pool(options: &PostgresOptions, connections: u32, settings: &'static str) -> PgPoolOptions {
    PgPoolOptions::new()
        // One listens for hints, one is needed besides.
        .max_connections(connections.max(2))
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .after_connect(move |connection, _| Box::pin(async move { connection.execute(settings).await.map(drop) }))
        .before_acquire(|connection, state| {
            Box::pin(async move {
                // After a restart of the server the first commands would otherwise meet dead connections.
                Ok(state.idle_for < STALE_AFTER || connection.ping().await.is_ok())
            })
        })
}

/// Says so when the server acknowledges commits before they reach the disk.
async fn warn_if_not_durable(pool: &PgPool) -> Result<()> {
    let (fsync, synchronous_commit): (String, String) =
        sqlx::query_as("select current_setting('fsync'), current_setting('synchronous_commit')")
            .fetch_one(pool)
            .await
            .map_err(|error| failure("reading the settings of Postgres", error))?;
    if fsync != "on" || synchronous_commit == "off" {
        tracing::warn!(
            fsync,
            synchronous_commit,
            "this Postgres may lose acknowledged commands in a crash; set both to `on`"
        );
    }
    Ok(())
}

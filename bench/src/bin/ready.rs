//! How fast a server becomes ready, and what it costs when nobody asks anything of it.

use std::time::Duration;

use clap::Parser;
use flowstone_bench::latency::Latencies;
use flowstone_bench::process::usage;
use flowstone_bench::server;
use sqlx::{Connection as _, PgConnection};

/// Starts of a server and its idle cost.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    server: server::Arguments,
    /// How often it is started.
    #[arg(long, default_value_t = 10)]
    times: usize,
    /// Seconds for which it idles.
    #[arg(long, default_value_t = 20)]
    idle: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let directory = tempfile::tempdir()?;
    let database = arguments.server.database(&directory);
    let first = arguments.server.start(&database).await?;
    println!("first start, with migrations: {:.0} ms", first.took.as_secs_f64() * 1e3);
    drop(first);
    let mut starts = Latencies::default();
    for _ in 0..arguments.times {
        starts.note(arguments.server.start(&database).await?.took);
    }
    println!("{}", starts.summary("ready"));

    let server = arguments.server.start(&database).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = usage(server.pid())?;
    // The driver counts its own question too, once on each side.
    let statements = match database.starts_with("postgres") {
        true => Some(transactions(&database).await?),
        false => None,
    };
    tokio::time::sleep(Duration::from_secs(arguments.idle)).await;
    let after = usage(server.pid())?;
    let cpu = (after.cpu_seconds - before.cpu_seconds) / arguments.idle as f64;
    println!("idle: {:.1} MB RSS, {:.2} % of a core", after.megabytes, cpu * 100.0);
    if let Some(statements) = statements {
        // Statistics of other sessions are published with some delay.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let made = transactions(&database).await? - statements;
        println!("idle: {:.2} transactions/s", made as f64 / (arguments.idle + 2) as f64);
    }
    Ok(())
}

/// Transactions of a Postgres database so far; outside of explicit ones each statement is one.
async fn transactions(url: &str) -> anyhow::Result<i64> {
    let mut connection = PgConnection::connect(url).await?;
    let sum = "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()";
    Ok(sqlx::query_scalar(sum).fetch_one(&mut connection).await?)
}

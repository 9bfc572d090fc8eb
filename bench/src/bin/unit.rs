//! Measures the unit start + fetch-and-lock + complete of a one-task process over HTTP.
//!
//! Half of the clients start instances, half are workers that long-poll and complete. Starters
//! wait while more than a bounded number of instances is under way, so the backlog stays small.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Parser;
use flowstone_bench::api::deploy;
use flowstone_bench::http::{Connection, Target};
use flowstone_bench::latency::Latencies;
use flowstone_bench::model::ONE_TASK_MODEL;
use flowstone_bench::process::{usage, usage_by_name};
use serde::Deserialize;
use sqlx::{Connection as _, PgConnection};
use tokio::sync::Semaphore;

/// Load of a server that speaks Camunda 7's REST API.
#[derive(Parser)]
struct Arguments {
    /// Root of the API.
    #[arg(long, default_value = "http://127.0.0.1:8080/engine-rest")]
    url: String,
    /// Number of concurrent clients, half of them starters, half workers.
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
    /// Tasks per fetch.
    #[arg(long, default_value_t = 10)]
    batch: usize,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Seconds before.
    #[arg(long, default_value_t = 3)]
    warmup: u64,
    /// Process whose memory and CPU time are shown.
    #[arg(long)]
    pid: Option<u32>,
    /// Postgres database in which another session holds a snapshot open for the whole run.
    #[arg(long)]
    hold_snapshot: Option<String>,
}

struct Shared {
    target: Target,
    measuring: AtomicBool,
    stopping: AtomicBool,
    completed: AtomicU64,
    backlog: Semaphore,
    batch: usize,
}

#[derive(Deserialize)]
struct Task<'a> {
    id: &'a str,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let target = Target::parse(&arguments.url)?;
    deploy(&target, ONE_TASK_MODEL).await?;
    let _snapshot = match &arguments.hold_snapshot {
        Some(url) => Some(old_snapshot(url).await?),
        None => None,
    };
    let shared = Arc::new(Shared {
        target,
        measuring: AtomicBool::new(false),
        stopping: AtomicBool::new(false),
        completed: AtomicU64::new(0),
        backlog: Semaphore::new(arguments.concurrency * arguments.batch),
        batch: arguments.batch,
    });
    let half = (arguments.concurrency / 2).max(1);
    let starters: Vec<_> = (0..half).map(|_| tokio::spawn(starter(shared.clone()))).collect();
    let workers: Vec<_> = (0..half)
        .map(|number| tokio::spawn(worker(shared.clone(), number)))
        .collect();
    tokio::time::sleep(Duration::from_secs(arguments.warmup)).await;
    let before = arguments.pid.map(usage).transpose()?;
    let postgres = usage_by_name("postgres");
    shared.measuring.store(true, Ordering::Relaxed);
    let begun = Instant::now();
    let mut quarters = Vec::new();
    for _ in 0..4 {
        let before = (Instant::now(), shared.completed.load(Ordering::Relaxed));
        tokio::time::sleep(Duration::from_secs_f64(arguments.seconds as f64 / 4.0)).await;
        let units = shared.completed.load(Ordering::Relaxed) - before.1;
        quarters.push(units as f64 / before.0.elapsed().as_secs_f64());
    }
    let units = shared.completed.load(Ordering::Relaxed);
    let elapsed = begun.elapsed().as_secs_f64();
    let after = arguments.pid.map(usage).transpose()?;
    let postgres = usage_by_name("postgres").cpu_seconds - postgres.cpu_seconds;
    shared.stopping.store(true, Ordering::Relaxed);
    shared.backlog.close();
    let mut starts = Latencies::default();
    for starter in starters {
        starts.merge(starter.await??);
    }
    let (mut fetches, mut completions) = (Latencies::default(), Latencies::default());
    for worker in workers {
        let (fetched, completed) = worker.await??;
        fetches.merge(fetched);
        completions.merge(completed);
    }
    println!("{:.0} units/s over {elapsed:.1} s", units as f64 / elapsed);
    let drift = quarters[3] / quarters[0];
    let quarters: Vec<String> = quarters.iter().map(|rate| format!("{rate:.0}")).collect();
    println!("by quarter: {}", quarters.join(" "));
    println!("last quarter / first quarter: {drift:.2}");
    println!("{}", starts.summary("start"));
    println!("{}", fetches.summary("fetch"));
    println!("{}", completions.summary("complete"));
    if let (Some(before), Some(after)) = (before, after) {
        let cpu = after.cpu_seconds - before.cpu_seconds;
        println!("server: {:.1} MB RSS, {cpu:.1} s CPU", after.megabytes);
    }
    if postgres > 0.0 {
        println!("postgres: {postgres:.1} s CPU");
    }
    Ok(())
}

/// A session that keeps Postgres from cleaning up, as a forgotten transaction does.
async fn old_snapshot(url: &str) -> anyhow::Result<PgConnection> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql("begin isolation level repeatable read; select 1")
        .execute(&mut connection)
        .await?;
    Ok(connection)
}

async fn starter(shared: Arc<Shared>) -> anyhow::Result<Latencies> {
    let mut connection = Connection::open(&shared.target).await?;
    let mut latencies = Latencies::default();
    while let Ok(permit) = shared.backlog.acquire().await {
        permit.forget();
        let begun = Instant::now();
        let (status, body) = connection
            .post("/process-definition/key/bench-one-task/start", b"{}")
            .await?;
        if status != 200 {
            bail!("a start was refused: {}", String::from_utf8_lossy(&body));
        }
        if shared.measuring.load(Ordering::Relaxed) {
            latencies.note(begun.elapsed());
        }
    }
    Ok(latencies)
}

async fn worker(shared: Arc<Shared>, number: usize) -> anyhow::Result<(Latencies, Latencies)> {
    let mut connection = Connection::open(&shared.target).await?;
    let (mut fetches, mut completions) = (Latencies::default(), Latencies::default());
    let fetch = format!(
        r#"{{"workerId":"bench-{number}","maxTasks":{},"asyncResponseTimeout":1000,"topics":[{{"topicName":"bench-one-task","lockDuration":60000}}]}}"#,
        shared.batch
    );
    let complete = format!(r#"{{"workerId":"bench-{number}"}}"#);
    while !shared.stopping.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let (status, body) = connection.post("/external-task/fetchAndLock", fetch.as_bytes()).await?;
        if status != 200 {
            bail!("a fetch was refused: {}", String::from_utf8_lossy(&body));
        }
        let measuring = shared.measuring.load(Ordering::Relaxed);
        if measuring {
            fetches.note(begun.elapsed());
        }
        let tasks: Vec<Task<'_>> = serde_json::from_slice(&body)?;
        for task in tasks {
            let begun = Instant::now();
            let path = format!("/external-task/{}/complete", task.id);
            let (status, body) = connection.post(&path, complete.as_bytes()).await?;
            if status != 204 {
                bail!("a completion was refused: {}", String::from_utf8_lossy(&body));
            }
            shared.backlog.add_permits(1);
            if measuring {
                shared.completed.fetch_add(1, Ordering::Relaxed);
                completions.note(begun.elapsed());
            }
        }
    }
    Ok((fetches, completions))
}

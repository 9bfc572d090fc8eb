//! How many units (start, lock, complete of a one-task process, with history) the store writes per
//! second: `commit_bench <url> [units per batch] [batches in flight] [seconds]`.
//!
//! The database must be empty; it is migrated.

#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use flowstone_expression::TypedValue;
use flowstone_store::Store as _;
use flowstone_store_postgres::{PostgresOptions, PostgresStore};
use support::{batch, variables, waiting};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(url) = arguments.next() else {
        anyhow::bail!("usage: commit_bench <url> [units per batch] [batches in flight] [seconds]");
    };
    let mut number = |default: u64| arguments.next().map_or(Ok(default), |text| text.parse());
    let (units, in_flight, seconds) = (number(70)?, number(2)?, number(10)?);

    let store = PostgresStore::connect(&url, PostgresOptions::default()).await?;
    let written = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let limit = Duration::from_secs(seconds);
    let mut flights = Vec::new();
    for _ in 0..in_flight {
        let (store, written) = (store.clone(), written.clone());
        flights.push(tokio::spawn(async move {
            // A batch mixes the three steps, as the pipeline's do: what the round before the last
            // started, this one completes.
            let (mut started, mut locked) = (Vec::new(), Vec::new());
            let mut slowest = Duration::ZERO;
            while began.elapsed() < limit {
                let fresh: Vec<_> = (0..units)
                    .map(|number| {
                        let values = [
                            ("amount", TypedValue::Long(number as i64)),
                            ("name", "Ada Lovelace".into()),
                        ];
                        waiting("order:1:0192d5e4-0000-7000-8000-000000000000", variables(&values))
                    })
                    .collect();
                let mut changes: Vec<_> = fresh.iter().map(support::Fixture::start).collect();
                changes.extend(
                    started
                        .iter()
                        .map(|fixture: &support::Fixture| fixture.lock(1, "worker")),
                );
                changes.extend(locked.iter().map(|fixture: &support::Fixture| fixture.complete(2)));
                let sent = Instant::now();
                let committed = store.commit(batch(changes)).await?;
                slowest = slowest.max(sent.elapsed());
                anyhow::ensure!(committed.conflicts.is_empty(), "nobody else writes");
                written.fetch_add(locked.len() as u64, Ordering::Relaxed);
                locked = started;
                started = fresh;
            }
            anyhow::Ok(slowest)
        }));
    }
    let mut slowest = Duration::ZERO;
    for flight in flights {
        slowest = slowest.max(flight.await??);
    }
    let total = written.load(Ordering::Relaxed);
    println!(
        "{units} units per batch, {in_flight} in flight: {:.0} units/s, slowest commit {slowest:?}",
        total as f64 / began.elapsed().as_secs_f64()
    );
    store.close().await;
    Ok(())
}

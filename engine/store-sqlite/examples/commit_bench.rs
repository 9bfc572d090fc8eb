//! How many units (start, lock, complete of a one-task process, with history) the store writes per
//! second: `commit_bench <file> [units per batch] [seconds]`. The file must not exist.

use std::time::{Duration, Instant};

use flowstone_store::Store as _;
use flowstone_store::conformance::fixture::{Waiting, batch, variables, waiting};
use flowstone_store_sqlite::{SqliteOptions, SqliteStore};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        anyhow::bail!("usage: commit_bench <file> [units per batch] [seconds]");
    };
    let mut number = |default: u64| arguments.next().map_or(Ok(default), |text| text.parse());
    let (units, seconds) = (number(50)?, number(10)?);

    let store = SqliteStore::open(&path, SqliteOptions::default()).await?;
    let (mut started, mut locked): (Vec<Waiting>, Vec<Waiting>) = (Vec::new(), Vec::new());
    let (mut written, mut slowest) = (0, Duration::ZERO);
    let (began, limit) = (Instant::now(), Duration::from_secs(seconds));
    while began.elapsed() < limit {
        // A batch mixes the three steps, as the pipeline's do: what the round before the last
        // started, this one completes.
        let fresh: Vec<Waiting> = (0..units)
            .map(|number| {
                let values = [("amount", (number as i64).into()), ("name", "Ada Lovelace".into())];
                waiting("order:1:0192d5e4-0000-7000-8000-000000000000").with(variables(values))
            })
            .collect();
        let mut changes: Vec<_> = fresh.iter().map(Waiting::start).collect();
        changes.extend(started.iter().map(|fixture| fixture.lock(1, "worker")));
        changes.extend(locked.iter().map(|fixture| fixture.complete(2)));
        let sent = Instant::now();
        let committed = store.commit(batch(changes)).await?;
        slowest = slowest.max(sent.elapsed());
        anyhow::ensure!(committed.conflicts.is_empty(), "nobody else writes");
        written += locked.len();
        locked = started;
        started = fresh;
    }
    println!(
        "{units} units per batch: {:.0} units/s, slowest commit {slowest:?}",
        written as f64 / began.elapsed().as_secs_f64()
    );
    store.close().await;
    Ok(())
}

//! What waiting instances cost a server in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use flowstone_bench::api::{deploy, start};
use flowstone_bench::http::Connection;
use flowstone_bench::model::{ONE_TASK, ONE_TASK_MODEL};
use flowstone_bench::process::usage;
use flowstone_bench::server;

/// Memory with many waiting instances.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    server: server::Arguments,
    /// How many instances wait.
    #[arg(long, default_value_t = 100_000)]
    instances: usize,
    /// Number of concurrent clients.
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let directory = tempfile::tempdir()?;
    let database = arguments.server.database(&directory);
    let mut server = arguments.server.start(&database).await?;
    deploy(&server.target, ONE_TASK_MODEL).await?;
    println!("empty:          {:>7.1} MB RSS", usage(server.pid())?.megabytes);
    let begun = Instant::now();
    let left = Arc::new(AtomicUsize::new(arguments.instances));
    let clients: Vec<_> = (0..arguments.concurrency)
        .map(|_| {
            let (left, target) = (left.clone(), server.target.clone());
            tokio::spawn(async move {
                let mut connection = Connection::open(&target).await?;
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok()
                {
                    start(&mut connection, ONE_TASK).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for client in clients {
        client.await??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let (instances, rate) = (arguments.instances, arguments.instances as f64 / seconds);
    println!("{instances} started in {seconds:.1} s: {rate:.0}/s");
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!("all waiting:    {:>7.1} MB RSS", usage(server.pid())?.megabytes);
    server.kill()?;
    server.restart().await?;
    println!("ready again in {:.0} ms", server.took.as_secs_f64() * 1e3);
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!("after restart:  {:>7.1} MB RSS", usage(server.pid())?.megabytes);
    Ok(())
}

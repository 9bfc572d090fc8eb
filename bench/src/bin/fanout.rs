//! How the time to complete one instance grows with the number of its waiting tasks.

use std::time::{Duration, Instant};

use clap::Parser;
use flowstone_bench::api::{complete, deploy, fetch, get, start};
use flowstone_bench::http::Connection;
use flowstone_bench::model::{WIDE, calling, repeated, wide};
use flowstone_bench::server::{self, Server};
use serde::Deserialize;

/// One instance with many tasks at once.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    server: server::Arguments,
    /// Numbers of tasks.
    #[arg(long, value_delimiter = ',', default_value = "500,5000")]
    widths: Vec<usize>,
    /// Number of concurrent workers.
    #[arg(long, default_value_t = 16)]
    workers: usize,
    /// Where the tasks come from.
    #[arg(long, value_enum, default_value_t = Shape::Fork)]
    shape: Shape,
}

/// Where many tasks come from.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Shape {
    /// A parallel gateway with one task on each flow.
    Fork,
    /// A parallel multi-instance task.
    MultiInstance,
    /// A parallel multi-instance call of a process with one task.
    Calls,
}

#[derive(Deserialize)]
struct Count {
    count: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let directory = tempfile::tempdir()?;
    let database = arguments.server.database(&directory);
    let server = arguments.server.start(&database).await?;
    let mut first = None;
    for &width in &arguments.widths {
        let took = run(&server, width, &arguments).await?;
        let each = took.as_secs_f64() * 1e6 / width as f64;
        let ratio = each / *first.get_or_insert(each);
        let milliseconds = took.as_secs_f64() * 1e3;
        println!("{width:>6} tasks: {milliseconds:>9.1} ms, {each:>7.1} us per task, {ratio:.2} of the first");
    }
    Ok(())
}

/// Completes one instance; answers the time from the first fetch to its end.
async fn run(server: &Server, width: usize, arguments: &Arguments) -> anyhow::Result<Duration> {
    let models = match arguments.shape {
        Shape::Fork => vec![wide(width)],
        Shape::MultiInstance => vec![repeated(width)],
        Shape::Calls => calling(width).to_vec(),
    };
    for model in &models {
        deploy(&server.target, model).await?;
    }
    let mut connection = Connection::open(&server.target).await?;
    start(&mut connection, WIDE).await?;
    let begun = Instant::now();
    let workers: Vec<_> = (0..arguments.workers)
        .map(|number| {
            let target = server.target.clone();
            tokio::spawn(async move {
                let mut connection = Connection::open(&target).await?;
                let worker = format!("w{number}");
                loop {
                    let tasks = fetch(&mut connection, WIDE, &worker, 20, 0).await?;
                    if tasks.is_empty() {
                        return anyhow::Ok(());
                    }
                    for task in tasks {
                        complete(&mut connection, &task.id, &worker).await?;
                    }
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await??;
    }
    let took = begun.elapsed();
    let running: Count = get(&mut connection, "/process-instance/count").await?;
    anyhow::ensure!(running.count == 0, "the instance did not end");
    Ok(took)
}

//! Starts and completions while the server is killed at random moments: what it acknowledged must
//! hold, and nothing may happen twice.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::ensure;
use clap::Parser;
use flowstone_bench::api::{complete, deploy, fetch, get, start};
use flowstone_bench::http::{Connection, Target};
use flowstone_bench::model::{ONE_TASK, ONE_TASK_MODEL};
use flowstone_bench::server;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::Deserialize;

/// Crashes under load.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    server: server::Arguments,
    /// How many starts are acknowledged before the end.
    #[arg(long, default_value_t = 1_000)]
    instances: usize,
    /// Seed of the moments of the crashes; by default another one each time.
    #[arg(long)]
    seed: Option<u64>,
}

/// What the server acknowledged.
#[derive(Default)]
struct Acknowledged {
    started: HashSet<String>,
    completed: HashSet<String>,
    /// Completed tasks that were handed out again.
    repeated: Vec<String>,
    /// Completions that were refused although the task had been handed out to their worker.
    refused: Vec<String>,
}

type Shared = Arc<Mutex<Acknowledged>>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(rand::random);
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let directory = tempfile::tempdir()?;
    let database = arguments.server.database(&directory);
    let mut server = arguments.server.start(&database).await?;
    deploy(&server.target, ONE_TASK_MODEL).await?;
    let shared = Shared::default();
    let mut crashes = 0;
    while count(&shared, |all| all.started.len()) < arguments.instances {
        let load: Vec<_> = (0..8)
            .map(|number| {
                let (target, shared) = (server.target.clone(), shared.clone());
                match number % 2 {
                    0 => tokio::spawn(starter(target, shared)),
                    _ => tokio::spawn(worker(target, shared, format!("{crashes}-{number}"))),
                }
            })
            .collect();
        tokio::time::sleep(Duration::from_micros(random.random_range(1_000..60_000))).await;
        server.kill()?;
        for client in load {
            // Every client ends with the error of its broken connection.
            let _ = client.await?;
        }
        server.restart().await?;
        crashes += 1;
    }
    work_off(&server.target, &shared).await?;
    let history = ended(&server.target).await?;
    let all = shared.lock().map_err(|_| anyhow::anyhow!("a client panicked"))?;
    let (started, completed) = (all.started.len(), all.completed.len());
    println!("{crashes} crashes, {started} acknowledged starts, {completed} acknowledged completions");
    ensure!(
        all.repeated.is_empty(),
        "handed out after completion: {:?}",
        all.repeated
    );
    ensure!(all.refused.is_empty(), "refused: {:?}", all.refused);
    let distinct: HashSet<&String> = history.iter().collect();
    ensure!(distinct.len() == history.len(), "an instance ended twice");
    let lost = all.started.iter().filter(|id| !distinct.contains(id)).count();
    ensure!(lost == 0, "{lost} acknowledged starts never ended");
    println!(
        "all {} instances ended exactly once, nothing was repeated or lost",
        history.len()
    );
    Ok(())
}

fn count(shared: &Shared, of: impl FnOnce(&Acknowledged) -> usize) -> usize {
    shared.lock().map_or(0, |all| of(&all))
}

async fn starter(target: Target, shared: Shared) -> anyhow::Result<()> {
    let mut connection = Connection::open(&target).await?;
    loop {
        let id = start(&mut connection, ONE_TASK).await?;
        if let Ok(mut all) = shared.lock() {
            all.started.insert(id);
        }
    }
}

async fn worker(target: Target, shared: Shared, name: String) -> anyhow::Result<()> {
    let mut connection = Connection::open(&target).await?;
    loop {
        for task in fetch(&mut connection, ONE_TASK, &name, 5, 100).await? {
            handle(&mut connection, &shared, &task.id, &name).await?;
        }
    }
}

async fn handle(connection: &mut Connection, shared: &Shared, task: &str, name: &str) -> anyhow::Result<()> {
    if let Ok(mut all) = shared.lock()
        && all.completed.contains(task)
    {
        all.repeated.push(task.to_owned());
    }
    let answer = complete(connection, task, name).await;
    if let Ok(mut all) = shared.lock() {
        match &answer {
            Ok(()) => drop(all.completed.insert(task.to_owned())),
            // A broken connection says nothing; a refusal would.
            Err(error) if error.to_string().contains("refused with") => all.refused.push(error.to_string()),
            Err(_) => {}
        }
    }
    answer
}

/// Releases the locks of the clients that were cut off and completes what is left.
async fn work_off(target: &Target, shared: &Shared) -> anyhow::Result<()> {
    #[derive(Deserialize)]
    struct Open {
        id: String,
    }
    let mut connection = Connection::open(target).await?;
    let open: Vec<Open> = get(&mut connection, "/external-task").await?;
    for task in open {
        if let Ok(mut all) = shared.lock()
            && all.completed.contains(&task.id)
        {
            all.repeated.push(task.id.clone());
        }
        connection
            .post(&format!("/external-task/{}/unlock", task.id), b"")
            .await?;
    }
    loop {
        let tasks = fetch(&mut connection, ONE_TASK, "last", 100, 0).await?;
        if tasks.is_empty() {
            return Ok(());
        }
        for task in tasks {
            handle(&mut connection, shared, &task.id, "last").await?;
        }
    }
}

/// All ended instances in history.
async fn ended(target: &Target) -> anyhow::Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Instance {
        id: String,
    }
    let mut connection = Connection::open(target).await?;
    let instances: Vec<Instance> = get(&mut connection, "/history/process-instance?completed=true").await?;
    Ok(instances.into_iter().map(|instance| instance.id).collect())
}

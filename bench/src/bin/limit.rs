//! The unit of work as bare batched SQL: what the same Postgres can do without engine and HTTP.
//!
//! As many clients as the unit program has go through start, lock and complete of a one-task
//! process, one after the other. While one transaction is under way their next commands gather;
//! each batch is one statement over `unnest`ed arrays that writes the rows which such a process
//! needs: instance, task, history and the log of events, in kind, number and size.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use flowstone_bench::process::usage_by_name;
use sqlx::{Connection as _, PgConnection};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// Bare batched SQL on a Postgres database.
#[derive(Parser)]
struct Arguments {
    /// Postgres database; a schema `flowstone_limit` is made in it and dropped at the end.
    #[arg(long)]
    database_url: String,
    /// Number of concurrent clients.
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Seconds before.
    #[arg(long, default_value_t = 3)]
    warmup: u64,
}

/// Plans that do not depend on what the tables held when they were made.
const SETTINGS: &str = "
set enable_seqscan = off; set enable_bitmapscan = off; set enable_hashjoin = off; set enable_mergejoin = off;
set jit = off; set plan_cache_mode = force_generic_plan;
";

const SCHEMA: &str = "
create schema flowstone_limit;
create table flowstone_limit.instance (
    id uuid primary key, definition text not null, variables jsonb not null, started timestamptz not null,
    version bigint not null);
create index on flowstone_limit.instance (definition);
create table flowstone_limit.task (
    id uuid primary key, instance uuid not null, node text not null, started timestamptz not null,
    topic text not null, worker text, lock_expires timestamptz);
create index on flowstone_limit.task (instance);
create index on flowstone_limit.task (topic, id);
create table flowstone_limit.past_instance (
    id uuid primary key, definition text not null, started timestamptz not null, ended timestamptz not null,
    state text not null);
create index on flowstone_limit.past_instance (definition, started);
create table flowstone_limit.past_activity (
    instance uuid not null, id uuid not null, node text not null, kind text not null, started timestamptz not null,
    ended timestamptz not null, primary key (instance, id));
create table flowstone_limit.event (
    instance uuid not null, version bigint not null, at timestamptz not null, events bytea not null,
    primary key (instance, version));
";

/// $1, $2: started instances and their tasks; $3, $4: tasks to lock and their instances; $5, $6:
/// tasks to complete and their instances; $7, $8: ids of start and end events; $9 to $11: events.
const STATEMENT: &str = "
with started as materialized (select * from unnest($1::uuid[], $2::uuid[], $7::uuid[]) as row (instance, task, passed)),
locked as materialized (select * from unnest($3::uuid[], $4::uuid[]) as row (task, instance)),
completed as materialized (select * from unnest($5::uuid[], $6::uuid[], $8::uuid[]) as row (task, instance, passed)),
a as (insert into flowstone_limit.instance
      select instance, 'one-task:1', '{}', now(), 1 from started),
b as (insert into flowstone_limit.task
      select task, instance, 'work', now(), 'work', null, null from started),
c as (insert into flowstone_limit.past_activity
      select instance, passed, 'start', 'startEvent', now(), now() from started),
d as (update flowstone_limit.instance i set version = version + 1 from locked where i.id = locked.instance),
e as (update flowstone_limit.task t set worker = 'bench', lock_expires = now() + interval '1 minute'
      from locked where t.id = locked.task),
f as (delete from flowstone_limit.task t using completed where t.id = completed.task),
g as (delete from flowstone_limit.instance i using completed where i.id = completed.instance),
h as (insert into flowstone_limit.past_instance
      select instance, 'one-task:1', now(), now(), 'COMPLETED' from completed),
j as (insert into flowstone_limit.past_activity
      select instance, task, 'work', 'serviceTask', now(), now() from completed
      union all select instance, passed, 'end', 'noneEndEvent', now(), now() from completed)
insert into flowstone_limit.event
      select instance, 1, now(), $9 from started
      union all select instance, 2, now(), $10 from locked
      union all select instance, 3, now(), $11 from completed
";

/// Bytes of the events of a start, a lock and a completion.
const EVENT_BYTES: [usize; 3] = [900, 250, 600];

enum Command {
    Start { instance: Uuid, task: Uuid },
    Lock { instance: Uuid, task: Uuid },
    Complete { instance: Uuid, task: Uuid },
}

type Job = (Command, oneshot::Sender<()>);

#[derive(Default)]
struct Shared {
    stopping: AtomicBool,
    completed: AtomicU64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut connection = PgConnection::connect(&arguments.database_url).await?;
    drop_schema(&mut connection).await?;
    sqlx::raw_sql(SETTINGS).execute(&mut connection).await?;
    sqlx::raw_sql(SCHEMA).execute(&mut connection).await?;
    let (jobs, gathered) = mpsc::unbounded_channel();
    let writer = tokio::spawn(writer(connection, gathered));
    let shared = Arc::new(Shared::default());
    let clients: Vec<_> = (0..arguments.concurrency)
        .map(|_| tokio::spawn(client(shared.clone(), jobs.clone())))
        .collect();
    drop(jobs);
    tokio::time::sleep(Duration::from_secs(arguments.warmup)).await;
    let postgres = usage_by_name("postgres").cpu_seconds;
    let before = (Instant::now(), shared.completed.load(Ordering::Relaxed));
    tokio::time::sleep(Duration::from_secs(arguments.seconds)).await;
    let units = shared.completed.load(Ordering::Relaxed) - before.1;
    let elapsed = before.0.elapsed().as_secs_f64();
    let postgres = usage_by_name("postgres").cpu_seconds - postgres;
    shared.stopping.store(true, Ordering::Relaxed);
    for client in clients {
        client.await?;
    }
    let (mut connection, batches, commands) = writer.await??;
    drop_schema(&mut connection).await?;
    println!("{:.0} units/s over {elapsed:.1} s", units as f64 / elapsed);
    println!("{:.1} commands per transaction", commands as f64 / batches as f64);
    println!("postgres: {postgres:.1} s CPU");
    Ok(())
}

async fn drop_schema(connection: &mut PgConnection) -> anyhow::Result<()> {
    sqlx::raw_sql("drop schema if exists flowstone_limit cascade")
        .execute(connection)
        .await?;
    Ok(())
}

async fn client(shared: Arc<Shared>, jobs: mpsc::UnboundedSender<Job>) {
    while !shared.stopping.load(Ordering::Relaxed) {
        let (instance, task) = (Uuid::now_v7(), Uuid::now_v7());
        let commands = [
            Command::Start { instance, task },
            Command::Lock { instance, task },
            Command::Complete { instance, task },
        ];
        for command in commands {
            let (done, answer) = oneshot::channel();
            if jobs.send((command, done)).is_err() || answer.await.is_err() {
                // The writer failed and says why.
                return;
            }
        }
        shared.completed.fetch_add(1, Ordering::Relaxed);
    }
}

/// Writes what has gathered, again and again; answers its connection, the number of batches and
/// that of commands.
async fn writer(
    mut connection: PgConnection,
    mut jobs: mpsc::UnboundedReceiver<Job>,
) -> anyhow::Result<(PgConnection, u64, u64)> {
    let events = EVENT_BYTES.map(|size| vec![b'e'; size]);
    let (mut batches, mut commands) = (0, 0);
    let mut gathered = Vec::new();
    while jobs.recv_many(&mut gathered, 256).await > 0 {
        let (mut started, mut locked, mut completed) = (Columns::default(), Columns::default(), Columns::default());
        let mut callers = Vec::with_capacity(gathered.len());
        for (command, done) in gathered.drain(..) {
            match command {
                Command::Start { instance, task } => started.add(instance, task),
                Command::Lock { instance, task } => locked.add(instance, task),
                Command::Complete { instance, task } => completed.add(instance, task),
            }
            callers.push(done);
        }
        sqlx::query(STATEMENT)
            .bind(&started.instances)
            .bind(&started.tasks)
            .bind(&locked.tasks)
            .bind(&locked.instances)
            .bind(&completed.tasks)
            .bind(&completed.instances)
            .bind(&started.passed)
            .bind(&completed.passed)
            .bind(&events[0])
            .bind(&events[1])
            .bind(&events[2])
            .execute(&mut connection)
            .await?;
        batches += 1;
        commands += callers.len() as u64;
        for caller in callers {
            // A client that is gone has stopped.
            let _ = caller.send(());
        }
    }
    Ok((connection, batches, commands))
}

#[derive(Default)]
struct Columns {
    instances: Vec<Uuid>,
    tasks: Vec<Uuid>,
    passed: Vec<Uuid>,
}

impl Columns {
    fn add(&mut self, instance: Uuid, task: Uuid) {
        self.instances.push(instance);
        self.tasks.push(task);
        self.passed.push(Uuid::now_v7());
    }
}

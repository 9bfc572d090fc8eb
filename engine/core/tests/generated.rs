//! Random block-structured processes, carried out by random walks: what must hold after every step of every one.
//!
//! Each execution draws a process and a walk from one seed. Plain processes are foretold by an oracle that knows nothing
//! of tokens and flows; wild ones have every kind of event, and only the invariants are looked at. After each command
//! the state must be whole, fit the events told so far, and be the same when it was saved and loaded before.
//!
//! `FLOWSTONE_GENERATED_RUNS` says how many executions, `FLOWSTONE_GENERATED_SEED` the seed of the first; each further one
//! has the next seed, so that the seed of a failure with one run repeats it.

#[path = "generated/action.rs"]
mod action;
#[path = "generated/block.rs"]
mod block;
#[path = "generated/course.rs"]
mod course;
#[path = "generated/doing.rs"]
mod doing;
#[path = "generated/draw.rs"]
mod draw;
#[path = "generated/history.rs"]
mod history;
#[path = "generated/invariants.rs"]
mod invariants;
#[path = "generated/modification.rs"]
mod modification;
#[path = "generated/oracle.rs"]
mod oracle;
#[path = "generated/random.rs"]
mod random;
#[path = "generated/reload.rs"]
mod reload;
#[path = "generated/state.rs"]
mod state;
#[path = "generated/walk.rs"]
mod walk;
#[path = "generated/xml.rs"]
mod xml;

use std::collections::BTreeMap;
use std::thread;

use walk::{Failure, Tally, execute};

/// Executions of a usual test run.
const RUNS: u64 = 2_000;

#[test]
fn random_processes_keep_the_invariants() {
    let runs = number("FLOWSTONE_GENERATED_RUNS").unwrap_or(RUNS);
    let seed = number("FLOWSTONE_GENERATED_SEED").unwrap_or(1);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let step = u64::try_from(threads).expect("a number of threads");
    let (mut tally, mut failures) = (Tally::default(), Vec::new());
    thread::scope(|scope| {
        let workers: Vec<_> = (0..step)
            .map(|first| scope.spawn(move || some(seed, (first..runs).step_by(threads))))
            .collect();
        for worker in workers {
            let (counted, failed) = worker.join().expect("an execution answers its panics");
            tally.add(&counted);
            failures.extend(failed);
        }
    });
    println!(
        "generated: seed {seed}, {} executions ({} foretold by the oracle), {} commands ({} refused), {} events, {} \
         instances ended, {} failures",
        tally.executions,
        tally.foretold,
        tally.commands,
        tally.refused,
        tally.events,
        tally.ended,
        failures.len()
    );
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for failure in &failures {
        let kind = failure
            .problem
            .chars()
            .filter(|one| !one.is_ascii_digit())
            .take(90)
            .collect();
        *kinds.entry(kind).or_insert(0) += 1;
    }
    for (kind, count) in kinds {
        println!("{count} times: {kind}");
    }
    // The smallest of those that fail tells most.
    let smallest = failures.iter().min_by_key(|failure| (failure.xml.len(), failure.seed));
    if let Some(failure) = smallest {
        panic!(
            "{}\nrepeat with FLOWSTONE_GENERATED_SEED={} FLOWSTONE_GENERATED_RUNS=1\n{}\n{}",
            failure.problem,
            failure.seed,
            failure.xml,
            failure.commands.join("\n")
        );
    }
}

fn some(seed: u64, indexes: impl Iterator<Item = u64>) -> (Tally, Vec<Failure>) {
    let (mut tally, mut failures) = (Tally::default(), Vec::new());
    for index in indexes {
        match execute(seed.wrapping_add(index)) {
            Ok(counted) => tally.add(&counted),
            Err(failure) => failures.push(failure),
        }
    }
    (tally, failures)
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is '{text}'; give a whole number")),
    )
}

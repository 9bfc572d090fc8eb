//! What a plain process must wait for, computed from its blocks alone.
//!
//! The oracle knows nothing of tokens, scopes and flows: it carries out the tree of blocks. Where it cannot tell which
//! of several alike waits went on, it follows all that are possible and drops those that do not fit what is seen.

use std::collections::{BTreeMap, BTreeSet};

use super::block::{Scope, Thrown};
use super::course::Run;
use super::doing::Doing;
use super::state::State;

/// What is waited for, with how many times: `task <id>`, `job <id>`, or `event <id>` for an event at a border or one
/// that sets off an event sub-process.
pub type Open = BTreeMap<String, usize>;

/// Something that went on.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// What was waited for, as in [`Open`]; `None` when only variables changed.
    pub wait: Option<String>,
    /// The event of an event-based gateway that came.
    pub event: Option<String>,
    /// Whether the timer that fired comes again.
    pub again: bool,
    /// What the one who works on it reports in place of being done.
    pub thrown: Option<Thrown>,
    /// Variables set.
    pub set: Vec<(String, i64)>,
}

/// How many worlds are followed at most.
const MOST: usize = 1_000;

/// All that may be the case.
pub struct Oracle<'b> {
    /// `None` when it may be too much: from then on nothing is foretold.
    worlds: Option<Vec<World<'b>>>,
}

#[derive(Clone)]
struct World<'b> {
    run: Run<'b>,
    state: State<'b>,
}

impl<'b> Oracle<'b> {
    pub fn new(process: &'b Scope, variables: BTreeMap<String, i64>) -> Self {
        let mut run = Run::new(variables);
        let state = run.process(process);
        Oracle {
            worlds: settle(vec![World { run, state }]),
        }
    }

    /// Whether it still says what must be the case.
    pub fn foretells(&self) -> bool {
        self.worlds.is_some()
    }

    /// Goes on with a step that was accepted or refused; what then is open must be `seen`.
    pub fn step(&mut self, step: &Step, accepted: bool, seen: &Open, ended: bool) -> Result<(), String> {
        let Some(worlds) = &self.worlds else {
            return Ok(());
        };
        let mut next: Vec<World<'b>> = Vec::new();
        for before in worlds {
            let mut world = before.clone();
            world.run.set(&step.set);
            let Some(wait) = &step.wait else {
                next.push(if accepted { world } else { before.clone() });
                continue;
            };
            let alike = world.open().get(wait).copied().unwrap_or(0);
            for which in 0..alike {
                let World { mut run, state } = world.clone();
                let mut doing = Doing::new(step, wait, which);
                let state = run.go_on(state, &mut doing);
                match (doing.refused, accepted) {
                    (false, true) => next.push(World { run, state }),
                    (true, false) => next.push(before.clone()),
                    _ => {}
                }
            }
        }
        self.worlds = settle(next);
        self.check(seen, ended)
    }

    /// Keeps the worlds that fit what is seen; an error when there is none.
    pub fn check(&mut self, seen: &Open, ended: bool) -> Result<(), String> {
        let Some(worlds) = &mut self.worlds else {
            return Ok(());
        };
        let said: Vec<(Open, bool)> = worlds.iter().map(|world| (world.open(), world.ended())).collect();
        worlds.retain(|world| world.open() == *seen && world.ended() == ended);
        if worlds.is_empty() {
            return Err(format!(
                "open is {seen:?} (ended: {ended}), the blocks say one of {said:?}"
            ));
        }
        Ok(())
    }
}

impl World<'_> {
    fn ended(&self) -> bool {
        self.state.is_over()
    }

    fn open(&self) -> Open {
        let mut open = Open::new();
        self.state.visit(&mut |state| {
            for name in state.waits() {
                *open.entry(name).or_insert(0) += 1;
            }
        });
        open
    }

    fn key(&self) -> String {
        let mut key = self.run.key();
        self.state.write_key(&mut key);
        key
    }
}

/// Joins what is forsaken, in every order; the worlds that this leads to, each once, unless they are too many.
fn settle(mut unsettled: Vec<World<'_>>) -> Option<Vec<World<'_>>> {
    let (mut known, mut settled) = (BTreeSet::new(), Vec::new());
    while let Some(world) = unsettled.pop() {
        if !known.insert(world.key()) {
            continue;
        }
        if known.len() > MOST {
            return None;
        }
        let mut count = 0;
        world
            .state
            .visit(&mut |state| count += usize::from(state.is_forsaken()));
        if count == 0 {
            settled.push(world);
            continue;
        }
        for which in 0..count {
            let World { mut run, state } = world.clone();
            let state = run.join_forsaken(state, &mut Some(which));
            unsettled.push(World { run, state });
        }
    }
    Some(settled)
}

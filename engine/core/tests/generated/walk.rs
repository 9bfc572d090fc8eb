//! One execution: a drawn process, a drawn walk through it, and what must hold after every step.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use flowstone_bpmn::{Limits, parse};
use flowstone_core::{
    Command, CountingIds, Event, EventKind, Executable, IdSource, Instance, Rejection, Start, StepOptions, apply,
    compile, replay, start, step,
};
use flowstone_expression::{TypedValue, Variables};

use super::action::{self, Action};
use super::block::{Scope, VARIABLES, loops};
use super::draw;
use super::history::{self, History};
use super::invariants;
use super::modification;
use super::oracle::{self, Oracle, Step};
use super::random::Random;
use super::reload::{read_back, reloaded};
use super::xml;
use crate::must;

/// The longest walk, in actions.
const ACTIONS: usize = 60;

/// What executions came to.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub executions: usize,
    /// Those whose every step the oracle foretold.
    pub foretold: usize,
    pub commands: usize,
    pub refused: usize,
    pub events: usize,
    pub ended: usize,
}

impl Tally {
    pub fn add(&mut self, other: &Tally) {
        self.executions += other.executions;
        self.foretold += other.foretold;
        self.commands += other.commands;
        self.refused += other.refused;
        self.events += other.events;
        self.ended += other.ended;
    }
}

/// An execution in which something did not hold.
#[derive(Debug)]
pub struct Failure {
    pub seed: u64,
    pub xml: String,
    pub commands: Vec<String>,
    pub problem: String,
}

/// Draws and executes what a seed stands for.
pub fn execute(seed: u64) -> Result<Tally, Failure> {
    let mut random = Random::new(seed);
    let wild = random.chance(40);
    let process = draw::process(&mut random, wild);
    let xml = xml::document(&process);
    let mut commands = Vec::new();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        walk(&mut random, &process, &xml, wild, &mut commands)
    }));
    let problem = match outcome {
        Ok(Ok(tally)) => return Ok(tally),
        Ok(Err(problem)) => problem,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            format!("panicked: {}", text.unwrap_or("without a message"))
        }
    };
    Err(Failure {
        seed,
        xml,
        commands,
        problem,
    })
}

fn walk(
    random: &mut Random,
    process: &Scope,
    xml: &str,
    wild: bool,
    commands: &mut Vec<String>,
) -> Result<Tally, String> {
    let parsed = parse("generated.bpmn", xml.as_bytes(), &Limits::default());
    let refused = || {
        let diagnostics = parsed.diagnostics.iter();
        let problems: Vec<&str> = diagnostics.map(|one| one.message.as_str()).collect();
        format!("the model is refused: {}", problems.join(" "))
    };
    let document = parsed.document.as_ref().ok_or_else(refused)?;
    let model = compile(&document.processes[0]);
    let mut values: BTreeMap<String, i64> = VARIABLES
        .iter()
        .map(|name| ((*name).to_owned(), i64::try_from(random.below(10)).expect("a digit")))
        .collect();
    values.extend(loops(process).into_iter().map(|id| (id, 0)));
    let mut course = match Course::begin(model, &values) {
        Ok(course) => course,
        // Some wild processes cannot be begun, for example when no flow of a gateway can be taken.
        Err(Begun::Refused(_)) if wild => {
            return Ok(Tally {
                executions: 1,
                refused: 1,
                ..Tally::default()
            });
        }
        Err(Begun::Refused(rejection)) => return Err(format!("the start is refused: {rejection}")),
        Err(Begun::Broken(problem)) => return Err(problem),
    };
    let mut oracle = (!wild).then(|| Oracle::new(process, values));
    if let Some(oracle) = &mut oracle {
        oracle.check(&seen(&course.instance), course.instance.ended)?;
    }
    // Some are also moved by hand.
    course.is_moved = wild && random.chance(40);
    let mut actions = 0;
    while !course.instance.ended && actions < ACTIONS {
        actions += 1;
        course.now += TimeDelta::minutes(i64::try_from(random.below(8)).expect("some minutes"));
        if course.is_moved && random.chance(20) {
            let command = modification::draw(random, course.model.process(), &course.instance);
            commands.push(format!("{command:?}"));
            if course.give(&command)?.is_err() {
                commands.push("  refused".to_owned());
            }
            continue;
        }
        let Some(action) = action::draw(random, &course.instance, course.now, wild) else {
            break;
        };
        let accepted = course.act(&action, commands)?;
        if let Some(oracle) = &mut oracle {
            let step = if action.foretold { action.step } else { Step::default() };
            let accepted = accepted || !action.foretold;
            oracle.step(&step, accepted, &seen(&course.instance), course.instance.ended)?;
        }
    }
    course.finish()?;
    Ok(Tally {
        executions: 1,
        foretold: usize::from(oracle.is_some_and(|oracle| oracle.foretells())),
        ended: usize::from(course.instance.ended),
        ..course.tally
    })
}

/// What is waited for, as the oracle names it.
fn seen(instance: &Instance) -> oracle::Open {
    let mut open = oracle::Open::new();
    for token in instance.tokens() {
        if let Some(name) = action::wait_of(token) {
            *open.entry(name).or_insert(0) += 1;
        }
    }
    let subscriptions = instance.subscriptions().filter(|one| one.kind != EventKind::Compensate);
    let events = subscriptions
        .map(|one| &one.node)
        .chain(instance.jobs().map(|job| &job.node));
    for name in events.filter_map(|node| action::event_of(node)) {
        *open.entry(name).or_insert(0) += 1;
    }
    open
}

/// One instance under way.
struct Course {
    model: Executable,
    instance: Instance,
    /// What the events alone make of the instance.
    told: Instance,
    events: Vec<Event>,
    history: History,
    ids: CountingIds,
    now: DateTime<Utc>,
    options: StepOptions,
    /// Whether its tokens are moved by hand, too.
    is_moved: bool,
    tally: Tally,
}

/// Why a course did not begin.
enum Begun {
    Refused(Rejection),
    Broken(String),
}

impl Course {
    fn begin(model: Executable, values: &BTreeMap<String, i64>) -> Result<Self, Begun> {
        let mut ids = CountingIds::default();
        let now = "2026-01-31T09:30:00Z".parse().expect("a date");
        let options = StepOptions::default();
        let begin = Start {
            variables: variables(values),
            ..Start::default()
        };
        let id = ids.next_id();
        let begun = start(&model, id, Arc::from("p:1:x"), &begin, now, &mut ids, &options);
        let (instance, events) = begun.map_err(Begun::Refused)?;
        let told = replay(&events).ok_or_else(|| Begun::Broken("the events begin nothing".to_owned()))?;
        let mut course = Course {
            model,
            instance,
            told,
            events: Vec::new(),
            history: History::default(),
            ids,
            now,
            options,
            is_moved: false,
            tally: Tally::default(),
        };
        course.look(events).map_err(Begun::Broken)?;
        Ok(course)
    }

    /// Gives the commands of an action; answers whether the last was accepted.
    fn act(&mut self, action: &Action, log: &mut Vec<String>) -> Result<bool, String> {
        let mut accepted = false;
        for command in &action.commands {
            log.push(format!("{command:?}"));
            accepted = self.give(command)?.is_ok();
            if !accepted {
                log.push("  refused".to_owned());
                break;
            }
        }
        must!(
            !(accepted && action.absurd),
            "accepted, which nothing speaks for: {:?}",
            action.commands
        );
        Ok(accepted)
    }

    fn give(&mut self, command: &Command) -> Result<Result<(), Rejection>, String> {
        // What was saved and loaded goes on as what was not.
        let mut loaded = reloaded(&self.instance);
        loaded.ended = self.instance.ended;
        must!(
            loaded == self.instance,
            "loading gives another state: {loaded:#?} in place of {:#?}",
            self.instance
        );
        let mut ids = self.ids.clone();
        let other = step(&self.model, &mut loaded, command, self.now, &mut ids, &self.options);
        let result = step(
            &self.model,
            &mut self.instance,
            command,
            self.now,
            &mut self.ids,
            &self.options,
        );
        must!(other == result, "after loading {other:#?} in place of {result:#?}");
        must!(loaded == self.instance, "after loading {command:?} leads elsewhere");
        self.tally.commands += 1;
        match result {
            Ok(events) => {
                for event in &events {
                    apply(&mut self.told, event);
                }
                history::fits(command, &events)?;
                self.look(events)?;
                Ok(Ok(()))
            }
            Err(rejection) => {
                self.tally.refused += 1;
                must!(self.instance == self.told, "refused ({rejection}) but changed");
                Ok(Err(rejection))
            }
        }
    }

    /// Looks at what happened and what it led to.
    fn look(&mut self, events: Vec<Event>) -> Result<(), String> {
        must!(self.told == self.instance, "the events tell of another state");
        for event in &events {
            self.history.see(event)?;
        }
        self.tally.events += events.len();
        self.events.extend(events);
        self.history.agrees(&self.instance)?;
        invariants::check(&self.model, &self.instance, self.is_moved)
    }

    /// What holds in the end.
    fn finish(&mut self) -> Result<(), String> {
        must!(
            replay(&read_back(&self.events)).as_ref() == Some(&self.instance),
            "replaying all events gives another state"
        );
        if self.instance.ended {
            for command in action::all_kinds(&self.instance, &self.events, self.now) {
                let answer = self.give(&command)?;
                self.tally.commands -= 1;
                self.tally.refused -= 1;
                must!(
                    matches!(answer, Err(Rejection::Ended { .. })),
                    "the ended instance answers {answer:?} to {command:?}"
                );
            }
        }
        Ok(())
    }
}

fn variables(values: &BTreeMap<String, i64>) -> Variables {
    values
        .iter()
        .map(|(name, value)| (name.clone(), TypedValue::from(*value)))
        .collect()
}

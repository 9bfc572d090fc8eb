//! What a plain process must wait for, computed from its blocks alone.
//!
//! The oracle knows nothing of tokens, scopes and flows: it carries out the tree of blocks. Where it cannot tell which
//! of several alike waits went on, it follows all that are possible and drops those that do not fit what is seen.

use std::collections::BTreeMap;

use super::block::{Activity, Block, Change, Gateway, Guard, Repeated, Scope, Split, Work};

/// What is waited for, with how many times: `task <id>` or `job <id>`.
pub type Open = BTreeMap<String, usize>;

/// Something that went on.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// What was waited for, as in [`Open`]; `None` when only variables changed.
    pub wait: Option<String>,
    /// The event of an event-based gateway that came.
    pub event: Option<String>,
    /// Variables set.
    pub set: Vec<(String, i64)>,
}

/// All that may be the case.
pub struct Oracle<'b> {
    worlds: Vec<World<'b>>,
}

#[derive(Clone)]
struct World<'b> {
    variables: BTreeMap<String, i64>,
    state: State<'b>,
}

/// How far a block has come.
#[derive(Clone)]
enum State<'b> {
    Done,
    /// The path ended inside.
    Gone,
    Sequence {
        rest: &'b [Block],
        current: Box<State<'b>>,
    },
    /// A job enters the activity or catch event, or takes the way behind it.
    Job {
        id: &'b str,
        then: Then<'b>,
    },
    /// Work or a catch event that the outside completes; `after`: a job takes the way behind it.
    Waiting {
        id: &'b str,
        after: bool,
    },
    Choosing {
        id: &'b str,
        events: &'b [(String, super::block::Event, Vec<Block>)],
    },
    Scope {
        activity: &'b Activity,
        repeated: Option<Repeated>,
        content: Box<State<'b>>,
    },
    Repeated {
        activity: &'b Activity,
        repeated: Repeated,
        begun: usize,
        instances: Vec<State<'b>>,
    },
    Split {
        kind: Gateway,
        /// Without a join each branch ends the path.
        joined: bool,
        branches: Vec<State<'b>>,
        /// Whether the last branch that moved ended elsewhere, so that the rest is joined once nothing else moves.
        forsaken: bool,
    },
    Loop {
        block: &'b Block,
        current: Box<State<'b>>,
    },
}

#[derive(Clone, Copy)]
enum Then<'b> {
    /// Enter what a cut was before.
    Enter(&'b Activity),
    /// Enter one of several instances.
    EnterInstance(&'b Activity, Repeated),
    Catch {
        after: bool,
    },
    GoOn,
}

impl<'b> Oracle<'b> {
    pub fn new(process: &'b Scope, variables: BTreeMap<String, i64>) -> Self {
        let mut world = World {
            variables,
            state: State::Done,
        };
        world.state = enter_steps(&process.steps, &mut world.variables);
        Oracle { worlds: settle(world) }
    }

    /// Goes on with a step; what then is open must be `seen`.
    pub fn step(&mut self, step: &Step, seen: &Open, ended: bool) -> Result<(), String> {
        let mut next: Vec<World<'b>> = Vec::new();
        for world in &self.worlds {
            let mut world = world.clone();
            for (name, value) in &step.set {
                world.variables.insert(name.clone(), *value);
            }
            let Some(wait) = &step.wait else {
                next.push(world);
                continue;
            };
            let alike = open(&world.state).get(wait).copied().unwrap_or(0);
            for which in 0..alike {
                let mut world = world.clone();
                let mut skip = Some(which);
                world.state = go_on(
                    world.state,
                    wait,
                    step.event.as_deref(),
                    &mut skip,
                    &mut world.variables,
                );
                next.extend(settle(world));
            }
        }
        self.worlds = next;
        self.check(seen, ended)
    }

    /// Keeps the worlds that fit what is seen; an error when there is none.
    pub fn check(&mut self, seen: &Open, ended: bool) -> Result<(), String> {
        let expected: Vec<(Open, bool)> = self
            .worlds
            .iter()
            .map(|world| (open(&world.state), world.ended()))
            .collect();
        let mut known = std::collections::BTreeSet::new();
        self.worlds
            .retain(|world| open(&world.state) == *seen && world.ended() == ended && known.insert(world.key()));
        if self.worlds.is_empty() {
            return Err(format!(
                "open is {seen:?} (ended: {ended}), the blocks say one of {expected:?}"
            ));
        }
        Ok(())
    }
}

impl World<'_> {
    fn ended(&self) -> bool {
        is_over(&self.state)
    }

    fn key(&self) -> String {
        let mut key = format!("{:?}", self.variables);
        write_key(&self.state, &mut key);
        key
    }
}

fn is_over(state: &State<'_>) -> bool {
    matches!(state, State::Done | State::Gone)
}

/// Joins what is forsaken, in every order.
fn settle(world: World<'_>) -> Vec<World<'_>> {
    let count = forsaken(&world.state);
    if count == 0 {
        return vec![world];
    }
    (0..count)
        .flat_map(|which| {
            let mut world = world.clone();
            let mut skip = Some(which);
            world.state = join_forsaken(world.state, &mut skip, &mut world.variables);
            settle(world)
        })
        .collect()
}

fn holds(guard: &Guard, variables: &BTreeMap<String, i64>) -> bool {
    variables[guard.variable] > guard.above
}

fn enter_steps<'b>(steps: &'b [Block], variables: &mut BTreeMap<String, i64>) -> State<'b> {
    for (index, step) in steps.iter().enumerate() {
        match enter(step, variables) {
            State::Done => {}
            State::Gone => return State::Gone,
            current => {
                return State::Sequence {
                    rest: &steps[index + 1..],
                    current: Box::new(current),
                };
            }
        }
    }
    State::Done
}

fn enter<'b>(block: &'b Block, variables: &mut BTreeMap<String, i64>) -> State<'b> {
    match block {
        Block::Activity(activity) if activity.cut.before => State::Job {
            id: &activity.id,
            then: Then::Enter(activity),
        },
        Block::Activity(activity) => enter_activity(activity, variables),
        Block::Split(split) => enter_split(split, variables),
        Block::EventGateway { id, events } => State::Choosing { id, events },
        Block::Catch { id, cut, .. } if cut.before => State::Job {
            id,
            then: Then::Catch { after: cut.after },
        },
        Block::Catch { id, cut, .. } => State::Waiting { id, after: cut.after },
        Block::Exit { guard, .. } => {
            if holds(guard, variables) {
                State::Gone
            } else {
                State::Done
            }
        }
        Block::Loop { id, body, .. } => {
            variables.insert(id.clone(), 0);
            let current = Box::new(enter_steps(body, variables));
            advance(State::Loop { block, current }, variables)
        }
        Block::Escalate { .. } | Block::Compensate { .. } => unreachable!("no part of plain processes"),
    }
}

fn enter_split<'b>(split: &'b Split, variables: &mut BTreeMap<String, i64>) -> State<'b> {
    let fits = |guard: &Option<Guard>| guard.as_ref().is_some_and(|guard| holds(guard, variables));
    let default = || split.branches.iter().filter(|branch| branch.guard.is_none());
    let chosen: Vec<&'b _> = match split.kind {
        Gateway::Parallel => split.branches.iter().collect(),
        _ => {
            let mut chosen: Vec<_> = split.branches.iter().filter(|branch| fits(&branch.guard)).collect();
            if chosen.is_empty() {
                chosen.extend(default());
            }
            if split.kind == Gateway::Exclusive {
                chosen.truncate(1);
            }
            chosen
        }
    };
    let branches: Vec<State<'b>> = chosen
        .iter()
        .map(|branch| enter_steps(&branch.body, variables))
        .collect();
    let last_gone = matches!(branches.last(), Some(State::Gone));
    join(split.kind, split.joined, branches, last_gone)
}

/// Whether the branches of a split come together; `left` when the one that moved last ended elsewhere.
fn join(kind: Gateway, joined: bool, branches: Vec<State<'_>>, left: bool) -> State<'_> {
    let done = branches.iter().filter(|branch| matches!(branch, State::Done)).count();
    let over = branches.iter().all(is_over);
    if over && (done == 0 || !joined) {
        return State::Gone;
    }
    let together = match kind {
        Gateway::Parallel => done == branches.len(),
        Gateway::Exclusive => over,
        Gateway::Inclusive => over && !left,
    };
    if together && joined {
        return State::Done;
    }
    State::Split {
        kind,
        joined,
        forsaken: kind == Gateway::Inclusive && over,
        branches,
    }
}

fn enter_activity<'b>(activity: &'b Activity, variables: &mut BTreeMap<String, i64>) -> State<'b> {
    match activity.repeated {
        None => enter_instance(activity, None, variables),
        Some(repeated) => {
            let state = State::Repeated {
                activity,
                repeated,
                begun: 0,
                instances: Vec::new(),
            };
            advance(state, variables)
        }
    }
}

/// Once through an activity.
fn enter_instance<'b>(
    activity: &'b Activity,
    repeated: Option<Repeated>,
    variables: &mut BTreeMap<String, i64>,
) -> State<'b> {
    let after = repeated.map_or(activity.cut.after, |repeated| repeated.cut.after);
    let id = &activity.id;
    match &activity.work {
        Work::User | Work::External | Work::Receive => return State::Waiting { id, after },
        Work::Manual => {}
        Work::Set { variable, change } => {
            let value = match change {
                Change::To(value) => *value,
                Change::Plus(value) => variables[*variable] + value,
            };
            variables.insert((*variable).to_owned(), value);
        }
        Work::Scope(scope) => {
            let content = Box::new(enter_steps(&scope.steps, variables));
            let state = State::Scope {
                activity,
                repeated,
                content,
            };
            return advance(state, variables);
        }
    }
    behind(id, after)
}

fn behind(id: &str, after: bool) -> State<'_> {
    if after {
        State::Job { id, then: Then::GoOn }
    } else {
        State::Done
    }
}

/// Goes on with what surrounds a state that changed.
fn advance<'b>(state: State<'b>, variables: &mut BTreeMap<String, i64>) -> State<'b> {
    match state {
        State::Sequence { rest, current } => match *current {
            State::Done => enter_steps(rest, variables),
            State::Gone => State::Gone,
            current => State::Sequence {
                rest,
                current: Box::new(current),
            },
        },
        State::Scope {
            activity,
            repeated,
            content,
        } if is_over(&content) => {
            let after = repeated.map_or(activity.cut.after, |repeated| repeated.cut.after);
            behind(&activity.id, after)
        }
        State::Repeated {
            activity,
            repeated,
            mut begun,
            mut instances,
        } => {
            while begun < repeated.times && (!repeated.sequential || instances.iter().all(is_over)) {
                begun += 1;
                instances.push(if repeated.cut.before {
                    State::Job {
                        id: &activity.id,
                        then: Then::EnterInstance(activity, repeated),
                    }
                } else {
                    enter_instance(activity, Some(repeated), variables)
                });
            }
            if begun == repeated.times && instances.iter().all(is_over) {
                return behind(&activity.id, activity.cut.after);
            }
            State::Repeated {
                activity,
                repeated,
                begun,
                instances,
            }
        }
        State::Loop { block, mut current } => {
            let Block::Loop { id, times, body } = block else {
                unreachable!("made of a loop");
            };
            while matches!(*current, State::Done) {
                let count = variables[id] + 1;
                variables.insert(id.clone(), count);
                if count >= *times {
                    return State::Done;
                }
                *current = enter_steps(body, variables);
            }
            if matches!(*current, State::Gone) {
                return State::Gone;
            }
            State::Loop { block, current }
        }
        other => other,
    }
}

/// Applies a change to each part of a state, then goes on with what surrounds it.
fn within<'b>(
    state: State<'b>,
    variables: &mut BTreeMap<String, i64>,
    change: &mut impl FnMut(State<'b>, &mut BTreeMap<String, i64>) -> State<'b>,
) -> State<'b> {
    let changed = match state {
        State::Sequence { rest, current } => State::Sequence {
            rest,
            current: Box::new(change(*current, variables)),
        },
        State::Scope {
            activity,
            repeated,
            content,
        } => State::Scope {
            activity,
            repeated,
            content: Box::new(change(*content, variables)),
        },
        State::Loop { block, current } => State::Loop {
            block,
            current: Box::new(change(*current, variables)),
        },
        State::Repeated {
            activity,
            repeated,
            begun,
            instances,
        } => State::Repeated {
            activity,
            repeated,
            begun,
            instances: instances.into_iter().map(|one| change(one, variables)).collect(),
        },
        State::Split {
            kind,
            joined,
            branches,
            forsaken,
        } => {
            let mut left = forsaken;
            let branches = branches.into_iter().map(|branch| {
                let ran = !is_over(&branch);
                let branch = change(branch, variables);
                if ran && is_over(&branch) {
                    left = matches!(branch, State::Gone);
                }
                branch
            });
            let branches = branches.collect();
            return join(kind, joined, branches, left);
        }
        other => other,
    };
    advance(changed, variables)
}

/// Lets one wait go on: the one after as many alike as `skip` says.
fn go_on<'b>(
    state: State<'b>,
    wait: &str,
    event: Option<&str>,
    skip: &mut Option<usize>,
    variables: &mut BTreeMap<String, i64>,
) -> State<'b> {
    if skip.is_none() {
        return state;
    }
    if leaf(&state).as_deref() != Some(wait) {
        return within(state, variables, &mut |part, variables| {
            go_on(part, wait, event, skip, variables)
        });
    }
    match skip {
        Some(0) => *skip = None,
        Some(more) => {
            *more -= 1;
            return state;
        }
        None => return state,
    }
    match state {
        State::Waiting { id, after } => behind(id, after),
        State::Job { id, then } => match then {
            Then::Enter(activity) => enter_activity(activity, variables),
            Then::EnterInstance(activity, repeated) => enter_instance(activity, Some(repeated), variables),
            Then::Catch { after } => State::Waiting { id, after },
            Then::GoOn => State::Done,
        },
        State::Choosing { events, .. } => {
            let chosen = events.iter().find(|(id, ..)| Some(id.as_str()) == event);
            let (_, _, body) = chosen.expect("an event of this gateway");
            enter_steps(body, variables)
        }
        other => other,
    }
}

fn join_forsaken<'b>(state: State<'b>, skip: &mut Option<usize>, variables: &mut BTreeMap<String, i64>) -> State<'b> {
    match (&state, &skip) {
        (_, None) => return state,
        (State::Split { forsaken: true, .. }, Some(0)) => {
            *skip = None;
            return State::Done;
        }
        (State::Split { forsaken: true, .. }, Some(more)) => {
            *skip = Some(more - 1);
            return state;
        }
        _ => {}
    }
    within(state, variables, &mut |part, variables| {
        join_forsaken(part, skip, variables)
    })
}

fn leaf(state: &State<'_>) -> Option<String> {
    match state {
        State::Job { id, .. } => Some(format!("job {id}")),
        State::Waiting { id, .. } | State::Choosing { id, .. } => Some(format!("task {id}")),
        _ => None,
    }
}

fn parts<'s, 'b>(state: &'s State<'b>) -> &'s [State<'b>] {
    match state {
        State::Sequence { current, .. } | State::Loop { current, .. } => std::slice::from_ref(current),
        State::Scope { content, .. } => std::slice::from_ref(content),
        State::Repeated { instances, .. } => instances,
        State::Split { branches, .. } => branches,
        _ => &[],
    }
}

fn open(state: &State<'_>) -> Open {
    fn count(state: &State<'_>, open: &mut Open) {
        if let Some(leaf) = leaf(state) {
            *open.entry(leaf).or_insert(0) += 1;
        }
        parts(state).iter().for_each(|part| count(part, open));
    }
    let mut found = Open::new();
    count(state, &mut found);
    found
}

fn forsaken(state: &State<'_>) -> usize {
    let own = usize::from(matches!(state, State::Split { forsaken: true, .. }));
    own + parts(state).iter().map(forsaken).sum::<usize>()
}

/// Tells apart states that go on differently.
fn write_key(state: &State<'_>, key: &mut String) {
    match state {
        State::Done => key.push('.'),
        State::Gone => key.push('x'),
        State::Job { id, then } => {
            let kind = match then {
                Then::GoOn => "after",
                _ => "before",
            };
            *key += &format!("{kind} {id}");
        }
        State::Sequence { rest, .. } => *key += &format!("+{}", rest.len()),
        State::Repeated { begun, .. } => *key += &format!("*{begun}"),
        _ => key.extend(leaf(state)),
    }
    key.push('(');
    for part in parts(state) {
        write_key(part, key);
        key.push(',');
    }
    key.push(')');
}

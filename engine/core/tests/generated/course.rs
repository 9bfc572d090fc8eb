//! Carrying out the tree of blocks, for the oracle.

use std::collections::BTreeMap;

use super::block::{
    Activity, Block, Boundary, Change, End, EventSubProcess, Gateway, Guard, Repeated, Scope, Split, Thrown, Work,
};
use super::state::{Body, Opened, State, Target, Then, behind, join};

/// What is around the block being carried out.
#[derive(Clone)]
pub enum Frame<'b> {
    Border(&'b Activity),
    Scope {
        scope: &'b Scope,
        via: Option<&'b EventSubProcess>,
        /// Paths that began beside its content.
        spawned: Vec<State<'b>>,
        /// Activities done inside that can be undone.
        undo: Vec<&'b str>,
    },
    /// Around the times that an activity is carried out.
    Body {
        undo: Vec<&'b str>,
    },
}

/// What became of something thrown.
pub enum Fate<'b> {
    Uncaught,
    GoesOn,
    Interrupted(State<'b>),
}

/// Carries out blocks.
#[derive(Clone)]
pub struct Run<'b> {
    variables: BTreeMap<String, i64>,
    /// From the outside in; empty at rest.
    pub frames: Vec<Frame<'b>>,
}

impl<'b> Run<'b> {
    pub fn new(variables: BTreeMap<String, i64>) -> Self {
        Run {
            variables,
            frames: Vec::new(),
        }
    }

    pub fn set(&mut self, values: &[(String, i64)]) {
        self.variables.extend(values.iter().cloned());
    }

    pub fn key(&self) -> String {
        format!("{:?}", self.variables)
    }

    pub fn process(&mut self, process: &'b Scope) -> State<'b> {
        self.open(process, None)
    }

    fn holds(&self, guard: &Guard) -> bool {
        self.variables[guard.variable] > guard.above
    }

    pub fn open(&mut self, scope: &'b Scope, via: Option<&'b EventSubProcess>) -> State<'b> {
        let opened = Opened {
            scope,
            via,
            interrupted: false,
            spent: Vec::new(),
            content: State::Gone,
            sides: Vec::new(),
            undo: Vec::new(),
        };
        self.in_scope(Box::new(opened), &mut |run, opened| {
            opened.content = run.steps(&scope.steps);
        })
    }

    /// Changes what is in a scope, then sees to it that it ends, is interrupted or goes on.
    pub fn in_scope(
        &mut self,
        mut opened: Box<Opened<'b>>,
        change: &mut dyn FnMut(&mut Self, &mut Opened<'b>),
    ) -> State<'b> {
        let depth = self.frames.len();
        self.frames.push(Frame::Scope {
            scope: opened.scope,
            via: opened.via,
            spawned: Vec::new(),
            undo: std::mem::take(&mut opened.undo),
        });
        change(self, &mut opened);
        loop {
            if matches!(opened.content, State::Done) {
                opened.content = if opened.interrupted {
                    State::Gone
                } else {
                    self.end(opened.scope.end)
                };
            }
            match opened.unwinding() {
                None => break,
                Some(State::Unwinding { depth: other, to }) if other < depth => {
                    self.frames.pop();
                    return State::Unwinding { depth: other, to };
                }
                Some(State::Unwinding {
                    to: Target::EventSubProcess(event),
                    ..
                }) => {
                    opened.interrupted = true;
                    opened.sides.clear();
                    if let Some(Frame::Scope { spawned, .. }) = self.frames.last_mut() {
                        spawned.clear();
                    }
                    opened.content = self.open(&event.content, Some(event));
                }
                Some(_) => {
                    opened.content = State::Gone;
                    opened.sides.clear();
                    if let Some(Frame::Scope { spawned, .. }) = self.frames.last_mut() {
                        spawned.clear();
                    }
                }
            }
        }
        if let Some(Frame::Scope { spawned, undo, .. }) = self.frames.pop() {
            opened.sides.extend(spawned);
            opened.undo = undo;
        }
        opened.sides.retain(|side| !side.is_over());
        if opened.content.is_over() && opened.sides.is_empty() {
            self.keep(opened.undo);
            return State::Done;
        }
        State::Scope(opened)
    }

    /// The content of the innermost scope came to its end event.
    fn end(&mut self, end: End) -> State<'b> {
        let thrown = match end {
            End::Implicit | End::Plain => return State::Gone,
            End::Terminate => {
                let depth = self.frames.len() - 1;
                return State::Unwinding {
                    depth,
                    to: Target::Terminate,
                };
            }
            End::Error(code) => Thrown::Error(code),
            End::Escalation(code) => Thrown::Escalation(code),
            End::Cancel => unreachable!("no part of plain processes"),
            End::Compensation => return self.compensate(true),
        };
        match self.throw(thrown) {
            Fate::Interrupted(state) => state,
            Fate::Uncaught | Fate::GoesOn => State::Gone,
        }
    }

    /// Looks for who catches, from the inside out.
    pub fn throw(&mut self, thrown: Thrown) -> Fate<'b> {
        let mut inside: Option<&'b EventSubProcess> = None;
        for depth in (0..self.frames.len()).rev() {
            match &self.frames[depth] {
                Frame::Border(activity) => {
                    let mut boundaries = activity.boundaries.iter();
                    let Some(boundary) = boundaries.find(|one| one.event.catches(thrown)) else {
                        continue;
                    };
                    if boundary.interrupting {
                        let to = Target::Boundary(boundary);
                        return Fate::Interrupted(State::Unwinding { depth, to });
                    }
                    let path = self.steps(&boundary.body);
                    self.spawn(depth, path);
                    return Fate::GoesOn;
                }
                Frame::Body { .. } => {}
                Frame::Scope { scope, via, .. } => {
                    let is_inside = |event: &EventSubProcess| inside.is_some_and(|one| std::ptr::eq(one, event));
                    let mut events = scope.event_sub_processes.iter();
                    let found = events.find(|one| one.event.catches(thrown) && !is_inside(one));
                    inside = *via;
                    let Some(event) = found else {
                        continue;
                    };
                    if event.interrupting {
                        let to = Target::EventSubProcess(event);
                        return Fate::Interrupted(State::Unwinding { depth, to });
                    }
                    let path = self.open(&event.content, Some(event));
                    self.spawn(depth + 1, path);
                    return Fate::GoesOn;
                }
            }
        }
        Fate::Uncaught
    }

    /// Lets a path run beside the content of the innermost scope among the outer `frames`.
    pub fn spawn(&mut self, frames: usize, path: State<'b>) {
        let mut around = self.frames[..frames].iter_mut().rev();
        let spawned = around.find_map(|frame| match frame {
            Frame::Scope { spawned, .. } => Some(spawned),
            Frame::Border(_) | Frame::Body { .. } => None,
        });
        spawned.expect("the process is around everything").push(path);
    }

    /// What was done inside of something that is done can be undone around it.
    fn keep(&mut self, done: Vec<&'b str>) {
        let mut around = self.frames.iter_mut().rev();
        let undo = around.find_map(|frame| match frame {
            Frame::Scope { undo, .. } | Frame::Body { undo } => Some(undo),
            Frame::Border(_) => None,
        });
        // Nothing is around the process.
        if let Some(undo) = undo {
            undo.extend(done);
        }
    }

    /// Undoes what was done in the innermost scope and, inside an event sub-process, in that around it.
    fn compensate(&mut self, ends: bool) -> State<'b> {
        let mut left = Vec::new();
        for frame in self.frames.iter_mut().rev() {
            if let Frame::Scope { via, undo, .. } = frame {
                left.append(undo);
                if via.is_none() {
                    break;
                }
            }
        }
        State::compensating(left, ends)
    }

    pub fn steps(&mut self, steps: &'b [Block]) -> State<'b> {
        for (index, step) in steps.iter().enumerate() {
            match self.enter(step) {
                State::Done => {}
                over @ (State::Gone | State::Unwinding { .. }) => return over,
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

    fn enter(&mut self, block: &'b Block) -> State<'b> {
        match block {
            Block::Activity(activity) if activity.cut.before => State::Job {
                id: &activity.id,
                then: Then::Enter(activity),
            },
            Block::Activity(activity) => self.activity(activity),
            Block::Split(split) => self.split(split),
            Block::EventGateway { id, events } => State::Choosing { id, events },
            Block::Catch { id, cut, .. } if cut.before => State::Job {
                id,
                then: Then::Catch { after: cut.after },
            },
            Block::Catch { id, cut, .. } => State::Waiting { id, after: cut.after },
            Block::Escalate { code, .. } => match self.throw(Thrown::Escalation(code)) {
                Fate::Interrupted(state) => state,
                Fate::Uncaught | Fate::GoesOn => State::Done,
            },
            Block::Exit { guard, .. } => {
                if self.holds(guard) {
                    State::Gone
                } else {
                    State::Done
                }
            }
            Block::Loop { id, body, .. } => {
                self.variables.insert(id.clone(), 0);
                let current = self.steps(body);
                self.around(block, current)
            }
            Block::Compensate { .. } => self.compensate(false),
            Block::Broadcast { .. } => unreachable!("no part of plain processes"),
        }
    }

    fn split(&mut self, split: &'b Split) -> State<'b> {
        let fits = |guard: &Option<Guard>| guard.as_ref().is_some_and(|guard| self.holds(guard));
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
        let mut branches = Vec::new();
        for branch in chosen {
            match self.steps(&branch.body) {
                unwinding @ State::Unwinding { .. } => return unwinding,
                state => branches.push(state),
            }
        }
        let left = matches!(branches.last(), Some(State::Gone));
        join(split.kind, split.joined, branches, left)
    }

    pub fn activity(&mut self, activity: &'b Activity) -> State<'b> {
        self.at_border(activity, Vec::new(), &mut |run| match activity.repeated {
            None => run.work(activity),
            Some(repeated) => run.repeat(Box::new(Body::new(activity, repeated)), &mut |_, _| {}),
        })
    }

    /// Changes what is inside of an activity, then sees whether it is done or interrupted.
    fn at_border(
        &mut self,
        activity: &'b Activity,
        spent: Vec<&'b str>,
        change: &mut dyn FnMut(&mut Self) -> State<'b>,
    ) -> State<'b> {
        let depth = self.frames.len();
        self.frames.push(Frame::Border(activity));
        let inner = change(self);
        self.frames.pop();
        match inner {
            State::Unwinding {
                depth: own,
                to: Target::Boundary(boundary),
            } if own == depth => self.leave_by(boundary),
            State::Done => {
                if activity.undone && activity.repeated.is_none() {
                    self.keep(vec![&activity.id]);
                }
                behind(&activity.id, activity.cut.after)
            }
            over @ (State::Gone | State::Unwinding { .. }) => over,
            inner => State::Activity {
                activity,
                spent,
                inner: Box::new(inner),
            },
        }
    }

    /// A boundary event interrupted its activity.
    pub fn leave_by(&mut self, boundary: &'b Boundary) -> State<'b> {
        match self.steps(&boundary.body) {
            path if boundary.rejoins => path,
            unwinding @ State::Unwinding { .. } => unwinding,
            path => {
                self.spawn(self.frames.len(), path);
                State::Gone
            }
        }
    }

    /// Once through an activity.
    fn work(&mut self, activity: &'b Activity) -> State<'b> {
        match &activity.work {
            Work::User | Work::External | Work::Receive => State::Waiting {
                id: &activity.id,
                after: false,
            },
            Work::Manual => State::Done,
            Work::Call => unreachable!("no part of plain processes"),
            Work::Set { variable, change } => {
                let value = match change {
                    Change::To(value) => *value,
                    Change::Plus(value) => self.variables[*variable] + value,
                };
                self.variables.insert((*variable).to_owned(), value);
                State::Done
            }
            Work::Scope(scope) => self.open(scope, None),
        }
    }

    fn repeat(&mut self, mut body: Box<Body<'b>>, change: &mut dyn FnMut(&mut Self, &mut Body<'b>)) -> State<'b> {
        let undo = std::mem::take(&mut body.undo);
        self.frames.push(Frame::Body { undo });
        change(self, &mut body);
        let Body { activity, repeated, .. } = *body;
        let is_unwinding = |one: &State<'b>| matches!(one, State::Unwinding { .. });
        while body.begun < repeated.times
            && !body.instances.iter().any(is_unwinding)
            && !body.has_enough()
            && (!repeated.sequential || body.instances.iter().all(State::is_over))
        {
            body.begun += 1;
            let state = if repeated.cut.before {
                State::Job {
                    id: &activity.id,
                    then: Then::EnterInstance(activity, repeated),
                }
            } else {
                self.once(activity, repeated)
            };
            body.instances.push(state);
        }
        if let Some(Frame::Body { undo }) = self.frames.pop() {
            body.undo = undo;
        }
        if let Some(unwinding) = body.instances.iter().find(|one| is_unwinding(one)) {
            return unwinding.clone();
        }
        let all = body.begun == repeated.times && body.instances.iter().all(State::is_over);
        if all || body.has_enough() {
            self.keep(body.undo);
            return State::Done;
        }
        State::Repeated(body)
    }

    pub fn once(&mut self, activity: &'b Activity, repeated: Repeated) -> State<'b> {
        let inner = self.work(activity);
        self.instance(activity, repeated, inner)
    }

    /// One of several times is over when nothing inside goes on.
    fn instance(&mut self, activity: &'b Activity, repeated: Repeated, inner: State<'b>) -> State<'b> {
        match inner {
            State::Done | State::Gone => {
                if activity.undone {
                    self.keep(vec![&activity.id]);
                }
                behind(&activity.id, repeated.cut.after)
            }
            unwinding @ State::Unwinding { .. } => unwinding,
            inner => State::Instance {
                activity,
                repeated,
                inner: Box::new(inner),
            },
        }
    }

    fn around(&mut self, block: &'b Block, mut current: State<'b>) -> State<'b> {
        let Block::Loop { id, times, body } = block else {
            unreachable!("made of a loop");
        };
        while matches!(current, State::Done) {
            let count = self.variables[id] + 1;
            self.variables.insert(id.clone(), count);
            if count >= *times {
                return State::Done;
            }
            current = self.steps(body);
        }
        match current {
            over @ (State::Gone | State::Unwinding { .. }) => over,
            current => State::Loop {
                block,
                current: Box::new(current),
            },
        }
    }

    /// Applies a change to each part of a state, then goes on with what surrounds it.
    pub fn within(&mut self, state: State<'b>, change: &mut dyn FnMut(&mut Self, State<'b>) -> State<'b>) -> State<'b> {
        match state {
            State::Sequence { rest, current } => match change(self, *current) {
                State::Done => self.steps(rest),
                over @ (State::Gone | State::Unwinding { .. }) => over,
                current => State::Sequence {
                    rest,
                    current: Box::new(current),
                },
            },
            State::Activity { activity, spent, inner } => {
                let mut inner = Some(inner);
                self.at_border(activity, spent, &mut |run| {
                    change(run, *inner.take().expect("changed once"))
                })
            }
            State::Instance {
                activity,
                repeated,
                inner,
            } => {
                let inner = change(self, *inner);
                self.instance(activity, repeated, inner)
            }
            State::Scope(opened) => self.in_scope(opened, &mut |run, opened| {
                let content = std::mem::replace(&mut opened.content, State::Gone);
                opened.content = change(run, content);
                let sides = std::mem::take(&mut opened.sides);
                opened.sides = sides.into_iter().map(|side| change(run, side)).collect();
            }),
            State::Loop { block, current } => {
                let current = change(self, *current);
                self.around(block, current)
            }
            State::Repeated(body) => self.repeat(body, &mut |run, body| {
                let instances = std::mem::take(&mut body.instances);
                body.instances = instances.into_iter().map(|one| change(run, one)).collect();
            }),
            State::Split {
                kind,
                joined,
                branches,
                forsaken,
            } => {
                let mut left = forsaken;
                let mut changed = Vec::new();
                for branch in branches {
                    let ran = !branch.is_over();
                    let branch = change(self, branch);
                    if matches!(branch, State::Unwinding { .. }) {
                        return branch;
                    }
                    if ran && branch.is_over() {
                        left = matches!(branch, State::Gone);
                    }
                    changed.push(branch);
                }
                join(kind, joined, changed, left)
            }
            other => other,
        }
    }
}

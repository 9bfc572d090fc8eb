//! How far blocks have come, for the oracle.

use super::block::{Activity, Block, Boundary, Event, EventSubProcess, Gateway, Repeated, Scope};

/// How far a block has come.
#[derive(Clone)]
pub enum State<'b> {
    Done,
    /// The path ended inside.
    Gone,
    /// Something inside ends or interrupts what is so many frames from the outside.
    Unwinding {
        depth: usize,
        to: Target<'b>,
    },
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
    /// Tasks that undo what was done.
    Compensating {
        left: Vec<&'b str>,
        /// Whether the path ends behind it.
        ends: bool,
    },
    Choosing {
        id: &'b str,
        events: &'b [(String, Event, Vec<Block>)],
    },
    /// An activity with the events at its border.
    Activity {
        activity: &'b Activity,
        /// Timers at its border that do not come again.
        spent: Vec<&'b str>,
        inner: Box<State<'b>>,
    },
    /// One of several times that an activity is carried out.
    Instance {
        activity: &'b Activity,
        repeated: Repeated,
        inner: Box<State<'b>>,
    },
    Repeated(Box<Body<'b>>),
    Scope(Box<Opened<'b>>),
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

/// A process, sub-process or event sub-process under way.
#[derive(Clone)]
pub struct Opened<'b> {
    pub scope: &'b Scope,
    /// The event sub-process that it is.
    pub via: Option<&'b EventSubProcess>,
    /// Whether an event sub-process took the place of its content.
    pub interrupted: bool,
    /// Timers of its event sub-processes that do not come again.
    pub spent: Vec<&'b str>,
    pub content: State<'b>,
    /// Paths beside the content.
    pub sides: Vec<State<'b>>,
    /// Activities done inside that can be undone.
    pub undo: Vec<&'b str>,
}

/// An activity that is carried out several times.
#[derive(Clone)]
pub struct Body<'b> {
    pub activity: &'b Activity,
    pub repeated: Repeated,
    pub begun: usize,
    pub instances: Vec<State<'b>>,
    /// How often it was done, by its id, to be undone.
    pub undo: Vec<&'b str>,
}

impl<'b> Body<'b> {
    pub fn new(activity: &'b Activity, repeated: Repeated) -> Self {
        Body {
            activity,
            repeated,
            begun: 0,
            instances: Vec::new(),
            undo: Vec::new(),
        }
    }

    /// Whether so many are over that the others are given up.
    pub fn has_enough(&self) -> bool {
        let over = self.instances.iter().filter(|one| one.is_over()).count();
        self.repeated.enough.is_some_and(|enough| over >= enough)
    }
}

#[derive(Clone, Copy)]
pub enum Then<'b> {
    /// Enter what a cut was before.
    Enter(&'b Activity),
    /// Enter one of several instances.
    EnterInstance(&'b Activity, Repeated),
    Catch {
        after: bool,
    },
    GoOn,
}

/// What ends or takes the place of something around.
#[derive(Clone, Copy)]
pub enum Target<'b> {
    Terminate,
    Boundary(&'b Boundary),
    EventSubProcess(&'b EventSubProcess),
}

/// Whether the branches of a split come together; `left` when the one that moved last ended elsewhere.
pub fn join(kind: Gateway, joined: bool, branches: Vec<State<'_>>, left: bool) -> State<'_> {
    let done = branches.iter().filter(|branch| matches!(branch, State::Done)).count();
    let over = branches.iter().all(State::is_over);
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

pub fn behind(id: &str, after: bool) -> State<'_> {
    if after {
        State::Job { id, then: Then::GoOn }
    } else {
        State::Done
    }
}

/// The name of what waits for an activity to be undone.
pub fn undoing(activity: &str) -> String {
    format!("task undo-{activity}")
}

impl<'b> Opened<'b> {
    /// What inside ends or interrupts something around.
    pub fn unwinding(&self) -> Option<State<'b>> {
        let mut parts = std::iter::once(&self.content).chain(&self.sides);
        parts.find(|part| matches!(part, State::Unwinding { .. })).cloned()
    }
}

impl<'b> State<'b> {
    /// Waits until all of these are undone.
    pub fn compensating(left: Vec<&'b str>, ends: bool) -> Self {
        match (left.is_empty(), ends) {
            (true, true) => State::Gone,
            (true, false) => State::Done,
            (false, ends) => State::Compensating { left, ends },
        }
    }

    pub fn is_over(&self) -> bool {
        matches!(self, State::Done | State::Gone)
    }

    pub fn is_forsaken(&self) -> bool {
        matches!(self, State::Split { forsaken: true, .. })
    }

    /// What this state itself waits for.
    pub fn waits(&self) -> Vec<String> {
        match self {
            State::Job { id, .. } => vec![format!("job {id}")],
            State::Waiting { id, .. } | State::Choosing { id, .. } => vec![format!("task {id}")],
            State::Compensating { left, .. } => left.iter().map(|id| undoing(id)).collect(),
            State::Activity { activity, spent, .. } => {
                let armed = activity.boundaries.iter().filter(|one| one.event.comes_from_outside());
                let armed = armed.filter(|one| !spent.contains(&one.id.as_str()));
                armed.map(|one| format!("event {}", one.id)).collect()
            }
            State::Scope(opened) if !opened.interrupted => {
                let events = opened.scope.event_sub_processes.iter();
                let armed = events.filter(|one| one.event.comes_from_outside());
                let armed = armed.filter(|one| !opened.spent.contains(&one.content.id.as_str()));
                armed.map(|one| format!("event {}", one.start())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Sees the state and all of its parts.
    pub fn visit(&self, see: &mut dyn FnMut(&State<'b>)) {
        see(self);
        self.parts().into_iter().for_each(|part| part.visit(see));
    }

    fn parts(&self) -> Vec<&State<'b>> {
        match self {
            State::Sequence { current, .. } | State::Loop { current, .. } => vec![current],
            State::Activity { inner, .. } | State::Instance { inner, .. } => vec![inner],
            State::Scope(opened) => std::iter::once(&opened.content).chain(&opened.sides).collect(),
            State::Repeated(body) => body.instances.iter().collect(),
            State::Split { branches, .. } => branches.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Tells apart states that go on differently.
    pub fn write_key(&self, key: &mut String) {
        match self {
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
            State::Repeated(body) => *key += &format!("*{}{:?}", body.begun, sorted(&body.undo)),
            State::Scope(opened) => {
                let undo = sorted(&opened.undo);
                *key += &format!("{}{}{undo:?}", opened.scope.id, opened.interrupted);
            }
            _ => {}
        }
        key.extend(self.waits());
        let mut parts: Vec<String> = self
            .parts()
            .into_iter()
            .map(|part| {
                let mut key = String::new();
                part.write_key(&mut key);
                key
            })
            .collect();
        // Paths beside each other and instances have no order; the content of a scope comes first.
        match self {
            State::Scope(_) => parts[1..].sort_unstable(),
            State::Repeated(_) => parts.sort_unstable(),
            _ => {}
        }
        *key += &format!("({})", parts.join(","));
    }
}

fn sorted<'b>(ids: &[&'b str]) -> Vec<&'b str> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids
}

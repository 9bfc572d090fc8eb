//! Block-structured processes: what is drawn, before it is written as XML.

/// A part of a process with one way in and at most one way out.
#[derive(Debug)]
pub enum Block {
    Activity(Activity),
    Split(Split),
    EventGateway {
        id: String,
        events: Vec<(String, Event, Vec<Block>)>,
    },
    Catch {
        id: String,
        event: Event,
        cut: Cut,
    },
    Escalate {
        id: String,
        code: &'static str,
    },
    Compensate {
        id: String,
    },
    Broadcast {
        id: String,
        signal: &'static str,
    },
    /// Ends the path here when the guard holds.
    Exit {
        id: String,
        guard: Guard,
    },
    /// Carries the body out `times` times, counted by a variable named like the block.
    Loop {
        id: String,
        times: i64,
        body: Vec<Block>,
    },
}

/// A gateway that splits, and the one of its kind that joins.
#[derive(Debug)]
pub struct Split {
    pub id: String,
    pub kind: Gateway,
    pub branches: Vec<Branch>,
    /// Without a join each branch ends the path.
    pub joined: bool,
    pub cut: Cut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gateway {
    Exclusive,
    Parallel,
    Inclusive,
}

#[derive(Debug)]
pub struct Branch {
    /// Of exclusive and inclusive gateways; `None` is the default flow.
    pub guard: Option<Guard>,
    pub body: Vec<Block>,
}

/// A comparison of a variable of the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    pub variable: &'static str,
    pub above: i64,
}

/// Where jobs cut the work.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cut {
    pub before: bool,
    pub after: bool,
}

#[derive(Debug)]
pub struct Activity {
    pub id: String,
    pub work: Work,
    pub cut: Cut,
    pub repeated: Option<Repeated>,
    pub boundaries: Vec<Boundary>,
    /// Whether a user task `undo-<id>` compensates it.
    pub undone: bool,
    /// The variable that it has a copy of, one more, and gives back.
    pub mapped: Option<&'static str>,
}

#[derive(Debug)]
pub enum Work {
    Manual,
    User,
    External,
    Receive,
    /// Another process.
    Call,
    Set {
        variable: &'static str,
        change: Change,
    },
    Scope(Scope),
}

#[derive(Clone, Copy, Debug)]
pub enum Change {
    To(i64),
    Plus(i64),
}

#[derive(Clone, Copy, Debug)]
pub struct Repeated {
    pub sequential: bool,
    pub times: usize,
    /// After how many the others are given up.
    pub enough: Option<usize>,
    pub cut: Cut,
}

#[derive(Debug)]
pub struct Boundary {
    pub id: String,
    pub interrupting: bool,
    pub event: Event,
    pub body: Vec<Block>,
    /// Whether its path comes back behind the activity.
    pub rejoins: bool,
}

/// The content of a process or sub-process.
#[derive(Debug)]
pub struct Scope {
    pub id: String,
    pub steps: Vec<Block>,
    pub end: End,
    pub event_sub_processes: Vec<EventSubProcess>,
    /// Whether it is a transaction, which `End::Cancel` cancels.
    pub transaction: bool,
}

#[derive(Debug)]
pub struct EventSubProcess {
    pub event: Event,
    pub interrupting: bool,
    pub content: Scope,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// No end event at all.
    Implicit,
    Plain,
    Terminate,
    Error(&'static str),
    Escalation(&'static str),
    Compensation,
    Cancel,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Message(&'static str),
    Signal(&'static str),
    Timer(&'static str),
    Error(Option<&'static str>),
    Escalation(Option<&'static str>),
    Conditional(Guard),
    Cancel,
}

/// What is thrown on the way or by those who work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thrown {
    Error(&'static str),
    Escalation(&'static str),
}

impl EventSubProcess {
    /// The id of its start event.
    pub fn start(&self) -> String {
        format!("{}-start", self.content.id)
    }
}

impl Event {
    pub fn catches(&self, thrown: Thrown) -> bool {
        match (self, thrown) {
            (Event::Error(wanted), Thrown::Error(code)) | (Event::Escalation(wanted), Thrown::Escalation(code)) => {
                wanted.is_none_or(|wanted| wanted == code)
            }
            _ => false,
        }
    }

    /// Whether something waits for it: what is thrown looks for its catcher by itself.
    pub fn comes_from_outside(&self) -> bool {
        !matches!(self, Event::Error(_) | Event::Escalation(_) | Event::Cancel)
    }

    /// Whether it is over once it came; `again` says that a timer that repeats has times left.
    pub fn is_spent(&self, again: bool) -> bool {
        match self {
            Event::Timer(text) => !(text.starts_with('R') && again),
            _ => false,
        }
    }

    /// Whether both must not wait at one place.
    pub fn excludes(&self, other: &Event) -> bool {
        match (self, other) {
            (Event::Escalation(one), Event::Escalation(other)) => one.is_none() || other.is_none() || one == other,
            _ => self == other,
        }
    }
}

pub const VARIABLES: [&str; 4] = ["v0", "v1", "v2", "v3"];
/// How often timers that repeat fire.
pub const TIMES: u32 = 2;
pub const MESSAGES: [&str; 3] = ["m0", "m1", "m2"];
/// The message that receive tasks wait for.
pub const RECEIVED: &str = MESSAGES[0];
pub const SIGNALS: [&str; 2] = ["s0", "s1"];
pub const ERRORS: [&str; 2] = ["e0", "e1"];
pub const ESCALATIONS: [&str; 2] = ["c0", "c1"];

/// The ids of all loops, whose counters exist from the start.
pub fn loops(scope: &Scope) -> Vec<String> {
    let mut found = Vec::new();
    visit_scope(scope, &mut |block| {
        if let Block::Loop { id, .. } = block {
            found.push(id.clone());
        }
    });
    found
}

fn visit_scope<'b>(scope: &'b Scope, see: &mut impl FnMut(&'b Block)) {
    visit(&scope.steps, see);
    for event in &scope.event_sub_processes {
        visit_scope(&event.content, see);
    }
}

fn visit<'b>(blocks: &'b [Block], see: &mut impl FnMut(&'b Block)) {
    for block in blocks {
        see(block);
        match block {
            Block::Activity(activity) => {
                if let Work::Scope(scope) = &activity.work {
                    visit_scope(scope, see);
                }
                activity
                    .boundaries
                    .iter()
                    .for_each(|boundary| visit(&boundary.body, see));
            }
            Block::Split(split) => split.branches.iter().for_each(|branch| visit(&branch.body, see)),
            Block::EventGateway { events, .. } => events.iter().for_each(|(_, _, body)| visit(body, see)),
            Block::Loop { body, .. } => visit(body, see),
            Block::Catch { .. }
            | Block::Escalate { .. }
            | Block::Compensate { .. }
            | Block::Broadcast { .. }
            | Block::Exit { .. } => {}
        }
    }
}

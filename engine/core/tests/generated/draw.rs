//! Drawing random processes.

use super::block::{
    Activity, Block, Boundary, Branch, Change, Cut, ERRORS, ESCALATIONS, End, Event, EventSubProcess, Gateway, Guard,
    MESSAGES, RECEIVED, Repeated, SIGNALS, Scope, Split, VARIABLES, Work,
};
use super::random::Random;

/// Draws a process. A plain one has only what the oracle knows; a wild one has all.
pub fn process(random: &mut Random, wild: bool) -> Scope {
    let budget = 3 + random.below(10);
    let mut drawing = Drawing {
        random,
        wild,
        next: 0,
        budget,
    };
    drawing.scope(Inside::default())
}

struct Drawing<'r> {
    random: &'r mut Random,
    wild: bool,
    next: usize,
    /// How many more blocks may be drawn.
    budget: usize,
}

/// Where a block stands.
#[derive(Clone, Copy, Default)]
struct Inside {
    /// Number of blocks around it.
    depth: usize,
    /// Whether a loop of the same scope is around it: an inclusive gateway there waits for all that can come around
    /// again, which the oracle does not know.
    looping: bool,
    /// Whether it is in an event sub-process.
    caught: bool,
    /// Whether several tokens may come this way: what joins would mix them, which the oracle does not know.
    crowded: bool,
}

impl Inside {
    fn deeper(self) -> Self {
        Inside {
            depth: self.depth + 1,
            ..self
        }
    }

    fn scope(self) -> Self {
        Inside {
            looping: false,
            crowded: false,
            ..self.deeper()
        }
    }
}

impl Drawing<'_> {
    fn id(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("{kind}{}", self.next)
    }

    fn guard(&mut self) -> Guard {
        Guard {
            variable: self.random.pick(&VARIABLES),
            above: i64::try_from(self.random.below(9)).expect("a digit"),
        }
    }

    fn cut(&mut self, percent: usize) -> Cut {
        Cut {
            before: self.random.chance(percent),
            after: self.random.chance(percent),
        }
    }

    fn scope(&mut self, inside: Inside) -> Scope {
        let id = self.id("scope");
        let mut steps = self.steps(inside);
        if self.random.chance(10) {
            let mut fork = self.split(inside.deeper(), Gateway::Parallel);
            fork.joined = false;
            steps.push(Block::Split(fork));
        }
        let end = match self.random.below(20) {
            0..4 => End::Implicit,
            4..13 => End::Plain,
            13 | 14 => End::Terminate,
            15 | 16 => End::Error(self.random.pick(&ERRORS)),
            17 => End::Escalation(self.random.pick(&ESCALATIONS)),
            _ => End::Compensation,
        };
        let mut event_sub_processes: Vec<EventSubProcess> = Vec::new();
        if !inside.caught && inside.depth < 3 {
            while event_sub_processes.len() < 2 && self.random.chance(20) {
                let (event, may_go_beside) = self.surrounding_event(true);
                if event_sub_processes.iter().any(|other| other.event.excludes(&event)) {
                    continue;
                }
                let interrupting = !may_go_beside || self.random.chance(50);
                let mut content = self.scope(Inside {
                    caught: true,
                    ..inside.scope()
                });
                self.rest_first(&mut content.steps, &event, interrupting);
                event_sub_processes.push(EventSubProcess {
                    event,
                    interrupting,
                    content,
                });
            }
        }
        Scope {
            id,
            steps,
            end,
            event_sub_processes,
            transaction: false,
        }
    }

    fn steps(&mut self, inside: Inside) -> Vec<Block> {
        let count = 1 + self.random.below(3);
        (0..count).map(|_| self.block(inside.deeper())).collect()
    }

    fn block(&mut self, inside: Inside) -> Block {
        if self.budget == 0 || inside.depth > 4 {
            return self.activity(inside, false);
        }
        self.budget -= 1;
        match self.random.below(if self.wild { 26 } else { 24 }) {
            0..6 => self.activity(inside, false),
            6..9 => self.activity(inside, true),
            9..11 => Block::Split(self.split(inside, Gateway::Exclusive)),
            11..13 if self.wild || !inside.crowded => Block::Split(self.split(inside, Gateway::Parallel)),
            13..15 if self.wild || !(inside.looping || inside.crowded) => {
                Block::Split(self.split(inside, Gateway::Inclusive))
            }
            15 => self.event_gateway(inside),
            16 => Block::Catch {
                id: self.id("catch"),
                event: self.awaited_event(),
                cut: self.cut(10),
            },
            17 => Block::Exit {
                id: self.id("exit"),
                guard: self.guard(),
            },
            18 | 19 => Block::Loop {
                id: self.id("loop"),
                times: 1 + i64::try_from(self.random.below(3)).expect("a digit"),
                body: self.steps(Inside {
                    looping: true,
                    ..inside
                }),
            },
            20 | 21 => Block::Escalate {
                id: self.id("escalate"),
                code: self.random.pick(&ESCALATIONS),
            },
            24 | 25 => Block::Broadcast {
                id: self.id("broadcast"),
                signal: self.random.pick(&SIGNALS),
            },
            22 | 23 => Block::Compensate {
                id: self.id("compensate"),
            },
            _ => self.activity(inside, false),
        }
    }

    fn split(&mut self, inside: Inside, kind: Gateway) -> Split {
        let id = self.id("split");
        let count = 2 + self.random.below(2);
        let mut branches: Vec<Branch> = (0..count)
            .map(|_| Branch {
                guard: (kind != Gateway::Parallel).then(|| self.guard()),
                body: if self.random.chance(10) {
                    Vec::new()
                } else {
                    self.steps(inside)
                },
            })
            .collect();
        // Without a default no flow may be found, and the command that led here is refused.
        if kind != Gateway::Parallel && !(self.wild && self.random.chance(10)) {
            let default = self.random.below(count);
            branches[default].guard = None;
        }
        let cut = if self.wild { self.cut(6) } else { Cut::default() };
        Split {
            id,
            kind,
            branches,
            joined: true,
            cut,
        }
    }

    fn event_gateway(&mut self, inside: Inside) -> Block {
        let id = self.id("events");
        let mut kinds = vec![
            Event::Message(self.random.pick(&MESSAGES)),
            Event::Signal(self.random.pick(&SIGNALS)),
            Event::Timer("PT5M"),
        ];
        kinds.remove(self.random.below(3));
        let events = kinds
            .into_iter()
            .map(|event| {
                let id = self.id("catch");
                (id, event, self.steps(inside))
            })
            .collect();
        Block::EventGateway { id, events }
    }

    fn awaited_event(&mut self) -> Event {
        match self.random.below(if self.wild { 4 } else { 3 }) {
            0 => Event::Message(self.random.pick(&MESSAGES)),
            1 => Event::Signal(self.random.pick(&SIGNALS)),
            2 => Event::Timer("PT10M"),
            _ => Event::Conditional(self.guard()),
        }
    }

    /// An event at the border of an activity or around a scope, and whether it may leave running what is there.
    fn surrounding_event(&mut self, escalates: bool) -> (Event, bool) {
        match self.random.below(if escalates { 9 } else { 5 }) {
            0 => (Event::Message(self.random.pick(&MESSAGES)), true),
            1 => (Event::Signal(self.random.pick(&SIGNALS)), true),
            3 if !self.wild => (Event::Message(self.random.pick(&MESSAGES)), true),
            2 => (Event::Timer(self.random.pick(&["PT5M", "R2/PT5M"])), true),
            3 => (Event::Conditional(self.guard()), true),
            4 | 6 | 7 => (Event::Error(self.code(&ERRORS)), false),
            _ => (Event::Escalation(self.code(&ESCALATIONS)), true),
        }
    }

    /// What is caught without interrupting begins beside the thrower, which goes on; a task comes first, so that it does
    /// not matter which of both is first.
    fn rest_first(&mut self, steps: &mut Vec<Block>, event: &Event, interrupting: bool) {
        if self.wild || interrupting || event.comes_from_outside() {
            return;
        }
        let task = Activity {
            id: self.id("task"),
            work: Work::User,
            cut: Cut::default(),
            repeated: None,
            boundaries: Vec::new(),
            undone: false,
            mapped: None,
        };
        steps.insert(0, Block::Activity(task));
    }

    fn code(&mut self, codes: &[&'static str]) -> Option<&'static str> {
        self.random.chance(70).then(|| self.random.pick(codes))
    }

    fn activity(&mut self, inside: Inside, scope: bool) -> Block {
        let (id, work) = if scope {
            let mut content = self.scope(inside.scope());
            if self.wild && self.random.chance(25) {
                content.transaction = true;
                if self.random.chance(50) {
                    content.end = End::Cancel;
                }
            }
            (content.id.clone(), Work::Scope(content))
        } else {
            let id = self.id("task");
            let work = match self.random.below(10) {
                0 => Work::Manual,
                1 | 2 => Work::Set {
                    variable: self.random.pick(&VARIABLES),
                    change: if self.random.chance(50) {
                        Change::Plus(1)
                    } else {
                        Change::To(i64::try_from(self.random.below(9)).expect("a digit"))
                    },
                },
                3 => Work::Receive,
                4 if self.wild => Work::Call,
                4..7 => Work::External,
                _ => Work::User,
            };
            (id, work)
        };
        let repeated = self.random.chance(if scope { 25 } else { 15 }).then(|| Repeated {
            sequential: self.random.chance(50),
            times: self.random.below(4),
            enough: self.random.chance(25).then(|| 1 + self.random.below(3)),
            cut: self.cut(10),
        });
        let waits = !matches!(work, Work::Manual | Work::Set { .. });
        // A receive task waits for this one itself.
        let own = matches!(work, Work::Receive).then_some(Event::Message(RECEIVED));
        let mut boundaries: Vec<Boundary> = Vec::new();
        if waits && inside.depth < 6 {
            while boundaries.len() < 3 && self.random.chance(35) {
                let (event, may_go_beside) =
                    self.surrounding_event(matches!(work, Work::User | Work::Call | Work::Scope(_)));
                let taken = boundaries.iter().map(|other| &other.event).chain(&own);
                if taken.into_iter().any(|other| other.excludes(&event)) {
                    continue;
                }
                let interrupting = !may_go_beside || self.random.chance(50);
                let mut body = self.steps(Inside {
                    crowded: inside.crowded || !interrupting,
                    ..inside.deeper()
                });
                self.rest_first(&mut body, &event, interrupting);
                let id = self.id("boundary");
                // Coming back without interrupting doubles the tokens behind, which is legal and rarely meant.
                let rejoins = match interrupting {
                    true => 75,
                    false if self.wild => 10,
                    false => 0,
                };
                boundaries.push(Boundary {
                    id,
                    interrupting,
                    event,
                    body,
                    rejoins: self.random.chance(rejoins),
                });
            }
        }
        if matches!(&work, Work::Scope(scope) if scope.transaction) {
            boundaries.push(Boundary {
                id: self.id("boundary"),
                interrupting: true,
                event: Event::Cancel,
                body: self.steps(inside.deeper()),
                rejoins: self.random.chance(75),
            });
        }
        // A sub-process that is undone as a whole and in its parts is nothing that the oracle knows.
        let undoable = !matches!(work, Work::Manual) && (self.wild || !matches!(work, Work::Scope(_)));
        let undone = undoable && self.random.chance(25);
        let cut = self.cut(10);
        let mapped = (self.wild && repeated.is_none() && self.random.chance(15)).then(|| self.random.pick(&VARIABLES));
        Block::Activity(Activity {
            id,
            work,
            cut,
            repeated,
            boundaries,
            undone,
            mapped,
        })
    }
}

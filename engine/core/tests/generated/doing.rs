//! One step of the blocks, for the oracle.

use super::block::Thrown;
use super::course::{Fate, Run};
use super::oracle::Step;
use super::state::{State, Target, Then, behind, undoing};

/// The step that is being done.
pub struct Doing<'s> {
    step: &'s Step,
    wait: &'s str,
    /// How many alike waits are passed over; `None` once it is done.
    skip: Option<usize>,
    /// Whether nobody catches what may not remain uncaught.
    pub refused: bool,
}

impl<'s> Doing<'s> {
    pub fn new(step: &'s Step, wait: &'s str, which: usize) -> Self {
        Doing {
            step,
            wait,
            skip: Some(which),
            refused: false,
        }
    }

    /// Whether this wait is the one that goes on.
    fn is_meant(&mut self) -> bool {
        match self.skip {
            Some(0) => {
                self.skip = None;
                true
            }
            Some(more) => {
                self.skip = Some(more - 1);
                false
            }
            None => false,
        }
    }
}

impl<'b> Run<'b> {
    /// Lets one wait go on.
    pub fn go_on(&mut self, state: State<'b>, doing: &mut Doing<'_>) -> State<'b> {
        if doing.skip.is_none() {
            return state;
        }
        if state.waits().iter().any(|wait| wait == doing.wait) && doing.is_meant() {
            return self.set_off(state, doing);
        }
        self.within(state, &mut |run, part| run.go_on(part, doing))
    }

    fn set_off(&mut self, state: State<'b>, doing: &mut Doing<'_>) -> State<'b> {
        let event = doing.step.event.as_deref();
        match state {
            State::Waiting { id, after } => match doing.step.thrown {
                None => behind(id, after),
                Some(thrown) => match (self.throw(thrown), thrown) {
                    (Fate::Interrupted(state), _) => state,
                    (Fate::Uncaught, Thrown::Error(_)) => State::Gone,
                    (fate, _) => {
                        doing.refused = matches!(fate, Fate::Uncaught);
                        State::Waiting { id, after }
                    }
                },
            },
            State::Job { id, then } => match then {
                Then::Enter(activity) => self.activity(activity),
                Then::EnterInstance(activity, repeated) => self.once(activity, repeated),
                Then::Catch { after } => State::Waiting { id, after },
                Then::GoOn => State::Done,
            },
            State::Compensating { mut left, ends } => {
                if let Some(done) = left.iter().position(|id| doing.wait == undoing(id)) {
                    left.remove(done);
                }
                State::compensating(left, ends)
            }
            State::Choosing { events, .. } => {
                let chosen = events.iter().find(|(id, ..)| Some(id.as_str()) == event);
                let (_, _, body) = chosen.expect("an event of this gateway");
                self.steps(body)
            }
            State::Activity {
                activity,
                mut spent,
                inner,
            } => {
                let mut boundaries = activity.boundaries.iter();
                let boundary = boundaries.find(|one| Some(one.id.as_str()) == event);
                let boundary = boundary.expect("an event at this border");
                if boundary.interrupting {
                    return self.leave_by(boundary);
                }
                match self.steps(&boundary.body) {
                    unwinding @ State::Unwinding { .. } => return unwinding,
                    path => self.spawn(self.frames.len(), path),
                }
                if boundary.event.is_spent(doing.step.again) {
                    spent.push(&boundary.id);
                }
                State::Activity { activity, spent, inner }
            }
            State::Scope(opened) => {
                let depth = self.frames.len();
                let mut events = opened.scope.event_sub_processes.iter();
                let started = events.find(|one| Some(one.start().as_str()) == event);
                let started = started.expect("an event sub-process of this scope");
                self.in_scope(opened, &mut |run, opened| {
                    if started.interrupting {
                        let to = Target::EventSubProcess(started);
                        opened.content = State::Unwinding { depth, to };
                        return;
                    }
                    if started.event.is_spent(doing.step.again) {
                        opened.spent.push(&started.content.id);
                    }
                    let path = run.open(&started.content, Some(started));
                    opened.sides.push(path);
                })
            }
            other => other,
        }
    }

    pub fn join_forsaken(&mut self, state: State<'b>, skip: &mut Option<usize>) -> State<'b> {
        match (state.is_forsaken(), &skip) {
            (_, None) => return state,
            (true, Some(0)) => {
                *skip = None;
                return State::Done;
            }
            (true, Some(more)) => {
                *skip = Some(more - 1);
                return state;
            }
            _ => {}
        }
        self.within(state, &mut |run, part| run.join_forsaken(part, skip))
    }
}

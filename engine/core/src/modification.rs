//! Tokens moved by hand: what an operator does to an instance beside its model (contract
//! `/process-instance/{id}/modification`).
//!
//! The instructions are carried out one after the other, each until nothing goes on, in one step. Between them the
//! root stays open, also when nothing is active in it.

mod begin;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;

pub(crate) use self::begin::first_node;
use crate::event::Outcome;
use crate::multi_instance::ACTIVE;
use crate::rejection::Rejection;
use crate::scope::Skip;
use crate::state::{ScopePhase, Token, Wait};
use crate::step::Step;

/// Why an instance ended in which everything was canceled.
const REASON: &str = "Cancellation due to process instance modification";

/// Instructions that are carried out together or not at all.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Modification {
    /// What to do, in this order.
    pub instructions: Vec<Instruction>,
    /// Do not compute listeners.
    pub skip_listeners: bool,
    /// Do not compute input and output parameters.
    pub skip_mappings: bool,
}

/// One change of where tokens are.
#[derive(Clone, Debug, PartialEq)]
pub enum Instruction {
    /// Let a token begin somewhere.
    Start(StartInstruction),
    /// Cancel everything that is active at a node, or about to enter or leave it.
    CancelActivity {
        /// BPMN id, or the id of the body of a multi-instance activity.
        activity: String,
        /// Leave what earlier instructions began.
        only_current: bool,
    },
    /// Cancel one activity instance with all that is in it.
    CancelActivityInstance(Uuid),
    /// Cancel one token that a job is to go on with.
    CancelTransitionInstance(Uuid),
}

/// Where a token begins, and what it brings.
#[derive(Clone, Debug, PartialEq)]
pub struct StartInstruction {
    /// Where.
    pub at: StartAt,
    /// Scope in which it begins, whichever levels are between them; `None`: the nearest one that is open, which must
    /// be the only one of its kind.
    pub ancestor: Option<Uuid>,
    /// Variables set where they exist, else at the root.
    pub variables: Variables,
    /// Variables of the innermost scope that is opened for the token, else of the activity that it enters; a node that
    /// it only goes through keeps none.
    pub local_variables: Variables,
}

/// Where a token begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// Before a node, as if a flow had led there. For a multi-instance activity this is one more of its instances;
    /// its body has an id of its own.
    Before(String),
    /// On the only flow that leaves a node.
    After(String),
    /// On a sequence flow.
    Flow(String),
}

/// As errors name it.
impl fmt::Display for StartAt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartAt::Before(id) => write!(formatter, "Start before activity '{id}'"),
            StartAt::After(id) => write!(formatter, "Start after activity '{id}'"),
            StartAt::Flow(id) => write!(formatter, "Start transition '{id}'"),
        }
    }
}

impl Step<'_> {
    /// Carries out a modification. An instance in which nothing is active afterwards ends.
    pub(crate) fn modify(&mut self, modification: &Modification) -> Result<(), Rejection> {
        self.skip = Skip {
            mappings: modification.skip_mappings,
            listeners: modification.skip_listeners,
        };
        self.root_is_held = true;
        let current: Vec<Vec<Uuid>> = modification
            .instructions
            .iter()
            .map(|instruction| match instruction {
                Instruction::CancelActivity {
                    activity,
                    only_current: true,
                } => self.active_at(activity),
                _ => Vec::new(),
            })
            .collect();
        for (instruction, current) in modification.instructions.iter().zip(current) {
            match instruction {
                Instruction::Start(start) => {
                    self.ended_at = None;
                    self.begin_token(start)?;
                    self.run()?;
                }
                Instruction::CancelActivity { activity, only_current } => {
                    let canceled = if *only_current {
                        current
                    } else {
                        self.active_at(activity)
                    };
                    for id in canceled {
                        self.cancel_with_parents(id)?;
                    }
                }
                Instruction::CancelActivityInstance(id) => self.cancel_activity_instance(*id)?,
                Instruction::CancelTransitionInstance(id) => self.cancel_transition_instance(*id)?,
            }
        }
        self.run()?;
        self.root_is_held = false;
        let root = self.instance.id;
        match self.ended_at.take() {
            _ if !self.is_empty(root) => Ok(()),
            Some(last) => self.complete_scope(root, last),
            None => self.end_instance(Outcome::ExternallyTerminated, Some(REASON), Skip::default()),
        }
    }

    /// The activity and transition instances at a node, the oldest first.
    fn active_at(&self, activity: &str) -> Vec<Uuid> {
        let tokens = self.instance.tokens();
        let tokens = tokens.filter(|token| is_part_of(&token.node, activity) && token.wait != Wait::Siblings);
        let scopes = self.instance.scopes();
        let scopes = scopes.filter(|scope| scope.node.as_deref() == Some(activity) && scope.phase != ScopePhase::Kept);
        let ids: BTreeSet<Uuid> = tokens
            .map(|token| token.id)
            .chain(scopes.map(|scope| scope.id))
            .collect();
        ids.into_iter().collect()
    }

    fn cancel_activity_instance(&mut self, id: Uuid) -> Result<(), Rejection> {
        if !self.is_activity_instance(id) {
            return Err(Rejection::InvalidInstruction {
                instruction: format!("Cancel activity instance '{id}'"),
                problem: format!("Activity instance '{id}' does not exist: activityInstance is null"),
            });
        }
        self.cancel_with_parents(id)
    }

    fn cancel_transition_instance(&mut self, id: Uuid) -> Result<(), Rejection> {
        let Some(token) = self.instance.token(id).filter(|token| is_transition(token)) else {
            return Err(Rejection::InvalidInstruction {
                instruction: format!("Cancel transition instance '{id}'"),
                problem: format!("Transition instance '{id}' does not exist: transitionInstance is null"),
            });
        };
        // What is kept of an ended instance of a multi-instance activity is not one of those that are active.
        if token.wait == Wait::Siblings {
            return self.cancel_activity(id);
        }
        self.cancel_with_parents(id)
    }

    /// Whether an id is that of an activity instance, the whole instance included.
    fn is_activity_instance(&self, id: Uuid) -> bool {
        let token = self.instance.token(id);
        let scope = self.instance.scope(id);
        token.is_some_and(|token| !is_transition(token)) || scope.is_some_and(|scope| scope.phase != ScopePhase::Kept)
    }

    /// Cancels what an id names, together with the scopes around it in which nothing else is active. The root stays.
    /// What an earlier cancellation took with it is passed over.
    fn cancel_with_parents(&mut self, id: Uuid) -> Result<(), Rejection> {
        let root = self.instance.id;
        let mut topmost = id;
        while topmost != root {
            let Ok(parent) = self.surrounding(topmost) else {
                return Ok(());
            };
            if parent == root || self.has_several_active(parent) {
                break;
            }
            topmost = parent;
        }
        self.ended_at = None;
        if topmost == root {
            return self.cancel_content(root, Skip::default());
        }
        let parent = self.surrounding(topmost)?;
        let node = self.node_id(topmost);
        self.cancel_activity(topmost)?;
        self.count_canceled(parent, node)
    }

    /// Whether more than one thing goes on in a scope. Ended instances of a multi-instance activity do not.
    fn has_several_active(&self, scope: Uuid) -> bool {
        let children = self
            .instance
            .scope(scope)
            .into_iter()
            .flat_map(|scope| scope.children.iter());
        let is_active = |id: &&Uuid| {
            self.instance
                .token(**id)
                .is_none_or(|token| token.wait != Wait::Siblings)
        };
        children.filter(is_active).take(2).count() > 1
    }

    /// One instance fewer of a parallel multi-instance activity is active.
    fn count_canceled(&mut self, body: Uuid, node: Option<Arc<str>>) -> Result<(), Rejection> {
        let Some(node) = node.map(|node| self.model.find(&node)).transpose()? else {
            return Ok(());
        };
        let repeated = &self.model.flow_node(node).multi_instance;
        if self.is_body_of(body, node) && repeated.as_ref().is_some_and(|repeated| !repeated.sequential) {
            let active = self.counter(body, ACTIVE).saturating_sub(1);
            self.set_local_variable(body, ACTIVE, TypedValue::from(active));
        }
        Ok(())
    }

    /// The node of a token or scope; `None` for the root.
    fn node_id(&self, id: Uuid) -> Option<Arc<str>> {
        let token = self.instance.token(id).map(|token| token.node.clone());
        token.or_else(|| self.instance.scope(id).and_then(|scope| scope.node.clone()))
    }
}

/// Whether a node is an activity or one of the steps that it consists of, which are called as it with a number.
fn is_part_of(node: &str, activity: &str) -> bool {
    let rest = node.strip_prefix(activity);
    rest.is_some_and(|rest| {
        let number = rest.strip_prefix('#');
        rest.is_empty() || number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
    })
}

/// Whether a token rests where no activity instance is.
fn is_transition(token: &Token) -> bool {
    matches!(token.wait, Wait::Siblings | Wait::Job)
}

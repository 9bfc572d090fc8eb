//! Errors and escalations on their way up to who catches them (BPMN 2.0, 10.5.7; bpmn-semantics 2.5 and 2.6).

use flowstone_bpmn::model::{Catch, NodeIndex, NodeKind, ThrownError, ThrownEscalation};
use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;

use crate::context::Place;
use crate::event::{Event, Raised};
use crate::rejection::Rejection;
use crate::state::Wait;
use crate::step::Step;

/// What was thrown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Thrown<'t> {
    Error { code: &'t str, message: Option<&'t str> },
    Escalation { code: &'t str },
}

impl<'t> From<&'t Raised> for Thrown<'t> {
    fn from(raised: &'t Raised) -> Self {
        match raised {
            Raised::Error { code, message } => Thrown::Error {
                code,
                message: message.as_deref(),
            },
            Raised::Escalation { code } => Thrown::Escalation { code },
        }
    }
}

/// What became of who threw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nobody caught it.
    Uncaught,
    /// Somebody did, and the thrower goes on.
    GoesOn,
    /// Somebody did and interrupted the thrower.
    Interrupted,
}

/// Where a catching event stands.
struct Catcher {
    /// The activity at whose border it is, or the scope whose event sub-process it sets off.
    owner: Uuid,
    event: NodeIndex,
    interrupting: bool,
}

impl Step<'_> {
    /// A token arrives at an error end event. An error that nobody catches ends the path as a none end event does.
    pub(crate) fn enter_error_end(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        error: &ThrownError,
    ) -> Result<(), Rejection> {
        let message = match &error.message {
            Some(message) => self.text(message, &mut Place::at(scope, node))?,
            None => None,
        };
        let thrown = Thrown::Error {
            code: &error.code,
            message: message.as_deref(),
        };
        let catcher = self.catcher(None, scope, thrown)?;
        if catcher.is_none() {
            let raised = Raised::Error {
                code: error.code.clone(),
                message: message.clone(),
            };
            if self.raise_from_event(scope, node, raised)? {
                return Ok(());
            }
        }
        if self.throw_from_event(scope, node, catcher, thrown)? == Fate::Uncaught {
            self.emit(Event::ErrorUncaught {
                id: scope,
                error_code: error.code.clone(),
                error_message: message,
            });
            return self.end_path(scope, node);
        }
        Ok(())
    }

    /// A token arrives at an event that throws an escalation.
    pub(crate) fn enter_escalation(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        escalation: &ThrownEscalation,
    ) -> Result<(), Rejection> {
        let code = escalation.code.as_str();
        let thrown = Thrown::Escalation { code };
        let catcher = self.catcher(None, scope, thrown)?;
        if catcher.is_none() {
            let code = code.to_owned();
            if self.raise_from_event(scope, node, Raised::Escalation { code })? {
                return Ok(());
            }
        }
        match self.throw_from_event(scope, node, catcher, thrown)? {
            Fate::Interrupted => Ok(()),
            Fate::Uncaught | Fate::GoesOn => self.leave(scope, node),
        }
    }

    /// An event throws while a token goes through it.
    fn throw_from_event(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        catcher: Option<Catcher>,
        thrown: Thrown<'_>,
    ) -> Result<Fate, Rejection> {
        let canceled = catcher.as_ref().is_some_and(|catcher| catcher.interrupting);
        self.pass_through(scope, node, canceled)?;
        self.deliver(catcher, thrown)
    }

    /// A business error of a resting activity.
    pub(crate) fn throw_from_token(&mut self, token: Uuid, code: &str, message: Option<&str>) -> Result<(), Rejection> {
        let scope = self.surrounding(token)?;
        let thrown = Thrown::Error { code, message };
        let catcher = self.catcher(Some(token), scope, thrown)?;
        if self.deliver(catcher, thrown)? == Fate::Uncaught {
            let raised = Raised::Error {
                code: code.to_owned(),
                message: message.map(str::to_owned),
            };
            if !self.raise_to_caller(raised, Some(token)) {
                return self.end_uncaught(token, code, message);
            }
        }
        Ok(())
    }

    /// Nobody catches the error of a resting activity: its path ends there.
    pub(crate) fn end_uncaught(&mut self, token: Uuid, code: &str, message: Option<&str>) -> Result<(), Rejection> {
        let Some((scope, node)) = self.place_of(token)? else {
            return Err(Rejection::UnknownExecution { execution: token });
        };
        self.emit(Event::ErrorUncaught {
            id: token,
            error_code: code.to_owned(),
            error_message: message.map(str::to_owned),
        });
        if self.is_body_of(scope, node) {
            return self.complete_repetition(token, scope, node);
        }
        self.remove(token, node, false);
        self.end_path(scope, node)
    }

    /// Whether somebody in this instance catches what a called instance raised.
    pub(crate) fn is_caught(&self, token: Uuid, raised: &Raised) -> Result<bool, Rejection> {
        let scope = self.surrounding(token)?;
        Ok(self.catcher(Some(token), scope, raised.into())?.is_some())
    }

    /// What a called instance raised goes on from the call activity. When nobody catches it, the call goes on as if
    /// nothing had been raised.
    pub(crate) fn raise_from_call(&mut self, token: Uuid, raised: &Raised) -> Result<(), Rejection> {
        let scope = self.surrounding(token)?;
        let thrown = raised.into();
        let catcher = self.catcher(Some(token), scope, thrown)?;
        if self.deliver(catcher, thrown)? == Fate::Uncaught {
            self.raise_to_caller(raised.clone(), None);
        }
        Ok(())
    }

    pub(crate) fn throw_task_error(
        &mut self,
        task: Uuid,
        code: &str,
        message: Option<&str>,
        variables: &Variables,
    ) -> Result<(), Rejection> {
        self.check_user_task(task)?;
        self.set_variables(task, variables);
        self.throw_from_token(task, code, message)
    }

    pub(crate) fn throw_task_escalation(
        &mut self,
        task: Uuid,
        code: &str,
        variables: &Variables,
    ) -> Result<(), Rejection> {
        self.check_user_task(task)?;
        self.set_variables(task, variables);
        let scope = self.surrounding(task)?;
        let thrown = Thrown::Escalation { code };
        let catcher = self.catcher(Some(task), scope, thrown)?;
        match self.deliver(catcher, thrown)? {
            Fate::Uncaught if self.instance.caller.is_some() => {
                let code = code.to_owned();
                self.raise_to_caller(Raised::Escalation { code }, None);
                Ok(())
            }
            Fate::Uncaught => Err(Rejection::UncaughtEscalation { code: code.to_owned() }),
            Fate::GoesOn | Fate::Interrupted => Ok(()),
        }
    }

    /// An activity with several instances throws an escalation at its border; nobody needs to catch it.
    pub(crate) fn escalate_from(&mut self, body: Uuid, code: &str) -> Result<(), Rejection> {
        let scope = self.surrounding(body)?;
        let thrown = Thrown::Escalation { code };
        let catcher = self.catcher(Some(body), scope, thrown)?;
        if self.deliver(catcher, thrown)? == Fate::Uncaught {
            self.raise_to_caller(Raised::Escalation { code: code.to_owned() }, None);
        }
        Ok(())
    }

    fn check_user_task(&self, task: Uuid) -> Result<(), Rejection> {
        match self.instance.token(task).map(|token| &token.wait) {
            Some(Wait::UserTask(_)) => Ok(()),
            _ => Err(Rejection::UnknownTask { task }),
        }
    }

    /// Lets who catches go on.
    fn deliver(&mut self, catcher: Option<Catcher>, thrown: Thrown<'_>) -> Result<Fate, Rejection> {
        let Some(catcher) = catcher else {
            return Ok(Fate::Uncaught);
        };
        let holder = match self.model.flow_node(catcher.event).kind {
            NodeKind::BoundaryEvent(_) => self.surrounding(catcher.owner)?,
            _ => catcher.owner,
        };
        self.caught(catcher.owner, catcher.event)?;
        self.hand_over_code(holder, catcher.event, thrown);
        Ok(if catcher.interrupting {
            Fate::Interrupted
        } else {
            Fate::GoesOn
        })
    }

    /// Looks for who catches, scope by scope upwards. `from` is the resting activity that throws, if it is one;
    /// `scope` is the scope around it.
    fn catcher(&self, from: Option<Uuid>, scope: Uuid, thrown: Thrown<'_>) -> Result<Option<Catcher>, Rejection> {
        let (mut inner, mut scope) = (from, scope);
        loop {
            let inner_node = inner.map(|id| self.node_of(id)).transpose()?.flatten();
            let in_body = inner_node.is_some_and(|node| self.is_body_of(scope, node));
            if let (Some(owner), Some(node)) = (inner, inner_node.filter(|_| !in_body)) {
                for event in self.model.boundaries(node) {
                    if let NodeKind::BoundaryEvent(boundary) = &self.model.flow_node(*event).kind
                        && catches(&boundary.catch, thrown)
                    {
                        let (event, interrupting) = (*event, boundary.interrupting);
                        return Ok(Some(Catcher {
                            owner,
                            event,
                            interrupting,
                        }));
                    }
                }
            }
            let scope_node = self.node_of(scope)?;
            let is_body = scope_node.is_some_and(|node| self.is_body_of(scope, node));
            let triggers = if is_body { &[] } else { self.model.triggers(scope_node) };
            for event in triggers {
                let node = self.model.flow_node(*event);
                // An event sub-process does not catch what is thrown inside of it.
                if let NodeKind::StartEvent(start) = &node.kind
                    && node.parent != inner_node
                    && let Some(trigger) = start.trigger.as_ref().filter(|trigger| catches(&trigger.catch, thrown))
                {
                    return Ok(Some(Catcher {
                        owner: scope,
                        event: *event,
                        interrupting: trigger.interrupting,
                    }));
                }
            }
            inner = Some(scope);
            match self.instance.scope(scope).and_then(|scope| scope.parent) {
                Some(parent) => scope = parent,
                None => return Ok(None),
            }
        }
    }

    /// The node of a token or scope; `None` for the root.
    fn node_of(&self, execution: Uuid) -> Result<Option<NodeIndex>, Rejection> {
        let token = self.instance.token(execution).map(|token| &token.node);
        let scope = || self.instance.scope(execution).and_then(|scope| scope.node.as_ref());
        token.or_else(scope).map(|id| self.model.find(id)).transpose()
    }

    /// Writes what was thrown into the variables that the catching event names.
    fn hand_over_code(&mut self, holder: Uuid, event: NodeIndex, thrown: Thrown<'_>) {
        let model = self.model;
        let mut parts = model.flow_node(event).kind.catches().iter();
        match (parts.find(|part| catches(part, thrown)), thrown) {
            (Some(Catch::Error(catch)), Thrown::Error { code, message }) => {
                if let Some(name) = &catch.code_variable {
                    self.set_variable(holder, name, TypedValue::from(code.to_owned()));
                }
                if let Some(name) = &catch.message_variable {
                    self.set_variable(holder, name, TypedValue::from(message.map(str::to_owned)));
                }
            }
            (Some(Catch::Escalation(catch)), Thrown::Escalation { code }) => {
                if let Some(name) = &catch.code_variable {
                    self.set_variable(holder, name, TypedValue::from(code.to_owned()));
                }
            }
            _ => {}
        }
    }
}

fn catches(catch: &Catch, thrown: Thrown<'_>) -> bool {
    catch.parts().iter().any(|part| part_catches(part, thrown))
}

fn part_catches(part: &Catch, thrown: Thrown<'_>) -> bool {
    match (part, thrown) {
        (Catch::Error(catch), Thrown::Error { code, .. }) => catch.code.as_deref().is_none_or(|wanted| wanted == code),
        (Catch::Escalation(catch), Thrown::Escalation { code }) => {
            catch.code.as_deref().is_none_or(|wanted| wanted == code)
        }
        _ => false,
    }
}

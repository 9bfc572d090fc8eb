//! Waiting for events: subscriptions, boundary events and event sub-processes (BPMN 2.0, 13.5).

use flowstone_bpmn::model::{Catch, ExecutionEvent, NodeIndex, NodeKind};
use flowstone_expression::Variables;
use std::sync::Arc;

use uuid::Uuid;

use crate::context::Place;
use crate::event::Event;
use crate::rejection::Rejection;
use crate::scope::Skip;
use crate::state::{EventKind, JobWork, Subscription, Wait};
use crate::step::Step;

impl Step<'_> {
    /// Subscribes to the events at the border of an activity that has begun.
    pub(crate) fn watch_border(&mut self, owner: Uuid, activity: NodeIndex) -> Result<(), Rejection> {
        let model = self.model;
        // The border of a multi-instance activity is that of its body, not of each instance.
        if self.is_body_of(self.surrounding(owner)?, activity) {
            return Ok(());
        }
        for event in model.boundaries(activity) {
            self.subscribe(owner, *event)?;
        }
        Ok(())
    }

    /// Subscribes to the events that set off the event sub-processes of a scope that has begun.
    pub(crate) fn watch_scope(&mut self, scope: Uuid, node: Option<NodeIndex>) -> Result<(), Rejection> {
        let model = self.model;
        for event in model.triggers(node) {
            self.subscribe(scope, *event)?;
        }
        Ok(())
    }

    /// Subscribes to what an event waits for, when that comes from outside.
    pub(crate) fn subscribe(&mut self, owner: Uuid, event: NodeIndex) -> Result<(), Rejection> {
        let model = self.model;
        for catch in model.flow_node(event).kind.catches() {
            self.subscribe_to(owner, event, catch)?;
        }
        Ok(())
    }

    fn subscribe_to(&mut self, owner: Uuid, event: NodeIndex, catch: &Catch) -> Result<(), Rejection> {
        let (kind, name) = match catch {
            Catch::Message { name } => (EventKind::Message, name),
            Catch::Signal { name } => (EventKind::Signal, name),
            Catch::Conditional(_) => {
                let id = self.subscribe_by_name(owner, event, EventKind::Conditional, None);
                self.conditions.push((owner, id));
                return Ok(());
            }
            Catch::Timer(timer) => return self.set_timer(owner, event, timer),
            Catch::Error(_)
            | Catch::Escalation(_)
            | Catch::Compensation { .. }
            | Catch::Cancel
            | Catch::Link { .. }
            // Its parts are subscribed to one by one.
            | Catch::Multiple(_) => return Ok(()),
        };
        let name = self.text(name, &mut Place::at(owner, event))?;
        let name = name.ok_or_else(|| self.unfit(event, "the name of the event is null; give it a text"))?;
        self.subscribe_by_name(owner, event, kind, Some(name));
        Ok(())
    }

    pub(crate) fn subscribe_by_name(
        &mut self,
        owner: Uuid,
        node: NodeIndex,
        kind: EventKind,
        name: Option<String>,
    ) -> Uuid {
        let id = self.ids.next_id();
        let subscription = Subscription {
            id,
            owner,
            node: self.model.id(node),
            kind,
            name,
            kept: None,
            created_at: self.now,
        };
        self.emit(Event::Subscribed(Box::new(subscription)));
        id
    }

    /// A token arrives at an event-based gateway and waits for the first of the events behind it (bpmn-semantics 2.14).
    pub(crate) fn enter_event_based_gateway(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let model = self.model;
        let entry = self.prepare(scope, node)?;
        let id = entry.id;
        self.rest(entry, Wait::Signal);
        for flow in model.outgoing(node) {
            self.subscribe(id, flow.target)?;
        }
        Ok(())
    }

    /// Ends the subscriptions of a token or scope for which `ends` holds.
    pub(crate) fn unsubscribe(&mut self, owner: Uuid, ends: impl Fn(&Subscription) -> bool) {
        let subscriptions = self.instance.subscriptions_of(owner);
        let ending: Vec<Uuid> = subscriptions.filter(|one| ends(one)).map(|one| one.id).collect();
        for id in ending {
            self.emit(Event::Unsubscribed { id, owner });
        }
    }

    /// One of the things that a node waits for has come; `subscription` is what waited for it, unless a job did.
    pub(crate) fn came(&mut self, owner: Uuid, node: NodeIndex, subscription: Option<Uuid>) -> Result<(), Rejection> {
        let catch = self.model.flow_node(node).kind.catch();
        if !catch.is_some_and(Catch::is_parallel) {
            return self.caught(owner, node);
        }
        self.unsubscribe(owner, |one| Some(one.id) == subscription);
        let id = self.model.id(node);
        let waits = |one: &Arc<str>| *one == id;
        let is_awaited = self.instance.subscriptions_of(owner).any(|one| waits(&one.node))
            || self.instance.jobs_of(owner).any(|job| waits(&job.node));
        if is_awaited {
            return Ok(());
        }
        self.caught(owner, node)?;
        // What did not interrupt anything waits for all of it once more.
        if self.comes_again(node) {
            self.subscribe(owner, node)?;
        }
        Ok(())
    }

    /// The event that a node waits for has come to its owner: the token that rests there, the activity whose border
    /// it is, or the scope whose event sub-process it sets off.
    pub(crate) fn caught(&mut self, owner: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let model = self.model;
        match &model.flow_node(node).kind {
            NodeKind::BoundaryEvent(event) => {
                let scope = self.surrounding(owner)?;
                if event.interrupting {
                    self.cancel_activity(owner)?;
                }
                self.schedule(scope, node);
                Ok(())
            }
            NodeKind::StartEvent(event) => {
                let interrupting = event.trigger.as_ref().is_some_and(|trigger| trigger.interrupting);
                self.begin_event_sub_process(owner, node, interrupting)
            }
            NodeKind::IntermediateCatchEvent(_) => match self.place_of(owner)? {
                Some((scope, gateway)) if gateway != node => {
                    self.remove(owner, gateway, true);
                    self.pass(scope, node)?;
                    self.leave(scope, node)
                }
                _ => self.complete(owner),
            },
            _ => self.complete(owner),
        }
    }

    /// An event sub-process begins inside of a scope; an interrupting one takes the place of all else in it
    /// (bpmn-semantics 2.11).
    pub(crate) fn begin_event_sub_process(
        &mut self,
        scope: Uuid,
        start: NodeIndex,
        interrupting: bool,
    ) -> Result<(), Rejection> {
        let Some(sub_process) = self.model.flow_node(start).parent else {
            return Err(self.unfit(start, "the start event stands in no sub-process"));
        };
        if interrupting {
            self.interrupt(scope)?;
        }
        if self.asynchronous(scope, sub_process).before {
            return self.cut(scope, sub_process, JobWork::Enter, Variables::new());
        }
        self.enter_event_sub_process(scope, sub_process)
    }

    /// An event sub-process begins at its start event.
    pub(crate) fn enter_event_sub_process(&mut self, scope: Uuid, sub_process: NodeIndex) -> Result<(), Rejection> {
        let id = self.open_event_sub_process(scope, sub_process)?;
        match self.model.start_in(Some(sub_process)) {
            Some(start) => {
                self.schedule(id, start);
                Ok(())
            }
            None => self.complete_scope(id, sub_process),
        }
    }

    /// Cancels all that is active in a scope, where no event sub-process can be set off any more.
    pub(crate) fn interrupt(&mut self, scope: Uuid) -> Result<(), Rejection> {
        self.cancel_content(scope, Skip::default())?;
        let model = self.model;
        let is_start = |node: &str| {
            let node = model.find(node).map(|node| &model.flow_node(node).kind);
            matches!(node, Ok(NodeKind::StartEvent(_)))
        };
        self.unsubscribe(scope, |subscription| is_start(&subscription.node));
        self.end_jobs(scope, |job| is_start(&job.node));
        Ok(())
    }

    /// Opens the scope of an event sub-process in which nothing is active yet; its id.
    pub(crate) fn open_event_sub_process(&mut self, scope: Uuid, sub_process: NodeIndex) -> Result<Uuid, Rejection> {
        let id = self.ids.next_id();
        self.emit(Event::ScopeOpened {
            id,
            parent: scope,
            node: self.model.id(sub_process),
            at: self.now,
        });
        self.listen(ExecutionEvent::Start, sub_process, &mut Place::at(id, sub_process))?;
        self.watch_scope(id, Some(sub_process))?;
        Ok(id)
    }

    /// The scope directly around a token or scope.
    pub(crate) fn surrounding(&self, execution: Uuid) -> Result<Uuid, Rejection> {
        let token = self.instance.token(execution).map(|token| token.scope);
        let scope = || self.instance.scope(execution).and_then(|scope| scope.parent);
        token.or_else(scope).ok_or(Rejection::UnknownExecution { execution })
    }
}

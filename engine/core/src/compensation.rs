//! Undoing what was completed (BPMN 2.0, 10.5.7; bpmn-semantics 2.4).
//!
//! What a throwing event undoes happens in a scope of its own, that of the event: when nothing is left in it, the
//! event is done. A completed sub-process that can be compensated is kept with its variables and goes on inside of
//! that scope.

use flowstone_bpmn::model::{Catch, EndEvent, IntermediateThrowEvent, NodeIndex, NodeKind};
use uuid::Uuid;

use crate::event::Event;
use crate::rejection::Rejection;
use crate::scope::Skip;
use crate::state::{EventKind, ScopePhase, Subscription};
use crate::step::Step;

impl Step<'_> {
    /// An activity was completed: from now on its handler can undo it.
    pub(crate) fn register_compensation(&mut self, scope: Uuid, node: NodeIndex) {
        if let Some(handler) = self.model.compensation_handler(node) {
            self.subscribe_to_compensation(scope, handler, None);
        }
    }

    fn subscribe_to_compensation(&mut self, owner: Uuid, node: NodeIndex, kept: Option<Uuid>) {
        let own = kept
            .and_then(|id| self.instance.scope(id))
            .and_then(|scope| scope.node.clone());
        let is_event_sub_process = matches!(self.model.flow_node(node).kind, NodeKind::EventSubProcess);
        let node = own
            .filter(|_| !is_event_sub_process)
            .unwrap_or_else(|| self.model.id(node));
        let subscription = Subscription {
            id: self.ids.next_id(),
            owner,
            node,
            kind: EventKind::Compensate,
            name: None,
            kept,
            created_at: self.now,
        };
        self.emit(Event::Subscribed(Box::new(subscription)));
    }

    /// Whether a completed scope holds anything that can be undone.
    pub(crate) fn can_be_compensated(&self, scope: Uuid, node: NodeIndex) -> bool {
        let mut subscriptions = self.instance.subscriptions_of(scope);
        subscriptions.any(|one| one.kind == EventKind::Compensate)
            || (!self.is_body_of(scope, node) && self.compensation_start(node).is_some())
    }

    /// What a kept scope is compensated by.
    pub(crate) fn register_kept(&mut self, scope: Uuid, parent: Uuid, node: NodeIndex) {
        let start = self.compensation_start(node).filter(|_| !self.is_body_of(scope, node));
        let handler = start.and_then(|start| self.model.flow_node(start).parent);
        self.subscribe_to_compensation(parent, handler.unwrap_or(node), Some(scope));
    }

    /// The start event of the event sub-process that undoes a sub-process as a whole.
    fn compensation_start(&self, sub_process: NodeIndex) -> Option<NodeIndex> {
        let mut starts = self.model.triggers(Some(sub_process)).iter();
        starts
            .find(|start| {
                let catch = self.model.flow_node(**start).kind.catch();
                matches!(catch, Some(Catch::Compensation { .. }))
            })
            .copied()
    }

    /// Forgets what was kept in a scope that is gone.
    pub(crate) fn forget_kept(&mut self, scope: Uuid) {
        let kept: Vec<Uuid> = self
            .instance
            .scope(scope)
            .map(|scope| scope.kept.iter().copied().collect())
            .unwrap_or_default();
        // The depth is that of nested sub-processes, which the parser bounds.
        for id in kept {
            self.close_compensated(id);
        }
    }

    /// A kept scope is gone, or compensated.
    pub(crate) fn close_compensated(&mut self, id: Uuid) {
        self.forget_kept(id);
        self.unsubscribe(id, |_| true);
        self.end_jobs(id, |_| true);
        self.resolve_incidents(id);
        self.emit(Event::KeptScopeClosed { id });
    }

    /// A token arrives at an event that throws compensation.
    pub(crate) fn enter_compensation(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        activity: Option<NodeIndex>,
    ) -> Result<(), Rejection> {
        let wanted = activity.map(|activity| self.compensated_by(activity));
        let mut subscriptions = self.compensable(scope)?;
        subscriptions.retain(|one| wanted.as_ref().is_none_or(|wanted| *wanted == one.node));
        if subscriptions.is_empty() {
            self.pass(scope, node)?;
            return self.leave(scope, node);
        }
        self.compensate(scope, node, subscriptions)
    }

    /// A token arrives at a cancel end event: all else in the transaction is canceled, then what it completed is
    /// undone, then it is left by its boundary event.
    pub(crate) fn enter_cancel_end(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        self.cancel_content(scope, Skip::default())?;
        let subscriptions = self.compensable(scope)?;
        if subscriptions.is_empty() {
            self.pass(scope, node)?;
            return self.leave_canceled(scope, node);
        }
        self.compensate(scope, node, subscriptions)
    }

    /// Leaves a canceled transaction by its boundary event.
    pub(crate) fn leave_canceled(&mut self, transaction: Uuid, end: NodeIndex) -> Result<(), Rejection> {
        let model = self.model;
        let boundary = model.flow_node(end).parent.and_then(|parent| {
            let mut events = model.boundaries(parent).iter();
            events.find(|event| matches!(model.flow_node(**event).kind.catch(), Some(Catch::Cancel)))
        });
        let Some(boundary) = boundary else {
            return Err(self.unfit(
                end,
                "the transaction has no cancel boundary event; add one to say what follows",
            ));
        };
        // The boundary of several instances is that of all together.
        let parent = self.surrounding(transaction)?;
        let in_body = model
            .flow_node(end)
            .parent
            .is_some_and(|node| self.is_body_of(parent, node));
        self.caught(if in_body { parent } else { transaction }, *boundary)
    }

    /// The node under which an activity is subscribed to compensation.
    fn compensated_by(&self, activity: NodeIndex) -> std::sync::Arc<str> {
        if let Some(body) = self.model.body(activity) {
            return body.clone();
        }
        let start = self.compensation_start(activity);
        let handler = self
            .model
            .compensation_handler(activity)
            .or_else(|| start.and_then(|start| self.model.flow_node(start).parent));
        self.model.id(handler.unwrap_or(activity))
    }

    /// What can be undone from a scope, the first completed first: all in it and, from inside an event sub-process,
    /// in the scope around it.
    fn compensable(&self, scope: Uuid) -> Result<Vec<Subscription>, Rejection> {
        let mut found = Vec::new();
        let mut place = Some(scope);
        while let Some(id) = place {
            let subscriptions = self.instance.subscriptions_of(id);
            found.extend(subscriptions.filter(|one| one.kind == EventKind::Compensate).cloned());
            let Some(scope) = self.instance.scope(id) else {
                break;
            };
            let node = scope.node.as_deref().map(|node| self.model.find(node)).transpose()?;
            let is_event_sub_process =
                node.is_some_and(|node| matches!(self.model.flow_node(node).kind, NodeKind::EventSubProcess));
            place = scope.parent.filter(|_| is_event_sub_process);
        }
        found.sort_by_key(|one| (one.created_at, one.id));
        Ok(found)
    }

    fn compensate(&mut self, scope: Uuid, node: NodeIndex, undone: Vec<Subscription>) -> Result<(), Rejection> {
        let id = self.ids.next_id();
        self.emit(Event::ScopeOpened {
            id,
            parent: scope,
            node: self.model.id(node),
            at: self.now,
        });
        self.begin_handlers(id, undone)?;
        if self.is_empty(id) {
            return self.complete_scope(id, node);
        }
        Ok(())
    }

    /// Begins handlers inside of a scope. What is queued last goes first, hence what was completed last is undone
    /// first.
    fn begin_handlers(&mut self, scope: Uuid, undone: Vec<Subscription>) -> Result<(), Rejection> {
        for subscription in undone {
            self.emit(Event::Unsubscribed {
                id: subscription.id,
                owner: subscription.owner,
            });
            let node = self.model.find(&subscription.node)?;
            match subscription.kept {
                None => self.schedule(scope, node),
                Some(kept) => {
                    self.emit(Event::CompensationBegan {
                        id: kept,
                        parent: scope,
                    });
                    self.compensate_kept(kept, node)?;
                }
            }
        }
        Ok(())
    }

    // The depth is that of nested sub-processes, which the parser bounds.
    fn compensate_kept(&mut self, kept: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let model = self.model;
        // What was kept may be an event sub-process itself: then its own content is undone.
        let kept_node = self.instance.scope(kept).and_then(|scope| scope.node.as_ref());
        if matches!(model.flow_node(node).kind, NodeKind::EventSubProcess)
            && kept_node != Some(&model.id(node))
            && let Some(start) = model.start_in(Some(node))
        {
            return self.begin_event_sub_process(kept, start, false);
        }
        let subscriptions = self.instance.subscriptions_of(kept);
        let undone = subscriptions.filter(|one| one.kind == EventKind::Compensate).cloned();
        let mut undone: Vec<Subscription> = undone.collect();
        undone.sort_by_key(|one| (one.created_at, one.id));
        self.begin_handlers(kept, undone)
    }

    /// What follows when nothing is left to do in a scope that compensates; `false` when it is a usual scope.
    pub(crate) fn complete_compensation(&mut self, id: Uuid, node: NodeIndex) -> Result<bool, Rejection> {
        let Some(scope) = self.instance.scope(id) else {
            return Ok(false);
        };
        let Some(parent) = scope.parent else {
            return Ok(false);
        };
        if scope.phase == ScopePhase::Compensating {
            self.close_compensated(id);
            self.end_path(parent, node)?;
            return Ok(true);
        }
        match &self.model.flow_node(node).kind {
            NodeKind::EndEvent(EndEvent::Cancel) => {
                self.close(id, parent, node, false);
                self.leave_canceled(parent, node)?;
                Ok(true)
            }
            NodeKind::EndEvent(EndEvent::Compensation(_))
            | NodeKind::IntermediateThrowEvent(IntermediateThrowEvent::Compensation(_)) => {
                self.close(id, parent, node, false);
                self.leave(parent, node)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

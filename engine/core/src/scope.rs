//! Sub-processes, the end of scopes and cancellation.

use std::collections::HashSet;
use std::sync::Arc;

use flowstone_bpmn::model::{ExecutionEvent, NodeIndex, TaskEvent};
use uuid::Uuid;

use crate::event::{Event, Outcome};
use crate::rejection::Rejection;
use crate::state::{EventKind, JobWork, ScopePhase, Wait};
use crate::step::Step;

/// What of the model is not computed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Skip {
    /// Input and output parameters.
    pub(crate) mappings: bool,
    pub(crate) listeners: bool,
}

impl Step<'_> {
    /// A token arrives at an embedded sub-process (BPMN 2.0, 13.3.4).
    pub(crate) fn enter_sub_process(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let id = self.open_sub_process(scope, node)?;
        match self.model.start_in(Some(node)) {
            Some(start) => {
                self.schedule(id, start);
                Ok(())
            }
            None => self.complete_scope(id, node),
        }
    }

    /// Opens the scope of a sub-process, with all that is waited for at its border and in it.
    pub(crate) fn open_sub_process(&mut self, scope: Uuid, node: NodeIndex) -> Result<Uuid, Rejection> {
        let entry = self.prepare(scope, node)?;
        self.emit(Event::ScopeOpened {
            id: entry.id,
            parent: scope,
            node: self.model.id(node),
            at: self.now,
        });
        if !entry.locals.is_empty() {
            self.emit(Event::VariablesCreated {
                scope: entry.id,
                variables: entry.locals,
            });
        }
        self.watch_border(entry.id, node)?;
        self.watch_scope(entry.id, Some(node))?;
        Ok(entry.id)
    }

    /// A path ended at a node. When it was the last one of its scope, the scope is complete.
    pub(crate) fn end_path(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let phase = self.instance.scope(scope).map(|scope| scope.phase);
        // What was kept of several instances is undone, not counted again.
        if self.is_body_of(scope, node) && phase != Some(ScopePhase::Compensating) {
            let done = self.count_completed(scope, scope, node)?;
            return self.after_repetition(scope, node, done);
        }
        if let Some(part) = self.ad_hoc_scope(scope)? {
            return self.after_ad_hoc_path(scope, node, part);
        }
        if self.is_empty(scope) {
            self.complete_scope(scope, node)
        } else {
            Ok(())
        }
    }

    /// A terminate end event was reached: all else in its scope is canceled, then the scope is complete and its parent
    /// goes on (bpmn-semantics 2.10).
    pub(crate) fn terminate(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        self.cancel_content(scope, Skip::default())?;
        self.complete_scope(scope, node)
    }

    /// Ends the instance because who called it no longer waits for it.
    pub(crate) fn abandon_instance(&mut self) -> Result<(), Rejection> {
        self.end_instance(Outcome::InternallyTerminated, None, Skip::default())
    }

    /// Ends the instance from outside.
    pub(crate) fn cancel_instance(&mut self, reason: Option<&str>, skip: Skip) -> Result<(), Rejection> {
        self.end_instance(Outcome::ExternallyTerminated, reason, skip)
    }

    pub(crate) fn end_instance(&mut self, outcome: Outcome, reason: Option<&str>, skip: Skip) -> Result<(), Rejection> {
        self.cancel_content(self.instance.id, skip)?;
        let begun = self.instance.start_node.clone();
        if let Some(start) = begun.filter(|_| !skip.listeners) {
            let start = self.model.find(&start)?;
            self.listen_to_instance(ExecutionEvent::End, start)?;
        }
        self.close_instance(None, outcome, reason);
        Ok(())
    }

    /// The instance ends: nothing of it is left.
    fn close_instance(&mut self, end_node: Option<Arc<str>>, outcome: Outcome, reason: Option<&str>) {
        let id = self.instance.id;
        self.forget_kept(id);
        self.unsubscribe(id, |_| true);
        self.end_jobs(id, |_| true);
        let open = self.instance.incidents().map(|incident| (incident.id, incident.token));
        for (id, token) in open.collect::<Vec<_>>() {
            self.emit(Event::IncidentResolved { id, token });
        }
        self.emit(Event::InstanceEnded {
            at: self.now,
            end_node,
            outcome,
            reason: reason.map(str::to_owned),
        });
    }

    pub(crate) fn complete_scope(&mut self, id: Uuid, last: NodeIndex) -> Result<(), Rejection> {
        let Some((parent, node)) = self.sub_process(id)? else {
            if self.root_is_held {
                self.ended_at = Some(last);
                return Ok(());
            }
            self.listen_to_instance(ExecutionEvent::End, last)?;
            self.close_instance(Some(self.model.id(last)), Outcome::Completed, None);
            return Ok(());
        };
        if self.complete_compensation(id, node)? {
            return Ok(());
        }
        self.finish_node(id, parent, node, Skip::default())?;
        if self.is_body_of(parent, node) {
            self.register_compensation(parent, node);
            if self.asynchronous(parent, node).after {
                let kept = self.kept(id, node).unwrap_or_default();
                self.close(id, parent, node, false);
                return self.cut(parent, node, JobWork::Leave { flow: None }, kept);
            }
            let done = self.count_completed(parent, id, node)?;
            let kept = self.kept(id, node).filter(|_| !done);
            self.forget_repetition(id, node);
            self.close(id, parent, node, false);
            if let Some(variables) = kept {
                self.keep_repetition(parent, node, variables);
            }
            return self.after_repetition(parent, node, done);
        }
        self.close(id, parent, node, false);
        self.leave(parent, node)
    }

    /// Enclosing scope and node of a sub-process; `None` for the root.
    fn sub_process(&self, id: Uuid) -> Result<Option<(Uuid, NodeIndex)>, Rejection> {
        let scope = self.instance.scope(id);
        let place = scope.and_then(|scope| scope.parent.zip(scope.node.as_ref()));
        place
            .map(|(parent, node)| Ok((parent, self.model.find(node)?)))
            .transpose()
    }

    pub(crate) fn close(&mut self, id: Uuid, parent: Uuid, node: NodeIndex, canceled: bool) {
        let phase = self.instance.scope(id).map(|scope| scope.phase);
        if phase == Some(ScopePhase::Compensating) {
            return self.close_compensated(id);
        }
        let kept = !canceled && self.can_be_compensated(id, node);
        if !kept {
            self.forget_kept(id);
        }
        self.unsubscribe(id, |one| !kept || one.kind != EventKind::Compensate);
        self.end_jobs(id, |_| true);
        self.resolve_incidents(id);
        if kept {
            self.register_kept(id, parent, node);
        }
        let scope = self.instance.scope(id);
        let started_at = scope.map_or(self.now, |scope| scope.started_at);
        // The body of a multi-instance activity has an id of its own.
        let own = scope.and_then(|scope| scope.node.clone());
        self.emit(Event::ScopeClosed {
            id,
            parent,
            node: own.unwrap_or_else(|| self.model.id(node)),
            started_at,
            at: self.now,
            completes_scope: self.model.completes_scope(node),
            canceled,
            kept,
        });
    }

    /// Cancels a resting activity or a sub-process with all that is active or scheduled in it.
    pub(crate) fn cancel_activity(&mut self, id: Uuid) -> Result<(), Rejection> {
        let mut gone = HashSet::new();
        self.cancel(id, Skip::default(), &mut gone)?;
        self.drop_scheduled(|scope| gone.contains(&scope));
        Ok(())
    }

    /// Cancels all that is active or scheduled in a scope, the innermost first.
    pub(crate) fn cancel_content(&mut self, scope: Uuid, skip: Skip) -> Result<(), Rejection> {
        let mut gone = HashSet::new();
        self.cancel_children(scope, skip, &mut gone)?;
        self.drop_scheduled(|scope| gone.contains(&scope));
        Ok(())
    }

    // The depth is that of nested sub-processes, which the parser bounds.
    fn cancel_children(&mut self, scope: Uuid, skip: Skip, gone: &mut HashSet<Uuid>) -> Result<(), Rejection> {
        gone.insert(scope);
        let children: Vec<Uuid> = self
            .instance
            .scope(scope)
            .map(|scope| scope.children.iter().copied().collect())
            .unwrap_or_default();
        for child in children {
            self.cancel(child, skip, gone)?;
        }
        Ok(())
    }

    fn cancel(&mut self, id: Uuid, skip: Skip, gone: &mut HashSet<Uuid>) -> Result<(), Rejection> {
        if let Some((parent, node)) = self.sub_process(id)? {
            self.cancel_children(id, skip, gone)?;
            let is_open = self
                .instance
                .scope(id)
                .is_some_and(|scope| scope.phase == ScopePhase::Open);
            if is_open && !self.is_body_of(id, node) {
                self.finish_node(id, parent, node, skip)?;
            }
            self.close(id, parent, node, true);
        } else if self
            .instance
            .token(id)
            .is_some_and(|token| matches!(token.wait, Wait::Siblings | Wait::Job))
        {
            self.end_jobs(id, |_| true);
            self.resolve_incidents(id);
            self.emit(Event::TransitionClosed { id });
        } else if let Some((scope, node)) = self.place_of(id)? {
            let joins = self.instance.token(id).is_some_and(|token| token.wait == Wait::Join);
            if !joins {
                if !skip.listeners {
                    self.listen_to_task(TaskEvent::Delete, id)?;
                }
                self.finish_node(id, scope, node, skip)?;
            }
            self.remove(id, node, true);
        }
        Ok(())
    }
}

//! Ad-hoc sub-processes (BPMN 2.0, 10.3.5 and 13.3.5): activities that no flow leads to begin all at once, or one after
//! the other in document order.

use flowstone_bpmn::model::{AdHocSubProcess, NodeIndex, NodeKind};
use flowstone_expression::{TypedValue, Value};
use uuid::Uuid;

use crate::context::Place;
use crate::rejection::Rejection;
use crate::scope::Skip;
use crate::step::Step;

/// How many activities of a sequential one have begun.
const BEGUN: &str = "nrOfStartedActivities";

impl Step<'_> {
    /// A token arrives at an ad-hoc sub-process.
    pub(crate) fn enter_ad_hoc_sub_process(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        part: &AdHocSubProcess,
    ) -> Result<(), Rejection> {
        let id = self.open_sub_process(scope, node)?;
        let first = self.ad_hoc_activities(node);
        match first.first() {
            None => self.complete_scope(id, node),
            Some(one) if part.sequential => {
                self.set_local_variable(id, BEGUN, TypedValue::from(1));
                self.schedule(id, *one);
                Ok(())
            }
            Some(_) => {
                for one in first.into_iter().rev() {
                    self.schedule(id, one);
                }
                Ok(())
            }
        }
    }

    /// What an ad-hoc sub-process does by itself: the nodes that neither a flow nor an event leads to.
    fn ad_hoc_activities(&self, node: NodeIndex) -> Vec<NodeIndex> {
        let children = self.model.process().children(Some(node));
        let begins_by_itself = |kind: &NodeKind| {
            !matches!(
                kind,
                NodeKind::BoundaryEvent(_) | NodeKind::EventSubProcess | NodeKind::StartEvent(_)
            )
        };
        children
            .filter(|(_, child)| {
                child.incoming.is_empty() && !child.is_for_compensation && begins_by_itself(&child.kind)
            })
            .map(|(index, _)| index)
            .collect()
    }

    /// A path in an ad-hoc sub-process has ended at a node.
    pub(crate) fn after_ad_hoc_path(
        &mut self,
        scope: Uuid,
        last: NodeIndex,
        part: &AdHocSubProcess,
    ) -> Result<(), Rejection> {
        let Some(id) = self.instance.scope(scope).and_then(|scope| scope.node.clone()) else {
            return Ok(());
        };
        let node = self.model.find(&id)?;
        let is_complete = match &part.completion {
            Some(condition) => self.holds(Some(condition), &mut Place::at(scope, node))?,
            None => false,
        };
        if is_complete && part.cancel_remaining {
            self.cancel_content(scope, Skip::default())?;
            return self.complete_scope(scope, last);
        }
        if !self.is_empty(scope) {
            return Ok(());
        }
        let begun = self.instance.scope(scope).and_then(|scope| scope.variables.get(BEGUN));
        let begun = match begun.map(Value::from) {
            Some(Value::Integer(begun)) if part.sequential && !is_complete => usize::try_from(begun).ok(),
            _ => None,
        };
        let next = begun.and_then(|begun| Some((begun + 1, *self.ad_hoc_activities(node).get(begun)?)));
        match next {
            Some((begun, next)) => {
                let begun = i32::try_from(begun).unwrap_or(i32::MAX);
                self.set_local_variable(scope, BEGUN, TypedValue::from(begun));
                self.schedule(scope, next);
                Ok(())
            }
            None => self.complete_scope(scope, last),
        }
    }
}

impl<'a> Step<'a> {
    /// The ad-hoc sub-process that a scope is, if it is one.
    pub(crate) fn ad_hoc_scope(&self, scope: Uuid) -> Result<Option<&'a AdHocSubProcess>, Rejection> {
        let Some(id) = self.instance.scope(scope).and_then(|scope| scope.node.as_ref()) else {
            return Ok(None);
        };
        let model = self.model;
        let node = model.find(id)?;
        Ok(match &model.flow_node(node).kind {
            NodeKind::AdHocSubProcess(part) if model.body(node) != Some(id) => Some(part),
            _ => None,
        })
    }
}

//! The inclusive gateway (BPMN 2.0, 13.4.3).

use flowstone_bpmn::model::{NodeIndex, NodeKind};
use uuid::Uuid;

use crate::rejection::Rejection;
use crate::state::JobWork;
use crate::step::Step;

impl Step<'_> {
    /// A token arrives at an inclusive gateway. It fires when a token has come for every incoming flow, or when no
    /// other token of the scope can still come (bpmn-semantics 2.1).
    pub(crate) fn enter_inclusive_gateway(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let arrived = self.instance.number_waiting_at_join(scope, &self.model.id(node)) + 1;
        if arrived < self.model.flow_node(node).incoming.len() && self.can_be_reached(scope, node) {
            self.wait_for_others(scope, node);
            return Ok(());
        }
        self.merge_and_split(scope, node)
    }

    /// Fires a gateway at which tokens wait that nothing will join any more, because the other branches ended
    /// elsewhere; answers whether there was one.
    pub(crate) fn fire_forsaken_gateway(&mut self) -> Result<bool, Rejection> {
        let joins = self.instance.joins();
        let gateways = joins.filter_map(|(scope, id)| {
            let node = self.model.find(id).ok()?;
            let kind = &self.model.flow_node(node).kind;
            let looks = matches!(kind, NodeKind::InclusiveGateway | NodeKind::ComplexGateway(_));
            (looks && !self.can_be_reached(scope, node)).then_some((scope, node))
        });
        let mut forsaken: Vec<(Uuid, NodeIndex)> = gateways.collect();
        // The same one first, wherever the instance is in memory.
        forsaken.sort_unstable();
        for (scope, node) in forsaken {
            let fired = match &self.model.flow_node(node).kind {
                NodeKind::ComplexGateway(gateway) => self.leave_forsaken_gateway(scope, node, gateway)?,
                _ => self.merge_and_split(scope, node).map(|()| true)?,
            };
            if fired {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(crate) fn merge_and_split(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let id = self.model.id(node);
        let waiting: Vec<Uuid> = self.instance.waiting_at_join(scope, &id).collect();
        for token in waiting {
            self.remove(token, node, false);
        }
        self.pass(scope, node)?;
        self.leave(scope, node)
    }

    /// Whether a token of the scope, at rest or on its way, can still come to a node. Looks at each node of the scope
    /// once, however many tokens it has.
    pub(crate) fn can_be_reached(&self, scope: Uuid, node: NodeIndex) -> bool {
        let Some(reaching) = self.model.reaching(node) else {
            return false;
        };
        let at_rest = self
            .instance
            .scope(scope)
            .is_some_and(|scope| scope.occupied.keys().any(|id| reaching.contains(id)));
        at_rest
            || self.is_about_to_enter(scope, node)
            || self.is_scheduled(scope, |arrival| {
                arrival == node || reaching.contains(&self.model.id(arrival))
            })
    }
    /// Whether a job has still to let a token of the scope into a node.
    fn is_about_to_enter(&self, scope: Uuid, node: NodeIndex) -> bool {
        let id = self.model.id(node);
        let there = (self.instance.scope(scope)).map_or(0, |scope| scope.occupied.get(&id).copied().unwrap_or(0));
        // Jobs are looked at only when tokens rest at the node that do not wait for others.
        there > self.instance.number_waiting_at_join(scope, &id)
            && self.instance.jobs().any(|job| {
                let token = self.instance.token(job.owner);
                job.work == JobWork::Enter && job.node == id && token.is_some_and(|token| token.scope == scope)
            })
    }
}

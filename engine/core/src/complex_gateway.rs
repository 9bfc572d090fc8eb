//! The complex gateway (BPMN 2.0, 13.4.5).
//!
//! It fires when its condition holds for the tokens that came, and then waits for those that can still come: they are
//! taken without effect, unless flows have conditions that hold then. Between the two a token rests in the gateway whose
//! variable `waitingForStart` is false.

use flowstone_bpmn::model::{ComplexGateway, FlowIndex, NodeIndex};
use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;

use crate::context::{Entry, Place};
use crate::rejection::Rejection;
use crate::state::Wait;
use crate::step::Step;

const COUNT: &str = "activationCount";
const WAITING_FOR_START: &str = "waitingForStart";

impl Step<'_> {
    /// A token arrives at a complex gateway.
    pub(crate) fn enter_complex_gateway(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        gateway: &ComplexGateway,
    ) -> Result<(), Rejection> {
        let id = self.model.id(node);
        if self.reset_token(scope, node).is_some() {
            self.wait_for_others(scope, node);
            return Ok(());
        }
        let arrived = self.instance.number_waiting_at_join(scope, &id) + 1;
        let Some(condition) = &gateway.activation else {
            if arrived < self.model.flow_node(node).incoming.len() && self.can_be_reached(scope, node) {
                self.wait_for_others(scope, node);
                return Ok(());
            }
            return self.merge_and_split(scope, node);
        };
        let count = TypedValue::from(i32::try_from(arrived).unwrap_or(i32::MAX));
        let token = self.rest_with(scope, node, Variables::from([(COUNT.to_owned(), count)]));
        if !self.holds(Some(condition), &mut Place::at(token, node))? {
            return Ok(());
        }
        if self.model.flow_node(node).incoming.len() > 1 {
            self.take_all(scope, node);
            let state = Variables::from([(WAITING_FOR_START.to_owned(), TypedValue::from(false))]);
            self.rest_with(scope, node, state);
            return self.leave(scope, node);
        }
        self.merge_and_split(scope, node)
    }

    /// Lets a complex gateway that has fired begin anew, when nothing can come to it any more; answers whether there
    /// was one.
    pub(crate) fn reset_complex_gateway(&mut self, scope: Uuid, node: NodeIndex) -> Result<bool, Rejection> {
        let Some(token) = self.reset_token(scope, node) else {
            return Ok(false);
        };
        let model = self.model;
        let mut taken: Vec<FlowIndex> = Vec::new();
        for index in &model.flow_node(node).outgoing {
            let condition = model.process().flow(*index).condition.as_ref();
            // Flows without condition were taken when the gateway fired.
            if condition.is_some() && self.holds(condition, &mut Place::at(token, node))? {
                taken.push(*index);
            }
        }
        self.take_all(scope, node);
        if taken.is_empty() {
            return self.end_path(scope, node).map(|()| true);
        }
        for flow in taken.into_iter().rev() {
            self.listen_to_flow(flow, scope)?;
            self.schedule(scope, model.process().flow(flow).target);
        }
        Ok(true)
    }

    /// The token that stands for a complex gateway that has fired.
    fn reset_token(&self, scope: Uuid, node: NodeIndex) -> Option<Uuid> {
        let id = self.model.id(node);
        let mut waiting = self.instance.waiting_at_join(scope, &id);
        waiting.find(|token| {
            let token = self.instance.token(*token);
            token.is_some_and(|token| token.variables.contains_key(WAITING_FOR_START))
        })
    }

    /// Whether a gateway is a complex one that has fired and not begun anew.
    pub(crate) fn has_fired(&self, scope: Uuid, node: NodeIndex) -> bool {
        self.reset_token(scope, node).is_some()
    }

    fn take_all(&mut self, scope: Uuid, node: NodeIndex) {
        let id = self.model.id(node);
        let waiting: Vec<Uuid> = self.instance.waiting_at_join(scope, &id).collect();
        for token in waiting {
            self.remove(token, node, false);
        }
    }

    fn rest_with(&mut self, scope: Uuid, node: NodeIndex, locals: Variables) -> Uuid {
        let id = self.ids.next_id();
        let entry = Entry {
            id,
            scope,
            node,
            locals,
            task: None,
        };
        self.rest(entry, Wait::Join);
        id
    }
}

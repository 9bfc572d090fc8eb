//! The complex gateway (BPMN 2.0, 13.4.5).
//!
//! It fires when its condition holds for the tokens that came, and then waits for those that can still come: they are
//! taken without effect, unless flows have conditions that hold then. Between the two a token rests in the gateway whose
//! variable `waitingForStart` is false. When its condition does not hold and nothing can come any more, an incident says so.

use flowstone_bpmn::model::{ComplexGateway, FlowIndex, NodeIndex};
use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;

use crate::context::{Entry, Place};
use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::{Incident, Wait};
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
        self.activate(scope, node)
    }

    /// A complex gateway whose condition holds fires.
    fn activate(&mut self, scope: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        if self.model.flow_node(node).incoming.len() > 1 {
            self.take_all(scope, node);
            let state = Variables::from([(WAITING_FOR_START.to_owned(), TypedValue::from(false))]);
            self.rest_with(scope, node, state);
            return self.leave(scope, node);
        }
        self.merge_and_split(scope, node)
    }

    /// Nothing can come any more to a complex gateway at which tokens wait; answers whether they went on.
    pub(crate) fn leave_forsaken_gateway(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        gateway: &ComplexGateway,
    ) -> Result<bool, Rejection> {
        if let Some(token) = self.reset_token(scope, node) {
            self.begin_anew(scope, node, token)?;
            return Ok(true);
        }
        let last = self.instance.waiting_at_join(scope, &self.model.id(node)).last();
        let (Some(condition), Some(last)) = (&gateway.activation, last) else {
            return self.merge_and_split(scope, node).map(|()| true);
        };
        // Variables may have changed since the last token came. What cannot be computed does not hold: commands that
        // have nothing to do with the gateway must not fail by it.
        if self.holds(Some(condition), &mut Place::at(last, node)) == Ok(true) {
            self.activate(scope, node)?;
            return Ok(true);
        }
        self.report_stuck_gateway(node, last);
        Ok(false)
    }

    /// Tells the operator, once, that a gateway waits for ever.
    fn report_stuck_gateway(&mut self, node: NodeIndex, token: Uuid) {
        if self.instance.incidents_of(token).next().is_some() {
            return;
        }
        let incident = Incident {
            id: self.ids.next_id(),
            incident_type: "stuckGateway".into(),
            token,
            source: token,
            configuration: None,
            node: self.model.id(node),
            message: Some(
                "no token can come here any more and the activation condition does not hold; change the variables \
                 that it asks for, or move the tokens on by a modification"
                    .to_owned(),
            ),
            created_at: self.now,
            annotation: None,
        };
        self.emit(Event::IncidentRaised(Box::new(incident)));
    }

    /// A complex gateway that has fired waits for its condition once more.
    fn begin_anew(&mut self, scope: Uuid, node: NodeIndex, token: Uuid) -> Result<(), Rejection> {
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
            return self.end_path(scope, node);
        }
        for flow in taken.into_iter().rev() {
            self.listen_to_flow(flow, scope)?;
            self.schedule(scope, model.process().flow(flow).target);
        }
        Ok(())
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

//! Conditional events (BPMN 2.0, 10.5.5; bpmn-semantics 2.8).
//!
//! What an entered node or a command changes is looked at after it, change by change in their order.

use flowstone_bpmn::model::{Catch, Condition, NodeKind, VariableChange};
use flowstone_expression::EvaluationError;
use uuid::Uuid;

use crate::context::Place;
use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::Subscription;
use crate::step::Step;

/// A variable that changed.
#[derive(Debug)]
pub(crate) struct Changed {
    holder: Uuid,
    name: String,
    how: VariableChange,
}

impl Step<'_> {
    /// Notes what an event that is about to be applied does to variables. Variables that a scope begins with concern
    /// nobody yet.
    pub(crate) fn note_change(&mut self, event: &Event) {
        let (holder, name) = match event {
            Event::VariableSet { scope, name, .. } | Event::VariableRemoved { scope, name } => (*scope, name),
            _ => return,
        };
        let known = self
            .instance
            .variable_holders(holder)
            .next()
            .is_some_and(|(_, variables)| variables.contains_key(name));
        let how = match event {
            Event::VariableRemoved { .. } => VariableChange::Delete,
            _ if known => VariableChange::Update,
            _ => VariableChange::Create,
        };
        self.changes.push_back(Changed {
            holder,
            name: name.clone(),
            how,
        });
    }

    /// Notes variables that came after those who wait for conditions.
    pub(crate) fn note_created(&mut self, holder: Uuid, names: Vec<String>) {
        let created = names.into_iter().map(|name| Changed {
            holder,
            name,
            how: VariableChange::Create,
        });
        self.changes.extend(created);
    }

    /// Looks at the conditions that are waited for since just now and at those that changes may have made true.
    pub(crate) fn check_conditions(&mut self) -> Result<(), Rejection> {
        for (owner, id) in std::mem::take(&mut self.conditions) {
            self.check_condition(owner, id)?;
        }
        while let Some(changed) = self.changes.pop_front() {
            let waiting = self.instance.conditions();
            let concerned: Vec<(Uuid, Uuid)> = waiting
                .filter(|subscription| self.concerns(subscription, &changed))
                .map(|subscription| (subscription.owner, subscription.id))
                .collect();
            for (owner, id) in concerned {
                self.check_condition(owner, id)?;
            }
        }
        Ok(())
    }

    /// Whether a change is one that a condition may look at: in its scope or around it, and not filtered out.
    fn concerns(&self, subscription: &Subscription, changed: &Changed) -> bool {
        let Some(condition) = self.condition_of(subscription) else {
            return false;
        };
        let by_name = condition
            .variable_name
            .as_ref()
            .is_none_or(|name| *name == changed.name);
        let by_event = condition.variable_events.is_empty() || condition.variable_events.contains(&changed.how);
        let mut holders = self.instance.variable_holders(subscription.owner);
        by_name && by_event && holders.any(|(holder, _)| holder == changed.holder)
    }

    fn condition_of(&self, subscription: &Subscription) -> Option<&Condition> {
        let node = self.model.find(&subscription.node).ok()?;
        condition_in(&self.model.flow_node(node).kind)
    }

    /// Lets an event go on when its condition holds. One before it may have ended its wait.
    fn check_condition(&mut self, owner: Uuid, id: Uuid) -> Result<(), Rejection> {
        let model = self.model;
        let Some(subscription) = self.instance.subscription(owner, id) else {
            return Ok(());
        };
        let node = model.find(&subscription.node)?;
        let Some(condition) = condition_in(&model.flow_node(node).kind) else {
            return Ok(());
        };
        match self.holds(Some(&condition.condition), &mut Place::at(owner, node)) {
            Ok(true) => self.came(owner, node, Some(id)),
            Ok(false) => Ok(()),
            // A variable that does not exist yet makes nothing true; in FEEL it makes the condition null.
            Err(Rejection::Expression {
                error: EvaluationError::UnknownIdentifier { .. } | EvaluationError::ConditionIsNull,
                ..
            }) => Ok(()),
            Err(rejection) => Err(rejection),
        }
    }
}

/// The condition that an event waits for.
pub(crate) fn condition_in(event: &NodeKind) -> Option<&Condition> {
    event.catches().iter().find_map(|catch| match catch {
        Catch::Conditional(condition) => Some(&**condition),
        _ => None,
    })
}

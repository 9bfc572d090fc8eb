//! Activities that are carried out several times (BPMN 2.0, 13.3.7; bpmn-semantics 2.3).
//!
//! The instances lie in a scope of their own, the body. Its variables count them, so that one more that is done costs
//! the same however many there are.

use flowstone_bpmn::model::{
    InstanceEvent, MultiInstance, NodeIndex, StandardLoop, ThrowingInstance, ThrownByInstances, Times,
};
use flowstone_expression::{TypedValue, Value, Variables};
use uuid::Uuid;

use crate::context::Place;
use crate::event::Event;
use crate::rejection::Rejection;
use crate::scope::Skip;
use crate::state::{Token, Wait};
use crate::step::Step;

pub(crate) const ALL: &str = "nrOfInstances";
pub(crate) const COMPLETED: &str = "nrOfCompletedInstances";
pub(crate) const ACTIVE: &str = "nrOfActiveInstances";
pub(crate) const COUNTER: &str = "loopCounter";

/// How often an activity can be carried out: what it takes to count them is held in memory.
const MOST: i32 = 1_000_000;

impl Step<'_> {
    /// Whether a scope is the body of a multi-instance activity.
    pub(crate) fn is_body_of(&self, scope: Uuid, node: NodeIndex) -> bool {
        let Some(body) = self.model.body(node) else {
            return false;
        };
        self.instance.scope(scope).and_then(|scope| scope.node.as_ref()) == Some(body)
    }

    /// Whether a node is a standard loop, which nothing bounds.
    pub(crate) fn is_loop(&self, node: NodeIndex) -> bool {
        let repeated = &self.model.flow_node(node).multi_instance;
        repeated
            .as_ref()
            .is_some_and(|repeated| matches!(repeated.times, Times::Loop(_)))
    }

    /// A token arrives at a multi-instance activity.
    pub(crate) fn enter_body(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        repeated: &MultiInstance,
    ) -> Result<(), Rejection> {
        if let Times::Loop(repeated) = &repeated.times {
            return self.enter_loop(scope, node, repeated);
        }
        let items = self.items(scope, node, repeated)?;
        let count = items.count();
        let active = if repeated.sequential { count.min(1) } else { count };
        let id = self.open_body(scope, node, &[(ALL, count), (COMPLETED, 0), (ACTIVE, active)])?;
        if count == 0 {
            return self.leave_body(id, node);
        }
        if repeated.sequential {
            return self.next_in_sequence(id, node, repeated, &items, 0);
        }
        for counter in (0..count).rev() {
            let mut locals = Variables::from([(COUNTER.to_owned(), TypedValue::from(counter))]);
            if let (Some(name), Some(item)) = (&repeated.element_variable, items.get(counter)) {
                let item = item.into_typed().map_err(|error| self.failed(node, error))?;
                locals.insert(name.clone(), item);
            }
            self.schedule_repetition(id, node, locals);
        }
        Ok(())
    }

    /// Opens the body of an activity that is carried out several times, with the variables that count and the events
    /// at its border.
    pub(crate) fn open_body(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        counters: &[(&str, i32)],
    ) -> Result<Uuid, Rejection> {
        let Some(body) = self.model.body(node).cloned() else {
            return Err(self.unfit(node, "the activity has no body"));
        };
        let id = self.ids.next_id();
        self.emit(Event::ScopeOpened {
            id,
            parent: scope,
            node: body,
            at: self.now,
        });
        self.emit(Event::VariablesCreated {
            scope: id,
            variables: counters
                .iter()
                .map(|(name, value)| ((*name).to_owned(), TypedValue::from(*value)))
                .collect(),
        });
        self.watch_border(id, node)?;
        Ok(id)
    }

    /// A token arrives at a standard loop (BPMN 2.0, 13.3.6). Its body counts how often it was carried out.
    fn enter_loop(&mut self, scope: Uuid, node: NodeIndex, repeated: &StandardLoop) -> Result<(), Rejection> {
        let id = self.open_body(scope, node, &[(COMPLETED, 0), (COUNTER, 0)])?;
        if repeated.test_before && !self.loops_on(id, node, repeated, 0)? {
            return self.leave_body(id, node);
        }
        self.schedule_repetition(id, node, Variables::new());
        Ok(())
    }

    /// Whether a standard loop goes on after it was carried out so many times.
    fn loops_on(
        &mut self,
        body: Uuid,
        node: NodeIndex,
        repeated: &StandardLoop,
        completed: i32,
    ) -> Result<bool, Rejection> {
        let completed = u32::try_from(completed).unwrap_or(u32::MAX);
        if repeated.maximum.is_some_and(|maximum| completed >= maximum) {
            return Ok(false);
        }
        self.holds(repeated.condition.as_ref(), &mut Place::at(body, node))
    }

    /// What the activity is carried out for.
    fn items(&mut self, scope: Uuid, node: NodeIndex, repeated: &MultiInstance) -> Result<Items, Rejection> {
        let mut place = Place::at(scope, node);
        let value = match &repeated.times {
            Times::Cardinality(cardinality) => {
                let value = self.evaluate(cardinality, &mut place)?;
                let number = self.whole_number(&value, node).ok();
                let count = number
                    .and_then(|number| i32::try_from(number).ok())
                    .filter(|number| *number >= 0);
                let problem = "loopCardinality is not a whole number of at least 0; give one, for example 3";
                let count = count.ok_or_else(|| self.unfit(node, problem))?;
                if count > MOST {
                    return Err(self.unfit(node, "loopCardinality is above 1000000; split the work"));
                }
                return Ok(Items::Count(count));
            }
            Times::Loop(_) => return Ok(Items::Count(i32::MAX)),
            Times::Collection(collection) => self.evaluate(collection, &mut place)?,
            Times::Variable(name) => {
                let variable = self.instance.variable(scope, name);
                variable.map(Value::from).unwrap_or(Value::Null)
            }
        };
        let items = value.as_list().map(<[Value]>::to_vec);
        let problem = "the collection of the multi-instance activity is not a list; set the variable before";
        items.map(Items::List).ok_or_else(|| self.unfit(node, problem))
    }

    fn next_in_sequence(
        &mut self,
        body: Uuid,
        node: NodeIndex,
        repeated: &MultiInstance,
        items: &Items,
        counter: i32,
    ) -> Result<(), Rejection> {
        self.set_local_variable(body, COUNTER, TypedValue::from(counter));
        if let Some(name) = &repeated.element_variable {
            let item = items.get(counter).unwrap_or(Value::Null);
            let item = item.into_typed().map_err(|error| self.failed(node, error))?;
            self.set_local_variable(body, name, item);
        }
        self.schedule_repetition(body, node, Variables::new());
        Ok(())
    }

    /// Counts an instance that is done and says whether the activity is done with it. `place` is the instance while
    /// its variables can still be seen.
    pub(crate) fn count_completed(&mut self, body: Uuid, place: Uuid, node: NodeIndex) -> Result<bool, Rejection> {
        let model = self.model;
        let Some(repeated) = &model.flow_node(node).multi_instance else {
            return Ok(true);
        };
        let completed = self.counter(body, COMPLETED) + 1;
        self.set_local_variable(body, COMPLETED, TypedValue::from(completed));
        if let Times::Loop(repeated) = &repeated.times {
            self.set_local_variable(body, COUNTER, TypedValue::from(completed));
            return Ok(!self.loops_on(body, node, repeated, completed)?);
        }
        let mut active = 1;
        if !repeated.sequential {
            active = self.counter(body, ACTIVE) - 1;
            self.set_local_variable(body, ACTIVE, TypedValue::from(active));
        }
        if let Some(condition) = &repeated.completion_condition
            && self.holds(Some(condition), &mut Place::at(place, node))?
        {
            return Ok(true);
        }
        // What an operator canceled is never completed.
        Ok(active <= 0 || completed >= self.counter(body, ALL))
    }

    /// What is kept of an instance of a parallel multi-instance activity that ends before the others: what it was
    /// carried out for (bpmn-semantics 2.3).
    pub(crate) fn kept(&self, instance: Uuid, node: NodeIndex) -> Option<Variables> {
        let repeated = self.model.flow_node(node).multi_instance.as_ref()?;
        let (_, variables) = self.instance.variable_holders(instance).next()?;
        let names = [Some(COUNTER), repeated.element_variable.as_deref()];
        let kept = names
            .into_iter()
            .flatten()
            .filter_map(|name| variables.get_key_value(name));
        (!repeated.sequential).then(|| kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// A completed sub-process that is kept for its compensation is no longer one of several.
    pub(crate) fn forget_repetition(&mut self, scope: Uuid, node: NodeIndex) {
        if !self.can_be_compensated(scope, node) {
            return;
        }
        for name in self.kept(scope, node).unwrap_or_default().into_keys() {
            self.emit(Event::VariableRemoved { scope, name });
        }
    }

    pub(crate) fn keep_repetition(&mut self, body: Uuid, node: NodeIndex, variables: Variables) {
        let token = Token {
            id: self.ids.next_id(),
            scope: body,
            node: self.model.id(node),
            started_at: self.now,
            variables,
            wait: Wait::Siblings,
        };
        self.emit(Event::TransitionOpened(Box::new(token)));
    }

    /// An instance of a multi-instance activity has ended; `done` when the activity has with it.
    pub(crate) fn after_repetition(&mut self, body: Uuid, node: NodeIndex, done: bool) -> Result<(), Rejection> {
        let model = self.model;
        if let Some(repeated) = &model.flow_node(node).multi_instance {
            for thrown in &repeated.thrown {
                self.throw_for_instance(body, node, thrown)?;
                if self.instance.scope(body).is_none() {
                    // Who caught it interrupted the activity.
                    return Ok(());
                }
            }
        }
        if done {
            self.cancel_content(body, Skip::default())?;
            return self.leave_body(body, node);
        }
        let Some(repeated) = model
            .flow_node(node)
            .multi_instance
            .as_ref()
            .filter(|one| one.sequential)
        else {
            return Ok(());
        };
        let scope = self.surrounding(body)?;
        let items = match repeated.times {
            Times::Cardinality(_) => Items::Count(self.counter(body, ALL)),
            Times::Collection(_) | Times::Variable(_) | Times::Loop(_) => self.items(scope, node, repeated)?,
        };
        let next = self.counter(body, COMPLETED);
        self.next_in_sequence(body, node, repeated, &items, next)
    }

    /// Throws what a multi-instance activity throws when one of its instances is done.
    fn throw_for_instance(&mut self, body: Uuid, node: NodeIndex, thrown: &ThrownByInstances) -> Result<(), Rejection> {
        let is_due = match &thrown.when {
            ThrowingInstance::Each => true,
            ThrowingInstance::First => self.counter(body, COMPLETED) == 1,
            ThrowingInstance::When(condition) => self.holds(Some(condition), &mut Place::at(body, node))?,
        };
        if !is_due {
            return Ok(());
        }
        match &thrown.event {
            InstanceEvent::Signal(signal) => self.broadcast(body, node, signal),
            InstanceEvent::Escalation(escalation) => self.escalate_from(body, &escalation.code),
        }
    }

    fn leave_body(&mut self, body: Uuid, node: NodeIndex) -> Result<(), Rejection> {
        let scope = self.surrounding(body)?;
        self.close(body, scope, node, false);
        self.leave(scope, node)
    }

    pub(crate) fn counter(&self, body: Uuid, name: &str) -> i32 {
        let variables = self.instance.scope(body).map(|scope| &scope.variables);
        let value = variables.and_then(|variables| variables.get(name)).map(Value::from);
        match value {
            Some(Value::Integer(number)) => number,
            // A client wrote something else over it: as many as there could be, so that the activity ends.
            _ => i32::MAX,
        }
    }
}

/// What a multi-instance activity is carried out for.
enum Items {
    Count(i32),
    List(Vec<Value>),
}

impl Items {
    fn count(&self) -> i32 {
        match self {
            Items::Count(count) => *count,
            Items::List(items) => i32::try_from(items.len()).unwrap_or(i32::MAX),
        }
    }

    fn get(&self, counter: i32) -> Option<Value> {
        match self {
            Items::Count(_) => None,
            Items::List(items) => items.get(usize::try_from(counter).ok()?).cloned(),
        }
    }
}

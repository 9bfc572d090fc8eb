//! Signals that events broadcast (BPMN 2.0, 10.5.7; bpmn-semantics 2.7).

use std::sync::Arc;

use flowstone_bpmn::model::{NodeIndex, ThrownSignal};
use flowstone_expression::Variables;
use uuid::Uuid;

use crate::context::Place;
use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::{EventKind, JobWork, Wait};
use crate::step::Step;

impl Step<'_> {
    /// A token arrives at an event that broadcasts a signal. Who waits for it in this instance gets it at once; for
    /// all others it leaves the step as an event.
    pub(crate) fn enter_signal_throw(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        signal: &ThrownSignal,
    ) -> Result<(), Rejection> {
        let entry = self.prepare(scope, node)?;
        let token = entry.id;
        self.rest(entry, Wait::Signal);
        // Who catches the signal may interrupt the thrower, which then does not go on.
        self.schedule_completion(scope, node, token);
        self.broadcast(scope, node, signal)
    }

    /// Gives a signal to all who wait for it, seen from a scope.
    pub(crate) fn broadcast(&mut self, scope: Uuid, node: NodeIndex, signal: &ThrownSignal) -> Result<(), Rejection> {
        let name = self.text(&signal.name, &mut Place::at(scope, node))?;
        let name = name.ok_or_else(|| self.unfit(node, "the name of the signal is null; give it a text"))?;
        let variables = self.passed_on(&signal.inputs, scope, node)?;
        let waiting = self.instance.subscriptions();
        let waiting = waiting.filter(|one| one.kind == EventKind::Signal && one.name.as_deref() == Some(&*name));
        let mut waiting: Vec<(Uuid, Uuid)> = waiting.map(|one| (one.id, one.owner)).collect();
        waiting.sort_unstable();
        self.emit(Event::SignalThrown {
            name,
            tenant_id: self.instance.tenant_id.clone(),
            variables: variables.clone(),
            asynchronous: signal.asynchronous,
        });
        for (id, owner) in waiting {
            let Some(subscription) = self.instance.subscription(owner, id) else {
                continue;
            };
            if signal.asynchronous {
                let place = subscription.node.clone();
                self.deliver_by_job(owner, id, place, &variables)?;
                continue;
            }
            let event = self.model.find(&subscription.node)?;
            self.set_variables(owner, &variables);
            self.came(owner, event, Some(id))?;
        }
        Ok(())
    }

    /// Who waits for a signal gets it by a job.
    pub(crate) fn deliver_later(
        &mut self,
        execution: Uuid,
        name: &str,
        variables: &Variables,
    ) -> Result<(), Rejection> {
        let mut subscriptions = self.instance.subscriptions_of(execution);
        let waiting = subscriptions.find(|one| one.kind == EventKind::Signal && one.name.as_deref() == Some(name));
        let waiting = waiting.map(|one| (one.id, one.node.clone()));
        drop(subscriptions);
        match waiting {
            Some((id, place)) => self.deliver_by_job(execution, id, place, variables),
            None => Err(Rejection::UnknownExecution { execution }),
        }
    }

    fn deliver_by_job(
        &mut self,
        owner: Uuid,
        subscription: Uuid,
        place: Arc<str>,
        variables: &Variables,
    ) -> Result<(), Rejection> {
        let node = self.model.find(&place)?;
        let variables = variables.clone();
        let work = JobWork::Deliver {
            subscription,
            variables,
        };
        self.create_job(owner, node, place, work, None)
    }
}

//! Signals that events broadcast (BPMN 2.0, 10.5.7; bpmn-semantics 2.7).

use flowstone_bpmn::model::{NodeIndex, ThrownSignal};
use uuid::Uuid;

use crate::context::Place;
use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::{EventKind, Wait};
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
        let name = self.text(&signal.name, &mut Place::at(scope, node))?;
        let name = name.ok_or_else(|| self.unfit(node, "the name of the signal is null; give it a text"))?;
        let variables = self.passed_on(&signal.inputs, scope, node)?;
        let entry = self.prepare(scope, node)?;
        let token = entry.id;
        self.rest(entry, Wait::Signal);
        let waiting = self.instance.subscriptions();
        let waiting = waiting.filter(|one| one.kind == EventKind::Signal && one.name.as_deref() == Some(&*name));
        let mut waiting: Vec<(Uuid, Uuid)> = waiting.map(|one| (one.id, one.owner)).collect();
        waiting.sort_unstable();
        self.emit(Event::SignalThrown {
            name,
            tenant_id: self.instance.tenant_id.clone(),
            variables: variables.clone(),
        });
        // Who catches the signal may interrupt the thrower, which then does not go on.
        self.schedule_completion(scope, node, token);
        for (id, owner) in waiting {
            let Some(subscription) = self.instance.subscription(owner, id) else {
                continue;
            };
            let event = self.model.find(&subscription.node)?;
            self.set_variables(owner, &variables);
            self.came(owner, event, Some(id))?;
        }
        Ok(())
    }
}

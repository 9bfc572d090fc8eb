//! Signals that instances throw.

use flowstone_core::{Awaited, Command, EventKind, IdSource as _, Start, Trigger};
use flowstone_expression::Variables;
use flowstone_store::query::{Query, Scalar, SubscriptionField, Test};
use uuid::Uuid;

use super::{Across, Failure};
use crate::ids::InstanceIds;
use crate::starts::start_by_signal;

impl Across<'_> {
    /// Gives a signal that an instance throws to all who wait for it, and starts what begins with it.
    pub(super) async fn signal(
        &mut self,
        from: Uuid,
        name: &str,
        tenant: Option<&str>,
        variables: &Variables,
        asynchronous: bool,
    ) -> Result<(), Failure> {
        let shell = self.writer.shell.clone();
        let text = |text: &str| Test::Equals(Scalar::Text(text.to_owned()));
        let query = Query::default()
            .with(SubscriptionField::EventType, text("signal"))
            .with(SubscriptionField::EventName, text(name))
            .with(SubscriptionField::Suspended, Test::Equals(Scalar::Boolean(false)));
        let reaches = |other: Option<&str>| other.is_none() || other == tenant;
        let mut receivers: Vec<(Uuid, Uuid)> = shell
            .store
            .subscriptions(&query)
            .await?
            .into_iter()
            .filter(|found| reaches(found.tenant_id.as_deref()))
            .map(|found| (found.subscription.instance_id, found.subscription.activity_id))
            // What this command did to an instance is not stored yet.
            .filter(|(instance, _)| !self.round.before.contains_key(instance))
            .collect();
        for id in self.round.before.keys() {
            let Some(hot) = self.writer.hot.get(*id) else {
                continue;
            };
            let receives = !hot.instance.ended && !hot.instance.suspended;
            if *id == from || !receives || !reaches(hot.instance.tenant_id.as_deref()) {
                continue;
            }
            let waiting = hot.instance.subscriptions();
            let waiting = waiting.filter(|one| one.kind == EventKind::Signal && one.name.as_deref() == Some(name));
            receivers.extend(waiting.map(|one| (*id, one.owner)));
        }
        for (instance, execution) in receivers {
            let command = if asynchronous {
                Command::DeliverLater {
                    execution,
                    name: name.to_owned(),
                    variables: variables.clone(),
                }
            } else {
                Command::Trigger(Trigger {
                    execution,
                    awaited: Awaited::Event(EventKind::Signal, name.to_owned()),
                    variables: variables.clone(),
                    local_variables: Variables::new(),
                })
            };
            self.step_if_possible(instance, &command).await?;
        }
        let starts = shell.definitions.start_subscriptions(self.round.now).await?;
        for waiting in starts {
            let wanted = waiting.kind == EventKind::Signal && waiting.name.as_deref() == Some(name);
            if !wanted || waiting.definition.suspended || !reaches(waiting.definition.tenant_id.as_deref()) {
                continue;
            }
            let definition = shell.definitions.get(&waiting.definition.id).await?;
            if asynchronous {
                let attempts = shell.step_options.retries.attempts;
                let job = start_by_signal(&definition, &waiting, variables.clone(), self.round.now, attempts);
                // Who throws has just been changed, and is written with it.
                if let Some(thrower) = self.round.touched.get_mut(&from) {
                    thrower.projection.starts_later(job);
                }
                continue;
            }
            let start = Start {
                node: Some(waiting.node),
                tenant_id: waiting.definition.tenant_id.clone(),
                variables: variables.clone(),
                ..Start::default()
            };
            let id = InstanceIds::of(from, self.round.now).next_id();
            self.start(id, definition, &start)?;
        }
        Ok(())
    }
}

//! Call activities (BPMN 2.0, 10.3.6 and 13.3.6): the instance that waits, and the one that it waits for.
//!
//! The two are instances of their own. What one does to the other leaves the step as an event; whoever carries out the
//! step gives it to the other as a command, in the same transaction.

use flowstone_bpmn::model::{CallActivity, CalledBinding, MappedSource, NodeIndex, NodeKind, VariableMapping};
use flowstone_expression::{Expression, MapContext, TypedValue, Value, Variables};
use uuid::Uuid;

use crate::command::FromCalled;
use crate::context::Place;
use crate::event::{Called, CalledVersion, Event, Raised};
use crate::rejection::Rejection;
use crate::state::{Caller, Wait};
use crate::step::Step;

/// Variables that count the instances of a multi-instance activity and mean nothing elsewhere.
const COUNTERS: [&str; 3] = ["nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances"];

impl Step<'_> {
    /// A token arrives at a call activity.
    pub(crate) fn enter_call_activity(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        call: &CallActivity,
    ) -> Result<(), Rejection> {
        let entry = self.prepare(scope, node)?;
        let token = entry.id;
        let instance = self.ids.next_id();
        self.wait(entry, Wait::Call { instance })?;
        let mut place = Place::at(token, node);
        let key = self.text(&call.called, &mut place)?.unwrap_or_default();
        if key.is_empty() {
            return Err(self.unfit(node, "the key of the called process is empty; set calledElement to one"));
        }
        let version = self.called_version(&call.binding, node, &mut place)?;
        let tenant_id = self.called_tenant(call.tenant.as_ref(), &mut place)?;
        let business_key = match &call.business_key {
            Some(business_key) => self.text(business_key, &mut place)?,
            None => None,
        };
        let variables = self.passed_on(&call.inputs, token, node)?;
        let root = self
            .instance
            .caller
            .as_ref()
            .map_or(self.instance.id, |caller| caller.root);
        self.emit(Event::InstanceCalled(Box::new(Called {
            id: instance,
            caller: Caller {
                instance: self.instance.id,
                token,
                root,
            },
            node: self.model.id(node),
            key,
            version,
            tenant_id,
            business_key,
            variables,
        })));
        Ok(())
    }

    /// Which version a binding means.
    pub(crate) fn called_version(
        &mut self,
        binding: &CalledBinding,
        node: NodeIndex,
        place: &mut Place,
    ) -> Result<CalledVersion, Rejection> {
        Ok(match binding {
            CalledBinding::Latest => CalledVersion::Latest,
            CalledBinding::Deployment => CalledVersion::Deployment,
            CalledBinding::Version(version) => {
                let value = self.evaluate(version, place)?;
                let number = i32::try_from(self.whole_number(&value, node)?).ok();
                let problem = "the version that is asked for is no version number";
                CalledVersion::Version(number.ok_or_else(|| self.unfit(node, problem))?)
            }
            CalledBinding::VersionTag(tag) => CalledVersion::Tag(self.text(tag, place)?.unwrap_or_default()),
        })
    }

    /// The tenant of what is called: the one given, else that of the instance.
    pub(crate) fn called_tenant(
        &mut self,
        tenant: Option<&Expression>,
        place: &mut Place,
    ) -> Result<Option<String>, Rejection> {
        match tenant {
            Some(tenant) => Ok(self.text(tenant, place)?.filter(|tenant| !tenant.is_empty())),
            None => Ok(self.instance.tenant_id.clone()),
        }
    }

    /// The variables that an execution passes on.
    pub(crate) fn passed_on(
        &mut self,
        mappings: &[VariableMapping],
        execution: Uuid,
        node: NodeIndex,
    ) -> Result<Variables, Rejection> {
        let mut passed = Variables::new();
        for mapping in mappings {
            match &mapping.source {
                MappedSource::All if mapping.local => {
                    let own = self.instance.variable_holders(execution).next();
                    passed.extend(own.map(|(_, variables)| variables.clone()).unwrap_or_default());
                }
                MappedSource::All => passed.extend(self.instance.visible_variables(execution)),
                MappedSource::Variable { name, target } => {
                    let value = if mapping.local {
                        let own = self.instance.variable_holders(execution).next();
                        own.and_then(|(_, variables)| variables.get(name))
                    } else {
                        self.instance.variable(execution, name)
                    };
                    passed.insert(target.clone(), value.cloned().unwrap_or(TypedValue::Null));
                }
                MappedSource::Expression { expression, target } => {
                    let value = self.evaluate(expression, &mut Place::at(execution, node))?;
                    let value = value.into_typed().map_err(|error| self.failed(node, error))?;
                    passed.insert(target.clone(), value);
                }
            }
        }
        Ok(passed)
    }

    /// Something comes back from the called instance to the token that waits for it.
    pub(crate) fn hear_from_called(
        &mut self,
        token: Uuid,
        what: &FromCalled,
        variables: &Variables,
    ) -> Result<(), Rejection> {
        let waiting = self.instance.token(token).map(|token| &token.wait);
        let Some(Wait::Call { .. }) = waiting else {
            return Err(Rejection::UnknownExecution { execution: token });
        };
        match what {
            FromCalled::Ended => {
                self.take_back_variables(token, variables)?;
                self.complete(token)
            }
            FromCalled::Raised(raised) => {
                if self.is_caught(token, raised)? {
                    // The outputs are passed on, also when the call does not complete (bpmn-semantics 2.5).
                    self.take_back_variables(token, variables)?;
                }
                self.raise_from_call(token, raised)
            }
            FromCalled::Failed { cause, incident_type } => {
                self.share_incident(token, *cause, incident_type);
                Ok(())
            }
            FromCalled::Mended { cause } => {
                self.resolve_incidents_from(token, *cause);
                Ok(())
            }
        }
    }

    fn take_back_variables(&mut self, token: Uuid, variables: &Variables) -> Result<(), Rejection> {
        let Some((_, node)) = self.place_of(token)? else {
            return Ok(());
        };
        let model = self.model;
        let NodeKind::CallActivity(call) = &model.flow_node(node).kind else {
            return Ok(());
        };
        for mapping in &call.outputs {
            let returned = self.returned(&mapping.source, variables, node)?;
            if mapping.local {
                self.set_local_variables(token, &returned);
            } else {
                self.set_variables(token, &returned);
            }
        }
        Ok(())
    }

    fn returned(&self, source: &MappedSource, variables: &Variables, node: NodeIndex) -> Result<Variables, Rejection> {
        Ok(match source {
            MappedSource::All => {
                let own = variables.iter().filter(|(name, _)| !COUNTERS.contains(&name.as_str()));
                own.map(|(name, value)| (name.clone(), value.clone())).collect()
            }
            MappedSource::Variable { name, target } => {
                let value = variables.get(name).cloned().unwrap_or(TypedValue::Null);
                Variables::from([(target.clone(), value)])
            }
            MappedSource::Expression { expression, target } => {
                // It is computed where it comes from, in the called instance.
                let mut context = MapContext::new(variables.clone(), self.now);
                let value = expression
                    .evaluate(&mut context, &self.options.evaluation.expression)
                    .and_then(Value::into_typed)
                    .map_err(|error| self.failed(node, error))?;
                Variables::from([(target.clone(), value)])
            }
        })
    }

    /// Nobody in this instance caught what was raised: who called it may.
    /// Answers whether there is one.
    pub(crate) fn raise_to_caller(&mut self, raised: Raised, token: Option<Uuid>) -> bool {
        let Some(caller) = self.instance.caller else {
            return false;
        };
        self.emit(Event::RaisedToCaller { caller, raised, token });
        true
    }

    /// What an event raised was not caught here: who called this instance is asked first. `false` when there is none.
    pub(crate) fn raise_from_event(&mut self, scope: Uuid, node: NodeIndex, raised: Raised) -> Result<bool, Rejection> {
        if self.instance.caller.is_none() {
            return Ok(false);
        }
        let entry = self.prepare(scope, node)?;
        let token = entry.id;
        self.rest(entry, Wait::Signal);
        Ok(self.raise_to_caller(raised, Some(token)))
    }

    /// Who called this instance did not interrupt it.
    pub(crate) fn go_on_after_raising(&mut self, token: Uuid, raised: &Raised) -> Result<(), Rejection> {
        match raised {
            Raised::Error { code, message } => self.end_uncaught(token, code, message.as_deref()),
            Raised::Escalation { .. } => self.complete(token),
        }
    }
}

//! A command that concerns several instances: calls, what comes back from them, and signals.
//!
//! What leaves one instance is given to the others until nothing is left to give, and all of it is written in one
//! transaction or not at all. Several such commands share a transaction while none of them fails and nobody else
//! changes what they concern; otherwise each goes alone.

mod decision;
mod deleted;
mod signal;

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use flowstone_core::{
    Called, CalledVersion, Caller, Command, DecisionQuestion, Event, FromCalled, Incident, Instance, Modification,
    Outcome as End, Raised, Rejection, Start, start, step,
};
use flowstone_expression::Variables;
use flowstone_store::query::{DefinitionField, Query, Scalar, Test};
use uuid::Uuid;

use self::deleted::left_out;
use super::hot::Hot;
use super::job::Job;
use super::round::{Before, Round, Touched};
use super::writer::{Writer, fault};
use crate::definitions::Definition;
use crate::error::Error;
use crate::ids::InstanceIds;

/// How deep instances may call each other within one command.
const DEEPEST_CALL: usize = 100;

/// How many instances one command may concern.
const MOST_INSTANCES: usize = 50_000;

/// What one instance means for another.
enum News {
    Called(Box<Called>),
    /// A decision is wanted by an instance.
    Asked {
        from: Uuid,
        question: Box<DecisionQuestion>,
    },
    Canceled(Uuid),
    Raised {
        from: Uuid,
        caller: Caller,
        raised: Raised,
        token: Option<Uuid>,
    },
    /// What was raised did not interrupt who raised it, or it is gone.
    GoOn {
        from: Uuid,
        token: Uuid,
        raised: Raised,
    },
    Ended(Uuid),
    /// An incident of a called instance was raised or resolved, which concerns who called it.
    Incident {
        caller: Caller,
        what: FromCalled,
    },
    /// An instance was ended from outside.
    Deleted(Caller),
    Signal {
        from: Uuid,
        name: String,
        tenant_id: Option<String>,
        variables: Variables,
        asynchronous: bool,
    },
}

/// The events of a step that concern other instances, in their order.
fn news(instance: &Instance, events: &[Event]) -> Vec<News> {
    let from = instance.id;
    let of = |event: &Event| match event {
        Event::InstanceCalled(called) => Some(News::Called(called.clone())),
        Event::DecisionAsked(question) => Some(News::Asked {
            from,
            question: question.clone(),
        }),
        Event::CallCanceled { instance } => Some(News::Canceled(*instance)),
        Event::RaisedToCaller { caller, raised, token } => Some(News::Raised {
            from,
            caller: *caller,
            raised: raised.clone(),
            token: *token,
        }),
        Event::SignalThrown {
            name,
            tenant_id,
            variables,
            asynchronous,
        } => Some(News::Signal {
            from,
            asynchronous: *asynchronous,
            name: name.clone(),
            tenant_id: tenant_id.clone(),
            variables: variables.clone(),
        }),
        Event::IncidentRaised(incident) if Incident::is_of_the_engine(&incident.incident_type) => {
            instance.caller.map(|caller| News::Incident {
                caller,
                what: FromCalled::Failed {
                    cause: incident.id,
                    incident_type: incident.incident_type.clone(),
                },
            })
        }
        Event::IncidentResolved { id, .. } => instance.caller.map(|caller| News::Incident {
            caller,
            what: FromCalled::Mended { cause: *id },
        }),
        Event::InstanceEnded { outcome, .. } => instance.caller.map(|caller| match outcome {
            End::ExternallyTerminated => News::Deleted(caller),
            End::Completed | End::InternallyTerminated => News::Ended(from),
        }),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

/// Whether a step concerns other instances.
pub(super) fn concerns_others(instance: &Instance, events: &[Event]) -> bool {
    !news(instance, events).is_empty()
}

/// Whether steps of an instance may concern others, and then have to be taken back.
pub(super) fn may_concern_others(hot: &Hot) -> bool {
    hot.definition.executable.concerns_others() || hot.instance.caller.is_some()
}

/// Why a command that concerns several instances was not carried out.
pub(super) enum Failure {
    Refused(Rejection),
    Failed(Error),
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Failure::Refused(rejection)
    }
}

impl From<flowstone_store::Error> for Failure {
    fn from(error: flowstone_store::Error) -> Self {
        Failure::Failed(Error::Store(error))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejected(rejection) => Failure::Refused(rejection),
            error => Failure::Failed(error),
        }
    }
}

/// A command under way through several instances.
struct Across<'a> {
    writer: &'a mut Writer,
    round: &'a mut Round,
    /// How deep each instance that this command started was called.
    depths: HashMap<Uuid, usize>,
    /// What is still to be told, and what came up while something was told.
    news: VecDeque<News>,
    fresh: Vec<News>,
    leaves_out: Modification,
}

impl Writer {
    /// Carries out a command and all that follows from it in other instances; answers the instance that it was for.
    /// After a failure the round has to be taken back.
    pub(super) async fn across(&mut self, round: &mut Round, job: &Job, target: Option<Uuid>) -> Result<Uuid, Failure> {
        Across::new(self, round).carry_out(job, target).await
    }

    /// Counts a failed attempt at a job, as [`Writer::across`] carries out what is submitted: the incident that it may
    /// raise concerns who called the instance, too.
    pub(super) async fn count_across(&mut self, round: &mut Round, id: Uuid, failed: &Command) -> Result<(), Failure> {
        let mut across = Across::new(self, round);
        across.step(id, failed).await?;
        across.tell_all().await
    }

    /// The commands of a round stay.
    pub(super) fn release(&mut self, round: &mut Round) {
        for id in round.before.drain().map(|(id, _)| id) {
            if let Some(hot) = self.hot.get(id) {
                hot.instance.release();
            }
        }
    }

    /// The commands of a round have never been: all instances in memory are as before.
    pub(super) fn take_back(&mut self, round: &mut Round) {
        for (id, before) in round.before.drain() {
            match (before, self.hot.get(id)) {
                (Before::There, Some(hot)) => hot.instance.take_back_held(),
                _ => self.hot.remove(id),
            }
            round.touched.remove(&id);
        }
        round.order.clear();
    }
}

impl<'a> Across<'a> {
    fn new(writer: &'a mut Writer, round: &'a mut Round) -> Self {
        Across {
            writer,
            round,
            depths: HashMap::new(),
            news: VecDeque::new(),
            fresh: Vec::new(),
            leaves_out: Modification::default(),
        }
    }

    async fn carry_out(&mut self, job: &Job, target: Option<Uuid>) -> Result<Uuid, Failure> {
        let primary = match (job, target) {
            (Job::Start(job), _) => {
                self.start(job.id, job.definition.clone(), &job.start)?;
                job.id
            }
            (job, Some(id)) => {
                let command = job.command(self.round.now);
                self.leaves_out = left_out(&command);
                self.step(id, &command).await?;
                id
            }
            (job, None) => return Err(Failure::Failed(Error::Unknown(job.target()))),
        };
        self.tell_all().await?;
        Ok(primary)
    }

    async fn tell_all(&mut self) -> Result<(), Failure> {
        loop {
            // What follows from something goes before what came after it.
            for news in self.fresh.drain(..).rev() {
                self.news.push_front(news);
            }
            let Some(news) = self.news.pop_front() else {
                return Ok(());
            };
            if self.round.before.len() > MOST_INSTANCES {
                return Err(Rejection::TooManyInstances { limit: MOST_INSTANCES }.into());
            }
            self.tell(news).await?;
        }
    }

    async fn tell(&mut self, news: News) -> Result<(), Failure> {
        match news {
            News::Called(called) => self.call(*called).await,
            News::Asked { from, question } => self.decide(from, *question).await,
            News::Canceled(instance) => self.step_if_possible(instance, &Command::Abandon).await,
            News::Raised {
                from,
                caller,
                raised,
                token,
            } => {
                let what = FromCalled::Raised(raised.clone());
                let command = self.returned(from, caller.token, what);
                self.step_if_possible(caller.instance, &command).await?;
                self.fresh.extend(token.map(|token| News::GoOn { from, token, raised }));
                Ok(())
            }
            News::GoOn { from, token, raised } => {
                self.step_if_possible(from, &Command::GoOnAfterRaising { token, raised })
                    .await
            }
            News::Ended(from) => {
                let caller = self.writer.hot.get(from).and_then(|hot| hot.instance.caller);
                let Some(caller) = caller else {
                    return Ok(());
                };
                let command = self.returned(from, caller.token, FromCalled::Ended);
                self.step_if_possible(caller.instance, &command).await
            }
            News::Incident { caller, what } => {
                let command = Command::FromCalled {
                    token: caller.token,
                    what,
                    variables: Variables::new(),
                };
                self.step_if_possible(caller.instance, &command).await
            }
            News::Deleted(caller) => self.cancel_call(caller).await,
            News::Signal {
                from,
                name,
                tenant_id,
                variables,
                asynchronous,
            } => {
                let tenant = tenant_id.as_deref();
                self.signal(from, &name, tenant, &variables, asynchronous).await
            }
        }
    }

    fn returned(&mut self, from: Uuid, token: Uuid, what: FromCalled) -> Command {
        let root = self.writer.hot.get(from).and_then(|hot| hot.instance.root());
        Command::FromCalled {
            token,
            what,
            variables: root.map(|root| root.variables.clone()).unwrap_or_default(),
        }
    }

    async fn call(&mut self, called: Called) -> Result<(), Failure> {
        let depth = self.depths.get(&called.caller.instance).copied().unwrap_or(0) + 1;
        if depth > DEEPEST_CALL {
            return Err(Rejection::CallDepth {
                limit: DEEPEST_CALL,
                node: called.node.to_string(),
            }
            .into());
        }
        let definition = self.called_definition(&called).await?;
        if definition.record.suspended {
            return Err(Failure::Failed(Error::SuspendedDefinition(
                definition.record.id.to_string(),
            )));
        }
        self.depths.insert(called.id, depth);
        let start = Start {
            business_key: called.business_key,
            tenant_id: definition.record.tenant_id.clone(),
            variables: called.variables,
            caller: Some(called.caller),
            ..Start::default()
        };
        self.start(called.id, definition, &start)
    }

    async fn called_definition(&mut self, called: &Called) -> Result<Arc<Definition>, Failure> {
        let shell = self.writer.shell.clone();
        let text = |text: &str| Test::Equals(Scalar::Text(text.to_owned()));
        let tenant = called.tenant_id.as_deref();
        let query = Query::default()
            .with(DefinitionField::Key, text(&called.key))
            .with(DefinitionField::TenantId, tenant.map_or(Test::IsNull, text));
        let query = match &called.version {
            CalledVersion::Latest => {
                // What no tenant of its own has is what all tenants share.
                let mut latest = shell.definitions.latest(&called.key, tenant).await?;
                if latest.is_none() && tenant.is_some() {
                    latest = shell.definitions.latest(&called.key, None).await?;
                }
                return match latest {
                    Some(record) => Ok(shell.definitions.get(&record.id).await?),
                    None => Err(unknown(called)),
                };
            }
            CalledVersion::Deployment => {
                let deployment = self.deployment_of(called.caller.instance);
                query.with(DefinitionField::DeploymentId, Test::Equals(Scalar::Id(deployment)))
            }
            CalledVersion::Version(version) => query.with(
                DefinitionField::Version,
                Test::Equals(Scalar::Integer(i64::from(*version))),
            ),
            CalledVersion::Tag(tag) => query.with(DefinitionField::VersionTag, text(tag)),
        };
        let mut found = shell.store.definitions(&query).await?;
        found.sort_by_key(|record| record.version);
        match found.pop() {
            Some(record) => Ok(shell.definitions.get(&record.id).await?),
            None => Err(unknown(called)),
        }
    }

    /// The deployment that the definition of an instance came with.
    fn deployment_of(&mut self, instance: Uuid) -> Uuid {
        let hot = self.writer.hot.get(instance);
        hot.map(|hot| hot.definition.record.deployment_id).unwrap_or_default()
    }

    fn start(&mut self, id: Uuid, definition: Arc<Definition>, with: &Start) -> Result<(), Failure> {
        let now = self.round.now;
        let mut ids = InstanceIds::of(id, now);
        let options = &self.writer.shell.step_options;
        let key = definition.record.id.clone();
        let started = catch_unwind(AssertUnwindSafe(|| {
            start(&definition.executable, id, key, with, now, &mut ids, options)
        }));
        let (mut instance, events) = started.map_err(|_| Failure::Failed(fault(&definition.record.id)))??;
        self.fresh.extend(news(&instance, &events));
        let touched = self.round.touch(id, || Touched::new(true, false));
        touched.projection.absorb(&definition, &mut instance, events);
        self.round.before.insert(id, Before::New);
        self.writer.hot.insert(Hot {
            instance,
            definition,
            version: 0,
        });
        Ok(())
    }

    /// Gives a command to an instance that may have gone on, ended or been suspended meanwhile; then it has no effect.
    async fn step_if_possible(&mut self, id: Uuid, command: &Command) -> Result<(), Failure> {
        match self.step(id, command).await {
            Err(Failure::Refused(
                Rejection::Ended { .. }
                | Rejection::SuspendedInstance { .. }
                | Rejection::NotWaiting { .. }
                | Rejection::UnknownExecution { .. }
                | Rejection::InvalidInstruction { .. },
            ))
            | Err(Failure::Failed(Error::Unknown(_))) => Ok(()),
            other => other,
        }
    }

    async fn step(&mut self, id: Uuid, command: &Command) -> Result<(), Failure> {
        let remembered = self.writer.hot.contains(id);
        if !remembered {
            self.writer.load(vec![id]).await?;
            self.round.fresh.insert(id);
        }
        let options = self.writer.shell.step_options;
        let now = self.round.now;
        let Some(hot) = self.writer.hot.get(id) else {
            return Err(Failure::Failed(Error::Unknown(id)));
        };
        if *self.round.before.entry(id).or_insert(Before::There) == Before::There {
            hot.instance.hold();
        }
        let mut ids = InstanceIds::of(id, now);
        let executable = &hot.definition.executable;
        let stepped = catch_unwind(AssertUnwindSafe(|| {
            step(executable, &mut hot.instance, command, now, &mut ids, &options)
        }));
        let Ok(stepped) = stepped else {
            // It is half changed, and nothing tells how to take that back.
            let fault = fault(&hot.definition.record.id);
            self.writer.hot.remove(id);
            return Err(Failure::Failed(fault));
        };
        let events = stepped?;
        self.fresh.extend(news(&hot.instance, &events));
        let touched = self.round.touch(id, || Touched::new(false, remembered));
        touched.projection.absorb(&hot.definition, &mut hot.instance, events);
        Ok(())
    }
}

fn unknown(called: &Called) -> Failure {
    Failure::Refused(Rejection::UnknownCalledElement {
        node: called.node.to_string(),
        key: called.key.clone(),
    })
}

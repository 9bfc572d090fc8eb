//! A small language for tests: deploy, start, act, look where tokens rest.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use flowstone_bpmn::{Limits, parse};
use flowstone_core::{
    Awaited, Command, CountingIds, Event, EventKind, Executable, ExternalTask, Holder, IdSource, Instance, Job,
    Rejection, Start, StepOptions, Token, Trigger, Wait, compile, replay, start, step,
};
use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;

pub const WORKER: &str = "worker";

/// One instance of a process and all that happened to it.
pub struct World {
    pub model: Executable,
    pub instance: Instance,
    pub events: Vec<Event>,
    pub now: DateTime<Utc>,
    pub ids: CountingIds,
    pub options: StepOptions,
}

/// Compiles the content of a process element.
pub fn compiled(content: &str) -> Executable {
    let xml = format!(
        r#"<definitions id="d" targetNamespace="t" xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
             xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
             xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
             <message id="m" name="paid"/><signal id="alarm" name="alarm"/><escalation id="late" escalationCode="late"/>
             <signalEventDefinition id="shared" signalRef="alarm"/><escalationEventDefinition id="escalate" escalationRef="late"/>
             <process id="p" isExecutable="true">{content}</process></definitions>"#
    );
    let limits = Limits::default();
    let parsed = parse("test.bpmn", xml.as_bytes(), &limits);
    let document = parsed
        .document
        .unwrap_or_else(|| panic!("the model is refused: {:#?}", parsed.diagnostics));
    compile(&document.processes[0])
}

/// Sequence flows `a>b`, with `a>b?condition` for a condition that stands inside `${}`.
pub fn flows(list: &[&str]) -> String {
    list.iter()
        .enumerate()
        .map(|(index, flow)| {
            let (ends, condition) = flow.split_once('?').map_or((*flow, None), |(e, c)| (e, Some(c)));
            let (source, target) = ends.split_once('>').expect("a flow is written source>target");
            let condition = condition.map_or(String::new(), |text| {
                format!(r#"<conditionExpression xsi:type="tFormalExpression"><![CDATA[${{{text}}}]]></conditionExpression>"#)
            });
            format!(
                r#"<sequenceFlow id="{source}_{target}_{index}" sourceRef="{source}" targetRef="{target}">{condition}</sequenceFlow>"#
            )
        })
        .collect()
}

pub fn service(id: &str) -> String {
    format!(r#"<serviceTask id="{id}" camunda:type="external" camunda:topic="work"/>"#)
}

pub fn variables(list: &[(&str, TypedValue)]) -> Variables {
    list.iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

pub fn start_of(model: Executable, values: &[(&str, TypedValue)]) -> Result<World, Rejection> {
    start_with(model, values, StepOptions::default())
}

pub fn start_with(model: Executable, values: &[(&str, TypedValue)], options: StepOptions) -> Result<World, Rejection> {
    let mut ids = CountingIds::default();
    let now = "2026-01-31T09:30:00Z".parse().expect("a date");
    let begin = Start {
        business_key: Some("order-7".to_owned()),
        variables: variables(values),
        user: Some("mary".to_owned()),
        ..Start::default()
    };
    let id = ids.next_id();
    let (instance, events) = start(&model, id, Arc::from("p:1:x"), &begin, now, &mut ids, &options)?;
    let world = World {
        model,
        instance,
        events,
        now,
        ids,
        options,
    };
    world.check();
    Ok(world)
}

/// Starts the process with this content.
pub fn run(content: &str, values: &[(&str, TypedValue)]) -> World {
    start_of(compiled(content), values).unwrap_or_else(|rejection| panic!("start is refused: {rejection}"))
}

impl World {
    /// Gives a command and checks what must hold after every command.
    pub fn give(&mut self, command: &Command) -> Result<Vec<Event>, Rejection> {
        let before = self.instance.clone();
        let result = step(
            &self.model,
            &mut self.instance,
            command,
            self.now,
            &mut self.ids,
            &self.options,
        );
        match &result {
            Ok(events) => self.events.extend(events.iter().cloned()),
            Err(rejection) => assert_eq!(self.instance, before, "refused ({rejection}) but changed"),
        }
        self.check();
        result
    }

    fn check(&self) {
        assert_eq!(replay(&self.events).as_ref(), Some(&self.instance), "replay differs");
        assert_eq!(self.instance.ended, self.instance.tokens().next().is_none());
        if self.instance.ended {
            assert_eq!(self.instance.scopes().count(), 1, "an ended instance has open scopes");
            assert_eq!(self.instance.subscriptions().count(), 0, "an ended instance waits");
            assert_eq!(self.instance.jobs().count(), 0, "an ended instance has jobs");
            assert_eq!(
                self.instance.incidents().count(),
                0,
                "an ended instance has open incidents"
            );
        }
    }

    /// Nodes where tokens rest, in the order of their coming.
    pub fn waiting(&self) -> Vec<&str> {
        let tokens = self.instance.tokens();
        let mut tokens: Vec<&Token> = tokens.filter(|token| token.wait != Wait::Siblings).collect();
        tokens.sort_by_key(|token| token.id);
        tokens.into_iter().map(|token| &*token.node).collect()
    }

    pub fn token(&self, node: &str) -> &Token {
        let tokens = self.instance.tokens();
        let mut tokens: Vec<&Token> = tokens
            .filter(|token| &*token.node == node && token.wait != Wait::Siblings)
            .collect();
        tokens.sort_by_key(|token| token.id);
        tokens.first().copied().unwrap_or_else(|| panic!("no token in {node}"))
    }

    pub fn external_task(&self, node: &str) -> &ExternalTask {
        match &self.token(node).wait {
            Wait::ExternalTask(task) => task,
            other => panic!("{node} waits for {other:?}"),
        }
    }

    pub fn root(&self, name: &str) -> Option<TypedValue> {
        self.instance.root().and_then(|root| root.variables.get(name)).cloned()
    }

    /// Nodes in the order in which tokens went through or left them.
    pub fn path(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter_map(|event| match event {
                Event::NodePassed { node, .. } | Event::TokenLeft { node, .. } | Event::ScopeClosed { node, .. } => {
                    Some(&**node)
                }
                _ => None,
            })
            .collect()
    }

    pub fn holder(&self, node: &str) -> Holder {
        Holder {
            task: self.token(node).id,
            worker: WORKER.to_owned(),
            lock_token: None,
        }
    }

    pub fn lock_for(&mut self, node: &str, worker: &str, force: bool) -> Result<Vec<Event>, Rejection> {
        let command = Command::LockExternalTask {
            task: self.token(node).id,
            worker: worker.to_owned(),
            until: self.now + TimeDelta::minutes(5),
            force,
        };
        self.give(&command)
    }

    /// Completes whatever waits in a node.
    pub fn complete(&mut self, node: &str, values: &[(&str, TypedValue)]) -> Result<Vec<Event>, Rejection> {
        let id = self.token(node).id;
        let variables = variables(values);
        let command = match &self.token(node).wait {
            Wait::ExternalTask(_) => {
                self.lock_for(node, WORKER, true)?;
                Command::CompleteExternalTask {
                    holder: self.holder(node),
                    variables,
                    local_variables: Variables::new(),
                }
            }
            Wait::UserTask(_) => Command::CompleteUserTask { task: id, variables },
            _ => self.signal(id, None),
        };
        self.give(&command)
    }

    /// Completes all that rest at a node.
    pub fn complete_all(&mut self, node: &str) {
        while self.waiting().contains(&node) {
            self.complete(node, &[])
                .unwrap_or_else(|rejection| panic!("{node} is refused: {rejection}"));
        }
    }

    pub fn signal(&self, execution: Uuid, message: Option<&str>) -> Command {
        Command::Trigger(Trigger {
            execution,
            awaited: match message {
                Some(name) => Awaited::Event(EventKind::Message, name.to_owned()),
                None => Awaited::Anything,
            },
            variables: Variables::new(),
            local_variables: Variables::new(),
        })
    }

    /// A client sets a variable.
    pub fn set(&mut self, name: &str, value: TypedValue) -> Result<Vec<Event>, Rejection> {
        self.give(&Command::ModifyVariables {
            scope: self.instance.id,
            local: false,
            set: variables(&[(name, value)]),
            remove: Vec::new(),
        })
    }

    /// An event comes for the first that waits for it.
    pub fn event(&mut self, kind: EventKind, name: &str) -> Result<Vec<Event>, Rejection> {
        let waiting = self.instance.subscriptions();
        let mut waiting: Vec<_> = waiting
            .filter(|one| one.kind == kind && one.name.as_deref() == Some(name))
            .map(|one| (one.id, one.owner))
            .collect();
        waiting.sort_unstable();
        let Some((_, execution)) = waiting.first() else {
            panic!("nobody waits for {kind:?} '{name}'");
        };
        self.give(&Command::Trigger(Trigger {
            execution: *execution,
            awaited: Awaited::Event(kind, name.to_owned()),
            variables: Variables::new(),
            local_variables: Variables::new(),
        }))
    }

    /// The nodes of all jobs, the oldest first.
    pub fn jobs(&self) -> Vec<&str> {
        let mut jobs: Vec<&Job> = self.instance.jobs().collect();
        jobs.sort_by_key(|job| job.id);
        jobs.into_iter().map(|job| &*job.node).collect()
    }

    /// The oldest job of a node.
    pub fn job(&self, node: &str) -> &Job {
        let mut jobs: Vec<&Job> = self.instance.jobs().filter(|job| &*job.node == node).collect();
        jobs.sort_by_key(|job| job.id);
        jobs.first().copied().unwrap_or_else(|| panic!("no job of {node}"))
    }

    pub fn execute(&mut self, node: &str) -> Result<Vec<Event>, Rejection> {
        let job = self.job(node).id;
        self.give(&Command::ExecuteJob { job })
    }

    pub fn fail(&mut self, node: &str, retries: i32, message: &str) -> Result<Vec<Event>, Rejection> {
        let command = Command::FailExternalTask {
            holder: self.holder(node),
            error_message: Some(message.to_owned()),
            error_details: None,
            retries: Some(retries),
            retry_at: Some(self.now),
            variables: Variables::new(),
            local_variables: Variables::new(),
        };
        self.give(&command)
    }
}

//! What clients, workers and the clock may do to an instance next.

use chrono::{DateTime, TimeDelta, Utc};
use flowstone_core::{
    Awaited, Command, Event, EventKind, FromCalled, Holder, Instance, Job, JobChange, JobFailure, JobWork, NewIncident,
    Subscription, Token, Trigger, UserTaskChange, Wait,
};
use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;

use super::block::{ERRORS, ESCALATIONS, TIMES, Thrown, VARIABLES};
use super::oracle::Step;
use super::random::Random;
use flowstone_core::Raised;

const WORKER: &str = "worker";

/// One thing that is done, if need be by several commands.
#[derive(Default)]
pub struct Action {
    pub commands: Vec<Command>,
    /// What it does to a plain process.
    pub step: Step,
    /// Whether the oracle says what becomes of it.
    pub foretold: bool,
    /// Whether its last command must be refused.
    pub absurd: bool,
}

/// What can move a process on.
enum Mover<'i> {
    Token(&'i Token),
    Job(&'i Job),
    Subscription(&'i Subscription),
}

/// The name of what a token waits for from outside: `task <id>` or `job <id>`.
pub fn wait_of(token: &Token) -> Option<String> {
    match token.wait {
        Wait::Join | Wait::Siblings => None,
        Wait::Job => Some(format!("job {}", plain(&token.node))),
        _ => Some(format!("task {}", token.node)),
    }
}

/// The name of what an event at a border or one that sets off an event sub-process waits for: `event <id>`.
pub fn event_of(node: &str) -> Option<String> {
    (node.starts_with("boundary") || node.ends_with("-start")).then(|| format!("event {node}"))
}

fn plain(node: &str) -> &str {
    node.strip_suffix("#multiInstanceBody").unwrap_or(node)
}

/// Draws what happens next; `None` when nothing can move the instance any more.
pub fn draw(random: &mut Random, instance: &Instance, now: DateTime<Utc>, wild: bool) -> Option<Action> {
    let mut tokens: Vec<&Token> = instance.tokens().collect();
    tokens.sort_by_key(|token| token.id);
    let movers = movers(instance, &tokens);
    if movers.is_empty() {
        return None;
    }
    let drawn = random.below(100);
    if instance.suspended && drawn < 60 {
        return Some(single(Command::Suspend(false)));
    }
    let mut action = match drawn {
        60..70 => change_variables(random, instance, &tokens, wild),
        70..78 => fail(random, instance, &tokens, now)?,
        78..87 => change_attributes(random, instance, &tokens, now)?,
        87..94 => absurd(random, instance, &tokens, now),
        94..96 => single(Command::Suspend(true)),
        96 | 97 if wild => single(Command::Cancel {
            reason: None,
            skip_output_mappings: random.chance(50),
            skip_listeners: random.chance(50),
        }),
        _ => {
            let mover = random.below(movers.len());
            let mut action = go_on(random, instance, &movers[mover], now);
            // What comes back from a called process is heard all the same.
            let heard = matches!(action.commands[0], Command::FromCalled { .. });
            action.absurd = instance.suspended && !heard;
            action.foretold = !wild && !instance.suspended;
            action
        }
    };
    if action.commands.is_empty() {
        action = single(Command::Suspend(!instance.suspended));
    }
    Some(action)
}

fn single(command: Command) -> Action {
    Action {
        commands: vec![command],
        ..Action::default()
    }
}

fn movers<'i>(instance: &'i Instance, tokens: &[&'i Token]) -> Vec<Mover<'i>> {
    let moving = |token: &&&Token| match token.wait {
        Wait::UserTask(_) | Wait::ExternalTask(_) | Wait::Call { .. } => true,
        // A gateway goes on by one of its events.
        Wait::Signal => !token.node.starts_with("events"),
        _ => false,
    };
    let mut movers: Vec<Mover<'i>> = tokens.iter().filter(moving).map(|token| Mover::Token(token)).collect();
    movers.extend(instance.jobs().map(Mover::Job));
    let sent = instance
        .subscriptions()
        .filter(|one| matches!(one.kind, EventKind::Message | EventKind::Signal));
    // What comes to an execution that waits for it at several places goes to the first of them.
    let first = sent.filter(|one| {
        let alike = instance.subscriptions_of(one.owner);
        let mut alike = alike.filter(|other| other.kind == one.kind && other.name == one.name);
        alike.next().is_some_and(|first| first.id == one.id)
    });
    movers.extend(first.map(Mover::Subscription));
    movers
}

fn go_on(random: &mut Random, instance: &Instance, mover: &Mover<'_>, now: DateTime<Utc>) -> Action {
    let set = if random.chance(40) {
        some_values(random)
    } else {
        Vec::new()
    };
    let variables = variables(&set);
    let waits = |owner: Uuid, node: &str| event_of(node).or_else(|| instance.token(owner).and_then(wait_of));
    match mover {
        Mover::Token(token) => report(random, token, variables, set, now),
        Mover::Job(job) => Action {
            step: Step {
                wait: waits(job.owner, &job.node),
                event: matches!(job.work, JobWork::Timer { .. }).then(|| job.node.to_string()),
                again: comes_again(job, now),
                ..Step::default()
            },
            ..single(Command::ExecuteJob { job: job.id })
        },
        Mover::Subscription(one) => {
            let name = one.name.clone().unwrap_or_default();
            Action {
                step: Step {
                    wait: waits(one.owner, &one.node),
                    event: Some(one.node.to_string()),
                    set,
                    ..Step::default()
                },
                ..single(trigger(one.owner, Awaited::Event(one.kind, name), variables))
            }
        }
    }
}

/// Whether a timer that repeats has times left after this one. One that is executed ahead of its time by hand comes at
/// that time all the same.
fn comes_again(job: &Job, now: DateTime<Utc>) -> bool {
    let JobWork::Timer { again: Some(again) } = &job.work else {
        return false;
    };
    job.due.is_some_and(|due| due > now) || again.count < TIMES
}

/// Whoever works on what a token waits for is done, or reports what went wrong.
fn report(
    random: &mut Random,
    token: &Token,
    variables: Variables,
    set: Vec<(String, i64)>,
    now: DateTime<Utc>,
) -> Action {
    let task = token.id;
    // Whether the border of what was done long ago catches what is thrown while it is undone, nothing says.
    let undoes = token.node.starts_with("undo-");
    let thrown = match token.wait {
        _ if undoes => None,
        Wait::UserTask(_) if random.chance(15) => Some(Thrown::Error(random.pick(&ERRORS))),
        Wait::UserTask(_) if random.chance(15) => Some(Thrown::Escalation(random.pick(&ESCALATIONS))),
        Wait::ExternalTask(_) if random.chance(20) => Some(Thrown::Error(random.pick(&ERRORS))),
        _ => None,
    };
    let commands = match (&token.wait, thrown) {
        (Wait::UserTask(_), Some(Thrown::Error(code))) => vec![Command::ThrowTaskError {
            task,
            error_code: code.to_owned(),
            error_message: None,
            variables,
        }],
        (Wait::UserTask(_), Some(Thrown::Escalation(code))) => vec![Command::ThrowTaskEscalation {
            task,
            escalation_code: code.to_owned(),
            variables,
        }],
        (Wait::UserTask(_), None) => vec![Command::CompleteUserTask { task, variables }],
        (Wait::ExternalTask(_), Some(Thrown::Error(code))) => vec![
            lock(task, now),
            Command::ThrowExternalTaskError {
                holder: holder(task),
                error_code: code.to_owned(),
                error_message: None,
                variables,
            },
        ],
        (Wait::ExternalTask(_), _) => vec![
            lock(task, now),
            Command::CompleteExternalTask {
                holder: holder(task),
                variables,
                local_variables: Variables::new(),
            },
        ],
        (Wait::Call { .. }, _) => vec![Command::FromCalled {
            token: task,
            what: from_called(random),
            variables,
        }],
        _ => vec![trigger(task, Awaited::Anything, variables)],
    };
    Action {
        commands,
        step: Step {
            wait: wait_of(token),
            thrown,
            set,
            ..Step::default()
        },
        ..Action::default()
    }
}

/// The called process ended, or raised what nobody caught there.
fn from_called(random: &mut Random) -> FromCalled {
    match random.below(10) {
        0 => FromCalled::Raised(Raised::Error {
            code: random.pick(&ERRORS).to_owned(),
            message: None,
        }),
        1 => FromCalled::Raised(Raised::Escalation {
            code: random.pick(&ESCALATIONS).to_owned(),
        }),
        _ => FromCalled::Ended,
    }
}

fn change_variables(random: &mut Random, instance: &Instance, tokens: &[&Token], wild: bool) -> Action {
    let set = some_values(random);
    let mut places = vec![instance.id];
    if wild {
        places.extend(tokens.iter().map(|token| token.id));
        let mut scopes: Vec<Uuid> = instance.scopes().map(|scope| scope.id).collect();
        scopes.sort();
        places.extend(scopes);
    }
    let scope = random.pick(&places);
    let remove = if scope != instance.id && random.chance(20) {
        vec![random.pick(&VARIABLES).to_owned()]
    } else {
        Vec::new()
    };
    Action {
        step: Step {
            set: set.clone(),
            ..Step::default()
        },
        foretold: !wild,
        ..single(Command::ModifyVariables {
            scope,
            // Nothing is removed from the process: conditions ask for it.
            local: scope == instance.id || !remove.is_empty() || random.chance(50),
            set: variables(&set),
            remove,
        })
    }
}

/// A worker or a job fails, perhaps for the last time.
fn fail(random: &mut Random, instance: &Instance, tokens: &[&Token], now: DateTime<Utc>) -> Option<Action> {
    let external = |token: &&&Token| matches!(token.wait, Wait::ExternalTask(_));
    let tasks: Vec<Uuid> = tokens.iter().filter(external).map(|token| token.id).collect();
    let jobs: Vec<Uuid> = instance.jobs().map(|job| job.id).collect();
    if !tasks.is_empty() && (jobs.is_empty() || random.chance(50)) {
        let task = random.pick(&tasks);
        let retries = random
            .chance(80)
            .then(|| i32::try_from(random.below(3)).expect("a digit"));
        let commands = vec![
            lock(task, now),
            Command::FailExternalTask {
                holder: holder(task),
                error_message: Some("no".to_owned()),
                error_details: None,
                retries,
                retry_at: random.chance(50).then(|| now + TimeDelta::minutes(3)),
                variables: Variables::new(),
                local_variables: Variables::new(),
            },
        ];
        return Some(Action {
            commands,
            ..Action::default()
        });
    }
    let job = (!jobs.is_empty()).then(|| random.pick(&jobs));
    Some(job.map_or_else(Action::default, |job| {
        single(Command::FailJob {
            job,
            failure: failure(),
        })
    }))
}

/// What changes nothing about how the process goes on.
fn change_attributes(
    random: &mut Random,
    instance: &Instance,
    tokens: &[&Token],
    now: DateTime<Utc>,
) -> Option<Action> {
    let jobs: Vec<Uuid> = instance.jobs().map(|job| job.id).collect();
    let number = i32::try_from(random.below(3)).expect("a digit");
    if !jobs.is_empty() && random.chance(40) {
        let change = match random.below(4) {
            0 => JobChange::Retries(number),
            1 => JobChange::Due(random.chance(50).then_some(now)),
            2 => JobChange::Priority(number.into()),
            _ => JobChange::Suspended(random.chance(50)),
        };
        let job = random.pick(&jobs);
        return Some(single(Command::ChangeJob { job, change }));
    }
    let incidents: Vec<Uuid> = instance.incidents().map(|incident| incident.id).collect();
    if !incidents.is_empty() && random.chance(10) {
        return Some(single(Command::ResolveIncident {
            incident: random.pick(&incidents),
        }));
    }
    if tokens.is_empty() {
        return None;
    }
    if random.chance(20) {
        return Some(raise_incident(random, instance, tokens));
    }
    let token = random.pick(tokens);
    let task = token.id;
    Some(match token.wait {
        Wait::ExternalTask(_) => single(match random.below(4) {
            0 => lock(task, now),
            1 => Command::Unlock { task },
            2 => Command::SetExternalTaskRetries { task, retries: number },
            _ => Command::SetExternalTaskPriority {
                task,
                priority: number.into(),
            },
        }),
        Wait::UserTask(_) => {
            let user = random.chance(70).then(|| "mary".to_owned());
            let change = match random.below(3) {
                0 => UserTaskChange::Claim(user),
                1 => UserTaskChange::Assign(user),
                _ => UserTaskChange::Own(user),
            };
            single(Command::ChangeUserTask { task, change })
        }
        _ => Action::default(),
    })
}

/// An incident by hand, at any place that there is.
fn raise_incident(random: &mut Random, instance: &Instance, tokens: &[&Token]) -> Action {
    let mut places: Vec<Uuid> = instance.scopes().map(|scope| scope.id).collect();
    places.extend(tokens.iter().map(|token| token.id));
    places.sort_unstable();
    single(Command::RaiseIncident(NewIncident {
        id: Uuid::from_u128(u128::from(random.next()) << 64),
        execution: random.pick(&places),
        incident_type: "byHand".to_owned(),
        configuration: None,
        message: None,
    }))
}

/// What no instance accepts.
fn absurd(random: &mut Random, instance: &Instance, tokens: &[&Token], now: DateTime<Utc>) -> Action {
    let unknown = Uuid::from_u128(u128::MAX - 7);
    let kinds = every_kind(instance, unknown, unknown, now);
    let by_id = kinds.len() - UNADDRESSED;
    let command = match random.below(4) {
        0 => Command::Start(flowstone_core::Start::default()),
        1 if tokens
            .iter()
            .any(|token| matches!(token.wait, Wait::Join | Wait::Siblings | Wait::Job)) =>
        {
            let idle = |token: &&&Token| matches!(token.wait, Wait::Join | Wait::Siblings | Wait::Job);
            let idle: Vec<Uuid> = tokens.iter().filter(idle).map(|token| token.id).collect();
            trigger(random.pick(&idle), Awaited::Anything, Variables::new())
        }
        _ => kinds[random.below(by_id)].clone(),
    };
    Action {
        absurd: true,
        ..single(command)
    }
}

/// A command of every kind, about what the instance had once.
pub fn all_kinds(instance: &Instance, events: &[Event], now: DateTime<Utc>) -> Vec<Command> {
    let token = events.iter().rev().find_map(|event| match event {
        Event::TokenLeft { id, .. } => Some(*id),
        _ => None,
    });
    let job = events.iter().rev().find_map(|event| match event {
        Event::JobEnded { id, .. } => Some(*id),
        _ => None,
    });
    every_kind(instance, token.unwrap_or(instance.id), job.unwrap_or(instance.id), now)
}

/// How many commands at the end of `every_kind` concern no token or job.
const UNADDRESSED: usize = 5;

fn every_kind(instance: &Instance, task: Uuid, job: Uuid, now: DateTime<Utc>) -> Vec<Command> {
    let error_code = "e0".to_owned();
    vec![
        lock(task, now),
        Command::CompleteExternalTask {
            holder: holder(task),
            variables: Variables::new(),
            local_variables: Variables::new(),
        },
        Command::FailExternalTask {
            holder: holder(task),
            error_message: None,
            error_details: None,
            retries: Some(0),
            retry_at: None,
            variables: Variables::new(),
            local_variables: Variables::new(),
        },
        Command::ThrowExternalTaskError {
            holder: holder(task),
            error_code: error_code.clone(),
            error_message: None,
            variables: Variables::new(),
        },
        Command::ExtendLock {
            holder: holder(task),
            until: now,
        },
        Command::Unlock { task },
        Command::SetExternalTaskRetries { task, retries: 1 },
        Command::SetExternalTaskPriority { task, priority: 1 },
        Command::CompleteUserTask {
            task,
            variables: Variables::new(),
        },
        Command::ChangeUserTask {
            task,
            change: UserTaskChange::Claim(None),
        },
        trigger(task, Awaited::Anything, Variables::new()),
        trigger(
            task,
            Awaited::Event(EventKind::Message, "m0".to_owned()),
            Variables::new(),
        ),
        Command::ThrowTaskError {
            task,
            error_code,
            error_message: None,
            variables: Variables::new(),
        },
        Command::ThrowTaskEscalation {
            task,
            escalation_code: "c0".to_owned(),
            variables: Variables::new(),
        },
        Command::ExecuteJob { job },
        Command::FailJob {
            job,
            failure: failure(),
        },
        Command::ChangeJob {
            job,
            change: JobChange::Delete,
        },
        Command::FromCalled {
            token: task,
            what: FromCalled::Ended,
            variables: Variables::new(),
        },
        Command::ModifyVariables {
            scope: instance.id,
            local: true,
            set: Variables::new(),
            remove: Vec::new(),
        },
        Command::Suspend(true),
        Command::Start(flowstone_core::Start::default()),
        Command::Abandon,
        Command::Cancel {
            reason: None,
            skip_output_mappings: false,
            skip_listeners: false,
        },
    ]
}

fn some_values(random: &mut Random) -> Vec<(String, i64)> {
    let count = 1 + random.below(2);
    (0..count)
        .map(|_| {
            let name = random.pick(&VARIABLES).to_owned();
            (name, i64::try_from(random.below(10)).expect("a digit"))
        })
        .collect()
}

fn variables(set: &[(String, i64)]) -> Variables {
    set.iter()
        .map(|(name, value)| (name.clone(), TypedValue::from(*value)))
        .collect()
}

fn lock(task: Uuid, now: DateTime<Utc>) -> Command {
    Command::LockExternalTask {
        task,
        worker: WORKER.to_owned(),
        until: now + TimeDelta::minutes(5),
        force: true,
    }
}

fn holder(task: Uuid) -> Holder {
    Holder {
        task,
        worker: WORKER.to_owned(),
        lock_token: None,
    }
}

fn failure() -> JobFailure {
    JobFailure {
        message: "no".to_owned(),
        details: None,
        node: None,
    }
}

fn trigger(execution: Uuid, awaited: Awaited, variables: Variables) -> Command {
    Command::Trigger(Trigger {
        execution,
        awaited,
        variables,
        local_variables: Variables::new(),
    })
}

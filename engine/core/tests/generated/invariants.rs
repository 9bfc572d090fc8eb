//! What holds for every instance at rest, whatever its process.

use std::collections::HashMap;
use std::sync::Arc;

use flowstone_bpmn::model::{Catch, Implementation, NodeIndex, NodeKind, Process};
use flowstone_core::{EventKind, Executable, Incident, Instance, JobWork, Scope, ScopePhase, Token, Wait};
use flowstone_expression::{TypedValue, Value};
use uuid::Uuid;

/// Answers an error in place of a panic, so that the one who runs the walk can add seed and model.
#[macro_export]
macro_rules! must {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+));
        }
    };
}

const BODY: &str = "#multiInstanceBody";

/// Looks at all that an instance at rest consists of; `is_moved` says that tokens were begun and canceled by hand.
pub fn check(model: &Executable, instance: &Instance, is_moved: bool) -> Result<(), String> {
    let view = View {
        nodes: nodes(model.process()),
        process: model.process(),
        instance,
        is_moved,
    };
    must!(
        instance.ended == instance.tokens().next().is_none(),
        "ended is {}, which the tokens do not fit",
        instance.ended
    );
    if instance.ended {
        must!(instance.scopes().count() == 1, "an ended instance has open scopes");
        must!(instance.subscriptions().count() == 0, "an ended instance waits");
        must!(instance.jobs().count() == 0, "an ended instance has jobs");
        must!(instance.incidents().count() == 0, "an ended instance has incidents");
        must!(instance.joins().next().is_none(), "an ended instance joins");
        return Ok(());
    }
    instance.scopes().try_for_each(|scope| view.scope(scope))?;
    instance.tokens().try_for_each(|token| view.token(token))?;
    view.joins()?;
    view.subscriptions()?;
    view.conditions()?;
    view.jobs()?;
    view.incidents()
}

/// The nodes of a process by their ids.
fn nodes(process: &Process) -> HashMap<&str, NodeIndex> {
    process
        .indexed_nodes()
        .map(|(index, node)| (node.id.as_str(), index))
        .collect()
}

struct View<'v> {
    nodes: HashMap<&'v str, NodeIndex>,
    process: &'v Process,
    instance: &'v Instance,
    is_moved: bool,
}

impl View<'_> {
    /// The node of an id, also of that of a multi-instance body, and whether it is a body.
    fn node(&self, id: &str) -> Result<(NodeIndex, bool), String> {
        let plain = id.strip_suffix(BODY);
        let found = self.nodes.get(plain.unwrap_or(id));
        found
            .map(|node| (*node, plain.is_some()))
            .ok_or_else(|| format!("no node is called '{id}'"))
    }

    fn kind(&self, node: NodeIndex) -> &NodeKind {
        &self.process.node(node).kind
    }

    /// Whether something of a node may lie directly in a scope.
    fn fits(&self, node: NodeIndex, body: bool, scope: &Scope) -> Result<bool, String> {
        let parent = self.process.node(node).parent;
        let Some(place) = &scope.node else {
            return Ok(parent.is_none());
        };
        let (around, in_body) = self.node(place)?;
        let compensates = matches!(
            self.kind(around),
            NodeKind::IntermediateThrowEvent(_) | NodeKind::EndEvent(_)
        );
        let is_body = in_body && around == node && !body;
        Ok(compensates || is_body || scope.phase == ScopePhase::Compensating || (!in_body && parent == Some(around)))
    }

    fn scope(&self, scope: &Scope) -> Result<(), String> {
        let name = scope.node.as_deref().unwrap_or("the root");
        let mut occupied: HashMap<Arc<str>, usize> = HashMap::new();
        for child in &scope.children {
            let token = self
                .instance
                .token(*child)
                .map(|token| (token.scope, Some(token.node.clone())));
            let inner = self.instance.scope(*child);
            let inner = inner.and_then(|inner| Some((inner.parent?, inner.node.clone())));
            let Some((parent, node)) = token.or(inner) else {
                return Err(format!("{name} has a child {child} that does not exist"));
            };
            must!(parent == scope.id, "a child of {name} has another parent");
            *occupied.entry(node.ok_or("a child without node")?).or_insert(0) += 1;
        }
        must!(
            occupied == scope.occupied,
            "{name} counts {:?}, has {occupied:?}",
            scope.occupied
        );
        for kept in &scope.kept {
            let kept = self.instance.scope(*kept);
            must!(
                kept.is_some_and(|kept| kept.phase == ScopePhase::Kept && kept.parent == Some(scope.id)),
                "{name} keeps what is not kept"
            );
        }
        let at_rest = scope.children.is_empty();
        must!(
            at_rest == (scope.phase == ScopePhase::Kept),
            "{name} is {:?} and has {} children",
            scope.phase,
            scope.children.len()
        );
        let Some(parent) = scope.parent else {
            return Ok(());
        };
        let parent = self
            .instance
            .scope(parent)
            .ok_or_else(|| format!("{name} has no parent"))?;
        let place = if scope.phase == ScopePhase::Kept {
            &parent.kept
        } else {
            &parent.children
        };
        must!(place.contains(&scope.id), "the parent of {name} does not know it");
        let (node, body) = self.node(name)?;
        must!(self.fits(node, body, parent)?, "{name} lies in {:?}", parent.node);
        if body && scope.phase == ScopePhase::Open {
            self.body(scope, node)?;
        }
        if !body && scope.phase == ScopePhase::Open && !matches!(self.kind(node), NodeKind::EventSubProcess) {
            self.border(scope.id, node, parent)?;
        }
        Ok(())
    }

    /// The counters of a multi-instance activity.
    fn body(&self, scope: &Scope, node: NodeIndex) -> Result<(), String> {
        let count = |name: &str| match scope.variables.get(name).map(|value: &TypedValue| Value::from(value)) {
            Some(Value::Integer(number)) => usize::try_from(number).map_err(|_| format!("{name} is {number}")),
            other => Err(format!("{name} is {other:?}")),
        };
        let (all, completed, active) = (
            count("nrOfInstances")?,
            count("nrOfCompletedInstances")?,
            count("nrOfActiveInstances")?,
        );
        let siblings = |id: &&Uuid| {
            self.instance
                .token(**id)
                .is_some_and(|token| token.wait == Wait::Siblings)
        };
        let ended = scope.children.iter().filter(siblings).count();
        let running = scope.children.len() - ended;
        let sequential = self
            .process
            .node(node)
            .multi_instance
            .as_ref()
            .is_some_and(|one| one.sequential);
        let expected = match sequential {
            true => 1,
            // What was canceled counts as begun.
            false if self.is_moved => active.min(all - completed),
            false => all - completed,
        };
        must!(
            running == expected && active == expected && (sequential || ended <= completed) && completed < all,
            "the body counts {all} instances, {completed} completed, {active} active; {running} run and {ended} ended"
        );
        Ok(())
    }

    fn token(&self, token: &Token) -> Result<(), String> {
        let name = &token.node;
        let (node, body) = self.node(name)?;
        let scope = self.instance.scope(token.scope);
        let scope = scope.ok_or_else(|| format!("a token in {name} has no scope"))?;
        must!(
            scope.children.contains(&token.id),
            "the scope of {name} does not know its token"
        );
        must!(
            scope.phase != ScopePhase::Kept,
            "a token in {name} rests in a kept scope"
        );
        must!(
            self.fits(node, body, scope)?,
            "a token in {name} rests in {:?}",
            scope.node
        );
        let (flow_node, jobs) = (self.process.node(node), self.instance.jobs_of(token.id).count());
        let external = matches!(flow_node.kind.implementation(), Some(Implementation::External(_)));
        let fits = match &token.wait {
            Wait::UserTask(_) => matches!(flow_node.kind, NodeKind::UserTask(_)),
            Wait::ExternalTask(_) => external,
            Wait::Signal => matches!(
                flow_node.kind,
                NodeKind::ReceiveTask(_) | NodeKind::IntermediateCatchEvent(_) | NodeKind::EventBasedGateway(_)
            ),
            Wait::Join => matches!(flow_node.kind, NodeKind::ParallelGateway | NodeKind::InclusiveGateway),
            Wait::Siblings => flow_node.multi_instance.as_ref().is_some_and(|one| !one.sequential),
            Wait::Job => jobs == 1,
            Wait::Call { .. } => matches!(flow_node.kind, NodeKind::CallActivity(_)),
        };
        must!(fits, "a token in {name} waits for {:?}", token.wait);
        match token.wait {
            Wait::UserTask(_) | Wait::ExternalTask(_) | Wait::Signal | Wait::Call { .. } => {
                self.border(token.id, node, scope)
            }
            _ => Ok(()),
        }
    }

    /// What waits at the border of an activity that runs: for each event one subscription or job. A timer that does
    /// not interrupt may have fired.
    fn border(&self, owner: Uuid, node: NodeIndex, around: &Scope) -> Result<(), String> {
        let name = &self.process.node(node).id;
        let in_body = around
            .node
            .as_deref()
            .is_some_and(|body| body.strip_suffix(BODY) == Some(name));
        for (_, event) in self.process.indexed_nodes() {
            let NodeKind::BoundaryEvent(boundary) = &event.kind else {
                continue;
            };
            if boundary.attached_to != node {
                continue;
            }
            let subscriptions = self
                .instance
                .subscriptions_of(owner)
                .filter(|one| *one.node == *event.id)
                .count();
            let jobs = self
                .instance
                .jobs_of(owner)
                .filter(|one| *one.node == *event.id)
                .count();
            let (expected, timers) = match boundary.catch {
                _ if in_body => (0, 0..=0),
                Catch::Message { .. } | Catch::Signal { .. } | Catch::Conditional(_) => (1, 0..=0),
                Catch::Timer(_) if boundary.interrupting => (0, 1..=1),
                Catch::Timer(_) => (0, 0..=1),
                _ => (0, 0..=0),
            };
            must!(
                subscriptions == expected && timers.contains(&jobs),
                "at {} wait {subscriptions} subscriptions and {jobs} jobs",
                event.id
            );
        }
        Ok(())
    }

    fn joins(&self) -> Result<(), String> {
        for (scope, node) in self.instance.joins() {
            let listed: Vec<Uuid> = self.instance.waiting_at_join(scope, node).collect();
            let waits = |token: &&Token| token.scope == scope && token.node == *node && token.wait == Wait::Join;
            let waiting = self.instance.tokens().filter(waits).count();
            must!(
                waiting == listed.len() && waiting > 0,
                "at {node} wait {waiting} tokens, {} are listed",
                listed.len()
            );
            let (index, _) = self.node(node)?;
            let incoming = self.process.node(index).incoming.len();
            must!(waiting < incoming, "all {incoming} tokens of {node} are there");
            if matches!(self.kind(index), NodeKind::InclusiveGateway) {
                let around = self.instance.scope(scope).map_or(0, |scope| scope.children.len());
                must!(around > waiting, "nothing will join the tokens at {node}");
            }
        }
        let joining = self.instance.tokens().filter(|token| token.wait == Wait::Join).count();
        let listed: usize = self
            .instance
            .joins()
            .map(|(scope, node)| self.instance.number_waiting_at_join(scope, node))
            .sum();
        must!(joining == listed, "{joining} tokens join, {listed} are listed");
        Ok(())
    }

    fn subscriptions(&self) -> Result<(), String> {
        let mut conditions = 0;
        for one in self.instance.subscriptions() {
            let (node, _) = self.node(&one.node)?;
            conditions += usize::from(one.kind == EventKind::Conditional);
            let fits = if let Some(token) = self.instance.token(one.owner) {
                let (rests, _) = self.node(&token.node)?;
                let behind = self.process.node(rests).outgoing.iter();
                let mut behind = behind.map(|flow| self.process.flow(*flow).target);
                rests == node || self.stands_at(node, rests) || behind.any(|target| target == node)
            } else if let Some(scope) = self.instance.scope(one.owner) {
                let around = scope.node.as_deref().map(|id| self.node(id)).transpose()?;
                let starts = matches!(self.kind(node), NodeKind::StartEvent(_));
                let parent = self.process.node(node).parent;
                let outer = parent.and_then(|parent| self.process.node(parent).parent);
                if one.kind == EventKind::Compensate {
                    let kept = one.kept.is_none_or(|kept| scope.kept.contains(&kept));
                    must!(kept, "what compensates {} is not kept", one.node);
                    true
                } else {
                    must!(
                        scope.phase == ScopePhase::Open,
                        "a scope that is over waits at {}",
                        one.node
                    );
                    around.is_some_and(|(around, _)| self.stands_at(node, around))
                        || (starts && outer == around.map(|(around, _)| around))
                }
            } else {
                return Err(format!("who waits at {} is gone", one.node));
            };
            must!(fits, "{:?} waits at {}", one.owner, one.node);
        }
        must!(
            conditions == self.instance.conditions().count(),
            "the conditions are not those that wait"
        );
        Ok(())
    }

    fn stands_at(&self, event: NodeIndex, activity: NodeIndex) -> bool {
        matches!(self.kind(event), NodeKind::BoundaryEvent(boundary) if boundary.attached_to == activity)
    }

    fn jobs(&self) -> Result<(), String> {
        for job in self.instance.jobs() {
            let token = self.instance.token(job.owner);
            let live = token.is_some()
                || self
                    .instance
                    .scope(job.owner)
                    .is_some_and(|one| one.phase == ScopePhase::Open);
            must!(live, "who the job of {} belongs to is gone", job.node);
            let (node, body) = self.node(&job.node)?;
            let flow_node = self.process.node(node);
            let fits = match &job.work {
                JobWork::Timer { .. } => matches!(flow_node.kind.catch(), Some(Catch::Timer(_))),
                JobWork::Timeout { .. } => matches!(flow_node.kind, NodeKind::UserTask(_)),
                JobWork::Deliver { .. } => matches!(flow_node.kind.catch(), Some(Catch::Signal { .. })),
                JobWork::Enter | JobWork::Leave { .. } => {
                    let cut = match &flow_node.multi_instance {
                        Some(repeated) if !body => repeated.asynchronous,
                        _ => flow_node.asynchronous,
                    };
                    let asked = if job.work == JobWork::Enter {
                        cut.before
                    } else {
                        cut.after
                    };
                    asked && token.is_some_and(|token| token.wait == Wait::Job && token.node == job.node)
                }
            };
            must!(fits, "the job {:?} of {} fits nothing", job.work, job.node);
        }
        Ok(())
    }

    fn incidents(&self) -> Result<(), String> {
        let (raised, by_hand): (Vec<_>, Vec<_>) = self
            .instance
            .incidents()
            .partition(|incident| Incident::is_of_the_engine(&incident.incident_type));
        for incident in by_hand {
            let place = incident.token;
            let is_there = self.instance.token(place).is_some() || self.instance.scope(place).is_some();
            must!(is_there, "the incident of {} is of what is gone", incident.node);
        }
        for incident in &raised {
            let failed = match self.instance.job(incident.source) {
                Some(job) => job.owner == incident.token && job.retries == 0,
                None => self.instance.token(incident.source).is_some_and(
                    |token| matches!(&token.wait, Wait::ExternalTask(task) if task.retries == Some(0) && incident.token == token.id),
                ),
            };
            must!(failed, "the incident of {} is about nothing that failed", incident.node);
        }
        let jobs = self.instance.jobs().filter(|job| job.retries == 0).count();
        let exhausted = |token: &&Token| matches!(&token.wait, Wait::ExternalTask(task) if task.retries == Some(0));
        let tasks = self.instance.tokens().filter(exhausted).count();
        let incidents = raised.len();
        must!(
            incidents == jobs + tasks,
            "{jobs} jobs and {tasks} tasks have no retries left, {incidents} incidents tell of them"
        );
        Ok(())
    }

    /// What a condition that holds sets off, and that then is over, does not wait any more.
    fn conditions(&self) -> Result<(), String> {
        for one in self.instance.conditions() {
            let (node, _) = self.node(&one.node)?;
            let interrupting = match self.kind(node) {
                NodeKind::BoundaryEvent(event) => event.interrupting,
                NodeKind::StartEvent(event) => event.trigger.as_ref().is_some_and(|trigger| trigger.interrupting),
                _ => true,
            };
            let Some(Catch::Conditional(condition)) = self.kind(node).catch() else {
                return Err(format!("{} waits for a condition and has none", one.node));
            };
            let source = condition.condition.source();
            let guard = source
                .strip_prefix("${")
                .and_then(|text| text.strip_suffix('}')?.split_once(" > "));
            let (name, above) = guard.ok_or_else(|| format!("'{source}' is no guard"))?;
            let value = match self.instance.variable(one.owner, name).map(Value::from) {
                Some(Value::Long(number)) => number,
                other => return Err(format!("{name} is {other:?}")),
            };
            must!(
                !interrupting || value <= above.parse().map_err(|_| format!("'{above}' is no number"))?,
                "{} waits, though {source}",
                one.node
            );
        }
        Ok(())
    }
}

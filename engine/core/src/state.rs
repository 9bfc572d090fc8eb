//! The state of one instance: a tree of scopes with variables, and tokens at rest.
//!
//! Only [`crate::apply`] calls the methods here that change it. While a step runs, each change is
//! noted in an undo log, so that a rejected command leaves no trace without copying the instance.

mod attached;
mod token;
mod undo;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;

pub use attached::{EventKind, Incident, Job, JobFailure, JobWork, Repetition, Subscription};
pub use token::{Caller, Delegation, ExternalTask, FormReference, Token, UserTask, Wait};
pub use undo::Removed;
use undo::{Held, Undo};

/// A running (or just ended) process instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// Instance id, the id of the root scope.
    pub id: Uuid,
    /// Definition that it runs.
    pub definition_id: Arc<str>,
    /// Business key.
    pub business_key: Option<String>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// BPMN id of the start event.
    pub start_node: Option<Arc<str>>,
    /// User that started it.
    pub start_user: Option<String>,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// Who called it.
    pub caller: Option<Caller>,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Whether it ended; then it rejects every command.
    pub ended: bool,
    scopes: HashMap<Uuid, Scope>,
    tokens: HashMap<Uuid, Token>,
    /// Tokens that wait at a join, by scope and node, in the order of their arrival.
    waiting_at_join: HashMap<(Uuid, Arc<str>), BTreeSet<Uuid>>,
    /// Open incidents by token and incident id.
    incidents: BTreeMap<(Uuid, Uuid), Incident>,
    /// Subscriptions by owner and subscription id.
    subscriptions: BTreeMap<(Uuid, Uuid), Subscription>,
    /// Those of them that wait for conditions, which every change of a variable may concern.
    conditions: BTreeSet<(Uuid, Uuid)>,
    /// Jobs by owner and job id.
    jobs: BTreeMap<(Uuid, Uuid), Job>,
    /// Owners of jobs by job id.
    job_owners: HashMap<Uuid, Uuid>,
    /// Rough size of all variables.
    variable_bytes: usize,
    removed: Removed,
    undo: Option<Vec<Undo>>,
    held: Held,
}

/// The root of an instance or an entered sub-process.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// Scope id, activity instance id and execution id.
    pub id: Uuid,
    /// Enclosing scope; `None` for the root.
    pub parent: Option<Uuid>,
    /// Node of the sub-process; `None` for the root.
    pub node: Option<Arc<str>>,
    /// When it was entered.
    pub started_at: DateTime<Utc>,
    /// Whether it is open, or completed and kept.
    pub phase: ScopePhase,
    /// Variables that it holds.
    pub variables: Variables,
    /// Completed scopes directly inside that are kept for their compensation.
    pub kept: BTreeSet<Uuid>,
    /// Tokens at rest and scopes directly inside; ids are time-ordered, so this is their order of
    /// creation.
    pub children: BTreeSet<Uuid>,
    /// How many of the children rest at each node.
    pub occupied: HashMap<Arc<str>, usize>,
}

/// Where a scope is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScopePhase {
    /// Its activity instance is open.
    #[default]
    Open,
    /// It was completed and is kept for its compensation.
    Kept,
    /// It was completed and is being compensated.
    Compensating,
}

/// The attributes of an instance beside its tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Instance id.
    pub id: Uuid,
    /// Definition that it runs.
    pub definition_id: Arc<str>,
    /// Business key.
    pub business_key: Option<String>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// BPMN id of the start event.
    pub start_node: Option<Arc<str>>,
    /// User that started it.
    pub start_user: Option<String>,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// Who called it.
    pub caller: Option<Caller>,
    /// Whether it is suspended.
    pub suspended: bool,
}

impl Instance {
    /// An instance with an empty root scope.
    pub fn new(header: Header) -> Self {
        let root = Scope {
            id: header.id,
            parent: None,
            node: None,
            started_at: header.started_at,
            phase: ScopePhase::Open,
            variables: Variables::new(),
            kept: BTreeSet::new(),
            children: BTreeSet::new(),
            occupied: HashMap::new(),
        };
        Instance {
            id: header.id,
            definition_id: header.definition_id,
            business_key: header.business_key,
            tenant_id: header.tenant_id,
            start_node: header.start_node,
            start_user: header.start_user,
            started_at: header.started_at,
            caller: header.caller,
            suspended: header.suspended,
            ended: false,
            scopes: HashMap::from([(header.id, root)]),
            tokens: HashMap::new(),
            waiting_at_join: HashMap::new(),
            incidents: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            conditions: BTreeSet::new(),
            jobs: BTreeMap::new(),
            job_owners: HashMap::new(),
            variable_bytes: 0,
            removed: Removed::default(),
            undo: None,
            held: Held::default(),
        }
    }

    /// The root scope.
    pub fn root(&self) -> Option<&Scope> {
        self.scopes.get(&self.id)
    }

    /// A scope by id.
    pub fn scope(&self, id: Uuid) -> Option<&Scope> {
        self.scopes.get(&id)
    }

    /// A token by id.
    pub fn token(&self, id: Uuid) -> Option<&Token> {
        self.tokens.get(&id)
    }

    /// All tokens, in no order.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.tokens.values()
    }

    /// All scopes, the root included, in no order.
    pub fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.scopes.values()
    }

    /// Open incidents.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values()
    }

    /// Open incidents of a token.
    pub fn incidents_of(&self, token: Uuid) -> impl Iterator<Item = &Incident> {
        self.incidents
            .range((token, Uuid::nil())..=(token, Uuid::max()))
            .map(|(_, incident)| incident)
    }

    /// Tokens that wait at a join of a scope, in the order of their arrival.
    pub fn waiting_at_join(&self, scope: Uuid, node: &Arc<str>) -> impl Iterator<Item = Uuid> + '_ {
        self.waiting_at_join
            .get(&(scope, node.clone()))
            .into_iter()
            .flatten()
            .copied()
    }

    /// Subscriptions of a token or scope, the oldest first.
    pub fn subscriptions_of(&self, owner: Uuid) -> impl Iterator<Item = &Subscription> {
        self.subscriptions
            .range((owner, Uuid::nil())..=(owner, Uuid::max()))
            .map(|(_, subscription)| subscription)
    }

    /// A subscription by its owner and id.
    pub fn subscription(&self, owner: Uuid, id: Uuid) -> Option<&Subscription> {
        self.subscriptions.get(&(owner, id))
    }

    /// Subscriptions that wait for conditions.
    pub fn conditions(&self) -> impl Iterator<Item = &Subscription> {
        self.conditions.iter().filter_map(|place| self.subscriptions.get(place))
    }

    /// All subscriptions.
    pub fn subscriptions(&self) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.values()
    }

    /// A job by id.
    pub fn job(&self, id: Uuid) -> Option<&Job> {
        let owner = self.job_owners.get(&id)?;
        self.jobs.get(&(*owner, id))
    }

    /// Jobs of a token or scope, the oldest first.
    pub fn jobs_of(&self, owner: Uuid) -> impl Iterator<Item = &Job> {
        self.jobs
            .range((owner, Uuid::nil())..=(owner, Uuid::max()))
            .map(|(_, job)| job)
    }

    /// All jobs.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.values()
    }

    /// Joins at which tokens wait, with their scopes.
    pub fn joins(&self) -> impl Iterator<Item = (Uuid, &Arc<str>)> {
        self.waiting_at_join.keys().map(|(scope, node)| (*scope, node))
    }

    /// How many tokens wait at a join of a scope.
    pub fn number_waiting_at_join(&self, scope: Uuid, node: &Arc<str>) -> usize {
        self.waiting_at_join
            .get(&(scope, node.clone()))
            .map_or(0, BTreeSet::len)
    }

    /// Scopes from the given execution (token or scope) up to the root; for a token its own
    /// variables come first. The nearest holder of a name wins (bpmn-semantics 2.12).
    pub fn variable_holders(&self, execution: Uuid) -> impl Iterator<Item = (Uuid, &Variables)> {
        let token = self.tokens.get(&execution);
        let own = token.map(|token| (token.id, &token.variables));
        let first = token.map_or(Some(execution), |token| Some(token.scope));
        let scopes = std::iter::successors(first.and_then(|id| self.scopes.get(&id)), |scope| {
            scope.parent.and_then(|parent| self.scopes.get(&parent))
        });
        own.into_iter().chain(scopes.map(|scope| (scope.id, &scope.variables)))
    }

    /// The variable that an execution sees under a name.
    pub fn variable(&self, execution: Uuid, name: &str) -> Option<&TypedValue> {
        self.variable_holders(execution)
            .find_map(|(_, variables)| variables.get(name))
    }

    /// All variables that an execution sees.
    pub fn visible_variables(&self, execution: Uuid) -> Variables {
        let holders: Vec<_> = self.variable_holders(execution).collect();
        let mut visible = Variables::new();
        for (_, variables) in holders.into_iter().rev() {
            visible.extend(variables.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        visible
    }

    /// Rough size in memory, in bytes. Kept with every change, so asking costs nothing.
    pub fn estimated_size(&self) -> usize {
        const TOKEN: usize = 640;
        const SCOPE: usize = 320;
        const SUBSCRIPTION: usize = 192;
        const JOB: usize = 384;
        512 + self.tokens.len() * TOKEN
            + self.scopes.len() * SCOPE
            + self.subscriptions.len() * SUBSCRIPTION
            + self.jobs.len() * JOB
            + self.variable_bytes
    }

    pub(crate) fn set_ended(&mut self) {
        self.note(Undo::Ended(self.ended));
        self.ended = true;
    }

    pub(crate) fn set_suspended(&mut self, suspended: bool) {
        self.note(Undo::Suspended(self.suspended));
        self.suspended = suspended;
    }

    pub(crate) fn insert_token(&mut self, token: Token) {
        self.note(Undo::TokenInserted(token.id));
        self.link_token(token);
    }

    pub(crate) fn remove_token(&mut self, id: Uuid) {
        if let Some(token) = self.unlink_token(id) {
            self.note(Undo::TokenRemoved(Box::new(token)));
        }
    }

    /// Changes what a token waits for; its scope, node and variables stay.
    pub(crate) fn change_wait(&mut self, id: Uuid, change: impl FnOnce(&mut Wait)) {
        if let Some(before) = self.tokens.get(&id).map(|token| Box::new(token.clone())) {
            self.note(Undo::TokenChanged(before));
        }
        if let Some(token) = self.tokens.get_mut(&id) {
            change(&mut token.wait);
        }
    }

    pub(crate) fn insert_scope(&mut self, scope: Scope) {
        self.note(Undo::ScopeInserted(scope.id));
        self.link_scope(scope);
    }

    pub(crate) fn remove_scope(&mut self, id: Uuid) {
        if let Some(scope) = self.unlink_scope(id) {
            self.note(Undo::ScopeRemoved(Box::new(scope)));
        }
    }

    /// Moves a scope to another phase and, where given, another parent.
    pub(crate) fn change_phase(&mut self, id: Uuid, phase: ScopePhase, parent: Option<Uuid>) {
        if let Some(mut scope) = self.unlink_scope(id) {
            self.note(Undo::ScopeChanged(Box::new(scope.clone())));
            scope.phase = phase;
            scope.parent = parent.or(scope.parent);
            self.link_scope(scope);
        }
    }

    pub(crate) fn set_variable(&mut self, scope: Uuid, name: &str, value: Option<TypedValue>) {
        let before = self.replace_variable(scope, name, value);
        self.note(Undo::Variable {
            scope,
            name: name.to_owned(),
            before,
        });
    }

    pub(crate) fn insert_incident(&mut self, incident: Incident) {
        self.note(Undo::IncidentInserted((incident.token, incident.id)));
        self.incidents.insert((incident.token, incident.id), incident);
    }

    pub(crate) fn annotate_incident(&mut self, token: Uuid, id: Uuid, annotation: Option<String>) {
        if let Some(incident) = self.incidents.get_mut(&(token, id)) {
            let before = Box::new(incident.clone());
            incident.annotation = annotation;
            self.note(Undo::IncidentChanged(before));
        }
    }

    pub(crate) fn remove_incident(&mut self, token: Uuid, id: Uuid) {
        if let Some(incident) = self.incidents.remove(&(token, id)) {
            self.note(Undo::IncidentRemoved(Box::new(incident)));
        }
    }

    pub(crate) fn insert_subscription(&mut self, subscription: Subscription) {
        let place = (subscription.owner, subscription.id);
        self.note(Undo::SubscriptionInserted(place));
        self.link_subscription(subscription);
    }

    pub(crate) fn remove_subscription(&mut self, owner: Uuid, id: Uuid) {
        if let Some(subscription) = self.unlink_subscription((owner, id)) {
            self.note(Undo::SubscriptionRemoved(Box::new(subscription)));
        }
    }

    pub(crate) fn insert_job(&mut self, job: Job) {
        self.note(Undo::JobInserted((job.owner, job.id)));
        self.link_job(job);
    }

    pub(crate) fn remove_job(&mut self, owner: Uuid, id: Uuid) {
        if let Some(job) = self.unlink_job((owner, id)) {
            self.note(Undo::JobRemoved(Box::new(job)));
        }
    }

    pub(crate) fn change_job(&mut self, id: Uuid, change: impl FnOnce(&mut Job)) {
        let Some(owner) = self.job_owners.get(&id).copied() else {
            return;
        };
        if let Some(before) = self.jobs.get(&(owner, id)).map(|job| Box::new(job.clone())) {
            self.note(Undo::JobChanged(before));
        }
        if let Some(job) = self.jobs.get_mut(&(owner, id)) {
            change(job);
        }
    }

    fn link_subscription(&mut self, subscription: Subscription) {
        let place = (subscription.owner, subscription.id);
        if subscription.kind == EventKind::Conditional {
            self.conditions.insert(place);
        }
        self.subscriptions.insert(place, subscription);
    }

    fn unlink_subscription(&mut self, place: (Uuid, Uuid)) -> Option<Subscription> {
        self.conditions.remove(&place);
        self.subscriptions.remove(&place)
    }

    fn link_job(&mut self, job: Job) {
        self.job_owners.insert(job.id, job.owner);
        self.jobs.insert((job.owner, job.id), job);
    }

    fn unlink_job(&mut self, place: (Uuid, Uuid)) -> Option<Job> {
        self.job_owners.remove(&place.1);
        self.jobs.remove(&place)
    }

    fn link_token(&mut self, token: Token) {
        self.variable_bytes += size_of_all(&token.variables);
        if let Some(scope) = self.scopes.get_mut(&token.scope) {
            scope.add(token.id, Some(&token.node));
        }
        if token.wait == Wait::Join {
            self.waiting_at_join
                .entry((token.scope, token.node.clone()))
                .or_default()
                .insert(token.id);
        }
        self.tokens.insert(token.id, token);
    }

    fn unlink_token(&mut self, id: Uuid) -> Option<Token> {
        let token = self.tokens.remove(&id)?;
        self.variable_bytes -= size_of_all(&token.variables);
        if let Some(scope) = self.scopes.get_mut(&token.scope) {
            scope.take_out(id, Some(&token.node));
        }
        if token.wait == Wait::Join {
            let place = (token.scope, token.node.clone());
            if let Some(waiting) = self.waiting_at_join.get_mut(&place) {
                waiting.remove(&id);
                if waiting.is_empty() {
                    self.waiting_at_join.remove(&place);
                }
            }
        }
        Some(token)
    }

    fn link_scope(&mut self, scope: Scope) {
        self.variable_bytes += size_of_all(&scope.variables);
        if let Some(parent) = scope.parent.and_then(|parent| self.scopes.get_mut(&parent)) {
            if scope.phase == ScopePhase::Kept {
                parent.kept.insert(scope.id);
            } else {
                parent.add(scope.id, scope.node.as_ref());
            }
        }
        self.scopes.insert(scope.id, scope);
    }

    fn unlink_scope(&mut self, id: Uuid) -> Option<Scope> {
        let scope = self.scopes.remove(&id)?;
        self.variable_bytes -= size_of_all(&scope.variables);
        if let Some(parent) = scope.parent.and_then(|parent| self.scopes.get_mut(&parent)) {
            if scope.phase == ScopePhase::Kept {
                parent.kept.remove(&id);
            } else {
                parent.take_out(id, scope.node.as_ref());
            }
        }
        Some(scope)
    }

    fn replace_variable(&mut self, holder: Uuid, name: &str, value: Option<TypedValue>) -> Option<TypedValue> {
        let variables = if let Some(token) = self.tokens.get_mut(&holder) {
            &mut token.variables
        } else {
            &mut self.scopes.get_mut(&holder)?.variables
        };
        let after = value.as_ref().map_or(0, |value| size_of_one(name, value));
        let before = match value {
            Some(value) => variables.insert(name.to_owned(), value),
            None => variables.remove(name),
        };
        self.variable_bytes += after;
        self.variable_bytes -= before.as_ref().map_or(0, |value| size_of_one(name, value));
        before
    }
}

impl Scope {
    fn add(&mut self, child: Uuid, node: Option<&Arc<str>>) {
        self.children.insert(child);
        if let Some(node) = node {
            *self.occupied.entry(node.clone()).or_insert(0) += 1;
        }
    }

    fn take_out(&mut self, child: Uuid, node: Option<&Arc<str>>) {
        self.children.remove(&child);
        if let Some(node) = node
            && let Some(count) = self.occupied.get_mut(node)
        {
            *count -= 1;
            if *count == 0 {
                self.occupied.remove(node);
            }
        }
    }
}

fn size_of_all(variables: &Variables) -> usize {
    variables.iter().map(|(name, value)| size_of_one(name, value)).sum()
}

fn size_of_one(name: &str, value: &TypedValue) -> usize {
    name.len() + 64 + value.estimated_size()
}

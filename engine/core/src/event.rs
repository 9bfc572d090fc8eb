//! What happened to an instance. Events are facts: applying the same events to the same state
//! gives the same state, and history is a projection of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression::{TypedValue, Variables};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::{Caller, Incident, Job, JobFailure, Subscription, Token, UserTask};

/// One change of an instance. Each carries all that a reader needs, so that projections look at
/// nothing else. Nodes are named by their BPMN ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase")]
pub enum Event {
    /// The instance began.
    InstanceStarted {
        /// Instance id, the id of its root scope.
        id: Uuid,
        /// Definition that it runs.
        definition_id: Arc<str>,
        /// Business key.
        business_key: Option<String>,
        /// Tenant.
        tenant_id: Option<String>,
        /// BPMN id of the start event.
        start_node: Arc<str>,
        /// Authenticated user.
        user: Option<String>,
        /// Who called it.
        caller: Option<Caller>,
        /// When.
        at: DateTime<Utc>,
    },
    /// A node was entered and left within the step: gateways, none events, manual tasks.
    NodePassed {
        /// Activity instance id.
        id: Uuid,
        /// Enclosing scope.
        scope: Uuid,
        /// Node.
        node: Arc<str>,
        /// When.
        at: DateTime<Utc>,
        /// Whether nothing follows it: an end event or a node without outgoing flow.
        completes_scope: bool,
        /// Whether it was interrupted while it ran.
        canceled: bool,
    },
    /// A sub-process was entered.
    ScopeOpened {
        /// Scope id and activity instance id.
        id: Uuid,
        /// Enclosing scope.
        parent: Uuid,
        /// Node of the sub-process.
        node: Arc<str>,
        /// When.
        at: DateTime<Utc>,
    },
    /// A sub-process was left; nothing is active in it any more.
    ScopeClosed {
        /// Scope id.
        id: Uuid,
        /// Enclosing scope.
        parent: Uuid,
        /// Node of the sub-process.
        node: Arc<str>,
        /// When it was entered.
        started_at: DateTime<Utc>,
        /// When it was left.
        at: DateTime<Utc>,
        /// Whether no flow leaves it.
        completes_scope: bool,
        /// Whether it was interrupted.
        canceled: bool,
        /// Whether it is kept with its variables, because it can be compensated.
        kept: bool,
    },
    /// A kept scope goes on inside of another one to be compensated.
    CompensationBegan {
        /// Scope.
        id: Uuid,
        /// Scope of the event that throws, or the kept scope around it.
        parent: Uuid,
    },
    /// A kept scope is gone.
    KeptScopeClosed {
        /// Scope.
        id: Uuid,
    },
    /// A token came to rest.
    TokenRested(Box<Token>),
    /// A token rests where no activity instance is: before or after an activity that a job goes on with, or in place
    /// of an ended instance of a multi-instance activity until all have ended.
    TransitionOpened(Box<Token>),
    /// It rests there no more.
    TransitionClosed {
        /// Token.
        id: Uuid,
    },
    /// A token left where it rested.
    TokenLeft {
        /// Token id.
        id: Uuid,
        /// Enclosing scope.
        scope: Uuid,
        /// Node that it left.
        node: Arc<str>,
        /// Assignee, when it rested in a user task.
        assignee: Option<String>,
        /// Whether it rested in a user task.
        user_task: bool,
        /// When it came.
        started_at: DateTime<Utc>,
        /// When it left.
        at: DateTime<Utc>,
        /// Whether no flow leaves the node.
        completes_scope: bool,
        /// Whether it was interrupted.
        canceled: bool,
        /// Instance that it had called.
        called: Option<Uuid>,
    },
    /// The instance was suspended or activated.
    SuspensionSet {
        /// Whether it is suspended now.
        suspended: bool,
    },
    /// A user task got other attributes.
    UserTaskChanged {
        /// Task.
        id: Uuid,
        /// What it is now.
        task: Box<UserTask>,
    },
    /// A worker holds an external task.
    ExternalTaskLocked {
        /// Task.
        id: Uuid,
        /// Worker.
        worker: String,
        /// End of the lock.
        until: DateTime<Utc>,
        /// Token of this lock.
        lock_token: Uuid,
    },
    /// The end of a lock was moved.
    LockExtended {
        /// Task.
        id: Uuid,
        /// New end of the lock.
        until: DateTime<Utc>,
    },
    /// Nobody holds an external task any more.
    ExternalTaskUnlocked {
        /// Task.
        id: Uuid,
    },
    /// A worker failed.
    ExternalTaskFailed {
        /// Task.
        id: Uuid,
        /// What went wrong, in one line.
        error_message: Option<String>,
        /// What went wrong, in full.
        error_details: Option<String>,
        /// Retries left.
        retries: i32,
        /// When the task may be fetched again.
        retry_at: DateTime<Utc>,
    },
    /// Retries of an external task were set.
    ExternalTaskRetriesSet {
        /// Task.
        id: Uuid,
        /// Retries left.
        retries: i32,
    },
    /// The priority of an external task was set.
    ExternalTaskPrioritySet {
        /// Task.
        id: Uuid,
        /// New priority.
        priority: i64,
    },
    /// A business error found nobody to catch it; the path ended there (BPMN 2.0, 10.5.7, with
    /// the reference engine's choice to end the path without a fault).
    ErrorUncaught {
        /// Token that threw it.
        id: Uuid,
        /// Error code.
        error_code: String,
        /// Message.
        error_message: Option<String>,
    },
    /// Somebody submitted a form; the variables that came of it are told beside it.
    FormSubmitted {
        /// Task whose form it was; `None`: that of the start.
        task: Option<Uuid>,
        /// What was submitted for each field, as text; objects, files and what has no value are left out.
        fields: BTreeMap<String, String>,
    },
    /// A variable was created or changed.
    VariableSet {
        /// Scope or token that holds it.
        scope: Uuid,
        /// Name.
        name: String,
        /// New value.
        value: TypedValue,
    },
    /// Several variables of a new instance or scope were created at once.
    VariablesCreated {
        /// Scope or token that holds them.
        scope: Uuid,
        /// The variables.
        variables: Variables,
    },
    /// A variable was removed.
    VariableRemoved {
        /// Scope or token that held it.
        scope: Uuid,
        /// Name.
        name: String,
    },
    /// Something waits for an event.
    Subscribed(Box<Subscription>),
    /// It waits no more.
    Unsubscribed {
        /// Subscription.
        id: Uuid,
        /// Token or scope that it belonged to.
        owner: Uuid,
    },
    /// The engine will do something later by itself.
    JobCreated(Box<Job>),
    /// A job is gone.
    JobEnded {
        /// Job.
        id: Uuid,
        /// Token or scope that it belonged to.
        owner: Uuid,
        /// Whether it was carried out, not given up with what it belonged to.
        executed: bool,
    },
    /// An attempt at a job failed.
    JobFailed {
        /// Job.
        id: Uuid,
        /// How.
        failure: JobFailure,
        /// Attempts left.
        retries: i32,
        /// When it is due again.
        due: Option<DateTime<Utc>>,
    },
    /// The attempts left for a job were set.
    JobRetriesSet {
        /// Job.
        id: Uuid,
        /// Attempts left.
        retries: i32,
    },
    /// The due date of a job was set.
    JobDueSet {
        /// Job.
        id: Uuid,
        /// Not before this; `None`: at once.
        due: Option<DateTime<Utc>>,
    },
    /// The priority of a job was set.
    JobPrioritySet {
        /// Job.
        id: Uuid,
        /// Higher ones first.
        priority: i64,
    },
    /// A job was suspended or activated.
    JobSuspensionSet {
        /// Job.
        id: Uuid,
        /// Whether it is suspended now.
        suspended: bool,
    },
    /// Something needs an operator.
    IncidentRaised(Box<Incident>),
    /// An operator wrote something to an incident, or took it back.
    IncidentAnnotated {
        /// Incident.
        id: Uuid,
        /// Token or scope that it concerns.
        token: Uuid,
        /// What was written.
        annotation: Option<String>,
    },
    /// An incident is over.
    IncidentResolved {
        /// Incident.
        id: Uuid,
        /// Token concerned.
        token: Uuid,
    },
    /// Another instance is to be started, and a token waits for its end.
    InstanceCalled(Box<Called>),
    /// A decision is to be evaluated, and a token waits for its result.
    DecisionAsked(Box<DecisionQuestion>),
    /// Nobody waits any more for an instance that was called: it is to end.
    CallCanceled {
        /// That instance.
        instance: Uuid,
    },
    /// Something that nobody caught here may be caught by who called this instance.
    RaisedToCaller {
        /// Who called it.
        caller: Caller,
        /// What.
        raised: Raised,
        /// The token that raised it and is to go on unless it is interrupted.
        token: Option<Uuid>,
    },
    /// A signal was broadcast; who waits for it in this instance has got it.
    SignalThrown {
        /// Name.
        name: String,
        /// Tenant of who threw it.
        tenant_id: Option<String>,
        /// Variables for who catches it.
        variables: Variables,
        /// Whether each gets it by a job of its own.
        asynchronous: bool,
    },
    /// The instance ended.
    InstanceEnded {
        /// When.
        at: DateTime<Utc>,
        /// BPMN id of the node that ended it, when it ended by itself.
        end_node: Option<Arc<str>>,
        /// How it ended.
        outcome: Outcome,
        /// Reason given for a cancellation.
        reason: Option<String>,
    },
}

/// An instance that is to be started for a call activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Called {
    /// Its id.
    pub id: Uuid,
    /// Who waits for it.
    pub caller: Caller,
    /// Node of the call activity.
    pub node: Arc<str>,
    /// Key of the process.
    pub key: String,
    /// Which version of it.
    pub version: CalledVersion,
    /// Tenant of the process.
    pub tenant_id: Option<String>,
    /// Business key of the new instance.
    pub business_key: Option<String>,
    /// Variables of its root scope.
    pub variables: Variables,
}

/// A decision that is to be evaluated for a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionQuestion {
    /// BPMN id of the task.
    pub node: Arc<str>,
    /// Token that waits for the result.
    pub token: Uuid,
    /// Key of the decision.
    pub key: String,
    /// Which version of it.
    pub version: CalledVersion,
    /// Tenant of the decision.
    pub tenant_id: Option<String>,
    /// The variables that the token sees.
    pub variables: Variables,
}

/// Which version of a process or decision is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CalledVersion {
    /// The newest one.
    Latest,
    /// The one deployed together with the caller.
    Deployment,
    /// This one.
    Version(i32),
    /// The one with this label.
    Tag(String),
}

/// What is raised from one instance to the one that called it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Raised {
    /// A business error.
    Error {
        /// Error code.
        code: String,
        /// Message.
        message: Option<String>,
    },
    /// An escalation.
    Escalation {
        /// Escalation code.
        code: String,
    },
}

/// How an instance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Its last token reached an end.
    Completed,
    /// It was deleted from outside.
    ExternallyTerminated,
    /// An event in the model interrupted it as a whole.
    InternallyTerminated,
}

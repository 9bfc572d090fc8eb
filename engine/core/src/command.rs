//! What clients ask of an instance.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression::Variables;
use uuid::Uuid;

use crate::event::Raised;
use crate::incident::NewIncident;
use crate::modification::Modification;
use crate::state::{Caller, Delegation, EventKind, JobFailure};

/// A request to change one process instance. Times come from outside: the core reads no clock.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Begin the instance at its none start event (BPMN 2.0, 13.2 Process Instantiation).
    Start(Start),
    /// Lock an external task for a worker; the outcome of a fetch (contract 3.4).
    LockExternalTask {
        /// Task to lock.
        task: Uuid,
        /// Worker that gets it.
        worker: String,
        /// End of the lock.
        until: DateTime<Utc>,
        /// Whether a task without retries or of a suspended instance may be locked, as the
        /// operation `/lock` on a single task does and a fetch does not.
        force: bool,
    },
    /// Complete an external task (contract 3.5 `/complete`).
    CompleteExternalTask {
        /// Task and worker.
        holder: Holder,
        /// Variables set where they exist, else at the root.
        variables: Variables,
        /// Variables set local to the task.
        local_variables: Variables,
    },
    /// Report that a worker failed (contract 3.5 `/failure`).
    FailExternalTask {
        /// Task and worker.
        holder: Holder,
        /// What went wrong, in one line.
        error_message: Option<String>,
        /// What went wrong, in full.
        error_details: Option<String>,
        /// Retries left, 0 raises an incident; `None`: what the retry cycle of the model says, else 0.
        retries: Option<i32>,
        /// When the task may be fetched again; `None`: what the retry cycle says, else at once.
        retry_at: Option<DateTime<Utc>>,
        /// Variables set where they exist, else at the root.
        variables: Variables,
        /// Variables set local to the task.
        local_variables: Variables,
    },
    /// Report a business error (contract 3.5 `/bpmnError`).
    ThrowExternalTaskError {
        /// Task and worker.
        holder: Holder,
        /// Error code that catching events look at.
        error_code: String,
        /// Message for the catching event.
        error_message: Option<String>,
        /// Variables set before the error propagates.
        variables: Variables,
    },
    /// Extend a lock that has not expired (contract 3.5 `/extendLock`).
    ExtendLock {
        /// Task and worker.
        holder: Holder,
        /// New end of the lock.
        until: DateTime<Utc>,
    },
    /// Release a lock, whoever holds it (contract 3.5 `/unlock`).
    Unlock {
        /// Task to release.
        task: Uuid,
    },
    /// Set the retries of an external task, which raises or resolves its incident.
    SetExternalTaskRetries {
        /// Task concerned.
        task: Uuid,
        /// Retries left, at least 0.
        retries: i32,
    },
    /// Set the priority of an external task.
    SetExternalTaskPriority {
        /// Task concerned.
        task: Uuid,
        /// New priority.
        priority: i64,
    },
    /// Complete a user task (contract 3.12).
    CompleteUserTask {
        /// Task to complete.
        task: Uuid,
        /// Variables set where they exist, else at the root.
        variables: Variables,
    },
    /// Submit the form of a user task: check and convert by its fields, then complete the task, or give it back when
    /// it was delegated (contract `/task/{id}/submit-form`).
    SubmitTaskForm {
        /// Task.
        task: Uuid,
        /// What is submitted, by the ids of fields; what no field takes is set as it is.
        variables: Variables,
    },
    /// Change a user task (contract 3.12).
    ChangeUserTask {
        /// Task.
        task: Uuid,
        /// What to change.
        change: UserTaskChange,
    },
    /// Let an execution go on: by `/execution/{id}/signal`, by an event trigger or by
    /// correlation.
    Trigger(Trigger),
    /// Report a business error from a user task (contract 3.12 `/bpmnError`).
    ThrowTaskError {
        /// Task that cannot be done.
        task: Uuid,
        /// Error code that catching events look at.
        error_code: String,
        /// Message for the catching event.
        error_message: Option<String>,
        /// Variables set before the error propagates.
        variables: Variables,
    },
    /// Report an escalation from a user task, which goes on unless it is interrupted (contract
    /// 3.12 `/bpmnEscalation`).
    ThrowTaskEscalation {
        /// Task concerned.
        task: Uuid,
        /// Escalation code that catching events look at.
        escalation_code: String,
        /// Variables set before the escalation propagates.
        variables: Variables,
    },
    /// Set and remove variables.
    ModifyVariables {
        /// Execution where to begin: the instance, a scope or a token.
        scope: Uuid,
        /// Set exactly there instead of where a variable of that name exists.
        local: bool,
        /// Variables to set.
        set: Variables,
        /// Names to remove; a name that does not exist is ignored.
        remove: Vec<String>,
    },
    /// Raise an incident by hand.
    RaiseIncident(NewIncident),
    /// Write something to an incident, or take it back.
    AnnotateIncident {
        /// Incident.
        incident: Uuid,
        /// What to write.
        annotation: Option<String>,
    },
    /// Resolve an incident by hand, but none of a job or external task that failed: that needs retries.
    ResolveIncident {
        /// Incident.
        incident: Uuid,
    },
    /// Suspend the instance, so that nothing goes on in it, or activate it again.
    Suspend(bool),
    /// Carry out a job, be it due or not (contract `/job/{id}/execute`).
    ExecuteJob {
        /// Job.
        job: Uuid,
    },
    /// Count a failed attempt at a job.
    FailJob {
        /// Job.
        job: Uuid,
        /// How it failed.
        failure: JobFailure,
    },
    /// Change a job.
    ChangeJob {
        /// Job.
        job: Uuid,
        /// What to change.
        change: JobChange,
    },
    /// Something comes back from an instance that was called.
    FromCalled {
        /// Token that waits for it.
        token: Uuid,
        /// What.
        what: FromCalled,
        /// Variables of the root scope of that instance.
        variables: Variables,
    },
    /// A decision that a token waits for was evaluated.
    Decided {
        /// The token.
        token: Uuid,
        /// The results by the names of the outputs, a row for each matching rule.
        rows: Vec<Variables>,
    },
    /// Give a signal to an execution that waits for it, by a job.
    DeliverLater {
        /// The execution.
        execution: Uuid,
        /// Name of the signal.
        name: String,
        /// Variables that come with it.
        variables: Variables,
    },
    /// Go on after something was raised to who called the instance, which did not interrupt it.
    GoOnAfterRaising {
        /// Token that raised it.
        token: Uuid,
        /// What.
        raised: Raised,
    },
    /// Move its tokens by hand, also while it is suspended.
    Modify(Modification),
    /// End the instance, because nobody waits any more for what it was called for.
    Abandon,
    /// End the instance from outside, interrupting what runs.
    Cancel {
        /// Why, for history.
        reason: Option<String>,
        /// Do not evaluate output mappings of what is interrupted.
        skip_output_mappings: bool,
        /// Do not evaluate listeners of what is interrupted.
        skip_listeners: bool,
    },
}

/// What to change of a user task.
#[derive(Clone, Debug, PartialEq)]
pub enum UserTaskChange {
    /// Become its assignee, unless somebody else is.
    Claim(Option<String>),
    /// Have it assigned to somebody or nobody.
    Assign(Option<String>),
    /// Ask somebody to help; who had it becomes its owner.
    Delegate(Option<String>),
    /// Give it back to its owner.
    Resolve(Variables),
    /// Replace its attributes.
    Update(Box<TaskAttributes>),
    /// Add a candidate.
    AddCandidate(Candidate),
    /// Remove a candidate.
    RemoveCandidate(Candidate),
    /// Set or remove its owner.
    Own(Option<String>),
}

/// Who may claim a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Candidate {
    /// A user.
    User(String),
    /// The members of a group.
    Group(String),
}

/// The attributes of a user task that can be replaced.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TaskAttributes {
    /// Name.
    pub name: Option<String>,
    /// Documentation.
    pub description: Option<String>,
    /// Assignee.
    pub assignee: Option<String>,
    /// Owner.
    pub owner: Option<String>,
    /// Where a delegation stands.
    pub delegation: Option<Delegation>,
    /// Priority.
    pub priority: i32,
    /// Due date.
    pub due: Option<DateTime<Utc>>,
    /// Follow-up date.
    pub follow_up: Option<DateTime<Utc>>,
}

/// What to change of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum JobChange {
    /// Attempts left, at least 0: raises or resolves its incident.
    Retries(i32),
    /// Not before this; `None`: at once.
    Due(Option<DateTime<Utc>>),
    /// When its timer fires, computed once more; only of timers.
    RecalculateDue {
        /// As if the timer was set when the job was created, instead of now.
        since_creation: bool,
    },
    /// Higher ones first.
    Priority(i64),
    /// Whether it is suspended.
    Suspended(bool),
    /// It is not to be carried out any more; what waits for it waits for good.
    Delete,
}

/// What comes back from an instance that was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromCalled {
    /// It ended.
    Ended,
    /// It raised something that nobody caught there.
    Raised(Raised),
    /// It has an incident.
    Failed {
        /// The incident there.
        cause: Uuid,
        /// Its type.
        incident_type: Arc<str>,
    },
    /// An incident that it had is resolved.
    Mended {
        /// The incident there.
        cause: Uuid,
    },
}

/// The data of a new instance.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Start {
    /// Business key.
    pub business_key: Option<String>,
    /// Tenant, that of the definition.
    pub tenant_id: Option<String>,
    /// BPMN id of the start event; `None`: the one without trigger.
    pub node: Option<Arc<str>>,
    /// Variables of the root scope.
    pub variables: Variables,
    /// Whether the variables are what was submitted to the start form, to be checked and converted by its fields.
    pub form: bool,
    /// Authenticated user, if any.
    pub user: Option<String>,
    /// Who called it.
    pub caller: Option<Caller>,
    /// What is done instead of beginning at a start event.
    pub modification: Option<Modification>,
}

/// Who reports on an external task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Task reported on.
    pub task: Uuid,
    /// Worker that reports.
    pub worker: String,
    /// Token of the lock under which the worker acted; checked when given.
    pub lock_token: Option<Uuid>,
}

/// What arrived for an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// An event with a name, for which it must have a subscription.
    Event(EventKind, String),
    /// A plain trigger, for whatever it waits for.
    Anything,
}

/// What lets a waiting execution go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// Execution that waits, or the instance when only one of its tokens can be meant.
    pub execution: Uuid,
    /// What arrived.
    pub awaited: Awaited,
    /// Variables set where they exist, else at the root.
    pub variables: Variables,
    /// Variables set local to the waiting execution.
    pub local_variables: Variables,
}

//! Why a command was refused. A refused command changed nothing.

use chrono::{DateTime, Utc};
use flowstone_expression::EvaluationError;
use uuid::Uuid;

/// The reason of a refusal, for the caller to act on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Rejection {
    /// No such external task in this instance.
    #[error("External task with id {task} does not exist")]
    UnknownExternalTask {
        /// Id asked for.
        task: Uuid,
    },
    /// No such user task in this instance.
    #[error("Cannot find task with id {task}")]
    UnknownTask {
        /// Id asked for.
        task: Uuid,
    },
    /// Somebody else has the task.
    #[error("Task '{task}' is already claimed by someone else.")]
    AlreadyClaimed {
        /// Task concerned.
        task: Uuid,
    },
    /// Somebody was asked to help with the task and has not given it back.
    #[error("A delegated task cannot be completed, but should be resolved instead. (task '{task}')")]
    Delegated {
        /// Task concerned.
        task: Uuid,
    },
    /// Nobody catches the escalation that a task reported.
    #[error("Execution with id reported the escalation '{code}', but no escalation handler was found for it")]
    UncaughtEscalation {
        /// Code of the escalation.
        code: String,
    },
    /// No such scope or token in this instance.
    #[error("execution {execution} doesn't exist")]
    UnknownExecution {
        /// Id asked for.
        execution: Uuid,
    },
    /// The task is locked by another worker, or by none.
    #[error("the external task is locked by worker '{}'", holder.as_deref().unwrap_or("null"))]
    WrongWorker {
        /// Task concerned.
        task: Uuid,
        /// Worker that asked.
        worker: String,
        /// Worker that holds it.
        holder: Option<String>,
    },
    /// The lock under which the worker acted was replaced by a newer one of the same worker.
    #[error("the lock of external task {task} was taken again since; fetch the task again")]
    StaleLock {
        /// Task concerned.
        task: Uuid,
    },
    /// A lock that has expired cannot be extended.
    #[error(
        "Cannot extend a lock that expired: lockExpirationTime is not greater than or equal to {}",
        now.timestamp_millis()
    )]
    LockExpired {
        /// Task concerned.
        task: Uuid,
        /// Now.
        now: DateTime<Utc>,
    },
    /// A fetch came too late, or the task has no retries left or is suspended.
    #[error("external task {task} cannot be fetched now")]
    NotFetchable {
        /// Task concerned.
        task: Uuid,
    },
    /// The task, and its instance, are suspended.
    #[error("ENGINE-03043 ExternalTask with id '{task}' is suspended.")]
    Suspended {
        /// Task concerned.
        task: Uuid,
    },
    /// No such incident in this instance.
    #[error("Cannot find an incident with id '{incident}'")]
    UnknownIncident {
        /// Id asked for.
        incident: Uuid,
    },
    /// An incident that goes with new retries cannot be resolved otherwise.
    #[error("Cannot resolve an incident of type {incident_type}")]
    IncidentOfFailure {
        /// Its type.
        incident_type: String,
    },
    /// The engine raises incidents of this type by itself.
    #[error("incidents of type '{incident_type}' are raised by the engine itself; give another type")]
    EngineIncident {
        /// The type.
        incident_type: String,
    },
    /// An execution is in no activity, or in several.
    #[error("Execution must be related to an activity: activity is null (execution {execution})")]
    NoActivity {
        /// Execution asked for.
        execution: Uuid,
    },
    /// No such job in this instance.
    #[error("No job found with id '{job}'")]
    UnknownJob {
        /// Id asked for.
        job: Uuid,
    },
    /// The instance is suspended.
    #[error("process instance {instance} is suspended; activate it first")]
    SuspendedInstance {
        /// Instance id.
        instance: Uuid,
    },
    /// The execution does not wait for this.
    #[error("execution {execution} does not wait for {awaited}")]
    NotWaiting {
        /// Execution asked for.
        execution: Uuid,
        /// What it should have waited for.
        awaited: String,
    },
    /// An expression of the model failed.
    #[error("{error} (in element '{node}')")]
    Expression {
        /// BPMN id of the element.
        node: String,
        /// What went wrong.
        error: EvaluationError,
    },
    /// An expression gave a value of a type that the place does not take.
    #[error("{problem} (in element '{node}')")]
    Value {
        /// BPMN id of the element.
        node: String,
        /// What went wrong.
        problem: String,
    },
    /// A submitted value does not comply with a constraint of its form field.
    #[error("Invalid value submitted for form field '{field}': validation of {constraint} failed.")]
    FormConstraint {
        /// Id of the field.
        field: String,
        /// The constraint with its configuration, such as `maxlength(10)`.
        constraint: String,
    },
    /// A form field cannot take what was submitted for it or what its default yields.
    #[error("form field '{field}': {problem}")]
    FormField {
        /// Id of the field.
        field: String,
        /// What went wrong.
        problem: String,
    },
    /// A field of the older form was left out, or may not be submitted.
    #[error("form property '{property}' is {problem}")]
    FormProperty {
        /// Id of the field.
        property: String,
        /// What went wrong.
        problem: &'static str,
    },
    /// A job of another kind than a timer has no due date to compute.
    #[error("Only timer jobs can be recalculated, but the job with id '{job}' is of type '{job_type}'.")]
    NoTimer {
        /// Job concerned.
        job: Uuid,
        /// What it is.
        job_type: &'static str,
    },
    /// The process that a call activity calls is not deployed.
    #[error("no processes deployed with key '{key}' (called by element '{node}')")]
    UnknownCalledElement {
        /// BPMN id of the call activity.
        node: String,
        /// Key that was looked for.
        key: String,
    },
    /// The decision that a business rule task wants is not deployed.
    #[error("no decision definition deployed with key '{key}' (wanted by element '{node}')")]
    UnknownDecision {
        /// BPMN id of the task.
        node: String,
        /// Key that was looked for.
        key: String,
    },
    /// A decision could not be evaluated.
    #[error("decision '{key}' could not be evaluated: {problem} (wanted by element '{node}')")]
    DecisionFailed {
        /// BPMN id of the task.
        node: String,
        /// Key of the decision.
        key: String,
        /// What went wrong.
        problem: String,
    },
    /// Instances call each other without end.
    #[error(
        "processes call each other more than {limit} deep, last by element '{node}'; look for a process that calls itself"
    )]
    CallDepth {
        /// How deep they may.
        limit: usize,
        /// BPMN id of the call activity.
        node: String,
    },
    /// One command concerns too many instances.
    #[error("one command would concern more than {limit} instances; cut it by asyncBefore or asyncAfter")]
    TooManyInstances {
        /// How many it may.
        limit: usize,
    },
    /// No outgoing flow of a gateway can be taken (BPMN 2.0, 13.3.2: an exception).
    #[error(
        "ENGINE-02004 No outgoing sequence flow for the element with id '{node}' could be selected for continuing the process."
    )]
    NoFlow {
        /// BPMN id of the element.
        node: String,
    },
    /// The step went on for too long without coming to rest: the model loops.
    #[error(
        "the process took {limit} steps without coming to rest, last in element '{node}'; look for a loop without a wait state"
    )]
    StepLimit {
        /// Number of steps allowed.
        limit: usize,
        /// BPMN id of the element reached last.
        node: String,
    },
    /// The process has no none start event.
    #[error(
        "process definition with id '{definition}' has no none start event; start it by one of its other start events"
    )]
    NoNoneStart {
        /// Definition id.
        definition: String,
    },
    /// An instruction of a modification names what does not exist.
    #[error("Cannot perform instruction: {instruction}; {problem}")]
    InvalidInstruction {
        /// What was to be done.
        instruction: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An instruction of a modification cannot be carried out on the instance as it is.
    #[error("{problem}")]
    ImpossibleInstruction {
        /// Why not.
        problem: String,
    },
    /// The instance runs already.
    #[error("process instance {instance} runs already")]
    AlreadyStarted {
        /// Instance id.
        instance: Uuid,
    },
    /// The instance ended.
    #[error("process instance {instance} has ended")]
    Ended {
        /// Instance id.
        instance: Uuid,
    },
}

impl Rejection {
    /// BPMN id of the element at fault, where one is.
    pub fn node(&self) -> Option<&str> {
        match self {
            Rejection::Expression { node, .. }
            | Rejection::Value { node, .. }
            | Rejection::NoFlow { node }
            | Rejection::UnknownCalledElement { node, .. }
            | Rejection::UnknownDecision { node, .. }
            | Rejection::DecisionFailed { node, .. }
            | Rejection::CallDepth { node, .. }
            | Rejection::StepLimit { node, .. } => Some(node),
            _ => None,
        }
    }
}

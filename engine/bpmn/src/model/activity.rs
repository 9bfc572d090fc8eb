//! Tasks and what carries them out.

use flowstone_expression::Expression;
use flowstone_script::Script;

use super::{
    Asynchronous, CalledBinding, FormData, Message, TaskListener, ThrownError, ThrownEscalation, ThrownSignal,
    TimeoutListener,
};

/// Who does the work of a service, send or business rule task, or of a message throw event.
#[derive(Clone, Debug, PartialEq)]
pub enum Implementation {
    /// A worker outside the engine fetches it.
    External(ExternalTask),
    /// The engine computes an expression on entry.
    Expression(ExpressionTask),
    /// Code that this engine cannot run: a Java class or delegate, or a script in another language. The text says
    /// which.
    Foreign(String),
    /// The engine evaluates a deployed decision (business rule tasks only).
    Decision(DecisionTask),
}

/// Work that is a decision (vendor attribute `decisionRef`).
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionTask {
    /// Key of the decision, computed on entry.
    pub decision: Expression,
    /// Which version of it.
    pub binding: CalledBinding,
    /// Its tenant; `None`: that of the instance.
    pub tenant: Option<Expression>,
    /// What the result variable receives.
    pub mapping: DecisionMapping,
    /// The variable that receives the result (vendor attribute `resultVariable`).
    pub result_variable: Option<String>,
}

/// What of a decision a variable receives (vendor attribute `mapDecisionResult`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DecisionMapping {
    /// The only output of the only row.
    SingleEntry,
    /// The outputs of the only row, by name.
    SingleResult,
    /// The only output of each row, as a list.
    CollectEntries,
    /// The outputs of each row by name, as a list.
    #[default]
    ResultList,
}

/// Work that is an expression (vendor attribute `expression`) or a script.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpressionTask {
    /// What is computed.
    pub script: Script,
    /// The variable that receives the result (vendor attribute `resultVariable`).
    pub result_variable: Option<String>,
}

/// Work that waits under a topic until a worker reports its end (vendor attribute `type="external"`).
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalTask {
    /// The topic, computed on entry.
    pub topic: Expression,
    /// The priority among tasks of the topic, from the node or else its process; 0 when absent.
    pub priority: Option<Expression>,
    /// Business errors that a report of the worker may mean (vendor element `errorEventDefinition`).
    pub errors: Vec<ReportedError>,
}

/// A business error that is thrown when a condition holds after a worker completed its task or failed.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedError {
    /// What must hold; it sees the task as `externalTask`.
    pub condition: Script,
    /// What is thrown.
    pub error: ThrownError,
}

/// A user task (BPMN 2.0, 10.3.4.1) with the vendor attributes of people and dates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserTask {
    /// The name of the task, computed on entry.
    pub name: Option<Expression>,
    /// The description of the task, computed on entry from its documentation.
    pub description: Option<Expression>,
    /// Who has to do it; also from `humanPerformer`.
    pub assignee: Option<Expression>,
    /// Users who may claim it, one expression each; an expression may yield a list. Also from `potentialOwner`.
    pub candidate_users: Vec<Expression>,
    /// Groups whose members may claim it, one expression each; an expression may yield a list.
    pub candidate_groups: Vec<Expression>,
    /// When it should be done: a date, or an ISO 8601 text.
    pub due_date: Option<Expression>,
    /// When to look at it again: a date, or an ISO 8601 text.
    pub follow_up_date: Option<Expression>,
    /// Priority; 50 when absent.
    pub priority: Option<Expression>,
    /// Key of an external form.
    pub form_key: Option<Expression>,
    /// A deployed form.
    pub form: Option<FormReference>,
    /// A form whose fields stand in the model.
    pub form_data: FormData,
    /// Computed in the life of the task.
    pub listeners: Vec<TaskListener>,
    /// Computed when it has been there for some time.
    pub timeouts: Vec<TimeoutListener>,
}

/// A reference to a deployed form (vendor attributes `formRef…`).
#[derive(Clone, Debug, PartialEq)]
pub struct FormReference {
    /// The key of the form.
    pub key: Expression,
    /// Which version of it.
    pub binding: FormBinding,
}

/// Which version of a form a [`FormReference`] means.
#[derive(Clone, Debug, PartialEq)]
pub enum FormBinding {
    /// The newest one.
    Latest,
    /// The one deployed together with the process.
    Deployment,
    /// The version of this number.
    Version(Expression),
}

/// How many tokens an activity takes and gives (BPMN 2.0, 10.3 `startQuantity` and `completionQuantity`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantities {
    /// How many must have come before it begins.
    pub start: u32,
    /// How many go through each flow that is taken after it.
    pub completion: u32,
}

impl Default for Quantities {
    fn default() -> Self {
        Self {
            start: 1,
            completion: 1,
        }
    }
}

/// An activity that is carried out several times (BPMN 2.0, 13.3.6 and 13.3.7).
#[derive(Clone, Debug, PartialEq)]
pub struct MultiInstance {
    /// One after the other instead of all at once.
    pub sequential: bool,
    /// How often.
    pub times: Times,
    /// The variable that receives the item of a collection.
    pub element_variable: Option<String>,
    /// Where each of the times is cut into jobs.
    pub asynchronous: Asynchronous,
    /// Ends the activity before all are done; asked after each.
    pub completion_condition: Option<Script>,
    /// What is thrown when one of them is done (BPMN 2.0, 10.3.8 `behavior`).
    pub thrown: Vec<ThrownByInstances>,
}

/// An event that a multi-instance activity throws at its border when one of its instances is done.
#[derive(Clone, Debug, PartialEq)]
pub struct ThrownByInstances {
    /// After which of them.
    pub when: ThrowingInstance,
    /// What.
    pub event: InstanceEvent,
}

/// The instances after which a [`ThrownByInstances`] is thrown.
#[derive(Clone, Debug, PartialEq)]
pub enum ThrowingInstance {
    /// Each.
    Each,
    /// The first that is done.
    First,
    /// Each after which something holds.
    When(Script),
}

/// What a multi-instance activity can throw.
#[derive(Clone, Debug, PartialEq)]
pub enum InstanceEvent {
    /// A signal, to all who wait for it.
    Signal(ThrownSignal),
    /// An escalation, to the border of the activity and on from there.
    Escalation(ThrownEscalation),
}

/// How often a multi-instance activity is carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum Times {
    /// This many times.
    Cardinality(Expression),
    /// Once for each item of what an expression yields.
    Collection(Expression),
    /// Once for each item of a variable.
    Variable(String),
    /// A standard loop: one after the other as long as something holds.
    Loop(StandardLoop),
}

/// An activity that is carried out again and again (BPMN 2.0, 13.3.6).
#[derive(Clone, Debug, PartialEq)]
pub struct StandardLoop {
    /// Whether it goes on; `None`: always.
    pub condition: Option<Script>,
    /// How often at most; `None`: without limit.
    pub maximum: Option<u32>,
    /// Whether the condition is asked before the first time too.
    pub test_before: bool,
}

/// A receive task (BPMN 2.0, 10.3.3).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReceiveTask {
    /// The message waited for, always with a name; `None` waits for a plain trigger.
    pub message: Option<Message>,
    /// Whether the message starts instances (BPMN 2.0, 10.3.3 `instantiate`).
    pub instantiate: bool,
}

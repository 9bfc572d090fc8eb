//! Events.

use super::{FormData, FormReference, Implementation, NodeIndex, Timer, VariableMapping};
use flowstone_expression::Expression;
use flowstone_script::Script;

/// A start event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StartEvent {
    /// The variable that receives the id of the authenticated user who started the instance.
    pub initiator: Option<String>,
    /// Key of an external start form.
    pub form_key: Option<Expression>,
    /// A deployed start form.
    pub form: Option<FormReference>,
    /// A start form whose fields stand in the model; only for the events of a process.
    pub form_data: FormData,
    /// What starts an instance, or sets off the event sub-process; `None`: a client, or the token of the sub-process.
    pub trigger: Option<StartTrigger>,
}

/// What starts an instance (BPMN 2.0, 13.2), or sets off an event sub-process (13.5.4).
#[derive(Clone, Debug, PartialEq)]
pub struct StartTrigger {
    /// Whether everything else in the surrounding scope is canceled; nothing is when it starts an instance.
    pub interrupting: bool,
    /// What is caught.
    pub catch: Catch,
}

/// An event at the border of an activity (BPMN 2.0, 13.5.3).
#[derive(Clone, Debug, PartialEq)]
pub struct BoundaryEvent {
    /// The activity.
    pub attached_to: NodeIndex,
    /// Whether the activity is canceled.
    pub interrupting: bool,
    /// What is caught.
    pub catch: Catch,
}

/// What a catching event waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum Catch {
    /// A message.
    Message {
        /// Its name, computed when the wait begins.
        name: Expression,
    },
    /// A signal.
    Signal {
        /// Its name, computed when the wait begins.
        name: Expression,
    },
    /// An error thrown inside.
    Error(ErrorCatch),
    /// An escalation thrown inside.
    Escalation(EscalationCatch),
    /// A condition that becomes true.
    Conditional(Box<Condition>),
    /// A moment.
    Timer(Box<Timer>),
    /// That the completed activity, or the completed sub-process around it, is to be undone.
    Compensation {
        /// The activity that undoes it, for a boundary event.
        handler: Option<NodeIndex>,
    },
    /// That the transaction is canceled.
    Cancel,
    /// One of several, or all of them (BPMN 2.0, 10.5.1 "Multiple" and "Parallel Multiple").
    Multiple(Box<MultipleCatch>),
    /// What jumps here from a throwing link event of the same name and scope.
    Link {
        /// Name of the link.
        name: String,
    },
}

/// An event with several definitions.
#[derive(Clone, Debug, PartialEq)]
pub struct MultipleCatch {
    /// What is waited for, in document order; none of them is multiple itself.
    pub catches: Vec<Catch>,
    /// Whether all of them must come, not only the first.
    pub parallel: bool,
}

impl Catch {
    /// What is waited for, one by one.
    pub const fn parts(&self) -> &[Catch] {
        match self {
            Self::Multiple(multiple) => multiple.catches.as_slice(),
            single => std::slice::from_ref(single),
        }
    }

    /// Whether all of [`Catch::parts`] must come before the event has come.
    pub const fn is_parallel(&self) -> bool {
        matches!(self, Self::Multiple(multiple) if multiple.parallel)
    }
}

/// A condition and when it is looked at (BPMN 2.0, 10.5.5).
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// What must hold; an unknown variable in it counts as false.
    pub condition: Script,
    /// Only changes of this variable matter (vendor attribute `variableName`).
    pub variable_name: Option<String>,
    /// Only these changes matter; empty: all (vendor attribute `variableEvents`).
    pub variable_events: Vec<VariableChange>,
}

/// How a variable changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableChange {
    /// It came.
    Create,
    /// It got another value.
    Update,
    /// It went.
    Delete,
}

/// Which errors are caught.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ErrorCatch {
    /// The code that the error must have; `None` catches all.
    pub code: Option<String>,
    /// The variable that receives the code.
    pub code_variable: Option<String>,
    /// The variable that receives the message.
    pub message_variable: Option<String>,
}

/// Which escalations are caught.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EscalationCatch {
    /// The code that the escalation must have; `None` catches all.
    pub code: Option<String>,
    /// The variable that receives the code.
    pub code_variable: Option<String>,
}

/// What reaching an end event does.
#[derive(Clone, Debug, PartialEq)]
pub enum EndEvent {
    /// Ends this token.
    None,
    /// Ends everything in the enclosing scope, and that scope.
    Terminate,
    /// Sends a message by its implementation, then ends the token; without one, only ends it.
    Message(Option<Implementation>),
    /// Throws an error.
    Error(ThrownError),
    /// Throws an escalation, then ends the token unless its catcher canceled it.
    Escalation(ThrownEscalation),
    /// Broadcasts a signal, then ends the token.
    Signal(ThrownSignal),
    /// Undoes completed activities, then ends the token.
    Compensation(Compensation),
    /// Ends all else in the transaction, undoes what it completed, and leaves it by its cancel boundary event.
    Cancel,
}

/// What a compensation event undoes (BPMN 2.0, 10.5.7).
#[derive(Clone, Debug, PartialEq)]
pub struct Compensation {
    /// This activity; `None`: all of the scope.
    pub activity: Option<NodeIndex>,
}

/// An error that an end event throws.
#[derive(Clone, Debug, PartialEq)]
pub struct ThrownError {
    /// Its code.
    pub code: String,
    /// Its message.
    pub message: Option<Expression>,
}

/// A signal that an event broadcasts.
#[derive(Clone, Debug, PartialEq)]
pub struct ThrownSignal {
    /// Its name.
    pub name: Expression,
    /// The variables that come with it.
    pub inputs: Vec<VariableMapping>,
    /// Whether each who waits for it gets it by a job of its own (vendor attribute `async`).
    pub asynchronous: bool,
}

/// An escalation that an event throws.
#[derive(Clone, Debug, PartialEq)]
pub struct ThrownEscalation {
    /// Its code.
    pub code: String,
}

/// What reaching an intermediate throw event does.
#[derive(Clone, Debug, PartialEq)]
pub enum IntermediateThrowEvent {
    /// Nothing; a milestone.
    None,
    /// Sends a message by its implementation; without one, passes on.
    Message(Option<Implementation>),
    /// Throws an escalation, then passes on unless its catcher canceled the token.
    Escalation(ThrownEscalation),
    /// Broadcasts a signal, then passes on.
    Signal(ThrownSignal),
    /// Undoes completed activities, then passes on.
    Compensation(Compensation),
    /// Jumps to the catching link event.
    Link {
        /// Name of the link.
        name: String,
        /// Where to.
        target: NodeIndex,
    },
}

//! The checked model of a BPMN file: what the engine compiles, free of XML.
//!
//! Nodes and sequence flows of a process lie in flat lists in document order and point at each other by index.
//! Everything in here has passed the rules: references resolve, expressions are compiled, every element is one the
//! engine executes.

mod activity;
mod call;
mod correlation;
mod data;
mod event;
mod form;
mod gateway;
mod job;
mod listener;

pub use activity::{
    DecisionMapping, DecisionTask, ExpressionTask, ExternalTask, FormBinding, FormReference, Implementation,
    InstanceEvent, MultiInstance, Quantities, ReceiveTask, ReportedError, StandardLoop, ThrowingInstance,
    ThrownByInstances, Times, UserTask,
};
pub use call::{CallActivity, CalledBinding, MappedSource, VariableMapping};
pub use correlation::{CorrelatedMessage, CorrelatedProperty};
pub use data::{InputOutput, Parameter, ParameterValue};
pub use event::{
    BoundaryEvent, Catch, Compensation, Condition, EndEvent, ErrorCatch, EscalationCatch, IntermediateThrowEvent,
    MultipleCatch, StartEvent, StartTrigger, ThrownError, ThrownEscalation, ThrownSignal, VariableChange,
};

pub use form::{Bound, Constraint, ConstraintRule, EnumValue, FieldType, FormData, FormField, FormProperty};
pub use gateway::{AdHocSubProcess, ComplexGateway, EventBasedGateway};
pub use job::{Asynchronous, JobSettings, Timer, TimerKind};
pub use listener::{ExecutionEvent, ExecutionListener, TaskEvent, TaskListener, TimeoutListener};

use flowstone_expression::Expression;
use flowstone_script::Script;

use crate::Location;

/// All executable processes of one file and the definitions they share (BPMN 2.0, 8.1 `definitions`).
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// `id` of the `definitions` element.
    pub id: Option<String>,
    /// `targetNamespace`; the category of a definition that names no other.
    pub target_namespace: Option<String>,
    /// The processes to deploy, in document order. Those marked `isExecutable="false"` are not among them.
    pub processes: Vec<Process>,
    /// `message` elements in document order.
    pub messages: Vec<Message>,
    /// `signal` elements in document order.
    pub signals: Vec<Signal>,
    /// `error` elements in document order.
    pub errors: Vec<Error>,
    /// `escalation` elements in document order.
    pub escalations: Vec<Escalation>,
}

/// A message that events and receive tasks refer to (BPMN 2.0, 8.4.11).
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Unique within the file.
    pub id: String,
    /// The name that correlation uses; may be computed.
    pub name: Option<Expression>,
}

/// A signal (BPMN 2.0, 10.5.7).
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Unique within the file.
    pub id: String,
    /// The name under which it is broadcast; may be computed.
    pub name: Option<Expression>,
}

/// A business error (BPMN 2.0, 8.4.3).
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    /// Unique within the file.
    pub id: String,
    /// For readers only.
    pub name: Option<String>,
    /// The code that catching events compare.
    pub code: Option<String>,
    /// The message of a thrown error, from the vendor attribute `errorMessage`.
    pub message: Option<Expression>,
}

/// An escalation (BPMN 2.0, 8.4.4).
#[derive(Clone, Debug, PartialEq)]
pub struct Escalation {
    /// Unique within the file.
    pub id: String,
    /// For readers only.
    pub name: Option<String>,
    /// The code that catching events compare.
    pub code: Option<String>,
}

/// The place of a node in [`Process::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIndex(pub u32);

impl NodeIndex {
    /// The index as a position in the list.
    pub const fn position(self) -> usize {
        self.0 as usize
    }
}

/// The place of a sequence flow in [`Process::flows`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowIndex(pub u32);

impl FlowIndex {
    /// The index as a position in the list.
    pub const fn position(self) -> usize {
        self.0 as usize
    }
}

/// One executable process (BPMN 2.0, 10.1).
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// The key under which the process is started.
    pub id: String,
    /// For readers.
    pub name: Option<String>,
    /// The label of this version.
    pub version_tag: Option<String>,
    /// How long the history of ended instances is kept, in days.
    pub history_time_to_live: Option<u32>,
    /// Users who may start it; each may be computed.
    pub candidate_starter_users: Vec<Expression>,
    /// Groups whose members may start it; each may be computed.
    pub candidate_starter_groups: Vec<Expression>,
    /// The priority of jobs whose place gives none.
    pub job_priority: Option<Expression>,
    /// Whether a task list offers it for starting; a query filter without further effect.
    pub startable_in_tasklist: bool,
    /// Computed when an instance begins or ends.
    pub listeners: Vec<ExecutionListener>,
    /// Messages that its instances take only when they carry what the instance holds.
    pub correlated_messages: Vec<CorrelatedMessage>,
    /// The text of the first `documentation` element.
    pub documentation: Option<String>,
    /// The vendor extension `properties`, in document order.
    pub properties: Vec<(String, String)>,
    /// All nodes of all nesting levels, in document order; a sub-process stands before its content.
    pub nodes: Vec<FlowNode>,
    /// All sequence flows of all nesting levels, in document order.
    pub flows: Vec<SequenceFlow>,
    /// Where the `process` element stands.
    pub location: Location,
}

impl Process {
    /// The node at an index of this process.
    ///
    /// # Panics
    /// When the index comes from another process.
    pub fn node(&self, index: NodeIndex) -> &FlowNode {
        &self.nodes[index.position()]
    }

    /// The sequence flow at an index of this process.
    ///
    /// # Panics
    /// When the index comes from another process.
    pub fn flow(&self, index: FlowIndex) -> &SequenceFlow {
        &self.flows[index.position()]
    }

    /// All nodes with their indexes, in document order.
    pub fn indexed_nodes(&self) -> impl Iterator<Item = (NodeIndex, &FlowNode)> {
        (0u32..).map(NodeIndex).zip(&self.nodes)
    }

    /// The nodes directly inside a sub-process, or directly inside the process for `None`, in document order.
    pub fn children(&self, scope: Option<NodeIndex>) -> impl Iterator<Item = (NodeIndex, &FlowNode)> {
        self.indexed_nodes().filter(move |(_, node)| node.parent == scope)
    }

    /// The none start event of a sub-process, or of the process for `None`.
    pub fn none_start_event(&self, scope: Option<NodeIndex>) -> Option<NodeIndex> {
        self.children(scope)
            .find(|(_, node)| matches!(node.kind, NodeKind::StartEvent(_)))
            .map(|(index, _)| index)
    }

    /// The node with a BPMN id.
    pub fn node_by_id(&self, id: &str) -> Option<NodeIndex> {
        self.indexed_nodes()
            .find(|(_, node)| node.id == id)
            .map(|(index, _)| index)
    }
}

/// An event, activity or gateway (BPMN 2.0, 8.4.9 and 10.2.1).
#[derive(Clone, Debug, PartialEq)]
pub struct FlowNode {
    /// Unique within the file.
    pub id: String,
    /// For readers, as written; a user task computes its task name from it, see [`UserTask::name`].
    pub name: Option<String>,
    /// What it is.
    pub kind: NodeKind,
    /// The sub-process it is directly inside of; `None` directly in the process.
    pub parent: Option<NodeIndex>,
    /// Sequence flows that end here, in document order.
    pub incoming: Vec<FlowIndex>,
    /// Sequence flows that begin here, in document order: a gateway tries them in this order.
    pub outgoing: Vec<FlowIndex>,
    /// The flow taken when no condition holds; one of `outgoing`.
    pub default_flow: Option<FlowIndex>,
    /// Where the work on it is cut into jobs.
    pub asynchronous: Asynchronous,
    /// How its jobs are executed.
    pub jobs: JobSettings,
    /// Whether it is carried out only to compensate another activity (BPMN 2.0, 10.3, `isForCompensation`).
    pub is_for_compensation: bool,
    /// How many tokens an activity takes and gives.
    pub quantities: Quantities,
    /// How often an activity is carried out; `None`: once.
    pub multi_instance: Option<Box<MultiInstance>>,
    /// Computed when it is entered and left.
    pub listeners: Vec<ExecutionListener>,
    /// Variables computed on entry and on leaving.
    pub input_output: Option<InputOutput>,
    /// The vendor extension `properties`, in document order.
    pub properties: Vec<(String, String)>,
    /// The text of the first `documentation` element.
    pub documentation: Option<String>,
    /// Where the element stands.
    pub location: Location,
}

/// A sequence flow (BPMN 2.0, 8.4.13).
#[derive(Clone, Debug, PartialEq)]
pub struct SequenceFlow {
    /// Unique within the file; many tools leave it out.
    pub id: Option<String>,
    /// For readers.
    pub name: Option<String>,
    /// Where it begins.
    pub source: NodeIndex,
    /// Where it leads.
    pub target: NodeIndex,
    /// Taken only when this holds.
    pub condition: Option<Script>,
    /// Computed when it is taken.
    pub listeners: Vec<Script>,
    /// Where the element stands.
    pub location: Location,
}

/// What a flow node does.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// A none start event (BPMN 2.0, 10.5.2).
    StartEvent(StartEvent),
    /// An end event (BPMN 2.0, 10.5.3).
    EndEvent(EndEvent),
    /// An intermediate throw event (BPMN 2.0, 10.5.4).
    IntermediateThrowEvent(IntermediateThrowEvent),
    /// An abstract task: passed at once.
    Task,
    /// A manual task: passed at once.
    ManualTask,
    /// A service task.
    ServiceTask(Implementation),
    /// A send task: a service task in all but name.
    SendTask(Implementation),
    /// A script task.
    ScriptTask(Implementation),
    /// A business rule task whose rules run outside the engine.
    BusinessRuleTask(Implementation),
    /// A user task: waits until a person completes it.
    UserTask(Box<UserTask>),
    /// A receive task: waits for a message, or for a plain trigger.
    ReceiveTask(ReceiveTask),
    /// An exclusive gateway: takes the first flow whose condition holds.
    ExclusiveGateway,
    /// An event-based gateway: waits for the first of the events that follow it.
    EventBasedGateway(EventBasedGateway),
    /// A parallel gateway: waits for all incoming flows, takes all outgoing ones.
    ParallelGateway,
    /// An inclusive gateway: waits for all tokens that can still reach it, takes all flows whose condition holds.
    InclusiveGateway,
    /// A complex gateway: waits until its condition holds, takes all flows whose condition holds.
    ComplexGateway(ComplexGateway),
    /// An ad-hoc sub-process: its activities need no flows between them.
    AdHocSubProcess(Box<AdHocSubProcess>),
    /// An embedded sub-process; its content are the nodes whose `parent` it is.
    SubProcess,
    /// A call activity: waits for an instance of another process.
    CallActivity(Box<CallActivity>),
    /// A transaction: a sub-process that can be canceled as a whole (BPMN 2.0, 10.3.5).
    Transaction,
    /// An event sub-process; its start event says what sets it off.
    EventSubProcess,
    /// An intermediate catch event: waits for a message, a signal, a condition or a moment.
    IntermediateCatchEvent(Catch),
    /// An event at the border of an activity.
    BoundaryEvent(BoundaryEvent),
}

impl NodeKind {
    /// The name of the element in the file, without prefix.
    pub const fn element_name(&self) -> &'static str {
        match self {
            Self::StartEvent(_) => "startEvent",
            Self::EndEvent(_) => "endEvent",
            Self::IntermediateThrowEvent(_) => "intermediateThrowEvent",
            Self::Task => "task",
            Self::ManualTask => "manualTask",
            Self::ServiceTask(_) => "serviceTask",
            Self::SendTask(_) => "sendTask",
            Self::ScriptTask(_) => "scriptTask",
            Self::BusinessRuleTask(_) => "businessRuleTask",
            Self::UserTask(_) => "userTask",
            Self::ReceiveTask(_) => "receiveTask",
            Self::ExclusiveGateway => "exclusiveGateway",
            Self::ParallelGateway => "parallelGateway",
            Self::EventBasedGateway(_) => "eventBasedGateway",
            Self::ComplexGateway(_) => "complexGateway",
            Self::AdHocSubProcess(_) => "adHocSubProcess",
            Self::InclusiveGateway => "inclusiveGateway",
            Self::SubProcess | Self::EventSubProcess => "subProcess",
            Self::Transaction => "transaction",
            Self::CallActivity(_) => "callActivity",
            Self::IntermediateCatchEvent(_) => "intermediateCatchEvent",
            Self::BoundaryEvent(_) => "boundaryEvent",
        }
    }

    /// The activity type that the REST API shows in activity-instance trees and history.
    pub const fn activity_type(&self) -> &'static str {
        match self {
            Self::EndEvent(EndEvent::None) => "noneEndEvent",
            Self::EndEvent(EndEvent::Terminate) => "terminateEndEvent",
            // Without an implementation these are plain events, and named so by the reference.
            Self::EndEvent(EndEvent::Message(None)) => "endEvent",
            Self::EndEvent(EndEvent::Message(Some(_))) => "messageEndEvent",
            Self::IntermediateThrowEvent(IntermediateThrowEvent::None | IntermediateThrowEvent::Message(None)) => {
                "intermediateNoneThrowEvent"
            }
            Self::IntermediateThrowEvent(IntermediateThrowEvent::Message(Some(_))) => "intermediateMessageThrowEvent",
            Self::IntermediateThrowEvent(IntermediateThrowEvent::Escalation(_)) => "intermediateEscalationThrowEvent",
            Self::EndEvent(EndEvent::Error(_)) => "errorEndEvent",
            Self::EndEvent(EndEvent::Escalation(_)) => "escalationEndEvent",
            Self::StartEvent(StartEvent {
                trigger: Some(trigger), ..
            }) => match trigger.catch {
                Catch::Message { .. } => "messageStartEvent",
                Catch::Signal { .. } => "signalStartEvent",
                Catch::Error(_) => "errorStartEvent",
                Catch::Escalation(_) => "escalationStartEvent",
                Catch::Conditional(_) => "conditionalStartEvent",
                Catch::Timer(_) => "startTimerEvent",
                Catch::Compensation { .. } => "compensationStartEvent",
                Catch::Multiple(_) => "multipleStartEvent",
                // The reader refuses them on start events.
                Catch::Cancel | Catch::Link { .. } => "startEvent",
            },
            Self::BoundaryEvent(event) => match event.catch {
                Catch::Message { .. } => "boundaryMessage",
                Catch::Signal { .. } => "boundarySignal",
                Catch::Error(_) => "boundaryError",
                Catch::Escalation(_) => "boundaryEscalation",
                Catch::Conditional(_) => "boundaryConditional",
                Catch::Timer(_) => "boundaryTimer",
                Catch::Compensation { .. } => "compensationBoundaryCatch",
                Catch::Cancel => "cancelBoundaryCatch",
                Catch::Multiple(_) => "boundaryMultiple",
                // The reader refuses it at a border.
                Catch::Link { .. } => "boundaryEvent",
            },
            Self::IntermediateCatchEvent(Catch::Message { .. }) => "intermediateMessageCatch",
            Self::IntermediateCatchEvent(Catch::Signal { .. }) => "intermediateSignalCatch",
            Self::IntermediateCatchEvent(Catch::Conditional(_)) => "intermediateConditional",
            Self::IntermediateCatchEvent(Catch::Timer(_)) => "intermediateTimer",
            Self::IntermediateCatchEvent(Catch::Link { .. }) => "intermediateLinkCatch",
            Self::IntermediateCatchEvent(Catch::Multiple(_)) => "intermediateMultipleCatch",
            Self::IntermediateThrowEvent(IntermediateThrowEvent::Compensation(_)) => {
                "intermediateCompensationThrowEvent"
            }
            Self::EndEvent(EndEvent::Compensation(_)) => "compensationEndEvent",
            Self::EndEvent(EndEvent::Cancel) => "cancelEndEvent",
            Self::EndEvent(EndEvent::Signal(_)) => "signalEndEvent",
            Self::IntermediateThrowEvent(IntermediateThrowEvent::Signal(_)) => "intermediateSignalThrow",
            other => other.element_name(),
        }
    }

    /// Whether boundary events can be attached to this node (BPMN 2.0, 10.5.4).
    pub const fn is_activity(&self) -> bool {
        matches!(
            self,
            Self::Task
                | Self::ManualTask
                | Self::ServiceTask(_)
                | Self::SendTask(_)
                | Self::ScriptTask(_)
                | Self::BusinessRuleTask(_)
                | Self::UserTask(_)
                | Self::ReceiveTask(_)
                | Self::SubProcess
                | Self::AdHocSubProcess(_)
                | Self::Transaction
                | Self::CallActivity(_)
        )
    }

    /// What this event waits for, when it is one that does.
    pub const fn catch(&self) -> Option<&Catch> {
        match self {
            Self::IntermediateCatchEvent(catch) | Self::BoundaryEvent(BoundaryEvent { catch, .. }) => Some(catch),
            Self::StartEvent(StartEvent {
                trigger: Some(trigger), ..
            }) => Some(&trigger.catch),
            _ => None,
        }
    }

    /// What this event waits for, one by one.
    pub const fn catches(&self) -> &[Catch] {
        match self.catch() {
            Some(catch) => catch.parts(),
            None => &[],
        }
    }

    /// Who does the work of this node, whichever element carries it.
    pub const fn implementation(&self) -> Option<&Implementation> {
        match self {
            Self::ServiceTask(implementation)
            | Self::SendTask(implementation)
            | Self::ScriptTask(implementation)
            | Self::BusinessRuleTask(implementation)
            | Self::EndEvent(EndEvent::Message(Some(implementation)))
            | Self::IntermediateThrowEvent(IntermediateThrowEvent::Message(Some(implementation))) => {
                Some(implementation)
            }
            _ => None,
        }
    }

    /// The external task behind this node, whichever element carries it.
    pub const fn external_task(&self) -> Option<&ExternalTask> {
        match self.implementation() {
            Some(Implementation::External(task)) => Some(task),
            _ => None,
        }
    }
}

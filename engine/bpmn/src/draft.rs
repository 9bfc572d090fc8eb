//! A process as read, before the rules have judged it: it may hold elements that are refused and flows that lead
//! nowhere, so that one problem does not hide or cause others.

use flowstone_expression::Expression;
use flowstone_script::Script;

use crate::model::{
    Asynchronous, CorrelatedMessage, Error, Escalation, ExecutionEvent, ExecutionListener, ExternalTask, InputOutput,
    IntermediateThrowEvent, JobSettings, Message, MultiInstance, NodeKind, Process, Quantities, Signal,
};
use crate::problems::Problem;
use crate::xml::{Element, Value};

/// Everything read from a file.
pub(crate) struct DraftDocument<'tree> {
    pub root: &'tree Element<'tree>,
    pub processes: Vec<DraftProcess<'tree>>,
    pub messages: Vec<Message>,
    pub signals: Vec<Signal>,
    pub errors: Vec<Error>,
    pub escalations: Vec<Escalation>,
    /// The processes that global tasks are, finished already.
    pub global_tasks: Vec<Process>,
}

/// An executable process.
pub(crate) struct DraftProcess<'tree> {
    pub element: &'tree Element<'tree>,
    pub version_tag: Option<String>,
    pub history_time_to_live: Option<u32>,
    pub candidate_starter_users: Vec<Expression>,
    pub candidate_starter_groups: Vec<Expression>,
    pub job_priority: Option<Expression>,
    pub listeners: Vec<ExecutionListener>,
    /// Work for workers when an instance has begun.
    pub remote_listeners: Vec<RemoteListener>,
    pub startable_in_tasklist: bool,
    pub correlated_messages: Vec<CorrelatedMessage>,
    pub documentation: Option<String>,
    pub properties: Vec<(String, String)>,
    pub nodes: Vec<DraftNode<'tree>>,
    pub flows: Vec<DraftFlow<'tree>>,
    /// Sources and targets of associations.
    pub associations: Vec<(Value<'tree>, Value<'tree>)>,
}

/// A flow node of any kind, also one that is refused.
pub(crate) struct DraftNode<'tree> {
    pub element: &'tree Element<'tree>,
    /// Position of the enclosing sub-process among the nodes.
    pub parent: Option<usize>,
    /// `None` when it was refused.
    pub kind: Option<NodeKind>,
    /// Whether it starts by other means than a sequence flow: event sub-processes, compensation handlers.
    pub triggered: bool,
    pub asynchronous: Asynchronous,
    pub jobs: JobSettings,
    pub is_for_compensation: bool,
    pub listeners: Vec<ExecutionListener>,
    /// Work for workers around it.
    pub remote_listeners: Vec<RemoteListener>,
    /// What it throws before its kind, when it has several event definitions.
    pub thrown_before: Vec<IntermediateThrowEvent>,
    /// `activityRef` of its compensation event definition, when it throws.
    pub compensates: Option<Value<'tree>>,
    pub quantities: Quantities,
    pub multi_instance: Option<Box<MultiInstance>>,
    pub input_output: Option<InputOutput>,
    pub properties: Vec<(String, String)>,
    pub documentation: Option<String>,
    /// Positions of flows, filled in once all are known.
    pub incoming: Vec<usize>,
    pub outgoing: Vec<usize>,
}

impl<'tree> DraftNode<'tree> {
    pub fn id(&self) -> Option<&'tree str> {
        self.element.id()
    }

    pub fn is(&self, name: &str) -> bool {
        self.element.is_bpmn(name)
    }

    /// Whether other nodes can lie inside it.
    pub fn is_scope(&self) -> bool {
        matches!(self.element.name, "subProcess" | "transaction" | "adHocSubProcess")
    }

    /// Whether instances begin at it though it is no start event (BPMN 2.0, 10.3.3 and 10.6.6 `instantiate`).
    pub fn instantiates(&self) -> bool {
        match &self.kind {
            Some(NodeKind::ReceiveTask(task)) => task.instantiate,
            Some(NodeKind::EventBasedGateway(gateway)) => gateway.instantiate,
            _ => false,
        }
    }

    /// The activity that a throwing compensation event names, and where.
    pub fn compensation(&self) -> Option<((usize, usize), &'tree str)> {
        self.compensates.map(|reference| (reference.span, reference.text))
    }

    /// How messages call it: its kind and id.
    pub fn title(&self) -> String {
        title(self.element)
    }
}

/// A sequence flow, perhaps dangling.
pub(crate) struct DraftFlow<'tree> {
    pub element: &'tree Element<'tree>,
    /// Position of the sub-process it stands in.
    pub parent: Option<usize>,
    /// Positions of its ends, filled in once all nodes are known.
    pub source: Option<usize>,
    pub target: Option<usize>,
    /// Whether a `conditionExpression` is there, be it valid or not.
    pub conditional: bool,
    pub condition: Option<Script>,
    pub listeners: Vec<Script>,
    /// Work for workers on its way.
    pub remote_listeners: Vec<RemoteListener>,
}

/// A listener that a worker carries out: the token does not go on before.
#[derive(Clone)]
pub(crate) struct RemoteListener {
    /// Its event, such as `start`.
    pub event: ExecutionEvent,
    pub task: ExternalTask,
}

impl<'tree> DraftFlow<'tree> {
    pub fn id(&self) -> Option<&'tree str> {
        self.element.id()
    }

    pub fn source_reference(&self) -> Option<Value<'tree>> {
        self.element.attribute("sourceRef")
    }

    pub fn target_reference(&self) -> Option<Value<'tree>> {
        self.element.attribute("targetRef")
    }

    /// How messages call it: by id, or by its ends.
    pub fn title(&self) -> String {
        let end = |value: Option<Value<'_>>| value.map_or_else(|| "?".to_owned(), |value| value.text.to_owned());
        match self.id() {
            Some(id) => format!("sequence flow '{id}'"),
            None => {
                format!(
                    "sequence flow from '{}' to '{}'",
                    end(self.source_reference()),
                    end(self.target_reference())
                )
            }
        }
    }

    /// Names the flow as the element at fault, or its source when it has no id.
    pub fn blame(&self, problem: Problem) -> Problem {
        problem.at(self.id().or_else(|| self.source_reference().map(|value| value.text)))
    }
}

/// How messages call an element: its name and id.
pub(crate) fn title(element: &Element<'_>) -> String {
    match element.id() {
        Some(id) if !id.is_empty() => format!("{} '{id}'", element.name),
        _ => element.name.to_owned(),
    }
}

//! A process made ready to run: ids shared, look-ups prepared.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use flowstone_bpmn::model::{
    Catch, EndEvent, FlowNode, Implementation, IntermediateThrowEvent, NodeIndex, NodeKind, Process, SequenceFlow,
    StartTrigger,
};

use crate::job_definition::{JobDefinition, JobOverride};
use crate::rejection::Rejection;

/// A process ready to run. It never changes and may be shared between threads.
#[derive(Clone, Debug)]
pub struct Executable {
    process: Process,
    nodes: Vec<NodeInfo>,
    /// Nodes by their BPMN id, and by the id of their multi-instance body.
    by_id: HashMap<Arc<str>, NodeIndex>,
    /// Bodies of multi-instance activities by their node, in which its instances lie.
    bodies: HashMap<NodeIndex, NodeInfo>,
    concerns_others: bool,
    starts: HashMap<Option<NodeIndex>, NodeIndex>,
    /// Boundary events by their activity, in document order.
    boundaries: HashMap<NodeIndex, Vec<NodeIndex>>,
    /// Start events of event sub-processes by the scope around them, in document order.
    triggers: HashMap<Option<NodeIndex>, Vec<NodeIndex>>,
    /// For each inclusive gateway the nodes of its scope from which a path leads to it.
    reaching: HashMap<NodeIndex, HashSet<Arc<str>>>,
    /// What operators decided for jobs, by the place that makes them.
    pub(crate) job_overrides: HashMap<JobDefinition, JobOverride>,
}

/// What readers of events and state ask of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeInfo {
    /// BPMN id.
    pub id: Arc<str>,
    /// Activity type as the REST API shows it, for example `userTask`.
    pub activity_type: Arc<str>,
    /// Name for readers.
    pub name: Option<Arc<str>>,
    /// The vendor extension `properties`, in document order.
    pub properties: Vec<(String, String)>,
}

/// Makes a process ready to run, in time linear to its size.
pub fn compile(process: &Process) -> Executable {
    let nodes: Vec<NodeInfo> = process.nodes.iter().map(describe).collect();
    let bodies: HashMap<NodeIndex, NodeInfo> = process
        .indexed_nodes()
        .filter(|(_, node)| node.multi_instance.is_some())
        .map(|(index, node)| (index, describe_body(node)))
        .collect();
    let indexes = process.indexed_nodes().map(|(index, _)| index);
    let by_id = nodes
        .iter()
        .zip(indexes)
        .chain(bodies.iter().map(|(index, info)| (info, *index)))
        .map(|(info, index)| (info.id.clone(), index))
        .collect();
    let mut starts = HashMap::new();
    let (mut boundaries, mut triggers) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
    for (index, node) in process.indexed_nodes() {
        match &node.kind {
            NodeKind::StartEvent(event) => {
                // A process that an event starts begins where that event is; time asks nothing of who starts it.
                let unasked = |trigger: &StartTrigger| matches!(trigger.catch, Catch::Timer(_));
                if node.parent.is_some() || event.trigger.as_ref().is_none_or(unasked) {
                    starts.entry(node.parent).or_insert(index);
                }
                if let (Some(_), Some(sub_process)) = (&event.trigger, node.parent) {
                    let around = process.node(sub_process).parent;
                    triggers.entry(around).or_default().push(index);
                }
            }
            NodeKind::BoundaryEvent(event) => boundaries.entry(event.attached_to).or_default().push(index),
            _ => {}
        }
    }
    let mut begins = process
        .children(None)
        .filter(|(_, node)| matches!(node.kind, NodeKind::StartEvent(_)));
    // Where there is only one start event, clients may start instances by it, whatever it waits for.
    if let (Some((only, _)), None) = (begins.next(), begins.next()) {
        starts.entry(None).or_insert(only);
    }
    let inclusive = process
        .indexed_nodes()
        .filter(|(_, node)| matches!(node.kind, NodeKind::InclusiveGateway | NodeKind::ComplexGateway(_)));
    let reaching = inclusive
        .map(|(index, _)| (index, reaching(process, &nodes, &bodies, index)))
        .collect();
    let concerns_others = process.nodes.iter().any(|node| {
        let throws = node
            .multi_instance
            .as_ref()
            .is_some_and(|repeated| !repeated.thrown.is_empty());
        throws
            || matches!(node.kind.implementation(), Some(Implementation::Decision(_)))
            || matches!(
                node.kind,
                NodeKind::CallActivity(_)
                    | NodeKind::EndEvent(EndEvent::Signal(_))
                    | NodeKind::IntermediateThrowEvent(IntermediateThrowEvent::Signal(_))
            )
    });
    Executable {
        concerns_others,
        process: process.clone(),
        nodes,
        by_id,
        bodies,
        starts,
        boundaries,
        triggers,
        reaching,
        job_overrides: HashMap::new(),
    }
}

/// The nodes from which a path leads to a node, itself only if a loop does. What leaves by a boundary event is not
/// counted (bpmn-semantics 2.1): tokens rest in the activity, not at its boundary.
fn reaching(
    process: &Process,
    nodes: &[NodeInfo],
    bodies: &HashMap<NodeIndex, NodeInfo>,
    target: NodeIndex,
) -> HashSet<Arc<str>> {
    let mut found = HashSet::new();
    let mut open = vec![target];
    while let Some(node) = open.pop() {
        for flow in &process.node(node).incoming {
            let source = process.flow(*flow).source;
            if source != target && found.insert(nodes[source.position()].id.clone()) {
                found.extend(bodies.get(&source).map(|body| body.id.clone()));
                open.push(source);
            }
        }
    }
    found
}

fn describe(node: &FlowNode) -> NodeInfo {
    NodeInfo {
        id: Arc::from(node.id.as_str()),
        activity_type: Arc::from(node.kind.activity_type()),
        name: node.name.as_deref().map(Arc::from),
        properties: node.properties.clone(),
    }
}

/// The body of a multi-instance activity, as activity-instance trees and history show it.
fn describe_body(node: &FlowNode) -> NodeInfo {
    NodeInfo {
        id: Arc::from(format!("{}#multiInstanceBody", node.id)),
        activity_type: Arc::from("multiInstanceBody"),
        name: node.name.as_deref().map(Arc::from),
        properties: Vec::new(),
    }
}

impl Executable {
    /// The key of the process, its BPMN id.
    pub fn key(&self) -> &str {
        &self.process.id
    }

    /// The process that this was made of.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The node with a BPMN id, or the body of a multi-instance activity by its own id.
    pub fn node(&self, id: &str) -> Option<&NodeInfo> {
        let index = self.by_id.get(id)?;
        let node = &self.nodes[index.position()];
        if *node.id == *id {
            return Some(node);
        }
        self.bodies.get(index)
    }

    /// Id of the body of a multi-instance activity.
    pub(crate) fn body(&self, index: NodeIndex) -> Option<&Arc<str>> {
        self.bodies.get(&index).map(|body| &body.id)
    }

    /// Where instances begin that a client starts: at the start event that needs nothing but time, or at the only one.
    pub fn start_node(&self) -> Option<&NodeInfo> {
        self.start_in(None).map(|index| &self.nodes[index.position()])
    }

    /// Where a sub-process begins, or the process for `None` when a client starts it.
    pub(crate) fn start_in(&self, scope: Option<NodeIndex>) -> Option<NodeIndex> {
        self.starts.get(&scope).copied()
    }

    /// The boundary events of an activity, in document order.
    pub(crate) fn boundaries(&self, activity: NodeIndex) -> &[NodeIndex] {
        self.boundaries.get(&activity).map_or(&[], Vec::as_slice)
    }

    /// The start events of the event sub-processes of a sub-process, or of the process for `None`.
    pub(crate) fn triggers(&self, scope: Option<NodeIndex>) -> &[NodeIndex] {
        self.triggers.get(&scope).map_or(&[], Vec::as_slice)
    }

    /// The activity that undoes an activity.
    pub(crate) fn compensation_handler(&self, activity: NodeIndex) -> Option<NodeIndex> {
        let catches = self.boundaries(activity).iter();
        let mut handlers = catches.filter_map(|event| match self.flow_node(*event).kind.catch() {
            Some(Catch::Compensation { handler }) => *handler,
            _ => None,
        });
        handlers.next()
    }

    /// Whether an instance may concern other instances: by calling them or by signals.
    pub fn concerns_others(&self) -> bool {
        self.concerns_others
    }

    /// Whether a node is an event in whose place others are compensated.
    pub fn throws_compensation(&self, id: &str) -> bool {
        let kind = self.by_id.get(id).map(|index| &self.flow_node(*index).kind);
        matches!(
            kind,
            Some(
                NodeKind::EndEvent(EndEvent::Compensation(_) | EndEvent::Cancel)
                    | NodeKind::IntermediateThrowEvent(IntermediateThrowEvent::Compensation(_))
            )
        )
    }

    /// The nodes from which a path leads to an inclusive gateway.
    pub(crate) fn reaching(&self, gateway: NodeIndex) -> Option<&HashSet<Arc<str>>> {
        self.reaching.get(&gateway)
    }

    pub(crate) fn flow_node(&self, index: NodeIndex) -> &FlowNode {
        self.process.node(index)
    }

    pub(crate) fn info(&self, index: NodeIndex) -> &NodeInfo {
        &self.nodes[index.position()]
    }

    pub(crate) fn id(&self, index: NodeIndex) -> Arc<str> {
        self.info(index).id.clone()
    }

    pub(crate) fn outgoing(&self, index: NodeIndex) -> impl Iterator<Item = &SequenceFlow> {
        self.flow_node(index)
            .outgoing
            .iter()
            .map(|flow| self.process.flow(*flow))
    }

    /// Whether no flow leaves a node, so that its scope may be complete after it.
    pub(crate) fn completes_scope(&self, index: NodeIndex) -> bool {
        self.flow_node(index).outgoing.is_empty()
    }

    /// The node that a state names.
    pub(crate) fn find(&self, id: &str) -> Result<NodeIndex, Rejection> {
        self.by_id.get(id).copied().ok_or_else(|| Rejection::Value {
            node: id.to_owned(),
            problem: format!(
                "process '{}' has no such element; the instance runs another definition",
                self.key()
            ),
        })
    }
}

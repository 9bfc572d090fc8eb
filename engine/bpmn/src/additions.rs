//! Steps that a model does not draw: what an event throws beside its last definition, and the work of workers that
//! listeners ask for. They become nodes of their own on the flows, so that whatever runs them knows nothing of it.

use crate::draft::{DraftFlow, DraftNode, RemoteListener};
use crate::finish::{flow_index, node_index};
use crate::model::{
    Asynchronous, Catch, ExecutionEvent, FlowIndex, FlowNode, Implementation, IntermediateThrowEvent, NodeIndex,
    NodeKind, Process, Quantities, SequenceFlow,
};

/// Where a step goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// What is added to the nodes and flows of a process.
pub(crate) struct Additions {
    /// Positions of nodes, with what comes before or after them.
    nodes: Vec<(usize, ExecutionEvent, NodeKind)>,
    flows: Vec<(usize, NodeKind)>,
    /// After the start events of the process.
    begin: Vec<NodeKind>,
}

impl Additions {
    pub(crate) fn of(process: &[RemoteListener], nodes: &[DraftNode<'_>], flows: &[DraftFlow<'_>]) -> Self {
        let work = |listener: &RemoteListener| {
            let task = listener.task.clone();
            NodeKind::ServiceTask(Implementation::External(task))
        };
        let mut added = Vec::new();
        for (position, node) in nodes.iter().enumerate() {
            let listeners = node.remote_listeners.iter();
            added.extend(listeners.map(|listener| (position, listener.event, work(listener))));
            let thrown = node.thrown_before.iter().cloned();
            let thrown = thrown.map(NodeKind::IntermediateThrowEvent);
            added.extend(thrown.map(|kind| (position, ExecutionEvent::Start, kind)));
        }
        let flows = flows.iter().enumerate();
        Self {
            nodes: added,
            flows: flows
                .flat_map(|(position, flow)| flow.remote_listeners.iter().map(move |one| (position, work(one))))
                .collect(),
            begin: process.iter().map(work).collect(),
        }
    }

    pub(crate) fn add_to(self, process: &mut Process) {
        let starts: Vec<usize> = process
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.parent.is_none() && matches!(node.kind, NodeKind::StartEvent(_)))
            .map(|(position, _)| position)
            .collect();
        for kind in self.begin.iter().rev() {
            for start in &starts {
                add_after(process, *start, kind.clone());
            }
        }
        let sides: Vec<Side> = (self.nodes.iter())
            .map(|(position, event, _)| side(process, *position, *event))
            .collect();
        for ((position, _, kind), side) in self.nodes.iter().zip(&sides) {
            if *side == Side::Before {
                add_before(process, *position, kind.clone());
            }
        }
        // What is put directly after a node comes before what was put there earlier.
        for ((position, _, kind), side) in self.nodes.iter().zip(&sides).rev() {
            if *side == Side::After {
                add_after(process, *position, kind.clone());
            }
        }
        for (position, kind) in self.flows {
            add_on(process, position, kind);
        }
    }
}

/// On which side of a node a step goes. Some nodes have one only: a join must see the tokens that come, an exclusive
/// gateway those that go; what begins has no way to it, and what ends none from it.
fn side(process: &Process, position: usize, event: ExecutionEvent) -> Side {
    let node = &process.nodes[position];
    let source = |flow: &FlowIndex| &process.node(process.flow(*flow).source).kind;
    let after_gateway = node
        .incoming
        .iter()
        .any(|flow| matches!(source(flow), NodeKind::EventBasedGateway(_)));
    match &node.kind {
        NodeKind::StartEvent(_)
        | NodeKind::BoundaryEvent(_)
        | NodeKind::ParallelGateway
        | NodeKind::InclusiveGateway
        | NodeKind::ComplexGateway(_)
        | NodeKind::IntermediateCatchEvent(Catch::Link { .. }) => Side::After,
        NodeKind::EndEvent(_)
        | NodeKind::ExclusiveGateway
        | NodeKind::EventBasedGateway(_)
        | NodeKind::IntermediateThrowEvent(IntermediateThrowEvent::Link { .. }) => Side::Before,
        _ if after_gateway => Side::After,
        _ if event == ExecutionEvent::End => Side::After,
        _ => Side::Before,
    }
}

/// Puts a step before a node, after those that were put there earlier.
fn add_before(process: &mut Process, position: usize, kind: NodeKind) {
    let (index, next) = (node_index(process.nodes.len()), flow_index(process.flows.len()));
    let owner = &mut process.nodes[position];
    let coming = std::mem::replace(&mut owner.incoming, vec![next]);
    let asynchronous = Asynchronous {
        before: std::mem::take(&mut owner.asynchronous.before),
        ..Asynchronous::default()
    };
    for flow in &coming {
        process.flows[flow.position()].target = index;
    }
    let step = FlowNode {
        incoming: coming,
        outgoing: vec![next],
        asynchronous,
        ..step(process, position, kind)
    };
    process.flows.push(flow(index, node_index(position), &step));
    process.nodes.push(step);
}

/// Puts a step directly after a node; it takes over the flows that leave the node.
fn add_after(process: &mut Process, position: usize, kind: NodeKind) {
    let (index, next) = (node_index(process.nodes.len()), flow_index(process.flows.len()));
    let owner = &mut process.nodes[position];
    let going = std::mem::replace(&mut owner.outgoing, vec![next]);
    let default_flow = owner.default_flow.take();
    let asynchronous = Asynchronous {
        after: std::mem::take(&mut owner.asynchronous.after),
        ..Asynchronous::default()
    };
    for flow in &going {
        process.flows[flow.position()].source = index;
    }
    let step = FlowNode {
        incoming: vec![next],
        outgoing: going,
        default_flow,
        asynchronous,
        ..step(process, position, kind)
    };
    process.flows.push(flow(node_index(position), index, &step));
    process.nodes.push(step);
}

/// Puts a step on a flow.
fn add_on(process: &mut Process, position: usize, kind: NodeKind) {
    let (index, next) = (node_index(process.nodes.len()), flow_index(process.flows.len()));
    let taken = flow_index(position);
    let SequenceFlow { source, target, .. } = process.flows[position];
    process.flows[position].target = index;
    for flow in &mut process.nodes[target.position()].incoming {
        if *flow == taken {
            *flow = next;
        }
    }
    let step = FlowNode {
        incoming: vec![taken],
        outgoing: vec![next],
        ..step(process, source.position(), kind)
    };
    process.flows.push(flow(index, target, &step));
    process.nodes.push(step);
}

/// A step that belongs to a node: its id is that of the node with a number.
fn step(process: &Process, position: usize, kind: NodeKind) -> FlowNode {
    let owner = &process.nodes[position];
    let taken = |id: &String| process.nodes.iter().any(|node| node.id == *id);
    let id = (1..)
        .map(|number| format!("{}#{number}", owner.id))
        .find(|id| !taken(id));
    FlowNode {
        // The numbers do not run out before a free one is found.
        id: id.unwrap_or_default(),
        name: owner.name.clone(),
        kind,
        parent: owner.parent,
        incoming: Vec::new(),
        outgoing: Vec::new(),
        default_flow: None,
        asynchronous: Asynchronous::default(),
        jobs: owner.jobs.clone(),
        is_for_compensation: false,
        quantities: Quantities::default(),
        multi_instance: None,
        listeners: Vec::new(),
        input_output: None,
        properties: owner.properties.clone(),
        documentation: None,
        location: owner.location,
    }
}

fn flow(source: NodeIndex, target: NodeIndex, step: &FlowNode) -> SequenceFlow {
    SequenceFlow {
        id: None,
        name: None,
        source,
        target,
        condition: None,
        listeners: Vec::new(),
        location: step.location,
    }
}

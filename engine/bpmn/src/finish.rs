//! From a draft without errors to the model.

use crate::draft::{DraftDocument, DraftFlow, DraftNode, DraftProcess};
use crate::model::{
    Asynchronous, Document, FlowIndex, FlowNode, IntermediateThrowEvent, NodeIndex, NodeKind, Process, Quantities,
    SequenceFlow,
};
use crate::problems::Problems;

/// The model of a draft; `None` when a part of it is missing, which the rules have reported as an error then.
pub(crate) fn finish(draft: DraftDocument<'_>, problems: &Problems<'_>) -> Option<Document> {
    let processes = draft
        .processes
        .into_iter()
        .map(|process| finish_process(process, problems));
    Some(Document {
        id: draft.root.id().map(str::to_owned),
        target_namespace: draft
            .root
            .attribute("targetNamespace")
            .map(|value| value.text.to_owned()),
        processes: processes
            .chain(draft.global_tasks.into_iter().map(Some))
            .collect::<Option<_>>()?,
        messages: draft.messages,
        signals: draft.signals,
        errors: draft.errors,
        escalations: draft.escalations,
    })
}

fn finish_process(draft: DraftProcess<'_>, problems: &Problems<'_>) -> Option<Process> {
    let DraftProcess {
        element, nodes, flows, ..
    } = draft;
    let throwing: Vec<(usize, Vec<IntermediateThrowEvent>)> = nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| !node.thrown_before.is_empty())
        .map(|(position, node)| (position, node.thrown_before.clone()))
        .collect();
    let finished = nodes
        .into_iter()
        .map(|node| finish_node(node, &flows, problems))
        .collect::<Option<_>>()?;
    let mut process = Process {
        id: element.id()?.to_owned(),
        name: element.attribute("name").map(|name| name.text.to_owned()),
        version_tag: draft.version_tag,
        history_time_to_live: draft.history_time_to_live,
        candidate_starter_users: draft.candidate_starter_users,
        candidate_starter_groups: draft.candidate_starter_groups,
        job_priority: draft.job_priority,
        listeners: draft.listeners,
        startable_in_tasklist: draft.startable_in_tasklist,
        documentation: draft.documentation,
        properties: draft.properties,
        nodes: finished,
        flows: flows
            .into_iter()
            .map(|flow| finish_flow(flow, problems))
            .collect::<Option<_>>()?,
        location: problems.location(element.span.0),
    };
    for (position, events) in throwing {
        throw_before(&mut process, position, events);
    }
    Some(process)
}

/// An event that throws several things is a chain of events that throw one each: whoever catches them sees no
/// difference. The last of the chain is the event itself.
fn throw_before(process: &mut Process, position: usize, events: Vec<IntermediateThrowEvent>) {
    let mut coming = std::mem::take(&mut process.nodes[position].incoming);
    for (number, kind) in (1..).zip(events) {
        let target = node_index(process.nodes.len());
        for flow in &coming {
            process.flows[flow.position()].target = target;
        }
        let event = &mut process.nodes[position];
        let id = format!("{}#{number}", event.id);
        let asynchronous = Asynchronous {
            before: std::mem::take(&mut event.asynchronous.before),
            ..Asynchronous::default()
        };
        let next = flow_index(process.flows.len());
        let node = FlowNode {
            id,
            name: event.name.clone(),
            kind: NodeKind::IntermediateThrowEvent(kind),
            parent: event.parent,
            incoming: std::mem::replace(&mut coming, vec![next]),
            outgoing: vec![next],
            default_flow: None,
            asynchronous,
            jobs: event.jobs.clone(),
            is_for_compensation: false,
            quantities: Quantities::default(),
            multi_instance: None,
            listeners: Vec::new(),
            input_output: None,
            properties: Vec::new(),
            documentation: None,
            location: event.location,
        };
        process.flows.push(SequenceFlow {
            id: None,
            name: None,
            source: target,
            target: node_index(position),
            condition: None,
            listeners: Vec::new(),
            location: node.location,
        });
        process.nodes.push(node);
    }
    process.nodes[position].incoming = coming;
}

fn finish_node(node: DraftNode<'_>, flows: &[DraftFlow<'_>], problems: &Problems<'_>) -> Option<FlowNode> {
    let default = node.element.attribute("default").map(|default| default.text);
    let default_flow = node
        .outgoing
        .iter()
        .find(|flow| default.is_some() && flows[**flow].id() == default);
    Some(FlowNode {
        id: node.id()?.to_owned(),
        name: node.element.attribute("name").map(|name| name.text.to_owned()),
        kind: node.kind?,
        parent: node.parent.map(node_index),
        default_flow: default_flow.map(|flow| flow_index(*flow)),
        incoming: node.incoming.into_iter().map(flow_index).collect(),
        outgoing: node.outgoing.into_iter().map(flow_index).collect(),
        asynchronous: node.asynchronous,
        jobs: node.jobs,
        is_for_compensation: node.is_for_compensation,
        listeners: node.listeners,
        quantities: node.quantities,
        multi_instance: node.multi_instance,
        input_output: node.input_output,
        properties: node.properties,
        documentation: node.documentation,
        location: problems.location(node.element.span.0),
    })
}

fn finish_flow(flow: DraftFlow<'_>, problems: &Problems<'_>) -> Option<SequenceFlow> {
    Some(SequenceFlow {
        id: flow.id().map(str::to_owned),
        name: flow.element.attribute("name").map(|name| name.text.to_owned()),
        source: node_index(flow.source?),
        target: node_index(flow.target?),
        condition: flow.condition,
        listeners: flow.listeners,
        location: problems.location(flow.element.span.0),
    })
}

// The number of elements in a file is limited far below the range of the indexes.
fn node_index(position: usize) -> NodeIndex {
    NodeIndex(position as u32)
}

fn flow_index(position: usize) -> FlowIndex {
    FlowIndex(position as u32)
}

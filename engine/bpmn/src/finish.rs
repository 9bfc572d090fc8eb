//! From a draft to the model.

use crate::additions::Additions;
use crate::draft::{DraftDocument, DraftFlow, DraftNode, DraftProcess};
use crate::model::{Document, FlowIndex, FlowNode, NodeIndex, Process, SequenceFlow};
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
    let additions = Additions::of(&draft.remote_listeners, &nodes, &flows);
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
        correlated_messages: draft.correlated_messages,
        documentation: draft.documentation,
        properties: draft.properties,
        nodes: finished,
        flows: flows
            .into_iter()
            .map(|flow| finish_flow(flow, problems))
            .collect::<Option<_>>()?,
        location: problems.location(element.span.0),
    };
    additions.add_to(&mut process);
    Some(process)
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
pub(crate) fn node_index(position: usize) -> NodeIndex {
    NodeIndex(position as u32)
}

pub(crate) fn flow_index(position: usize) -> FlowIndex {
    FlowIndex(position as u32)
}

//! Nodes to which no path leads are never executed.

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::Dfs;

use crate::codes;
use crate::draft::DraftProcess;
use crate::problems::{Problem, Problems};

pub(super) fn check(process: &DraftProcess<'_>, problems: &mut Problems<'_>) {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(process.nodes.len() + 1, process.flows.len());
    let nodes: Vec<_> = process.nodes.iter().map(|_| graph.add_node(())).collect();
    let root = graph.add_node(());
    for flow in &process.flows {
        if let (Some(source), Some(target)) = (flow.source, flow.target) {
            graph.add_edge(nodes[source], nodes[target], ());
        }
    }
    let mut by_id = std::collections::HashMap::new();
    for (position, node) in process.nodes.iter().enumerate() {
        by_id.extend(node.id().map(|id| (id, nodes[position])));
    }
    for (position, node) in process.nodes.iter().enumerate() {
        let surrounding = node.parent.map_or(root, |parent| nodes[parent]);
        let entry: Option<NodeIndex> = if node.is("startEvent") || node.triggered || node.instantiates() {
            Some(surrounding)
        } else if node.is("boundaryEvent") {
            node.element
                .attribute("attachedToRef")
                .and_then(|reference| by_id.get(reference.text).copied())
        } else {
            // The nodes of an ad-hoc sub-process need no flow, link events are joined by name.
            let unordered = node
                .parent
                .is_some_and(|parent| process.nodes[parent].is("adHocSubProcess"));
            (unordered || node.is("intermediateCatchEvent")).then_some(surrounding)
        };
        if let Some(entry) = entry {
            graph.add_edge(entry, nodes[position], ());
        }
    }
    let mut reached = vec![false; graph.node_count()];
    let mut search = Dfs::new(&graph, root);
    while let Some(node) = search.next(&graph) {
        reached[node.index()] = true;
    }
    for (position, node) in process.nodes.iter().enumerate() {
        let surrounding_reached = node.parent.is_none_or(|parent| reached[parent]);
        // Inside a sub-process that is never reached, the sub-process is what to report.
        if !reached[position] && surrounding_reached {
            problems.warning(
                Problem::new(
                    codes::UNREACHABLE_NODE,
                    node.element.span,
                    format!("No path from a start event leads to {}.", node.title()),
                    "Connect it, or remove it.",
                )
                .at(node.id()),
            );
        }
    }
}

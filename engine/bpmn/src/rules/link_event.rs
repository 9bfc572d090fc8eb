//! A link leads from its throwing events to the one catching event of its name and scope (BPMN 2.0, 10.5.7).

use std::collections::HashMap;

use crate::codes;
use crate::draft::DraftProcess;
use crate::model::{Catch, IntermediateThrowEvent, NodeIndex, NodeKind};
use crate::problems::{Problem, Problems};

/// Finds where every throwing link event leads to.
pub(super) fn connect(process: &mut DraftProcess<'_>, problems: &mut Problems<'_>) {
    let mut targets = HashMap::new();
    for (position, node) in process.nodes.iter().enumerate() {
        let Some(NodeKind::IntermediateCatchEvent(Catch::Link { name })) = &node.kind else {
            continue;
        };
        let waits = (node.incoming.iter()).filter_map(|flow| process.flows[*flow].source);
        if waits
            .into_iter()
            .any(|source| process.nodes[source].is("eventBasedGateway"))
        {
            let message = format!("{} is a link behind an event-based gateway.", node.title());
            let advice = "Wait for a message, a signal, a condition or a timer there.";
            let problem = Problem::new(codes::INVALID_LINK, node.element.span, message, advice);
            problems.error(problem.at(node.id()));
        }
        // The number of elements in a file is limited far below the range of the index.
        let target = NodeIndex(position as u32);
        if targets.insert((node.parent, name.clone()), target).is_some() {
            let message = format!("{} is the second target of the link '{name}'.", node.title());
            let problem = Problem::new(codes::INVALID_LINK, node.element.span, message, "Keep one of them.");
            problems.error(problem.at(node.id()));
        }
    }
    for node in &mut process.nodes {
        let title = node.title();
        let Some(NodeKind::IntermediateThrowEvent(IntermediateThrowEvent::Link { name, target })) = &mut node.kind
        else {
            continue;
        };
        match targets.get(&(node.parent, name.clone())) {
            Some(found) => *target = *found,
            None => {
                let message = format!("No catching event is the target of the link '{name}' of {title}.");
                let advice = "Add an intermediate catch event with a link of this name beside it.";
                let problem = Problem::new(codes::INVALID_LINK, node.element.span, message, advice);
                problems.error(problem.at(node.element.id()));
            }
        }
    }
}

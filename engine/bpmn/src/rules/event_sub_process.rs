//! Event sub-processes begin at one start event with a trigger and stand apart from all flows (BPMN 2.0, 10.3.5), and
//! what is thrown has one place in a scope that catches it.

use std::collections::{HashMap, HashSet};

use crate::codes;
use crate::draft::DraftProcess;
use crate::model::{Catch, NodeKind};
use crate::problems::{Problem, Problems};

pub(super) fn check(process: &DraftProcess<'_>, problems: &mut Problems<'_>) {
    for (position, node) in process.nodes.iter().enumerate() {
        if !matches!(node.kind, Some(NodeKind::EventSubProcess)) {
            continue;
        }
        for flow in node.incoming.iter().chain(&node.outgoing) {
            let flow = &process.flows[*flow];
            let message = format!(
                "The {} touches the event sub-process '{}'.",
                flow.title(),
                node.id().unwrap_or("")
            );
            let advice = "Remove the flow: an event sub-process is set off by its start event.";
            let problem = Problem::new(codes::EVENT_SUB_PROCESS_FLOW, flow.element.span, message, advice);
            problems.error(flow.blame(problem).at(node.id()));
        }
        let starts = process
            .nodes
            .iter()
            .filter(|start| start.parent == Some(position) && start.is("startEvent"));
        for further in starts.skip(1) {
            problems.error(
                Problem::new(
                    codes::MULTIPLE_START_EVENTS,
                    further.element.span,
                    format!("{} has another start event before this one.", node.title()),
                    "Keep one of them, or use one event sub-process for each.",
                )
                .at(further.id())
                .at(node.id()),
            );
        }
    }
    check_duplicates(process, problems);
}

/// Of two that catch the same at the same place, the second would never be reached.
fn check_duplicates(process: &DraftProcess<'_>, problems: &mut Problems<'_>) {
    let mut known = HashSet::new();
    let mut escalations: HashMap<_, bool> = HashMap::new();
    for (node, catch) in process.nodes.iter().flat_map(|node| {
        let catches = node.kind.as_ref().map_or(&[][..], NodeKind::catches);
        catches.iter().map(move |catch| (node, catch))
    }) {
        let place = match &node.kind {
            Some(NodeKind::BoundaryEvent(event)) => (Some(event.attached_to), None),
            Some(NodeKind::StartEvent(_)) => (None, node.parent.map(|parent| process.nodes[parent].parent)),
            _ => continue,
        };
        let caught = match catch {
            Catch::Error(error) => ("error", error.code.as_deref()),
            Catch::Escalation(escalation) => ("escalation", escalation.code.as_deref()),
            _ => continue,
        };
        if caught.0 == "escalation" && escalations.insert(place, caught.1.is_some()) == Some(caught.1.is_none()) {
            problems.error(
                Problem::new(
                    codes::AMBIGUOUS_CATCH,
                    node.element.span,
                    format!(
                        "{} and another event at the same place catch escalations, one by code and one all of them.",
                        node.title()
                    ),
                    "Give both a code, or keep the one without.",
                )
                .at(node.id()),
            );
        }
        if !known.insert((place, caught)) {
            let what = match caught {
                (kind, Some(code)) => format!("the {kind} '{code}'"),
                (kind, None) => format!("every {kind}"),
            };
            let problem = Problem::new(
                codes::DUPLICATE_CATCH,
                node.element.span,
                format!(
                    "{} catches {what}, as another event at the same place does.",
                    node.title()
                ),
                "Keep one of them; the first catches it.",
            )
            .at(node.id());
            if caught.0 == "escalation" {
                problems.error(problem);
            } else {
                problems.warning(problem);
            }
        }
    }
}

//! Boundary events stand at the border of an activity of their own scope (BPMN 2.0, 10.5.4).

use std::collections::HashMap;

use crate::codes;
use crate::draft::DraftProcess;
use crate::model::{Catch, NodeIndex, NodeKind};
use crate::problems::{Problem, Problems};

/// Finds the activity of every boundary event.
pub(super) fn connect(process: &mut DraftProcess<'_>, problems: &mut Problems<'_>) {
    let mut by_id = HashMap::new();
    for (position, node) in process.nodes.iter().enumerate() {
        if let Some(id) = node.id() {
            by_id.entry(id).or_insert(position);
        }
    }
    for position in 0..process.nodes.len() {
        let event = &process.nodes[position];
        if !event.is("boundaryEvent") {
            continue;
        }
        let reference = event.element.attribute("attachedToRef");
        let activity = reference.and_then(|reference| by_id.get(reference.text).copied());
        let wrong = match activity.map(|activity| (activity, &process.nodes[activity])) {
            None => Some(format!(
                "{} is attached to '{}', which is no activity of the process.",
                event.title(),
                reference.map_or("", |reference| reference.text)
            )),
            Some((_, activity)) if activity.parent != event.parent => Some(format!(
                "{} stands in another process or sub-process than {}.",
                event.title(),
                activity.title()
            )),
            Some((_, activity)) if activity.kind.as_ref().is_some_and(|kind| !kind.is_activity()) => {
                Some(format!("{} cannot be attached to {}.", event.title(), activity.title()))
            }
            Some((_, activity)) if is_escalation(event.kind.as_ref()) && !may_escalate(activity.kind.as_ref()) => {
                Some(format!(
                    "{} catches escalations, which {} does not throw.",
                    event.title(),
                    activity.title()
                ))
            }
            Some(_) => None,
        };
        if let Some(wrong) = wrong {
            let span = reference.map_or(event.element.span, |reference| reference.span);
            let advice = "Set attachedToRef to an activity beside it; escalations come from sub-processes, call activities and user tasks.";
            problems.error(Problem::new(codes::INVALID_ATTACHMENT, span, wrong, advice).at(event.id()));
        }
        if let Some(flow) = event.incoming.first() {
            let flow = &process.flows[*flow];
            let message = format!("The {} leads to {}.", flow.title(), event.title());
            let advice = "Let it lead to the node after the boundary event.";
            let problem = Problem::new(codes::BOUNDARY_EVENT_INCOMING, flow.element.span, message, advice);
            problems.error(flow.blame(problem).at(event.id()));
        }
        if let (Some(activity), Some(NodeKind::BoundaryEvent(boundary))) =
            (activity, process.nodes[position].kind.as_mut())
        {
            // The number of elements in a file is limited far below the range of the index.
            boundary.attached_to = NodeIndex(activity as u32);
        }
    }
}

fn is_escalation(kind: Option<&NodeKind>) -> bool {
    kind.is_some_and(|kind| kind.catches().iter().any(|catch| matches!(catch, Catch::Escalation(_))))
}

fn may_escalate(kind: Option<&NodeKind>) -> bool {
    // What was refused is judged when it is supported.
    kind.is_none_or(|kind| {
        matches!(
            kind,
            NodeKind::SubProcess
                | NodeKind::AdHocSubProcess(_)
                | NodeKind::Transaction
                | NodeKind::CallActivity(_)
                | NodeKind::UserTask(_)
        )
    })
}

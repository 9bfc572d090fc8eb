//! Compensation events and the activities that they undo or that undo for them (BPMN 2.0, 10.5.7).

use std::collections::{HashMap, HashSet};

use crate::codes;
use crate::draft::DraftProcess;
use crate::model::{Catch, Compensation, EndEvent, IntermediateThrowEvent, NodeIndex, NodeKind};
use crate::problems::{Problem, Problems};

/// Finds the handler of every compensation boundary event, and the activity that a throwing event names.
pub(super) fn connect(process: &mut DraftProcess<'_>, problems: &mut Problems<'_>) {
    let mut by_id = HashMap::new();
    for (position, node) in process.nodes.iter().enumerate() {
        if let Some(id) = node.id() {
            by_id.entry(id).or_insert(position);
        }
    }
    let handlers: HashMap<&str, usize> = process
        .associations
        .iter()
        .filter_map(|(source, target)| Some((*source, *by_id.get(target)?)))
        .filter(|(_, target)| process.nodes[*target].is_for_compensation)
        .collect();
    let mut compensated = HashSet::new();
    for position in 0..process.nodes.len() {
        let node = &process.nodes[position];
        let definition = node.compensation();
        let problem = match &node.kind {
            Some(NodeKind::BoundaryEvent(event)) if matches!(event.catch, Catch::Compensation { .. }) => {
                let handler = node.id().and_then(|id| handlers.get(id).copied());
                if handler.is_none() {
                    Some((
                        format!("No association leads from {} to its handler.", node.title()),
                        "Connect it to an activity that has isForCompensation=\"true\".",
                    ))
                } else if compensated.insert(event.attached_to) {
                    None
                } else {
                    Some((
                        format!("{} is the second compensation event of its activity.", node.title()),
                        "Keep one of them.",
                    ))
                }
            }
            Some(NodeKind::StartEvent(event)) if is_compensation(event.trigger.as_ref().map(|one| &one.catch)) => {
                let outer = node.parent.and_then(|parent| process.nodes[parent].parent);
                outer.is_none().then(|| {
                    (
                        format!("{} stands directly in the process.", node.title()),
                        "Put its event sub-process into the sub-process that it compensates.",
                    )
                })
            }
            _ => definition
                .filter(|(_, reference)| !by_id.contains_key(reference))
                .map(|(_, reference)| {
                    (
                        format!("{} is to compensate '{reference}', which does not exist.", node.title()),
                        "Set activityRef to an activity of the process, or leave it out to compensate all.",
                    )
                }),
        };
        if let Some((message, advice)) = problem {
            let span = definition.map_or(node.element.span, |(span, _)| span);
            problems.error(Problem::new(codes::INVALID_COMPENSATION, span, message, advice).at(node.id()));
            continue;
        }
        let handler = node.id().and_then(|id| handlers.get(id).copied()).map(index);
        let activity = definition
            .and_then(|(_, reference)| by_id.get(reference).copied())
            .map(index);
        match &mut process.nodes[position].kind {
            Some(NodeKind::BoundaryEvent(event)) => {
                if let Catch::Compensation { handler: found } = &mut event.catch {
                    *found = handler;
                }
            }
            Some(
                NodeKind::EndEvent(EndEvent::Compensation(Compensation { activity: found }))
                | NodeKind::IntermediateThrowEvent(IntermediateThrowEvent::Compensation(Compensation {
                    activity: found,
                })),
            ) => *found = activity,
            _ => {}
        }
    }
}

fn is_compensation(catch: Option<&Catch>) -> bool {
    matches!(catch, Some(Catch::Compensation { .. }))
}

// The number of elements in a file is limited far below the range of the index.
fn index(position: usize) -> NodeIndex {
    NodeIndex(position as u32)
}

//! Compensation events and the activities that they undo or that undo for them (BPMN 2.0, 10.5.7).

use std::collections::{HashMap, HashSet};

use crate::codes;
use crate::draft::{DraftNode, DraftProcess};
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
        .filter_map(|(source, target)| Some((source.text, *by_id.get(target.text)?)))
        .filter(|(_, target)| process.nodes[*target].is_for_compensation)
        .collect();
    let undoing = scopes_that_undo_themselves(process);
    let connected: HashSet<&str> = process
        .associations
        .iter()
        .filter(|(_, target)| (by_id.get(target.text)).is_some_and(|target| is_activity(&process.nodes[*target])))
        .map(|(source, _)| source.text)
        .collect();
    let mut compensated = HashSet::new();
    let mut undone_by_themselves = HashSet::new();
    for position in 0..process.nodes.len() {
        let node = &process.nodes[position];
        let definition = node.compensation();
        let problem = match &node.kind {
            Some(NodeKind::BoundaryEvent(event)) if matches!(event.catch, Catch::Compensation { .. }) => {
                let handled = node.id().is_some_and(|id| handlers.contains_key(id));
                if !handled && node.id().is_some_and(|id| connected.contains(id)) {
                    Some((
                        format!("{} is connected to an activity that does not compensate.", node.title()),
                        "Set isForCompensation=\"true\" on the activity.",
                    ))
                } else if !compensated.insert(event.attached_to) {
                    Some((
                        format!("{} is the second compensation event of its activity.", node.title()),
                        "Keep one of them.",
                    ))
                } else if undoing.contains(&event.attached_to.position()) {
                    Some((
                        format!(
                            "{} is attached to a sub-process that has an event sub-process for compensation.",
                            node.title()
                        ),
                        "Keep one of them.",
                    ))
                } else {
                    if !handled {
                        warn_of_missing_handler(node, problems);
                    }
                    None
                }
            }
            Some(NodeKind::StartEvent(event)) if is_compensation(event.trigger.as_ref().map(|one| &one.catch)) => {
                match node.parent.and_then(|parent| process.nodes[parent].parent) {
                    None => Some((
                        format!("{} stands directly in the process.", node.title()),
                        "Put its event sub-process into the sub-process that it compensates.",
                    )),
                    Some(outer) if !undone_by_themselves.insert(outer) => Some((
                        format!("{} is the second that compensates its sub-process.", node.title()),
                        "Keep one of the event sub-processes for compensation.",
                    )),
                    Some(_) => None,
                }
            }
            _ => definition
                .filter(|(_, reference)| {
                    let activity = by_id.get(reference).map(|activity| &process.nodes[*activity]);
                    activity.is_none_or(|activity| !can_compensate(process, node, activity))
                })
                .map(|(_, reference)| {
                    (
                        format!(
                            "{} is to compensate '{reference}', which is no activity of its scope.",
                            node.title()
                        ),
                        "Set activityRef to an activity beside it, or leave it out to compensate all.",
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

/// An event compensates activities of its own scope; in an event sub-process also those of the scope around it.
fn can_compensate(process: &DraftProcess<'_>, event: &DraftNode<'_>, activity: &DraftNode<'_>) -> bool {
    let around = event.parent.map(|parent| &process.nodes[parent]);
    let around = around.filter(|scope| matches!(scope.kind, Some(NodeKind::EventSubProcess)));
    activity.parent == event.parent || around.is_some_and(|scope| activity.parent == scope.parent)
}

/// The sub-processes with an event sub-process that compensates them.
fn scopes_that_undo_themselves(process: &DraftProcess<'_>) -> HashSet<usize> {
    let compensates = |node: &&DraftNode<'_>| matches!(&node.kind, Some(NodeKind::StartEvent(event)) if is_compensation(event.trigger.as_ref().map(|one| &one.catch)));
    (process.nodes.iter().filter(compensates))
        .filter_map(|start| process.nodes[start.parent?].parent)
        .collect()
}

fn is_activity(node: &DraftNode<'_>) -> bool {
    node.kind.as_ref().is_none_or(NodeKind::is_activity)
}

fn warn_of_missing_handler(event: &DraftNode<'_>, problems: &mut Problems<'_>) {
    let message = format!("No association leads from {} to its handler.", event.title());
    let advice = "Connect it to an activity that has isForCompensation=\"true\"; until then it undoes nothing.";
    let problem = Problem::new(codes::INVALID_COMPENSATION, event.element.span, message, advice);
    problems.warning(problem.at(event.id()));
}

fn is_compensation(catch: Option<&Catch>) -> bool {
    matches!(catch, Some(Catch::Compensation { .. }))
}

// The number of elements in a file is limited far below the range of the index.
fn index(position: usize) -> NodeIndex {
    NodeIndex(position as u32)
}

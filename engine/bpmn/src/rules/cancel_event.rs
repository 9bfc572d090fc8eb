//! Cancel events belong to transactions (BPMN 2.0, 10.5.7).

use std::collections::HashSet;

use crate::codes;
use crate::draft::DraftProcess;
use crate::model::{Catch, EndEvent, NodeKind};
use crate::problems::{Problem, Problems};

pub(super) fn check(process: &DraftProcess<'_>, problems: &mut Problems<'_>) {
    let is_transaction = |position: usize| process.nodes.get(position).is_none_or(|node| node.is("transaction"));
    let mut canceled = HashSet::new();
    for node in &process.nodes {
        if let Some(NodeKind::BoundaryEvent(event)) = &node.kind
            && matches!(event.catch, Catch::Cancel)
            && !canceled.insert(event.attached_to)
        {
            let message = format!("{} is the second cancel event of its transaction.", node.title());
            let problem = Problem::new(codes::INVALID_CANCEL, node.element.span, message, "Keep one of them.");
            problems.error(problem.at(node.id()));
        }
        let (inside, advice) = match &node.kind {
            Some(NodeKind::EndEvent(EndEvent::Cancel)) => (
                node.parent.is_some_and(is_transaction),
                "Put it directly into a transaction.",
            ),
            Some(NodeKind::BoundaryEvent(event)) if matches!(event.catch, Catch::Cancel) => (
                is_transaction(event.attached_to.position()),
                "Attach it to a transaction.",
            ),
            _ => continue,
        };
        if !inside {
            let message = format!("{} has nothing to do with a transaction.", node.title());
            let problem = Problem::new(codes::INVALID_CANCEL, node.element.span, message, advice);
            problems.error(problem.at(node.id()));
        }
    }
}

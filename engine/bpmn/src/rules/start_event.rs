//! Where a process and a sub-process begin (BPMN 2.0, 10.5.2): at exactly one start event without trigger, as far as
//! triggers are not executed.

use crate::codes;
use crate::draft::{DraftNode, DraftProcess, title};
use crate::model::{Catch, NodeKind, StartEvent};
use crate::problems::{Problem, Problems};

pub(super) fn check(process: &DraftProcess<'_>, problems: &mut Problems<'_>) {
    check_instantiating(process, problems);
    let scopes = process
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| node.is_scope() && !node.is("adHocSubProcess"));
    let scopes =
        std::iter::once((None, process.element)).chain(scopes.map(|(position, node)| (Some(position), node.element)));
    // Collected once: asking every node for every scope would take quadratic time.
    let mut starts: std::collections::HashMap<Option<usize>, Vec<usize>> = std::collections::HashMap::new();
    for (position, node) in process
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| node.is("startEvent"))
    {
        starts.entry(node.parent).or_default().push(position);
    }
    for (scope, element) in scopes {
        let starts = starts.get(&scope).map_or(&[][..], Vec::as_slice);
        let is_instantiated = scope.is_none() && process.nodes.iter().any(DraftNode::instantiates);
        if starts.is_empty() && !is_instantiated {
            problems.error(
                Problem::new(
                    codes::MISSING_START_EVENT,
                    element.span,
                    format!("The {} has no start event.", title(element)),
                    "Add a start event and connect it to the first step.",
                )
                .at(element.id()),
            );
        }
        let none_starts = starts.iter().map(|position| &process.nodes[*position]);
        let mut none_starts =
            none_starts.filter(|node| matches!(&node.kind, Some(NodeKind::StartEvent(event)) if begins_unasked(event)));
        none_starts.next();
        for further in none_starts {
            problems.error(
                Problem::new(
                    codes::MULTIPLE_START_EVENTS,
                    further.element.span,
                    format!(
                        "The {} has another start event without trigger or with a timer before this one.",
                        title(element)
                    ),
                    "Keep one of them.",
                )
                .at(further.id())
                .at(element.id()),
            );
        }
    }
}

/// Whether a start event needs nothing from outside but time: a process has one of these, so that it is clear where
/// instances begin.
fn begins_unasked(event: &StartEvent) -> bool {
    match &event.trigger {
        None => true,
        Some(trigger) => matches!(trigger.catch, Catch::Timer(_)),
    }
}

/// What starts instances without being a start event stands at the beginning of a process; an ad-hoc sub-process has
/// no beginning (BPMN 2.0, 10.3.3, 10.3.5 and 10.6.6).
fn check_instantiating(process: &DraftProcess<'_>, problems: &mut Problems<'_>) {
    for node in process.nodes.iter().filter(|node| node.instantiates()) {
        if node.parent.is_some() || !node.incoming.is_empty() {
            problems.error(
                Problem::new(
                    codes::START_EVENT_INCOMING,
                    node.element.span,
                    format!(
                        "{} starts instances, but does not stand at the beginning.",
                        node.title()
                    ),
                    "Remove the flows that lead to it, or set instantiate=\"false\".",
                )
                .at(node.id()),
            );
        }
    }
    let unordered = |node: &&DraftNode<'_>| {
        let parent = node.parent.map(|parent| &process.nodes[parent]);
        parent.is_some_and(|parent| parent.is("adHocSubProcess")) && (node.is("startEvent") || node.is("endEvent"))
    };
    for node in process.nodes.iter().filter(unordered) {
        problems.error(
            Problem::new(
                codes::UNORDERED_EVENT,
                node.element.span,
                format!("{} stands in an ad-hoc sub-process.", node.title()),
                "Remove it: an ad-hoc sub-process has no beginning and no end.",
            )
            .at(node.id()),
        );
    }
}

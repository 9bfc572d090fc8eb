//! Where a process and a sub-process begin (BPMN 2.0, 10.5.2): at exactly one start event without trigger, as far as
//! triggers are not executed.

use crate::codes;
use crate::draft::{DraftProcess, title};
use crate::model::NodeKind;
use crate::problems::{Problem, Problems};

pub(super) fn check(process: &DraftProcess<'_>, problems: &mut Problems<'_>) {
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
        if starts.is_empty() {
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
        let mut none_starts = none_starts
            .filter(|node| matches!(&node.kind, Some(NodeKind::StartEvent(event)) if event.trigger.is_none()));
        none_starts.next();
        for further in none_starts {
            problems.error(
                Problem::new(
                    codes::MULTIPLE_START_EVENTS,
                    further.element.span,
                    format!(
                        "The {} has another start event without trigger before this one.",
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

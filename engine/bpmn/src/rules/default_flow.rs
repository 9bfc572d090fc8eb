//! The default flow of a node is one of the flows that leave it (BPMN 2.0, 10.3 and 10.6.2).

use crate::codes;
use crate::draft::DraftProcess;
use crate::problems::{Problem, Problems};

pub(super) fn check(process: &DraftProcess<'_>, problems: &mut Problems<'_>) {
    for node in &process.nodes {
        let Some(default) = node.element.attribute("default") else {
            continue;
        };
        if !node
            .outgoing
            .iter()
            .any(|flow| process.flows[*flow].id() == Some(default.text))
        {
            problems.error(
                Problem::new(
                    codes::UNKNOWN_DEFAULT_FLOW,
                    default.span,
                    format!("The default flow '{}' does not leave {}.", default.text, node.title()),
                    "Name a sequence flow that leaves the node.",
                )
                .at(node.id()),
            );
        }
    }
}

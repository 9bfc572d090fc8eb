//! A message starts a process by one start event only, and by a name known ahead.

use std::collections::HashSet;

use crate::codes;
use crate::draft::DraftProcess;
use crate::model::{Catch, NodeKind};
use crate::problems::{Problem, Problems};

pub(super) fn check(process: &DraftProcess<'_>, problems: &mut Problems<'_>) {
    let mut names = HashSet::new();
    for (node, catch) in (process.nodes.iter()).flat_map(|node| {
        let catches = node.kind.as_ref().map_or(&[][..], NodeKind::catches);
        catches.iter().map(move |catch| (node, catch))
    }) {
        let Catch::Message { name } = catch else {
            continue;
        };
        if node.parent.is_some() || !node.is("startEvent") {
            continue;
        }
        let Some(text) = name.literal() else {
            problems.error(
                Problem::new(
                    codes::COMPUTED_START_MESSAGE,
                    node.element.span,
                    format!("The message that {} waits for has a computed name.", node.title()),
                    "Write the name as plain text: it is waited for before there is an instance.",
                )
                .at(node.id()),
            );
            continue;
        };
        if !names.insert(text.to_owned()) {
            problems.error(
                Problem::new(
                    codes::DUPLICATE_MESSAGE_START,
                    node.element.span,
                    format!(
                        "Another start event beside {} waits for the message '{text}', too.",
                        node.title()
                    ),
                    "Keep one of them, or use two messages.",
                )
                .at(node.id()),
            );
        }
    }
}

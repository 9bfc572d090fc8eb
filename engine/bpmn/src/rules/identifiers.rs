//! Ids are there where needed, and unique (BPMN 2.0, 8.3.1 `BaseElement`; XML Schema type `ID`).

use std::collections::HashMap;

use crate::codes;
use crate::draft::{DraftDocument, title};
use crate::problems::{Problem, Problems};
use crate::xml::{Element, Namespace, Tree};

pub(super) fn check(tree: &Tree<'_>, document: &DraftDocument<'_>, problems: &mut Problems<'_>) {
    let mut seen = HashMap::new();
    for element in tree.elements().filter(|element| element.namespace == Namespace::Bpmn) {
        let Some(id) = element.attribute("id") else { continue };
        if let Some(first) = seen.insert(id.text, element.span) {
            let line = problems.location(first.0).line;
            problems.error(
                Problem::new(
                    codes::DUPLICATE_ID,
                    id.span,
                    format!("The id '{}' is already used in line {line}.", id.text),
                    "Give one of the elements another id.",
                )
                .at(Some(id.text)),
            );
            seen.insert(id.text, first);
        }
    }
    for process in &document.processes {
        require(process.element, problems);
        for node in &process.nodes {
            require(node.element, problems);
        }
    }
    for element in tree.elements() {
        if element.is_bpmn("message") || element.is_bpmn("signal") || element.is_bpmn("escalation") {
            require(element, problems);
        }
    }
}

fn require(element: &Element<'_>, problems: &mut Problems<'_>) {
    if element.id().is_none_or(|id| id.trim().is_empty()) {
        problems.error(Problem::new(
            codes::MISSING_ID,
            element.span,
            format!("The {} has no id.", title(element)),
            "Give it an id that is unique in the file.",
        ));
    }
}

//! Ids are there where needed, and unique (BPMN 2.0, 8.3.1 `BaseElement`; XML Schema type `ID`).

use std::collections::HashMap;

use crate::codes;
use crate::draft::{DraftDocument, title};
use crate::problems::{Problem, Problems};
use crate::read::{shortened, unqualified_reference};
use crate::xml::{Element, Namespace, Tree, Value, is_plain_name};

pub(super) fn check(tree: &Tree<'_>, document: &DraftDocument<'_>, problems: &mut Problems<'_>) {
    let mut seen = HashMap::new();
    for element in tree.elements().filter(|element| element.namespace == Namespace::Bpmn) {
        let Some(id) = element.attribute("id") else { continue };
        check_form(element, id, problems);
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
    for reference in tree.elements().filter(|element| element.is_bpmn("flowNodeRef")) {
        let node = reference.content().trimmed();
        if !seen.contains_key(node.text) {
            problems.error(Problem::new(
                codes::DANGLING_LANE,
                node.span,
                format!("A lane refers to '{}', which does not exist.", node.text),
                "Correct the reference, or remove it.",
            ));
        }
    }
    for process in &document.processes {
        for reference in process
            .associations
            .iter()
            .flat_map(|(source, target)| [source, target])
        {
            if !seen.contains_key(unqualified_reference(reference.text)) {
                problems.error(Problem::new(
                    codes::DANGLING_ASSOCIATION,
                    reference.span,
                    format!("An association refers to '{}', which does not exist.", reference.text),
                    "Correct the reference, or remove the association.",
                ));
            }
        }
        require(process.element, problems);
        for node in &process.nodes {
            require(node.element, problems);
        }
    }
    for element in tree.elements() {
        if ["message", "signal", "escalation", "error"]
            .iter()
            .any(|name| element.is_bpmn(name))
        {
            require(element, problems);
        }
    }
}

/// The schema wants a name without colon (XML Schema type `NCName`); the key of a process has at most 255 characters.
fn check_form(element: &Element<'_>, id: Value<'_>, problems: &mut Problems<'_>) {
    const LONGEST_KEY: usize = 255;
    let is_too_long = element.name == "process" && id.text.chars().count() > LONGEST_KEY;
    // That it is empty is reported where an id is needed.
    if id.text.trim().is_empty() || is_plain_name(id.text.trim()) && !is_too_long {
        return;
    }
    problems.error(
        Problem::new(
            codes::INVALID_ID,
            id.span,
            format!("'{}' cannot be the id of a {}.", shortened(id.text), element.name),
            "Begin it with a letter or '_', go on with letters, digits, '-', '_' and '.', and keep it short.",
        )
        .at(Some(id.text)),
    );
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

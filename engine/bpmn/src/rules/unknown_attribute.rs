//! Attributes that BPMN 2.0 does not have are mistakes, most often a missing vendor prefix.

use crate::codes;
use crate::draft::{DraftDocument, title};
use crate::problems::{Problem, Problems};
use crate::read::unknown_attributes;
use crate::xml::Element;

pub(super) fn check(document: &DraftDocument<'_>, problems: &mut Problems<'_>) {
    for process in &document.processes {
        check_element(process.element, problems);
        for node in &process.nodes {
            check_element(node.element, problems);
        }
        for flow in &process.flows {
            check_element(flow.element, problems);
        }
    }
}

fn check_element(element: &Element<'_>, problems: &mut Problems<'_>) {
    for attribute in unknown_attributes(element) {
        problems.error(
            Problem::new(
                codes::UNKNOWN_ATTRIBUTE,
                attribute.name_span,
                format!("BPMN 2.0 has no attribute '{}' on {}.", attribute.name, title(element)),
                "Remove it, or write it with the prefix of the vendor namespace, such as 'camunda:'.",
            )
            .at(element.id()),
        );
    }
}

//! Attributes that BPMN 2.0 does not have are mistakes, most often a missing vendor prefix.

use crate::draft::DraftDocument;
use crate::problems::Problems;
use crate::read::{unknown_attribute, unknown_attributes};
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
        problems.error(unknown_attribute(attribute, element).at(element.id()));
    }
}

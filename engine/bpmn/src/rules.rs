//! What makes a readable file a sound process. One file per subject; each rule looks at the whole draft and reports
//! every violation.

mod boundary_event;
mod cancel_event;
mod compensation;
mod default_flow;
mod event_based_gateway;
mod event_sub_process;
mod exclusive_gateway;
mod identifiers;
mod link_event;
mod reachability;
mod sequence_flow;
mod start_event;
mod start_message;
mod subscription;
mod unknown_attribute;

use crate::draft::DraftDocument;
use crate::problems::Problems;
use crate::xml::Tree;

/// Applies all rules.
pub(crate) fn check(tree: &Tree<'_>, document: &mut DraftDocument<'_>, problems: &mut Problems<'_>) {
    identifiers::check(tree, document, problems);
    unknown_attribute::check(document, problems);
    for process in &mut document.processes {
        // Flows are connected first; the other rules follow them.
        sequence_flow::connect(process, problems);
        boundary_event::connect(process, problems);
        compensation::connect(process, problems);
        link_event::connect(process, problems);
        sequence_flow::check(process, problems);
        event_sub_process::check(process, problems);
        event_based_gateway::check(process, problems);
        start_event::check(process, problems);
        start_message::check(process, problems);
        subscription::check(process, problems);
        cancel_event::check(process, problems);
        default_flow::check(process, problems);
        exclusive_gateway::check(process, problems);
        reachability::check(process, problems);
    }
}

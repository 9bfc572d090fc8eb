//! An event-based gateway leads to catch events only (BPMN 2.0, 10.6.6; bpmn-semantics 2.14).

use crate::codes;
use crate::draft::DraftProcess;
use crate::problems::{Problem, Problems};

pub(super) fn check(process: &DraftProcess<'_>, problems: &mut Problems<'_>) {
    for node in process.nodes.iter().filter(|node| node.is("eventBasedGateway")) {
        for flow in &node.outgoing {
            let flow = &process.flows[*flow];
            if !flow.remote_listeners.is_empty() {
                let problem = Problem::new(
                    codes::INVALID_LISTENER,
                    flow.element.span,
                    format!(
                        "The {} has a listener that a worker carries out, but no token goes there: {} waits itself.",
                        flow.title(),
                        node.title()
                    ),
                    "Put the listener on the catch event.",
                );
                problems.error(flow.blame(problem).at(node.id()));
            }
            let target = flow.target.map(|target| &process.nodes[target]);
            if let Some(target) = target.filter(|target| !target.is("intermediateCatchEvent")) {
                let problem = Problem::new(
                    codes::EVENT_GATEWAY_TARGET,
                    flow.element.span,
                    format!(
                        "The {} leads from {} to {}.",
                        flow.title(),
                        node.title(),
                        target.title()
                    ),
                    "Let it lead to an intermediate catch event.",
                );
                problems.error(flow.blame(problem).at(node.id()));
            }
        }
    }
}

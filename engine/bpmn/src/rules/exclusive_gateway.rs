//! An exclusive gateway must be able to decide (BPMN 2.0, 10.6.2; the strictness of the reference engine).

use crate::codes;
use crate::draft::{DraftFlow, DraftNode, DraftProcess};
use crate::problems::{Problem, Problems};

pub(super) fn check(process: &DraftProcess<'_>, problems: &mut Problems<'_>) {
    for gateway in process.nodes.iter().filter(|node| node.is("exclusiveGateway")) {
        let outgoing: Vec<_> = gateway.outgoing.iter().map(|flow| &process.flows[*flow]).collect();
        match outgoing.as_slice() {
            [] => problems.error(
                Problem::new(
                    codes::GATEWAY_WITHOUT_OUTGOING,
                    gateway.element.span,
                    format!("No sequence flow leaves {}.", gateway.title()),
                    "Connect it to the next step, or end the path with an end event.",
                )
                .at(gateway.id()),
            ),
            [only] if only.conditional => problems.error(
                only.blame(Problem::new(
                    codes::GATEWAY_SINGLE_CONDITION,
                    only.element.span,
                    format!("The only flow out of {} must not have a condition.", gateway.title()),
                    "Remove the condition, or add the flow for the other case.",
                ))
                .at(gateway.id()),
            ),
            [_] => {}
            several => check_conditions(gateway, several, problems),
        }
    }
}

fn check_conditions(gateway: &DraftNode<'_>, outgoing: &[&DraftFlow<'_>], problems: &mut Problems<'_>) {
    let default = gateway.element.attribute("default").map(|default| default.text);
    let is_default = |flow: &DraftFlow<'_>| default.is_some() && flow.id() == default;
    for flow in outgoing.iter().filter(|flow| is_default(flow) && flow.conditional) {
        let problem = Problem::new(
            codes::DEFAULT_FLOW_CONDITION,
            flow.element.span,
            format!("The default flow of {} must not have a condition.", gateway.title()),
            "Remove the condition, or make another flow the default.",
        );
        problems.error(flow.blame(problem).at(gateway.id()));
    }
    let unconditional: Vec<_> = outgoing
        .iter()
        .filter(|flow| !flow.conditional && !is_default(flow))
        .collect();
    // A single flow without condition serves as the default, which many models rely on.
    let tolerated = default.is_none() && unconditional.len() == 1;
    for flow in unconditional {
        let message = format!(
            "The {} out of {} has no condition and is not its default.",
            flow.title(),
            gateway.title()
        );
        let advice = "Give it a condition, or make it the default flow of the gateway.";
        let problem = Problem::new(codes::GATEWAY_UNCONDITIONAL_FLOW, flow.element.span, message, advice);
        let problem = flow.blame(problem).at(gateway.id());
        if tolerated {
            problems.warning(problem)
        } else {
            problems.error(problem)
        }
    }
}

//! Sequence flows connect two nodes of one scope (BPMN 2.0, 8.4.13 and 13.3), never into a start event or out of an
//! end event.

use std::collections::{HashMap, HashSet};

use crate::codes;
use crate::draft::{DraftFlow, DraftProcess};
use crate::problems::{Problem, Problems};
use crate::xml::Value;

/// Finds the nodes at both ends of every flow.
pub(super) fn connect(process: &mut DraftProcess<'_>, problems: &mut Problems<'_>) {
    let mut by_id = HashMap::new();
    for (position, node) in process.nodes.iter().enumerate() {
        if let Some(id) = node.id() {
            by_id.entry(id).or_insert(position);
        }
    }
    for (position, flow) in process.flows.iter_mut().enumerate() {
        flow.source = find(flow, "sourceRef", flow.source_reference(), &by_id, problems);
        flow.target = find(flow, "targetRef", flow.target_reference(), &by_id, problems);
        if let Some(source) = flow.source {
            process.nodes[source].outgoing.push(position);
        }
        if let Some(target) = flow.target {
            process.nodes[target].incoming.push(position);
        }
    }
}

fn find(
    flow: &DraftFlow<'_>,
    attribute: &str,
    reference: Option<Value<'_>>,
    nodes: &HashMap<&str, usize>,
    problems: &mut Problems<'_>,
) -> Option<usize> {
    let Some(reference) = reference else {
        problems.error(flow.blame(Problem::new(
            codes::MISSING_FLOW_END,
            flow.element.span,
            format!("The {} has no {attribute}.", flow.title()),
            format!("Set {attribute} to the id of a node."),
        )));
        return None;
    };
    let found = nodes.get(reference.text).copied();
    if found.is_none() {
        problems.error(flow.blame(Problem::new(
            codes::DANGLING_FLOW,
            reference.span,
            format!(
                "The {} refers to '{}', which is no node of the process.",
                flow.title(),
                reference.text
            ),
            format!("Correct {attribute}, or remove the flow."),
        )));
    }
    found
}

pub(super) fn check(process: &DraftProcess<'_>, problems: &mut Problems<'_>) {
    let leaves_gateway = |flow: &&DraftFlow<'_>| {
        flow.source
            .is_some_and(|source| process.nodes[source].is("eventBasedGateway"))
    };
    let behind_gateways: HashSet<usize> = (process.flows.iter().filter(leaves_gateway))
        .filter_map(|flow| flow.target)
        .collect();
    for flow in &process.flows {
        let source = flow.source.map(|position| &process.nodes[position]);
        let target = flow.target.map(|position| &process.nodes[position]);
        let outside = [source, target]
            .into_iter()
            .flatten()
            .find(|node| node.parent != flow.parent);
        if let Some(node) = outside {
            let problem = Problem::new(
                codes::FLOW_CROSSES_SCOPE,
                flow.element.span,
                format!(
                    "The {} leaves its process or sub-process at {}.",
                    flow.title(),
                    node.title()
                ),
                "Connect nodes of the same process or sub-process, and put the flow beside them.",
            );
            problems.error(flow.blame(problem).at(node.id()));
        }
        if let Some(source) = source.filter(|node| node.asynchronous.after && flow.id().is_none()) {
            let problem = Problem::new(
                codes::MISSING_ID,
                flow.element.span,
                format!(
                    "The {} has no id, but a job takes it: {} has asyncAfter.",
                    flow.title(),
                    source.title()
                ),
                "Give it an id that is unique in the file.",
            );
            problems.error(problem.at(source.id()));
        }
        if let Some(event) = target.filter(|node| node.is("intermediateCatchEvent"))
            && source.is_some_and(|source| !source.is("eventBasedGateway"))
            && flow.target.is_some_and(|target| behind_gateways.contains(&target))
        {
            let problem = Problem::new(
                codes::EVENT_GATEWAY_INCOMING,
                flow.element.span,
                format!(
                    "The {} leads to {} past its event-based gateway.",
                    flow.title(),
                    event.title()
                ),
                "Let it lead to the gateway, or use another event.",
            );
            problems.error(flow.blame(problem).at(event.id()));
        }
        for node in [source, target]
            .into_iter()
            .flatten()
            .filter(|node| node.is_for_compensation)
        {
            let problem = Problem::new(
                codes::COMPENSATION_FLOW,
                flow.element.span,
                format!(
                    "The {} touches {}, which is for compensation.",
                    flow.title(),
                    node.title()
                ),
                "Remove the flow: a compensation event leads to its handler by an association.",
            );
            problems.error(flow.blame(problem).at(node.id()));
        }
        if let Some(start) = target.filter(|node| node.is("startEvent")) {
            let problem = Problem::new(
                codes::START_EVENT_INCOMING,
                flow.element.span,
                format!("The {} leads to {}.", flow.title(), start.title()),
                "Let it lead to the node after the start event.",
            );
            problems.error(flow.blame(problem).at(start.id()));
        }
        if let Some(end) = source.filter(|node| node.is("endEvent")) {
            let problem = Problem::new(
                codes::END_EVENT_OUTGOING,
                flow.element.span,
                format!("The {} leaves {}.", flow.title(), end.title()),
                "Use an intermediate throw event where the path goes on.",
            );
            problems.error(flow.blame(problem).at(end.id()));
        }
    }
}

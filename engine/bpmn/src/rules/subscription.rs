//! At one place each message, signal and starting condition is waited for once: else it would be left to chance which
//! of the events it goes to (strictness of the reference engine).

use std::collections::HashSet;

use crate::codes;
use crate::draft::{DraftNode, DraftProcess};
use crate::model::{Catch, NodeKind, ReceiveTask};
use crate::problems::{Problem, Problems};

/// Where something is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// Before there is an instance.
    Start,
    /// In the process.
    Root,
    /// In a sub-process.
    Inside(usize),
    /// In or at the border of a node; the border of a multi-instance activity is another place than its instances.
    Node { position: usize, is_body: bool },
}

pub(super) fn check(process: &DraftProcess<'_>, problems: &mut Problems<'_>) {
    let mut known = HashSet::new();
    for (position, node) in process.nodes.iter().enumerate() {
        let Some(place) = place(process, position) else {
            continue;
        };
        let mut awaited = Vec::new();
        if let Some(NodeKind::ReceiveTask(ReceiveTask {
            message: Some(message), ..
        })) = &node.kind
        {
            awaited.extend(message.name.as_ref().map(|name| ("message", name.source())));
        }
        for catch in node.kind.as_ref().map_or(&[][..], NodeKind::catches) {
            awaited.extend(match catch {
                // Those that start instances are judged by the rule for them.
                Catch::Message { name } if place != Place::Start => Some(("message", name.source())),
                Catch::Signal { name } => Some(("signal", name.source())),
                Catch::Conditional(condition) if place == Place::Start => {
                    Some(("condition", condition.condition.source()))
                }
                _ => None,
            });
        }
        for (kind, name) in awaited {
            if !known.insert((place, kind, name)) {
                problems.error(
                    Problem::new(
                        codes::DUPLICATE_SUBSCRIPTION,
                        node.element.span,
                        format!(
                            "Another event beside {} waits for the {kind} '{name}', too.",
                            node.title()
                        ),
                        "Keep one of them, or wait for different things.",
                    )
                    .at(node.id()),
                );
            }
        }
    }
}

fn place(process: &DraftProcess<'_>, position: usize) -> Option<Place> {
    let node = &process.nodes[position];
    let repeats = |node: &DraftNode<'_>| node.multi_instance.is_some();
    Some(match &node.kind {
        Some(NodeKind::StartEvent(_)) => match node.parent {
            None => Place::Start,
            Some(sub_process) => process.nodes[sub_process].parent.map_or(Place::Root, Place::Inside),
        },
        Some(NodeKind::BoundaryEvent(event)) => {
            let position = event.attached_to.position();
            let is_body = process.nodes.get(position).is_some_and(repeats);
            Place::Node { position, is_body }
        }
        Some(NodeKind::ReceiveTask(_)) => Place::Node {
            position,
            is_body: false,
        },
        Some(NodeKind::IntermediateCatchEvent(_)) => {
            let sources = (node.incoming.iter()).filter_map(|flow| process.flows[*flow].source);
            let gateway = sources
                .into_iter()
                .find(|source| process.nodes[*source].is("eventBasedGateway"));
            Place::Node {
                position: gateway.unwrap_or(position),
                is_body: false,
            }
        }
        _ => return None,
    })
}

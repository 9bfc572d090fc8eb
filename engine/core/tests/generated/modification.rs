//! What operators may do to an instance, drawn without a look at its model's sense.

use flowstone_bpmn::model::Process;
use flowstone_core::{Command, Instance, Instruction, Modification, StartAt, StartInstruction};
use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;

use super::random::Random;

/// The most instructions of one command.
const INSTRUCTIONS: usize = 3;

/// Draws a modification. Most are carried out, some are refused.
pub fn draw(random: &mut Random, process: &Process, instance: &Instance) -> Command {
    let instructions = (0..=random.below(INSTRUCTIONS))
        .map(|_| match random.below(10) {
            0..=5 => Instruction::Start(start(random, process, instance)),
            6 => Instruction::CancelActivity {
                activity: node(random, process),
                only_current: random.chance(50),
            },
            7 => Instruction::CancelTransitionInstance(one_of(random, instance)),
            _ => Instruction::CancelActivityInstance(one_of(random, instance)),
        })
        .collect();
    Command::Modify(Modification {
        instructions,
        skip_listeners: random.chance(20),
        skip_mappings: random.chance(20),
    })
}

fn start(random: &mut Random, process: &Process, instance: &Instance) -> StartInstruction {
    let flows: Vec<&str> = process.flows.iter().filter_map(|flow| flow.id.as_deref()).collect();
    let at = match random.below(6) {
        0 => StartAt::After(node(random, process)),
        1 if !flows.is_empty() => StartAt::Flow(flows[random.below(flows.len())].to_owned()),
        _ => StartAt::Before(node(random, process)),
    };
    StartInstruction {
        at,
        ancestor: random.chance(20).then(|| one_of(random, instance)),
        variables: Variables::new(),
        local_variables: match random.chance(20) {
            true => Variables::from([("brought".to_owned(), TypedValue::from(1))]),
            false => Variables::new(),
        },
    }
}

/// The id of a node, or of the body of one.
fn node(random: &mut Random, process: &Process) -> String {
    let node = &process.nodes[random.below(process.nodes.len())];
    match node.multi_instance.is_some() && random.chance(50) {
        true => format!("{}#multiInstanceBody", node.id),
        false => node.id.clone(),
    }
}

/// A token or scope.
fn one_of(random: &mut Random, instance: &Instance) -> Uuid {
    let tokens = instance.tokens().map(|token| token.id);
    let mut ids: Vec<Uuid> = tokens.chain(instance.scopes().map(|scope| scope.id)).collect();
    ids.sort();
    ids[random.below(ids.len())]
}

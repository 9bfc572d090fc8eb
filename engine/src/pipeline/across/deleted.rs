//! What it means for its caller that an instance was ended from outside: the call is canceled.

use flowstone_core::{Caller, Command, Instruction, Modification};

use super::{Across, Failure};

impl Across<'_> {
    /// Cancels the call whose instance was ended from outside, and with it the caller when nothing else goes on there.
    pub(super) async fn cancel_call(&mut self, caller: Caller) -> Result<(), Failure> {
        let command = Command::Modify(Modification {
            instructions: vec![Instruction::CancelActivityInstance(caller.token)],
            ..self.leaves_out.clone()
        });
        self.step_if_possible(caller.instance, &command).await
    }
}

/// What of the models a command leaves out in all instances that it ends: a modification without instructions.
pub(super) fn left_out(command: &Command) -> Modification {
    let (skip_listeners, skip_mappings) = match command {
        Command::Cancel {
            skip_output_mappings,
            skip_listeners,
            ..
        } => (*skip_listeners, *skip_output_mappings),
        Command::Modify(modification) => (modification.skip_listeners, modification.skip_mappings),
        _ => (false, false),
    };
    Modification {
        skip_listeners,
        skip_mappings,
        ..Modification::default()
    }
}

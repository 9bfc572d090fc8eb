//! Context-based correlation (BPMN 2.0, 8.4.2): an instance knows the messages that are for it by its data.

use flowstone_expression::Expression;
use flowstone_script::Script;

/// A message that instances of a process take only when it carries what they hold.
#[derive(Clone, Debug, PartialEq)]
pub struct CorrelatedMessage {
    /// Name of the message; may be computed.
    pub name: Expression,
    /// All of them have to agree.
    pub properties: Vec<CorrelatedProperty>,
}

/// Two values that have to be the same.
#[derive(Clone, Debug, PartialEq)]
pub struct CorrelatedProperty {
    /// Computed from the variables that come with the message.
    pub in_message: Script,
    /// Computed from the variables that the waiting execution sees.
    pub in_instance: Script,
}

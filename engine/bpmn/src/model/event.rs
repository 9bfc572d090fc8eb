//! Events.

use super::{FormReference, Implementation};
use flowstone_expression::Expression;

/// A start event without a trigger.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StartEvent {
    /// The variable that receives the id of the authenticated user who started the instance.
    pub initiator: Option<String>,
    /// Key of an external start form.
    pub form_key: Option<Expression>,
    /// A deployed start form.
    pub form: Option<FormReference>,
}

/// What reaching an end event does.
#[derive(Clone, Debug, PartialEq)]
pub enum EndEvent {
    /// Ends this token.
    None,
    /// Ends everything in the enclosing scope, and that scope.
    Terminate,
    /// Sends a message by its implementation, then ends the token; without one, only ends it.
    Message(Option<Implementation>),
}

/// What reaching an intermediate throw event does.
#[derive(Clone, Debug, PartialEq)]
pub enum IntermediateThrowEvent {
    /// Nothing; a milestone.
    None,
    /// Sends a message by its implementation; without one, passes on.
    Message(Option<Implementation>),
}

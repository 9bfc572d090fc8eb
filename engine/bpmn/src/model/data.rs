//! Input and output parameters (vendor extension `inputOutput`).

use flowstone_expression::Expression;
use flowstone_script::Script;

/// The parameters of one node, each list in document order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputOutput {
    /// Computed on entry in the surrounding scope, written local to the node.
    pub inputs: Vec<Parameter>,
    /// Computed on leaving inside the node, written to the surrounding scope.
    pub outputs: Vec<Parameter>,
}

/// A variable to compute.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The name of the variable.
    pub name: String,
    /// How its value comes about.
    pub value: ParameterValue,
}

/// The value of a parameter, of a list item or of a map entry.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterValue {
    /// No content: null.
    Null,
    /// A text or an expression.
    Text(Expression),
    /// What a script yields.
    Script(Script),
    /// A list of values.
    List(Vec<ParameterValue>),
    /// Keys and values in document order; keys may be computed.
    Map(Vec<(Expression, ParameterValue)>),
}

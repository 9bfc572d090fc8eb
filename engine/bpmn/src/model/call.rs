//! Calls of other processes, and variables that go from one place to another.

use flowstone_expression::Expression;

/// A call activity (BPMN 2.0, 10.3.6) with the vendor attributes of its binding.
#[derive(Clone, Debug, PartialEq)]
pub struct CallActivity {
    /// Key of the called process, computed on entry.
    pub called: Expression,
    /// Which version of it.
    pub binding: CalledBinding,
    /// Its tenant; `None`: that of the caller.
    pub tenant: Option<Expression>,
    /// Business key of the called instance; `None`: it has none.
    pub business_key: Option<Expression>,
    /// What the called instance begins with.
    pub inputs: Vec<VariableMapping>,
    /// What comes back from it.
    pub outputs: Vec<VariableMapping>,
}

/// Which version of a process a [`CallActivity`] calls.
#[derive(Clone, Debug, PartialEq)]
pub enum CalledBinding {
    /// The newest one.
    Latest,
    /// The one deployed together with the caller.
    Deployment,
    /// The version of this number.
    Version(Expression),
    /// The version with this label.
    VersionTag(Expression),
}

/// A variable that is passed on (vendor elements `in` and `out`).
#[derive(Clone, Debug, PartialEq)]
pub struct VariableMapping {
    /// What is passed on.
    pub source: MappedSource,
    /// Whether only variables of the activity itself are read, or what comes back is set there.
    pub local: bool,
}

/// What a [`VariableMapping`] passes on, and under which name.
#[derive(Clone, Debug, PartialEq)]
pub enum MappedSource {
    /// All variables, under their names.
    All,
    /// A variable; null when there is none.
    Variable {
        /// Its name.
        name: String,
        /// Its new name.
        target: String,
    },
    /// What an expression yields.
    Expression {
        /// The expression.
        expression: Expression,
        /// The name.
        target: String,
    },
}

//! Gateways with settings, and the sub-process without flows.

use flowstone_script::Script;

/// An event-based gateway (BPMN 2.0, 10.6.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventBasedGateway {
    /// Whether its events start instances.
    pub instantiate: bool,
    /// Whether an instance that one of its events started waits for all others too.
    pub parallel: bool,
}

/// A complex gateway (BPMN 2.0, 10.6.5).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComplexGateway {
    /// What must hold for it to fire; it sees the number of tokens that came as `activationCount`. `None`: it fires
    /// when no more can come.
    pub activation: Option<Script>,
}

/// An ad-hoc sub-process (BPMN 2.0, 10.3.5).
#[derive(Clone, Debug, PartialEq)]
pub struct AdHocSubProcess {
    /// Whether its activities are carried out one after the other, in document order, instead of all at once.
    pub sequential: bool,
    /// Whether what still runs is canceled when it is complete.
    pub cancel_remaining: bool,
    /// Whether it is complete, asked whenever a path in it has ended; `None`: when nothing is left to do.
    pub completion: Option<Script>,
}

//! What the engine itself does later.

use flowstone_expression::Expression;

/// Where the work on a node is cut into transactions of their own (vendor attributes `asyncBefore`, `asyncAfter`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asynchronous {
    /// A job enters the node.
    pub before: bool,
    /// A job takes each flow that leaves the node.
    pub after: bool,
}

/// How the jobs of a node are executed.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSettings {
    /// Not at the same time as other jobs of the instance (vendor attribute `exclusive`).
    pub exclusive: bool,
    /// Those with a higher one first; else that of the process (vendor attribute `jobPriority`).
    pub priority: Option<Expression>,
    /// How often and when a failed job is tried again (vendor element `failedJobRetryTimeCycle`).
    pub retry_cycle: Option<Expression>,
}

impl Default for JobSettings {
    fn default() -> Self {
        Self {
            exclusive: true,
            priority: None,
            retry_cycle: None,
        }
    }
}

/// A moment that is waited for (BPMN 2.0, 10.5.5).
#[derive(Clone, Debug, PartialEq)]
pub struct Timer {
    /// How the text is meant.
    pub kind: TimerKind,
    /// A date or an ISO 8601 text, computed when the wait begins.
    pub expression: Expression,
    /// The text as written.
    pub text: String,
}

/// How the text of a timer is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerKind {
    /// A moment (`timeDate`).
    Date,
    /// A time from now (`timeDuration`).
    Duration,
    /// A moment that comes again (`timeCycle`).
    Cycle,
}

impl TimerKind {
    /// The child element that holds the text.
    pub const fn element_name(self) -> &'static str {
        match self {
            Self::Date => "timeDate",
            Self::Duration => "timeDuration",
            Self::Cycle => "timeCycle",
        }
    }

    /// How job definitions name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Date => "DATE",
            Self::Duration => "DURATION",
            Self::Cycle => "CYCLE",
        }
    }
}

//! What is computed beside the work itself (vendor elements `executionListener` and `taskListener`).

use flowstone_script::Script;

use super::Timer;

/// An expression or script that is computed when a node is entered or left, or an instance begins or ends.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutionListener {
    /// When.
    pub event: ExecutionEvent,
    /// What.
    pub script: Script,
}

/// When an [`ExecutionListener`] is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionEvent {
    /// On entry, after the input parameters.
    Start,
    /// On leaving, after the output parameters; also when what it belongs to is canceled.
    End,
}

impl ExecutionEvent {
    /// Its name, which expressions see as `execution.eventName`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::End => "end",
        }
    }
}

/// An expression or script that is computed in the life of a user task.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskListener {
    /// When.
    pub event: TaskEvent,
    /// What.
    pub script: Script,
}

/// An expression or script that is computed when a user task has been there for some time.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeoutListener {
    /// When.
    pub timer: Timer,
    /// What.
    pub script: Script,
}

/// When a [`TaskListener`] is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskEvent {
    /// The task was created.
    Create,
    /// It has an assignee: from the beginning, or another one than before.
    Assignment,
    /// An attribute was changed.
    Update,
    /// It was completed.
    Complete,
    /// It was canceled.
    Delete,
}

impl TaskEvent {
    /// Its name, which expressions see as `task.eventName`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Assignment => "assignment",
            Self::Update => "update",
            Self::Complete => "complete",
            Self::Delete => "delete",
        }
    }
}

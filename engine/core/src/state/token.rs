//! Tokens, and what they wait for.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression::Variables;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A token at rest: it waits for exactly one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Token id, activity instance id, execution id and task id.
    pub id: Uuid,
    /// Enclosing scope.
    pub scope: Uuid,
    /// Node where it rests.
    pub node: Arc<str>,
    /// When it came to rest.
    pub started_at: DateTime<Utc>,
    /// Variables local to it: results of input mappings and local variables of clients.
    pub variables: Variables,
    /// What it waits for.
    pub wait: Wait,
}

/// Who called an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Instance that called it.
    pub instance: Uuid,
    /// Its token that waits.
    pub token: Uuid,
    /// First of the instances that called each other.
    pub root: Uuid,
}

/// What a token waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "camelCase")]
pub enum Wait {
    /// A worker.
    ExternalTask(ExternalTask),
    /// A person.
    UserTask(UserTask),
    /// A trigger from outside: an event that it has subscribed to, or any where it has to none.
    Signal,
    /// The other tokens of a gateway.
    Join,
    /// Nothing more: an ended instance of a multi-instance activity, kept with its variables until
    /// all have ended.
    Siblings,
    /// A job that enters the node or takes a flow out of it.
    Job,
    /// The end of the instance that a call activity called.
    Call {
        /// That instance.
        instance: Uuid,
    },
}

/// An external task (contract 3.4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExternalTask {
    /// Topic that workers fetch.
    pub topic: String,
    /// Priority.
    pub priority: i64,
    /// Retries left; `None` until set.
    pub retries: Option<i32>,
    /// Worker that locked it last.
    pub worker: Option<String>,
    /// End of the lock or of the pause after a failure.
    pub lock_expires: Option<DateTime<Utc>>,
    /// Token of the current lock.
    pub lock_token: Option<Uuid>,
    /// Message of the last failure.
    pub error_message: Option<String>,
    /// Details of the last failure.
    pub error_details: Option<String>,
}

/// A user task.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct UserTask {
    /// Name.
    pub name: Option<String>,
    /// Documentation.
    pub description: Option<String>,
    /// Assignee.
    pub assignee: Option<String>,
    /// Who answers for it, also while somebody else is asked to help.
    pub owner: Option<String>,
    /// Where a delegation stands.
    pub delegation: Option<Delegation>,
    /// Priority.
    pub priority: i32,
    /// Due date.
    pub due: Option<DateTime<Utc>>,
    /// Follow-up date.
    pub follow_up: Option<DateTime<Utc>>,
    /// Candidate users.
    pub candidate_users: Vec<String>,
    /// Candidate groups.
    pub candidate_groups: Vec<String>,
    /// Form key.
    pub form_key: Option<String>,
    /// Form reference: key, binding and version.
    pub form_ref: Option<FormReference>,
}

/// Where the delegation of a user task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Delegation {
    /// Somebody else works on it.
    Pending,
    /// It was given back to its owner.
    Resolved,
}

impl Delegation {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Delegation::Pending => "PENDING",
            Delegation::Resolved => "RESOLVED",
        }
    }

    /// The state of a name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "PENDING" => Some(Delegation::Pending),
            "RESOLVED" => Some(Delegation::Resolved),
            _ => None,
        }
    }
}

/// A reference to a form deployed beside the process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormReference {
    /// Form id.
    pub key: String,
    /// `latest`, `deployment` or `version`.
    pub binding: String,
    /// Version, for binding `version`.
    pub version: Option<String>,
}

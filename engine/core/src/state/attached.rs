//! What belongs to a token or a scope and ends with it: subscriptions, jobs, incidents.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression::Variables;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A wait for an event, beside or instead of other work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    /// Subscription id.
    pub id: Uuid,
    /// Token or scope that it belongs to and ends with.
    pub owner: Uuid,
    /// Node that goes on when the event comes: where the token rests, a boundary event, or the
    /// start event of an event sub-process.
    pub node: Arc<str>,
    /// Kind of event.
    pub kind: EventKind,
    /// Name of the event; conditions and compensation have none.
    pub name: Option<String>,
    /// Of compensation: the completed scope that is kept for it.
    pub kept: Option<Uuid>,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// Kinds of events that can be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EventKind {
    /// A message.
    Message,
    /// A signal.
    Signal,
    /// A condition that becomes true.
    Conditional,
    /// That what was completed is to be undone.
    Compensate,
}

impl EventKind {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventKind::Message => "message",
            EventKind::Signal => "signal",
            EventKind::Conditional => "conditional",
            EventKind::Compensate => "compensate",
        }
    }

    /// The kind of a name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "message" => Some(EventKind::Message),
            "signal" => Some(EventKind::Signal),
            "conditional" => Some(EventKind::Conditional),
            "compensate" => Some(EventKind::Compensate),
            _ => None,
        }
    }
}

/// Something that the engine does later by itself: a timer or an asynchronous continuation
/// (bpmn-semantics 2.9).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Job id.
    pub id: Uuid,
    /// Token or scope that it belongs to and ends with.
    pub owner: Uuid,
    /// Node that it is about: entered, left, or the event that a timer waits for.
    pub node: Arc<str>,
    /// What it does.
    pub work: JobWork,
    /// Not before this; `None`: at once.
    pub due: Option<DateTime<Utc>>,
    /// Higher ones first.
    pub priority: i64,
    /// Attempts left; with none left it is not executed any more.
    pub retries: i32,
    /// Whether it is suspended by itself.
    pub suspended: bool,
    /// How the last attempt failed.
    pub failure: Option<JobFailure>,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// What a job does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase")]
pub enum JobWork {
    /// Enters the node.
    Enter,
    /// Takes a flow that leaves the node, or ends the path there.
    Leave {
        /// Position of the flow among those that leave the node.
        flow: Option<usize>,
    },
    /// Gives a signal that was thrown to who waits for it, if it still does.
    Deliver {
        /// The subscription.
        subscription: Uuid,
        /// Variables that come with the signal.
        variables: Variables,
    },
    /// Computes a listener of a user task that has been there for some time.
    Timeout {
        /// Position of the listener among those of the task that wait for a time.
        listener: usize,
        /// How it comes again.
        again: Option<Repetition>,
    },
    /// Lets the event go on.
    Timer {
        /// How it comes again, for an event that does not interrupt.
        again: Option<Repetition>,
    },
}

/// A timer that comes again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repetition {
    /// ISO 8601 repetition or cron expression.
    pub cycle: String,
    /// How often it has been armed, this time included.
    pub count: u32,
}

/// How the attempt at a job failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFailure {
    /// Why, in one line.
    pub message: String,
    /// Why, in full.
    pub details: Option<String>,
    /// Node that failed.
    pub node: Option<Arc<str>>,
}

/// Something that an operator must look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Incident id.
    pub id: Uuid,
    /// `failedExternalTask`, `failedJob`, `stuckGateway`, `unsupportedImplementation`, or what somebody who raised it said.
    pub incident_type: Arc<str>,
    /// Token or scope concerned.
    pub token: Uuid,
    /// External task or job that failed, or the incident of a called instance that concerns who called it, too; else
    /// the token or scope itself.
    pub source: Uuid,
    /// What it is about, when somebody raised it and said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
    /// Node concerned.
    pub node: Arc<str>,
    /// Why.
    pub message: Option<String>,
    /// When it was raised.
    pub created_at: DateTime<Utc>,
    /// What an operator wrote to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotation: Option<String>,
}

impl Incident {
    /// Whether the engine raises incidents of a type by itself.
    pub fn is_of_the_engine(incident_type: &str) -> bool {
        matches!(
            incident_type,
            "failedExternalTask" | "failedJob" | "stuckGateway" | "unsupportedImplementation"
        )
    }

    /// Whether a job or external task has no retries left: more of them resolve it.
    pub fn is_of_failure(&self) -> bool {
        matches!(&*self.incident_type, "failedExternalTask" | "failedJob")
    }

    /// What it is about, as clients see it.
    pub fn configuration(&self) -> Option<String> {
        if Self::is_of_the_engine(&self.incident_type) {
            Some(self.source.to_string())
        } else {
            self.configuration.clone()
        }
    }
}

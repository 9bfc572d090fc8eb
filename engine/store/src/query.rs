//! Queries: a closed set of fields per entity, tests on them, an order and a page.
//!
//! The REST resources compile their filters to these; SQL stores map each field to a column, the
//! in-memory store to a value of the record.

use chrono::{DateTime, Utc};
use flowstone_expression::TypedValue;
use uuid::Uuid;

/// A value that a field is compared with.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub enum Scalar {
    /// Text.
    Text(String),
    /// An id. A text that is no uuid matches nothing: the REST layer turns it into [`Test::Never`].
    Id(Uuid),
    /// A whole number.
    Integer(i64),
    /// A truth value.
    Boolean(bool),
    /// A moment.
    Time(DateTime<Utc>),
}

/// A test of one field.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Equal to the value.
    Equals(Scalar),
    /// Present and not equal to the value.
    NotEquals(Scalar),
    /// Equal to one of the values; an empty list matches nothing.
    In(Vec<Scalar>),
    /// Absent, or equal to none of the values.
    NotIn(Vec<Scalar>),
    /// Text pattern with `%` for any text and `_` for any character, `\` escapes, case matters.
    /// For fields that hold text or ids.
    Like(String),
    /// Less than the value.
    Less(Scalar),
    /// Less than or equal to the value.
    AtMost(Scalar),
    /// Greater than the value.
    Greater(Scalar),
    /// Greater than or equal to the value.
    AtLeast(Scalar),
    /// Absent.
    IsNull,
    /// Present.
    IsNotNull,
    /// Matches nothing.
    Never,
}

/// Comparison of a variable with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableOperator {
    /// `eq`
    Equals,
    /// `neq`: the variable exists and differs.
    NotEquals,
    /// `gt`
    Greater,
    /// `gteq`
    AtLeast,
    /// `lt`
    Less,
    /// `lteq`
    AtMost,
    /// `like`
    Like,
    /// `notLike`
    NotLike,
}

/// A test of a variable of the process instance (contract 2 "Variable filter grammar").
/// Numbers of types Short, Integer, Long and Double compare with each other; all others only with
/// their own type.
#[derive(Clone, Debug, PartialEq)]
pub struct VariableTest {
    /// Variable name.
    pub name: String,
    /// Comparison.
    pub operator: VariableOperator,
    /// Value to compare with: Null, Boolean, a number, String or Date.
    pub value: TypedValue,
    /// Compare names without regard to case.
    pub ignore_name_case: bool,
    /// Compare text values without regard to case.
    pub ignore_value_case: bool,
}

/// A condition on a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition<F> {
    /// A test of a field.
    Field(F, Test),
    /// A test of a variable in the root scope of the record's process instance, for records of history also of
    /// an ended one whose variables were kept.
    Variable(VariableTest),
    /// At least one of these holds; an empty list never does.
    Any(Vec<Condition<F>>),
    /// All of these hold.
    All(Vec<Condition<F>>),
}

/// Direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first; absent values last.
    Ascending,
    /// Largest first; absent values first.
    Descending,
}

/// A query: all conditions hold; ordered, with the id as the last tie-break; one page.
#[derive(Clone, Debug, PartialEq)]
pub struct Query<F> {
    /// Conditions, all of which must hold.
    pub conditions: Vec<Condition<F>>,
    /// Order, first key first.
    pub order: Vec<(F, Direction)>,
    /// How many records to skip.
    pub first: u64,
    /// How many records to return at most; `None` for all.
    pub max: Option<u64>,
}

impl<F> Default for Query<F> {
    fn default() -> Self {
        Query {
            conditions: Vec::new(),
            order: Vec::new(),
            first: 0,
            max: None,
        }
    }
}

impl<F> Query<F> {
    /// Adds a test of a field.
    #[must_use]
    pub fn with(mut self, field: F, test: Test) -> Self {
        self.conditions.push(Condition::Field(field, test));
        self
    }
}

macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($field:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[allow(missing_docs, reason = "the names are those of the record's fields")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($field),+ }

        impl $name {
            /// Every field, for tests that must cover all of them.
            pub const ALL: &'static [$name] = &[$($name::$field),+];
        }
    };
}

fields!(
    /// Fields of [`crate::record::DeploymentRecord`].
    DeploymentField { Id, Name, Source, TenantId, DeployedAt }
);
fields!(
    /// Fields of [`crate::record::DefinitionRecord`]; `Latest` is true for the highest version of
    /// a key within its tenant.
    DefinitionField {
        Id, Key, Category, Name, Version, VersionTag, DeploymentId, DeployedAt, ResourceName, TenantId, Suspended,
        StartableInTasklist, Latest,
    }
);
fields!(
    /// Fields of [`crate::record::DecisionRecord`]; `Latest` is whether it is the highest version of its key.
    DecisionField {
        Id, Key, Category, Name, Version, VersionTag, DeploymentId, DeployedAt, ResourceName, TenantId, Latest,
        RequirementsId, RequirementsKey,
    }
);
fields!(
    /// Fields of [`crate::record::RequirementsRecord`]; `Latest` is whether it is the highest version of its key.
    RequirementsField { Id, Key, Category, Name, Version, DeploymentId, ResourceName, TenantId, Latest }
);
fields!(
    /// Fields of [`crate::record::ProcessInstanceRecord`]; `HasIncident`, `IncidentId`,
    /// `IncidentType`, `IncidentMessage` look at the open incidents of the instance (a test holds
    /// when it holds for one of them), `ActivityId` at its open activities.
    ProcessInstanceField {
        Id, SuperInstanceId, RootInstanceId, DefinitionId, DefinitionKey, DefinitionName, DeploymentId, BusinessKey, TenantId, Suspended, StartedAt,
        HasIncident, IncidentId, IncidentType, IncidentMessage, ActivityId,
    }
);
fields!(
    /// Fields of [`crate::record::ExternalTaskRecord`]. Field `Id` serves execution and activity
    /// instance ids too.
    ExternalTaskField {
        Id, ActivityId, InstanceId, DefinitionId, DefinitionKey, DefinitionName, VersionTag, TenantId, BusinessKey,
        CreatedAt, Suspended, Topic, Priority, Retries, Worker, LockExpires,
    }
);
fields!(
    /// Fields of [`crate::record::TaskRecord`]; `CandidateUser` and `CandidateGroup` hold when
    /// one of the candidates passes the test.
    TaskField {
        Id, ActivityId, InstanceId, ParentId, DefinitionId, DefinitionKey, DefinitionName, TenantId, BusinessKey,
        CreatedAt, Suspended, Name, Description, Assignee, Owner, DelegationState, Priority, Due, FollowUp,
        CandidateUser, CandidateGroup,
    }
);
fields!(
    /// Fields of [`crate::record::ExecutionRecord`].
    ExecutionField { Id, InstanceId, ActivityId, DefinitionId, DefinitionKey, TenantId, BusinessKey, Suspended }
);
fields!(
    /// Fields of [`crate::record::SubscriptionRecord`].
    SubscriptionField {
        Id, InstanceId, ExecutionId, EventType, EventName, ActivityId, CreatedAt, DefinitionId, DefinitionKey,
        TenantId, BusinessKey, Suspended,
    }
);
fields!(
    /// Fields of [`crate::record::IncidentRecord`].
    IncidentField {
        Id, InstanceId, ExecutionId, IncidentType, ActivityId, Configuration, Message, CreatedAt, DefinitionId,
        DefinitionKey, TenantId,
    }
);
fields!(
    /// Fields of [`crate::record::JobRow`].
    JobField {
        Id, InstanceId, ExecutionId, DefinitionId, DefinitionKey, TenantId, DeploymentId, JobDefinitionId, ActivityId,
        JobType, Due, Priority, Retries, Suspended, ExceptionMessage, FailedActivityId, CreatedAt,
    }
);
fields!(
    /// Fields of [`crate::record::VariableRecord`]. `Id` is the text `<scope id>:<name>`.
    VariableField { Id, ScopeId, InstanceId, DefinitionId, TenantId, Name, TypeName }
);
fields!(
    /// Fields of [`crate::record::HistoricInstanceRecord`]; `Duration` in milliseconds. A test of `SubInstanceId`
    /// holds when it holds for one of the instances that it called, of the others when it holds for one of its
    /// incidents, open and closed, or of its activities: ended (`Executed…`) or open (`ActiveActivityId`).
    HistoricInstanceField {
        Id, SuperInstanceId, RootInstanceId, DefinitionId, DefinitionKey, DefinitionName, DefinitionVersion, BusinessKey, TenantId, StartActivityId,
        StartUserId, StartedAt, EndedAt, State, Duration,
        SubInstanceId, IncidentId, IncidentType, IncidentMessage, IncidentState, ExecutedActivityId, ExecutedAt, ActiveActivityId,
    }
);
fields!(
    /// Fields of [`crate::record::HistoricActivityRecord`]; `Duration` in milliseconds.
    HistoricActivityField {
        Id, InstanceId, ParentId, DefinitionId, DefinitionKey, TenantId, ActivityId, ActivityType, ActivityName, TaskId,
        Assignee, StartedAt, EndedAt, Canceled, CompleteScope, Duration,
    }
);
fields!(
    /// Fields of [`crate::history::HistoricVariable`]. `Id` is the text `<scope id>:<name>`. Tests of variables look
    /// at the variable itself.
    HistoricVariableField {
        Id, ScopeId, InstanceId, TaskId, DefinitionId, DefinitionKey, TenantId, StartedAt, EndedAt, Name, TypeName,
    }
);

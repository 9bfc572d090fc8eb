//! What an evaluation asks of its surroundings.

use chrono::{DateTime, Utc};

use crate::{EvaluationError, TypedValue, Value, Variables};

/// A built-in object that expressions can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bean {
    /// `execution`: the execution the expression is evaluated in.
    Execution,
    /// `task`: the user task, in its listeners and attributes.
    Task,
    /// `externalTask`: the external task, in its error event definitions.
    ExternalTask,
}

impl Bean {
    /// The name that expressions use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Execution => "execution",
            Self::Task => "task",
            Self::ExternalTask => "externalTask",
        }
    }

    /// The built-in object of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Execution, Self::Task, Self::ExternalTask]
            .into_iter()
            .find(|bean| bean.name() == name)
    }
}

/// Variables, built-in objects, time and user of one evaluation.
///
/// Names are resolved in this order: the built-in objects for which [`has_bean`](Context::has_bean) is true,
/// `authenticatedUserId`, then variables.
pub trait Context {
    /// The value of a visible variable, `None` when there is none of that name. A variable that is null is
    /// `Some(Value::Null)`.
    fn variable(&mut self, name: &str) -> Option<Value>;

    /// The names of all visible variables, each once.
    fn variable_names(&mut self) -> Vec<String>;

    /// Whether the built-in object exists here.
    fn has_bean(&self, bean: Bean) -> bool {
        let _ = bean;
        false
    }

    /// Reads a property such as `execution.processInstanceId`. Getters without arguments (`getId()`, `isCanceled()`)
    /// arrive here too, as `id` and `canceled`.
    ///
    /// # Errors
    /// [`EvaluationError::unknown_property`] when the object has no such property.
    fn bean_property(&mut self, bean: Bean, property: &str) -> Result<Value, EvaluationError> {
        Err(EvaluationError::unknown_property(property, bean.name()))
    }

    /// Calls a method such as `execution.setVariable('x', 1)`; methods without a result return [`Value::Null`].
    ///
    /// # Errors
    /// [`EvaluationError::unknown_method`] when the object has no such method with that many arguments, and
    /// [`EvaluationError::failed`] when the call fails.
    fn call_bean(&mut self, bean: Bean, method: &str, arguments: &[Value]) -> Result<Value, EvaluationError> {
        Err(EvaluationError::unknown_method(method, arguments.len(), bean.name()))
    }

    /// Takes note of what a script prints, for the log.
    fn print(&mut self, text: &str) {
        let _ = text;
    }

    /// The time of the command being executed; what `now()` and `dateTime()` return.
    fn now(&self) -> DateTime<Utc>;

    /// The authenticated user, if any; what `currentUser()` returns.
    fn current_user(&self) -> Option<String> {
        None
    }

    /// The groups of the authenticated user; what `currentUserGroups()` returns.
    fn current_user_groups(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A context of plain variables without built-in objects.
#[derive(Clone, Debug)]
pub struct MapContext {
    variables: Variables,
    now: DateTime<Utc>,
    user: Option<String>,
    groups: Vec<String>,
}

impl MapContext {
    /// A context with these variables at this time.
    pub fn new(variables: Variables, now: DateTime<Utc>) -> Self {
        Self {
            variables,
            now,
            user: None,
            groups: Vec::new(),
        }
    }

    /// The same context with one more variable.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<TypedValue>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The same context with an authenticated user.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>, groups: Vec<String>) -> Self {
        self.user = Some(user.into());
        self.groups = groups;
        self
    }
}

impl Context for MapContext {
    fn variable(&mut self, name: &str) -> Option<Value> {
        self.variables.get(name).map(Value::from)
    }

    fn variable_names(&mut self) -> Vec<String> {
        self.variables.keys().cloned().collect()
    }

    fn now(&self) -> DateTime<Utc> {
        self.now
    }

    fn current_user(&self) -> Option<String> {
        self.user.clone()
    }

    fn current_user_groups(&self) -> Vec<String> {
        self.groups.clone()
    }
}

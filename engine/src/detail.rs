//! Details of history: what variables became and what was submitted to forms.
//!
//! Nothing is stored for them. History level `full` keeps the events of every commit, and the details are read from
//! that log of the instances that a query names.

mod log;

use std::cmp::Ordering;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression::TypedValue;
use flowstone_store::query::{Condition, HistoricActivityField, HistoricInstanceField, Query, Scalar, Test};
use flowstone_store::record::HistoricInstanceRecord;
use flowstone_store::{Error as StoreError, ordering, passes};
use uuid::Uuid;

use self::log::LogReader;
use crate::engine::Engine;
use crate::history::HistoryLevel;

/// How many commits are read at once.
const PAGE: u32 = 200;

/// Takes details one by one; answers whether it wants more.
type Take<'a> = dyn FnMut(HistoricDetail) -> bool + Send + 'a;

/// Something that happened to a variable or a form of an instance (contract `/history/detail`).
#[derive(Clone, Debug, PartialEq)]
pub struct HistoricDetail {
    /// Id, the same whenever it is asked for: instance, commit and place in it.
    pub id: String,
    /// Instance.
    pub instance_id: Uuid,
    /// First of the instances that called each other; the instance itself when absent.
    pub root_instance_id: Option<Uuid>,
    /// Definition id.
    pub definition_id: Arc<str>,
    /// Definition key.
    pub definition_key: Arc<str>,
    /// Tenant.
    pub tenant_id: Option<String>,
    /// Scope that holds the variable, or the task of the form: execution and activity instance.
    pub scope_id: Uuid,
    /// The scope, when it is a user task.
    pub task_id: Option<Uuid>,
    /// When it was committed.
    pub at: DateTime<Utc>,
    /// What happened.
    pub kind: DetailKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum DetailKind {
    /// A variable was created, changed or removed.
    Variable {
        /// Name.
        name: String,
        /// What it became; null when it was removed.
        value: TypedValue,
        /// How often it had changed before.
        revision: i32,
        /// Whether the instance began with it.
        initial: bool,
    },
    /// A field of a form was submitted.
    FormField {
        /// The field.
        field: String,
        /// What was submitted, as text.
        value: String,
    },
}

/// What details can be asked for by.
#[allow(missing_docs, reason = "the names are those of the fields of a detail")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailField {
    Id,
    InstanceId,
    ScopeId,
    TaskId,
    TenantId,
    At,
    /// Scope and name, joined by a colon; absent for forms.
    VariableId,
    Name,
    TypeName,
    Revision,
    Initial,
    /// Absent for variables.
    FormFieldId,
}

/// Why details were not found.
#[derive(Debug, thiserror::Error)]
pub enum DetailError {
    /// The query names nothing that leads to an instance.
    #[error(
        "historic details are read from the logs of instances: give processInstanceId, processInstanceIdIn, \
         executionId, activityInstanceId, taskId or variableInstanceId"
    )]
    NoInstance,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl HistoricDetail {
    /// Id of the variable: scope and name.
    pub fn variable_id(&self) -> Option<String> {
        match &self.kind {
            DetailKind::Variable { name, .. } => Some(format!("{}:{name}", self.scope_id)),
            DetailKind::FormField { .. } => None,
        }
    }

    fn value(&self, field: DetailField) -> Option<Scalar> {
        let variable = match &self.kind {
            DetailKind::Variable {
                name,
                value,
                revision,
                initial,
            } => Some((name, value, *revision, *initial)),
            DetailKind::FormField { .. } => None,
        };
        match field {
            DetailField::Id => Some(Scalar::Text(self.id.clone())),
            DetailField::InstanceId => Some(Scalar::Id(self.instance_id)),
            DetailField::ScopeId => Some(Scalar::Id(self.scope_id)),
            DetailField::TaskId => self.task_id.map(Scalar::Id),
            DetailField::TenantId => self.tenant_id.clone().map(Scalar::Text),
            DetailField::At => Some(Scalar::Time(self.at)),
            DetailField::VariableId => self.variable_id().map(Scalar::Text),
            DetailField::Name => variable.map(|(name, ..)| Scalar::Text(name.clone())),
            DetailField::TypeName => variable.map(|(_, value, ..)| Scalar::Text(value.type_name().to_owned())),
            DetailField::Revision => variable.map(|(_, _, revision, _)| Scalar::Integer(revision.into())),
            DetailField::Initial => variable.map(|(.., initial)| Scalar::Boolean(initial)),
            DetailField::FormFieldId => match &self.kind {
                DetailKind::Variable { .. } => None,
                DetailKind::FormField { field, .. } => Some(Scalar::Text(field.clone())),
            },
        }
    }

    fn holds(&self, condition: &Condition<DetailField>) -> bool {
        match condition {
            Condition::Field(field, test) => passes(self.value(*field).as_ref(), test),
            // Details have no variables beside themselves.
            Condition::Variable(_) => false,
            Condition::Any(inner) => inner.iter().any(|condition| self.holds(condition)),
            Condition::All(inner) => inner.iter().all(|condition| self.holds(condition)),
        }
    }
}

impl Engine {
    /// The page of details that a query asks for, in the order of what happened unless it says another. There are
    /// none below history level `full`.
    ///
    /// # Errors
    /// [`DetailError::NoInstance`] when the query names no instance, and nothing that belongs to one;
    /// [`DetailError::Store`].
    pub async fn historic_details(&self, query: &Query<DetailField>) -> Result<Vec<HistoricDetail>, DetailError> {
        let first = usize::try_from(query.first).unwrap_or(usize::MAX);
        let max = query
            .max
            .and_then(|max| usize::try_from(max).ok())
            .unwrap_or(usize::MAX);
        // What comes in the order of the log needs no look at the rest of it.
        let enough = if query.order.is_empty() {
            first.saturating_add(max)
        } else {
            usize::MAX
        };
        let mut found = Vec::new();
        self.each_detail(query, &mut |detail| {
            found.push(detail);
            found.len() < enough
        })
        .await?;
        found.sort_by(|left, right| {
            let orders = query.order.iter().map(|(field, direction)| {
                let (left, right) = (left.value(*field), right.value(*field));
                ordering(left.as_ref(), right.as_ref(), *direction)
            });
            orders.fold(Ordering::Equal, Ordering::then)
        });
        Ok(found.into_iter().skip(first).take(max).collect())
    }

    /// Number of details that a query asks for, ignoring the page.
    ///
    /// # Errors
    /// As [`Engine::historic_details`].
    pub async fn count_historic_details(&self, query: &Query<DetailField>) -> Result<u64, DetailError> {
        let mut count = 0;
        self.each_detail(query, &mut |_| {
            count += 1;
            true
        })
        .await?;
        Ok(count)
    }

    /// The detail with an id.
    ///
    /// # Errors
    /// [`DetailError::Store`].
    pub async fn historic_detail(&self, id: &str) -> Result<Option<HistoricDetail>, DetailError> {
        let instance = id.split(':').next().and_then(|text| Uuid::parse_str(text).ok());
        let Some(instance) = instance else {
            return Ok(None);
        };
        let query = Query::default()
            .with(DetailField::InstanceId, Test::Equals(Scalar::Id(instance)))
            .with(DetailField::Id, Test::Equals(Scalar::Text(id.to_owned())));
        let mut found = None;
        self.each_detail(&query, &mut |detail| {
            found = Some(detail);
            false
        })
        .await?;
        Ok(found)
    }

    /// Gives each detail that passes to `take`, until that has enough.
    async fn each_detail(&self, query: &Query<DetailField>, take: &mut Take<'_>) -> Result<(), DetailError> {
        let instances = self.instances_of(query).await?;
        if self.history_level() < HistoryLevel::Full {
            return Ok(());
        }
        for instance in instances {
            let by_id = Query::default().with(HistoricInstanceField::Id, Test::Equals(Scalar::Id(instance)));
            if let Some(record) = self.store().historic_instances(&by_id).await?.pop()
                && !self.read_log(record, query, take).await?
            {
                break;
            }
        }
        Ok(())
    }

    /// Gives the details of one instance that pass to `take`; answers whether that wants more.
    async fn read_log(
        &self,
        instance: HistoricInstanceRecord,
        query: &Query<DetailField>,
        take: &mut Take<'_>,
    ) -> Result<bool, StoreError> {
        let id = instance.id;
        let mut reader = LogReader::new(instance);
        let mut after = 0;
        loop {
            let page = self.store().event_log(id, after, PAGE).await?;
            let Some(last) = page.last().map(|row| row.version) else {
                return Ok(true);
            };
            for row in &page {
                let details = reader.read(row)?.into_iter();
                let mut passing = details.filter(|detail| query.conditions.iter().all(|one| detail.holds(one)));
                if !passing.all(&mut *take) {
                    return Ok(false);
                }
            }
            after = last;
        }
    }

    /// The instances that a query names, by themselves or by what belongs to them.
    async fn instances_of(&self, query: &Query<DetailField>) -> Result<Vec<Uuid>, DetailError> {
        let mut belonging = None;
        for condition in &query.conditions {
            match condition {
                Condition::Field(DetailField::InstanceId, Test::Equals(Scalar::Id(id))) => return Ok(vec![*id]),
                Condition::Field(DetailField::InstanceId, Test::In(ids)) => {
                    let ids = ids.iter().filter_map(|id| match id {
                        Scalar::Id(id) => Some(*id),
                        _ => None,
                    });
                    let mut ids: Vec<Uuid> = ids.collect();
                    ids.sort_unstable();
                    ids.dedup();
                    return Ok(ids);
                }
                Condition::Field(DetailField::ScopeId | DetailField::TaskId, Test::Equals(Scalar::Id(id))) => {
                    belonging = Some(*id);
                }
                Condition::Field(DetailField::VariableId, Test::Equals(Scalar::Text(variable))) => {
                    let scope = variable.split(':').next().and_then(|id| Uuid::parse_str(id).ok());
                    match scope {
                        Some(scope) => belonging = Some(scope),
                        None => return Ok(Vec::new()),
                    }
                }
                Condition::Field(_, Test::Never) => return Ok(Vec::new()),
                _ => {}
            }
        }
        let belonging = belonging.ok_or(DetailError::NoInstance)?;
        Ok(self.instance_with(belonging).await?.into_iter().collect())
    }

    /// The instance that a scope, a token or a task belongs to, running or ended.
    async fn instance_with(&self, part: Uuid) -> Result<Option<Uuid>, StoreError> {
        if let Some((_, instance)) = self.store().locate(&[part]).await?.pop() {
            return Ok(Some(instance));
        }
        let part = Test::Equals(Scalar::Id(part));
        let instance = Query::default().with(HistoricInstanceField::Id, part.clone());
        if let Some(record) = self.store().historic_instances(&instance).await?.pop() {
            return Ok(Some(record.id));
        }
        let activity = Query::default().with(HistoricActivityField::Id, part);
        let found = self.store().historic_activities(&activity).await?.pop();
        Ok(found.map(|record| record.instance_id))
    }
}

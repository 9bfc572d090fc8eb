//! The records and what their fields hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;

use super::evaluate::{Entity, Value};
use super::{Live, State};
use crate::query::{
    DecisionField, DefinitionField, DeploymentField, ExecutionField, ExternalTaskField, IncidentField,
    ProcessInstanceField, RequirementsField, Scalar, SubscriptionField, TaskField, VariableField,
};
use crate::record::{
    ActivityRow, DecisionRecord, DefinitionRecord, DeploymentRecord, ExecutionRecord, ExternalTaskColumns,
    ExternalTaskRecord, IncidentRecord, IncidentRow, ProcessInstanceRecord, RequirementsRecord, SubscriptionRecord,
    SubscriptionRow, TaskRecord, UserTaskRow, VariableRecord,
};

pub(super) fn text(text: impl AsRef<str>) -> Value {
    Value::One(Some(Scalar::Text(text.as_ref().to_owned())))
}

pub(super) fn optional_text<T: AsRef<str>>(text: &Option<T>) -> Value {
    Value::One(text.as_ref().map(|text| Scalar::Text(text.as_ref().to_owned())))
}

pub(super) fn texts<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Value {
    Value::Many(
        texts
            .into_iter()
            .map(|text| Some(Scalar::Text(text.as_ref().to_owned())))
            .collect(),
    )
}

pub(super) fn id(id: Uuid) -> Value {
    Value::One(Some(Scalar::Id(id)))
}

pub(super) fn optional_id(id: Option<Uuid>) -> Value {
    Value::One(id.map(Scalar::Id))
}

pub(super) fn integer(number: impl Into<i64>) -> Value {
    Value::One(Some(Scalar::Integer(number.into())))
}

pub(super) fn boolean(truth: bool) -> Value {
    Value::One(Some(Scalar::Boolean(truth)))
}

pub(super) fn time(time: DateTime<Utc>) -> Value {
    Value::One(Some(Scalar::Time(time)))
}

pub(super) fn optional_time(time: Option<DateTime<Utc>>) -> Value {
    Value::One(time.map(Scalar::Time))
}

/// A running instance with its definition.
#[derive(Clone, Copy)]
pub(super) struct Context<'state> {
    pub(super) live: &'state Live,
    pub(super) definition: Option<&'state DefinitionRecord>,
}

impl<'state> Context<'state> {
    pub(super) fn all(state: &'state State) -> impl Iterator<Item = Context<'state>> {
        state.instances.values().map(|live| Context {
            live,
            definition: state.definitions.get(&live.instance.definition_id),
        })
    }

    pub(super) fn definition_key(&self) -> Arc<str> {
        self.definition.map_or_else(
            || {
                let id = &self.live.instance.definition_id;
                id.split(':').next().unwrap_or(id).into()
            },
            |definition| definition.key.clone(),
        )
    }

    fn definition_name(&self) -> Value {
        Value::One(
            self.definition
                .and_then(|definition| definition.name.as_deref())
                .map(|name| Scalar::Text(name.to_owned())),
        )
    }

    fn variables(&self) -> &Variables {
        &self.live.instance.variables
    }
}

/// Rows of running instances, in the order of their ids.
pub(super) fn live_rows<'state, Row, Rows: IntoIterator<Item = &'state Row>>(
    state: &'state State,
    rows: impl Fn(&'state Live) -> Rows,
    row_id: impl Fn(&Row) -> Uuid,
) -> Vec<(Context<'state>, &'state Row)>
where
    Row: 'state,
{
    let mut all: Vec<_> = Context::all(state)
        .flat_map(|context| rows(context.live).into_iter().map(move |row| (context, row)))
        .collect();
    all.sort_by_key(|(_, row)| row_id(row));
    all
}

impl Entity for DeploymentRecord {
    type Field = DeploymentField;
    type Row<'state> = &'state DeploymentRecord;

    fn rows(state: &State) -> Vec<&DeploymentRecord> {
        state.deployments.values().collect()
    }

    fn value(row: &Self::Row<'_>, field: DeploymentField) -> Value {
        match field {
            DeploymentField::Id => id(row.id),
            DeploymentField::Name => optional_text(&row.name),
            DeploymentField::Source => optional_text(&row.source),
            DeploymentField::TenantId => optional_text(&row.tenant_id),
            DeploymentField::DeployedAt => time(row.deployed_at),
        }
    }

    fn variables<'row>(_: &'row Self::Row<'_>) -> Option<&'row Variables> {
        None
    }

    fn record(row: &Self::Row<'_>) -> Self {
        (*row).clone()
    }
}

impl Entity for DefinitionRecord {
    type Field = DefinitionField;
    /// The definition, and whether it is the latest of its key.
    type Row<'state> = (&'state DefinitionRecord, bool);

    fn rows(state: &State) -> Vec<Self::Row<'_>> {
        state
            .definitions
            .values()
            .map(|row| {
                let latest = state.latest_definition(&row.key, row.tenant_id.as_deref());
                (row, latest.is_some_and(|latest| latest.version == row.version))
            })
            .collect()
    }

    fn value((row, latest): &Self::Row<'_>, field: DefinitionField) -> Value {
        match field {
            DefinitionField::Id => text(&row.id),
            DefinitionField::Key => text(&row.key),
            DefinitionField::Category => optional_text(&row.category),
            DefinitionField::Name => optional_text(&row.name),
            DefinitionField::Version => integer(row.version),
            DefinitionField::VersionTag => optional_text(&row.version_tag),
            DefinitionField::DeploymentId => id(row.deployment_id),
            DefinitionField::DeployedAt => time(row.deployed_at),
            DefinitionField::ResourceName => text(&row.resource_name),
            DefinitionField::TenantId => optional_text(&row.tenant_id),
            DefinitionField::Suspended => boolean(row.suspended),
            DefinitionField::StartableInTasklist => boolean(row.startable_in_tasklist),
            DefinitionField::Latest => boolean(*latest),
        }
    }

    fn variables<'row>(_: &'row Self::Row<'_>) -> Option<&'row Variables> {
        None
    }

    fn record((row, _): &Self::Row<'_>) -> Self {
        (*row).clone()
    }
}

impl Entity for DecisionRecord {
    type Field = DecisionField;
    /// The decision, and whether it is the latest of its key.
    type Row<'state> = (&'state DecisionRecord, bool);

    fn rows(state: &State) -> Vec<Self::Row<'_>> {
        let is_latest = |row: &DecisionRecord| {
            let latest = state.latest_decision(&row.key, row.tenant_id.as_deref());
            latest.is_some_and(|latest| latest.version == row.version)
        };
        state.decisions.values().map(|row| (row, is_latest(row))).collect()
    }

    fn value((row, latest): &Self::Row<'_>, field: DecisionField) -> Value {
        match field {
            DecisionField::Id => text(&row.id),
            DecisionField::Key => text(&row.key),
            DecisionField::Category => optional_text(&row.category),
            DecisionField::Name => optional_text(&row.name),
            DecisionField::Version => integer(row.version),
            DecisionField::VersionTag => optional_text(&row.version_tag),
            DecisionField::DeploymentId => id(row.deployment_id),
            DecisionField::DeployedAt => time(row.deployed_at),
            DecisionField::ResourceName => text(&row.resource_name),
            DecisionField::TenantId => optional_text(&row.tenant_id),
            DecisionField::Latest => boolean(*latest),
            DecisionField::RequirementsId => optional_text(&row.requirements.as_ref().map(|one| one.id.clone())),
            DecisionField::RequirementsKey => optional_text(&row.requirements.as_ref().map(|one| one.key.clone())),
        }
    }

    fn variables<'row>(_: &'row Self::Row<'_>) -> Option<&'row Variables> {
        None
    }

    fn record((row, _): &Self::Row<'_>) -> Self {
        (*row).clone()
    }
}

impl Entity for RequirementsRecord {
    type Field = RequirementsField;
    /// The graph, and whether it is the latest of its key.
    type Row<'state> = (RequirementsRecord, bool);

    fn rows(state: &State) -> Vec<Self::Row<'_>> {
        let told = state.decisions.values().filter_map(DecisionRecord::requirements_record);
        let graphs: BTreeMap<Arc<str>, RequirementsRecord> =
            told.map(|record| (record.requirements.id.clone(), record)).collect();
        let with_latest = graphs.into_values().map(|record| {
            let latest = state.latest_requirements(&record.requirements.key, record.tenant_id.as_deref());
            let is_latest = latest == Some(record.requirements.version);
            (record, is_latest)
        });
        with_latest.collect()
    }

    fn value((row, latest): &Self::Row<'_>, field: RequirementsField) -> Value {
        match field {
            RequirementsField::Id => text(&row.requirements.id),
            RequirementsField::Key => text(&row.requirements.key),
            RequirementsField::Category => optional_text(&row.category),
            RequirementsField::Name => optional_text(&row.requirements.name),
            RequirementsField::Version => integer(row.requirements.version),
            RequirementsField::DeploymentId => id(row.deployment_id),
            RequirementsField::ResourceName => text(&row.resource_name),
            RequirementsField::TenantId => optional_text(&row.tenant_id),
            RequirementsField::Latest => boolean(*latest),
        }
    }

    fn variables<'row>(_: &'row Self::Row<'_>) -> Option<&'row Variables> {
        None
    }

    fn record((row, _): &Self::Row<'_>) -> Self {
        row.clone()
    }
}

impl Entity for ProcessInstanceRecord {
    type Field = ProcessInstanceField;
    type Row<'state> = Context<'state>;

    fn rows(state: &State) -> Vec<Context<'_>> {
        Context::all(state).collect()
    }

    fn value(row: &Context<'_>, field: ProcessInstanceField) -> Value {
        let instance = &row.live.instance;
        let incidents = || row.live.incidents.values();
        match field {
            ProcessInstanceField::Id => id(instance.id),
            ProcessInstanceField::SuperInstanceId => Value::One(instance.super_instance_id.map(Scalar::Id)),
            ProcessInstanceField::RootInstanceId => id(instance.root_instance_id.unwrap_or(instance.id)),
            ProcessInstanceField::DefinitionId => text(&instance.definition_id),
            ProcessInstanceField::DefinitionKey => text(row.definition_key()),
            ProcessInstanceField::DefinitionName => row.definition_name(),
            ProcessInstanceField::DeploymentId => {
                Value::One(row.definition.map(|definition| Scalar::Id(definition.deployment_id)))
            }
            ProcessInstanceField::BusinessKey => optional_text(&instance.business_key),
            ProcessInstanceField::TenantId => optional_text(&instance.tenant_id),
            ProcessInstanceField::Suspended => boolean(instance.suspended),
            ProcessInstanceField::StartedAt => time(instance.started_at),
            ProcessInstanceField::HasIncident => boolean(!row.live.incidents.is_empty()),
            ProcessInstanceField::IncidentId => {
                Value::Many(incidents().map(|incident| Some(Scalar::Id(incident.id))).collect())
            }
            ProcessInstanceField::IncidentType => texts(incidents().map(|incident| &incident.incident_type)),
            ProcessInstanceField::IncidentMessage => Value::Many(
                incidents()
                    .map(|incident| incident.message.clone().map(Scalar::Text))
                    .collect(),
            ),
            ProcessInstanceField::ActivityId => texts(row.live.activities.values().map(|activity| &activity.node_id)),
        }
    }

    fn variables<'row>(row: &'row Context<'_>) -> Option<&'row Variables> {
        Some(row.variables())
    }

    fn record(row: &Context<'_>) -> Self {
        let instance = &row.live.instance;
        ProcessInstanceRecord {
            id: instance.id,
            definition_id: instance.definition_id.clone(),
            definition_key: row.definition_key(),
            business_key: instance.business_key.clone(),
            tenant_id: instance.tenant_id.clone(),
            suspended: instance.suspended,
        }
    }
}

impl Entity for ExternalTaskRecord {
    type Field = ExternalTaskField;
    type Row<'state> = (Context<'state>, &'state ActivityRow, &'state ExternalTaskColumns);

    fn rows(state: &State) -> Vec<Self::Row<'_>> {
        live_rows(state, |live| live.activities.values(), |row: &ActivityRow| row.id)
            .into_iter()
            .filter_map(|(context, row)| Some((context, row, row.external_task.as_ref()?)))
            .collect()
    }

    fn value((context, row, task): &Self::Row<'_>, field: ExternalTaskField) -> Value {
        let instance = &context.live.instance;
        match field {
            ExternalTaskField::Id => id(row.id),
            ExternalTaskField::ActivityId => text(&row.node_id),
            ExternalTaskField::InstanceId => id(instance.id),
            ExternalTaskField::DefinitionId => text(&instance.definition_id),
            ExternalTaskField::DefinitionKey => text(context.definition_key()),
            ExternalTaskField::DefinitionName => context.definition_name(),
            ExternalTaskField::VersionTag => optional_text(
                &context
                    .definition
                    .and_then(|definition| definition.version_tag.as_deref()),
            ),
            ExternalTaskField::TenantId => optional_text(&instance.tenant_id),
            ExternalTaskField::BusinessKey => optional_text(&instance.business_key),
            ExternalTaskField::CreatedAt => time(row.started_at),
            ExternalTaskField::Suspended => boolean(instance.suspended),
            ExternalTaskField::Topic => text(&task.topic),
            ExternalTaskField::Priority => integer(task.priority),
            ExternalTaskField::Retries => Value::One(task.retries.map(|retries| Scalar::Integer(i64::from(retries)))),
            ExternalTaskField::Worker => optional_text(&task.worker),
            ExternalTaskField::LockExpires => optional_time(task.lock_expires),
        }
    }

    fn variables<'row>((context, ..): &'row Self::Row<'_>) -> Option<&'row Variables> {
        Some(context.variables())
    }

    fn record((context, row, task): &Self::Row<'_>) -> Self {
        let instance = &context.live.instance;
        ExternalTaskRecord {
            id: row.id,
            node_id: row.node_id.clone(),
            instance_id: instance.id,
            definition_id: instance.definition_id.clone(),
            definition_key: context.definition_key(),
            version_tag: context.definition.and_then(|definition| definition.version_tag.clone()),
            tenant_id: instance.tenant_id.clone(),
            business_key: instance.business_key.clone(),
            created_at: row.started_at,
            suspended: instance.suspended,
            task: (*task).clone(),
        }
    }
}

impl Entity for TaskRecord {
    type Field = TaskField;
    type Row<'state> = (Context<'state>, &'state UserTaskRow, &'state ActivityRow);

    fn rows(state: &State) -> Vec<Self::Row<'_>> {
        live_rows(state, |live| live.user_tasks.values(), |row: &UserTaskRow| row.id)
            .into_iter()
            .filter_map(|(context, row)| Some((context, row, context.live.activities.get(&row.id)?)))
            .collect()
    }

    fn value((context, row, activity): &Self::Row<'_>, field: TaskField) -> Value {
        let instance = &context.live.instance;
        match field {
            TaskField::Id => id(row.id),
            TaskField::ActivityId => text(&activity.node_id),
            TaskField::InstanceId => id(instance.id),
            TaskField::ParentId => id(activity.parent_id),
            TaskField::DefinitionId => text(&instance.definition_id),
            TaskField::DefinitionKey => text(context.definition_key()),
            TaskField::DefinitionName => context.definition_name(),
            TaskField::TenantId => optional_text(&instance.tenant_id),
            TaskField::BusinessKey => optional_text(&instance.business_key),
            TaskField::CreatedAt => time(activity.started_at),
            TaskField::Suspended => boolean(instance.suspended),
            TaskField::Name => optional_text(&row.name),
            TaskField::Description => optional_text(&row.description),
            TaskField::Assignee => optional_text(&row.assignee),
            TaskField::Owner => optional_text(&row.owner),
            TaskField::DelegationState => optional_text(&row.delegation_state),
            TaskField::Priority => integer(row.priority),
            TaskField::Due => optional_time(row.due),
            TaskField::FollowUp => optional_time(row.follow_up),
            TaskField::CandidateUser => texts(&row.candidate_users),
            TaskField::CandidateGroup => texts(&row.candidate_groups),
        }
    }

    fn variables<'row>((context, ..): &'row Self::Row<'_>) -> Option<&'row Variables> {
        Some(context.variables())
    }

    fn record((context, row, activity): &Self::Row<'_>) -> Self {
        let instance = &context.live.instance;
        TaskRecord {
            task: (*row).clone(),
            node_id: activity.node_id.clone(),
            parent_id: activity.parent_id,
            definition_id: instance.definition_id.clone(),
            definition_key: context.definition_key(),
            tenant_id: instance.tenant_id.clone(),
            business_key: instance.business_key.clone(),
            created_at: activity.started_at,
            suspended: instance.suspended,
        }
    }
}

impl Entity for ExecutionRecord {
    type Field = ExecutionField;
    /// The activity, or none for the root.
    type Row<'state> = (Context<'state>, Option<&'state ActivityRow>);

    fn rows(state: &State) -> Vec<Self::Row<'_>> {
        let mut rows: Vec<Self::Row<'_>> = Context::all(state)
            .flat_map(|context| {
                let activities = context.live.activities.values().map(move |row| (context, Some(row)));
                std::iter::once((context, None)).chain(activities)
            })
            .collect();
        rows.sort_by_key(|(context, row)| row.map_or(context.live.instance.id, |row| row.id));
        rows
    }

    fn value((context, row): &Self::Row<'_>, field: ExecutionField) -> Value {
        let instance = &context.live.instance;
        match field {
            ExecutionField::Id => id(row.map_or(instance.id, |row| row.id)),
            ExecutionField::InstanceId => id(instance.id),
            ExecutionField::ActivityId => optional_text(&row.map(|row| &row.node_id)),
            ExecutionField::DefinitionId => text(&instance.definition_id),
            ExecutionField::DefinitionKey => text(context.definition_key()),
            ExecutionField::TenantId => optional_text(&instance.tenant_id),
            ExecutionField::BusinessKey => optional_text(&instance.business_key),
            ExecutionField::Suspended => boolean(instance.suspended),
        }
    }

    fn variables<'row>((context, _): &'row Self::Row<'_>) -> Option<&'row Variables> {
        Some(context.variables())
    }

    fn record((context, row): &Self::Row<'_>) -> Self {
        let instance = &context.live.instance;
        ExecutionRecord {
            id: row.map_or(instance.id, |row| row.id),
            instance_id: instance.id,
            node_id: row.map(|row| row.node_id.clone()),
            definition_key: context.definition_key(),
            definition_id: instance.definition_id.clone(),
            tenant_id: instance.tenant_id.clone(),
            business_key: instance.business_key.clone(),
            suspended: instance.suspended,
        }
    }
}

impl Entity for SubscriptionRecord {
    type Field = SubscriptionField;
    type Row<'state> = (Context<'state>, &'state SubscriptionRow);

    fn rows(state: &State) -> Vec<Self::Row<'_>> {
        live_rows(
            state,
            |live| live.subscriptions.values(),
            |row: &SubscriptionRow| row.id,
        )
    }

    fn value((context, row): &Self::Row<'_>, field: SubscriptionField) -> Value {
        let instance = &context.live.instance;
        match field {
            SubscriptionField::Id => id(row.id),
            SubscriptionField::InstanceId => id(row.instance_id),
            SubscriptionField::ExecutionId => id(row.activity_id),
            SubscriptionField::EventType => text(&row.event_type),
            SubscriptionField::EventName => optional_text(&row.event_name),
            SubscriptionField::ActivityId => text(&row.node_id),
            SubscriptionField::CreatedAt => time(row.created_at),
            SubscriptionField::DefinitionId => text(&instance.definition_id),
            SubscriptionField::DefinitionKey => text(context.definition_key()),
            SubscriptionField::TenantId => optional_text(&instance.tenant_id),
            SubscriptionField::BusinessKey => optional_text(&instance.business_key),
            SubscriptionField::Suspended => boolean(instance.suspended),
        }
    }

    fn variables<'row>((context, _): &'row Self::Row<'_>) -> Option<&'row Variables> {
        Some(context.variables())
    }

    fn record((context, row): &Self::Row<'_>) -> Self {
        let instance = &context.live.instance;
        SubscriptionRecord {
            subscription: (*row).clone(),
            definition_id: instance.definition_id.clone(),
            definition_key: context.definition_key(),
            tenant_id: instance.tenant_id.clone(),
            business_key: instance.business_key.clone(),
            suspended: instance.suspended,
        }
    }
}

impl Entity for IncidentRecord {
    type Field = IncidentField;
    type Row<'state> = (Context<'state>, &'state IncidentRow);

    fn rows(state: &State) -> Vec<Self::Row<'_>> {
        live_rows(state, |live| live.incidents.values(), |row: &IncidentRow| row.id)
    }

    fn value((context, row): &Self::Row<'_>, field: IncidentField) -> Value {
        let instance = &context.live.instance;
        match field {
            IncidentField::Id => id(row.id),
            IncidentField::InstanceId => id(row.instance_id),
            IncidentField::ExecutionId => id(row.activity_id),
            IncidentField::IncidentType => text(&row.incident_type),
            IncidentField::ActivityId => text(&row.node_id),
            IncidentField::Configuration => optional_text(&row.configuration),
            IncidentField::Message => optional_text(&row.message),
            IncidentField::CreatedAt => time(row.created_at),
            IncidentField::DefinitionId => text(&instance.definition_id),
            IncidentField::DefinitionKey => text(context.definition_key()),
            IncidentField::TenantId => optional_text(&instance.tenant_id),
        }
    }

    fn variables<'row>((context, _): &'row Self::Row<'_>) -> Option<&'row Variables> {
        Some(context.variables())
    }

    fn record((context, row): &Self::Row<'_>) -> Self {
        let instance = &context.live.instance;
        IncidentRecord {
            incident: (*row).clone(),
            definition_id: instance.definition_id.clone(),
            definition_key: context.definition_key(),
            tenant_id: instance.tenant_id.clone(),
        }
    }
}

/// A variable with where it is held.
pub(super) struct Held<'state> {
    context: Context<'state>,
    scope_id: Uuid,
    name: &'state String,
    value: &'state TypedValue,
}

impl Entity for VariableRecord {
    type Field = VariableField;
    type Row<'state> = Held<'state>;

    fn rows(state: &State) -> Vec<Held<'_>> {
        let mut rows: Vec<Held<'_>> = Context::all(state)
            .flat_map(|context| {
                let live = context.live;
                let local = live
                    .activities
                    .values()
                    .filter_map(|row| Some((row.id, row.variables.as_ref()?)));
                std::iter::once((live.instance.id, &live.instance.variables))
                    .chain(local)
                    .flat_map(move |(scope_id, variables)| {
                        variables.iter().map(move |(name, value)| Held {
                            context,
                            scope_id,
                            name,
                            value,
                        })
                    })
            })
            .collect();
        rows.sort_by_key(|row| (row.scope_id, row.name));
        rows
    }

    fn value(row: &Held<'_>, field: VariableField) -> Value {
        let instance = &row.context.live.instance;
        match field {
            VariableField::Id => text(format!("{}:{}", row.scope_id, row.name)),
            VariableField::ScopeId => id(row.scope_id),
            VariableField::InstanceId => id(instance.id),
            VariableField::DefinitionId => text(&instance.definition_id),
            VariableField::TenantId => optional_text(&instance.tenant_id),
            VariableField::Name => text(row.name),
            VariableField::TypeName => text(row.value.type_name()),
        }
    }

    fn variables<'row>(row: &'row Held<'_>) -> Option<&'row Variables> {
        Some(row.context.variables())
    }

    fn record(row: &Held<'_>) -> Self {
        let instance = &row.context.live.instance;
        VariableRecord {
            scope_id: row.scope_id,
            instance_id: instance.id,
            definition_id: instance.definition_id.clone(),
            definition_key: row.context.definition_key(),
            tenant_id: instance.tenant_id.clone(),
            name: row.name.clone(),
            value: row.value.clone(),
        }
    }
}

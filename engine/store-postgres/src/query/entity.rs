//! The entities of the running engine: their tables and their fields.
//!
//! Aliases are the same throughout: `p` the process instance, `d` its definition, `a` the activity.
//! Joins are outer joins on keys, which Postgres leaves out when a query does not need them.

use std::sync::Arc;

use flowstone_store::query::{
    DecisionField, DefinitionField, DeploymentField, ExecutionField, ExternalTaskField, IncidentField,
    ProcessInstanceField, RequirementsField, SubscriptionField, TaskField, VariableField,
};
use flowstone_store::record::{
    DecisionRecord, DefinitionRecord, DeploymentRecord, ExecutionRecord, ExternalTaskColumns, ExternalTaskRecord,
    IncidentRecord, IncidentRow, ProcessInstanceRecord, RequirementsRecord, SubscriptionRecord, SubscriptionRow,
    TaskRecord, UserTaskRow, VariableRecord,
};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::{Column, Entity, Kind};
use crate::decision::{DECISION_COLUMNS, REQUIREMENTS_COLUMNS, read_decision, read_requirements};
use crate::deployment::{DEFINITION_COLUMNS, read_definition};

pub(super) const fn text(sql: &'static str) -> Column {
    Column::new(Kind::Text, sql)
}

pub(super) const fn id(sql: &'static str) -> Column {
    Column::new(Kind::Id, sql)
}

pub(super) const fn integer(sql: &'static str) -> Column {
    Column::new(Kind::Integer, sql)
}

pub(super) const fn boolean(sql: &'static str) -> Column {
    Column::new(Kind::Boolean, sql)
}

pub(super) const fn time(sql: &'static str) -> Column {
    Column::new(Kind::Time, sql)
}

/// A text that many records share.
pub(super) fn shared(row: &PgRow, position: usize) -> sqlx::Result<Arc<str>> {
    row.try_get::<&str, _>(position).map(Arc::from)
}

/// [`shared`], or nothing.
pub(super) fn shared_option(row: &PgRow, position: usize) -> sqlx::Result<Option<Arc<str>>> {
    Ok(row.try_get::<Option<&str>, _>(position)?.map(Arc::from))
}

impl Entity for DeploymentRecord {
    type Field = DeploymentField;
    const COLUMNS: &'static str = "t.id, t.name, t.source, t.tenant_id, t.deployed_at";
    const FROM: &'static str = "deployment t";
    const ID: &'static str = "t.id";
    const VARIABLES: Option<&'static str> = None;

    fn column(field: DeploymentField) -> Column {
        match field {
            DeploymentField::Id => id("t.id"),
            DeploymentField::Name => text("t.name"),
            DeploymentField::Source => text("t.source"),
            DeploymentField::TenantId => text("t.tenant_id"),
            DeploymentField::DeployedAt => time("t.deployed_at"),
        }
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        Ok(DeploymentRecord {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            source: row.try_get(2)?,
            tenant_id: row.try_get(3)?,
            deployed_at: row.try_get(4)?,
        })
    }
}

impl Entity for DefinitionRecord {
    type Field = DefinitionField;
    const COLUMNS: &'static str = DEFINITION_COLUMNS;
    const FROM: &'static str = "process_definition d";
    const ID: &'static str = "d.id";
    const VARIABLES: Option<&'static str> = None;

    fn column(field: DefinitionField) -> Column {
        match field {
            DefinitionField::Id => text("d.id"),
            DefinitionField::Key => text("d.key"),
            DefinitionField::Category => text("d.category"),
            DefinitionField::Name => text("d.name"),
            DefinitionField::Version => integer("d.version"),
            DefinitionField::VersionTag => text("d.version_tag"),
            DefinitionField::DeploymentId => id("d.deployment_id"),
            DefinitionField::DeployedAt => time("d.deployed_at"),
            DefinitionField::ResourceName => text("d.resource_name"),
            DefinitionField::TenantId => text("d.tenant_id"),
            DefinitionField::Suspended => boolean("d.suspended"),
            DefinitionField::StartableInTasklist => boolean("d.startable_in_tasklist"),
            DefinitionField::Latest => boolean(
                "(not exists (select from process_definition newer where newer.key = d.key \
                 and newer.tenant_id is not distinct from d.tenant_id and newer.version > d.version))",
            ),
        }
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        read_definition(row)
    }
}

impl Entity for DecisionRecord {
    type Field = DecisionField;
    const COLUMNS: &'static str = DECISION_COLUMNS;
    const FROM: &'static str = "decision_definition d";
    const ID: &'static str = "d.id";
    const VARIABLES: Option<&'static str> = None;

    fn column(field: DecisionField) -> Column {
        match field {
            DecisionField::Id => text("d.id"),
            DecisionField::Key => text("d.key"),
            DecisionField::Category => text("d.category"),
            DecisionField::Name => text("d.name"),
            DecisionField::Version => integer("d.version"),
            DecisionField::VersionTag => text("d.version_tag"),
            DecisionField::DeploymentId => id("d.deployment_id"),
            DecisionField::DeployedAt => time("d.deployed_at"),
            DecisionField::ResourceName => text("d.resource_name"),
            DecisionField::TenantId => text("d.tenant_id"),
            DecisionField::Latest => boolean(
                "(not exists (select from decision_definition newer where newer.key = d.key \
                 and newer.tenant_id is not distinct from d.tenant_id and newer.version > d.version))",
            ),
            DecisionField::RequirementsId => text("d.requirements_id"),
            DecisionField::RequirementsKey => text("d.requirements_key"),
        }
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        read_decision(row)
    }
}

impl Entity for RequirementsRecord {
    type Field = RequirementsField;
    const COLUMNS: &'static str = REQUIREMENTS_COLUMNS;
    /// The first decision of a graph tells of it.
    const FROM: &'static str = "(select * from decision_definition d where d.requirements_id is not null \
        and not exists (select 1 from decision_definition other where other.requirements_key = d.requirements_key \
        and other.requirements_id = d.requirements_id and other.id < d.id)) g";
    const ID: &'static str = "g.requirements_id";
    const VARIABLES: Option<&'static str> = None;

    fn column(field: RequirementsField) -> Column {
        match field {
            RequirementsField::Id => text("g.requirements_id"),
            RequirementsField::Key => text("g.requirements_key"),
            RequirementsField::Category => text("g.category"),
            RequirementsField::Name => text("g.requirements_name"),
            RequirementsField::Version => integer("g.requirements_version"),
            RequirementsField::DeploymentId => id("g.deployment_id"),
            RequirementsField::ResourceName => text("g.resource_name"),
            RequirementsField::TenantId => text("g.tenant_id"),
            RequirementsField::Latest => boolean(
                "(not exists (select 1 from decision_definition newer where newer.requirements_key = g.requirements_key \
                 and newer.tenant_id is not distinct from g.tenant_id and newer.requirements_version > g.requirements_version))",
            ),
        }
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        read_requirements(row)
    }
}

impl Entity for ProcessInstanceRecord {
    type Field = ProcessInstanceField;
    const COLUMNS: &'static str = "p.id, p.definition_id, coalesce(d.key, split_part(p.definition_id, ':', 1)), \
                                   p.business_key, p.tenant_id, p.suspended";
    const FROM: &'static str = "process_instance p left join process_definition d on d.id = p.definition_id";
    const ID: &'static str = "p.id";
    const VARIABLES: Option<&'static str> = Some("p.variables");

    fn column(field: ProcessInstanceField) -> Column {
        const INCIDENTS: &str = "select from incident i where i.instance_id = p.id";
        match field {
            ProcessInstanceField::Id => id("p.id"),
            ProcessInstanceField::SuperInstanceId => id("p.super_instance_id"),
            ProcessInstanceField::RootInstanceId => id("coalesce(p.root_instance_id, p.id)"),
            ProcessInstanceField::DefinitionId => text("p.definition_id"),
            ProcessInstanceField::DefinitionKey => text("d.key"),
            ProcessInstanceField::DefinitionName => text("d.name"),
            ProcessInstanceField::DeploymentId => id("d.deployment_id"),
            ProcessInstanceField::BusinessKey => text("p.business_key"),
            ProcessInstanceField::TenantId => text("p.tenant_id"),
            ProcessInstanceField::Suspended => boolean("p.suspended"),
            ProcessInstanceField::StartedAt => time("p.started_at"),
            ProcessInstanceField::HasIncident => {
                boolean("(exists (select from incident i where i.instance_id = p.id))")
            }
            ProcessInstanceField::IncidentId => Column::among(Kind::Id, INCIDENTS, "i.id"),
            ProcessInstanceField::IncidentType => Column::among(Kind::Text, INCIDENTS, "i.incident_type"),
            ProcessInstanceField::IncidentMessage => Column::among(Kind::Text, INCIDENTS, "i.message"),
            ProcessInstanceField::ActivityId => Column::among(
                Kind::Text,
                "select from activity a where a.instance_id = p.id",
                "a.node_id",
            ),
        }
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        Ok(ProcessInstanceRecord {
            id: row.try_get(0)?,
            definition_id: shared(row, 1)?,
            definition_key: shared(row, 2)?,
            business_key: row.try_get(3)?,
            tenant_id: row.try_get(4)?,
            suspended: row.try_get(5)?,
        })
    }
}

impl Entity for ExternalTaskRecord {
    type Field = ExternalTaskField;
    const COLUMNS: &'static str = "a.id, a.node_id, a.instance_id, p.definition_id, \
        coalesce(d.key, split_part(p.definition_id, ':', 1)), d.version_tag, p.tenant_id, p.business_key, \
        a.started_at, p.suspended, a.topic, a.priority, a.retries, a.worker, a.lock_expires, a.lock_token, \
        a.error_message, a.error_details, a.task_suspended";
    // The subquery is flattened; it keeps the kind in the conditions of every query.
    const FROM: &'static str = "(select * from activity where kind = 'externalTask') a \
        left join process_instance p on p.id = a.instance_id \
        left join process_definition d on d.id = p.definition_id";
    const ID: &'static str = "a.id";
    const VARIABLES: Option<&'static str> = Some("p.variables");

    fn column(field: ExternalTaskField) -> Column {
        match field {
            ExternalTaskField::Id => id("a.id"),
            ExternalTaskField::ActivityId => text("a.node_id"),
            ExternalTaskField::InstanceId => id("a.instance_id"),
            ExternalTaskField::DefinitionId => text("p.definition_id"),
            ExternalTaskField::DefinitionKey => text("d.key"),
            ExternalTaskField::DefinitionName => text("d.name"),
            ExternalTaskField::VersionTag => text("d.version_tag"),
            ExternalTaskField::TenantId => text("p.tenant_id"),
            ExternalTaskField::BusinessKey => text("p.business_key"),
            ExternalTaskField::CreatedAt => time("a.started_at"),
            ExternalTaskField::Suspended => boolean("p.suspended"),
            ExternalTaskField::Topic => text("a.topic"),
            ExternalTaskField::Priority => integer("a.priority"),
            ExternalTaskField::Retries => integer("a.retries"),
            ExternalTaskField::Worker => text("a.worker"),
            ExternalTaskField::LockExpires => time("a.lock_expires"),
        }
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        Ok(ExternalTaskRecord {
            id: row.try_get(0)?,
            node_id: shared(row, 1)?,
            instance_id: row.try_get(2)?,
            definition_id: shared(row, 3)?,
            definition_key: shared(row, 4)?,
            version_tag: row.try_get(5)?,
            tenant_id: row.try_get(6)?,
            business_key: row.try_get(7)?,
            created_at: row.try_get(8)?,
            suspended: row.try_get(9)?,
            task: ExternalTaskColumns {
                topic: row.try_get(10)?,
                priority: row.try_get(11)?,
                retries: row.try_get(12)?,
                worker: row.try_get(13)?,
                lock_expires: row.try_get(14)?,
                lock_token: row.try_get(15)?,
                error_message: row.try_get(16)?,
                error_details: row.try_get(17)?,
                suspended: row.try_get(18)?,
            },
        })
    }
}

impl Entity for TaskRecord {
    type Field = TaskField;
    const COLUMNS: &'static str = "t.id, t.instance_id, t.name, t.description, t.assignee, t.owner, \
        t.delegation_state, t.priority, t.due, t.follow_up, t.candidate_users, t.candidate_groups, t.form_key, \
        t.form_ref, a.node_id, a.parent_id, p.definition_id, coalesce(d.key, split_part(p.definition_id, ':', 1)), \
        p.tenant_id, p.business_key, a.started_at, p.suspended";
    const FROM: &'static str = "user_task t left join activity a on a.id = t.id \
        left join process_instance p on p.id = t.instance_id \
        left join process_definition d on d.id = p.definition_id";
    const ID: &'static str = "t.id";
    const VARIABLES: Option<&'static str> = Some("p.variables");

    fn column(field: TaskField) -> Column {
        match field {
            TaskField::Id => id("t.id"),
            TaskField::ActivityId => text("a.node_id"),
            TaskField::InstanceId => id("t.instance_id"),
            TaskField::ParentId => id("a.parent_id"),
            TaskField::DefinitionId => text("p.definition_id"),
            TaskField::DefinitionKey => text("d.key"),
            TaskField::DefinitionName => text("d.name"),
            TaskField::TenantId => text("p.tenant_id"),
            TaskField::BusinessKey => text("p.business_key"),
            TaskField::CreatedAt => time("a.started_at"),
            TaskField::Suspended => boolean("p.suspended"),
            TaskField::Name => text("t.name"),
            TaskField::Description => text("t.description"),
            TaskField::Assignee => text("t.assignee"),
            TaskField::Owner => text("t.owner"),
            TaskField::DelegationState => text("t.delegation_state"),
            TaskField::Priority => integer("t.priority"),
            TaskField::Due => time("t.due"),
            TaskField::FollowUp => time("t.follow_up"),
            TaskField::CandidateUser => Column::among(
                Kind::Text,
                "select from unnest(t.candidate_users) as c (name) where true",
                "c.name",
            ),
            TaskField::CandidateGroup => Column::among(
                Kind::Text,
                "select from unnest(t.candidate_groups) as c (name) where true",
                "c.name",
            ),
        }
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        Ok(TaskRecord {
            task: UserTaskRow {
                id: row.try_get(0)?,
                instance_id: row.try_get(1)?,
                name: row.try_get(2)?,
                description: row.try_get(3)?,
                assignee: row.try_get(4)?,
                owner: row.try_get(5)?,
                delegation_state: row.try_get(6)?,
                priority: row.try_get(7)?,
                due: row.try_get(8)?,
                follow_up: row.try_get(9)?,
                candidate_users: row.try_get(10)?,
                candidate_groups: row.try_get(11)?,
                form_key: row.try_get(12)?,
                form_ref: row.try_get(13)?,
            },
            node_id: shared(row, 14)?,
            parent_id: row.try_get(15)?,
            definition_id: shared(row, 16)?,
            definition_key: shared(row, 17)?,
            tenant_id: row.try_get(18)?,
            business_key: row.try_get(19)?,
            created_at: row.try_get(20)?,
            suspended: row.try_get(21)?,
        })
    }
}

impl Entity for ExecutionRecord {
    type Field = ExecutionField;
    const COLUMNS: &'static str = "e.id, e.instance_id, e.node_id, p.definition_id, \
        coalesce(d.key, split_part(p.definition_id, ':', 1)), p.tenant_id, p.business_key, p.suspended";
    const FROM: &'static str = "(select id, id as instance_id, null::text as node_id from process_instance \
        union all select id, instance_id, node_id from activity) e \
        left join process_instance p on p.id = e.instance_id \
        left join process_definition d on d.id = p.definition_id";
    const ID: &'static str = "e.id";
    const VARIABLES: Option<&'static str> = Some("p.variables");

    fn column(field: ExecutionField) -> Column {
        match field {
            ExecutionField::Id => id("e.id"),
            ExecutionField::InstanceId => id("e.instance_id"),
            ExecutionField::ActivityId => text("e.node_id"),
            ExecutionField::DefinitionId => text("p.definition_id"),
            ExecutionField::DefinitionKey => text("d.key"),
            ExecutionField::TenantId => text("p.tenant_id"),
            ExecutionField::BusinessKey => text("p.business_key"),
            ExecutionField::Suspended => boolean("p.suspended"),
        }
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        Ok(ExecutionRecord {
            id: row.try_get(0)?,
            instance_id: row.try_get(1)?,
            node_id: shared_option(row, 2)?,
            definition_id: shared(row, 3)?,
            definition_key: shared(row, 4)?,
            tenant_id: row.try_get(5)?,
            business_key: row.try_get(6)?,
            suspended: row.try_get(7)?,
        })
    }
}

impl Entity for SubscriptionRecord {
    type Field = SubscriptionField;
    const COLUMNS: &'static str = "s.id, s.instance_id, s.activity_id, s.event_type, s.event_name, s.node_id, \
        s.created_at, p.definition_id, coalesce(d.key, split_part(p.definition_id, ':', 1)), p.tenant_id, \
        p.business_key, p.suspended, s.configuration";
    const FROM: &'static str = "event_subscription s left join process_instance p on p.id = s.instance_id \
        left join process_definition d on d.id = p.definition_id";
    const ID: &'static str = "s.id";
    const VARIABLES: Option<&'static str> = Some("p.variables");

    fn column(field: SubscriptionField) -> Column {
        match field {
            SubscriptionField::Id => id("s.id"),
            SubscriptionField::InstanceId => id("s.instance_id"),
            SubscriptionField::ExecutionId => id("s.activity_id"),
            SubscriptionField::EventType => text("s.event_type"),
            SubscriptionField::EventName => text("s.event_name"),
            SubscriptionField::ActivityId => text("s.node_id"),
            SubscriptionField::CreatedAt => time("s.created_at"),
            SubscriptionField::DefinitionId => text("p.definition_id"),
            SubscriptionField::DefinitionKey => text("d.key"),
            SubscriptionField::TenantId => text("p.tenant_id"),
            SubscriptionField::BusinessKey => text("p.business_key"),
            SubscriptionField::Suspended => boolean("p.suspended"),
        }
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        Ok(SubscriptionRecord {
            subscription: SubscriptionRow {
                id: row.try_get(0)?,
                instance_id: row.try_get(1)?,
                activity_id: row.try_get(2)?,
                event_type: shared(row, 3)?,
                event_name: row.try_get(4)?,
                node_id: shared(row, 5)?,
                configuration: row.try_get(12)?,
                created_at: row.try_get(6)?,
            },
            definition_id: shared(row, 7)?,
            definition_key: shared(row, 8)?,
            tenant_id: row.try_get(9)?,
            business_key: row.try_get(10)?,
            suspended: row.try_get(11)?,
        })
    }
}

impl Entity for IncidentRecord {
    type Field = IncidentField;
    const COLUMNS: &'static str = "i.id, i.instance_id, i.activity_id, i.incident_type, i.node_id, i.configuration, \
        i.message, i.created_at, i.annotation, p.definition_id, coalesce(d.key, split_part(p.definition_id, ':', 1)), p.tenant_id";
    const FROM: &'static str = "incident i left join process_instance p on p.id = i.instance_id \
        left join process_definition d on d.id = p.definition_id";
    const ID: &'static str = "i.id";
    const VARIABLES: Option<&'static str> = Some("p.variables");

    fn column(field: IncidentField) -> Column {
        match field {
            IncidentField::Id => id("i.id"),
            IncidentField::InstanceId => id("i.instance_id"),
            IncidentField::ExecutionId => id("i.activity_id"),
            IncidentField::IncidentType => text("i.incident_type"),
            IncidentField::ActivityId => text("i.node_id"),
            IncidentField::Configuration => text("i.configuration"),
            IncidentField::Message => text("i.message"),
            IncidentField::CreatedAt => time("i.created_at"),
            IncidentField::DefinitionId => text("p.definition_id"),
            IncidentField::DefinitionKey => text("d.key"),
            IncidentField::TenantId => text("p.tenant_id"),
        }
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        Ok(IncidentRecord {
            incident: IncidentRow {
                id: row.try_get(0)?,
                instance_id: row.try_get(1)?,
                activity_id: row.try_get(2)?,
                incident_type: shared(row, 3)?,
                node_id: shared(row, 4)?,
                configuration: row.try_get(5)?,
                message: row.try_get(6)?,
                created_at: row.try_get(7)?,
                annotation: row.try_get(8)?,
            },
            definition_id: shared(row, 9)?,
            definition_key: shared(row, 10)?,
            tenant_id: row.try_get(11)?,
        })
    }
}

impl Entity for VariableRecord {
    type Field = VariableField;
    // A value outside the document is fetched here, so that every row holds its value.
    const COLUMNS: &'static str = "v.scope_id, v.instance_id, p.definition_id, \
        coalesce(d.key, split_part(p.definition_id, ':', 1)), p.tenant_id, v.name, \
        coalesce((select l.content from large_value l \
            where l.instance_id = v.instance_id and l.hash = v.entry ->> 'large'), v.entry::text)";
    const FROM: &'static str = "(select i.id as scope_id, i.id as instance_id, e.key collate \"C\" as name, \
        e.value as entry from process_instance i, jsonb_each(i.variables) e \
        union all \
        select a.id, a.instance_id, e.key collate \"C\", e.value from activity a, jsonb_each(a.variables) e) v \
        left join process_instance p on p.id = v.instance_id \
        left join process_definition d on d.id = p.definition_id";
    const ID: &'static str = "v.scope_id, v.name";
    const VARIABLES: Option<&'static str> = Some("p.variables");

    fn column(field: VariableField) -> Column {
        match field {
            VariableField::Id => text("(v.scope_id::text || ':' || v.name)"),
            VariableField::ScopeId => id("v.scope_id"),
            VariableField::InstanceId => id("v.instance_id"),
            VariableField::DefinitionId => text("p.definition_id"),
            VariableField::TenantId => text("p.tenant_id"),
            VariableField::Name => text("v.name"),
            VariableField::TypeName => text("(v.entry ->> 'type' collate \"C\")"),
        }
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        let stored: &str = row.try_get(6)?;
        Ok(VariableRecord {
            scope_id: row.try_get(0)?,
            instance_id: row.try_get(1)?,
            definition_id: shared(row, 2)?,
            definition_key: shared(row, 3)?,
            tenant_id: row.try_get(4)?,
            name: row.try_get(5)?,
            value: serde_json::from_str(stored).map_err(|error| sqlx::Error::Decode(error.into()))?,
        })
    }
}

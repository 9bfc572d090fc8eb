//! The entities of the running engine: their tables and their fields.
//!
//! Aliases are the same throughout: `p` the process instance, `d` its definition, `a` the activity.
//! Joins are outer joins on keys, which SQLite leaves out when a query does not need them.

use flowstone_store::query::{
    DecisionField, DefinitionField, DeploymentField, ExecutionField, ExternalTaskField, IncidentField,
    ProcessInstanceField, RequirementsField, SubscriptionField, TaskField, VariableField,
};
use flowstone_store::record::{
    DecisionRecord, DefinitionRecord, DeploymentRecord, ExecutionRecord, ExternalTaskRecord, IncidentRecord,
    ProcessInstanceRecord, RequirementsRecord, SubscriptionRecord, TaskRecord, VariableRecord,
};
use sqlx::sqlite::SqliteRow;

use super::{Column, Entity, Kind};
use crate::cells::Cells;
use crate::decision::{DECISION_COLUMNS, REQUIREMENTS_COLUMNS, read_decision, read_requirements};
use crate::definition::{DEFINITION_COLUMNS, read_definition};
use crate::live::{read_incident, read_subscription, read_user_task};

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

    fn read(row: &SqliteRow) -> sqlx::Result<Self> {
        let cells = Cells(row);
        Ok(DeploymentRecord {
            id: cells.id(0)?,
            name: cells.get(1)?,
            source: cells.get(2)?,
            tenant_id: cells.get(3)?,
            deployed_at: cells.time(4)?,
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
                "(not exists (select 1 from process_definition newer where newer.key = d.key \
                 and newer.tenant_id is d.tenant_id and newer.version > d.version))",
            ),
        }
    }

    fn read(row: &SqliteRow) -> sqlx::Result<Self> {
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
                "(not exists (select 1 from decision_definition newer where newer.key = d.key \
                 and newer.tenant_id is d.tenant_id and newer.version > d.version))",
            ),
            DecisionField::RequirementsId => text("d.requirements_id"),
            DecisionField::RequirementsKey => text("d.requirements_key"),
        }
    }

    fn read(row: &SqliteRow) -> sqlx::Result<Self> {
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
                 and newer.tenant_id is g.tenant_id and newer.requirements_version > g.requirements_version))",
            ),
        }
    }

    fn read(row: &SqliteRow) -> sqlx::Result<Self> {
        read_requirements(row)
    }
}

impl Entity for ProcessInstanceRecord {
    type Field = ProcessInstanceField;
    const COLUMNS: &'static str = "p.id, p.definition_id, coalesce(d.key, \
        substr(p.definition_id, 1, instr(p.definition_id || ':', ':') - 1)), \
                                   p.business_key, p.tenant_id, p.suspended";
    const FROM: &'static str = "process_instance p left join process_definition d on d.id = p.definition_id";
    const ID: &'static str = "p.id";
    const VARIABLES: Option<&'static str> = Some("p.variables");

    fn column(field: ProcessInstanceField) -> Column {
        const INCIDENTS: &str = "select 1 from incident i where i.instance_id = p.id";
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
                boolean("(exists (select 1 from incident i where i.instance_id = p.id))")
            }
            ProcessInstanceField::IncidentId => Column::among(Kind::Id, INCIDENTS, "i.id"),
            ProcessInstanceField::IncidentType => Column::among(Kind::Text, INCIDENTS, "i.incident_type"),
            ProcessInstanceField::IncidentMessage => Column::among(Kind::Text, INCIDENTS, "i.message"),
            ProcessInstanceField::ActivityId => Column::among(
                Kind::Text,
                "select 1 from activity a where a.instance_id = p.id",
                "a.node_id",
            ),
        }
    }

    fn read(row: &SqliteRow) -> sqlx::Result<Self> {
        let cells = Cells(row);
        Ok(ProcessInstanceRecord {
            id: cells.id(0)?,
            definition_id: cells.shared(1)?,
            definition_key: cells.shared(2)?,
            business_key: cells.get(3)?,
            tenant_id: cells.get(4)?,
            suspended: cells.get(5)?,
        })
    }
}

impl Entity for ExternalTaskRecord {
    type Field = ExternalTaskField;
    const COLUMNS: &'static str = "a.id, a.node_id, a.instance_id, p.definition_id, \
        coalesce(d.key, \
        substr(p.definition_id, 1, instr(p.definition_id || ':', ':') - 1)), d.version_tag, p.tenant_id, p.business_key, \
        a.started_at, p.suspended, a.topic, a.priority, a.retries, a.worker, a.lock_expires, a.lock_token, \
        a.error_message, a.error_details, a.task_suspended";
    // The subquery is flattened; it keeps other activities out of every query.
    const FROM: &'static str = "(select * from activity where topic is not null) a \
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

    fn read(row: &SqliteRow) -> sqlx::Result<Self> {
        let cells = Cells(row);
        Ok(ExternalTaskRecord {
            id: cells.id(0)?,
            node_id: cells.shared(1)?,
            instance_id: cells.id(2)?,
            definition_id: cells.shared(3)?,
            definition_key: cells.shared(4)?,
            version_tag: cells.get(5)?,
            tenant_id: cells.get(6)?,
            business_key: cells.get(7)?,
            created_at: cells.time(8)?,
            suspended: cells.get(9)?,
            task: cells.external_task(10)?,
        })
    }
}

impl Entity for TaskRecord {
    type Field = TaskField;
    const COLUMNS: &'static str = "t.id, t.instance_id, t.name, t.description, t.assignee, t.owner, \
        t.delegation_state, t.priority, t.due, t.follow_up, t.candidate_users, t.candidate_groups, t.form_key, \
        t.form_ref, a.node_id, a.parent_id, p.definition_id, coalesce(d.key, \
        substr(p.definition_id, 1, instr(p.definition_id || ':', ':') - 1)), \
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
                "select 1 from json_each(t.candidate_users) c where true",
                "c.value",
            ),
            TaskField::CandidateGroup => Column::among(
                Kind::Text,
                "select 1 from json_each(t.candidate_groups) c where true",
                "c.value",
            ),
        }
    }

    fn read(row: &SqliteRow) -> sqlx::Result<Self> {
        let cells = Cells(row);
        Ok(TaskRecord {
            task: read_user_task(cells)?,
            node_id: cells.shared(14)?,
            parent_id: cells.id(15)?,
            definition_id: cells.shared(16)?,
            definition_key: cells.shared(17)?,
            tenant_id: cells.get(18)?,
            business_key: cells.get(19)?,
            created_at: cells.time(20)?,
            suspended: cells.get(21)?,
        })
    }
}

impl Entity for ExecutionRecord {
    type Field = ExecutionField;
    const COLUMNS: &'static str = "e.id, e.instance_id, e.node_id, p.definition_id, \
        coalesce(d.key, \
        substr(p.definition_id, 1, instr(p.definition_id || ':', ':') - 1)), p.tenant_id, p.business_key, p.suspended";
    const FROM: &'static str = "(select id, id as instance_id, null as node_id from process_instance \
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

    fn read(row: &SqliteRow) -> sqlx::Result<Self> {
        let cells = Cells(row);
        Ok(ExecutionRecord {
            id: cells.id(0)?,
            instance_id: cells.id(1)?,
            node_id: cells.optional_shared(2)?,
            definition_id: cells.shared(3)?,
            definition_key: cells.shared(4)?,
            tenant_id: cells.get(5)?,
            business_key: cells.get(6)?,
            suspended: cells.get(7)?,
        })
    }
}

impl Entity for SubscriptionRecord {
    type Field = SubscriptionField;
    const COLUMNS: &'static str = "s.id, s.instance_id, s.activity_id, s.event_type, s.event_name, s.node_id, \
        s.created_at, s.configuration, p.definition_id, coalesce(d.key, \
        substr(p.definition_id, 1, instr(p.definition_id || ':', ':') - 1)), p.tenant_id, \
        p.business_key, p.suspended";
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

    fn read(row: &SqliteRow) -> sqlx::Result<Self> {
        let cells = Cells(row);
        Ok(SubscriptionRecord {
            subscription: read_subscription(cells)?,
            definition_id: cells.shared(8)?,
            definition_key: cells.shared(9)?,
            tenant_id: cells.get(10)?,
            business_key: cells.get(11)?,
            suspended: cells.get(12)?,
        })
    }
}

impl Entity for IncidentRecord {
    type Field = IncidentField;
    const COLUMNS: &'static str = "i.id, i.instance_id, i.activity_id, i.incident_type, i.node_id, i.configuration, \
        i.message, i.created_at, i.annotation, p.definition_id, coalesce(d.key, \
        substr(p.definition_id, 1, instr(p.definition_id || ':', ':') - 1)), p.tenant_id";
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

    fn read(row: &SqliteRow) -> sqlx::Result<Self> {
        let cells = Cells(row);
        Ok(IncidentRecord {
            incident: read_incident(cells)?,
            definition_id: cells.shared(9)?,
            definition_key: cells.shared(10)?,
            tenant_id: cells.get(11)?,
        })
    }
}

impl Entity for VariableRecord {
    type Field = VariableField;
    const COLUMNS: &'static str = "v.scope_id, v.instance_id, p.definition_id, coalesce(d.key, \
        substr(p.definition_id, 1, instr(p.definition_id || ':', ':') - 1)), p.tenant_id, v.name, v.entry";
    const FROM: &'static str = "(select i.id as scope_id, i.id as instance_id, e.key as name, e.value as entry \
        from process_instance i, json_each(i.variables) e \
        union all \
        select a.id, a.instance_id, e.key, e.value from activity a, json_each(a.variables) e) v \
        left join process_instance p on p.id = v.instance_id \
        left join process_definition d on d.id = p.definition_id";
    const ID: &'static str = "v.scope_id, v.name";
    const VARIABLES: Option<&'static str> = Some("p.variables");

    fn column(field: VariableField) -> Column {
        match field {
            VariableField::Id => text("(v.scope_id || ':' || v.name)"),
            VariableField::ScopeId => id("v.scope_id"),
            VariableField::InstanceId => id("v.instance_id"),
            VariableField::DefinitionId => text("p.definition_id"),
            VariableField::TenantId => text("p.tenant_id"),
            VariableField::Name => text("v.name"),
            VariableField::TypeName => text("(v.entry ->> 'type')"),
        }
    }

    fn read(row: &SqliteRow) -> sqlx::Result<Self> {
        let cells = Cells(row);
        Ok(VariableRecord {
            scope_id: cells.id(0)?,
            instance_id: cells.id(1)?,
            definition_id: cells.shared(2)?,
            definition_key: cells.shared(3)?,
            tenant_id: cells.get(4)?,
            name: cells.get(5)?,
            value: cells.document(6)?,
        })
    }
}

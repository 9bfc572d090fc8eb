//! Jobs.

use flowstone_store::query::JobField;
use flowstone_store::record::JobRow;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::entity::{boolean, id, integer, shared, text, time};
use super::{Column, Entity};

impl Entity for JobRow {
    type Field = JobField;
    const COLUMNS: &'static str = "j.id, j.instance_id, j.execution_id, j.definition_id, j.definition_key, j.tenant_id, \
        j.deployment_id, j.job_definition_id, j.node_id, j.job_type, j.configuration, j.due, \
        j.priority, j.retries, j.suspended, j.exception_message, j.exception_details, \
        j.failed_node_id, j.created_at, j.detail";
    const FROM: &'static str = "job j";
    const ID: &'static str = "j.id";
    const VARIABLES: Option<&'static str> = None;

    fn column(field: JobField) -> Column {
        match field {
            JobField::Id => id("j.id"),
            JobField::InstanceId => id("j.instance_id"),
            JobField::ExecutionId => id("j.execution_id"),
            JobField::DefinitionId => text("j.definition_id"),
            JobField::DefinitionKey => text("j.definition_key"),
            JobField::TenantId => text("j.tenant_id"),
            JobField::DeploymentId => id("j.deployment_id"),
            JobField::JobDefinitionId => id("j.job_definition_id"),
            JobField::ActivityId => text("j.node_id"),
            JobField::JobType => text("j.job_type"),
            JobField::Due => time("j.due"),
            JobField::Priority => integer("j.priority"),
            JobField::Retries => integer("j.retries"),
            JobField::Suspended => boolean("j.suspended"),
            JobField::ExceptionMessage => text("j.exception_message"),
            JobField::FailedActivityId => text("j.failed_node_id"),
            JobField::CreatedAt => time("j.created_at"),
        }
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        Ok(JobRow {
            id: row.try_get(0)?,
            instance_id: row.try_get(1)?,
            execution_id: row.try_get(2)?,
            definition_id: shared(row, 3)?,
            definition_key: shared(row, 4)?,
            tenant_id: row.try_get(5)?,
            deployment_id: row.try_get(6)?,
            job_definition_id: row.try_get(7)?,
            node_id: shared(row, 8)?,
            job_type: row.try_get(9)?,
            configuration: row.try_get(10)?,
            due: row.try_get(11)?,
            priority: row.try_get(12)?,
            retries: row.try_get(13)?,
            suspended: row.try_get(14)?,
            exception_message: row.try_get(15)?,
            exception_details: row.try_get(16)?,
            failed_node_id: row.try_get(17)?,
            created_at: row.try_get(18)?,
            detail: row.try_get(19)?,
        })
    }
}

//! Jobs.

use flowstone_store::query::JobField;
use flowstone_store::record::JobRow;
use sqlx::sqlite::SqliteRow;

use super::entity::{boolean, id, integer, text, time};
use super::{Column, Entity};
use crate::cells::Cells;
use crate::live::read_job;

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

    fn read(row: &SqliteRow) -> sqlx::Result<Self> {
        read_job(Cells(row))
    }
}

//! Jobs as queries see them.

use flowstone_expression::Variables;

use super::State;
use super::entity::{boolean, id, integer, optional_id, optional_text, optional_time, text, time};
use super::evaluate::{Entity, Value};
use crate::query::JobField;
use crate::record::JobRow;

impl Entity for JobRow {
    type Field = JobField;
    type Row<'state> = &'state JobRow;

    fn rows(state: &State) -> Vec<Self::Row<'_>> {
        let of_instances = state.instances.values().flat_map(|live| live.jobs.values());
        let mut rows: Vec<&JobRow> = of_instances.chain(state.definition_jobs.values()).collect();
        rows.sort_unstable_by_key(|row| row.id);
        rows
    }

    fn value(row: &Self::Row<'_>, field: JobField) -> Value {
        match field {
            JobField::Id => id(row.id),
            JobField::InstanceId => optional_id(row.instance_id),
            JobField::ExecutionId => optional_id(row.execution_id),
            JobField::DefinitionId => text(&row.definition_id),
            JobField::DefinitionKey => text(&row.definition_key),
            JobField::TenantId => optional_text(&row.tenant_id),
            JobField::DeploymentId => optional_id(row.deployment_id),
            JobField::JobDefinitionId => optional_id(row.job_definition_id),
            JobField::ActivityId => text(&row.node_id),
            JobField::JobType => text(&row.job_type),
            JobField::Due => optional_time(row.due),
            JobField::Priority => integer(row.priority),
            JobField::Retries => integer(row.retries),
            JobField::Suspended => boolean(row.suspended),
            JobField::ExceptionMessage => optional_text(&row.exception_message),
            JobField::FailedActivityId => optional_text(&row.failed_node_id),
            JobField::CreatedAt => time(row.created_at),
        }
    }

    fn variables<'row>(_: &'row Self::Row<'_>) -> Option<&'row Variables> {
        None
    }

    fn record(row: &Self::Row<'_>) -> Self {
        (*row).clone()
    }
}

//! `/history/incident`: incidents, open and closed.

use axum::Json;
use axum::extract::State;
use flowstone_store::history::{HistoricIncident as Record, HistoricIncidentField as Field};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::body::Parameters;
use crate::api::error::{ApiError, ErrorBody};
use crate::api::filter::{self, Table, When};
use crate::api::value::date_to_wire;
use crate::api::{AppState, Count};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(count))
}

static HISTORIC_INCIDENTS: Table<Field> = Table {
    entity: "historic incident",
    filters: &[
        filter::id("incidentId", Field::Id),
        filter::text("incidentType", Field::IncidentType),
        filter::text("incidentMessage", Field::Message),
        filter::like("incidentMessageLike", Field::Message),
        filter::text("processDefinitionId", Field::DefinitionId),
        filter::text("processDefinitionKey", Field::DefinitionKey),
        filter::text_in("processDefinitionKeyIn", Field::DefinitionKey),
        filter::id("processInstanceId", Field::InstanceId),
        filter::id("executionId", Field::ExecutionId),
        filter::time_before("createTimeBefore", Field::CreatedAt),
        filter::time_after("createTimeAfter", Field::CreatedAt),
        filter::time_before("endTimeBefore", Field::EndedAt),
        filter::time_after("endTimeAfter", Field::EndedAt),
        filter::text("activityId", Field::ActivityId),
        filter::text("failedActivityId", Field::ActivityId),
        filter::id("causeIncidentId", Field::Id),
        filter::id("rootCauseIncidentId", Field::Id),
        filter::text("configuration", Field::Configuration),
        filter::id_in("jobDefinitionIdIn", Field::JobDefinitionId),
        filter::when("open", Field::State, When::Text("open")),
        filter::when("resolved", Field::State, When::Text("resolved")),
        filter::when("deleted", Field::State, When::Text("deleted")),
        filter::text_in("tenantIdIn", Field::TenantId),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
    ],
    sorts: &[
        ("incidentId", Field::Id),
        ("incidentMessage", Field::Message),
        ("createTime", Field::CreatedAt),
        ("endTime", Field::EndedAt),
        ("incidentType", Field::IncidentType),
        ("executionId", Field::ExecutionId),
        ("activityId", Field::ActivityId),
        ("processInstanceId", Field::InstanceId),
        ("processDefinitionId", Field::DefinitionId),
        ("processDefinitionKey", Field::DefinitionKey),
        ("causeIncidentId", Field::Id),
        ("rootCauseIncidentId", Field::Id),
        ("configuration", Field::Configuration),
        ("incidentState", Field::State),
        ("tenantId", Field::TenantId),
    ],
    unsupported: &["historyConfiguration"],
    unsupported_sorts: &["historyConfiguration"],
    or_queries: false,
};

/// An incident, open or closed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoricIncident {
    id: String,
    process_definition_key: String,
    process_definition_id: String,
    process_instance_id: String,
    execution_id: String,
    root_process_instance_id: String,
    create_time: String,
    end_time: Option<String>,
    removal_time: Option<String>,
    incident_type: String,
    activity_id: String,
    failed_activity_id: String,
    cause_incident_id: String,
    root_cause_incident_id: String,
    configuration: Option<String>,
    history_configuration: Option<String>,
    incident_message: Option<String>,
    tenant_id: Option<String>,
    job_definition_id: Option<String>,
    open: bool,
    deleted: bool,
    resolved: bool,
    annotation: Option<String>,
}

impl From<Record> for HistoricIncident {
    fn from(record: Record) -> Self {
        let id = record.id.to_string();
        HistoricIncident {
            process_definition_key: record.definition_key.to_string(),
            process_definition_id: record.definition_id.to_string(),
            process_instance_id: record.instance_id.to_string(),
            execution_id: record.execution_id.to_string(),
            root_process_instance_id: record.root_instance_id.unwrap_or(record.instance_id).to_string(),
            create_time: date_to_wire(record.created_at),
            end_time: record.ended_at.map(date_to_wire),
            removal_time: None,
            incident_type: record.incident_type.to_string(),
            activity_id: record.node_id.to_string(),
            failed_activity_id: record.node_id.to_string(),
            // History does not tell which incidents come from those of called instances (docs/differences.md).
            cause_incident_id: id.clone(),
            root_cause_incident_id: id.clone(),
            id,
            configuration: record.configuration,
            history_configuration: None,
            incident_message: record.message,
            tenant_id: record.tenant_id,
            job_definition_id: record.job_definition_id.map(|id| id.to_string()),
            open: &*record.state == "open",
            deleted: &*record.state == "deleted",
            resolved: &*record.state == "resolved",
            annotation: record.annotation,
        }
    }
}

/// List incidents, open and closed
#[utoipa::path(get, path = "/history/incident", operation_id = "getHistoricIncidents", tag = "Historic Incident",
    responses((status = 200, body = [HistoricIncident]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<HistoricIncident>>, ApiError> {
    let query = HISTORIC_INCIDENTS.from_parameters(&parameters)?;
    let records = state.store().historic_incidents(&query).await?;
    Ok(Json(records.into_iter().map(Into::into).collect()))
}

/// Count incidents, open and closed
#[utoipa::path(get, path = "/history/incident/count", operation_id = "getHistoricIncidentsCount", tag = "Historic Incident",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    let query = HISTORIC_INCIDENTS.from_parameters(&parameters)?;
    Ok(Count::json(state.store().count_historic_incidents(&query).await?))
}

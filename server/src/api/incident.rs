//! `/incident`: what an operator must look at.

mod annotation;
mod cause;
mod resolve;

use axum::Json;
use axum::extract::{Path, State};
use flowstone_store::query::{IncidentField as Field, Query, Scalar, Test};
use flowstone_store::record::IncidentRecord;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) use self::cause::Causes;
use self::cause::{Reach, caused_by};
use super::body::{self, Parameters};
use super::error::{ApiError, ErrorBody};
use super::filter::{self, Table};
use super::value::date_to_wire;
use super::{AppState, Count};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(count))
        .routes(routes!(get))
        .merge(annotation::routes())
        .merge(resolve::routes())
}

static INCIDENTS: Table<Field> = Table {
    entity: "incident",
    filters: &[
        filter::id("incidentId", Field::Id),
        filter::text("incidentType", Field::IncidentType),
        filter::text("incidentMessage", Field::Message),
        filter::like("incidentMessageLike", Field::Message),
        filter::text("processDefinitionId", Field::DefinitionId),
        filter::text_in("processDefinitionKeyIn", Field::DefinitionKey),
        filter::id("processInstanceId", Field::InstanceId),
        filter::id("executionId", Field::ExecutionId),
        filter::time_after("incidentTimestampAfter", Field::CreatedAt),
        filter::time_before("incidentTimestampBefore", Field::CreatedAt),
        filter::text("activityId", Field::ActivityId),
        filter::text("failedActivityId", Field::ActivityId),
        filter::text("configuration", Field::Configuration),
        filter::text_in("tenantIdIn", Field::TenantId),
    ],
    sorts: &[
        ("incidentId", Field::Id),
        ("incidentMessage", Field::Message),
        ("incidentTimestamp", Field::CreatedAt),
        ("incidentType", Field::IncidentType),
        ("executionId", Field::ExecutionId),
        ("activityId", Field::ActivityId),
        ("processInstanceId", Field::InstanceId),
        ("processDefinitionId", Field::DefinitionId),
        ("causeIncidentId", Field::Id),
        ("rootCauseIncidentId", Field::Id),
        ("configuration", Field::Configuration),
        ("tenantId", Field::TenantId),
    ],
    unsupported: &["jobDefinitionIdIn"],
    unsupported_sorts: &[],
    or_queries: false,
};

/// An open incident.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    id: String,
    process_definition_id: String,
    process_instance_id: String,
    execution_id: String,
    incident_timestamp: String,
    incident_type: String,
    activity_id: String,
    failed_activity_id: String,
    cause_incident_id: String,
    root_cause_incident_id: String,
    configuration: Option<String>,
    incident_message: Option<String>,
    tenant_id: Option<String>,
    job_definition_id: Option<String>,
    annotation: Option<String>,
}

impl Incident {
    /// An incident as clients see it; without `causes` it is its own cause.
    pub(super) fn new(record: IncidentRecord, causes: &Causes) -> Self {
        let incident = record.incident;
        let id = incident.id.to_string();
        let cause = causes.of(incident.id);
        Incident {
            process_definition_id: record.definition_id.to_string(),
            process_instance_id: incident.instance_id.to_string(),
            execution_id: incident.activity_id.to_string(),
            incident_timestamp: date_to_wire(incident.created_at),
            incident_type: incident.incident_type.to_string(),
            activity_id: incident.node_id.to_string(),
            failed_activity_id: incident.node_id.to_string(),
            cause_incident_id: cause.unwrap_or(incident.id).to_string(),
            root_cause_incident_id: causes.root_of(incident.id).to_string(),
            id,
            // That of the cause is what failed.
            configuration: incident.configuration.filter(|_| cause.is_none()),
            incident_message: incident.message,
            tenant_id: record.tenant_id,
            job_definition_id: None,
            annotation: incident.annotation,
        }
    }
}

/// The query of a request; what it asks of causes is looked up first.
async fn asked(state: &AppState, parameters: &Parameters) -> Result<Query<Field>, ApiError> {
    let mut query = INCIDENTS.from_parameters(parameters)?;
    for (name, reach) in [("causeIncidentId", Reach::Next), ("rootCauseIncidentId", Reach::All)] {
        if let Some(cause) = parameters.get(name) {
            let caused = match body::id(cause) {
                Some(cause) => caused_by(state, cause, reach).await?,
                None => Vec::new(),
            };
            let ids = caused.into_iter().map(Scalar::Id).collect();
            query = query.with(Field::Id, Test::In(ids));
        }
    }
    Ok(query)
}

async fn found(state: &AppState, query: Query<Field>) -> Result<Json<Vec<Incident>>, ApiError> {
    let records = state.store().incidents(&query).await?;
    let causes = Causes::find(state, &records).await?;
    let incidents = records.into_iter().map(|record| Incident::new(record, &causes));
    Ok(Json(incidents.collect()))
}

async fn counted(state: &AppState, query: Query<Field>) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(state.store().count_incidents(&query).await?))
}

/// List open incidents
#[utoipa::path(get, path = "/incident", operation_id = "getIncidents", tag = "Incident",
    responses((status = 200, body = [Incident]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<Incident>>, ApiError> {
    found(&state, asked(&state, &parameters).await?).await
}

/// Count open incidents
#[utoipa::path(get, path = "/incident/count", operation_id = "getIncidentsCount", tag = "Incident",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    counted(&state, asked(&state, &parameters).await?).await
}

/// Get an open incident
#[utoipa::path(get, path = "/incident/{id}", operation_id = "getIncident", tag = "Incident",
    params(("id" = String, Path, description = "Incident id")),
    responses((status = 200, body = Incident), (status = 404, body = ErrorBody)))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<Incident>, ApiError> {
    let found = match body::id(&id) {
        Some(id) => find(&state, id).await?,
        None => None,
    };
    match found {
        Some(record) => {
            let causes = Causes::find(&state, std::slice::from_ref(&record)).await?;
            Ok(Json(Incident::new(record, &causes)))
        }
        None => Err(ApiError::not_found(format!("No matching incident with id {id}"))),
    }
}

/// The open incident with an id, if there is one.
pub(super) async fn find(state: &AppState, id: Uuid) -> Result<Option<IncidentRecord>, ApiError> {
    let query = Query::default().with(Field::Id, Test::Equals(Scalar::Id(id)));
    Ok(state.store().incidents(&query).await?.into_iter().next())
}

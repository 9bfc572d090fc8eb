//! `/process-instance`: running instances (contract 3.11). Their variables are in [`super::variables`].

pub(crate) mod instruction;
mod modification;
mod suspension;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_core::Command;
use flowstone_engine::{ActivityNode, Error, InstanceView, Submission};
use flowstone_store::query::{ProcessInstanceField as Field, Query, Scalar, Test};
use flowstone_store::record::ProcessInstanceRecord;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::body::{self, JsonBody, Parameters};
use super::error::{ApiError, ErrorBody};
use super::filter::{self, Table, When};
use super::{AppState, Count, Link};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, query))
        .routes(routes!(count, query_count))
        .routes(routes!(get, delete))
        .routes(routes!(activity_instances))
        .merge(modification::routes())
        .merge(suspension::routes())
}

pub(crate) static PROCESS_INSTANCES: Table<Field> = Table {
    entity: "process instance",
    filters: &[
        filter::id_in("processInstanceIds", Field::Id),
        filter::id("superProcessInstance", Field::SuperInstanceId),
        filter::id_not_in("processInstanceIdNotIn", Field::Id),
        filter::text("businessKey", Field::BusinessKey),
        filter::like("businessKeyLike", Field::BusinessKey),
        filter::text("processDefinitionId", Field::DefinitionId),
        filter::text("processDefinitionKey", Field::DefinitionKey),
        filter::text_in("processDefinitionKeyIn", Field::DefinitionKey),
        filter::text_not_in("processDefinitionKeyNotIn", Field::DefinitionKey),
        filter::id("deploymentId", Field::DeploymentId),
        filter::when("active", Field::Suspended, When::False),
        filter::when("suspended", Field::Suspended, When::True),
        filter::when("withIncident", Field::HasIncident, When::True),
        filter::id("incidentId", Field::IncidentId),
        filter::text("incidentType", Field::IncidentType),
        filter::text("incidentMessage", Field::IncidentMessage),
        filter::like("incidentMessageLike", Field::IncidentMessage),
        filter::text_in("tenantIdIn", Field::TenantId),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
        filter::when("processDefinitionWithoutTenantId", Field::TenantId, When::Absent),
        filter::text_in("activityIdIn", Field::ActivityId),
        filter::variables("variables"),
    ],
    sorts: &[
        ("instanceId", Field::Id),
        ("definitionKey", Field::DefinitionKey),
        ("definitionId", Field::DefinitionId),
        ("tenantId", Field::TenantId),
        ("businessKey", Field::BusinessKey),
    ],
    unsupported: &[
        "caseInstanceId",
        "subProcessInstance",
        "superCaseInstance",
        "subCaseInstance",
        "rootProcessInstances",
        "leafProcessInstances",
    ],
    unsupported_sorts: &[],
    or_queries: true,
};

/// A running process instance.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessInstance {
    links: Vec<Link>,
    id: String,
    definition_id: String,
    business_key: Option<String>,
    case_instance_id: Option<String>,
    ended: bool,
    suspended: bool,
    tenant_id: Option<String>,
    definition_key: String,
}

impl From<ProcessInstanceRecord> for ProcessInstance {
    fn from(record: ProcessInstanceRecord) -> Self {
        ProcessInstance {
            links: Vec::new(),
            id: record.id.to_string(),
            definition_id: record.definition_id.to_string(),
            business_key: record.business_key,
            case_instance_id: None,
            ended: false,
            suspended: record.suspended,
            tenant_id: record.tenant_id,
            definition_key: record.definition_key.to_string(),
        }
    }
}

/// A node of the tree of activity instances.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(no_recursion)]
pub struct ActivityInstance {
    id: String,
    parent_activity_instance_id: Option<String>,
    activity_id: String,
    /// `processDefinition` for the root, else the BPMN element such as `userTask`.
    activity_type: String,
    process_instance_id: String,
    process_definition_id: String,
    child_activity_instances: Vec<ActivityInstance>,
    child_transition_instances: Vec<TransitionInstance>,
    execution_ids: Vec<String>,
    activity_name: Option<String>,
    incident_ids: Vec<String>,
    incidents: Vec<ActivityIncident>,
    name: Option<String>,
}

/// An execution that is no activity instance, such as an ended instance of a multi-instance
/// activity whose others go on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransitionInstance {
    id: String,
    parent_activity_instance_id: String,
    activity_id: String,
    activity_name: Option<String>,
    activity_type: String,
    process_instance_id: String,
    process_definition_id: String,
    execution_id: String,
    incident_ids: Vec<String>,
    incidents: Vec<ActivityIncident>,
}

/// An incident of an activity instance.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivityIncident {
    id: String,
    activity_id: String,
}

async fn found(state: &AppState, query: Query<Field>) -> Result<Json<Vec<ProcessInstance>>, ApiError> {
    let records = state.store().process_instances(&query).await?;
    Ok(Json(records.into_iter().map(Into::into).collect()))
}

async fn counted(state: &AppState, query: Query<Field>) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(state.store().count_process_instances(&query).await?))
}

/// List process instances
#[utoipa::path(get, path = "/process-instance", operation_id = "getProcessInstances", tag = "Process Instance",
    responses((status = 200, body = [ProcessInstance]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<ProcessInstance>>, ApiError> {
    found(&state, PROCESS_INSTANCES.from_parameters(&parameters)?).await
}

/// List process instances by a query in the body
#[utoipa::path(post, path = "/process-instance", operation_id = "queryProcessInstances", tag = "Process Instance", request_body = Object,
    responses((status = 200, body = [ProcessInstance]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<ProcessInstance>>, ApiError> {
    found(&state, PROCESS_INSTANCES.from_body(&parameters, &body)?).await
}

/// Count process instances
#[utoipa::path(get, path = "/process-instance/count", operation_id = "getProcessInstancesCount", tag = "Process Instance",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    counted(&state, PROCESS_INSTANCES.from_parameters(&parameters)?).await
}

/// Count process instances by a query in the body
#[utoipa::path(post, path = "/process-instance/count", operation_id = "queryProcessInstancesCount", tag = "Process Instance", request_body = Object,
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query_count(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Count>, ApiError> {
    counted(&state, PROCESS_INSTANCES.from_body(&parameters, &body)?).await
}

/// Get a process instance
#[utoipa::path(get, path = "/process-instance/{id}", operation_id = "getProcessInstance", tag = "Process Instance",
    params(("id" = String, Path, description = "Process instance id")),
    responses((status = 200, body = ProcessInstance), (status = 404, body = ErrorBody)))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<ProcessInstance>, ApiError> {
    match find(&state, &id).await? {
        Some(record) => Ok(Json(record.into())),
        None => Err(unknown(&id)),
    }
}

/// Delete a process instance
///
/// What runs in it is interrupted; `skipIoMappings` leaves output mappings out. With `failIfNotExists=false` an
/// unknown id is no error.
#[utoipa::path(delete, path = "/process-instance/{id}", operation_id = "deleteProcessInstance",
    tag = "Process Instance", params(("id" = String, Path, description = "Process instance id"),
        ("skipIoMappings" = Option<bool>, Query, description = "Leave output mappings out"),
        ("failIfNotExists" = Option<bool>, Query, description = "Whether an unknown id is an error")),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn delete(
    State(state): State<AppState>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<StatusCode, ApiError> {
    let absent = || match parameters.flag("failIfNotExists", true) {
        true => Err(unknown(&id)),
        false => Ok(StatusCode::NO_CONTENT),
    };
    let Some(record) = find(&state, &id).await? else {
        return absent();
    };
    let command = Command::Cancel {
        reason: None,
        skip_output_mappings: parameters.flag("skipIoMappings", false),
        skip_listeners: parameters.flag("skipCustomListeners", false),
    };
    match state.engine().submit(Submission::new(record.id, command)).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(Error::Unknown(_)) => absent(),
        Err(error) => Err(error.into()),
    }
}

/// Get the tree of activity instances
#[utoipa::path(get, path = "/process-instance/{id}/activity-instances", operation_id = "getActivityInstanceTree",
    tag = "Process Instance", params(("id" = String, Path, description = "Process instance id")),
    responses((status = 200, body = ActivityInstance), (status = 404, body = ErrorBody)))]
async fn activity_instances(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<ActivityInstance>, ApiError> {
    let view = match body::id(&id) {
        Some(instance) => state.engine().view(instance).await?,
        None => None,
    };
    // The view answers for any id inside an instance, this operation only for the instance's own.
    let view = view.filter(|view| body::id(&id) == Some(view.instance.id));
    view.map(|view| Json(shown(&view, view.activity_tree())))
        .ok_or_else(|| unknown(&id))
}

fn shown(view: &InstanceView, node: ActivityNode) -> ActivityInstance {
    let text = |id: &Uuid| id.to_string();
    let name = node.activity_name.map(|name| name.to_string());
    let transitions = node.transitions.iter().map(|transition| TransitionInstance {
        id: transition.id.to_string(),
        parent_activity_instance_id: node.id.to_string(),
        activity_id: transition.activity_id.to_string(),
        activity_name: transition.activity_name.as_ref().map(ToString::to_string),
        activity_type: transition.activity_type.to_string(),
        process_instance_id: view.instance.id.to_string(),
        process_definition_id: view.instance.definition_id.to_string(),
        execution_id: transition.id.to_string(),
        incident_ids: transition.incident_ids.iter().map(ToString::to_string).collect(),
        incidents: incidents(&transition.incident_ids, &transition.activity_id),
    });
    let transitions = transitions.collect();
    ActivityInstance {
        id: node.id.to_string(),
        parent_activity_instance_id: node.parent_id.as_ref().map(text),
        activity_id: node.activity_id.to_string(),
        activity_type: node.activity_type.to_string(),
        process_instance_id: view.instance.id.to_string(),
        process_definition_id: view.instance.definition_id.to_string(),
        incidents: incidents(&node.incident_ids, &node.activity_id),
        incident_ids: node.incident_ids.iter().map(text).collect(),
        execution_ids: node.execution_ids.iter().map(text).collect(),
        // As deep as sub-processes are nested in the model, which deployment bounds.
        child_activity_instances: node.children.into_iter().map(|child| shown(view, child)).collect(),
        child_transition_instances: transitions,
        activity_name: name.clone(),
        name,
    }
}

async fn find(state: &AppState, id: &str) -> Result<Option<ProcessInstanceRecord>, ApiError> {
    let Some(id) = body::id(id) else {
        return Ok(None);
    };
    let query = Query::default().with(Field::Id, Test::Equals(Scalar::Id(id)));
    Ok(state.store().process_instances(&query).await?.into_iter().next())
}

fn unknown(id: &str) -> ApiError {
    ApiError::not_found(format!("Process instance with id {id} does not exist"))
}

fn incidents(ids: &[Uuid], activity_id: &str) -> Vec<ActivityIncident> {
    ids.iter()
        .map(|id| ActivityIncident {
            id: id.to_string(),
            activity_id: activity_id.to_owned(),
        })
        .collect()
}

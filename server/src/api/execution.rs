//! `/execution`: instances, scopes and tokens at rest. Their local variables are in [`super::variables`].

mod incident;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use flowstone_core::{Awaited, Command, EventKind, Rejection, Trigger};
use flowstone_engine::{Error, Submission};
use flowstone_expression::Variables;
use flowstone_store::query::{ExecutionField as Field, Query, Scalar, SubscriptionField, Test};
use flowstone_store::record::ExecutionRecord;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::body::{self, JsonBody, Parameters, WireVariables};
use super::error::{ApiError, ErrorBody};
use super::event_subscription::EventSubscription;
use super::filter::{self, Table, When};
use super::value;
use super::{AppState, Count};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, query))
        .routes(routes!(count, query_count))
        .routes(routes!(get))
        .routes(routes!(signal))
        .routes(routes!(message_subscription))
        .routes(routes!(trigger))
        .merge(incident::routes())
}

static EXECUTIONS: Table<Field> = Table {
    entity: "execution",
    filters: &[
        filter::text("businessKey", Field::BusinessKey),
        filter::text("processDefinitionId", Field::DefinitionId),
        filter::text("processDefinitionKey", Field::DefinitionKey),
        filter::id("processInstanceId", Field::InstanceId),
        filter::text("activityId", Field::ActivityId),
        filter::when("active", Field::Suspended, When::False),
        filter::when("suspended", Field::Suspended, When::True),
        filter::text_in("tenantIdIn", Field::TenantId),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
        filter::variables("processVariables"),
    ],
    sorts: &[
        ("instanceId", Field::InstanceId),
        ("definitionKey", Field::DefinitionKey),
        ("definitionId", Field::DefinitionId),
        ("tenantId", Field::TenantId),
    ],
    unsupported: &[
        "messageEventSubscriptionName",
        "messageEventSubscription",
        "signalEventSubscriptionName",
        "incidentId",
        "incidentType",
        "incidentMessage",
        "incidentMessageLike",
        "variables",
    ],
    unsupported_sorts: &[],
    or_queries: false,
};

/// An execution.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    id: String,
    process_instance_id: String,
    ended: bool,
    tenant_id: Option<String>,
}

impl From<ExecutionRecord> for Execution {
    fn from(record: ExecutionRecord) -> Self {
        Execution {
            id: record.id.to_string(),
            process_instance_id: record.instance_id.to_string(),
            ended: false,
            tenant_id: record.tenant_id,
        }
    }
}

/// What comes with a signal or a message.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct TriggerRequest {
    /// Variables set where they exist, else at the process instance.
    #[schema(value_type = Option<Object>)]
    variables: WireVariables,
}

async fn found(state: &AppState, query: Query<Field>) -> Result<Json<Vec<Execution>>, ApiError> {
    let records = state.store().executions(&query).await?;
    Ok(Json(records.into_iter().map(Into::into).collect()))
}

async fn counted(state: &AppState, query: Query<Field>) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(state.store().count_executions(&query).await?))
}

/// List executions
#[utoipa::path(get, path = "/execution", operation_id = "getExecutions", tag = "Execution",
    responses((status = 200, body = [Execution]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<Execution>>, ApiError> {
    found(&state, EXECUTIONS.from_parameters(&parameters)?).await
}

/// List executions by a query in the body
#[utoipa::path(post, path = "/execution", operation_id = "queryExecutions", tag = "Execution", request_body = Object,
    responses((status = 200, body = [Execution]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<Execution>>, ApiError> {
    found(&state, EXECUTIONS.from_body(&parameters, &body)?).await
}

/// Count executions
#[utoipa::path(get, path = "/execution/count", operation_id = "getExecutionsCount", tag = "Execution",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    counted(&state, EXECUTIONS.from_parameters(&parameters)?).await
}

/// Count executions by a query in the body
#[utoipa::path(post, path = "/execution/count", operation_id = "queryExecutionsCount", tag = "Execution", request_body = Object,
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query_count(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Count>, ApiError> {
    counted(&state, EXECUTIONS.from_body(&parameters, &body)?).await
}

/// Get an execution
#[utoipa::path(get, path = "/execution/{id}", operation_id = "getExecution", tag = "Execution",
    params(("id" = String, Path, description = "Execution id")),
    responses((status = 200, body = Execution), (status = 404, body = ErrorBody)))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<Execution>, ApiError> {
    let records = match body::id(&id) {
        Some(id) => {
            let query = Query::default().with(Field::Id, Test::Equals(Scalar::Id(id)));
            state.store().executions(&query).await?
        }
        None => Vec::new(),
    };
    match records.into_iter().next() {
        Some(record) => Ok(Json(record.into())),
        None => Err(ApiError::not_found(format!("Execution with id {id} does not exist"))),
    }
}

/// Let a waiting execution go on
#[utoipa::path(post, path = "/execution/{id}/signal", operation_id = "signalExecution", tag = "Execution",
    params(("id" = String, Path, description = "Execution id")), request_body = TriggerRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn signal(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<TriggerRequest>,
) -> Result<StatusCode, ApiError> {
    let refusal = format!("Cannot signal execution {id}");
    let variables = value::map_from_wire(&request.variables).map_err(|error| error.within(&refusal))?;
    go_on(&state, &id, None, variables)
        .await
        .map_err(|cause| ApiError::rest(format!("{refusal}: {cause}")))
}

/// Get the message that an execution waits for
#[utoipa::path(get, path = "/execution/{id}/messageSubscriptions/{messageName}",
    operation_id = "getMessageEventSubscription", tag = "Execution",
    params(("id" = String, Path, description = "Execution id"),
        ("messageName" = String, Path, description = "Name of the message")),
    responses((status = 200, body = EventSubscription), (status = 404, body = ErrorBody)))]
async fn message_subscription(
    State(state): State<AppState>,
    Path((id, message)): Path<(String, String)>,
) -> Result<Json<EventSubscription>, ApiError> {
    let records = match body::id(&id) {
        Some(execution) => {
            let query = Query::default()
                .with(SubscriptionField::ExecutionId, Test::Equals(Scalar::Id(execution)))
                .with(
                    SubscriptionField::EventType,
                    Test::Equals(Scalar::Text("message".to_owned())),
                )
                .with(
                    SubscriptionField::EventName,
                    Test::Equals(Scalar::Text(message.clone())),
                );
            state.store().subscriptions(&query).await?
        }
        None => Vec::new(),
    };
    match records.into_iter().next() {
        Some(record) => Ok(Json(record.into())),
        None => Err(ApiError::not_found(format!(
            "Message event subscription for execution {id} named {message} does not exist"
        ))),
    }
}

/// Deliver a message to an execution
#[utoipa::path(post, path = "/execution/{id}/messageSubscriptions/{messageName}/trigger",
    operation_id = "triggerEvent", tag = "Execution",
    params(("id" = String, Path, description = "Execution id"),
        ("messageName" = String, Path, description = "Name of the message")), request_body = TriggerRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn trigger(
    State(state): State<AppState>,
    Path((id, message)): Path<(String, String)>,
    JsonBody(request): JsonBody<TriggerRequest>,
) -> Result<StatusCode, ApiError> {
    let refusal = format!("Cannot trigger message {message} for execution {id}");
    let variables = value::map_from_wire(&request.variables).map_err(|error| error.within(&refusal))?;
    go_on(&state, &id, Some(message), variables)
        .await
        .map_err(|cause| ApiError::rest(format!("{refusal}: {cause}")))
}

/// Submits a trigger; the error is the cause as text.
async fn go_on(
    state: &AppState,
    id: &str,
    message: Option<String>,
    variables: Variables,
) -> Result<StatusCode, String> {
    let unknown = || format!("execution {id} doesn't exist: execution is null");
    let execution: Uuid = body::id(id).ok_or_else(unknown)?;
    let name = message.clone();
    let command = Command::Trigger(Trigger {
        execution,
        awaited: message.map_or(Awaited::Anything, |name| Awaited::Event(EventKind::Message, name)),
        variables,
        local_variables: Variables::new(),
    });
    match state.engine().submit(Submission::new(execution, command)).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(Error::Unknown(_) | Error::Rejected(Rejection::UnknownExecution { .. } | Rejection::Ended { .. })) => {
            Err(unknown())
        }
        Err(Error::Rejected(rejection @ Rejection::NotWaiting { .. })) => Err(match name {
            Some(name) => format!(
                "Execution with id '{id}' does not have a subscription to a message event with name '{name}': \
                 eventSubscriptions is empty"
            ),
            None => rejection.to_string(),
        }),
        Err(error) => Err(error.to_string()),
    }
}

//! Lists and counts of external tasks (contract 3.6).

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use flowstone_store::query::{Condition, Direction, ExternalTaskField, Query, Scalar, Test};
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ExternalTask;
use crate::api::body::{JsonBody, Parameters};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::filter::{self, Table, When};
use crate::api::{AppState, Count};

use ExternalTaskField as Field;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, query))
        .routes(routes!(count, query_count))
}

static EXTERNAL_TASKS: Table<ExternalTaskField> = Table {
    entity: "external task",
    filters: &[
        filter::id("externalTaskId", Field::Id),
        filter::id_in("externalTaskIdIn", Field::Id),
        filter::text("activityId", Field::ActivityId),
        filter::text_in("activityIdIn", Field::ActivityId),
        filter::time_before("lockExpirationBefore", Field::LockExpires),
        filter::time_after("lockExpirationAfter", Field::LockExpires),
        filter::text("topicName", Field::Topic),
        filter::id("executionId", Field::Id),
        filter::id("processInstanceId", Field::InstanceId),
        filter::id_in("processInstanceIdIn", Field::InstanceId),
        filter::text("processDefinitionKey", Field::DefinitionKey),
        filter::text_in("processDefinitionKeyIn", Field::DefinitionKey),
        filter::text("processDefinitionId", Field::DefinitionId),
        filter::text("processDefinitionName", Field::DefinitionName),
        filter::like("processDefinitionNameLike", Field::DefinitionName),
        filter::when("active", Field::Suspended, When::False),
        filter::when("suspended", Field::Suspended, When::True),
        filter::when("noRetriesLeft", Field::Retries, When::Number(0)),
        filter::text("workerId", Field::Worker),
        filter::text_in("tenantIdIn", Field::TenantId),
        filter::integer_at_least("priorityHigherThanOrEquals", Field::Priority),
        filter::integer_at_most("priorityLowerThanOrEquals", Field::Priority),
        filter::variables("processVariables"),
    ],
    sorts: &[
        ("id", Field::Id),
        ("lockExpirationTime", Field::LockExpires),
        ("processInstanceId", Field::InstanceId),
        ("processDefinitionId", Field::DefinitionId),
        ("processDefinitionKey", Field::DefinitionKey),
        ("tenantId", Field::TenantId),
        ("taskPriority", Field::Priority),
        ("createTime", Field::CreatedAt),
    ],
    unsupported: &[],
    unsupported_sorts: &[],
    or_queries: false,
};

/// The query that a body asks for, without a page.
pub(super) fn from_body(
    body: &Map<String, Value>,
    parameters: &Parameters,
    now: DateTime<Utc>,
) -> Result<Query<ExternalTaskField>, ApiError> {
    let mut query = EXTERNAL_TASKS.from_body(parameters, body)?;
    add_lock_states(&mut query, |name| is_true(body.get(name)), now);
    Ok(query)
}

fn from_parameters(parameters: &Parameters, now: DateTime<Utc>) -> Result<Query<ExternalTaskField>, ApiError> {
    let mut query = EXTERNAL_TASKS.from_parameters(parameters)?;
    add_lock_states(&mut query, |name| parameters.flag(name, false), now);
    Ok(query)
}

/// The tasks that are in states: `locked`, `notLocked` or `withRetriesLeft`.
pub(super) fn in_states(given: impl Fn(&str) -> bool, now: DateTime<Utc>) -> Query<ExternalTaskField> {
    let mut query = Query::default();
    add_lock_states(&mut query, given, now);
    query
}

/// Filters that take more than one test of one field.
fn add_lock_states(query: &mut Query<ExternalTaskField>, given: impl Fn(&str) -> bool, now: DateTime<Utc>) {
    let locked = Condition::Field(Field::LockExpires, Test::Greater(Scalar::Time(now)));
    let unlocked = Condition::Any(vec![
        Condition::Field(Field::LockExpires, Test::IsNull),
        Condition::Field(Field::LockExpires, Test::AtMost(Scalar::Time(now))),
    ]);
    let retries_left = Condition::Any(vec![
        Condition::Field(Field::Retries, Test::IsNull),
        Condition::Field(Field::Retries, Test::Greater(Scalar::Integer(0))),
    ]);
    for (name, condition) in [
        ("locked", locked),
        ("notLocked", unlocked),
        ("withRetriesLeft", retries_left),
    ] {
        if given(name) {
            query.conditions.push(condition);
        }
    }
    if query.order.is_empty() {
        query.order.push((Field::Id, Direction::Ascending));
    }
}

fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(value)) => *value,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

async fn found(state: &AppState, query: Query<ExternalTaskField>) -> Result<Json<Vec<ExternalTask>>, ApiError> {
    let records = state.store().external_tasks(&query).await?;
    Ok(Json(records.into_iter().map(Into::into).collect()))
}

async fn counted(state: &AppState, query: Query<ExternalTaskField>) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(state.store().count_external_tasks(&query).await?))
}

/// List external tasks
#[utoipa::path(get, path = "/external-task", operation_id = "getExternalTasks", tag = "External Task",
    responses((status = 200, body = [ExternalTask]), (status = 400, body = ErrorBody)))]
async fn list(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<ExternalTask>>, ApiError> {
    found(&state, from_parameters(&parameters, state.engine().now())?).await
}

/// List external tasks by a query in the body
#[utoipa::path(post, path = "/external-task", operation_id = "queryExternalTasks", tag = "External Task",
    request_body = Object,
    responses((status = 200, body = [ExternalTask]), (status = 400, body = ErrorBody)))]
async fn query(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<ExternalTask>>, ApiError> {
    found(&state, from_body(&body, &parameters, state.engine().now())?).await
}

/// Count external tasks
#[utoipa::path(get, path = "/external-task/count", operation_id = "getExternalTasksCount", tag = "External Task",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    counted(&state, from_parameters(&parameters, state.engine().now())?).await
}

/// Count external tasks by a query in the body
#[utoipa::path(post, path = "/external-task/count", operation_id = "queryExternalTasksCount", tag = "External Task",
    request_body = Object,
    responses((status = 200, body = Count), (status = 400, body = ErrorBody)))]
async fn query_count(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Count>, ApiError> {
    counted(&state, from_body(&body, &parameters, state.engine().now())?).await
}

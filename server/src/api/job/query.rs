//! Lists and counts of jobs.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use flowstone_store::query::{Condition, JobField as Field, Query, Scalar, Test};
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Job;
use crate::api::body::{JsonBody, Parameters};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::filter::{self, Table, When};
use crate::api::value::date_from_wire;
use crate::api::{AppState, Count};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, query))
        .routes(routes!(count, query_count))
}

static JOBS: Table<Field> = Table {
    entity: "job",
    filters: &[
        filter::id("jobId", Field::Id),
        filter::id_in("jobIds", Field::Id),
        filter::id("jobDefinitionId", Field::JobDefinitionId),
        filter::id("processInstanceId", Field::InstanceId),
        filter::id_in("processInstanceIds", Field::InstanceId),
        filter::id("executionId", Field::ExecutionId),
        filter::text("processDefinitionId", Field::DefinitionId),
        filter::text("processDefinitionKey", Field::DefinitionKey),
        filter::text("activityId", Field::ActivityId),
        filter::text("failedActivityId", Field::FailedActivityId),
        filter::text("exceptionMessage", Field::ExceptionMessage),
        filter::when("withRetriesLeft", Field::Retries, When::Above(0)),
        filter::when("noRetriesLeft", Field::Retries, When::Number(0)),
        filter::when("messages", Field::JobType, When::Text("async-continuation")),
        filter::when("withException", Field::ExceptionMessage, When::Present),
        filter::when("active", Field::Suspended, When::False),
        filter::when("suspended", Field::Suspended, When::True),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
        filter::integer_at_most("priorityLowerThanOrEquals", Field::Priority),
        filter::integer_at_least("priorityHigherThanOrEquals", Field::Priority),
    ],
    sorts: &[
        ("jobId", Field::Id),
        ("executionId", Field::ExecutionId),
        ("processInstanceId", Field::InstanceId),
        ("processDefinitionId", Field::DefinitionId),
        ("processDefinitionKey", Field::DefinitionKey),
        ("jobPriority", Field::Priority),
        ("jobRetries", Field::Retries),
        ("jobDueDate", Field::Due),
        ("tenantId", Field::TenantId),
    ],
    unsupported: &["acquired"],
    unsupported_sorts: &[],
    or_queries: false,
};

/// The query that a body asks for.
pub(super) fn from_body(
    body: &Map<String, Value>,
    parameters: &Parameters,
    now: DateTime<Utc>,
) -> Result<Query<Field>, ApiError> {
    let mut query = JOBS.from_body(parameters, body)?;
    let given = |name: &str| body.get(name).filter(|value| !value.is_null());
    let is_true = |name: &str| match given(name) {
        Some(Value::Bool(value)) => *value,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    };
    for (name, condition) in states(now) {
        if is_true(name) {
            query.conditions.push(condition);
        }
    }
    add_tenants(&mut query, given("tenantIdIn"), is_true("includeJobsWithoutTenantId"))?;
    for (name, field) in [("dueDates", Field::Due), ("createTimes", Field::CreatedAt)] {
        if let Some(comparisons) = given(name) {
            add_comparisons(&mut query, name, field, comparisons)?;
        }
    }
    Ok(query)
}

fn from_parameters(parameters: &Parameters, now: DateTime<Utc>) -> Result<Query<Field>, ApiError> {
    let mut body = Map::new();
    for (name, value) in &parameters.0 {
        let value = match name.as_str() {
            "dueDates" | "createTimes" => comparisons_of(name, value)?,
            _ => Value::String(value.clone()),
        };
        body.entry(name.clone()).or_insert(value);
    }
    // Parameters are filters like those of a body; the page and the order come from the parameters either way.
    let mut query = from_body(&body, parameters, now)?;
    query.order = JOBS.from_parameters(&plain(parameters))?.order;
    Ok(query)
}

/// The parameters that are read as they are.
fn plain(parameters: &Parameters) -> Parameters {
    let sorting = |name: &str| matches!(name, "sortBy" | "sortOrder");
    Parameters(parameters.0.iter().filter(|(name, _)| sorting(name)).cloned().collect())
}

/// Filters that take more than one test of one field.
fn states(now: DateTime<Utc>) -> [(&'static str, Condition<Field>); 2] {
    let due = Condition::Any(vec![
        Condition::Field(Field::Due, Test::IsNull),
        Condition::Field(Field::Due, Test::AtMost(Scalar::Time(now))),
    ]);
    let executable = Condition::All(vec![
        Condition::Field(Field::Retries, Test::Greater(Scalar::Integer(0))),
        due,
    ]);
    let types = [
        "timer-transition",
        "timer-intermediate-transition",
        "timer-start-event",
        "timer-start-event-subprocess",
    ];
    let timers = types.into_iter().map(|kind| Scalar::Text(kind.into())).collect();
    [
        ("executable", executable),
        ("timers", Condition::Field(Field::JobType, Test::In(timers))),
    ]
}

fn add_tenants(query: &mut Query<Field>, tenants: Option<&Value>, also_without: bool) -> Result<(), ApiError> {
    let Some(tenants) = tenants else {
        return Ok(());
    };
    let names: Vec<Scalar> = match tenants {
        Value::String(text) => text.split(',').map(|name| Scalar::Text(name.into())).collect(),
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .map(|name| Scalar::Text(name.into()))
            .collect(),
        _ => return Err(ApiError::invalid("tenantIdIn must be a list of tenant ids")),
    };
    let of_tenants = Condition::Field(Field::TenantId, Test::In(names));
    query.conditions.push(if also_without {
        Condition::Any(vec![of_tenants, Condition::Field(Field::TenantId, Test::IsNull)])
    } else {
        of_tenants
    });
    Ok(())
}

/// A list such as `gt_2026-01-31T00:00:00.000+0000,lt_…` in the form that bodies have.
fn comparisons_of(name: &str, text: &str) -> Result<Value, ApiError> {
    let comparison = |part: &str| {
        let (operator, value) = part.split_once('_').ok_or_else(|| {
            ApiError::invalid(format!("Each part of {name} must be like 'gt_<date>'; '{part}' is not"))
        })?;
        Ok(serde_json::json!({ "operator": operator, "value": value }))
    };
    text.split(',')
        .map(comparison)
        .collect::<Result<_, ApiError>>()
        .map(Value::Array)
}

fn add_comparisons(query: &mut Query<Field>, name: &str, field: Field, list: &Value) -> Result<(), ApiError> {
    let wrong = || {
        ApiError::invalid(format!(
            "{name} must be a list of {{\"operator\": \"gt\" or \"lt\", \"value\": a date}}"
        ))
    };
    for comparison in list.as_array().ok_or_else(wrong)? {
        let value = comparison.get("value").ok_or_else(wrong)?;
        let moment = Scalar::Time(date_from_wire(value).ok_or_else(wrong)?);
        let test = match comparison.get("operator").and_then(Value::as_str) {
            Some("gt") => Test::Greater(moment),
            Some("lt") => Test::Less(moment),
            _ => return Err(wrong()),
        };
        query.conditions.push(Condition::Field(field, test));
    }
    Ok(())
}

async fn found(state: &AppState, query: Query<Field>) -> Result<Json<Vec<Job>>, ApiError> {
    let rows = state.store().jobs(&query).await?;
    Ok(Json(rows.into_iter().map(Into::into).collect()))
}

async fn counted(state: &AppState, query: Query<Field>) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(state.store().count_jobs(&query).await?))
}

/// List jobs
#[utoipa::path(get, path = "/job", operation_id = "getJobs", tag = "Job",
    responses((status = 200, body = [Job]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<Job>>, ApiError> {
    found(&state, from_parameters(&parameters, state.engine().now())?).await
}

/// List jobs by a query in the body
#[utoipa::path(post, path = "/job", operation_id = "queryJobs", tag = "Job", request_body = Object,
    responses((status = 200, body = [Job]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<Job>>, ApiError> {
    found(&state, from_body(&body, &parameters, state.engine().now())?).await
}

/// Count jobs
#[utoipa::path(get, path = "/job/count", operation_id = "getJobsCount", tag = "Job",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    counted(&state, from_parameters(&parameters, state.engine().now())?).await
}

/// Count jobs by a query in the body
#[utoipa::path(post, path = "/job/count", operation_id = "queryJobsCount", tag = "Job", request_body = Object,
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn query_count(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Count>, ApiError> {
    counted(&state, from_body(&body, &parameters, state.engine().now())?).await
}

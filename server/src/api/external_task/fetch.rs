//! `/external-task/fetchAndLock` (contract 3.4).

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use flowstone_engine::{Error, FetchFilter, FetchRequest, FetchTopic, LockedTask};
use flowstone_expression::TypedValue;
use flowstone_store::query::Direction;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::AppState;
use crate::api::body::{JsonBody, WireVariables};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::value::{self, date_to_wire};

/// How long a request may be parked, in milliseconds.
const LONGEST_WAIT: i64 = 1_800_000;

/// Longest lock, in milliseconds: a hundred years stand for those who mean forever.
const LONGEST_LOCK: i64 = 3_155_760_000_000;

/// How many tasks one reply holds at most; who wants more fetches again.
const MOST_TASKS: usize = 10_000;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(fetch_and_lock))
}

/// A request for external tasks.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct FetchAndLockRequest {
    /// Worker that locks the tasks.
    worker_id: Option<String>,
    /// How many tasks at most.
    max_tasks: i64,
    /// Higher priorities first.
    use_priority: bool,
    /// Order after the priority.
    sorting: Vec<Sorting>,
    /// How long to wait when nothing is there, in milliseconds; absent: not at all.
    async_response_timeout: Option<i64>,
    /// Topics to fetch from.
    topics: Vec<Topic>,
}

/// An order.
#[derive(Default, Deserialize, Serialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct Sorting {
    /// `createTime`.
    sort_by: Option<String>,
    /// `asc` or `desc`.
    sort_order: Option<String>,
}

/// A topic and which of its tasks are wanted.
#[derive(Default, Deserialize, Serialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct Topic {
    topic_name: Option<String>,
    /// How long to lock, in milliseconds.
    lock_duration: i64,
    /// Names of the variables to return; absent: all.
    variables: Option<Vec<String>>,
    /// Only variables of the task's own scope.
    local_variables: bool,
    business_key: Option<String>,
    process_definition_id: Option<String>,
    process_definition_id_in: Vec<String>,
    process_definition_key: Option<String>,
    process_definition_key_in: Vec<String>,
    /// Pattern with `%` and `_`.
    process_definition_version_tag: Option<String>,
    without_tenant_id: bool,
    tenant_id_in: Vec<String>,
    /// Variables of the instance, one of which must have the given value.
    #[schema(value_type = Option<Object>)]
    process_variables: WireVariables,
    /// Return JSON objects as JSON instead of text.
    deserialize_values: bool,
    /// Return the `camunda:properties` of the activity.
    include_extension_properties: bool,
}

/// A task that was locked for the caller.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LockedExternalTask {
    activity_id: String,
    activity_instance_id: String,
    error_message: Option<String>,
    error_details: Option<String>,
    execution_id: String,
    id: String,
    lock_expiration_time: String,
    create_time: String,
    process_definition_id: String,
    process_definition_key: String,
    process_definition_version_tag: Option<String>,
    process_instance_id: String,
    retries: Option<i32>,
    suspended: bool,
    worker_id: String,
    topic_name: String,
    tenant_id: Option<String>,
    /// Variables by name, each with type, value and valueInfo.
    #[schema(value_type = Object)]
    variables: Value,
    priority: i64,
    business_key: Option<String>,
    #[schema(value_type = Object)]
    extension_properties: serde_json::Map<String, Value>,
    /// Token of this lock. Sent back with what the worker reports, it makes a report under an
    /// older lock fail and a repeated completion succeed again.
    lock_token: String,
}

impl From<LockedTask> for LockedExternalTask {
    fn from(task: LockedTask) -> Self {
        let id = task.id.to_string();
        LockedExternalTask {
            activity_id: task.activity_id.to_string(),
            activity_instance_id: id.clone(),
            error_message: task.error_message,
            error_details: task.error_details,
            execution_id: id.clone(),
            id,
            lock_expiration_time: date_to_wire(task.lock_expires),
            create_time: date_to_wire(task.created_at),
            process_definition_id: task.definition_id.to_string(),
            process_definition_key: task.definition_key.to_string(),
            process_definition_version_tag: task.version_tag,
            process_instance_id: task.instance_id.to_string(),
            retries: task.retries,
            suspended: false,
            worker_id: task.worker,
            topic_name: task.topic,
            tenant_id: task.tenant_id,
            variables: value::map_to_wire(&task.variables, task.deserialize_values),
            priority: task.priority,
            business_key: task.business_key,
            extension_properties: task
                .extension_properties
                .into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect(),
            lock_token: task.lock_token.to_string(),
        }
    }
}

/// Fetch and lock external tasks
///
/// With `asyncResponseTimeout` the request waits for tasks to come up.
#[utoipa::path(post, path = "/external-task/fetchAndLock", operation_id = "fetchAndLock", tag = "External Task",
    request_body = FetchAndLockRequest,
    responses((status = 200, body = [LockedExternalTask]), (status = 400, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn fetch_and_lock(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<FetchAndLockRequest>,
) -> Result<Json<Vec<LockedExternalTask>>, ApiError> {
    let request = checked(request)?;
    if request.max_tasks == 0 || request.topics.is_empty() {
        return Ok(Json(Vec::new()));
    }
    // Leaving this function, also because the client is gone, withdraws the request.
    let fetched = tokio::select! {
        fetched = state.engine().fetch_and_lock(request) => fetched,
        // Workers stop for minutes, some for good, on an error; nothing is an answer they expect.
        () = state.stopping().cancelled() => return Ok(Json(Vec::new())),
    };
    match fetched {
        Ok(tasks) => Ok(Json(tasks.into_iter().map(Into::into).collect())),
        Err(Error::ShuttingDown) => Ok(Json(Vec::new())),
        Err(error) => Err(error.into()),
    }
}

fn checked(request: FetchAndLockRequest) -> Result<FetchRequest, ApiError> {
    if request.async_response_timeout.is_some_and(|wait| wait > LONGEST_WAIT) {
        return Err(ApiError::invalid(format!(
            "The asynchronous response timeout cannot be set to a value greater than {LONGEST_WAIT} milliseconds"
        )));
    }
    let create_time = order(&request.sorting)?;
    let worker = request
        .worker_id
        .ok_or_else(|| ApiError::null_value("workerId is null"))?;
    let max_tasks = usize::try_from(request.max_tasks)
        .map_err(|_| ApiError::engine("maxResults is not greater than or equal to 0"))?
        .min(MOST_TASKS);
    let topics = request.topics.into_iter().map(topic).collect::<Result<_, _>>()?;
    Ok(FetchRequest {
        worker,
        max_tasks,
        use_priority: request.use_priority,
        create_time,
        topics,
        wait: request
            .async_response_timeout
            .and_then(|milliseconds| u64::try_from(milliseconds).ok())
            .filter(|milliseconds| *milliseconds > 0)
            .map(Duration::from_millis),
    })
}

fn order(sorting: &[Sorting]) -> Result<Option<Direction>, ApiError> {
    let mut direction = None;
    for sorting in sorting {
        let refuse = |parameter: &str, value: &str| {
            ApiError::invalid(format!("Cannot set query {parameter} parameter to value {value}"))
        };
        match sorting.sort_by.as_deref() {
            Some("createTime") => {}
            other => return Err(refuse("sortBy", other.unwrap_or("null"))),
        }
        let given = match sorting.sort_order.as_deref() {
            Some("asc") => Direction::Ascending,
            Some("desc") => Direction::Descending,
            Some(other) => return Err(refuse("sortOrder", other)),
            None => {
                return Err(ApiError::invalid(
                    "Invalid query: call asc() or desc() after using orderByXX()",
                ));
            }
        };
        direction.get_or_insert(given);
    }
    Ok(direction)
}

fn topic(topic: Topic) -> Result<FetchTopic, ApiError> {
    let name = topic
        .topic_name
        .ok_or_else(|| ApiError::null_value("topicName is null"))?;
    if topic.lock_duration <= 0 {
        return Err(ApiError::engine("lockTime is not greater than 0"));
    }
    // Workers send bare values here, some clients typed ones.
    let process_variables: Vec<(String, TypedValue)> = match &topic.process_variables {
        Value::Object(variables) => variables
            .iter()
            .map(|(name, value)| {
                let typed = value.as_object().is_some_and(|fields| fields.contains_key("value"));
                let value = if typed {
                    value::from_wire(name, value)?.value
                } else {
                    TypedValue::from_untyped_json(value)
                };
                Ok((name.clone(), value))
            })
            .collect::<Result<_, value::ValueError>>()?,
        _ => Vec::new(),
    };
    if process_variables
        .iter()
        .any(|(_, value)| matches!(value, TypedValue::Object(_)))
    {
        return Err(ApiError::engine("Object values cannot be used to query"));
    }
    Ok(FetchTopic {
        topic: name,
        lock_duration: topic.lock_duration.min(LONGEST_LOCK),
        filter: FetchFilter {
            business_key: topic.business_key,
            definition_ids: both(topic.process_definition_id_in, topic.process_definition_id),
            definition_keys: both(topic.process_definition_key_in, topic.process_definition_key),
            version_tag: topic.process_definition_version_tag,
            without_tenant: topic.without_tenant_id,
            tenants: topic.tenant_id_in,
            process_variables,
        },
        variables: topic.variables,
        local_variables: topic.local_variables,
        extension_properties: topic.include_extension_properties,
        deserialize_values: topic.deserialize_values,
    })
}

/// A list and a single value that must both hold, as one list of which one value must hold.
fn both(list: Vec<String>, single: Option<String>) -> Vec<String> {
    match single {
        Some(single) if list.is_empty() || list.contains(&single) => vec![single],
        // No stored value is empty, so this matches nothing.
        Some(_) => vec![String::new()],
        None => list,
    }
}

//! `/event-subscription`: what running instances and deployed processes wait for.

use axum::Json;
use axum::extract::State;
use flowstone_engine::StartSubscription;
use flowstone_store::query::{Query, SubscriptionField as Field};
use flowstone_store::record::SubscriptionRecord;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Parameters;
use super::error::{ApiError, ErrorBody};
use super::filter::{self, Table, When};
use super::tenants::tenants;
use super::value::date_to_wire;
use super::{AppState, Count};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(count))
}

static SUBSCRIPTIONS: Table<Field> = Table {
    entity: "event subscription",
    filters: &[
        filter::id("eventSubscriptionId", Field::Id),
        filter::text("eventType", Field::EventType),
        filter::text("eventName", Field::EventName),
        filter::id("executionId", Field::ExecutionId),
        filter::id("processInstanceId", Field::InstanceId),
        filter::text("activityId", Field::ActivityId),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
    ],
    sorts: &[("created", Field::CreatedAt), ("tenantId", Field::TenantId)],
    unsupported: &[],
    unsupported_sorts: &[],
    or_queries: false,
};

/// An event that an execution waits for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventSubscription {
    id: String,
    event_type: String,
    event_name: Option<String>,
    /// Null for the start event of a process.
    execution_id: Option<String>,
    process_instance_id: Option<String>,
    activity_id: String,
    created_date: String,
    tenant_id: Option<String>,
}

impl From<SubscriptionRecord> for EventSubscription {
    fn from(record: SubscriptionRecord) -> Self {
        let subscription = record.subscription;
        EventSubscription {
            id: subscription.id.to_string(),
            event_type: subscription.event_type.to_string(),
            event_name: subscription.event_name,
            execution_id: Some(subscription.activity_id.to_string()),
            process_instance_id: Some(subscription.instance_id.to_string()),
            activity_id: subscription.node_id.to_string(),
            created_date: date_to_wire(subscription.created_at),
            tenant_id: record.tenant_id,
        }
    }
}

fn query(parameters: &Parameters) -> Result<Query<Field>, ApiError> {
    let mut query = SUBSCRIPTIONS.from_parameters(parameters)?;
    query.conditions.extend(tenants(
        parameters,
        Field::TenantId,
        "includeEventSubscriptionsWithoutTenantId",
    ));
    Ok(query)
}

impl From<StartSubscription> for EventSubscription {
    fn from(start: StartSubscription) -> Self {
        EventSubscription {
            id: start.id.to_string(),
            event_type: start.kind.as_str().to_owned(),
            event_name: start.name,
            execution_id: None,
            process_instance_id: None,
            activity_id: start.node.to_string(),
            created_date: date_to_wire(start.definition.deployed_at),
            tenant_id: start.definition.tenant_id,
        }
    }
}

/// The start events of processes that pass the filters.
async fn starts(state: &AppState, parameters: &Parameters) -> Result<Vec<EventSubscription>, ApiError> {
    let given = |name: &str| {
        let mut found = parameters.0.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    };
    // A process has no execution.
    if given("executionId").is_some() || given("processInstanceId").is_some() {
        return Ok(Vec::new());
    }
    let tenants: Option<Vec<&str>> = given("tenantIdIn").map(|list| list.split(',').collect());
    let also_without = parameters.flag("includeEventSubscriptionsWithoutTenantId", false);
    let passes = |one: &EventSubscription| {
        let is = |name: &str, value: Option<&str>| given(name).is_none_or(|wanted| Some(wanted) == value);
        let of_tenant = match (&tenants, one.tenant_id.as_deref()) {
            (None, _) => true,
            (Some(wanted), Some(tenant)) => wanted.contains(&tenant),
            (Some(_), None) => also_without,
        };
        is("eventSubscriptionId", Some(&one.id))
            && is("eventType", Some(&one.event_type))
            && is("eventName", one.event_name.as_deref())
            && is("activityId", Some(&one.activity_id))
            && of_tenant
            && !(parameters.flag("withoutTenantId", false) && one.tenant_id.is_some())
    };
    let all = state.engine().start_subscriptions().await?;
    Ok(all.into_iter().map(EventSubscription::from).filter(passes).collect())
}

/// Those of instances, then those of processes, of which there are few.
async fn found(state: &AppState, parameters: &Parameters) -> Result<Vec<EventSubscription>, ApiError> {
    let starts = starts(state, parameters).await?;
    let query = query(parameters)?;
    let stored = if starts.is_empty() {
        0
    } else {
        state.store().count_subscriptions(&query).await?
    };
    let records = state.store().subscriptions(&query).await?;
    let left = query
        .max
        .map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
    let left = left.saturating_sub(records.len());
    let passed_over = usize::try_from(query.first.saturating_sub(stored)).unwrap_or(usize::MAX);
    let of_instances = records.into_iter().map(EventSubscription::from);
    Ok(of_instances
        .chain(starts.into_iter().skip(passed_over).take(left))
        .collect())
}

/// List event subscriptions
#[utoipa::path(get, path = "/event-subscription", operation_id = "getEventSubscriptions", tag = "Event Subscription",
    responses((status = 200, body = [EventSubscription]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<EventSubscription>>, ApiError> {
    Ok(Json(found(&state, &parameters).await?))
}

/// Count event subscriptions
#[utoipa::path(get, path = "/event-subscription/count", operation_id = "getEventSubscriptionsCount", tag = "Event Subscription",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    let stored = state.store().count_subscriptions(&query(&parameters)?).await?;
    let starts = starts(&state, &parameters).await?.len() as u64;
    Ok(Count::json(stored + starts))
}

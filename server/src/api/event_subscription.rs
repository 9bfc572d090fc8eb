//! `/event-subscription`: what running instances wait for.

use axum::Json;
use axum::extract::State;
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
    execution_id: String,
    process_instance_id: String,
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
            execution_id: subscription.activity_id.to_string(),
            process_instance_id: subscription.instance_id.to_string(),
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

async fn found(state: &AppState, query: Query<Field>) -> Result<Json<Vec<EventSubscription>>, ApiError> {
    let records = state.store().subscriptions(&query).await?;
    Ok(Json(records.into_iter().map(Into::into).collect()))
}

async fn counted(state: &AppState, query: Query<Field>) -> Result<Json<Count>, ApiError> {
    Ok(Count::json(state.store().count_subscriptions(&query).await?))
}

/// List event subscriptions
#[utoipa::path(get, path = "/event-subscription", operation_id = "getEventSubscriptions", tag = "Event Subscription",
    responses((status = 200, body = [EventSubscription]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<EventSubscription>>, ApiError> {
    found(&state, query(&parameters)?).await
}

/// Count event subscriptions
#[utoipa::path(get, path = "/event-subscription/count", operation_id = "getEventSubscriptionsCount", tag = "Event Subscription",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    counted(&state, query(&parameters)?).await
}

//! `/signal`: broadcasts (contract 3.10).

use axum::extract::State;
use axum::http::StatusCode;
use flowstone_core::{Awaited, Command, EventKind, Rejection, Trigger};
use flowstone_engine::{Error, StartRequest, Submission};
use flowstone_expression::Variables;
use flowstone_store::query::{Query, Scalar, SubscriptionField as Field, Test};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::AppState;
use super::body::{self, JsonBody, WireVariables};
use super::error::{ApiError, ErrorBody};
use super::starts::{self, Tenant};
use super::value;

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(throw))
}

/// A signal to throw.
#[derive(Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
#[derive(Default)]
pub struct SignalRequest {
    /// Name of the signal.
    name: Option<String>,
    /// Only the execution with this id.
    execution_id: Option<String>,
    /// Variables for those who catch it.
    #[schema(value_type = Option<Object>)]
    variables: WireVariables,
    /// Only within this tenant.
    tenant_id: Option<String>,
    /// Only without tenant.
    without_tenant_id: bool,
}

/// Throw a signal
///
/// Nobody listening is no error.
#[utoipa::path(post, path = "/signal", operation_id = "throwSignal", tag = "Signal", request_body = SignalRequest,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 500, body = ErrorBody)))]
async fn throw(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<SignalRequest>,
) -> Result<StatusCode, ApiError> {
    let Some(name) = request.name.filter(|name| !name.is_empty()) else {
        return Err(ApiError::invalid("No signal name given"));
    };
    let variables = value::map_from_wire(&request.variables)?;
    let Some(execution_id) = request.execution_id else {
        let tenant = Tenant::read(request.tenant_id.clone(), request.without_tenant_id)?;
        let started = starts::waiting(&state, EventKind::Signal, Some(&name), &tenant).await?;
        let mut query = Query::default()
            .with(Field::EventType, Test::Equals(Scalar::Text("signal".to_owned())))
            .with(Field::EventName, Test::Equals(Scalar::Text(name.clone())))
            .with(Field::Suspended, Test::Equals(Scalar::Boolean(false)));
        if let Some(tenant) = request.tenant_id {
            query = query.with(Field::TenantId, Test::Equals(Scalar::Text(tenant)));
        } else if request.without_tenant_id {
            query = query.with(Field::TenantId, Test::IsNull);
        }
        for receiver in state.store().subscriptions(&query).await? {
            // Who went on or ended meanwhile, perhaps by this very signal, no longer waits for it.
            deliver(&state, receiver.subscription.activity_id, &name, &variables).await?;
        }
        for start in started {
            let with = StartRequest {
                variables: variables.clone(),
                ..StartRequest::default()
            };
            state.engine().start_at(&start, with).await?;
        }
        return Ok(StatusCode::NO_CONTENT);
    };
    if request.tenant_id.is_some() || request.without_tenant_id {
        return Err(ApiError::bad_user_request(
            "ENGINE-13027 Cannot specify a tenant-id when deliver a signal to a single execution.",
        ));
    }
    let located = match body::id(&execution_id) {
        Some(id) => state.store().locate(&[id]).await?,
        None => Vec::new(),
    };
    let Some((execution, _)) = located.first() else {
        return Err(ApiError::null_value(format!(
            "Cannot find execution with id '{execution_id}': execution is null"
        )));
    };
    if deliver(&state, *execution, &name, &variables).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(ApiError::rest(format!(
        "Execution '{execution_id}' has not subscribed to a signal event with name '{name}'. is empty"
    )))
}

/// Gives a signal to one execution; answers whether it waited for it.
async fn deliver(state: &AppState, execution: Uuid, name: &str, variables: &Variables) -> Result<bool, ApiError> {
    let command = Command::Trigger(Trigger {
        execution,
        awaited: Awaited::Event(EventKind::Signal, name.to_owned()),
        variables: variables.clone(),
        local_variables: Variables::new(),
    });
    match state.engine().submit(Submission::new(execution, command)).await {
        Ok(_) => Ok(true),
        Err(
            Error::Unknown(_)
            | Error::Rejected(
                Rejection::NotWaiting { .. } | Rejection::UnknownExecution { .. } | Rejection::Ended { .. },
            ),
        ) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

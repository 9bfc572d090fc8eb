//! `/message`: correlation (contract 3.9).

mod correlation;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flowstone_core::{Awaited, Command, EventKind, Rejection, Trigger};
use flowstone_engine::{Error, Reply, StartRequest, StartSubscription, Submission};
use flowstone_store::record::SubscriptionRecord;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::correlation::Correlation;
use super::AppState;
use super::base_uri::BaseUri;
use super::body::{JsonBody, WireVariables};
use super::error::{ApiError, ErrorBody};
use super::process_definition::StartedInstance;
use super::starts::{self, Tenant};
use super::value;

/// How often a correlation is tried again because the execution that it found had gone on
/// meanwhile.
const ATTEMPTS: usize = 10;

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(correlate))
}

/// A message.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct MessageRequest {
    /// Name of the message.
    message_name: Option<String>,
    business_key: Option<String>,
    tenant_id: Option<String>,
    without_tenant_id: bool,
    process_instance_id: Option<String>,
    /// Variables that the process instance must have.
    #[schema(value_type = Option<Object>)]
    correlation_keys: WireVariables,
    /// Variables that the waiting execution itself must have.
    #[schema(value_type = Option<Object>)]
    local_correlation_keys: WireVariables,
    /// Variables set in the process instance.
    #[schema(value_type = Option<Object>)]
    process_variables: WireVariables,
    /// Variables set in the waiting execution.
    #[schema(value_type = Option<Object>)]
    process_variables_local: WireVariables,
    /// Variables set in the scope that the message creates.
    #[schema(value_type = Option<Object>)]
    process_variables_to_triggered_scope: WireVariables,
    /// Everyone who waits gets it, instead of exactly one.
    all: bool,
    /// Say who got it.
    result_enabled: bool,
    /// Return the variables of the process instances too.
    variables_in_result_enabled: bool,
}

/// Who got a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CorrelationResult {
    /// `Execution` or `ProcessDefinition`.
    result_type: &'static str,
    execution: Option<CorrelatedExecution>,
    process_instance: Option<StartedInstance>,
    /// Only when asked for.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    variables: Option<Value>,
}

/// An execution that waited for a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CorrelatedExecution {
    id: String,
    process_instance_id: String,
    ended: bool,
    tenant_id: Option<String>,
}

/// Correlate a message
///
/// To the one execution that waits for it, else to the one process that it starts; with `all` to every one.
#[utoipa::path(post, path = "/message", operation_id = "deliverMessage", tag = "Message",
    request_body = MessageRequest,
    responses((status = 200, body = [CorrelationResult]), (status = 204), (status = 400, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn correlate(
    State(state): State<AppState>,
    base: BaseUri,
    JsonBody(request): JsonBody<MessageRequest>,
) -> Result<Response, ApiError> {
    let all = request.all;
    let results = request.result_enabled;
    let with_variables = request.variables_in_result_enabled;
    let delivery = Delivery::try_from(request)?;
    let delivered = if all {
        delivery.to_all(&state).await?
    } else {
        vec![delivery.to_one(&state).await?]
    };
    if !results {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let shown: Vec<_> = delivered
        .into_iter()
        .map(|(receiver, reply)| {
            let variables = with_variables.then(|| value::map_to_wire(&reply.variables, false));
            match receiver {
                Receiver::Execution(execution) => CorrelationResult {
                    result_type: "Execution",
                    execution: Some(CorrelatedExecution {
                        id: execution.to_string(),
                        process_instance_id: reply.instance_id.to_string(),
                        ended: reply.ended,
                        tenant_id: reply.tenant_id,
                    }),
                    process_instance: None,
                    variables,
                },
                Receiver::Process(key) => CorrelationResult {
                    result_type: "ProcessDefinition",
                    execution: None,
                    process_instance: Some(StartedInstance::new(reply, Some(key), false, &base)),
                    variables,
                },
            }
        })
        .collect();
    Ok(Json(shown).into_response())
}

/// A checked message.
struct Delivery {
    correlation: Correlation,
    variables: flowstone_expression::Variables,
    local_variables: flowstone_expression::Variables,
}

/// Who got a message.
enum Receiver {
    /// An execution that waited for it.
    Execution(Uuid),
    /// The process of this key, of which it started an instance.
    Process(String),
}

type Delivered = (Receiver, Reply);

impl TryFrom<MessageRequest> for Delivery {
    type Error = ApiError;

    fn try_from(request: MessageRequest) -> Result<Self, ApiError> {
        let Some(name) = request.message_name else {
            return Err(ApiError::invalid("No message name supplied"));
        };
        if request.tenant_id.is_some() && request.without_tenant_id {
            return Err(ApiError::invalid(
                "Parameter 'tenantId' cannot be used together with parameter 'withoutTenantId'.",
            ));
        }
        if request.variables_in_result_enabled && !request.result_enabled {
            return Err(ApiError::invalid(
                "Parameter 'variablesInResultEnabled' cannot be used without 'resultEnabled' set to true.",
            ));
        }
        let read = |variables| value::map_from_wire(variables).map_err(|error| error.within("Cannot deliver message"));
        let correlation_keys = read(&request.correlation_keys)?;
        let local_correlation_keys = read(&request.local_correlation_keys)?;
        let variables = read(&request.process_variables)?;
        let mut local_variables = read(&request.process_variables_local)?;
        // A receive task creates no scope of its own: the execution is the one.
        local_variables.extend(read(&request.process_variables_to_triggered_scope)?);
        if request.process_instance_id.is_some() && (request.tenant_id.is_some() || request.without_tenant_id) {
            return Err(ApiError::bad_user_request(
                "ENGINE-13028 Cannot specify a tenant-id when correlate a message to a single process instance.",
            ));
        }
        Ok(Delivery {
            correlation: Correlation {
                name,
                business_key: request.business_key,
                tenant_id: request.tenant_id,
                without_tenant_id: request.without_tenant_id,
                process_instance_id: request.process_instance_id,
                correlation_keys,
                local_correlation_keys,
            },
            variables,
            local_variables,
        })
    }
}

impl Delivery {
    async fn to_one(&self, state: &AppState) -> Result<Delivered, ApiError> {
        for _ in 0..ATTEMPTS {
            let mut receivers = self.correlation.receivers(state, &self.variables).await?;
            if receivers.len() > 1 {
                return Err(self.correlation.ambiguous(receivers.len()));
            }
            let Some(receiver) = receivers.pop() else {
                return self.start_one(state).await;
            };
            if let Some(reply) = self.deliver(state, &receiver).await? {
                return Ok((Receiver::Execution(receiver.subscription.activity_id), reply));
            }
        }
        Err(self.correlation.unmatched())
    }

    async fn to_all(&self, state: &AppState) -> Result<Vec<Delivered>, ApiError> {
        let mut delivered = Vec::new();
        for receiver in self.correlation.receivers(state, &self.variables).await? {
            // Who went on meanwhile no longer waits for the message.
            if let Some(reply) = self.deliver(state, &receiver).await? {
                delivered.push((Receiver::Execution(receiver.subscription.activity_id), reply));
            }
        }
        for start in self.starts(state).await? {
            delivered.push(self.start(state, &start).await?);
        }
        Ok(delivered)
    }

    /// The start events that wait for the message; none when it is for a certain instance.
    async fn starts(&self, state: &AppState) -> Result<Vec<StartSubscription>, ApiError> {
        let correlation = &self.correlation;
        if correlation.process_instance_id.is_some() {
            return Ok(Vec::new());
        }
        let tenant = Tenant::read(correlation.tenant_id.clone(), correlation.without_tenant_id)?;
        starts::waiting(state, EventKind::Message, Some(&correlation.name), &tenant).await
    }

    async fn start_one(&self, state: &AppState) -> Result<Delivered, ApiError> {
        match &self.starts(state).await?[..] {
            [start] => self.start(state, start).await,
            [] => Err(self.correlation.unmatched()),
            several => Err(self.correlation.ambiguous_start(several.len())),
        }
    }

    async fn start(&self, state: &AppState, start: &StartSubscription) -> Result<Delivered, ApiError> {
        let mut variables = self.variables.clone();
        variables.extend(self.local_variables.clone());
        let with = StartRequest {
            business_key: self.correlation.business_key.clone(),
            variables,
            ..StartRequest::default()
        };
        let reply = state.engine().start_at(start, with).await?;
        Ok((Receiver::Process(start.definition.key.to_string()), reply))
    }

    /// `None` when the receiver no longer waits.
    async fn deliver(&self, state: &AppState, receiver: &SubscriptionRecord) -> Result<Option<Reply>, ApiError> {
        let execution = receiver.subscription.activity_id;
        let command = Command::Trigger(Trigger {
            execution,
            awaited: Awaited::Event(EventKind::Message, self.correlation.name.clone()),
            variables: self.variables.clone(),
            local_variables: self.local_variables.clone(),
        });
        match state.engine().submit(Submission::new(execution, command)).await {
            Ok(reply) => Ok(Some(reply)),
            Err(
                Error::Unknown(_)
                | Error::Rejected(
                    Rejection::NotWaiting { .. } | Rejection::UnknownExecution { .. } | Rejection::Ended { .. },
                ),
            ) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

//! `/history/decision-instance`: decisions that were evaluated.

use axum::Json;
use axum::extract::{Path, State};
use flowstone_expression::TypedValue;
use flowstone_store::history::{DecisionInput, DecisionOutput, HistoricDecision, HistoricDecisionField as Field};
use flowstone_store::query::{Query, Scalar, Test};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::body::{self, Parameters};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::filter::{self, Table, When};
use crate::api::value::{content_to_wire, date_to_wire, info_to_wire};
use crate::api::{AppState, Count};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(count))
        .routes(routes!(get))
}

static DECISIONS: Table<Field> = Table {
    entity: "historic decision instance",
    filters: &[
        filter::id("decisionInstanceId", Field::Id),
        filter::id_in("decisionInstanceIdIn", Field::Id),
        filter::text("decisionDefinitionId", Field::DecisionId),
        filter::text_in("decisionDefinitionIdIn", Field::DecisionId),
        filter::text("decisionDefinitionKey", Field::DecisionKey),
        filter::text_in("decisionDefinitionKeyIn", Field::DecisionKey),
        filter::text("decisionDefinitionName", Field::DecisionName),
        filter::like("decisionDefinitionNameLike", Field::DecisionName),
        filter::text("processDefinitionId", Field::DefinitionId),
        filter::text("processDefinitionKey", Field::DefinitionKey),
        filter::id("processInstanceId", Field::InstanceId),
        filter::text_in("activityIdIn", Field::ActivityId),
        filter::id_in("activityInstanceIdIn", Field::ActivityInstanceId),
        filter::time_until("evaluatedBefore", Field::At),
        filter::time_since("evaluatedAfter", Field::At),
        filter::id("rootDecisionInstanceId", Field::RootDecisionInstanceId),
        filter::when("rootDecisionInstancesOnly", Field::Required, When::False),
        filter::text_in("tenantIdIn", Field::TenantId),
        filter::when("withoutTenantId", Field::TenantId, When::Absent),
    ],
    sorts: &[("evaluationTime", Field::At), ("tenantId", Field::TenantId)],
    unsupported: &[
        "caseDefinitionId",
        "caseDefinitionKey",
        "caseInstanceId",
        "decisionRequirementsDefinitionId",
        "decisionRequirementsDefinitionKey",
        "userId",
    ],
    unsupported_sorts: &[],
    or_queries: false,
};

/// A decision that was evaluated.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoricDecisionInstance {
    id: String,
    decision_definition_id: String,
    decision_definition_key: String,
    decision_definition_name: Option<String>,
    evaluation_time: String,
    removal_time: Option<String>,
    /// Null when no process asked for it, like the other ids of processes.
    process_definition_id: Option<String>,
    process_definition_key: Option<String>,
    process_instance_id: Option<String>,
    case_definition_id: Option<String>,
    case_definition_key: Option<String>,
    case_instance_id: Option<String>,
    activity_id: Option<String>,
    activity_instance_id: Option<String>,
    /// Always null: evaluations are not told apart by who asked.
    user_id: Option<String>,
    /// Null unless `includeInputs` is given.
    inputs: Option<Vec<HistoricDecisionInput>>,
    /// Null unless `includeOutputs` is given.
    outputs: Option<Vec<HistoricDecisionOutput>>,
    /// What a table that collects made of the results.
    collect_result_value: Option<f64>,
    /// The decision that required this one.
    root_decision_instance_id: Option<String>,
    root_process_instance_id: Option<String>,
    /// Always null: history does not tell graphs.
    decision_requirements_definition_id: Option<String>,
    /// Always null.
    decision_requirements_definition_key: Option<String>,
    tenant_id: Option<String>,
}

/// A value that a decision table tested.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoricDecisionInput {
    #[serde(rename = "type")]
    type_name: &'static str,
    #[schema(value_type = Option<Object>)]
    value: Value,
    #[schema(value_type = Object)]
    value_info: Value,
    id: String,
    decision_instance_id: String,
    clause_id: Option<String>,
    clause_name: Option<String>,
    /// Why there is no value.
    error_message: Option<String>,
    create_time: String,
    removal_time: Option<String>,
    root_process_instance_id: Option<String>,
}

/// A result of a decision.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoricDecisionOutput {
    #[serde(rename = "type")]
    type_name: &'static str,
    #[schema(value_type = Option<Object>)]
    value: Value,
    #[schema(value_type = Object)]
    value_info: Value,
    id: String,
    decision_instance_id: String,
    clause_id: Option<String>,
    clause_name: Option<String>,
    rule_id: Option<String>,
    /// Place of the rule among those that matched, from 1.
    rule_order: Option<i32>,
    /// Why there is no value.
    error_message: Option<String>,
    variable_name: String,
    create_time: String,
    removal_time: Option<String>,
    root_process_instance_id: Option<String>,
}

/// What a request wants to see of each decision.
struct Shown {
    inputs: bool,
    outputs: bool,
    binary: bool,
    deserialize: bool,
}

impl Shown {
    fn of(parameters: &Parameters) -> Self {
        Shown {
            inputs: parameters.flag("includeInputs", false),
            outputs: parameters.flag("includeOutputs", false),
            binary: !parameters.flag("disableBinaryFetching", false),
            deserialize: !parameters.flag("disableCustomObjectDeserialization", false),
        }
    }

    fn value(&self, value: &TypedValue) -> Value {
        match value {
            TypedValue::Bytes(_) if !self.binary => Value::Null,
            value => content_to_wire(value, self.deserialize),
        }
    }

    fn decision(&self, decision: HistoricDecision) -> HistoricDecisionInstance {
        let (id, at) = (decision.id.to_string(), date_to_wire(decision.at));
        let instance = decision.process_instance_id;
        let root_instance = decision.root_instance_id.or(instance).map(|id| id.to_string());
        let input = |input: DecisionInput| HistoricDecisionInput {
            type_name: input.value.type_name(),
            value: self.value(&input.value),
            value_info: info_to_wire(&input.value),
            id: input.id.to_string(),
            decision_instance_id: id.clone(),
            clause_id: input.clause_id,
            clause_name: input.clause_name,
            error_message: input.error_message,
            create_time: at.clone(),
            removal_time: None,
            root_process_instance_id: root_instance.clone(),
        };
        let output = |output: DecisionOutput| HistoricDecisionOutput {
            type_name: output.value.type_name(),
            value: self.value(&output.value),
            value_info: info_to_wire(&output.value),
            id: output.id.to_string(),
            decision_instance_id: id.clone(),
            clause_id: output.clause_id,
            clause_name: output.clause_name,
            rule_id: output.rule_id,
            rule_order: output.rule_order,
            error_message: output.error_message,
            variable_name: output.variable_name,
            create_time: at.clone(),
            removal_time: None,
            root_process_instance_id: root_instance.clone(),
        };
        let root = decision.root_decision_instance_id;
        HistoricDecisionInstance {
            inputs: self.inputs.then(|| decision.inputs.into_iter().map(input).collect()),
            outputs: self.outputs.then(|| decision.outputs.into_iter().map(output).collect()),
            decision_definition_id: decision.decision_id.to_string(),
            decision_definition_key: decision.decision_key.to_string(),
            decision_definition_name: decision.decision_name,
            removal_time: None,
            process_definition_id: decision.definition_id.map(|id| id.to_string()),
            process_definition_key: decision.definition_key.map(|key| key.to_string()),
            process_instance_id: instance.map(|id| id.to_string()),
            case_definition_id: None,
            case_definition_key: None,
            case_instance_id: None,
            activity_id: decision.node_id.map(|id| id.to_string()),
            activity_instance_id: decision.activity_instance_id.map(|id| id.to_string()),
            user_id: None,
            collect_result_value: match decision.collected {
                Some(TypedValue::Double(number)) => Some(number),
                _ => None,
            },
            root_decision_instance_id: decision.required.then(|| root.to_string()),
            root_process_instance_id: root_instance,
            decision_requirements_definition_id: None,
            decision_requirements_definition_key: None,
            tenant_id: decision.tenant_id,
            evaluation_time: at,
            id,
        }
    }
}

/// List decisions that were evaluated
#[utoipa::path(get, path = "/history/decision-instance", operation_id = "getHistoricDecisionInstances", tag = "Historic Decision Instance",
    params(("includeInputs" = Option<bool>, Query, description = "Whether the values that were tested are shown"),
        ("includeOutputs" = Option<bool>, Query, description = "Whether the results are shown")),
    responses((status = 200, body = [HistoricDecisionInstance]), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    parameters: Parameters,
) -> Result<Json<Vec<HistoricDecisionInstance>>, ApiError> {
    let found = state
        .store()
        .historic_decisions(&DECISIONS.from_parameters(&parameters)?)
        .await?;
    let shown = Shown::of(&parameters);
    Ok(Json(found.into_iter().map(|one| shown.decision(one)).collect()))
}

/// Count decisions that were evaluated
#[utoipa::path(get, path = "/history/decision-instance/count", operation_id = "getHistoricDecisionInstancesCount", tag = "Historic Decision Instance",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody), (status = 501, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    let query = DECISIONS.from_parameters(&parameters)?;
    Ok(Count::json(state.store().count_historic_decisions(&query).await?))
}

/// Get a decision that was evaluated
#[utoipa::path(get, path = "/history/decision-instance/{id}", operation_id = "getHistoricDecisionInstance", tag = "Historic Decision Instance",
    params(("id" = String, Path, description = "Id of the evaluation"),
        ("includeInputs" = Option<bool>, Query, description = "Whether the values that were tested are shown"),
        ("includeOutputs" = Option<bool>, Query, description = "Whether the results are shown")),
    responses((status = 200, body = HistoricDecisionInstance), (status = 404, body = ErrorBody)))]
async fn get(
    State(state): State<AppState>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Json<HistoricDecisionInstance>, ApiError> {
    let found = match body::id(&id) {
        Some(id) => {
            let query = Query::default().with(Field::Id, Test::Equals(Scalar::Id(id)));
            state.store().historic_decisions(&query).await?.pop()
        }
        None => None,
    };
    let found = found
        .ok_or_else(|| ApiError::not_found(format!("Historic decision instance with id '{id}' does not exist")))?;
    Ok(Json(Shown::of(&parameters).decision(found)))
}

//! `POST /deployment/create`: the multipart form, what is deployed, and the problems of what is
//! not (contract 3.7 and 3.1 "ParseException").

use axum::Json;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{StatusCode, header};
use flowstone_bpmn::Diagnostic;
use flowstone_engine::{DeployError, DeployRequest, DeployedResources, DuplicateFilter, NewResource};
use flowstone_store::record::DecisionRecord;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::base_uri::BaseUri;
use crate::api::body::{media_type, refuse_large};
use crate::api::decision_definition::DecisionDefinition;
use crate::api::decision_requirements_definition::DecisionRequirementsDefinition;
use crate::api::error::{ApiError, ErrorBody};
use crate::api::process_definition::ProcessDefinition;
use crate::api::value::date_to_wire;
use crate::api::{AppState, Link};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create))
}

/// A new deployment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewDeployment {
    links: Vec<Link>,
    id: String,
    name: Option<String>,
    source: Option<String>,
    deployment_time: String,
    tenant_id: Option<String>,
    /// Process definitions by id; null when none was deployed.
    #[schema(value_type = Option<Object>)]
    deployed_process_definitions: Option<Value>,
    #[schema(value_type = Option<Object>)]
    deployed_case_definitions: Option<Value>,
    /// Decision definitions by id; null when none was deployed.
    #[schema(value_type = Option<Object>)]
    deployed_decision_definitions: Option<Value>,
    /// Decision requirements definitions by id; null when none was deployed.
    #[schema(value_type = Option<Object>)]
    deployed_decision_requirements_definitions: Option<Value>,
    /// Process definitions by id that make a deployment unnecessary; only when duplicate
    /// filtering found nothing to deploy.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    existing_process_definitions: Option<Value>,
    /// Warnings by resource name, when there are any.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Value>,
}

/// Deploy resources
///
/// A multipart form: the parts `deployment-name`, `deployment-source`, `tenant-id`,
/// `enable-duplicate-filtering`, `deploy-changed-only`, `deployment-activation-time`; every other
/// part is a resource, named by its file name. All of them are deployed or none.
#[utoipa::path(post, path = "/deployment/create", operation_id = "createDeployment", tag = "Deployment",
    request_body(content_type = "multipart/form-data", content = Object),
    responses((status = 200, body = NewDeployment), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 500, body = ErrorBody)))]
async fn create(
    State(state): State<AppState>,
    base: BaseUri,
    request: Request,
) -> Result<Json<NewDeployment>, ApiError> {
    let request = read(request, &state).await?;
    let deployed = state.engine().deploy(request).await.map_err(deploy_error)?;
    Ok(Json(shown(deployed, &base)))
}

fn shown(deployed: DeployedResources, base: &BaseUri) -> NewDeployment {
    let id = deployed.deployment.id.to_string();
    let by_id = |definitions: Vec<_>| {
        let shown: Map<String, Value> = definitions
            .into_iter()
            .map(ProcessDefinition::from)
            .map(|definition| (definition.id().to_owned(), json!(definition)))
            .collect();
        (!shown.is_empty()).then_some(Value::Object(shown))
    };
    let graphs: Map<String, Value> = deployed
        .decisions
        .iter()
        .filter_map(DecisionRecord::requirements_record)
        .map(DecisionRequirementsDefinition::from)
        .map(|graph| (graph.id().to_owned(), json!(graph)))
        .collect();
    let decisions: Map<String, Value> = deployed
        .decisions
        .into_iter()
        .map(DecisionDefinition::from)
        .map(|decision| (decision.id().to_owned(), json!(decision)))
        .collect();
    NewDeployment {
        links: Link::to_self(base.link(&format!("/deployment/{id}"))),
        id,
        name: deployed.deployment.name,
        source: deployed.deployment.source,
        deployment_time: date_to_wire(deployed.deployment.deployed_at),
        tenant_id: deployed.deployment.tenant_id,
        deployed_process_definitions: by_id(deployed.definitions),
        deployed_case_definitions: None,
        deployed_decision_definitions: (!decisions.is_empty()).then_some(Value::Object(decisions)),
        deployed_decision_requirements_definitions: (!graphs.is_empty()).then_some(Value::Object(graphs)),
        existing_process_definitions: by_id(deployed.existing_definitions),
        warnings: (!deployed.warnings.is_empty()).then(|| {
            let lists = deployed.warnings.iter();
            Value::Object(
                lists
                    .map(|(name, list)| (name.clone(), list.iter().map(problem).collect()))
                    .collect(),
            )
        }),
    }
}

async fn read(request: Request, state: &AppState) -> Result<DeployRequest, ApiError> {
    let limit = state.options().max_deployment_bytes;
    if media_type(&request).as_deref() != Some("multipart/form-data") {
        return Err(ApiError::unsupported_media_type(
            "A deployment is sent as a form; use Content-Type: multipart/form-data",
        ));
    }
    let request = refuse_large(request, limit).await?;
    let mut form = Multipart::from_request(request, state)
        .await
        .map_err(|_| ApiError::invalid("multipart/form-data cannot be processed"))?;
    let mut deployment = DeployRequest::default();
    let mut all_or_nothing = false;
    let mut changed_only = false;
    // The last one of several parts with the same name counts.
    let mut resources: Vec<(String, NewResource)> = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|error| form_error(&error, limit))? {
        let part = field.name().unwrap_or_default().to_owned();
        match part.as_str() {
            "deployment-name" => deployment.name = text(field, limit).await?,
            "deployment-source" => deployment.source = text(field, limit).await?,
            "tenant-id" => deployment.tenant_id = text(field, limit).await?,
            "enable-duplicate-filtering" => all_or_nothing = is_true(text(field, limit).await?),
            "deploy-changed-only" => changed_only = is_true(text(field, limit).await?),
            "deployment-activation-time" => {
                if text(field, limit).await?.is_some() {
                    return Err(ApiError::not_implemented(
                        "deployment-activation-time is not implemented by this server; deploy at the time wanted",
                    ));
                }
            }
            _ => {
                let Some(name) = field.file_name().map(str::to_owned) else {
                    return Err(ApiError::invalid(format!(
                        "No file name found in the deployment resource described by form parameter '{}'.",
                        if part.is_empty() { "null" } else { &part }
                    )));
                };
                let bytes = field.bytes().await.map_err(|error| form_error(&error, limit))?;
                let resource = NewResource {
                    name,
                    bytes: bytes.to_vec().into(),
                };
                resources.retain(|(known, _)| *known != part);
                resources.push((part, resource));
            }
        }
    }
    if resources.is_empty() {
        return Err(deploy_error(DeployError::Empty));
    }
    deployment.resources = resources.into_iter().map(|(_, resource)| resource).collect();
    deployment.duplicates = match (changed_only, all_or_nothing) {
        (true, _) => DuplicateFilter::ChangedOnly,
        (false, true) => DuplicateFilter::All,
        (false, false) => DuplicateFilter::Off,
    };
    Ok(deployment)
}

/// The text of a part; parts of a type that is no text, and empty ones, count as absent.
async fn text(field: Field<'_>, limit: usize) -> Result<Option<String>, ApiError> {
    let is_text = field
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"text/plain"));
    let bytes = field.bytes().await.map_err(|error| form_error(&error, limit))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok((is_text && !text.is_empty()).then_some(text))
}

fn is_true(text: Option<String>) -> bool {
    text.is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
}

fn form_error(error: &MultipartError, limit: usize) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::too_large(limit)
    } else {
        ApiError::invalid("multipart/form-data cannot be processed")
    }
}

fn deploy_error(error: DeployError) -> ApiError {
    match error {
        DeployError::Invalid { problems } => parse_error(&problems),
        DeployError::Empty => ApiError::invalid("No deployment resources contained in the form upload."),
        DeployError::DuplicateProcess { .. }
        | DeployError::DuplicateDecision { .. }
        | DeployError::Decisions { .. }
        | DeployError::Start { .. } => ApiError::engine(error.to_string()),
        DeployError::Store(error) => error.into(),
    }
}

/// All problems of all resources at once. Modeler recognises the beginning of the message.
fn parse_error(problems: &[(String, Vec<Diagnostic>)]) -> ApiError {
    let mut message = String::from("ENGINE-09005 Could not parse BPMN process. Errors: ");
    let mut details = Map::new();
    for (resource, diagnostics) in problems {
        for error in diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
            message.push_str(&format!(
                "\n* {} | resource {resource} | line {} | column {}",
                error.message, error.line, error.column
            ));
        }
        let (errors, warnings): (Vec<_>, Vec<_>) = diagnostics.iter().partition(|diagnostic| diagnostic.is_error());
        let shown = |list: Vec<&Diagnostic>| list.into_iter().map(problem).collect::<Vec<_>>();
        details.insert(
            resource.clone(),
            json!({ "errors": shown(errors), "warnings": shown(warnings) }),
        );
    }
    ApiError::invalid_for_engine(message)
        .kind("ParseException")
        .details(Value::Object(details))
}

fn problem(diagnostic: &Diagnostic) -> Value {
    json!({
        "message": diagnostic.message,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "mainElementId": diagnostic.element_ids.first(),
        "elementIds": diagnostic.element_ids,
        // Camunda's own spelling of this field begins with a Cyrillic letter; its clients read that.
        "\u{435}lementIds": diagnostic.element_ids,
        "problem": diagnostic.code,
        "advice": diagnostic.advice,
    })
}

//! `/job-definition`: which elements of the deployed processes make jobs. They follow from the models.

mod change;
mod priority;
mod suspension;

use axum::Json;
use axum::extract::{Path, State};
use flowstone_engine::JobDefinition;
use flowstone_store::JobOverrideRow;
use flowstone_store::query::{DefinitionField, Query, Scalar, Test};
use flowstone_store::record::DefinitionRecord;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{JsonBody, Parameters};
use super::error::{ApiError, ErrorBody};
use super::{AppState, Count};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, query))
        .routes(routes!(count, query_count))
        .routes(routes!(get))
        .merge(change::routes())
        .merge(priority::routes())
        .merge(suspension::routes())
}

/// An element that makes jobs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobDefinitionBody {
    id: String,
    process_definition_id: String,
    process_definition_key: String,
    activity_id: String,
    job_type: &'static str,
    job_configuration: String,
    overriding_job_priority: Option<i64>,
    suspended: bool,
    tenant_id: Option<String>,
    deployment_id: String,
}

impl JobDefinitionBody {
    /// A job definition of a process definition, as operators changed it.
    fn new(definition: JobDefinition, of: &DefinitionRecord, changed: Option<&JobOverrideRow>) -> Self {
        JobDefinitionBody {
            id: definition.id.to_string(),
            process_definition_id: definition.definition_id.to_string(),
            process_definition_key: definition.definition_key.to_string(),
            activity_id: definition.place.node.to_string(),
            job_type: definition.place.job_type,
            job_configuration: definition.place.configuration,
            overriding_job_priority: changed.and_then(|row| row.priority),
            suspended: changed.and_then(|row| row.suspended).unwrap_or(of.suspended),
            tenant_id: definition.tenant_id,
            deployment_id: definition.deployment_id.to_string(),
        }
    }
}

/// The filters that are true or false.
const FLAGS: [&str; 5] = [
    "active",
    "suspended",
    "withOverridingJobPriority",
    "withoutTenantId",
    "includeJobDefinitionsWithoutTenantId",
];

fn flag(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Which job definitions are asked for.
struct Filter<'a>(&'a Map<String, Value>);

impl Filter<'_> {
    fn given(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.given(name).and_then(Value::as_str)
    }

    fn flag(&self, name: &str) -> bool {
        flag(self.given(name)).is_some_and(|value| value)
    }

    /// Refuses flags that are neither true nor false.
    fn check(&self) -> Result<(), ApiError> {
        for name in FLAGS {
            if self.given(name).is_some() && flag(self.given(name)).is_none() {
                return Err(ApiError::invalid(format!(
                    "Cannot set query parameter '{name}': it must be true or false"
                )));
            }
        }
        Ok(())
    }

    fn list(&self, name: &str) -> Option<Vec<&str>> {
        match self.given(name)? {
            Value::String(text) => Some(text.split(',').collect()),
            Value::Array(items) => Some(items.iter().filter_map(Value::as_str).collect()),
            _ => None,
        }
    }

    fn passes(&self, body: &JobDefinitionBody) -> bool {
        let is = |name: &str, value: &str| self.text(name).is_none_or(|wanted| wanted == value);
        let among = |name: &str, value: &str| self.list(name).is_none_or(|wanted| wanted.contains(&value));
        let tenant_passes = match (&body.tenant_id, self.list("tenantIdIn")) {
            (_, None) => true,
            (Some(tenant), Some(wanted)) => wanted.contains(&tenant.as_str()),
            (None, Some(_)) => self.flag("includeJobDefinitionsWithoutTenantId"),
        };
        is("jobDefinitionId", &body.id)
            && is("processDefinitionId", &body.process_definition_id)
            && is("processDefinitionKey", &body.process_definition_key)
            && is("jobType", body.job_type)
            && is("jobConfiguration", &body.job_configuration)
            && among("activityIdIn", &body.activity_id)
            && tenant_passes
            && !(self.flag("withoutTenantId") && body.tenant_id.is_some())
            && !(self.flag("active") && body.suspended)
            && (body.suspended || !self.flag("suspended"))
            && !(self.flag("withOverridingJobPriority") && body.overriding_job_priority.is_none())
    }
}

/// The job definitions that pass a filter, in the order asked for.
async fn filtered(state: &AppState, fields: &Map<String, Value>) -> Result<Vec<JobDefinitionBody>, ApiError> {
    let (_, mut found): (Vec<_>, Vec<_>) = matching(state, fields).await?.into_iter().unzip();
    sort(&mut found, fields)?;
    Ok(found)
}

/// The job definitions that pass a filter, each also as it is shown.
async fn matching(
    state: &AppState,
    fields: &Map<String, Value>,
) -> Result<Vec<(JobDefinition, JobDefinitionBody)>, ApiError> {
    let filter = Filter(fields);
    filter.check()?;
    let mut query = Query::default();
    for (name, field) in [
        ("processDefinitionId", DefinitionField::Id),
        ("processDefinitionKey", DefinitionField::Key),
    ] {
        if let Some(wanted) = filter.text(name) {
            query = query.with(field, Test::Equals(Scalar::Text(wanted.to_owned())));
        }
    }
    let records = state.store().definitions(&query).await?;
    let ids: Vec<_> = records.iter().map(|record| record.id.clone()).collect();
    let changed = state.engine().job_overrides(&ids).await?;
    let mut found = Vec::new();
    for record in records {
        let definition = state.engine().definition(&record.id).await?;
        let all = definition.job_definitions().into_iter().map(|one| {
            let body = JobDefinitionBody::new(one.clone(), &record, changed.get(&one.id));
            (one, body)
        });
        found.extend(all.filter(|(_, body)| filter.passes(body)));
    }
    Ok(found)
}

fn sort(found: &mut [JobDefinitionBody], fields: &Map<String, Value>) -> Result<(), ApiError> {
    let from_list = fields
        .get("sorting")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    // The least important first: each sort keeps the order of what is equal.
    for sorting in from_list.iter().chain([&Value::Object(fields.clone())]).rev() {
        let Some(key) = sorting.get("sortBy").and_then(Value::as_str) else {
            continue;
        };
        let text: fn(&JobDefinitionBody) -> &str = match key {
            "jobDefinitionId" => |body| &body.id,
            "activityId" => |body| &body.activity_id,
            "processDefinitionId" => |body| &body.process_definition_id,
            "processDefinitionKey" => |body| &body.process_definition_key,
            "jobType" => |body| body.job_type,
            "jobConfiguration" => |body| &body.job_configuration,
            "tenantId" => |body| body.tenant_id.as_deref().unwrap_or_default(),
            other => return Err(ApiError::invalid(format!("Cannot sort job definitions by '{other}'"))),
        };
        found.sort_by(|one, other| text(one).cmp(text(other)));
        if sorting.get("sortOrder").and_then(Value::as_str) == Some("desc") {
            found.reverse();
        }
    }
    Ok(())
}

fn page(found: Vec<JobDefinitionBody>, parameters: &Parameters) -> Result<Vec<JobDefinitionBody>, ApiError> {
    let number = |name: &str| {
        let text = parameters
            .0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value);
        let wrong = |_| ApiError::invalid(format!("{name} must be a whole number"));
        text.map(|text| text.parse::<usize>().map_err(wrong)).transpose()
    };
    let (first, most) = (number("firstResult")?.unwrap_or(0), number("maxResults")?);
    Ok(found.into_iter().skip(first).take(most.unwrap_or(usize::MAX)).collect())
}

fn fields_of(parameters: &Parameters) -> Map<String, Value> {
    let pairs = parameters.0.iter().rev();
    pairs
        .map(|(name, value)| (name.clone(), Value::String(value.clone())))
        .collect()
}

/// List job definitions
#[utoipa::path(get, path = "/job-definition", operation_id = "getJobDefinitions", tag = "Job Definition",
    responses((status = 200, body = [JobDefinitionBody]), (status = 400, body = ErrorBody)))]
async fn list(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Vec<JobDefinitionBody>>, ApiError> {
    let found = filtered(&state, &fields_of(&parameters)).await?;
    Ok(Json(page(found, &parameters)?))
}

/// List job definitions by a query in the body
#[utoipa::path(post, path = "/job-definition", operation_id = "queryJobDefinitions", tag = "Job Definition",
    request_body = Object,
    responses((status = 200, body = [JobDefinitionBody]), (status = 400, body = ErrorBody)))]
async fn query(
    State(state): State<AppState>,
    parameters: Parameters,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Vec<JobDefinitionBody>>, ApiError> {
    let found = filtered(&state, &body).await?;
    Ok(Json(page(found, &parameters)?))
}

/// Count job definitions
#[utoipa::path(get, path = "/job-definition/count", operation_id = "getJobDefinitionsCount", tag = "Job Definition",
    responses((status = 200, body = Count), (status = 400, body = ErrorBody)))]
async fn count(State(state): State<AppState>, parameters: Parameters) -> Result<Json<Count>, ApiError> {
    let found = filtered(&state, &fields_of(&parameters)).await?;
    Ok(Count::json(found.len() as u64))
}

/// Count job definitions by a query in the body
#[utoipa::path(post, path = "/job-definition/count", operation_id = "queryJobDefinitionsCount",
    tag = "Job Definition", request_body = Object,
    responses((status = 200, body = Count), (status = 400, body = ErrorBody)))]
async fn query_count(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<Count>, ApiError> {
    let found = filtered(&state, &body).await?;
    Ok(Count::json(found.len() as u64))
}

/// Get a job definition
#[utoipa::path(get, path = "/job-definition/{id}", operation_id = "getJobDefinition", tag = "Job Definition",
    params(("id" = String, Path, description = "Job definition id")),
    responses((status = 200, body = JobDefinitionBody), (status = 404, body = ErrorBody)))]
async fn get(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<JobDefinitionBody>, ApiError> {
    let (_, body) = existing(&state, &id).await?;
    Ok(Json(body))
}

/// The job definition with an id.
///
/// # Errors
/// 404 when there is none.
async fn existing(state: &AppState, id: &str) -> Result<(JobDefinition, JobDefinitionBody), ApiError> {
    let wanted = Map::from_iter([("jobDefinitionId".to_owned(), Value::String(id.to_owned()))]);
    let found = matching(state, &wanted).await?.pop();
    found.ok_or_else(|| ApiError::not_found(format!("Job Definition with id {id} does not exist")))
}

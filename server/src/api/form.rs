//! What the forms of tasks and those that start instances have in common.

mod render;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use flowstone_bpmn::model::FormData;
use flowstone_core::{FormAddress, FormReference, FormVariable, Rejection};
use flowstone_engine::{Error, FormError};
use flowstone_expression::Variables;
use flowstone_store::record::DefinitionRecord;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::AppState;
use super::body::Parameters;
use super::error::ApiError;
use super::value::to_wire;

/// The media type of forms that are pages.
const XHTML: &str = "application/xhtml+xml";

/// Which variables a request for those of a form is about.
pub(super) struct Selection {
    names: Option<Vec<String>>,
    deserialize: bool,
}

impl Selection {
    /// From `variableNames` and `deserializeValues`.
    pub(super) fn of(parameters: &Parameters) -> Self {
        let names = parameters.get("variableNames");
        Selection {
            names: names.map(|names| names.split(',').map(|name| name.trim().to_owned()).collect()),
            deserialize: parameters.flag("deserializeValues", true),
        }
    }

    /// The fields of a form, then other variables, as far as they are asked for.
    pub(super) fn show(&self, fields: Vec<FormVariable>, others: &Variables) -> Value {
        let mut shown = Map::new();
        for field in fields {
            if !self.wants(&field.name) {
                continue;
            }
            let value = if field.value.is_null() {
                json!({"type": field.type_name, "value": null, "valueInfo": {}})
            } else {
                to_wire(&field.value, self.deserialize)
            };
            shown.insert(field.name, value);
        }
        for (name, value) in others {
            if self.wants(name) && !shown.contains_key(name) {
                shown.insert(name.clone(), to_wire(value, self.deserialize));
            }
        }
        Value::Object(shown)
    }

    fn wants(&self, name: &str) -> bool {
        self.names
            .as_ref()
            .is_none_or(|names| names.iter().any(|wanted| wanted == name))
    }
}

/// The reply to a form that could not be submitted: 400 when a value violates a constraint, else as any failure.
pub(super) fn not_submitted(prefix: &str, error: Error) -> ApiError {
    let violated = matches!(error, Error::Rejected(Rejection::FormConstraint { .. }));
    let message = format!("{prefix}: {}", ApiError::from(error).message);
    if violated {
        ApiError::refused(message)
    } else {
        ApiError::rest(message)
    }
}

/// Where a form is found.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Form {
    /// Key of the form; of one whose fields stand in the model, the address where it would be rendered.
    key: Option<String>,
    /// A deployed form: key, binding and version.
    #[schema(value_type = Option<Object>)]
    camunda_form_ref: Option<Value>,
    /// Always null: there are no process applications.
    context_path: Option<String>,
}

impl Form {
    /// Where the form is found that has this address, or else stands in the model as fields of `resource`.
    pub(super) fn new(address: FormAddress, fields: Option<&FormData>, resource: &str) -> Self {
        let key = address.key.filter(|key| !key.is_empty());
        let generated = address.reference.is_none() && fields.is_some_and(|fields| !fields.fields.is_empty());
        Form {
            key: key
                .or_else(|| generated.then(|| format!("embedded:engine://engine/:engine/{resource}/rendered-form"))),
            camunda_form_ref: address.reference.map(|reference| {
                let FormReference { key, binding, version } = reference;
                shown(json!({"key": key, "binding": binding, "version": version}))
            }),
            context_path: None,
        }
    }
}

/// A reference to a form as clients see it: its version is a number wherever it is one.
pub(super) fn shown(mut reference: Value) -> Value {
    if let Some(version) = reference.get_mut("version")
        && let Some(number) = version.as_str().and_then(|text| text.parse::<i32>().ok())
    {
        *version = json!(number);
    }
    reference
}

/// A deployed form as a download.
///
/// # Errors
/// 404 when it is not deployed, 400 when the model names no deployed form.
pub(super) async fn deployed(
    state: &AppState,
    address: &FormAddress,
    definition: &DefinitionRecord,
) -> Result<Response, ApiError> {
    let resource = state
        .engine()
        .deployed_form(address, definition)
        .await
        .map_err(|error| {
            let message = error.to_string();
            match error {
                FormError::NotNamed | FormError::NotDeployed(_) => ApiError::invalid(message),
                FormError::NoResource { .. } | FormError::UnknownForm { .. } => ApiError::not_found(message),
                FormError::BoundByVersion(_) => ApiError::not_implemented(message),
                FormError::Store(error) => error.into(),
            }
        })?;
    let json = address.key.as_deref().is_none_or(|key| key.ends_with(".form"));
    let media_type = if json { "application/json" } else { XHTML };
    Ok(download(resource.bytes.to_vec(), media_type))
}

/// A form whose fields stand in the model, as a page for the form library of clients; `None` without fields.
pub(super) fn rendered(form: Option<&FormData>, variables: &[FormVariable]) -> Option<Response> {
    let page = render::render(form?, variables)?;
    Some(download(page.into_bytes(), XHTML))
}

/// A form for a client that puts it into its own page. It comes from whoever may deploy: a browser that opens it as a
/// page of its own must not run it.
fn download(bytes: Vec<u8>, media_type: &'static str) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    response
}

//! What the forms of tasks and those that start instances have in common.

use flowstone_core::{FormVariable, Rejection};
use flowstone_engine::Error;
use flowstone_expression::Variables;
use serde_json::{Map, Value, json};

use super::body::Parameters;
use super::error::ApiError;
use super::value::to_wire;

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

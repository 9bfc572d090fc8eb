//! Forms whose fields stand in the model: what is submitted is checked and converted by the fields (bpmn-semantics 1b).
//!
//! Whoever completes a task or starts an instance without its form bypasses the fields, as in the reference engine.

mod value;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use flowstone_bpmn::model::{
    FieldType, FormBinding, FormData, FormField, FormProperty, NodeIndex, NodeKind, StartEvent,
};
use flowstone_expression::{Expression, TypedValue, Value, Variables};
use flowstone_script::Limits;
use uuid::Uuid;

use crate::command::{Start, UserTaskChange};
use crate::compile::Executable;
use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::{Delegation, FormReference, Instance};
use crate::step::Step;

/// A field of a form with the value that a person sees in it.
#[derive(Clone, Debug, PartialEq)]
pub struct FormVariable {
    /// Id of the field, and name of its variable.
    pub name: String,
    /// What a person reads beside it.
    pub label: Option<String>,
    /// Wire type of the field, also when it has no value.
    pub type_name: &'static str,
    /// Its value; dates are texts in the pattern of the field.
    pub value: TypedValue,
}

/// Where a form is found that does not stand in the model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FormAddress {
    /// Key of an external form.
    pub key: Option<String>,
    /// A deployed form.
    pub reference: Option<FormReference>,
}

impl Executable {
    /// The fields of a user task by its BPMN id; `None` when there is no such task.
    pub fn task_form(&self, node: &str) -> Option<&FormData> {
        match &self.flow_node(self.find(node).ok()?).kind {
            NodeKind::UserTask(task) => Some(&task.form_data),
            _ => None,
        }
    }

    /// The fields of the none start event; `None` when the process has no such event.
    pub fn start_form(&self) -> Option<&FormData> {
        self.none_start().map(|(_, event)| &event.form_data)
    }

    /// Where the start form is found.
    ///
    /// # Errors
    /// [`Rejection::Expression`] when that cannot be computed without an instance.
    pub fn start_form_address(&self, now: DateTime<Utc>) -> Result<FormAddress, Rejection> {
        let Some((node, event)) = self.none_start() else {
            return Ok(FormAddress::default());
        };
        let text = |expression: &Expression| {
            let value = self.without_instance(node, expression, now)?;
            if value.is_null() {
                return Ok(None);
            }
            value.to_text().map(Some).map_err(|error| Rejection::Expression {
                node: self.id(node).to_string(),
                error,
            })
        };
        let key = event.form_key.as_ref().map_or(Ok(None), text)?;
        let Some(form) = &event.form else {
            return Ok(FormAddress { key, reference: None });
        };
        let (binding, version) = match &form.binding {
            FormBinding::Latest => ("latest", None),
            FormBinding::Deployment => ("deployment", None),
            FormBinding::Version(version) => ("version", text(version)?),
        };
        let reference = text(&form.key)?.map(|key| FormReference {
            key,
            binding: binding.to_owned(),
            version,
        });
        Ok(FormAddress { key, reference })
    }

    /// The fields of the start form with their defaults.
    ///
    /// # Errors
    /// [`Rejection::Expression`] and [`Rejection::FormField`] when a default cannot be computed or does not fit.
    pub fn start_form_variables(&self, now: DateTime<Utc>) -> Result<Vec<FormVariable>, Rejection> {
        let Some((node, event)) = self.none_start() else {
            return Ok(Vec::new());
        };
        let fields = event.form_data.fields.iter();
        fields
            .map(|field| {
                let compute = |expression: &Expression| self.without_instance(node, expression, now);
                shown(field, None, compute, now)
            })
            .collect()
    }

    /// The fields of a user task of an instance with their variables, else with their defaults.
    ///
    /// # Errors
    /// [`Rejection::UnknownTask`]; [`Rejection::Expression`] and [`Rejection::FormField`] when a default cannot be
    /// computed, or a value does not fit its field.
    pub fn task_form_variables(
        &self,
        instance: &Instance,
        task: Uuid,
        now: DateTime<Utc>,
        limits: &Limits,
    ) -> Result<Vec<FormVariable>, Rejection> {
        let token = instance.token(task).ok_or(Rejection::UnknownTask { task })?;
        let form = self.task_form(&token.node).ok_or(Rejection::UnknownTask { task })?;
        let node = self.find(&token.node)?;
        let fields = form.fields.iter();
        fields
            .map(|field| {
                let compute = |expression: &Expression| self.compute_at(instance, task, node, expression, now, limits);
                shown(field, instance.variable(task, &field.id), compute, now)
            })
            .collect()
    }

    fn none_start(&self) -> Option<(NodeIndex, &StartEvent)> {
        let node = self.start_in(None)?;
        match &self.flow_node(node).kind {
            NodeKind::StartEvent(event) => Some((node, event)),
            _ => None,
        }
    }
}

/// What a person sees in a field.
fn shown(
    field: &FormField,
    variable: Option<&TypedValue>,
    compute: impl Fn(&Expression) -> Result<Value, Rejection>,
    now: DateTime<Utc>,
) -> Result<FormVariable, Rejection> {
    let value = match (variable, &field.default) {
        (Some(variable), _) => variable.clone(),
        (None, Some(expression)) => typed(&field.id, compute(expression)?)?,
        (None, None) => TypedValue::Null,
    };
    let value = value::converted(&field.field_type, value, now);
    let value = value.map_err(|problem| unfit(&field.id, problem))?;
    let label = field.label.as_ref().map(&compute).transpose()?;
    let label = label.map(|label| label.to_text().map_err(|error| unfit(&field.id, error.to_string())));
    Ok(FormVariable {
        name: field.id.clone(),
        label: label.transpose()?,
        type_name: value::type_name(&field.field_type),
        value: value::written(&field.field_type, value),
    })
}

/// The business key of a new instance: what the start says, else what is submitted for the field that holds it.
pub(crate) fn business_key(model: &Executable, node: NodeIndex, start: &Start) -> Option<String> {
    let submitted = || {
        let form = start_form_of(model, node, start)?;
        let value = start.variables.get(form.business_key.as_ref()?)?;
        let text = Value::from(value).to_text().ok()?;
        (!text.is_empty()).then_some(text)
    };
    start.business_key.clone().or_else(submitted)
}

/// The form that the variables of a start were submitted to.
fn start_form_of<'model>(model: &'model Executable, node: NodeIndex, start: &Start) -> Option<&'model FormData> {
    match &model.flow_node(node).kind {
        NodeKind::StartEvent(event) if start.form => Some(&event.form_data),
        _ => None,
    }
}

impl Step<'_> {
    /// The variables that an instance begins with at a start event.
    pub(crate) fn start_variables(&mut self, node: NodeIndex, start: &Start) -> Result<Variables, Rejection> {
        match start_form_of(self.model, node, start) {
            Some(form) => {
                self.note_submission(None, &start.variables);
                self.submitted(form, self.instance.id, node, &start.variables)
            }
            None => Ok(start.variables.clone()),
        }
    }

    /// A person submitted the form of a user task.
    pub(crate) fn submit_task_form(&mut self, task: Uuid, variables: &Variables) -> Result<(), Rejection> {
        let delegated = self.user_task(task)?.delegation == Some(Delegation::Pending);
        let token = self.instance.token(task).ok_or(Rejection::UnknownTask { task })?;
        let node = self.model.find(&token.node)?;
        let model = self.model;
        self.note_submission(Some(task), variables);
        let variables = match &model.flow_node(node).kind {
            NodeKind::UserTask(user_task) => self.submitted(&user_task.form_data, task, node, variables)?,
            _ => return Err(Rejection::UnknownTask { task }),
        };
        if delegated {
            self.change_user_task(task, &UserTaskChange::Resolve(variables))
        } else {
            self.complete_user_task(task, &variables)
        }
    }

    fn note_submission(&mut self, task: Option<Uuid>, variables: &Variables) {
        let submitted = variables.iter();
        let fields: BTreeMap<String, String> = submitted
            .filter_map(|(name, value)| match value {
                TypedValue::Null
                | TypedValue::Bytes(_)
                | TypedValue::File(_)
                | TypedValue::Json(_)
                | TypedValue::Xml(_)
                | TypedValue::Object(_) => None,
                value => Some((name.clone(), Value::from(value).to_text().ok()?)),
            })
            .collect();
        if !fields.is_empty() {
            self.emit(Event::FormSubmitted { task, fields });
        }
    }

    /// Checks what is submitted and converts it by the fields: the variables that are still to be set. Those that a
    /// default may ask for have been set by then, seen from `holder`.
    fn submitted(
        &mut self,
        form: &FormData,
        holder: Uuid,
        node: NodeIndex,
        submitted: &Variables,
    ) -> Result<Variables, Rejection> {
        let mut rest = submitted.clone();
        let mut taken = Variables::new();
        for property in &form.properties {
            let given = rest.remove(&property.id);
            if let Some(value) = self.property_value(property, given, &mut taken, holder, node)? {
                let variable = property.variable.clone().ok_or_else(|| Rejection::FormProperty {
                    property: property.id.clone(),
                    problem: "stored by an expression that names no variable",
                })?;
                taken.insert(variable, value);
            }
        }
        for field in &form.fields {
            // The business key is no field of its own kind: it is stored as it came.
            if form.business_key.as_ref() == Some(&field.id) {
                continue;
            }
            let given = rest.remove(&field.id);
            if let Some(value) = self.field_value(field, given, &mut taken, holder, node)? {
                taken.insert(field.id.clone(), value);
            }
        }
        taken.extend(rest);
        Ok(taken)
    }

    fn field_value(
        &mut self,
        field: &FormField,
        given: Option<TypedValue>,
        taken: &mut Variables,
        holder: Uuid,
        node: NodeIndex,
    ) -> Result<Option<TypedValue>, Rejection> {
        let known = taken
            .get(&field.id)
            .or_else(|| self.instance.variable(holder, &field.id));
        let has_value = known.is_some_and(|value| !value.is_null());
        let Some(given) = given else {
            value::check(&field.constraints, None, has_value).map_err(|constraint| violated(&field.id, constraint))?;
            let Some(default) = &field.default else {
                return Ok(None);
            };
            let value = self.default_value(&field.id, default, taken, holder, node)?;
            return self.fitting(&field.id, &field.field_type, value).map(Some);
        };
        let sent_text = matches!(&given, TypedValue::String(text) if text.is_empty());
        let value = self.fitting(&field.id, &field.field_type, given)?;
        let seen = value::Submitted {
            value: &value,
            is_empty_text: sent_text,
        };
        value::check(&field.constraints, Some(seen), has_value)
            .map_err(|constraint| violated(&field.id, constraint))?;
        Ok(Some(value))
    }

    fn property_value(
        &mut self,
        property: &FormProperty,
        given: Option<TypedValue>,
        taken: &mut Variables,
        holder: Uuid,
        node: NodeIndex,
    ) -> Result<Option<TypedValue>, Rejection> {
        let refused = |problem| Rejection::FormProperty {
            property: property.id.clone(),
            problem,
        };
        if given.is_some() && !property.writable {
            return Err(refused("not writable"));
        }
        let value = match (given, &property.default) {
            (Some(given), _) => given,
            (None, Some(default)) => self.default_value(&property.id, default, taken, holder, node)?,
            (None, None) if property.required => return Err(refused("required")),
            (None, None) => return Ok(None),
        };
        let empty = match (&property.field_type, &value) {
            (_, TypedValue::Null) => true,
            (Some(FieldType::Long | FieldType::Boolean | FieldType::Date(_)), TypedValue::String(text)) => {
                text.is_empty()
            }
            _ => false,
        };
        if empty {
            return Ok(None);
        }
        match &property.field_type {
            Some(field_type) => self.fitting(&property.id, field_type, value).map(Some),
            None => Ok(Some(value)),
        }
    }

    /// Computes a default, which may ask for the fields before it.
    fn default_value(
        &mut self,
        field: &str,
        default: &Expression,
        taken: &mut Variables,
        holder: Uuid,
        node: NodeIndex,
    ) -> Result<TypedValue, Rejection> {
        if default.literal().is_none() {
            self.set_variables(holder, &std::mem::take(taken));
        }
        let value = self.evaluate(default, &mut crate::context::Place::at(holder, node))?;
        typed(field, value)
    }

    fn fitting(&self, field: &str, field_type: &FieldType, value: TypedValue) -> Result<TypedValue, Rejection> {
        value::converted(field_type, value, self.now).map_err(|problem| unfit(field, problem))
    }
}

fn typed(field: &str, value: Value) -> Result<TypedValue, Rejection> {
    value.into_typed().map_err(|error| unfit(field, error.to_string()))
}

fn unfit(field: &str, problem: String) -> Rejection {
    Rejection::FormField {
        field: field.to_owned(),
        problem,
    }
}

fn violated(field: &str, constraint: String) -> Rejection {
    Rejection::FormConstraint {
        field: field.to_owned(),
        constraint,
    }
}

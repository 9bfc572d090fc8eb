//! The variables that expressions and scripts see, set and remove.

use flowstone_expression::{EvaluationError, Map, TypedValue, Value, Variables};
use uuid::Uuid;

use super::{InstanceContext, Place};

/// A variable set by an expression, or removed.
pub(super) struct Written {
    pub(super) holder: Uuid,
    pub(super) name: String,
    pub(super) value: Option<TypedValue>,
}

impl InstanceContext<'_, '_> {
    /// The holders of variables, the nearest first.
    pub(super) fn holders(&self) -> impl Iterator<Item = (Uuid, &Variables)> {
        let (own, from) = match self.place {
            Place::Execution { id, .. } => (None, *id),
            Place::Entering(entry) => (Some((entry.id, &entry.locals)), entry.scope),
        };
        own.into_iter().chain(self.instance.variable_holders(from))
    }

    /// A variable of a holder, as this evaluation has left it.
    pub(super) fn held<'v>(&'v self, holder: Uuid, variables: &'v Variables, name: &str) -> Option<&'v TypedValue> {
        let mut latest = self.written.iter().rev();
        match latest.find(|written| written.holder == holder && written.name == name) {
            Some(written) => written.value.as_ref(),
            None => variables.get(name),
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<(Uuid, &TypedValue)> {
        self.holders()
            .find_map(|(holder, variables)| Some((holder, self.held(holder, variables, name)?)))
    }

    pub(super) fn find_local(&self, name: &str) -> Option<&TypedValue> {
        let (holder, variables) = self.holders().next()?;
        self.held(holder, variables, name)
    }

    /// All variables that are visible here, or only those of the execution itself.
    pub(super) fn all(&self, local: bool) -> Variables {
        let holders: Vec<_> = self.holders().take(if local { 1 } else { usize::MAX }).collect();
        let mut visible = Variables::new();
        for (holder, variables) in holders.into_iter().rev() {
            visible.extend(variables.iter().map(|(name, value)| (name.clone(), value.clone())));
            for written in self.written.iter().filter(|written| written.holder == holder) {
                match &written.value {
                    Some(value) => drop(visible.insert(written.name.clone(), value.clone())),
                    None => drop(visible.remove(&written.name)),
                }
            }
        }
        visible
    }

    pub(super) fn names(&self, local: bool) -> Value {
        let names = self.all(local).into_keys().map(Value::from);
        Value::from(names.collect::<Vec<Value>>())
    }

    pub(super) fn write(&mut self, holder: Uuid, name: &str, value: &Value) -> Result<Value, EvaluationError> {
        self.written.push(Written {
            holder,
            name: name.to_owned(),
            value: Some(value.clone().into_typed()?),
        });
        Ok(Value::Null)
    }

    /// Sets a variable where the nearest one of its name is, else at the root.
    pub(super) fn set(&mut self, name: &str, value: &Value) -> Result<Value, EvaluationError> {
        let holder = self.find(name).map_or(self.instance.id, |(holder, _)| holder);
        self.write(holder, name, value)
    }

    /// Removes a variable where the nearest one of its name is, or only here.
    pub(super) fn remove(&mut self, name: &str, local: bool) -> Value {
        let holder = match self.find(name) {
            Some((holder, _)) if !local || holder == self.place.id() => holder,
            _ => return Value::Null,
        };
        self.written.push(Written {
            holder,
            name: name.to_owned(),
            value: None,
        });
        Value::Null
    }
}

pub(super) fn map(variables: Variables) -> Value {
    let entries: Vec<(String, Value)> = variables
        .into_iter()
        .map(|(name, value)| (name, Value::from(value)))
        .collect();
    Value::from(Map::from(entries))
}

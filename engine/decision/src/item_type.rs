//! Types of variables: the structure a value must have, and the values that are allowed (DMN 7.3.2 to 7.3.4).

use std::sync::Arc;

use flowstone_feel::{Context, Evaluation, EvaluationError, Scope, Type, UnaryTests, Value};

/// A type with the constraints of its definition.
#[derive(Clone, Debug)]
pub(crate) struct ItemType {
    pub(crate) pattern: Type,
    pub(crate) constraint: Option<Arc<Constraint>>,
}

/// Which values of a structure are allowed.
#[derive(Debug, Default)]
pub(crate) struct Constraint {
    /// That of the definition this one is based on.
    pub(crate) base: Option<Arc<Constraint>>,
    /// Tests that the value as a whole must pass.
    pub(crate) whole: Option<UnaryTests>,
    /// What each item of a collection must pass.
    pub(crate) items: Option<Arc<Constraint>>,
    /// What the components must pass.
    pub(crate) components: Vec<(Arc<str>, Arc<Constraint>)>,
}

impl Default for ItemType {
    fn default() -> Self {
        Self {
            pattern: Type::Any,
            constraint: None,
        }
    }
}

impl ItemType {
    /// The value as this type, by the conversions of DMN 10.3.2.9.4; null when it is not of this type.
    pub(crate) fn coerce(
        &self,
        value: Value,
        subject: &str,
        evaluation: &mut Evaluation,
    ) -> Result<Value, EvaluationError> {
        if value.is_null() {
            return Ok(value);
        }
        let found = value.kind_name();
        let coerced = self.pattern.coerce(value);
        if coerced.is_null() {
            evaluation.warn(format!("{subject} is {found}, which is not of the declared type"));
            return Ok(coerced);
        }
        match &self.constraint {
            Some(constraint) if !constraint.allows(&coerced, evaluation)? => {
                evaluation.warn(format!("{subject} has a value that its type does not allow"));
                Ok(Value::Null)
            }
            _ => Ok(coerced),
        }
    }
}

impl ItemType {
    /// [`ItemType::coerce`] of what a caller gives: an entry that is left out counts as null, not as a context of
    /// another type.
    pub(crate) fn accept(
        &self,
        value: Value,
        subject: &str,
        evaluation: &mut Evaluation,
    ) -> Result<Value, EvaluationError> {
        let complete = completed(&self.pattern, &value);
        let accepted = self.coerce(complete, subject, evaluation)?;
        Ok(without_additions(accepted, &value))
    }
}

/// The value with null for every entry that its type has and it has not. Types nest as deep as the reader allows.
fn completed(pattern: &Type, value: &Value) -> Value {
    match (pattern, value) {
        (Type::Context(entries), Value::Context(context)) => {
            let mut complete = (**context).clone();
            for (name, expected) in entries.iter() {
                let entry = context.get(name).map(|entry| completed(expected, entry));
                complete.insert(name.clone(), entry.unwrap_or_default());
            }
            complete.into()
        }
        (Type::List(items), Value::List(list)) => Value::list(list.iter().map(|item| completed(items, item))),
        _ => value.clone(),
    }
}

/// The value without the entries that the given one does not have.
fn without_additions(value: Value, given: &Value) -> Value {
    match (&value, given) {
        (Value::Context(context), Value::Context(own)) => {
            let kept = context.iter().filter_map(|(name, entry)| {
                let given = own.get(name)?;
                Some((name.clone(), without_additions(entry.clone(), given)))
            });
            kept.collect::<Context>().into()
        }
        (Value::List(list), Value::List(own)) if list.len() == own.len() => {
            let items = list.iter().zip(own.iter());
            Value::list(items.map(|(item, given)| without_additions(item.clone(), given)))
        }
        _ => value,
    }
}

impl Constraint {
    pub(crate) fn is_empty(&self) -> bool {
        self.base.is_none() && self.whole.is_none() && self.items.is_none() && self.components.is_empty()
    }

    // As deep as item definitions refer to each other, which the reader bounds.
    fn allows(&self, value: &Value, evaluation: &mut Evaluation) -> Result<bool, EvaluationError> {
        evaluation.spend(1)?;
        if let Some(base) = &self.base
            && !base.allows(value, evaluation)?
        {
            return Ok(false);
        }
        if let Some(tests) = &self.whole
            && !evaluation.test(tests, value, &Scope::new())?.is_true()
        {
            return Ok(false);
        }
        if let (Some(items), Value::List(list)) = (&self.items, value) {
            for item in list.iter() {
                if !items.allows(item, evaluation)? {
                    return Ok(false);
                }
            }
        }
        if let Value::Context(context) = value {
            for (name, constraint) in &self.components {
                if let Some(component) = context.get(name).filter(|component| !component.is_null())
                    && !constraint.allows(component, evaluation)?
                {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

//! Types of variables: the structure a value must have, and the values that are allowed (DMN 7.3.2 to 7.3.4).

use std::sync::Arc;

use flowstone_feel::{Evaluation, EvaluationError, Scope, Type, UnaryTests, Value};

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

//! Setting and removing variables (bpmn-semantics 2.12).

use flowstone_expression::{TypedValue, Variables};
use uuid::Uuid;

use crate::event::Event;
use crate::rejection::Rejection;
use crate::step::Step;

impl Step<'_> {
    /// Sets a variable where the nearest one of its name is, seen from an execution, else at the root.
    pub(crate) fn set_variable(&mut self, execution: Uuid, name: &str, value: TypedValue) {
        let scope = self.holder_of(execution, name).unwrap_or(self.instance.id);
        self.set_local_variable(scope, name, value);
    }

    /// Sets several variables, each where the nearest one of its name is.
    pub(crate) fn set_variables(&mut self, execution: Uuid, variables: &Variables) {
        for (name, value) in variables {
            self.set_variable(execution, name, value.clone());
        }
    }

    /// Sets several variables exactly at an execution.
    pub(crate) fn set_local_variables(&mut self, execution: Uuid, variables: &Variables) {
        for (name, value) in variables {
            self.set_local_variable(execution, name, value.clone());
        }
    }

    /// Sets and then removes variables from outside.
    pub(crate) fn modify_variables(
        &mut self,
        execution: Uuid,
        local: bool,
        set: &Variables,
        remove: &[String],
    ) -> Result<(), Rejection> {
        if self.instance.token(execution).is_none() && self.instance.scope(execution).is_none() {
            return Err(Rejection::UnknownExecution { execution });
        }
        if local {
            self.set_local_variables(execution, set);
        } else {
            self.set_variables(execution, set);
        }
        for name in remove {
            let holder = self.holder_of(execution, name);
            if let Some(scope) = holder.filter(|holder| !local || *holder == execution) {
                self.emit(Event::VariableRemoved {
                    scope,
                    name: name.clone(),
                });
            }
        }
        Ok(())
    }

    pub(crate) fn set_local_variable(&mut self, scope: Uuid, name: &str, value: TypedValue) {
        self.emit(Event::VariableSet {
            scope,
            name: name.to_owned(),
            value,
        });
    }

    /// The nearest execution that holds a variable of this name.
    fn holder_of(&self, execution: Uuid, name: &str) -> Option<Uuid> {
        self.instance
            .variable_holders(execution)
            .find(|(_, variables)| variables.contains_key(name))
            .map(|(holder, _)| holder)
    }
}

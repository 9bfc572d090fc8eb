//! Forms as people see them.

use flowstone_core::FormVariable;
use uuid::Uuid;

use crate::engine::Engine;
use crate::error::Error;
use crate::view::InstanceView;

impl Engine {
    /// The fields of the form of a user task with their variables, else with their defaults.
    ///
    /// # Errors
    /// [`Error::Rejected`] when there is no such task, a default cannot be computed or a value does not fit its field.
    pub fn task_form_variables(&self, view: &InstanceView, task: Uuid) -> Result<Vec<FormVariable>, Error> {
        let limits = self.evaluation_limits();
        let executable = &view.definition.executable;
        executable
            .task_form_variables(&view.instance, task, self.now(), &limits)
            .map_err(Error::Rejected)
    }
}

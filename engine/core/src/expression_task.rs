//! Tasks and message throw events whose work is an expression (vendor attribute `expression`).

use flowstone_bpmn::model::{ExpressionTask, NodeIndex};
use uuid::Uuid;

use crate::context::Place;
use crate::rejection::Rejection;
use crate::state::Wait;
use crate::step::Step;

impl Step<'_> {
    /// A token arrives at a task whose expression is computed at once (bpmn-semantics 1b `expression`).
    pub(crate) fn enter_expression_task(
        &mut self,
        scope: Uuid,
        node: NodeIndex,
        task: &ExpressionTask,
    ) -> Result<(), Rejection> {
        let entry = self.prepare(scope, node)?;
        let id = entry.id;
        // The expression may read and write variables local to the task, which need a holder.
        self.rest(entry, Wait::Signal);
        let value = self.evaluate(&task.expression, &mut Place::at(id, node))?;
        if let Some(name) = &task.result_variable {
            let value = value.into_typed().map_err(|error| self.failed(node, error))?;
            self.set_variable(id, name, value);
        }
        self.complete(id)
    }
}

//! Tasks and message throw events whose work is an expression (vendor attribute `expression`) or a script.

use flowstone_bpmn::model::{ExpressionTask, NodeIndex};
use flowstone_expression::EvaluationError;
use uuid::Uuid;

use crate::context::Place;
use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::{Incident, Wait};
use crate::step::Step;

impl Step<'_> {
    /// A token arrives at a task whose expression or script is computed at once (bpmn-semantics 1b `expression`).
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
        let value = match self.compute(&task.script, &mut Place::at(id, node)) {
            // A script may throw what the model catches.
            Err(Rejection::Expression {
                error: EvaluationError::BusinessError { code, message },
                ..
            }) => return self.throw_from_token(id, &code, message.as_deref()),
            computed => computed?,
        };
        if let Some(name) = &task.result_variable {
            let value = value.into_typed().map_err(|error| self.failed(node, error))?;
            self.set_variable(id, name, value);
        }
        self.complete(id)
    }

    /// A token arrives at a task whose work is code of another engine. It rests with an incident until an operator moves it on.
    pub(crate) fn enter_foreign_task(&mut self, scope: Uuid, node: NodeIndex, code: &str) -> Result<(), Rejection> {
        let entry = self.prepare(scope, node)?;
        let id = entry.id;
        self.wait(entry, Wait::Signal)?;
        let incident = Incident {
            id: self.ids.next_id(),
            incident_type: "unsupportedImplementation".into(),
            token: id,
            source: id,
            configuration: None,
            node: self.model.id(node),
            message: Some(format!(
                "the work is {code}, which this engine cannot run; do it elsewhere and then signal execution {id}, \
                 or deploy a version with an external task"
            )),
            created_at: self.now,
            annotation: None,
        };
        self.emit(Event::IncidentRaised(Box::new(incident)));
        Ok(())
    }
}

//! Listeners: expressions that are computed beside the work itself.

use flowstone_expression::Expression;

use super::Reader;
use crate::codes;
use crate::draft::title;
use crate::model::{ExecutionEvent, ExecutionListener, TaskEvent, TaskListener};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex};

impl<'tree> Reader<'tree, '_, '_> {
    /// The execution listeners of a node or process.
    pub(super) fn execution_listeners(&mut self, index: ElementIndex, id: Option<&str>) -> Vec<ExecutionListener> {
        let mut listeners = Vec::new();
        for (event, expression) in self.listeners(index, "executionListener", id) {
            match event.as_str() {
                "start" => listeners.push((ExecutionEvent::Start, expression)),
                "end" => listeners.push((ExecutionEvent::End, expression)),
                other => self.unknown_event(index, other, "'start' or 'end'", id),
            }
        }
        let listener = |(event, expression)| ExecutionListener { event, expression };
        listeners.into_iter().map(listener).collect()
    }

    /// The listeners of a sequence flow, computed when it is taken.
    pub(super) fn take_listeners(&mut self, index: ElementIndex, id: Option<&str>) -> Vec<Expression> {
        let listeners = self.listeners(index, "executionListener", id);
        listeners.into_iter().map(|(_, expression)| expression).collect()
    }

    pub(super) fn task_listeners(&mut self, index: ElementIndex, id: Option<&str>) -> Vec<TaskListener> {
        let mut listeners = Vec::new();
        for (event, expression) in self.listeners(index, "taskListener", id) {
            let event = match event.as_str() {
                "create" => TaskEvent::Create,
                "assignment" => TaskEvent::Assignment,
                "update" => TaskEvent::Update,
                "complete" => TaskEvent::Complete,
                "delete" => TaskEvent::Delete,
                other => {
                    let known = "'create', 'assignment', 'update', 'complete' or 'delete'";
                    self.unknown_event(index, other, known, id);
                    continue;
                }
            };
            listeners.push(TaskListener { event, expression });
        }
        listeners
    }

    /// Event and expression of each listener; those that do something else are refused.
    fn listeners(&mut self, index: ElementIndex, name: &str, id: Option<&str>) -> Vec<(String, Expression)> {
        let tree = self.tree;
        let mut found = Vec::new();
        for (_, element) in tree.extensions(index).filter(|(_, child)| child.is_vendor(name)) {
            let event = element.attribute("event").map_or("", |event| event.text.trim());
            match element.attribute("expression") {
                Some(expression) => {
                    let expression = self.expression(expression, id);
                    found.extend(expression.map(|expression| (event.to_owned(), expression)));
                }
                None => self.refuse_listener(element, self.element(index), id),
            }
        }
        found
    }

    fn refuse_listener(&mut self, listener: &Element<'_>, owner: &Element<'_>, id: Option<&str>) {
        self.problems.error(
            Problem::new(
                codes::UNSUPPORTED_ELEMENT,
                listener.span,
                format!(
                    "The {} of {} has no expression; other listeners are not supported yet.",
                    listener.name,
                    title(owner)
                ),
                "Give it the attribute expression, or move the work to an external task.",
            )
            .at(id),
        );
    }

    fn unknown_event(&mut self, index: ElementIndex, event: &str, known: &str, id: Option<&str>) {
        let owner = self.element(index);
        self.problems.error(
            Problem::new(
                codes::INVALID_LISTENER,
                owner.span,
                format!("A listener of {} is for the unknown event '{event}'.", title(owner)),
                format!("Write {known}."),
            )
            .at(id),
        );
    }
}

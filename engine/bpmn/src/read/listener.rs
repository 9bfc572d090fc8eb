//! Listeners: expressions and scripts that are computed beside the work itself.

use flowstone_script::{Language, Script};

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
        for (event, script) in self.listeners(index, "executionListener", id) {
            let event = match event.as_str() {
                "start" => ExecutionEvent::Start,
                "end" => ExecutionEvent::End,
                other => {
                    self.unknown_event(index, other, "'start' or 'end'", id);
                    continue;
                }
            };
            listeners.push(ExecutionListener { event, script });
        }
        listeners
    }

    /// The listeners of a sequence flow, computed when it is taken.
    pub(super) fn take_listeners(&mut self, index: ElementIndex, id: Option<&str>) -> Vec<Script> {
        let listeners = self.listeners(index, "executionListener", id);
        listeners.into_iter().map(|(_, script)| script).collect()
    }

    pub(super) fn task_listeners(&mut self, index: ElementIndex, id: Option<&str>) -> Vec<TaskListener> {
        let mut listeners = Vec::new();
        for (event, script) in self.listeners(index, "taskListener", id) {
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
            listeners.push(TaskListener { event, script });
        }
        listeners
    }

    /// Event and computation of each listener. Java code fails when it is reached, so that the rest of the model runs.
    fn listeners(&mut self, index: ElementIndex, name: &str, id: Option<&str>) -> Vec<(String, Script)> {
        let tree = self.tree;
        let owner = self.element(index);
        let mut found = Vec::new();
        for (listener, element) in tree.extensions(index).filter(|(_, child)| child.is_vendor(name)) {
            let event = element.attribute("event").map_or("", |event| event.text.trim());
            let script = tree.children(listener).find(|(_, child)| child.is_vendor("script"));
            let java = ["class", "delegateExpression"]
                .into_iter()
                .find_map(|name| element.attribute(name));
            let script = if let Some(expression) = element.attribute("expression") {
                self.compiled(Language::Uel, expression, id)
            } else if let Some((_, script)) = script {
                let (format, resource) = (script.attribute("scriptFormat"), script.attribute("resource"));
                self.script(owner, script, format, Some(script.content()), resource)
                    .into_script()
            } else if let Some(java) = java {
                let what = format!("Java code, '{}'", java.text);
                self.warn_of_foreign(java, &what, id);
                Some(Script::foreign(&what))
            } else {
                self.empty_listener(element, owner);
                None
            };
            found.extend(script.map(|script| (event.to_owned(), script)));
        }
        found
    }

    fn empty_listener(&mut self, listener: &Element<'_>, owner: &Element<'_>) {
        self.problems.error(
            Problem::new(
                codes::INVALID_LISTENER,
                listener.span,
                format!(
                    "The {} of {} has neither an expression nor a script.",
                    listener.name,
                    title(owner)
                ),
                "Give it the attribute expression, or an element script.",
            )
            .at(owner.id()),
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

//! Listeners: expressions and scripts that are computed beside the work itself.

use flowstone_script::{Language, Script};

use super::Reader;
use super::node::is_true;
use crate::codes;
use crate::draft::{RemoteListener, title};
use crate::model::{ExecutionEvent, ExecutionListener, ExternalTask, TaskEvent, TaskListener, TimeoutListener, Timer};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex};

impl<'tree> Reader<'tree, '_, '_> {
    /// The execution listeners of a node or process.
    pub(super) fn execution_listeners(&mut self, index: ElementIndex, id: Option<&str>) -> Vec<ExecutionListener> {
        let mut listeners = Vec::new();
        for (_, event, script) in self.listeners(index, "executionListener", id) {
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
        listeners.into_iter().map(|(_, _, script)| script).collect()
    }

    /// The listeners of a user task: those of its life, and those that wait for some time.
    pub(super) fn task_listeners(
        &mut self,
        index: ElementIndex,
        owner: &'tree Element<'tree>,
    ) -> (Vec<TaskListener>, Vec<TimeoutListener>) {
        let id = owner.id();
        let (mut listeners, mut timeouts) = (Vec::new(), Vec::new());
        for (listener, event, script) in self.listeners(index, "taskListener", id) {
            let event = match event.as_str() {
                "timeout" => {
                    let timer = self.timeout(listener, owner);
                    timeouts.extend(timer.map(|timer| TimeoutListener { timer, script }));
                    continue;
                }
                "create" => TaskEvent::Create,
                "assignment" => TaskEvent::Assignment,
                "update" => TaskEvent::Update,
                "complete" => TaskEvent::Complete,
                "delete" => TaskEvent::Delete,
                other => {
                    let known = "'create', 'assignment', 'update', 'complete', 'delete' or 'timeout'";
                    self.unknown_event(index, other, known, id);
                    continue;
                }
            };
            listeners.push(TaskListener { event, script });
        }
        (listeners, timeouts)
    }

    /// When a listener for a timeout is computed.
    fn timeout(&mut self, index: ElementIndex, owner: &'tree Element<'tree>) -> Option<Timer> {
        let listener = self.element(index);
        let timer = self.tree.bpmn_child(index, "timerEventDefinition");
        let missing = match timer {
            _ if listener.id().is_none_or(str::is_empty) => "id",
            Some((index, timer)) => return self.timer(index, timer, owner),
            None => "timerEventDefinition",
        };
        self.problems.error(
            Problem::new(
                codes::INVALID_LISTENER,
                listener.span,
                format!("A listener of {} for a timeout has no {missing}.", title(owner)),
                format!("Add the {missing}."),
            )
            .at(owner.id()),
        );
        None
    }

    /// The listeners of a node or process that workers carry out (vendor attribute `topic` on a listener).
    pub(super) fn remote_listeners(&mut self, index: ElementIndex, id: Option<&str>) -> Vec<RemoteListener> {
        let owner = self.element(index);
        let is_process = owner.is_bpmn("process");
        // No flow leads to these or leaves them, so there is no place for the work of a worker.
        let tree = self.tree;
        let stands_apart = is_true(owner, "isForCompensation")
            || is_true(owner, "triggeredByEvent")
            || owner.is_bpmn("boundaryEvent") && tree.bpmn_child(index, "compensateEventDefinition").is_some();
        let mut found = Vec::new();
        for (_, listener) in tree.extensions(index).filter(|(_, child)| is_remote(child)) {
            let event = listener.attribute("event").map_or("", |event| event.text.trim());
            let event = match (listener.name, event) {
                ("executionListener", "start") | ("taskListener", "create") => ExecutionEvent::Start,
                ("executionListener", "end") | ("taskListener", "complete") if !is_process => ExecutionEvent::End,
                _ => {
                    let known = if is_process {
                        "'start'"
                    } else {
                        "'start' or 'end', or for tasks 'create' or 'complete'"
                    };
                    self.unfit_remote_listener(listener, owner, &format!("is for the event '{event}'"), known);
                    continue;
                }
            };
            if stands_apart {
                let advice = "a listener with an expression or script here";
                self.unfit_remote_listener(listener, owner, "has no flow to stand on", advice);
                continue;
            }
            found.extend(
                self.remote_task(listener, id)
                    .map(|task| RemoteListener { event, task }),
            );
        }
        found
    }

    /// The listeners of a sequence flow that workers carry out.
    pub(super) fn remote_take_listeners(&mut self, index: ElementIndex, id: Option<&str>) -> Vec<RemoteListener> {
        let tree = self.tree;
        let remote = tree.extensions(index).filter(|(_, child)| is_remote(child));
        let tasks: Vec<_> = remote.map(|(_, listener)| self.remote_task(listener, id)).collect();
        let event = ExecutionEvent::Start;
        tasks
            .into_iter()
            .flatten()
            .map(|task| RemoteListener { event, task })
            .collect()
    }

    fn remote_task(&mut self, listener: &Element<'_>, id: Option<&str>) -> Option<ExternalTask> {
        let topic = listener.attribute("topic")?;
        let priority = listener.attribute("taskPriority");
        Some(ExternalTask {
            topic: self.expression(topic, id)?,
            priority: priority.and_then(|priority| self.number_expression(priority, "taskPriority", id)),
            errors: Vec::new(),
        })
    }

    fn unfit_remote_listener(&mut self, listener: &Element<'_>, owner: &Element<'_>, problem: &str, wanted: &str) {
        self.problems.error(
            Problem::new(
                codes::INVALID_LISTENER,
                listener.span,
                format!("A listener of {} that a worker carries out {problem}.", title(owner)),
                format!("Write {wanted}."),
            )
            .at(owner.id()),
        );
    }

    /// Event and computation of each listener. Java code fails when it is reached, so that the rest of the model runs.
    fn listeners(&mut self, index: ElementIndex, name: &str, id: Option<&str>) -> Vec<(ElementIndex, String, Script)> {
        let tree = self.tree;
        let owner = self.element(index);
        let mut found = Vec::new();
        let listeners = tree.extensions(index).filter(|(_, child)| child.is_vendor(name));
        for (listener, element) in listeners.filter(|(_, child)| !is_remote(child)) {
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
            found.extend(script.map(|script| (listener, event.to_owned(), script)));
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
                "Give it the attribute expression, an element script, or a topic for workers.",
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

/// Whether a listener is work for a worker.
fn is_remote(listener: &Element<'_>) -> bool {
    (listener.is_vendor("executionListener") || listener.is_vendor("taskListener"))
        && listener
            .attribute("topic")
            .is_some_and(|topic| !topic.text.trim().is_empty())
}

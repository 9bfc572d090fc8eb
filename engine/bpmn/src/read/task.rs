//! Tasks (BPMN 2.0, 10.3.3 and 10.3.4) with their vendor attributes.

use flowstone_expression::Expression;
use flowstone_script::Script;

use super::script::ScriptReading;
use super::{Reader, unqualified_reference};
use crate::codes;
use crate::draft::title;
use crate::model::{
    ExpressionTask, ExternalTask, FormBinding, FormReference, Implementation, Message, ReceiveTask, ReportedError,
    UserTask,
};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex, Value};

/// What an element says about who does its work.
pub(super) enum ImplementationReading {
    /// Nothing.
    Missing,
    /// Something that was refused, with the reason reported.
    Refused,
    Ready(Implementation),
}

impl<'tree> Reader<'tree, '_, '_> {
    /// A service task or one that differs from it in name only.
    pub(super) fn service_task(
        &mut self,
        index: ElementIndex,
        element: &Element<'_>,
        process: &Element<'_>,
    ) -> Option<Implementation> {
        match self.implementation(index, element, element.id(), process) {
            ImplementationReading::Ready(implementation) => Some(implementation),
            ImplementationReading::Refused => None,
            ImplementationReading::Missing => {
                self.problems.error(
                    Problem::new(
                        codes::MISSING_IMPLEMENTATION,
                        element.span,
                        format!("{} does not say who does its work.", title(element)),
                        "Set the vendor attributes type=\"external\" and topic, or expression.",
                    )
                    .at(element.id()),
                );
                None
            }
        }
    }

    /// The implementation that the vendor attributes of an element name; `id` is the node it belongs to.
    pub(super) fn implementation(
        &mut self,
        index: ElementIndex,
        element: &Element<'_>,
        id: Option<&str>,
        process: &Element<'_>,
    ) -> ImplementationReading {
        let mut refused = self.tree.extensions(index).any(|(_, child)| child.name == "connector");
        if let Some(decision) = element.vendor_attribute("decisionRef") {
            if matches!(element.name, "businessRuleTask" | "globalBusinessRuleTask") && !refused {
                return match self.decision_task(element, decision, id) {
                    Some(task) => ImplementationReading::Ready(Implementation::Decision(task)),
                    None => ImplementationReading::Refused,
                };
            }
            self.refuse_attribute(id, decision.span, "decisionRef", element.name);
            refused = true;
        }
        let kind = element.vendor_attribute("type");
        if let Some(kind) = kind.filter(|kind| !kind.text.eq_ignore_ascii_case("external")) {
            self.refuse_attribute(id, kind.span, &format!("type=\"{}\"", kind.text), element.name);
            refused = true;
        }
        if refused {
            return ImplementationReading::Refused;
        }
        let java = (["class", "delegateExpression"].into_iter()).find_map(|name| element.vendor_attribute(name));
        if let (None, Some(java)) = (kind, java) {
            let code = format!("Java code, '{}'", java.text);
            return ImplementationReading::Ready(self.foreign_implementation(java, code, id));
        }
        if kind.is_none() {
            return match element.vendor_attribute("expression") {
                Some(expression) => self.expression_task(element, expression, id),
                None => ImplementationReading::Missing,
            };
        }
        let Some(topic) = element
            .vendor_attribute("topic")
            .filter(|topic| !topic.text.trim().is_empty())
        else {
            self.problems.error(
                Problem::new(
                    codes::MISSING_TOPIC,
                    element.span,
                    format!("The external task {} has no topic.", id.unwrap_or_default()),
                    "Set the vendor attribute topic to what the workers ask for.",
                )
                .at(id),
            );
            return ImplementationReading::Refused;
        };
        let topic = self.expression(topic, id);
        let priority = match element.vendor_attribute("taskPriority") {
            Some(own) => self.number_expression(own, "taskPriority", id),
            // A mistake in it was reported when the process was read.
            None => process
                .vendor_attribute("taskPriority")
                .and_then(|inherited| Expression::parse(inherited.text.trim()).ok()),
        };
        match topic {
            Some(topic) => ImplementationReading::Ready(Implementation::External(ExternalTask {
                topic,
                priority,
                errors: self.reported_errors(index, id),
            })),
            None => ImplementationReading::Refused,
        }
    }

    /// Models with foreign code can be deployed, so that the rest of them runs; the code itself cannot.
    fn foreign_implementation(&mut self, place: Value<'_>, code: String, id: Option<&str>) -> Implementation {
        self.warn_of_foreign(place, &code, id);
        Implementation::Foreign(code)
    }

    pub(super) fn warn_of_foreign(&mut self, place: Value<'_>, code: &str, id: Option<&str>) {
        self.problems.warning(
            Problem::new(
                codes::FOREIGN_IMPLEMENTATION,
                place.span,
                format!(
                    "What {} does is {code}, which fails when it is reached.",
                    id.unwrap_or_default()
                ),
                "Use an expression, a script in juel, feel or javascript, or an external task with the code in a worker.",
            )
            .at(id),
        );
    }

    /// A script task; one that cannot run becomes an incident when it is reached.
    pub(super) fn script_task(
        &mut self,
        index: ElementIndex,
        element: &'tree Element<'tree>,
    ) -> Option<Implementation> {
        let tree = self.tree;
        let script = tree.bpmn_child(index, "script").map(|(_, script)| script.content());
        // Global tasks name the language by the attribute of the schema.
        let format = element
            .attribute("scriptFormat")
            .or(element.attribute("scriptLanguage"));
        let resource = element.vendor_attribute("resource");
        // Without a language it is an expression.
        let format = format.or(Some(Value {
            text: "juel",
            span: element.span,
        }));
        match self.script(element, element, format, script, resource) {
            ScriptReading::Refused => None,
            ScriptReading::Runs(script) => Some(Implementation::Expression(ExpressionTask {
                script,
                result_variable: result_variable(element),
            })),
            ScriptReading::Foreign(what) => Some(Implementation::Foreign(what)),
        }
    }

    /// The errors that a report of a worker may mean.
    fn reported_errors(&mut self, index: ElementIndex, id: Option<&str>) -> Vec<ReportedError> {
        let tree = self.tree;
        let mut errors = Vec::new();
        for (_, definition) in tree
            .extensions(index)
            .filter(|(_, child)| child.is_vendor("errorEventDefinition"))
        {
            let error = self.thrown_error(self.element(index), definition);
            let condition = definition
                .attribute("expression")
                .filter(|expression| !expression.text.trim().is_empty())
                .and_then(|expression| self.expression(expression, id))
                .map(Script::from);
            errors.extend(
                condition
                    .zip(error)
                    .map(|(condition, error)| ReportedError { condition, error }),
            );
        }
        errors
    }

    fn expression_task(
        &mut self,
        element: &Element<'_>,
        expression: Value<'_>,
        id: Option<&str>,
    ) -> ImplementationReading {
        let result_variable = result_variable(element);
        match self.expression(expression, id) {
            Some(expression) => ImplementationReading::Ready(Implementation::Expression(ExpressionTask {
                script: expression.into(),
                result_variable,
            })),
            None => ImplementationReading::Refused,
        }
    }

    pub(super) fn user_task(&mut self, index: ElementIndex, element: &'tree Element<'tree>) -> UserTask {
        let id = element.id();
        let (form_key, form) = self.form(element);
        let (listeners, timeouts) = self.task_listeners(index, element);
        let mut task = UserTask {
            name: element.attribute("name").and_then(|name| self.expression(name, id)),
            description: self
                .documentation_element(index)
                .and_then(|text| self.expression(text, id)),
            assignee: self.expression_attribute(element, "assignee"),
            candidate_users: self.expression_list_attribute(element, "candidateUsers"),
            candidate_groups: self.expression_list_attribute(element, "candidateGroups"),
            due_date: self.expression_attribute(element, "dueDate"),
            follow_up_date: self.expression_attribute(element, "followUpDate"),
            priority: self.expression_attribute(element, "priority"),
            listeners,
            timeouts,
            form_key,
            form,
            form_data: self.form_data(index),
        };
        let tree = self.tree;
        let performers = tree.children(index).filter(|(_, role)| role.is_bpmn("humanPerformer"));
        if let Some((_, second)) = performers.into_iter().nth(1) {
            let message = format!("{} has several human performers.", title(element));
            let advice = "Keep one of them; use potentialOwner for those who may claim the task.";
            self.problems
                .error(Problem::new(codes::DUPLICATE_PERFORMER, second.span, message, advice).at(id));
        }
        for (role_index, role) in tree.children(index) {
            if role.is_bpmn("humanPerformer") {
                let assignee = self
                    .assignment_text(role_index)
                    .and_then(|text| self.expression(text, id));
                task.assignee = task.assignee.or(assignee);
            } else if role.is_bpmn("potentialOwner") {
                let (users, groups) = self.resource_assignment(role_index, id);
                task.candidate_users.extend(users);
                task.candidate_groups.extend(groups);
            }
        }
        task
    }

    /// The `formalExpression` of a resource role (BPMN 2.0, 10.3.1).
    fn assignment_text(&self, role: ElementIndex) -> Option<Value<'tree>> {
        let tree = self.tree;
        let (assignment, _) = tree.bpmn_child(role, "resourceAssignmentExpression")?;
        let (_, expression) = tree.bpmn_child(assignment, "formalExpression")?;
        Some(expression.content().trimmed()).filter(|text| !text.text.is_empty())
    }

    /// Users and groups of a role: a list of `user(…)` and `group(…)`, where a bare name is a group.
    pub(super) fn resource_assignment(
        &mut self,
        role: ElementIndex,
        id: Option<&str>,
    ) -> (Vec<Expression>, Vec<Expression>) {
        let Some(text) = self.assignment_text(role) else {
            return (Vec::new(), Vec::new());
        };
        let (mut users, mut groups) = (Vec::new(), Vec::new());
        for item in super::value::split_list(text) {
            let inside = |kind: &str| {
                let inner = item
                    .text
                    .strip_prefix(kind)?
                    .trim_start()
                    .strip_prefix('(')?
                    .strip_suffix(')')?;
                Some(Value {
                    text: inner.trim(),
                    span: item.span,
                })
            };
            match (inside("user"), inside("group")) {
                (Some(user), _) => users.extend(self.expression(user, id)),
                (None, group) => groups.extend(self.expression(group.unwrap_or(item), id)),
            }
        }
        (users, groups)
    }

    pub(super) fn receive_task(&mut self, element: &Element<'_>) -> Option<ReceiveTask> {
        let message = match element.attribute("messageRef") {
            Some(reference) => Some(self.awaited_message(reference, element)?),
            None => None,
        };
        let instantiate = self.flag(element.attribute("instantiate"), false, "instantiate", element.id());
        if instantiate && message.is_none() {
            self.problems.error(
                Problem::new(
                    codes::MISSING_REFERENCE,
                    element.span,
                    format!("{} starts instances, but no message is named.", title(element)),
                    "Set messageRef to the message that starts them.",
                )
                .at(element.id()),
            );
            return None;
        }
        Some(ReceiveTask { message, instantiate })
    }

    /// The message that an element waits for, which must have a name.
    pub(super) fn awaited_message(&mut self, reference: Value<'_>, element: &Element<'_>) -> Option<Message> {
        let Some(message) = self.message(reference).cloned() else {
            self.problems.error(unknown_message(reference).at(element.id()));
            return None;
        };
        if message.name.is_none() {
            self.problems.error(
                Problem::new(
                    codes::MISSING_MESSAGE_NAME,
                    reference.span,
                    format!(
                        "The message '{}' that {} waits for has no name.",
                        message.id,
                        title(element)
                    ),
                    "Give the message a name; correlation goes by it.",
                )
                .at(element.id())
                .at(Some(&message.id)),
            );
            return None;
        }
        Some(message)
    }

    /// The message that a `messageRef` names.
    pub(super) fn message(&self, reference: Value<'_>) -> Option<&Message> {
        self.messages
            .get(reference.text)
            .or_else(|| self.messages.get(unqualified_reference(reference.text)))
    }

    /// The form attributes of a start event or user task.
    pub(super) fn form(&mut self, element: &Element<'_>) -> (Option<Expression>, Option<FormReference>) {
        let form_key = self.expression_attribute(element, "formKey");
        let Some(reference) = element.vendor_attribute("formRef") else {
            return (form_key, None);
        };
        let id = element.id();
        if element.vendor_attribute("formKey").is_some() {
            let advice = "Keep one of them.";
            self.invalid_form(
                reference,
                id,
                "A form is given by formKey or by formRef, not by both.",
                advice,
            );
        }
        let key = self.expression(reference, id);
        let advice = "Write 'latest', 'deployment' or 'version'.";
        let binding = element.vendor_attribute("formRefBinding");
        let binding = match binding.map(|binding| binding.text) {
            Some("latest") => Some(FormBinding::Latest),
            Some("deployment") => Some(FormBinding::Deployment),
            Some("version") => match element.vendor_attribute("formRefVersion") {
                Some(version) => self
                    .number_expression(version, "formRefVersion", id)
                    .map(FormBinding::Version),
                None => {
                    let message = "formRefBinding is 'version', but formRefVersion is missing.";
                    self.invalid_form(reference, id, message, "Set formRefVersion.");
                    None
                }
            },
            other => {
                let place = binding.unwrap_or(reference);
                let message = format!("formRefBinding '{}' is unknown.", other.unwrap_or_default());
                self.invalid_form(place, id, &message, advice);
                None
            }
        };
        (
            form_key,
            key.zip(binding).map(|(key, binding)| FormReference { key, binding }),
        )
    }

    fn invalid_form(&mut self, place: Value<'_>, id: Option<&str>, message: &str, advice: &str) {
        self.problems
            .error(Problem::new(codes::INVALID_FORM, place.span, message, advice).at(id));
    }
}

/// The variable that receives the result of a task.
pub(super) fn result_variable(element: &Element<'_>) -> Option<String> {
    // The longer name is the older one.
    let result = element
        .vendor_attribute("resultVariable")
        .or_else(|| element.vendor_attribute("resultVariableName"));
    result
        .map(|name| name.text.trim().to_owned())
        .filter(|name| !name.is_empty())
}

pub(super) fn unknown_message(reference: Value<'_>) -> Problem {
    Problem::new(
        codes::UNKNOWN_MESSAGE,
        reference.span,
        format!("There is no message '{}'.", reference.text),
        "Define the message in the file, or correct the messageRef.",
    )
}

//! What stands directly in `definitions` (BPMN 2.0, 8.1).

use std::collections::{HashMap, HashSet};

use super::Reader;
use crate::codes;
use crate::draft::DraftDocument;
use crate::model::{Error, Escalation, Message, Signal};
use crate::problems::Problem;
use crate::xml::{Element, ElementIndex, Namespace};

/// Import types that describe data, which the engine does not need to know.
const DATA_IMPORTS: [&str; 3] = [
    "http://www.w3.org/2001/XMLSchema",
    "http://schemas.xmlsoap.org/wsdl/",
    "http://www.w3.org/TR/wsdl20/",
];

impl<'tree> Reader<'tree, '_, '_> {
    pub(super) fn definitions(&mut self, root: ElementIndex) -> DraftDocument<'tree> {
        let mut document = DraftDocument {
            root: self.element(root),
            processes: Vec::new(),
            messages: Vec::new(),
            signals: Vec::new(),
            errors: Vec::new(),
            escalations: Vec::new(),
            global_tasks: Vec::new(),
        };
        let tree = self.tree;
        let bpmn = || {
            tree.children(root)
                .filter(|(_, child)| child.namespace == Namespace::Bpmn)
        };
        self.check_imports(bpmn().map(|(_, child)| child));
        let mut signal_names = HashSet::new();
        for (_, child) in bpmn() {
            match child.name {
                "message" => self.define_message(child, &mut document.messages),
                "signal" => self.define_signal(child, &mut document.signals, &mut signal_names),
                "error" => self.define_error(child, &mut document.errors),
                "escalation" => document.escalations.extend(escalation(child)),
                _ => {}
            }
        }
        self.messages = by_id(&document.messages, |message| &message.id);
        self.signals = by_id(&document.signals, |signal| &signal.id);
        self.errors = by_id(&document.errors, |error| &error.id);
        self.escalations = by_id(&document.escalations, |escalation| &escalation.id);
        self.event_definitions = bpmn()
            .filter(|(_, child)| child.name.ends_with("EventDefinition"))
            .filter_map(|(index, child)| Some((child.id()?, index)))
            .collect();
        let mut processes = 0;
        for (index, child) in bpmn().filter(|(_, child)| child.name == "process") {
            processes += 1;
            document.processes.extend(self.process(index, child));
        }
        for (index, child) in bpmn() {
            document.global_tasks.extend(self.global_task(index, child));
        }
        if processes == 0 && document.global_tasks.is_empty() {
            self.problems.warning(Problem::new(
                codes::NO_EXECUTABLE_PROCESS,
                document.root.span,
                "The file has no process.",
                "Add a process, or leave the file out of the deployment.",
            ));
        }
        document
    }

    /// The schema wants imports before everything but documentation and extensions.
    fn check_imports<'a>(&mut self, children: impl Iterator<Item = &'a Element<'a>>) {
        let mut other_seen = false;
        for child in children {
            match child.name {
                "documentation" | "extensionElements" => {}
                "import" => {
                    if other_seen {
                        self.problems.error(Problem::new(
                            codes::WRONG_ORDER,
                            child.span,
                            "An import stands after other definitions.",
                            "Move it to the beginning of 'definitions'.",
                        ));
                    }
                    let kind = child.attribute("importType");
                    if !kind.is_some_and(|kind| DATA_IMPORTS.contains(&kind.text)) {
                        self.problems.error(Problem::new(
                            codes::UNSUPPORTED_IMPORT,
                            kind.map_or(child.span, |kind| kind.span),
                            format!(
                                "Documents of type '{}' cannot be imported.",
                                kind.map_or("", |kind| kind.text)
                            ),
                            "Remove the import; XML Schema and WSDL are the types that are known.",
                        ));
                    }
                }
                _ => other_seen = true,
            }
        }
    }

    fn define_message(&mut self, element: &Element<'_>, messages: &mut Vec<Message>) {
        let name = element.attribute("name").filter(|name| !name.text.trim().is_empty());
        let name = name.and_then(|name| self.expression(name, element.id()));
        messages.extend(element.id().map(|id| Message {
            id: id.to_owned(),
            name,
        }));
    }

    fn define_signal(
        &mut self,
        element: &'tree Element<'tree>,
        signals: &mut Vec<Signal>,
        names: &mut HashSet<&'tree str>,
    ) {
        let name = element.attribute("name").filter(|name| !name.text.trim().is_empty());
        if name.is_none() {
            self.problems.error(
                Problem::new(
                    codes::MISSING_SIGNAL_NAME,
                    element.span,
                    format!("The signal '{}' has no name.", element.id().unwrap_or_default()),
                    "Give it a name.",
                )
                .at(element.id()),
            );
        }
        if let Some(name) = name
            && !names.insert(name.text)
        {
            self.problems.error(
                Problem::new(
                    codes::DUPLICATE_SIGNAL_NAME,
                    name.span,
                    format!("Another signal has the name '{}', too.", name.text),
                    "Give it another name, or use one signal for both.",
                )
                .at(element.id()),
            );
        }
        let name = name.and_then(|name| self.expression(name, element.id()));
        signals.extend(element.id().map(|id| Signal {
            id: id.to_owned(),
            name,
        }));
    }

    fn define_error(&mut self, element: &Element<'_>, errors: &mut Vec<Error>) {
        let message = self.expression_attribute(element, "errorMessage");
        if let Some(code) = element.attribute("errorCode").filter(|code| code.text.is_empty()) {
            self.problems.error(
                Problem::new(
                    codes::MISSING_CODE,
                    code.span,
                    format!(
                        "The error '{}' has an empty errorCode.",
                        element.id().unwrap_or_default()
                    ),
                    "Give it a code, or leave the attribute out to let those who catch it catch every error.",
                )
                .at(element.id()),
            );
        }
        errors.extend(element.id().map(|id| Error {
            id: id.to_owned(),
            name: text_attribute(element, "name"),
            code: text_attribute(element, "errorCode"),
            message,
        }));
    }
}

fn by_id<T: Clone>(list: &[T], id: impl Fn(&T) -> &String) -> HashMap<String, T> {
    list.iter().map(|item| (id(item).clone(), item.clone())).collect()
}

fn escalation(element: &Element<'_>) -> Option<Escalation> {
    Some(Escalation {
        id: element.id()?.to_owned(),
        name: text_attribute(element, "name"),
        code: text_attribute(element, "escalationCode"),
    })
}

fn text_attribute(element: &Element<'_>, name: &str) -> Option<String> {
    element.attribute(name).map(|value| value.text.to_owned())
}

/// A reference without its namespace prefix: references are qualified names, ids are not.
pub(crate) fn unqualified_reference(reference: &str) -> &str {
    reference.rsplit_once(':').map_or(reference, |(_, local)| local)
}

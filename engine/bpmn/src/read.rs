//! From XML elements to a draft of the model, refusing by name what the engine does not execute.
//!
//! `node` decides what becomes of each flow element: to execute one more element, give it an arm there and a function
//! that reads it. `schema` knows which elements and attributes BPMN 2.0 has.

mod call;
mod correlation;
mod data;
mod decision;
mod definitions;
mod event;
mod extension;
mod form;
mod gateway;
mod global_task;
mod job;
mod listener;
mod node;
mod process;
mod property;
mod repetition;
mod schema;
mod script;
mod task;
mod thrown_event;
mod value;

use std::collections::HashMap;

use crate::codes;
use crate::draft::DraftDocument;
use crate::model::{Error, Escalation, Message, Signal};
use crate::problems::{Problem, Problems};
use crate::xml::{Element, ElementIndex, Tree};

pub(crate) use definitions::unqualified_reference;
pub(crate) use schema::{unknown_attribute, unknown_attributes};
pub(crate) use value::shortened;

/// Reads the whole file; `None` when it is not BPMN at all.
pub(crate) fn read<'tree>(tree: &'tree Tree<'tree>, problems: &mut Problems<'_>) -> Option<DraftDocument<'tree>> {
    let root = tree.root.filter(|root| tree.element(*root).is_bpmn("definitions"));
    let Some(root) = root else {
        problems.error(Problem::new(
            codes::NOT_BPMN,
            tree.root_span,
            "The root element is not 'definitions' of the namespace \
             'http://www.omg.org/spec/BPMN/20100524/MODEL'.",
            "Deploy a BPMN 2.0 file; other files need another name ending.",
        ));
        return None;
    };
    let mut reader = Reader {
        tree,
        problems,
        messages: HashMap::new(),
        signals: HashMap::new(),
        errors: HashMap::new(),
        escalations: HashMap::new(),
        event_definitions: HashMap::new(),
        correlation: correlation_elements(tree),
    };
    Some(reader.definitions(root))
}

fn correlation_elements<'tree>(tree: &'tree Tree<'tree>) -> HashMap<(&'tree str, &'tree str), ElementIndex> {
    let mut found = HashMap::new();
    for (index, element) in tree.indexed_elements() {
        if (element.is_bpmn("correlationKey") || element.is_bpmn("correlationProperty"))
            && let Some(id) = element.id()
        {
            found.entry((element.name, id)).or_insert(index);
        }
    }
    found
}

/// Reads elements and collects what is wrong with them.
struct Reader<'tree, 'problems, 'text> {
    tree: &'tree Tree<'tree>,
    problems: &'problems mut Problems<'text>,
    /// The messages of the file, known before its processes are read.
    messages: HashMap<String, Message>,
    signals: HashMap<String, Signal>,
    errors: HashMap<String, Error>,
    escalations: HashMap<String, Escalation>,
    /// The event definitions that events may refer to.
    event_definitions: HashMap<&'tree str, ElementIndex>,
    /// Correlation keys and properties by element name and id, wherever they stand.
    correlation: HashMap<(&'tree str, &'tree str), ElementIndex>,
}

impl<'tree> Reader<'tree, '_, '_> {
    fn element(&self, index: ElementIndex) -> &'tree Element<'tree> {
        self.tree.element(index)
    }

    /// Refuses an element that has no support; `owner` is the element with an id that it belongs to.
    fn refuse_element(&mut self, element: &Element<'_>, owner: Option<&str>, what: &str) {
        self.problems.error(
            Problem::new(
                codes::UNSUPPORTED_ELEMENT,
                element.span,
                format!("{what} is not supported yet."),
                "Model the step with elements that the engine executes; the README lists them.",
            )
            .at(element.id().or(owner)),
        );
    }
}
